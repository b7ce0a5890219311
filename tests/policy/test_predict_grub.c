/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded boots of shim and GRUB, each predicted from another. Their grub.cfg
 * follows from the command line, and its digest in the log bears that out.
 */
#include "policy/predict_grub.h"

#include "measure/efi.h"
#include "policy/compare.h"
#include "predicted.h"

#define FIRST "recordings/host-clean-1"

static struct bytes
corpus_file(const char *folder, const char *name)
{
	char path[256];
	size_t n = 0;
	uint8_t *p, *kept;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	if ((p = t_corpus(path, &n)) == NULL)
		return BYTES_NONE;
	kept = keep(n + 1);
	memcpy(kept, p, n);
	free(p);
	return bytes_of(kept, n);
}

static bool
load(const char *folder, struct host *ret)
{
	struct bytes text = corpus_file(folder, "cmdline.txt");

	if (text.p == NULL)
		return false;
	if (text.len > 0 && text.p[text.len - 1] == '\n')
		text.len--;
	ret->boot.log = corpus_file(folder, "binary_bios_measurements");
	ret->boot.cmdline = text;
	ret->parts.boot_log = ret->boot.log;
	ret->parts.command_line = text;
	host_measure(ret);
	return true;
}

/* The words behind "BOOT_IMAGE=(hd0,gpt1)/vmlinuz ". */
static struct bytes
grub_cfg(const struct host *h, const char *more)
{
	const char *head = "BOOT_IMAGE=(hd0,gpt1)/vmlinuz ";
	struct bytes words = h->boot.cmdline;
	char *text = keep(4096);
	int n;

	words.p += strlen(head);
	words.len -= strlen(head);
	n = snprintf(text, 4096,
	    "linux ($root)/vmlinuz %.*s\ninitrd ($root)/initrd.img\nboot\n%s",
	    (int)words.len, (const char *)words.p, more);
	return bytes_of(text, (size_t)n);
}

static int
grub(struct predict *p, struct bytes log, struct bytes old, struct bytes new,
    struct diag *d)
{
	struct grub_follow *c = keep(sizeof(*c));
	struct buf *texts = keep(2 * sizeof(*texts));
	int e;

	texts[0] = texts[1] = (struct buf)BUF_INIT(2 * CMDLINE_MAX);
	if ((e = grub_commands_find(p, log, &texts[0], c, d)) < 0)
		return e;
	return predict_grub(p, c, old, new, &texts[1], d);
}

static int
finish(struct predict *p, struct baseline *ret, struct diag *d)
{
	struct baseline_source source = { .name = bytes_of_text("p"),
		.purpose = BASELINE_PRODUCTION };
	struct buf *store = keep(sizeof(*store));

	*store = (struct buf)BUF_INIT(FINDINGS_EVENTS_SIZE_MAX);
	return predict_finish(p, &source, store, ret, d);
}

/* PCR 1, 5: boot entries and partitions of another disk. */
static bool
equal(const struct baseline *b, const struct host *h)
{
	static struct comparison c;
	size_t n = 0;

	baseline_compare(b, &h->f, &c);
	for (size_t i = 0; i < c.n; i++) {
		if (c.list[i].pcr <= 1)
			continue;
		printf("# %s\n", c.list[i].text);
		n++;
	}
	return n == 0 && !c.cut;
}

static void
replace_initrd(struct predict *p, const struct host *a, const struct host *b)
{
	struct tcg_event old = event_of(a->boot.log, 9, 2);
	struct tcg_event new = event_of(b->boot.log, 9, 2);

	(void)predict_replace(p, 9, tcg_event_digest(&old, TPM_ALG_SHA256).p,
	    tcg_event_digest(&new, TPM_ALG_SHA256).p);
}

static void
test_recorded(const struct host *first, const struct baseline *from)
{
	static const char *const folders[] = { "guest-shim-plain",
		"guest-shim-keyscript", "guest-shim-hardened",
		"guest-shim-systemd-tpm2", "host-appraise-enforced",
		"host-added-binary" };

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		struct host *other = keep(sizeof(*other));
		char folder[64];

		(void)snprintf(folder, sizeof(folder), "recordings/%s",
		    folders[i]);
		if (!load(folder, other))
			continue;
		for (unsigned k = 0; k < 2; k++) {
			struct predict *p = predict_begin(from);
			struct diag d = { 0 };
			struct baseline b;

			replace_initrd(p, first, other);
			CHECK(grub(p, k == 0 ? first->boot.log : BYTES_NONE,
				  grub_cfg(first, ""), grub_cfg(other, ""),
				  &d) == ERR_OK &&
				finish(p, &b, &d) == ERR_OK && equal(&b, other),
			    "%s is as predicted from host-clean-1's %s: %s",
			    folders[i], k == 0 ? "log" : "baseline", d.text);
		}
	}
}

/* The same boot, had GRUB read this file. */
static void
with_cfg(const struct baseline *from, struct bytes old, const char *cfg,
    struct buf *events, struct baseline *ret)
{
	struct reader r = reader_of(from->events);
	uint8_t digest[SHA256_SIZE];
	struct finding_event e;

	sha256(old, digest);
	while (finding_event_read(&r, &e)) {
		if (memcmp(e.digest, digest, sizeof(digest)) == 0)
			sha256(bytes_of_text(cfg), e.digest);
		(void)finding_event_put(events, &e);
	}
	ret->events = buf_bytes(events);
}

static void
test_refused(const struct host *first, const struct baseline *from)
{
	struct bytes old = grub_cfg(first, "");
	struct baseline other = *from;
	struct buf events = BUF_INIT(FINDINGS_EVENTS_SIZE_MAX);
	struct diag d = { 0 };

	with_cfg(from, old, "nothing\n", &events, &other);

	CHECK(grub(predict_begin(from), BYTES_NONE, bytes_of_text("boot\n"),
		  old, &d) == ERR_NOT_FOUND,
	    "T38 a grub.cfg that was not read is told as such: %s", d.text);
	CHECK(grub(predict_begin(from), BYTES_NONE, old,
		  grub_cfg(first, "halt\n"), &d) == ERR_OK,
	    "what stands behind boot is not executed: %s", d.text);
	CHECK(grub(predict_begin(from), BYTES_NONE, old,
		  bytes_of_text("echo a\nlinux ($root)/vmlinuz a\n"
				"initrd ($root)/initrd.img\nboot\n"),
		  &d) == ERR_REFUSED,
	    "one with another number of commands is refused: %s", d.text);
	CHECK(grub(predict_begin(&other), BYTES_NONE,
		  bytes_of_text("nothing\n"), bytes_of_text("something\n"),
		  &d) == ERR_REFUSED,
	    "one with a line that was not executed is refused: %s", d.text);
	CHECK(grub(predict_begin(from), BYTES_NONE, old,
		  bytes_of_text("menuentry x {\nlinux a\n}\n"),
		  &d) == ERR_REFUSED,
	    "one with a menu is refused: %s", d.text);
	CHECK(grub(predict_begin(from), BYTES_NONE, old,
		  bytes_of_text("linux ($root)/vmlinuz a\n"
				"initrd ($root)/initrd.img\nboot | halt\n"),
		  &d) == ERR_REFUSED,
	    "so is one with a line that is no simple command: %s", d.text);
	CHECK(grub(predict_begin(from), BYTES_NONE, old,
		  bytes_of_text("linux ($root)/vmlinuz $a\n"
				"initrd ($root)/initrd.img\nboot\n"),
		  &d) == ERR_REFUSED,
	    "so is one with a variable that nobody knows: %s", d.text);
	CHECK(grub(predict_begin(from), BYTES_NONE, old,
		  bytes_of_text("chainloader ($root)/vmlinuz a\n"
				"initrd ($root)/initrd.img\nboot\n"),
		  &d) == ERR_REFUSED,
	    "so is one that starts something else: %s", d.text);
	buf_free(&events);
}

static void
test_commands(const struct host *first, const struct baseline *from)
{
	struct grub_follow *c = keep(sizeof(*c));
	struct buf store = BUF_INIT(2 * CMDLINE_MAX);
	struct predict *p = predict_begin(from);
	size_t known = 0;
	struct bytes log = copy_of(first->boot.log, 0);
	struct tcg_event e = event_of(log, 8, 4);

	CHECK(grub_commands_find(p, first->boot.log, &store, c, NULL) ==
		    ERR_OK &&
		c->n_events == 8 &&
		says(c->events[4].text, "linux (hd0,gpt1)/vmlinuz root="),
	    "the commands are read from the log");
	*at_byte(log, e.offset + AT_DATA + 20) ^= 1;
	CHECK(grub_commands_find(p, log, &store, c, NULL) == ERR_OK &&
		c->events[4].text.p == NULL && c->events[3].text.p != NULL,
	    "T33 a text that was not measured is none");
	CHECK(grub_commands_find(p, BYTES_NONE, &store, c, NULL) == ERR_OK,
	    "and from a baseline");
	for (size_t i = 0; i < c->n_events; i++)
		known += c->events[i].text.p != NULL;
	CHECK(known >= 5, "as far as its labels go (%zu of %zu)", known,
	    c->n_events);
	CHECK(grub_commands_find(p, boot_load("host-good").log, &store, c,
		  NULL) == ERR_OK &&
		c->events[0].text.p == NULL,
	    "another boot's log has none of them");
	CHECK(grub_commands_find(p, bytes_of_text("x"), &store, c, NULL) < 0,
	    "T30 a log that is none is refused");
	buf_free(&store);
}

/* The recorded machine had Microsoft's list; its data are in the log. */
static void
test_dbx(const struct host *first, const struct baseline *from)
{
	struct tcg_event e = event_of(first->boot.log, 7, 4);
	struct efi_variable v;
	struct baseline b;
	struct predict *p = predict_begin(from);
	struct diag d = { 0 };

	if (efi_variable_parse(e.data, &v, &d) < 0 ||
	    !efi_variable_is(&v, EFI_VENDOR_DATABASE, "dbx"))
		t_bail("dbx: %s", d.text);
	CHECK(predict_dbx(p, v.data, bytes_of_text("longer"), &d) == ERR_OK &&
		finish(p, &b, &d) == ERR_OK,
	    "the recorded dbx is found by its contents: %s", d.text);
}

int
main(void)
{
	struct host *first = keep(sizeof(*first));
	struct host *uki = host_make("host-good", NULL);
	struct baseline from = baseline_of(uki, BASELINE_PRODUCTION);
	struct diag d = { 0 };

	CHECK(grub(predict_begin(&from), BYTES_NONE, bytes_of_text("a"),
		  bytes_of_text("b"), &d) == ERR_REFUSED,
	    "a boot without GRUB is refused: %s", d.text);
	if (load(FIRST, first)) {
		from = baseline_of(first, BASELINE_PRODUCTION);
		test_recorded(first, &from);
		test_refused(first, &from);
		test_commands(first, &from);
		test_dbx(first, &from);
	}
	return t_done();
}
