/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three keys: made or found once, kept as saved contexts, loaded for each
 * request on a connection of its own, so that the TPM is free for others in
 * between.
 */
#include <string.h>
#include <unistd.h>

#include "crypto/hpke.h"
#include "crypto/random.h"
#include "guard/tpm/guard.h"
#include "tpm/public.h"

#define TRIES      5
#define PAUSE_USEC 200000

static int
keep(const struct tpmdev_key *key, struct guard_key *ret, struct diag *d)
{
	struct bytes public = tpmdev_key_public(key);

	ret->saved = (struct buf)BUF_INIT(8192);
	ret->public = (struct buf)BUF_INIT(TPM_PUBLIC_MAX);
	tpm_name(public, ret->name);
	buf_put(&ret->public, public);
	if (!buf_ok(&ret->public))
		return buf_check(&ret->public, "key", d);
	return tpmdev_key_save(key, &ret->saved, d);
}

/*
 * The host key comes from 64 random bytes that nobody can know again, under an
 * authorisation that never leaves this process: root can neither make it a
 * second time nor use it.
 */
static int
make_hk(struct guard *g, struct tpmdev *t, const struct tpmdev_key *ek,
    struct tpmdev_key *ret, struct diag *d)
{
	auto_secret struct secret unique = SECRET_NONE;
	int rc;

	if ((rc = secret_alloc(&unique, (size_t)2 * TPM_COORD_SIZE, d)) < 0 ||
	    (rc = secret_alloc(&g->auth, TPM_SHA256_SIZE, d)) < 0)
		return rc;
	random_bytes(unique.p, unique.len);
	random_bytes(g->auth.p, g->auth.len);
	return tpmdev_hk_create(t, ek, &unique, &g->auth, ret, d);
}

int
guard_keys_make(struct guard *g, struct diag *d)
{
	auto_guard_tpm struct guard_tpm t = { 0 };
	int rc;

	g->ek_certificate = (struct buf)BUF_INIT(CERTIFICATE_LIMIT);
	if ((rc = tpmdev_open(g->tcti, &t.t, d)) < 0 ||
	    (rc = tpmdev_ek(t.t, &t.ek, d)) < 0 ||
	    (rc = tpmdev_ak(t.t, &t.ak, d)) < 0 ||
	    (rc = make_hk(g, t.t, &t.ek, &t.hk, d)) < 0 ||
	    (rc = keep(&t.ek, &g->ek, d)) < 0 ||
	    (rc = keep(&t.ak, &g->ak, d)) < 0 ||
	    (rc = keep(&t.hk, &g->hk, d)) < 0)
		return rc;
	/* The HGS would refuse them later, and say less clearly why. */
	if ((rc = public_is_ek(buf_bytes(&g->ek.public), d)) < 0 ||
	    (rc = public_is_ak(buf_bytes(&g->ak.public), d)) < 0 ||
	    (rc = public_is_hk(buf_bytes(&g->hk.public), d)) < 0)
		return rc;
	rc = tpmdev_ek_certificate(t.t, &g->ek_certificate, d);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

void
guard_tpm_close(struct guard_tpm *t)
{
	tpmdev_key_flush(&t->hk);
	tpmdev_key_flush(&t->ak);
	tpmdev_key_flush(&t->ek);
	tpmdev_close(t->t);
	t->t = NULL;
}

/*
 * The key that was saved, or none: sessions are salted to the EK, and another
 * device in the TPM's place could offer one that its maker knows.
 */
static int
load(struct tpmdev *t, const struct guard_key *saved, struct tpmdev_key *ret,
    struct diag *d)
{
	int rc = tpmdev_key_load(t, buf_bytes(&saved->saved), ret, d);

	if (rc < 0)
		return rc;
	if (!bytes_equal(tpmdev_key_public(ret), buf_bytes(&saved->public)))
		return diag_refuse(d, REASON_HostKeyPresent,
		    "the TPM is another one than at the start of this boot");
	return ERR_OK;
}

static int
open_once(struct guard *g, struct guard_tpm *t, struct diag *d)
{
	int rc;

	if ((rc = tpmdev_open(g->tcti, &t->t, d)) < 0 ||
	    (rc = load(t->t, &g->ek, &t->ek, d)) < 0 ||
	    (rc = load(t->t, &g->ak, &t->ak, d)) < 0)
		return rc;
	return load(t->t, &g->hk, &t->hk, d);
}

int
guard_tpm_open(struct guard *g, struct guard_tpm *ret, struct diag *d)
{
	int i, rc = ERR_TPM;

	for (i = 0; i < TRIES && rc == ERR_TPM; i++) {
		if (i > 0)
			(void)usleep(PAUSE_USEC);
		*ret = (struct guard_tpm){ 0 };
		if ((rc = open_once(g, ret, d)) < 0)
			guard_tpm_close(ret);
	}
	return rc;
}

int
guard_open_sealed(struct guard *g, struct bytes info, struct bytes sealed,
    struct secret *ret, struct diag *d)
{
	auto_guard_tpm struct guard_tpm t = { 0 };
	auto_secret struct secret z = SECRET_NONE;
	uint8_t enc[HPKE_ENC_SIZE], point[P256_POINT_SIZE];
	int rc;

	if ((rc = hpke_enc(sealed, enc, d)) < 0 ||
	    (rc = public_point(buf_bytes(&g->hk.public), point, d)) < 0 ||
	    (rc = guard_tpm_open(g, &t, d)) < 0 ||
	    (rc = tpmdev_ecdh(&t.hk, &t.ek, &g->auth, enc, &z, d)) < 0)
		return rc;
	return hpke_open_shared(z.p, point, info, BYTES_NONE, sealed, ret, d);
}
