/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is predicted is held against boots that were: another recorded boot is
 * equal to the baseline that is made of the first and of what was replaced.
 */
#include "policy/predict.h"

#include "measure/efi_file.h"
#include "policy/compare.h"
#include "predicted.h"

/* Of uki-new. */
#define CMDLINE "quiet sysctl.kernel.kexec_load_disabled=1 panic=5"

static const struct baseline_source source = { .name = { (const uint8_t *)"p",
						   1 },
	.purpose = BASELINE_PRODUCTION,
	.created = 1790000001 };

static int
finish(struct predict *p, struct baseline *ret, struct diag *d)
{
	struct buf *store = keep(sizeof(*store));

	*store = (struct buf)BUF_INIT(FINDINGS_EVENTS_SIZE_MAX);
	return predict_finish(p, &source, store, ret, d);
}

static bool
equal(const struct baseline *b, const struct host *h)
{
	static struct comparison c;

	baseline_compare(b, &h->f, &c);
	for (size_t i = 0; i < c.n; i++)
		printf("# %s\n", c.list[i].text);
	return c.equal;
}

static void
digest_of(const struct host *h, unsigned pcr, unsigned nth, uint8_t *ret)
{
	struct tcg_event e = event_of(h->boot.log, pcr, nth);

	memcpy(ret, tcg_event_digest(&e, TPM_ALG_SHA256).p, SHA256_SIZE);
}

/* The events of this PCR that differ, told as replaced. */
static void
replace_all(struct predict *p, const struct host *a, const struct host *b,
    unsigned pcr, unsigned n)
{
	uint8_t old[SHA256_SIZE], new[SHA256_SIZE];

	for (unsigned i = 0; i < n; i++) {
		digest_of(a, pcr, i, old);
		digest_of(b, pcr, i, new);
		if (memcmp(old, new, sizeof(old)) != 0)
			(void)predict_replace(p, pcr, old, new);
	}
}

static void
test_recorded(void)
{
	struct host *good = host_make("host-good", NULL);
	struct host *other = host_make("host-cmdline", NULL);
	struct baseline from = baseline_of(good, BASELINE_PRODUCTION), b;
	struct predict *p = predict_begin(&from);
	struct diag d = { 0 };

	CHECK(finish(p, &b, &d) == ERR_USAGE,
	    "without a change there is nothing to predict: %s", d.text);
	replace_all(p, good, other, 4, 3);
	replace_all(p, good, other, 9, 2);
	replace_all(p, good, other, 11, 8);
	p->b.cmdline = other->boot.cmdline;
	CHECK(finish(p, &b, &d) == ERR_OK && equal(&b, other),
	    "another command line's boot is equal to its prediction: %s",
	    d.text);
	CHECK(!equal(&b, good), "and the boot before is not, any more");
}

/* A boot of one of the images in tests/data/efi. */
struct chain {
	struct host *h;
	struct uki uki;
};

static void
put_digest(struct host *h, unsigned pcr, unsigned nth, const uint8_t *digest)
{
	struct tcg_event e = event_of(h->boot.log, pcr, nth);

	memcpy(at_byte(h->boot.log, e.offset + AT_DIGEST), digest, SHA256_SIZE);
}

/* As the recordings show it: tests/data/boot/README.md. */
static struct chain
boot_of(const char *file)
{
	struct chain c = { .h = host_make("host-good", NULL) };
	uint8_t digest[SHA256_SIZE], part[2][SHA256_SIZE];
	struct cmdline_matcher m;
	const char *name[] = { ".linux", ".osrel", ".cmdline", ".initrd" };
	struct bytes body;

	if (uki_parse(efi_file(file), &c.uki, NULL) < 0)
		t_bail("%s", file);
	c.h->boot.log = copy_of(c.h->boot.log, 0);
	pe_authenticode(&c.uki.pe, digest);
	put_digest(c.h, 4, 2, digest);
	for (unsigned i = 0; i < 4; i++) {
		if (pe_section(&c.uki.pe, name[i], &body, NULL) < 0)
			t_bail("%s", name[i]);
		sha256(bytes_of(name[i], strlen(name[i]) + 1), part[0]);
		sha256(body, part[1]);
		put_digest(c.h, 11, 2 * i, part[0]);
		put_digest(c.h, 11, 2 * i + 1, part[1]);
	}
	put_digest(c.h, 9, 1, part[1]);
	cmdline_matcher_start(&m, c.uki.cmdline);
	put_digest(c.h, 9, 0, m.load_options);
	c.h->parts.boot_log = c.h->boot.log;
	c.h->parts.command_line = c.uki.cmdline;
	host_measure(c.h);
	return c;
}

static void
test_uki(void)
{
	struct chain old = boot_of("uki-old"), new = boot_of("uki-new");
	struct baseline from = baseline_of(old.h, BASELINE_PRODUCTION), b;
	struct predict *p = predict_begin(&from);
	struct diag d = { 0 };

	CHECK(equal(&from, old.h) && !equal(&from, new.h),
	    "a boot of another image is not the baseline's");
	CHECK(predict_uki(p, &old.uki, &new.uki, &d) == ERR_OK &&
		finish(p, &b, &d) == ERR_OK && equal(&b, new.h),
	    "predicted, it is: %s", d.text);
	CHECK(!equal(&b, old.h) && b.uki_section.nth == 5 &&
		bytes_equal_text(b.cmdline, CMDLINE) &&
		says(b.events, ".initrd"),
	    "and the old one is not; the command line is the new one's");
	p = predict_begin(&from);
	CHECK(predict_uki(p, &new.uki, &old.uki, &d) == ERR_NOT_FOUND &&
		finish(p, &b, NULL) == ERR_USAGE,
	    "an image that was not started is told as such, and nothing "
	    "changes: %s",
	    d.text);
}

static int
try_uki(const struct baseline *from, const struct uki *old, struct bytes new,
    struct diag *d)
{
	struct uki u;

	if (uki_parse(new, &u, d) < 0)
		return ERR_FORMAT;
	return predict_uki(predict_begin(from), old, &u, d);
}

static void
test_uki_refused(void)
{
	struct chain old = boot_of("uki-old");
	struct baseline from = baseline_of(old.h, BASELINE_PRODUCTION);
	struct bytes new = efi_file("uki-new");
	struct predict *p;
	struct diag d = { 0 };

	CHECK(try_uki(&from, &old.uki, efi_file("uki-leaf"), &d) == ERR_REFUSED,
	    "another signer is refused: %s", d.text);
	CHECK(try_uki(&from, &old.uki,
		  efi_change(new, "stub 252", "stub 255", 8),
		  &d) == ERR_REFUSED,
	    "so is another stub: %s", d.text);
	CHECK(try_uki(&from, &old.uki,
		  efi_change(new, ".initrd\0", ".extras\0", 8),
		  &d) == ERR_UNSUPPORTED,
	    "so is an image without an initrd: %s", d.text);
	CHECK(try_uki(&from, &old.uki,
		  efi_change(new, "panic=5",
		      "panic\x07"
		      "5",
		      7),
		  &d) < 0,
	    "so is a command line that cannot be one: %s", d.text);
	p = predict_begin(&from);
	for (size_t i = 0; i < p->n; i++)
		if (p->events[i].e.pcr == 9)
			p->events[i].e.digest[0] ^= 1;
	CHECK(predict_uki(p, &old.uki, &old.uki, &d) == ERR_REFUSED,
	    "so is an initrd that the stub put something beside: %s", d.text);
	p = predict_begin(&from);
	for (size_t i = 0; i < p->n; i++)
		if (p->events[i].e.pcr == 11)
			p->events[i].e.digest[0] ^= 1;
	CHECK(predict_uki(p, &old.uki, &old.uki, &d) == ERR_REFUSED,
	    "T38 so is a PCR 11 that the old image does not account for: %s",
	    d.text);
	for (size_t i = 0; i < p->n; i++)
		if (p->events[i].e.pcr == 11)
			p->events[i].e.pcr = 12;
	CHECK(predict_uki(p, &old.uki, &old.uki, &d) < 0,
	    "also where it has no events: %s", d.text);
}

static void
test_others(void)
{
	struct chain old = boot_of("uki-old");
	struct baseline from = baseline_of(old.h, BASELINE_PRODUCTION), b;
	struct predict *p = predict_begin(&from);
	struct pe self = efi_program("plain-self");
	struct pe again = efi_program("plain-again");
	struct diag d = { 0 };

	CHECK(predict_kernel(p, &self, &again, &d) == ERR_NOT_FOUND,
	    "a kernel that was not started: %s", d.text);
	CHECK(predict_program(p, &self, &again, &d) == ERR_NOT_FOUND,
	    "a boot loader that was not: %s", d.text);
	CHECK(predict_file(p, self.in, again.in, &d) == ERR_NOT_FOUND,
	    "a file that was not read: %s", d.text);
	CHECK(predict_program(p, &old.uki.pe, &again, &d) == ERR_REFUSED,
	    "a program of another signer: %s", d.text);
	p = predict_begin(&from);
	CHECK(predict_shim(p, &old.uki.pe, &old.uki.pe, &d) == ERR_REFUSED,
	    "a shim without its lists: %s", d.text);
	CHECK(predict_cmdline(p, bytes_of_text("a"), &d) == ERR_REFUSED,
	    "a command line that is in the image: %s", d.text);
	p = predict_begin(&from);
	CHECK(predict_dbx(p, BYTES_NONE, bytes_of_text("list"), &d) == ERR_OK &&
		finish(p, &b, &d) == ERR_OK,
	    "a list of what is revoked, where there was none: %s", d.text);
	CHECK(predict_dbx(predict_begin(&from), bytes_of_text("x"), BYTES_NONE,
		  &d) == ERR_NOT_FOUND,
	    "T38 but not another one than was measured: %s", d.text);
}

/* A loader's entry: GRUB's and the image's places are not bound. */
static void
test_cmdline(void)
{
	struct chain old = boot_of("uki-old"), new = boot_of("uki-new");
	struct baseline from = baseline_of(old.h, BASELINE_PRODUCTION), b;
	struct predict *p;
	uint8_t want[SHA256_SIZE], twelve[SHA256_SIZE];
	struct diag d = { 0 };
	unsigned found = 0;

	from.uki_section = (struct cmdline_bind){ 0 };
	p = predict_begin(&from);
	digest_of(new.h, 9, 0, want);
	digest_of(old.h, 9, 0, twelve);
	/* systemd-boot measures the same bytes in PCR 12. */
	p->events[p->n] =
	    (struct predict_event){ .e = { .pcr = 12, .type = EV_IPL } };
	memcpy(p->events[p->n++].e.digest, twelve, SHA256_SIZE);
	CHECK(predict_cmdline(p, bytes_of_text(CMDLINE "\n"), &d) == ERR_OK &&
		finish(p, &b, &d) == ERR_OK &&
		bytes_equal_text(b.cmdline, CMDLINE),
	    "the command line of a loader's entry: %s", d.text);
	for (size_t i = 0; i < p->n; i++)
		if (memcmp(p->events[i].e.digest, want, SHA256_SIZE) == 0)
			found |= 1u << p->events[i].e.pcr;
	CHECK(found == (1u << 9 | 1u << 12),
	    "is measured by the kernel and by the loader");
	CHECK(predict_cmdline(p, bytes_of_text("again"), &d) == ERR_REFUSED,
	    "and is replaced once: %s", d.text);
}

/* Programs that were started, in the place of the recorded one. */
static void
test_programs(void)
{
	struct chain old = boot_of("uki-old");
	struct baseline from = baseline_of(old.h, BASELINE_PRODUCTION), b;
	struct pe one = efi_program("plain-leaf1");
	struct pe two = efi_program("plain-leaf2");
	struct predict *p = predict_begin(&from);
	uint8_t digest[SHA256_SIZE], want[SHA256_SIZE];
	size_t n = 0;
	struct diag d = { 0 };

	pe_authenticode(&old.uki.pe, digest);
	pe_authenticode(&one, want);
	(void)predict_replace(p, 4, digest, want);
	digest_of(old.h, 9, 1, digest);
	sha256(one.in, want);
	(void)predict_replace(p, 9, digest, want);
	for (size_t i = 0; i < p->n; i++)
		p->events[i].changed = false;
	CHECK(predict_kernel(p, &one, &two, &d) == ERR_OK &&
		finish(p, &b, &d) == ERR_OK,
	    "a kernel of another certificate of the same issuer: %s", d.text);
	sha256(two.in, want);
	for (size_t i = 0; i < p->n; i++)
		if (p->events[i].e.pcr == 9 &&
		    memcmp(p->events[i].e.digest, want, SHA256_SIZE) == 0)
			n++;
	CHECK(n == 1, "its file is measured as it is");
}

int
main(void)
{
	test_cmdline();
	test_programs();
	test_recorded();
	test_uki();
	test_uki_refused();
	test_others();
	return t_done();
}
