/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TPM in root's hands: keys made, remade, stolen; contexts and sessions;
 * the PCR that names the host key.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "ask.h"
#include "base/reader.h"
#include "base/text.h"
#include "tpm/types.h"
#include "wire.h"

#define SECONDS 4

/* TPMT_PUBLIC of both kinds of key on P-256; x and y as the unique field. */
static uint32_t
make_key(int fd, uint32_t hierarchy, uint32_t attributes, uint16_t scheme,
    const uint8_t unique[static 64], struct wire_key *ret)
{
	auto_buf struct buf t = BUF_INIT(512);

	buf_put_be16(&t, TPM_ALG_ECC);
	buf_put_be16(&t, TPM_ALG_SHA256);
	buf_put_be32(&t, attributes);
	buf_put_be16(&t, 0); /* no policy */
	buf_put_be16(&t, TPM_ALG_NULL);
	buf_put_be16(&t, scheme);
	buf_put_be16(&t, TPM_ALG_SHA256);
	buf_put_be16(&t, TPM_ECC_NIST_P256);
	buf_put_be16(&t, TPM_ALG_NULL);
	buf_put_be16_blob(&t, bytes_of(unique, 32));
	buf_put_be16_blob(&t, bytes_of(unique + 32, 32));
	return wire_create_primary(fd, hierarchy, buf_bytes(&t), ret);
}

/* The host key's template, with these 64 bytes where the secret ones belong. */
static uint32_t
make_host_key(int fd, const uint8_t unique[static 64], struct wire_key *ret)
{
	return make_key(fd, TPM_RH_NULL, TPM_HK_ATTRIBUTES, TPM_ALG_ECDH,
	    unique, ret);
}

/* Whether it is the host key that guard-tpm tells everybody the name of. */
static void
compare_host_key(const struct attack *a, const struct wire_key *key,
    struct result *r)
{
	struct ask_identity id;

	if (!ask_identity(a, &id)) {
		result_set(r, VERDICT_NOTHING,
		    "a key is made; no guard-tpm is here to compare with");
		return;
	}
	if (bytes_equal(bytes_of(key->public, key->public_len),
		bytes_of(id.hk, id.hk_len)))
		result_set(r, VERDICT_FOUND, "it is guard-tpm's host key");
	else
		result_set(r, VERDICT_NOTHING,
		    "another key than the one that PCR 15 names");
}

static void
try_key(const struct attack *a, const uint8_t unique[static 64],
    struct result *r)
{
	auto_close int fd = wire_open(WIRE_RM, r);
	struct wire_key key = { 0 };
	uint32_t rc;

	if (fd < 0)
		return;
	rc = make_host_key(fd, unique, &key);
	if (rc != 0)
		result_set(r, VERDICT_REFUSED, "CreatePrimary: 0x%x", rc);
	else
		compare_host_key(a, &key, r);
}

static void
try_own_key(const struct attack *a, int target, struct result *r)
{
	uint8_t unique[64];

	(void)target;
	if (getrandom(unique, sizeof(unique), 0) != sizeof(unique))
		result_errno(r, "getrandom");
	else
		try_key(a, unique, r);
}

static void
try_remade_zero(const struct attack *a, int target, struct result *r)
{
	const uint8_t unique[64] = { 0 };

	(void)target;
	try_key(a, unique, r);
}

/* The template as root knows it: the point is public, what made it is not. */
static void
try_remade_point(const struct attack *a, int target, struct result *r)
{
	struct ask_identity id;
	uint8_t unique[64];

	(void)target;
	if (!ask_identity(a, &id) || id.hk_len < 68) {
		result_set(r, VERDICT_NOTHING, "no guard-tpm is here to ask");
		return;
	}
	memcpy(unique, id.hk + id.hk_len - 66, 32);
	memcpy(unique + 32, id.hk + id.hk_len - 32, 32);
	try_key(a, unique, r);
}

/* --- root's own use of the attestation key ------------------------------------ */

static uint32_t
make_ak(int fd, struct wire_key *ret)
{
	static const uint8_t zero[64];

	return make_key(fd, TPM_RH_ENDORSEMENT, TPM_AK_ATTRIBUTES,
	    TPM_ALG_ECDSA, zero, ret);
}

static uint32_t
quote(int fd, uint32_t ak)
{
	static const uint8_t mask[] = { 3, 0x00, 0x80, 0x00 }; /* PCR 15 */
	auto_buf struct buf b = BUF_INIT(512);

	wire_begin(&b, true, TPM_CC_QUOTE);
	buf_put_be32(&b, ak);
	wire_no_auth(&b);
	buf_put_be16_blob(&b, bytes_of_text("attack"));
	buf_put_be16(&b, TPM_ALG_NULL);
	buf_put_be32(&b, 1);
	buf_put_be16(&b, TPM_ALG_SHA256);
	buf_put(&b, BYTES_OF_ARRAY(mask));
	return wire_send(fd, &b, NULL);
}

static uint32_t
certify(int fd, uint32_t object, uint32_t ak)
{
	auto_buf struct buf b = BUF_INIT(512);

	wire_begin(&b, true, TPM_CC_CERTIFY);
	buf_put_be32(&b, object);
	buf_put_be32(&b, ak);
	buf_put_be32(&b, 18);
	for (int i = 0; i < 2; i++) {
		buf_put_be32(&b, 0x40000009);
		buf_put_be16(&b, 0);
		buf_put_u8(&b, 0);
		buf_put_be16(&b, 0);
	}
	buf_put_be16_blob(&b, bytes_of_text("attack"));
	buf_put_be16(&b, TPM_ALG_NULL);
	return wire_send(fd, &b, NULL);
}

/*
 * The attestation key is made anew by whoever asks the TPM for it, and says no
 * more than the TPM knows. So root's own key can be certified; what refuses it
 * is the record in PCR 15, in the same quote.
 */
static void
try_own_ak(const struct attack *a, int target, struct result *r)
{
	auto_close int fd = wire_open(WIRE_RM, r);
	const uint8_t unique[64] = { 1 };
	struct wire_key ak = { 0 }, own = { 0 };
	struct ask_identity id;
	uint32_t rc, quoted, certified;
	const char *same = "no guard-tpm to compare with";

	(void)target;
	if (fd < 0)
		return;
	if ((rc = make_ak(fd, &ak)) != 0 ||
	    (rc = make_host_key(fd, unique, &own)) != 0) {
		result_set(r, VERDICT_REFUSED, "CreatePrimary: 0x%x", rc);
		return;
	}
	quoted = quote(fd, ak.handle);
	certified = certify(fd, own.handle, ak.handle);
	if (ask_identity(a, &id))
		same = bytes_equal(bytes_of(ak.public, ak.public_len),
			   bytes_of(id.ak, id.ak_len))
		    ? "the registered AK"
		    : "another AK than the registered one";
	result_set(r, VERDICT_ALLOWED,
	    "%s; quote 0x%x, certify of our own key 0x%x; PCR 15 names another",
	    same, quoted, certified);
}

/* --- a key of the last boot ----------------------------------------------------- */

static void
save_key(const char *path, int fd, struct result *r)
{
	auto_buf struct buf saved = BUF_INIT(4096);
	const uint8_t unique[64] = { 2 };
	struct wire_key key = { 0 };
	auto_close int out = -1;
	uint32_t rc;

	if ((rc = make_host_key(fd, unique, &key)) != 0 ||
	    (rc = wire_handle(fd, TPM_CC_CONTEXT_SAVE, key.handle, &saved)) !=
		0) {
		result_set(r, VERDICT_BROKEN, "cannot save a key: 0x%x", rc);
		return;
	}
	/* The raw device keeps what nobody takes out. */
	(void)wire_handle(fd, TPM_CC_FLUSH, key.handle, NULL);
	out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0 ||
	    write(out, saved.p + 10, saved.len - 10) !=
		(ssize_t)(saved.len - 10))
		result_set(r, VERDICT_BROKEN, "%s: %s", path, strerror(errno));
	else
		result_set(r, VERDICT_NOTHING,
		    "a context is kept for the next boot");
}

static void
try_last_boot(const struct attack *a, int target, struct result *r)
{
	auto_close int fd = wire_open(WIRE_RAW, r);
	auto_buf struct buf b = BUF_INIT(8192);
	char saved[4096];
	ssize_t n;
	uint32_t rc;

	(void)target;
	if (fd < 0)
		return;
	if (a->state == NULL) {
		result_set(r, VERDICT_NOTHING, "no --state was given");
		return;
	}
	n = slurp(a->state, saved, sizeof(saved));
	if (n <= 0) {
		save_key(a->state, fd, r);
		return;
	}
	wire_begin(&b, false, TPM_CC_CONTEXT_LOAD);
	buf_put(&b, bytes_of(saved, (size_t)n));
	rc = wire_send(fd, &b, NULL);
	result_set(r, rc == 0 ? VERDICT_FOUND : VERDICT_REFUSED,
	    "ContextLoad: 0x%x", rc);
}

/* --- what others have in the TPM ------------------------------------------------- */

static void
try_seen(const struct attack *a, int target, struct result *r)
{
	static const uint32_t ranges[] = { 0x80000000, 0x02000000, 0x03000000 };
	static const char *const paths[] = { WIRE_RM, WIRE_RAW };
	int n[2][3];

	(void)a;
	(void)target;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		auto_close int fd = wire_open(paths[i], r);

		if (fd < 0)
			return;
		for (size_t k = 0; k < ARRAY_LEN(ranges); k++)
			n[i][k] = wire_count(fd, ranges[k]);
	}
	result_set(r, VERDICT_NOTHING,
	    "tpmrm0: %d transient, %d loaded, %d saved; "
	    "tpm0: %d, %d, %d",
	    n[0][0], n[0][1], n[0][2], n[1][0], n[1][1], n[1][2]);
}

/* Every handle that a key of another may have here. */
static void
try_handles(const struct attack *a, int target, struct result *r)
{
	static const uint32_t first[] = { 0x80000000, 0x80fffff0 };
	static const char *const paths[] = { WIRE_RM, WIRE_RAW };
	unsigned seen = 0, used = 0;
	uint32_t code = 0;

	(void)a;
	(void)target;
	for (size_t i = 0; i < 4; i++) {
		auto_close int fd = wire_open(paths[i / 2], r);

		if (fd < 0)
			return;
		for (uint32_t h = first[i % 2]; h < first[i % 2] + 16; h++) {
			struct wire_key key = { 0 };
			uint32_t rc = wire_read_public(fd, h, &key);

			seen += rc == 0;
			if (rc == 0)
				used += wire_zgen(fd, &key) == 0;
			else
				code = rc;
		}
	}
	result_set(r,
	    used > 0       ? VERDICT_FOUND
		: seen > 0 ? VERDICT_READ
			   : VERDICT_REFUSED,
	    "%u keys seen, %u used; else 0x%x", seen, used, code);
}

/* Sessions of others: read out, taken over, flushed. */
static void
try_sessions(const struct attack *a, int target, struct result *r)
{
	auto_close int fd = wire_open(WIRE_RAW, r);
	auto_buf struct buf saved = BUF_INIT(4096);
	unsigned taken = 0;
	uint32_t rc = 0;

	(void)a;
	(void)target;
	if (fd < 0)
		return;
	for (uint32_t h = 0x02000000; h < 0x02000004; h++) {
		rc = wire_handle(fd, TPM_CC_CONTEXT_SAVE, h, &saved);
		taken += rc == 0;
	}
	for (uint32_t h = 0x03000000; h < 0x03000004; h++)
		taken += wire_handle(fd, TPM_CC_CONTEXT_SAVE, h, &saved) == 0;
	result_set(r, taken > 0 ? VERDICT_READ : VERDICT_REFUSED,
	    "%u saved; else 0x%x", taken, rc);
}

struct race {
	unsigned rounds, seen, used, saved;
	uint32_t code; /* of the last try to use one */
};

static void
race_once(int fd, struct race *race)
{
	race->rounds++;
	for (uint32_t h = 0x80000000; h < 0x80000003; h++) {
		auto_buf struct buf saved = BUF_INIT(4096);
		struct wire_key key = { 0 };

		if (wire_read_public(fd, h, &key) != 0)
			continue;
		race->seen++;
		race->code = wire_zgen(fd, &key);
		race->used += race->code == 0;
		race->saved +=
		    wire_handle(fd, TPM_CC_CONTEXT_SAVE, h, &saved) == 0;
	}
}

/* On the raw device, while guard-tpm is made to use its keys. */
static void
try_race(const struct attack *a, int target, struct result *r)
{
	auto_close int fd = wire_open(WIRE_RAW, r);
	double until = seconds_now() + SECONDS;
	struct race race = { 0 };
	pid_t other;

	(void)target;
	if (fd < 0)
		return;
	other = ask_in_background(a, SECONDS);
	while (seconds_now() < until)
		race_once(fd, &race);
	ask_end(other);
	result_set(r,
	    race.used > 0        ? VERDICT_FOUND
		: race.saved > 0 ? VERDICT_READ
				 : VERDICT_NOTHING,
	    "%u rounds: %u keys seen, %u contexts saved, %u used (0x%x)",
	    race.rounds, race.seen, race.saved, race.used, race.code);
}

/* Fills the TPM's slots, so that nobody else's key fits. */
static void
try_fill(const struct attack *a, int target, struct result *r)
{
	auto_close int fd = wire_open(WIRE_RAW, r);
	struct wire_key keys[8] = { 0 };
	uint8_t unique[64] = { 3 };
	unsigned n = 0;
	char said[160];
	uint32_t rc = 0;

	(void)target;
	if (fd < 0)
		return;
	while (n < ARRAY_LEN(keys) &&
	    (rc = make_host_key(fd, unique, &keys[n])) == 0) {
		unique[1] = (uint8_t)++n;
	}
	ask_attest(a, said, sizeof(said));
	for (unsigned i = 0; i < n; i++)
		(void)wire_handle(fd, TPM_CC_FLUSH, keys[i].handle, NULL);
	result_set(r, VERDICT_ALLOWED,
	    "%u slots taken, then 0x%x; guard-tpm meanwhile: %s", n, rc, said);
}

static void
try_reset_pcr(const struct attack *a, int target, struct result *r)
{
	auto_close int fd = wire_open(WIRE_RAW, r);
	auto_buf struct buf b = BUF_INIT(64);
	uint32_t rc;

	(void)a;
	(void)target;
	if (fd < 0)
		return;
	wire_begin(&b, true, TPM_CC_PCR_RESET);
	buf_put_be32(&b, 15);
	wire_no_auth(&b);
	rc = wire_send(fd, &b, NULL);
	result_set(r, rc == 0 ? VERDICT_FOUND : VERDICT_REFUSED, "0x%x", rc);
}

static const struct attempt list[] = {
	{ "tpm-own-key", "a host key of our own", try_own_key, false, 0 },
	{ "tpm-remade-zero", "the host key's template with zero bytes",
	    try_remade_zero, false, 0 },
	{ "tpm-remade-point", "the template with the host key's own point",
	    try_remade_point, false, 0 },
	{ "tpm-own-ak", "quote and certify with the attestation key",
	    try_own_ak, false, 0 },
	{ "tpm-last-boot", "load a null-hierarchy key of the last boot",
	    try_last_boot, false, 0 },
	{ "tpm-seen", "list keys and sessions of others", try_seen, false, 0 },
	{ "tpm-handles", "use every handle on both devices", try_handles, false,
	    0 },
	{ "tpm-sessions", "save sessions of others on tpm0", try_sessions,
	    false, 0 },
	{ "tpm-race", "use tpm0 while guard-tpm uses its keys", try_race, false,
	    30 },
	{ "tpm-fill", "fill the slots of tpm0", try_fill, false, 60 },
	{ "tpm-reset-pcr", "reset PCR 15", try_reset_pcr, false, 0 },
};

const struct group tpm_group = { "tpm", "keys, contexts, sessions, PCR 15",
	list, ARRAY_LEN(list) };
