/* SPDX-License-Identifier: Apache-2.0 */
#include "protector/protector.h"

#include "crypto/hash.h"
#include "protector/core_impl.h"

#define MAGIC   "SWKP"
#define VERSION 1

static int
refuse(struct diag *d, const char *what)
{
	return diag_refuse(d, REASON_ProtectorInvalid, "protector: %s", what);
}

/*
 * The core comes first and is framed alike, so that its bytes, but for the
 * magic, are the file's head.
 */
static int
split(struct bytes in, struct buf *ret_core, struct bytes *ret_secrets,
    struct bytes *ret_recovery, struct diag *d)
{
	struct reader r = reader_of(in);
	struct bytes magic, grant, wrap, seal, secrets, recovery;
	uint8_t version;

	if (!reader_take(&r, 4, &magic) || !bytes_equal_text(magic, MAGIC) ||
	    !reader_u8(&r, &version))
		return refuse(d, "no header of a key protector");
	if (version != VERSION)
		return diag_refuse(d, REASON_UnsupportedVersion,
		    "protector: version %u is not 1", version);
	if (!reader_be32_blob(&r, GRANT_MAX, &grant) ||
	    !reader_be32_blob(&r, WRAP_MAX, &wrap) ||
	    !reader_be32_blob(&r, SEAL_MAX, &seal) ||
	    !reader_be32_blob(&r, VM_SECRETS_MAX, &secrets) ||
	    !reader_be32_blob(&r, RECOVERY_MAX, &recovery) ||
	    reader_left(&r) != 0)
		return refuse(d, "lengths do not fit");
	(void)buf_put_text(ret_core, CORE_MAGIC);
	(void)buf_put_u8(ret_core, CORE_VERSION);
	(void)buf_put_be32_blob(ret_core, grant);
	(void)buf_put_be32_blob(ret_core, wrap);
	(void)buf_put_be32_blob(ret_core, seal);
	*ret_secrets = secrets;
	*ret_recovery = recovery;
	return buf_check(ret_core, "protector", d);
}

static int
check_recovery(const struct protector *p, struct diag *d)
{
	uint8_t digest[SHA256_SIZE];

	sha256(p->recovery, digest);
	if (!bytes_equal(BYTES_OF_ARRAY(digest),
		BYTES_OF_ARRAY(p->core->seal.recovery_digest)))
		return refuse(d, "the recovery blob is not the sealed one");
	return recovery_check(p->recovery, p->core->enc[0], d);
}

int
protector_parse(struct bytes in, struct protector **ret, struct diag *d)
{
	auto_protector struct protector *p = NULL;
	auto_buf struct buf core = BUF_INIT(CORE_MAX);
	int r;

	if (in.len > PROTECTOR_MAX)
		return refuse(d, "longer than any protector");
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return diag_nomem(d);
	p->own.max = PROTECTOR_MAX;
	(void)buf_put(&p->own, in);
	if ((r = buf_check(&p->own, "protector", d)) < 0 ||
	    (r = split(buf_bytes(&p->own), &core, &p->secrets, &p->recovery,
		 d)) < 0 ||
	    (r = core_parse(buf_bytes(&core), NULL, &p->core, d)) < 0)
		return r;
	if (core_is_template(p->core))
		return refuse(d, "it is a template's, not a VM's");
	if ((r = check_recovery(p, d)) < 0 ||
	    (r = vm_secrets_check_form(p->secrets, d)) < 0)
		return r;
	*ret = TAKE_PTR(&p);
	return ERR_OK;
}

int
protector_write(struct bytes core, struct bytes secrets, struct bytes recovery,
    struct buf *ret, struct diag *d)
{
	auto_protector struct protector *checked = NULL;
	auto_buf struct buf out = BUF_INIT(PROTECTOR_MAX);
	struct bytes grant, wrap, seal;
	int r;

	if ((r = core_split(core, &grant, &wrap, &seal, d)) < 0)
		return r;
	(void)buf_put_text(&out, MAGIC);
	(void)buf_put_u8(&out, VERSION);
	(void)buf_put_be32_blob(&out, grant);
	(void)buf_put_be32_blob(&out, wrap);
	(void)buf_put_be32_blob(&out, seal);
	(void)buf_put_be32_blob(&out, secrets);
	(void)buf_put_be32_blob(&out, recovery);
	if ((r = buf_check(&out, "protector", d)) < 0 ||
	    (r = protector_parse(buf_bytes(&out), &checked, d)) < 0)
		return r;
	(void)buf_put(ret, buf_bytes(&out));
	return buf_check(ret, "protector", d);
}

void
protector_free(struct protector *p)
{
	if (p == NULL)
		return;
	core_free(p->core);
	buf_free(&p->own);
	free(p);
}
