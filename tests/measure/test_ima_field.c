/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "ima_list.h"

static struct list_buf data, list;

static struct list_result
digest(const char *template, const char *head, size_t n)
{
	data.len = 0;
	list_put_digest(&data, head, n);
	return list_one(template, &data);
}

static void
test_algorithms(void)
{
	static const struct {
		const char *head;
		size_t size;
		bool known;
		enum hash_alg alg;
	} good[] = {
		{ "sha1:", 20, true, HASH_SHA1 },
		{ "sha256:", 32, true, HASH_SHA256 },
		{ "sha384:", 48, true, HASH_SHA384 },
		{ "sha512:", 64, true, HASH_SHA512 },
		{ "sm3:", 32, true, HASH_SM3 },
		{ "sm3-256:", 32, true, HASH_SM3 },
		{ "md5:", 16, false, HASH_SHA1 },
		{ "sha3-256:", 32, false, HASH_SHA1 },
		{ "streebog512:", 64, false, HASH_SHA1 },
	};
	static const struct {
		const char *what, *head;
		size_t size;
	} bad[] = {
		{ "a SHA-1 digest said to be SHA-256", "sha256:", 20 },
		{ "a SHA-256 digest said to be SHA-1", "sha1:", 32 },
		{ "a digest of no bytes", "sha256:", 0 },
		{ "a byte less", "sha256:", 31 },
		{ "a byte more", "sha256:", 33 },
		{ "an unknown algorithm", "sha257:", 32 },
		{ "upper case", "SHA256:", 32 },
		{ "a space before it", " sha256:", 32 },
		{ "no algorithm", ":", 32 },
		{ "no name", "", 32 },
		{ "no colon", "sha256", 32 },
		{ "two colons", "sha256::", 32 },
		{ "a type", "ima:sha256:", 32 },
	};
	struct list_result r;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		r = digest("d-ng", good[i].head, good[i].size);
		CHECK(r.err == ERR_NOT_FOUND && r.n == 1 &&
			r.last.digest.known == good[i].known &&
			(!good[i].known || r.last.digest.alg == good[i].alg) &&
			r.last.digest.alg_name.len + 1 ==
			    strlen(good[i].head) &&
			r.last.digest.value.len == good[i].size,
		    "%s and %zu bytes: %s", good[i].head, good[i].size,
		    good[i].known ? "known" : "of the kernel's, not ours");
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		r = digest("d-ng", bad[i].head, bad[i].size);
		CHECK(r.err == ERR_FORMAT,
		    "T45: d-ng alg prefix spoof: %s: refused: %s", bad[i].what,
		    r.d.text);
	}
	data.len = 0;
	LIST_PUT_TEXT(&data, "sha256:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	r = list_one("d-ng", &data);
	CHECK(r.err == ERR_FORMAT,
	    "T45: d-ng alg prefix spoof: missing NUL: refused: %s", r.d.text);
	data.len = 0;
	list_put_field(&data, NULL, 0);
	r = list_one("d-ng", &data);
	CHECK(r.err == ERR_FORMAT, "T45: an empty digest: refused: %s",
	    r.d.text);
	r = list_one("d-modsig", &data);
	CHECK(r.err == ERR_NOT_FOUND && r.last.modsig_digest.value.len == 0,
	    "an empty d-modsig is a file without an appended signature");
	data.len = 0;
	LIST_PUT_TEXT(&data, "0123456789abcdef");
	r = list_one("d", &data);
	CHECK(r.err == ERR_FORMAT, "T45: d of 16 bytes (MD5): refused: %s",
	    r.d.text);
}

static void
test_types(void)
{
	static const char *const bad[] = { "sha256:", ":sha256:",
		"Verity:sha256:", "ima:verity:sha256:", "verity:", "ima::",
		"verity:sha257:" };
	struct list_result r = digest("d-ngv2", "ima:sha256:", 32);

	CHECK(r.err == ERR_NOT_FOUND && r.last.digest.known &&
		!r.last.digest.verity &&
		bytes_equal_text(r.last.digest.alg_name, "sha256"),
	    "d-ngv2: a file's digest");
	r = digest("d-ngv2", "verity:sha256:", 32);
	CHECK(r.err == ERR_NOT_FOUND && r.last.digest.known &&
		r.last.digest.verity &&
		bytes_equal_text(r.last.digest.alg_name, "sha256"),
	    "d-ngv2: a digest of fs-verity");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		r = digest("d-ngv2", bad[i], 32);
		CHECK(r.err == ERR_FORMAT, "T45: d-ngv2 \"%s\": refused: %s",
		    bad[i], r.d.text);
	}
}

static struct list_result
name(const void *p, size_t n)
{
	data.len = 0;
	list_put_field(&data, p, n);
	return list_one("n-ng", &data);
}

static void
test_names(void)
{
	char longest[IMA_NAME_MAX + 2];
	struct list_result r;

	memset(longest, 'x', sizeof(longest));
	longest[IMA_NAME_MAX] = '\0';
	r = name(longest, IMA_NAME_MAX + 1);
	CHECK(r.err == ERR_NOT_FOUND && r.last.name.len == IMA_NAME_MAX,
	    "a name of 4096 bytes is read");
	longest[IMA_NAME_MAX] = 'x';
	longest[IMA_NAME_MAX + 1] = '\0';
	r = name(longest, IMA_NAME_MAX + 2);
	CHECK(r.err == ERR_LIMIT, "T45: very long path: refused: %s", r.d.text);
	r = name("/bin/sh", 7);
	CHECK(r.err == ERR_FORMAT, "T45: a path without NUL: refused: %s",
	    r.d.text);
	r = name("", 0);
	CHECK(r.err == ERR_FORMAT, "T45: an empty name field: refused: %s",
	    r.d.text);
	r = name("", 1);
	CHECK(r.err == ERR_NOT_FOUND && r.last.name.len == 0,
	    "a name of no characters is one");
	r = name("/bin\0/sh", 9);
	CHECK(r.err == ERR_FORMAT, "T45: NUL in a path: refused: %s", r.d.text);
	r = name("/bin/sh\0", 9);
	CHECK(r.err == ERR_FORMAT, "T45: two NULs: refused: %s", r.d.text);
	r = name("/bin/x\n10 00", 13);
	CHECK(r.err == ERR_FORMAT, "T45: newline in a path: refused: %s",
	    r.d.text);
	r = name("/bin/\x1b[31m\\", 12);
	CHECK(r.err == ERR_NOT_FOUND,
	    "T98: other bytes are kept as they are: who shows them escapes");
}

static void
test_inode(void)
{
	struct list_result r;

	data.len = 0;
	list_put_field(&data, NULL, 0);
	r = list_one("iuid", &data);
	CHECK(r.err == ERR_NOT_FOUND && r.last.fields == 0,
	    "an owner that is not there is told as such");
	r = list_one("igid", &data);
	CHECK(r.err == ERR_NOT_FOUND && r.last.fields == 0, "a group, too");
	r = list_one("imode", &data);
	CHECK(r.err == ERR_NOT_FOUND && r.last.fields == 0, "a mode, too");
	data.len = 0;
	list_put_field(&data, "\1\2\3", 3);
	r = list_one("iuid", &data);
	CHECK(r.err == ERR_FORMAT, "T45: an owner of 3 bytes: refused: %s",
	    r.d.text);
	r = list_one("imode", &data);
	CHECK(r.err == ERR_FORMAT, "T45: a mode of 3 bytes: refused: %s",
	    r.d.text);
}

static struct list_result
xattrs(const char *names, uint32_t first, uint32_t second, size_t n_values)
{
	data.len = 0;
	list_put_field(&data, names, strlen(names) + 1);
	list_put_le32(&data, 8);
	list_put_le32(&data, first);
	list_put_le32(&data, second);
	list_put_field(&data, "0123456789", n_values);
	return list_one("xattrnames|xattrlengths|xattrvalues", &data);
}

static void
test_xattrs(void)
{
	struct list_result r = xattrs("a|b", 1, 9, 10);

	CHECK(r.err == ERR_NOT_FOUND && r.last.xattr_values.len == 10,
	    "two attributes of ten bytes");
	r = xattrs("a", 1, 9, 10);
	CHECK(r.err == ERR_FORMAT, "T45: a length without name: refused: %s",
	    r.d.text);
	r = xattrs("a|b", 2, 9, 10);
	CHECK(r.err == ERR_FORMAT, "T45: lengths over the values: refused: %s",
	    r.d.text);
	r = xattrs("a|b", 0xffffffff, 11, 10);
	CHECK(r.err == ERR_FORMAT,
	    "T45: lengths whose sum wraps in 32 bits: refused: %s", r.d.text);
}

/* Whose data are covered by nothing. */
static void
test_violations(void)
{
	static const uint8_t zero[32];
	struct list_result r;
	struct list_buf full = { 0 };

	for (size_t n = 20; n <= 32; n += 12) {
		data.len = list.len = 0;
		list_put_le32(&data, 8 + n);
		list_put(&data, "sha256:", 8);
		list_put(&data, zero, n);
		list_put_field(&data, "/bin/sh", 8);
		list_put_violation(&list, "ima-ng", &data);
		r = list_of(&list);
		CHECK(r.err == ERR_NOT_FOUND && r.last.violation &&
			!r.last.template_ok && r.n_violations == 1,
		    "T43: zero template hash: a violation, with %zu zeros for "
		    "its file",
		    n);
	}
	list_put_digest(&full, "sha256:", 32);
	list_put_field(&full, "/bin/sh", 8);
	list.len = 0;
	list_put_violation(&list, "ima-ng", &full);
	r = list_of(&list);
	CHECK(r.err == ERR_FORMAT,
	    "T43: a violation that lends itself a file's digest: refused: %s",
	    r.d.text);
	data.len = 0;
	list_put_le32(&data, 28);
	list_put(&data, "sha256:", 8);
	list_put(&data, zero, 20);
	list_put_field(&data, "/bin/sh", 8);
	r = list_one("ima-ng", &data);
	CHECK(r.err == ERR_FORMAT,
	    "T45: 20 zeros as SHA-256 without a violation: refused: %s",
	    r.d.text);
}

int
main(void)
{
	test_algorithms();
	test_types();
	test_names();
	test_inode();
	test_xattrs();
	test_violations();
	return t_done();
}
