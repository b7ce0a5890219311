/* SPDX-License-Identifier: Apache-2.0 */
/*
 * security/integrity/ima/ima_main.c, process_buffer_measurement(), and who
 * calls it. Keys and critical data share their names' space, so that a key is
 * told by what it is: anybody may name a keyring of his.
 */
#include "measure/ima_event.h"

#include "base/reader.h"
#include "crypto/der.h"

static const struct {
	const char *name;
	enum ima_event_type type;
} texts[] = {
	{ "kernel_version", IMA_EVENT_KERNEL_VERSION },
	{ "kexec-cmdline", IMA_EVENT_KEXEC_CMDLINE },
	{ "ima_policy_loaded", IMA_EVENT_POLICY },
	{ "ima_policy_written", IMA_EVENT_POLICY },
};

static bool
is_certificate(struct bytes buf)
{
	struct reader r = reader_of(buf);
	struct bytes whole;

	return der_whole(&r, DER_SEQUENCE, &whole) && reader_left(&r) == 0;
}

static struct bytes
without_nul(struct bytes text)
{
	if (text.len != 0 && text.p[text.len - 1] == '\0')
		text.len--;
	return text;
}

/*
 * What the field of a signature begins with: of enum evm_ima_xattr_type
 * (security/integrity/integrity.h) those that ima_eventsig_init() logs. Behind
 * the first byte an attribute is whatever root wrote. Texts, tables and
 * certificates begin with none of these; a digest that is measured as a buffer
 * (SELinux's policy) may, and is refused then.
 */
static bool
is_signature(struct bytes in)
{
	enum { DIGSIG = 3, PORTABLE_DIGSIG = 5, VERITY_DIGSIG = 6 };

	return in.p[0] == DIGSIG || in.p[0] == PORTABLE_DIGSIG ||
	    in.p[0] == VERITY_DIGSIG;
}

/*
 * The kernel logs H(buffer) as the digest of a buffer. Where a file's entry is
 * shown as a buffer's, the buffer is the signature, and a file could be made to
 * hold just that: so the first byte counts as well. Where a buffer's entry is
 * shown as a file's, the digest is that of a file with the same contents, which
 * may be allowed where the event is not: a certificate into a keyring.
 */
static int
check_digest(const struct ima_entry *e, struct diag *d)
{
	uint8_t digest[HASH_SIZE_MAX];

	hash_bytes(e->digest.alg, e->buf, digest);
	if (!bytes_equal(e->digest.value,
		bytes_of(digest, hash_size(e->digest.alg))))
		return diag_fail(d, ERR_FORMAT,
		    "the digest is not of its "
		    "buffer");
	return ERR_OK;
}

int
ima_event_check_kind(struct ima_entry *e, struct diag *d)
{
	if (e->violation)
		return ERR_OK;
	ima_check(e);
	if (!e->template_ok)
		return diag_fail(d, ERR_FORMAT,
		    "the logged digest is not of its data");
	if ((e->fields & IMA_F_SIG) != 0 && e->sig.len != 0 &&
	    !is_signature(e->sig))
		return diag_fail(d, ERR_FORMAT, "its signature is none");
	if ((e->fields & IMA_F_BUF) == 0)
		return ERR_OK;
	if (e->buf.len == 0 || is_signature(e->buf) || !e->digest.known ||
	    e->digest.verity)
		return diag_fail(d, ERR_FORMAT, "its buffer is none");
	return check_digest(e, d);
}

static int
check_buffer(const struct ima_entry *e, struct diag *d)
{
	if ((e->fields & IMA_F_BUF) == 0 || (e->fields & IMA_F_NAME) == 0 ||
	    (e->fields & IMA_F_DIGEST) == 0 || e->violation)
		return diag_fail(d, ERR_NOT_FOUND,
		    "IMA list: entry without a buffer");
	if (!e->digest.known)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "IMA list: buffer with a digest of an algorithm that is "
		    "not ours");
	return check_digest(e, d);
}

int
ima_event_decode(const struct ima_entry *e, struct ima_event *ret,
    struct diag *d)
{
	struct ima_event ev = { .type = IMA_EVENT_OTHER, .name = e->name };
	enum ima_dm_type dm;
	int err;

	if ((err = check_buffer(e, d)) < 0)
		return err;
	if (is_certificate(e->buf)) {
		ev.type = IMA_EVENT_KEY;
		ev.certificate = e->buf;
	} else if (ima_dm_named(e->name, &dm)) {
		ev.type = IMA_EVENT_DM;
		if ((err = ima_dm_parse(dm, e->buf, &ev.dm, d)) < 0)
			return err;
	}
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (ev.type == IMA_EVENT_OTHER &&
		    bytes_equal_text(e->name, texts[i].name)) {
			ev.type = texts[i].type;
			ev.text = without_nul(e->buf);
		}
	*ret = ev;
	return ERR_OK;
}
