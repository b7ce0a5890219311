/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The targets that a policy asks about, by dm-ima.rst's lists of their keys.
 */
#include "base/text.h"
#include "measure/ima_dm.h"

static int
other(struct diag *d)
{
	return diag_fail(d, ERR_NOT_FOUND, "device-mapper: another target");
}

static int
malformed(const struct ima_dm_target *t, struct diag *d)
{
	char shown[32];

	text_escape(t->name, shown, sizeof(shown));
	return diag_fail(d, ERR_FORMAT, "device-mapper: malformed target %s",
	    shown);
}

static bool
flag(const struct ima_dm_target *t, const char *key, bool *ret)
{
	struct bytes v;

	if (!ima_dm_value(t, key, &v))
		return false;
	*ret = bytes_equal_text(v, "y");
	return *ret || bytes_equal_text(v, "n");
}

int
ima_dm_verity(const struct ima_dm_target *t, struct ima_dm_verity *ret,
    struct diag *d)
{
	struct ima_dm_verity v = { 0 };
	struct bytes failed, root;

	if (!bytes_equal_text(t->name, "verity"))
		return other(d);
	if (!ima_dm_value(t, "hash_failed", &failed) ||
	    !ima_dm_value(t, "root_digest", &root) ||
	    !ima_dm_value(t, "verity_algorithm", &v.algorithm) ||
	    !ima_dm_value(t, "salt", &v.salt) ||
	    !ima_dm_value(t, "data_device_name", &v.data_device) ||
	    !ima_dm_value(t, "hash_device_name", &v.hash_device) ||
	    !flag(t, "ignore_zero_blocks", &v.ignore_zero_blocks) ||
	    !flag(t, "check_at_most_once", &v.check_at_most_once))
		return malformed(t, d);
	/* 'V' for valid, 'C' for corruption */
	v.corrupted = !bytes_equal_text(failed, "V");
	v.root_len = root.len / 2;
	if (v.root_len == 0 || v.root_len > sizeof(v.root) ||
	    hex_decode_fixed(root, v.root, v.root_len, NULL) < 0)
		return malformed(t, d);
	if (!ima_dm_value(t, "root_hash_sig_key_desc", &v.signature_key))
		v.signature_key = BYTES_NONE;
	*ret = v;
	return ERR_OK;
}

int
ima_dm_crypt(const struct ima_dm_target *t, struct ima_dm_crypt *ret,
    struct diag *d)
{
	struct ima_dm_crypt c = { 0 };
	struct bytes size;
	uint64_t v;

	if (!bytes_equal_text(t->name, "crypt"))
		return other(d);
	if (!ima_dm_value(t, "cipher_string", &c.cipher) ||
	    !ima_dm_value(t, "key_size", &size) ||
	    number_parse("key", size, 0, UINT32_MAX, &v, NULL) < 0 ||
	    !flag(t, "allow_discards", &c.allow_discards))
		return malformed(t, d);
	c.key_size = (uint32_t)v;
	*ret = c;
	return ERR_OK;
}

int
ima_dm_linear(const struct ima_dm_target *t, struct ima_dm_linear *ret,
    struct diag *d)
{
	struct ima_dm_linear l = { 0 };
	struct bytes start;

	if (!bytes_equal_text(t->name, "linear"))
		return other(d);
	if (!ima_dm_value(t, "device_name", &l.device) ||
	    !ima_dm_value(t, "start", &start) ||
	    number_parse("start", start, 0, UINT64_MAX, &l.start, NULL) < 0)
		return malformed(t, d);
	*ret = l;
	return ERR_OK;
}

int
ima_dm_snapshot(const struct ima_dm_target *t, struct ima_dm_snapshot *ret,
    struct diag *d)
{
	struct ima_dm_snapshot s = { 0 };

	if (!bytes_equal_text(t->name, "snapshot"))
		return other(d);
	if (!ima_dm_value(t, "snap_origin_name", &s.origin) ||
	    !ima_dm_value(t, "snap_cow_name", &s.cow))
		return malformed(t, d);
	*ret = s;
	return ERR_OK;
}
