/* SPDX-License-Identifier: Apache-2.0 */
/*
 * security/integrity/ima/ima_template_lib.c: what is in each field, as it is
 * hashed (doc/FORMAT.ima). The lengths are the template's.
 */
#include <string.h>

#include "base/reader.h"
#include "base/text.h"
#include "measure/ima_impl.h"

/*
 * crypto/hash_info.c, hash_algo_name and hash_digest_size: what the kernel
 * itself can write. ours: an enum hash_alg, or OTHER.
 */
#define OTHER (-1)
static const struct {
	const char *name;
	size_t size;
	int ours;
} algs[] = {
	{ "sha256", 32, HASH_SHA256 },
	{ "sha1", 20, HASH_SHA1 },
	{ "sha384", 48, HASH_SHA384 },
	{ "sha512", 64, HASH_SHA512 },
	{ "sm3", 32, HASH_SM3 },
	{ "sm3-256", 32, HASH_SM3 }, /* before 5.18 */
	{ "sm3_256", 32, HASH_SM3 }, /* by tools that write lists */
	{ "sha224", 28, OTHER },
	{ "md4", 16, OTHER },
	{ "md5", 16, OTHER },
	{ "rmd128", 16, OTHER },
	{ "rmd160", 20, OTHER },
	{ "rmd256", 32, OTHER },
	{ "rmd320", 40, OTHER },
	{ "wp256", 32, OTHER },
	{ "wp384", 48, OTHER },
	{ "wp512", 64, OTHER },
	{ "tgr128", 16, OTHER },
	{ "tgr160", 20, OTHER },
	{ "tgr192", 24, OTHER },
	{ "streebog256", 32, OTHER },
	{ "streebog512", 64, OTHER },
	{ "sha3-256", 32, OTHER },
	{ "sha3-384", 48, OTHER },
	{ "sha3-512", 64, OTHER },
};

/* ARRAY_LEN(algs): there is none of this name. */
static size_t
find_alg(struct bytes name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(algs); i++)
		if (bytes_equal_text(name, algs[i].name))
			break;
	return i;
}

static bool
set_alg(size_t i, enum hash_alg *ret)
{
	if (i >= ARRAY_LEN(algs) || algs[i].ours == OTHER)
		return false;
	*ret = (enum hash_alg)algs[i].ours;
	return true;
}

bool
ima_hash_alg(struct bytes name, enum hash_alg *ret)
{
	return set_alg(find_alg(name), ret);
}

/*
 * A violation's file digest is zero. Its size is the algorithm's, but kernels
 * from 5.19 to 6.4 write 20 bytes behind any name.
 */
static int
check_digest(const struct ima_digest *digest, size_t size, bool violation,
    struct diag *d)
{
	size_t n = digest->value.len;

	if (n != size && !(violation && n == IMA_SHA1_SIZE))
		return diag_fail(d, ERR_FORMAT, "digest of %zu bytes, not %zu",
		    n, size);
	if (violation && !bytes_all_zero(digest->value))
		return diag_fail(d, ERR_FORMAT,
		    "a violation with a file's digest");
	return ERR_OK;
}

static int
unknown_alg(struct bytes name, struct diag *d)
{
	char shown[48];

	text_escape(name, shown, sizeof(shown));
	return diag_fail(d, ERR_FORMAT, "digest of an unknown algorithm, %s",
	    shown);
}

/* "ima:" or "verity:", which is taken off. */
static int
read_type(struct bytes *head, struct ima_digest *digest, struct diag *d)
{
	const uint8_t *end = memchr(head->p, ':', head->len);
	size_t n = end != NULL ? (size_t)(end - head->p) + 1 : 0;
	struct bytes type = bytes_of(head->p, n);

	digest->verity = bytes_equal_text(type, "verity:");
	if (!digest->verity && !bytes_equal_text(type, "ima:"))
		return diag_fail(d, ERR_FORMAT,
		    "digest that is neither ima nor verity");
	*head = bytes_of(head->p + n, head->len - n);
	return ERR_OK;
}

/* "sha256:" NUL digest; where it is typed, a type before it. */
static int
read_digest(struct bytes in, bool typed, const struct ima_entry *e,
    struct ima_digest *ret, struct diag *d)
{
	const uint8_t *nul = in.len != 0 ? memchr(in.p, 0, in.len) : NULL;
	size_t i, n = nul != NULL ? (size_t)(nul - in.p) : 0;
	struct ima_digest digest = { 0 };
	struct reader r = reader_of(in);
	struct bytes head;
	int err;

	if (!reader_take(&r, n, &head) || !reader_skip(&r, 1) || n == 0 ||
	    head.p[n - 1] != ':')
		return diag_fail(d, ERR_FORMAT,
		    "digest without its algorithm's name");
	digest.value = bytes_of(in.p + r.off, reader_left(&r));
	head.len--;
	if (typed && (err = read_type(&head, &digest, d)) < 0)
		return err;
	i = find_alg(head);
	if (i == ARRAY_LEN(algs))
		return unknown_alg(head, d);
	digest.alg_name = head;
	digest.known = set_alg(i, &digest.alg);
	if ((err = check_digest(&digest, algs[i].size, e->violation, d)) < 0)
		return err;
	*ret = digest;
	return ERR_OK;
}

/* The field "d" names no algorithm: SHA-1 (MD5 was allowed, and is not). */
static int
take_d(struct bytes in, struct ima_entry *e, struct diag *d)
{
	e->digest =
	    (struct ima_digest){ .known = true, .alg = HASH_SHA1, .value = in };
	return check_digest(&e->digest, IMA_SHA1_SIZE, e->violation, d);
}

static int
take_d_ng(struct bytes in, struct ima_entry *e, struct diag *d)
{
	return read_digest(in, false, e, &e->digest, d);
}

static int
take_d_ngv2(struct bytes in, struct ima_entry *e, struct diag *d)
{
	return read_digest(in, true, e, &e->digest, d);
}

static int
take_d_modsig(struct bytes in, struct ima_entry *e, struct diag *d)
{
	if (in.len == 0)
		return ERR_OK;
	return read_digest(in, false, e, &e->modsig_digest, d);
}

/*
 * One NUL, at the end. A newline would begin a line of its own in all that
 * shows the list; the kernel itself replaces spaces only.
 */
static int
take_string(struct bytes in, struct bytes *ret, struct diag *d)
{
	if (in.len == 0 || in.p[in.len - 1] != '\0')
		return diag_fail(d, ERR_FORMAT, "name without its NUL");
	in.len--;
	if (in.len > IMA_NAME_MAX)
		return diag_fail(d, ERR_LIMIT, "name of %zu bytes, %d allowed",
		    in.len, IMA_NAME_MAX);
	if (in.len != 0 &&
	    (memchr(in.p, '\0', in.len) != NULL ||
		memchr(in.p, '\n', in.len) != NULL))
		return diag_fail(d, ERR_FORMAT,
		    "name with a NUL or a newline in it");
	*ret = in;
	return ERR_OK;
}

static int
take_n(struct bytes in, struct ima_entry *e, struct diag *d)
{
	return take_string(in, &e->name, d);
}

static int
take_sig(struct bytes in, struct ima_entry *e, struct diag *d)
{
	(void)d;
	e->sig = in;
	return ERR_OK;
}

static int
take_buf(struct bytes in, struct ima_entry *e, struct diag *d)
{
	(void)d;
	e->buf = in;
	return ERR_OK;
}

static int
take_modsig(struct bytes in, struct ima_entry *e, struct diag *d)
{
	(void)d;
	e->modsig = in;
	return ERR_OK;
}

static int
take_evmsig(struct bytes in, struct ima_entry *e, struct diag *d)
{
	(void)d;
	e->evmsig = in;
	return ERR_OK;
}

/* A number of the inode; absent where there was no inode. */
static int
take_id(struct bytes in, uint32_t bit, uint32_t *ret, struct ima_entry *e,
    struct diag *d)
{
	struct reader r = reader_of(in);

	if (in.len == 0) {
		e->fields &= ~bit;
		return ERR_OK;
	}
	if (!reader_le32(&r, ret) || reader_left(&r) != 0)
		return diag_fail(d, ERR_FORMAT, "owner of %zu bytes, not 4",
		    in.len);
	return ERR_OK;
}

static int
take_uid(struct bytes in, struct ima_entry *e, struct diag *d)
{
	return take_id(in, IMA_F_UID, &e->uid, e, d);
}

static int
take_gid(struct bytes in, struct ima_entry *e, struct diag *d)
{
	return take_id(in, IMA_F_GID, &e->gid, e, d);
}

static int
take_mode(struct bytes in, struct ima_entry *e, struct diag *d)
{
	struct reader r = reader_of(in);

	if (in.len == 0) {
		e->fields &= ~(uint32_t)IMA_F_MODE;
		return ERR_OK;
	}
	if (!reader_le16(&r, &e->mode) || reader_left(&r) != 0)
		return diag_fail(d, ERR_FORMAT, "mode of %zu bytes, not 2",
		    in.len);
	return ERR_OK;
}

static int
take_xattr_names(struct bytes in, struct ima_entry *e, struct diag *d)
{
	return in.len == 0 ? ERR_OK : take_string(in, &e->xattr_names, d);
}

static int
take_xattr_lengths(struct bytes in, struct ima_entry *e, struct diag *d)
{
	(void)d;
	e->xattr_lengths = in;
	return ERR_OK;
}

static int
take_xattr_values(struct bytes in, struct ima_entry *e, struct diag *d)
{
	(void)d;
	e->xattr_values = in;
	return ERR_OK;
}

static const struct ima_field fields[] = {
	{ "d-ng", IMA_F_DIGEST, IMA_TEXT_DIGEST_ALG, take_d_ng },
	{ "n-ng", IMA_F_NAME, IMA_TEXT_STRING, take_n },
	{ "sig", IMA_F_SIG, IMA_TEXT_HEX, take_sig },
	{ "buf", IMA_F_BUF, IMA_TEXT_HEX, take_buf },
	{ "d-ngv2", IMA_F_DIGEST, IMA_TEXT_DIGEST_ALG, take_d_ngv2 },
	{ "d-modsig", IMA_F_MODSIG_DIGEST, IMA_TEXT_DIGEST_ALG, take_d_modsig },
	{ "modsig", IMA_F_MODSIG, IMA_TEXT_HEX, take_modsig },
	{ "evmsig", IMA_F_EVMSIG, IMA_TEXT_HEX, take_evmsig },
	{ "iuid", IMA_F_UID, IMA_TEXT_UINT32, take_uid },
	{ "igid", IMA_F_GID, IMA_TEXT_UINT32, take_gid },
	{ "imode", IMA_F_MODE, IMA_TEXT_UINT16, take_mode },
	{ "xattrnames", IMA_F_XATTR_NAMES, IMA_TEXT_STRING, take_xattr_names },
	{ "xattrlengths", IMA_F_XATTR_LENGTHS, IMA_TEXT_HEX,
	    take_xattr_lengths },
	{ "xattrvalues", IMA_F_XATTR_VALUES, IMA_TEXT_HEX, take_xattr_values },
	{ "d", IMA_F_DIGEST, IMA_TEXT_DIGEST, take_d },
	{ "n", IMA_F_NAME, IMA_TEXT_STRING, take_n },
};

const struct ima_field *
ima_field_find(struct bytes id)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (bytes_equal_text(id, fields[i].id))
			return &fields[i];
	return NULL;
}

int
ima_field_old(struct bytes digest, struct bytes name, struct ima_entry *e,
    struct diag *d)
{
	int err;

	if ((err = take_d(digest, e, d)) < 0)
		return err;
	return take_n(name, e, d);
}
