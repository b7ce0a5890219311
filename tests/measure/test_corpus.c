/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs that others recorded (../shared/corpus/eventlog, read in place). What
 * is expected of each file is its manifest's verdict and expected/FILE.json's
 * PCRs; the rows below say where this product is stricter, and why.
 */
#include "boot.h"

#define MANIFEST "eventlog/MANIFEST.tsv"

enum expect { READ, REFUSED, JUDGED_BAD };

static const struct {
	const char *file;
	enum expect expect;
	const char *says;
} special[] = {
	/* SHA-1 alone and SHA-384 alone are no evidence here. */
	{ "win_gcp_shielded_vm.tcglog", REFUSED, "SHA-1" },
	{ "short_no_action.bin", REFUSED, "SHA-1" },
	{ "linux_t2_uefi_sha1.bin", REFUSED, "SHA-1" },
	{ "legacy_acs_tpmbios.bin", REFUSED, "SHA-1" },
	{ "ccel_td_ubuntu.bin", REFUSED, "SHA-256" },
	{ "ccel_cos113_tdx_padded.bin", REFUSED, "SHA-256" },
	{ "ccel_cos113_dupe_separator.bin", REFUSED, "SHA-256" },
	{ "ccel_coco_grub.bin", REFUSED, "SHA-256" },
	{ "ccel_coco_1mib_zero.bin", REFUSED, "SHA-256" },
	/* Each event must have a digest of each bank of the header. */
	{ "min_t2_uefiaction.bin", REFUSED, "digests" },
	{ "min_t2_uefivar.bin", REFUSED, "digests" },
	{ "drtm_is_txt_log.bin", REFUSED, "digests" },
	{ "min_t2_specid_vendordata.bin", REFUSED, "vendor" },
	{ "mal_empty.bin", REFUSED, "empty" },
	{ "mal_ga_eventsize_3gb.bin", REFUSED, "cut" },
	{ "mal_ga_specid_bad_version.bin", REFUSED, "version" },
	{ "der_win_hp1_truncated.bin", REFUSED, "cut" },
	{ "der_deb1_digestcount_huge.bin", REFUSED, "digests" },
	/* Read, and then found wanting. */
	{ "der_rhel8_secureboot_data_flipped.bin", JUDGED_BAD, NULL },
	{ "der_cos101_separator_retyped.bin", JUDGED_BAD, NULL },
	{ "der_glinux_dup_separator.bin", JUDGED_BAD, NULL },
	{ "linux_ga_sb_cert_bug157.bin", JUDGED_BAD, NULL },
	{ "min_ga_event2_size_zero.bin", JUDGED_BAD, NULL },
};

/* The value of PCR n in "replayed_pcrs": { "sha256": { "n": "hex" } }. */
static bool
expected_pcr(const char *json, unsigned pcr, uint8_t ret[32])
{
	const char *at = strstr(json, "\"replayed_pcrs\""), *end;
	char key[16];

	if (at == NULL || (at = strstr(at, "\"sha256\": {")) == NULL ||
	    (end = strchr(at, '}')) == NULL)
		return false;
	(void)snprintf(key, sizeof(key), "\"%u\": \"", pcr);
	at = strstr(at, key);
	return at != NULL && at < end &&
	    hex_decode_fixed(bytes_of(at + strlen(key), 64), ret, 32, NULL) ==
	    ERR_OK;
}

static void
check_pcrs(const char *file, const struct findings *f)
{
	char name[90];
	uint8_t want[32];
	unsigned n = 0, n_equal = 0;
	uint8_t *raw;
	char *json;
	size_t len;

	(void)snprintf(name, sizeof(name), "eventlog/expected/%s.json", file);
	if ((raw = t_corpus(name, &len)) == NULL)
		return;
	json = calloc(1, len + 1);
	if (json == NULL)
		t_bail("out of memory");
	memcpy(json, raw, len);
	for (unsigned pcr = 0; pcr < 15; pcr++) {
		if (!expected_pcr(json, pcr, want))
			continue;
		n++;
		if (memcmp(want, f->pcrs.v[pcr], 32) == 0)
			n_equal++;
	}
	CHECK(n > 0 && n == n_equal, "%s: %u of %u PCRs as expected", file,
	    n_equal, n);
	free(json);
	free(raw);
}

static const char *
column(char *line, unsigned n)
{
	while (n-- > 0 && line != NULL)
		if ((line = strchr(line, '\t')) != NULL)
			line++;
	if (line != NULL)
		line[strcspn(line, "\t")] = '\0';
	return line != NULL ? line : "";
}

static void
check_special(size_t i, const struct findings *f)
{
	if (special[i].expect == REFUSED)
		CHECK(f->log.state == FINDING_BAD && f->n_events == 0 &&
			says(f->log.text, special[i].says),
		    "%s: refused: %.*s", special[i].file, (int)f->log.text.len,
		    (const char *)f->log.text.p);
	else
		CHECK(f->log.state == FINDING_GOOD &&
			(f->structure.state == FINDING_BAD ||
			    f->secureboot_check.state == FINDING_BAD),
		    "%s: found wanting: %.*s%.*s", special[i].file,
		    (int)f->structure.text.len,
		    (const char *)f->structure.text.p,
		    f->structure.text.len != 0
			? 0
			: (int)f->secureboot_check.text.len,
		    (const char *)f->secureboot_check.text.p);
}

static void
check_file(const char *file, const char *secure_boot)
{
	char name[90];
	struct findings f;
	uint8_t *log;
	size_t len, i;
	bool on;

	(void)snprintf(name, sizeof(name), "eventlog/%s", file);
	if ((log = t_corpus(name, &len)) == NULL)
		return;
	f = measure_log_only(bytes_of(log, len), BYTES_NONE);
	for (i = 0; i < ARRAY_LEN(special); i++)
		if (strcmp(special[i].file, file) == 0)
			break;
	if (i < ARRAY_LEN(special)) {
		check_special(i, &f);
		if (special[i].expect == JUDGED_BAD &&
		    strncmp(file, "min_", 4) != 0)
			check_pcrs(file, &f);
	} else {
		on = strcmp(secure_boot, "on") == 0;
		CHECK(f.log.state == FINDING_GOOD &&
			f.structure.state == FINDING_GOOD &&
			f.secureboot_check.state == FINDING_GOOD &&
			(f.secureboot.state == SECUREBOOT_ON) == on,
		    "%s: read, Secure Boot %s", file, secure_boot);
		check_pcrs(file, &f);
	}
	free(log);
}

static void
check_manifest(void)
{
	uint8_t *raw;
	char *text, *line, *next;
	size_t len;
	unsigned n = 0;

	if ((raw = t_corpus(MANIFEST, &len)) == NULL)
		return;
	text = calloc(1, len + 1);
	if (text == NULL)
		t_bail("out of memory");
	memcpy(text, raw, len);
	next = strchr(text, '\n');
	while (
	    (line = next != NULL ? next + 1 : NULL) != NULL && *line != '\0') {
		char copy[4096];

		if ((next = strchr(line, '\n')) != NULL)
			*next = '\0';
		(void)snprintf(copy, sizeof(copy), "%s", line);
		check_file(column(line, 0), column(copy, 10));
		n++;
	}
	CHECK(n == 46, "%u of all 46 files of " MANIFEST " were met", n);
	free(text);
	free(raw);
}

/* Line "N HEX" of pcr-sha256.txt. */
static bool
recorded_pcr(const char *text, unsigned pcr, uint8_t ret[32])
{
	char key[16];
	const char *at = text;

	(void)snprintf(key, sizeof(key), "\n%u ", pcr);
	if (pcr != 0) {
		if ((at = strstr(text, key)) == NULL)
			return false;
		at++;
	}
	at += pcr < 10 ? 2 : 3;
	return hex_decode_fixed(bytes_of(at, 64), ret, 32, NULL) == ERR_OK;
}

/* The first phase whose words make PCR 11; REPLAY_PHASES when none does. */
static unsigned
phase_of(const struct pcr_values *log, const uint8_t want[32])
{
	struct pcr_values v;
	unsigned i;

	for (i = 0; i < REPLAY_PHASES; i++) {
		replay_phase(log, i, &v);
		if (memcmp(v.v[11], want, 32) == 0)
			break;
	}
	return i;
}

/* Whole Debian hosts: GRUB and UKI, with the TPM's own values. */
static void
check_recording(const char *host)
{
	char name[90];
	uint8_t *log, *cmdline, *raw, want[32];
	size_t log_len, cmdline_len, len;
	unsigned phase = REPLAY_PHASES, n_equal = 0;
	struct findings f;
	char *text;

	(void)snprintf(name, sizeof(name),
	    "recordings/%s/binary_bios_measurements", host);
	if ((log = t_corpus(name, &log_len)) == NULL)
		return;
	(void)snprintf(name, sizeof(name), "recordings/%s/cmdline.txt", host);
	cmdline = t_corpus(name, &cmdline_len);
	(void)snprintf(name, sizeof(name), "recordings/%s/pcr-sha256.txt",
	    host);
	raw = t_corpus(name, &len);
	text = keep(len + 65);
	memcpy(text, raw, len);
	f = measure_log_only(bytes_of(log, log_len),
	    bytes_of(cmdline, cmdline_len));
	for (unsigned pcr = 0; pcr < 15; pcr++) {
		if (pcr == 10 || !recorded_pcr(text, pcr, want))
			continue;
		if (pcr == 11)
			phase = phase_of(&f.pcrs, want);
		else
			n_equal += memcmp(f.pcrs.v[pcr], want, 32) == 0;
	}
	CHECK(f.log.state == FINDING_GOOD && n_equal == 13 &&
		phase < REPLAY_PHASES && f.cmdline.bound,
	    "%s: the TPM's PCRs, command line bound, phases in PCR 11: %s",
	    host, phase < REPLAY_PHASES ? replay_phase_name(phase) : "unknown");
	free(log);
	free(cmdline);
	free(raw);
}

int
main(void)
{
	check_recording("host-clean-1");
	check_recording("host-appraise-enforced");
	check_recording("host-uki-clean");
	check_recording("host-uki-luks-root");
	check_recording("host-uki-secureboot-off");
	check_manifest();
	return t_done();
}
