/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/ima_event.h"

#include "base/text.h"
#include "ima_list.h"

static struct ima_scratch scratch;
static struct ima_iter it;

/* Of a list in the corpus; false at its end. */
static bool
next_event(struct ima_entry *e, struct ima_event *ev)
{
	struct diag d;

	while (ima_next(&it, e, &d) == ERR_OK)
		if ((e->fields & IMA_F_BUF) != 0) {
			if (ima_event_decode(e, ev, &d) < 0)
				t_bail("%s", d.text);
			return true;
		}
	return false;
}

static bool
start(const char *name)
{
	size_t n;
	uint8_t *p = t_corpus(name, &n);
	char *list;

	if (p == NULL)
		return false;
	if ((list = malloc(n + 1)) == NULL)
		t_bail("out of memory");
	memcpy(list, p, n);
	if (list[n - 1] != '\n')
		list[n++] = '\n';
	free(p);
	ima_iter_start(&it, IMA_ASCII, HASH_SHA1,
	    bytes_of(list_keep(list, n), n), 0);
	ima_iter_scratch(&it, &scratch);
	return true;
}

/* An entry as ima_next() gives it, around this buffer. */
static struct ima_entry
entry(const char *name, struct bytes buf)
{
	static uint8_t digest[HASH_SIZE_MAX];

	hash_bytes(HASH_SHA256, buf, digest);
	return (struct ima_entry){
		.fields = IMA_F_DIGEST | IMA_F_NAME | IMA_F_BUF,
		.digest = { .known = true,
		    .alg = HASH_SHA256,
		    .value = bytes_of(digest, SHA256_SIZE) },
		.name = bytes_of_text(name),
		.buf = buf,
	};
}

static void
test_texts(void)
{
	static const struct {
		const char *name;
		enum ima_event_type type;
	} rows[] = {
		{ "kernel_version", IMA_EVENT_KERNEL_VERSION },
		{ "kexec-cmdline", IMA_EVENT_KEXEC_CMDLINE },
		{ "ima_policy_loaded", IMA_EVENT_POLICY },
		{ "ima_policy_written", IMA_EVENT_POLICY },
		{ "selinux-state", IMA_EVENT_OTHER },
	};
	struct bytes text = bytes_of("some text", 10); /* with its NUL */
	uint8_t zero[HASH_SIZE_MAX] = { 0 };
	struct ima_event ev;
	struct ima_entry e;
	struct diag d = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		e = entry(rows[i].name, text);
		CHECK(ima_event_decode(&e, &ev, &d) == ERR_OK &&
			ev.type == rows[i].type &&
			(ev.type == IMA_EVENT_OTHER ||
			    bytes_equal_text(ev.text, "some text")),
		    "%s is told by its name", rows[i].name);
	}
	e.digest.value = bytes_of(zero, SHA256_SIZE);
	CHECK(ima_event_decode(&e, &ev, &d) == ERR_FORMAT,
	    "T43: a buffer of another digest: refused: %s", d.text);
	e.digest.known = false;
	CHECK(ima_event_decode(&e, &ev, &d) == ERR_UNSUPPORTED,
	    "T43: a buffer whose digest cannot be made: refused: %s", d.text);
	e = entry("kernel_version", text);
	e.fields &= ~(uint32_t)IMA_F_BUF;
	CHECK(ima_event_decode(&e, &ev, &d) == ERR_NOT_FOUND,
	    "a file is no event");
	e = entry("kernel_version", text);
	e.violation = true;
	CHECK(ima_event_decode(&e, &ev, &d) == ERR_NOT_FOUND,
	    "T43: what a violation says is no event");
}

static void
test_keys(void)
{
	static const uint8_t der[] = { 0x30, 0x03, 0x02, 0x01, 0x05 };
	struct ima_event ev = { 0 };
	struct ima_entry e;
	struct diag d;
	unsigned n = 0;

	if (start("ima/ascii_kl_keyrings_imabuf.txt"))
		CHECK(next_event(&e, &ev) && ev.type == IMA_EVENT_KEY &&
			bytes_equal_text(ev.name, ".ima") &&
			ev.certificate.len == 469,
		    "signatures: keyring learnt from ima-buf: a certificate "
		    "of %zu bytes",
		    ev.certificate.len);
	if (start("recordings/host-appraise-enforced/"
		  "ascii_runtime_measurements"))
		while (next_event(&e, &ev))
			if (ev.type == IMA_EVENT_KEY)
				n++;
	CHECK(n == 2, "a recorded host got two keys, by .machine and _ima");
	e = entry("kernel_version", BYTES_OF_ARRAY(der));
	CHECK(ima_event_decode(&e, &ev, &d) == ERR_OK &&
		ev.type == IMA_EVENT_KEY && ev.text.len == 0,
	    "T46: a key in a keyring named kernel_version tells no version");
	e = entry(".ima", bytes_of(der, sizeof(der) - 1));
	CHECK(ima_event_decode(&e, &ev, &d) == ERR_OK &&
		ev.type == IMA_EVENT_OTHER,
	    "T46: a certificate that is cut is none");
}

static void
test_recording(void)
{
	struct ima_entry e;
	struct ima_event ev;
	struct ima_dm_target t;
	struct ima_dm_crypt crypt;
	bool version = false, resumed = false, loaded = false;
	uint8_t digest[SHA256_SIZE];
	struct diag d;

	if (!start("recordings/host-uki-luks-root/ascii_runtime_measurements"))
		return;
	while (next_event(&e, &ev)) {
		if (ev.type == IMA_EVENT_KERNEL_VERSION)
			version =
			    bytes_equal_text(ev.text, "6.1.0-56-cloud-amd64");
		if (ev.type != IMA_EVENT_DM)
			continue;
		if (ev.dm.type == IMA_DM_TABLE_LOAD) {
			loaded = bytes_equal_text(ev.dm.device.name, "root") &&
			    ima_dm_target_next(&ev.dm.targets, &t, &d) ==
				ERR_OK &&
			    ima_dm_crypt(&t, &crypt, &d) == ERR_OK &&
			    bytes_equal_text(crypt.cipher, "aes-xts-plain64") &&
			    crypt.key_size == 64;
			hash_bytes(HASH_SHA256, e.buf, digest);
		} else if (ev.dm.type == IMA_DM_DEVICE_RESUME) {
			char want[80] = "sha256:";

			hex_format(BYTES_OF_ARRAY(digest), want + 7);
			resumed = bytes_equal_text(ev.dm.active_hash, want);
		}
	}
	CHECK(version, "a recorded host told its kernel's version");
	CHECK(loaded, "and the cipher of its root");
	CHECK(resumed, "and that the table which it loaded is the one in use");
}

/* Signature and buffer are told apart by their first byte, and by it alone. */
static void
test_kinds(void)
{
	uint8_t bytes[2] = { 0 }, logged[HASH_SIZE_MAX];
	unsigned n_files = 0, n_buffers = 0, n_both = 0;
	struct bytes in = BYTES_OF_ARRAY(bytes);
	struct ima_entry e;
	bool file, buffer;

	hash_bytes(HASH_SHA1, BYTES_NONE, logged);
	for (unsigned i = 0; i < 256; i++) {
		bytes[0] = (uint8_t)i;
		e = entry("x", in);
		e.template_alg = HASH_SHA1;
		e.template_digest = bytes_of(logged, 20);
		buffer = ima_event_check_kind(&e, NULL) == ERR_OK;
		e.fields ^= IMA_F_BUF | IMA_F_SIG;
		e.sig = in;
		file = ima_event_check_kind(&e, NULL) == ERR_OK;
		n_files += file;
		n_buffers += buffer;
		n_both += file && buffer;
	}
	CHECK(n_both == 0 && n_files == 3 && n_buffers == 253,
	    "T45 no entry is both a file's with a signature and a buffer's");
	e.sig = BYTES_NONE;
	CHECK(ima_event_check_kind(&e, NULL) == ERR_OK, "a file without one");
	e.fields ^= IMA_F_BUF | IMA_F_SIG;
	e.buf = BYTES_NONE;
	CHECK(ima_event_check_kind(&e, NULL) == ERR_FORMAT,
	    "T45 which is no buffer");
	e.violation = true;
	CHECK(ima_event_check_kind(&e, NULL) == ERR_OK,
	    "of a violation nothing is said");
}

int
main(void)
{
	test_texts();
	test_kinds();
	test_keys();
	test_recording();
	return t_done();
}
