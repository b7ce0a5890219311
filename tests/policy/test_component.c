/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words for what changed: every event of two recorded boots, and pairs of
 * recorded boots of one host.
 */
#include "policy/component.h"

#include "host.h"
#include "policy/compare.h"

/* A recording of the corpus; NULL, and a skip, where there is no corpus. */
static struct host *
recorded(const char *name)
{
	struct host *h = keep(sizeof(*h));
	struct evidence_parts *p = &h->parts;
	char path[128];
	uint8_t *raw;
	size_t len;

	(void)snprintf(path, sizeof(path), "recordings/%s/cmdline.txt", name);
	if ((raw = t_corpus(path, &len)) == NULL)
		return NULL;
	p->command_line = copy_of(bytes_of(raw, len), 0);
	free(raw);
	(void)snprintf(path, sizeof(path),
	    "recordings/%s/binary_bios_measurements", name);
	/* A kernel that GRUB starts without Secure Boot shows no log. */
	if (strcmp(name, "host-secureboot-off-grub") != 0) {
		raw = t_corpus(path, &len);
		p->boot_log = copy_of(bytes_of(raw, len), 0);
		free(raw);
	}
	host_measure(h);
	return h;
}

static void
check_events(struct host *h, const enum component *want, size_t n)
{
	struct reader r = reader_of(h->f.events);
	struct component_walk walks[PCR_COUNT];
	struct finding_event e;
	size_t i = 0;

	for (size_t pcr = 0; pcr < PCR_COUNT; pcr++)
		walks[pcr] = component_walk(h->f.extended);
	for (; finding_event_read(&r, &e); i++) {
		enum component is;

		component_feed(&walks[e.pcr], &e);
		is = component_of(&walks[e.pcr], &e);
		CHECK(i < n && is == want[i], "event %zu of PCR %u is: %s", i,
		    e.pcr, component_words(is));
	}
	CHECK(i == n, "all %zu events have words", n);
}

#define SETTINGS_BEFORE                                                       \
	COMPONENT_FIRMWARE, COMPONENT_FIRMWARE, COMPONENT_FIRMWARE,           \
	    COMPONENT_SECURE_BOOT, COMPONENT_PK, COMPONENT_KEK, COMPONENT_DB, \
	    COMPONENT_DBX, COMPONENT_SECURE_BOOT, COMPONENT_BOOT_ORDER,       \
	    COMPONENT_BOOT_ENTRY, COMPONENT_BOOT_ENTRY, COMPONENT_BOOT_ENTRY, \
	    COMPONENT_BOOT_PATH, COMPONENT_FIRMWARE,                          \
	    COMPONENT_FIRMWARE_SETTINGS, COMPONENT_OPTION_ROM,                \
	    COMPONENT_OPTION_ROM_SETTINGS, COMPONENT_BOOT_PATH,               \
	    COMPONENT_BOOT_PATH, COMPONENT_OTHER, COMPONENT_SIGNER,           \
	    COMPONENT_PARTITIONS

static void
test_events(void)
{
	static const enum component uki[] = { SETTINGS_BEFORE, COMPONENT_UKI,
		COMPONENT_KERNEL, COMPONENT_KERNEL, COMPONENT_UKI_SECTION,
		COMPONENT_UKI_SECTION, COMPONENT_CMDLINE, COMPONENT_CMDLINE,
		COMPONENT_INITRD, COMPONENT_INITRD, COMPONENT_CMDLINE,
		COMPONENT_INITRD, COMPONENT_BOOT_PATH, COMPONENT_BOOT_PATH };
	static const enum component grub[] = { SETTINGS_BEFORE, COMPONENT_SHIM,
		COMPONENT_MOK, COMPONENT_MOK, COMPONENT_SBAT, COMPONENT_MOK,
		COMPONENT_MOK, COMPONENT_GRUB, COMPONENT_GRUB_COMMAND,
		COMPONENT_GRUB_COMMAND, COMPONENT_GRUB_COMMAND,
		COMPONENT_GRUB_COMMAND, COMPONENT_GRUB_CONFIG,
		COMPONENT_CMDLINE, COMPONENT_KERNEL, COMPONENT_KERNEL,
		COMPONENT_KERNEL, COMPONENT_CMDLINE, COMPONENT_GRUB_COMMAND,
		COMPONENT_INITRD, COMPONENT_GRUB_COMMAND, COMPONENT_BOOT_PATH,
		COMPONENT_BOOT_PATH };
	struct host *h = recorded("host-clean-1");

	check_events(host_make("host-good", NULL), uki, ARRAY_LEN(uki));
	if (h != NULL)
		check_events(h, grub, ARRAY_LEN(grub));
}

/* What is said of the second against a baseline of the first. */
static struct comparison
compare(const struct host *base, const struct host *now)
{
	struct baseline b = baseline_of(base, BASELINE_PRODUCTION);
	struct comparison c;

	baseline_compare(&b, &now->f, &c);
	for (size_t i = 0; i < c.n; i++)
		printf("# %s\n", c.list[i].text);
	return c;
}

#define BIT(c) (1u << COMPONENT_##c)

static void
check_pair(const char *base, const char *now, uint32_t want, const char *says)
{
	struct host *a = recorded(base), *b = recorded(now);
	struct comparison c;
	bool said = says == NULL;

	if (a == NULL || b == NULL)
		return;
	c = compare(a, b);
	for (size_t i = 0; i < c.n; i++)
		said = said || strstr(c.list[i].text, says) != NULL;
	CHECK(comparison_components(&c) == want && c.equal == (want == 0),
	    "%s against %s differs in these components alone (0x%x)", now, base,
	    comparison_components(&c));
	CHECK(said, "and it is said: %s", says != NULL ? says : "nothing");
}

static void
test_pairs(void)
{
	check_pair("host-clean-1", "host-added-binary", 0, NULL);
	check_pair("host-clean-1", "host-secureboot-off-grub", BIT(OTHER),
	    "no good boot log to compare: boot log: absent");
	check_pair("host-uki-clean", "host-uki-secureboot-off",
	    BIT(SECURE_BOOT) | BIT(SIGNER) | BIT(KERNEL),
	    "signer of a boot program is missing");
	check_pair("host-uki-clean", "host-uki-luks-root",
	    BIT(UKI) | BIT(CMDLINE) | BIT(INITRD),
	    "root=/dev/mapper/root, not root=/dev/vda2");
	check_pair("host-clean-1", "host-appraise-enforced", BIT(INITRD),
	    "initrd changed: PCR 9, event 2");
}

/* The event of this PCR, changed. */
static const char *
changed(uint8_t pcr, unsigned nth)
{
	static struct comparison c;
	struct host *h = host_make("host-good", NULL);
	struct tcg_event e = event_of(h->boot.log, pcr, nth);
	struct bytes log = copy_of(h->boot.log, 0);

	*at_byte(log, e.offset + AT_DIGEST) ^= 1;
	h->parts.boot_log = log;
	host_measure(h);
	c = compare(host_make("host-good", NULL), h);
	return c.n > 0 ? c.list[0].text : "(nothing)";
}

/* The host's label says otherwise; the baseline's is what counts. */
static const char *
changed_and_relabelled(void)
{
	static struct comparison c;
	struct host *h = host_make("host-good", NULL);
	struct tcg_event e = event_of(h->boot.log, 1, 0);
	struct bytes log = copy_of(h->boot.log, 0);

	*at_byte(log, e.offset + AT_DIGEST) ^= 1;
	/* "BootOrder" in UTF-16 behind GUID and two lengths. */
	*at_byte(log, e.offset + AT_DATA + 32) = 'X';
	h->parts.boot_log = log;
	host_measure(h);
	c = compare(host_make("host-good", NULL), h);
	return c.n > 0 ? c.list[0].text : "(nothing)";
}

static void
test_words(void)
{
	static const struct {
		uint8_t pcr;
		unsigned nth;
		const char *words;
	} list[] = {
		{ 0, 1, "firmware changed: PCR 0, event 1" },
		{ 1, 0, "boot order changed: PCR 1, event 0" },
		{ 7, 1, "platform key (PK) changed: PCR 7, event 1" },
		{ 7, 2, "key exchange keys (KEK) changed: PCR 7, event 2" },
		{ 7, 3, "allowed signers (db) changed: PCR 7, event 3" },
		{ 7, 4, "revocation list (dbx) changed: PCR 7, event 4" },
		{ 7, 6, "signer of a boot program changed: PCR 7, event 6" },
		{ 4, 2, "UKI changed" },
		{ 9, 1, "initrd changed: PCR 9, event 1" },
		{ 11, 1, "kernel changed: PCR 11, event 1" },
		{ 11, 7, "initrd changed: PCR 11, event 7" },
	};
	const char *text;

	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		text = changed(list[i].pcr, list[i].nth);
		CHECK(strncmp(text, list[i].words, strlen(list[i].words)) == 0,
		    "said: %s", text);
	}
	text = changed_and_relabelled();
	CHECK(strncmp(text, "boot order changed", 18) == 0 &&
		strstr(text, "Xoot") == NULL,
	    "T98 a changed event goes by the baseline's words: %s", text);
	for (unsigned i = 0; i < COMPONENT_COUNT; i++)
		if (component_words((enum component)i) == NULL)
			t_bail("component %u has no words", i);
}

int
main(void)
{
	test_events();
	test_pairs();
	test_words();
	return t_done();
}
