/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record in PCR 15: made once, at guard-early's word, before anybody else
 * is listened to.
 */
#include <string.h>

#include "conf/paths.h"
#include "crypto/hash.h"
#include "guard/tpm/guard.h"
#include "ipc/ctl.h"
#include "measure/pcr15.h"

/*
 * The HGS believes the first two events of PCR 15. If somebody was there
 * before us, our record would be worth nothing: say so now.
 */
static int
check_untouched(struct tpmdev *t, struct diag *d)
{
	struct pcr_values values = { 0 };
	int rc;

	if ((rc = tpmdev_pcr_read(t, 1u << PCR_HOST_KEY, &values, d)) < 0)
		return rc;
	if (!bytes_all_zero(BYTES_OF_ARRAY(values.v[PCR_HOST_KEY])))
		return diag_refuse(d, REASON_HostKeyPresent,
		    "PCR 15 already extended: guard-early must run first, "
		    "once in each boot");
	return ERR_OK;
}

static int
extend(struct tpmdev *t, struct bytes record, struct diag *d)
{
	uint8_t digest[SHA256_SIZE];
	int rc;

	sha256(record, digest);
	if ((rc = tpmdev_pcr_extend(t, PCR_HOST_KEY, digest, d)) < 0)
		return rc;
	pcr15_end_mark_digest(digest);
	return tpmdev_pcr_extend(t, PCR_HOST_KEY, digest, d);
}

/* Now guardd may come: root or the agent's user, by the kernel's word. */
static int
listen_now(struct guard *g, struct diag *d)
{
	char path[PATH_TEXT_MAX];
	int rc;

	rc = path_under(g->root, PATH_RUN "/guard-tpm.sock", path, sizeof(path),
	    d);
	if (rc < 0)
		return rc;
	return ctl_listen(path, 0660, 0, g->agent_gid, &g->listen_fd, d);
}

int
guard_on_record(struct service_call *call, struct diag *d)
{
	auto_buf struct buf record = BUF_INIT(PCR15_RECORD_MAX);
	auto_tpmdev struct tpmdev *t = NULL;
	struct guard *g = call->context;
	struct early_record early;
	int rc;

	if (g->pcr15.len != 0)
		return diag_fail(d, ERR_EXISTS, "the record is made already");
	if ((rc = fields_decode(&early_record_fields, call->in->body, &early,
		 d)) < 0 ||
	    (rc = pcr15_record_encode(g->hk.name, early.lock_digest,
		 early.ima_policy, &record, d)) < 0 ||
	    (rc = tpmdev_open(g->tcti, &t, d)) < 0 ||
	    (rc = check_untouched(t, d)) < 0 ||
	    (rc = extend(t, buf_bytes(&record), d)) < 0 ||
	    (rc = pcr15_list_encode(buf_bytes(&record), &g->pcr15, d)) < 0 ||
	    (rc = listen_now(g, d)) < 0)
		return rc;
	buf_put(call->reply, buf_bytes(&g->pcr15));
	return buf_check(call->reply, "record", d);
}

int
guard_on_identity(struct service_call *call, struct diag *d)
{
	const struct guard *g = call->context;
	const struct tpm_identity identity = {
		.ek_certificate = buf_bytes(&g->ek_certificate),
		.ek_public = buf_bytes(&g->ek.public),
		.ak_public = buf_bytes(&g->ak.public),
		.hk_public = buf_bytes(&g->hk.public),
		.pcr15 = buf_bytes(&g->pcr15),
	};

	return fields_encode(&tpm_identity_fields, &identity, call->reply, d);
}
