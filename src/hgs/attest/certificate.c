/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/attest/certificate.h"

#include <string.h>

#include "crypto/health.h"
#include "crypto/hpke.h"
#include "crypto/random.h"
#include "hgs/common/release_key.h"
#include "tpm/public.h"

/* What hgs-attest says about the host; views into t and the two names. */
static void
fill(const struct attestor *a, const struct attempt *t, uint64_t now,
    const struct audit_receipt *receipt, const uint8_t *ak_name,
    struct health *h)
{
	const struct policies *p = a->policies;
	uint8_t random[CERT_SERIAL_SIZE];

	random_bytes(random, sizeof(random));
	cert_serial(random, h->serial);
	h->not_before = now;
	h->not_after = now + a->certificate_seconds;
	memcpy(h->host_key, t->proof.hk_point, sizeof(h->host_key));
	h->version = HEALTH_VERSION;
	memcpy(h->host_id, t->host.host_id, sizeof(h->host_id));
	h->host_name = t->host.name;
	h->mode = HEALTH_MODE_TPM;
	memcpy(h->baseline_id, p->ids[t->verdict.baseline_index],
	    sizeof(h->baseline_id));
	if (t->verdict.ci_judged)
		memcpy(h->ci_id, p->ci.list[t->verdict.ci_index].id,
		    sizeof(h->ci_id));
	h->ak_name = bytes_of(ak_name, TPM_NAME_SIZE);
	h->hk_name = BYTES_OF_ARRAY(t->proof.boot.hk_name);
	h->reset_count = t->proof.quote.clock.resets;
	h->restart_count = t->proof.quote.clock.restarts;
	h->policy_epoch = p->epoch.epoch;
	h->attested_at = now;
	memcpy(h->audit_head, receipt->record, sizeof(h->audit_head));
}

int
certificate_issue(const struct attestor *a, const struct attempt *t,
    uint64_t now, const struct audit_receipt *receipt, struct buf *ret_der,
    struct buf *ret_sealed, struct diag *d)
{
	const struct keyring_key *sk =
	    keyring_primary(&a->keys, KEY_USE_ATTEST);
	const struct keyring_key *shared =
	    keyring_primary(&a->keys, KEY_USE_SHARED);
	uint8_t ak_name[TPM_NAME_SIZE], release_key[32];
	struct health h = { 0 };
	struct health_signer signer;
	struct cert cert;
	int r;

	/* Every judge of SecureBootSettings names the baseline that matched. */
	BUG_ON(t->verdict.status != VERDICT_PASSED || !t->verdict.matched);
	BUG_ON(
	    t->verdict.ci_judged && t->verdict.ci_index >= a->policies->ci.n);
	tpm_name(t->host.ak_public, ak_name);
	fill(a, t, now, receipt, ak_name, &h);
	r = cert_parse(buf_bytes(&sk->certificate), &cert, d);
	if (r < 0)
		return r;
	signer = (struct health_signer){ cert.subject, cert.ski, sk->key };
	if ((r = health_encode(&h, &signer, ret_der, d)) < 0)
		return r;
	release_key_derive(secret_bytes(&shared->shared), h.serial,
	    release_key);
	r = hpke_seal(t->proof.hk_point, BYTES_OF_ARRAY(t->proof.transcript),
	    BYTES_NONE, BYTES_OF_ARRAY(release_key), ret_sealed, d);
	explicit_bzero(release_key, sizeof(release_key));
	return r;
}
