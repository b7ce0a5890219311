/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IMA lists that others recorded (../shared/corpus/ima, read in place): what
 * is expected of each is its manifest's row and expected/FILE.json. PCR 10 of
 * the two vTPM lists is known from that TPM, in all four banks.
 */
#include "base/text.h"
#include "ima_list.h"
#include "measure/ima_signature.h"

#define MANIFEST "ima/MANIFEST.tsv"

enum column {
	COLUMN_FILE = 0,
	COLUMN_KIND = 5,
	COLUMN_ENTRIES = 7,
	COLUMN_ALG = 9,
	COLUMN_VIOLATIONS = 10,
	COLUMN_MISMATCHES = 11,
	COLUMN_ERROR = 12
};

static const char *
column(const char *line, unsigned n, char ret[static 128])
{
	size_t len;

	while (n-- > 0 && line != NULL)
		if ((line = strchr(line, '\t')) != NULL)
			line++;
	if (line == NULL)
		line = "";
	len = strcspn(line, "\t\n");
	if (len > 127)
		len = 127;
	memcpy(ret, line, len);
	ret[len] = '\0';
	return ret;
}

static size_t
number(const char *line, enum column n)
{
	char text[128];

	return strtoul(column(line, n, text), NULL, 10);
}

/* As text; the file and one byte more, for a newline or a NUL. */
static char *
load(const char *dir, const char *file, const char *suffix, size_t *ret_len)
{
	char name[160];
	uint8_t *raw;
	char *text;

	(void)snprintf(name, sizeof(name), "ima/%s%s%s", dir, file, suffix);
	if ((raw = t_corpus(name, ret_len)) == NULL)
		return NULL;
	if ((text = calloc(1, *ret_len + 1)) == NULL)
		t_bail("out of memory");
	memcpy(text, raw, *ret_len);
	free(raw);
	return text;
}

/* "sha256:10": "<hex>", or "sha256:10 (rehashed)": "<hex>" */
static bool
expected_pcr(const char *json, const char *bank, const char *what,
    const char **ret)
{
	char key[64];
	const char *at;

	(void)snprintf(key, sizeof(key), "\"%s%s\": \"", bank, what);
	if ((at = strstr(json, key)) == NULL)
		return false;
	*ret = at + strlen(key);
	return true;
}

static void
check_pcrs(const char *file, enum hash_alg list_alg,
    const struct list_result *r, const char *json)
{
	const char *from_tpm = strstr(json, "\"source_pcr10\"");
	unsigned n = 0, n_equal = 0, n_tpm = 0, n_tpm_equal = 0;

	for (unsigned i = 0; i < LIST_BANKS; i++) {
		const char *bank = hash_name((enum hash_alg)i), *hex;
		char have[2 * HASH_SIZE_MAX + 1];
		size_t len = hash_size((enum hash_alg)i);

		hex_format(bytes_of(r->pcr[i], len), have);
		/* There, the logged digests of the list's own bank count. */
		if ((expected_pcr(json, bank, ":10", &hex) &&
			(i != list_alg || r->n_mismatches == 0)) ||
		    expected_pcr(json, bank, ":10 (rehashed)", &hex)) {
			n++;
			n_equal += memcmp(hex, have, 2 * len) == 0 ? 1 : 0;
		}
		if (from_tpm != NULL &&
		    expected_pcr(from_tpm, bank, "", &hex)) {
			n_tpm++;
			n_tpm_equal += memcmp(hex, have, 2 * len) == 0 ? 1 : 0;
		}
	}
	CHECK(n >= 3 && n == n_equal, "%s: PCR 10 of %u banks as expected",
	    file, n);
	if (from_tpm != NULL && r->n_mismatches == 0)
		CHECK(n_tpm > 0 && n_tpm == n_tpm_equal,
		    "%s: PCR 10 of %u banks as that TPM had it", file, n_tpm);
	if (from_tpm != NULL && r->n_mismatches != 0)
		CHECK(n_tpm > 0 && n_tpm_equal == 0 && r->first_mismatch == 100,
		    "T43: %s: IMA file digest flipped under an unchanged "
		    "template digest (replay still right): entry 100 is found, "
		    "and no bank is as the TPM's",
		    file);
}

static void
check_list(const char *file, const char *line, enum ima_form form,
    enum hash_alg alg)
{
	char text[128];
	size_t len, json_len;
	char *list = load("", file, "", &len);
	char *json = load("expected/", file, ".json", &json_len);
	struct list_result r;

	if (list == NULL || json == NULL)
		return;
	/* Saved without its last newline, which the kernel always writes. */
	if (form == IMA_ASCII && list[len - 1] != '\n')
		list[len++] = '\n';
	r = list_walk(form, alg, bytes_of(list, len));
	if (column(line, COLUMN_ERROR, text)[0] != '\0') {
		CHECK(r.err < 0 && r.err != ERR_NOT_FOUND && r.n == 0,
		    "%s: AST: each of bad mode and free text is an error: %s",
		    file, r.d.text);
	} else {
		CHECK(r.err == ERR_NOT_FOUND && r.off == len &&
			r.n == number(line, COLUMN_ENTRIES),
		    "%s: %zu entries, to the last byte: %s", file, r.n,
		    r.d.text);
		CHECK(r.n_violations == number(line, COLUMN_VIOLATIONS) &&
			r.n_mismatches == number(line, COLUMN_MISMATCHES),
		    "%s: %zu violations, %zu digests that are not of the data",
		    file, r.n_violations, r.n_mismatches);
		check_pcrs(file, alg, &r, json);
	}
	free(list);
	free(json);
}

/* The signer of bin_acs_imasig.log, by whose id its files are signed. */
static void
check_key(const char *file)
{
	static const uint8_t id[IMA_KEY_ID_SIZE] = { 0x0b, 0xeb, 0x6a, 0x13 };
	uint8_t got[IMA_KEY_ID_SIZE];
	struct diag d = { 0 };
	struct cert cert;
	size_t len;
	char *der = load("", file, "", &len);

	CHECK(cert_parse(bytes_of(der, len), &cert, &d) == ERR_OK &&
		ima_key_id(&cert, got, &d) == ERR_OK &&
		memcmp(got, id, sizeof(got)) == 0,
	    "%s: its key id is %02x%02x%02x%02x %s", file, got[0], got[1],
	    got[2], got[3], d.text);
	free(der);
}

int
main(void)
{
	size_t len, n = 0, n_keys = 0;
	char *manifest = load("", "MANIFEST.tsv", "", &len), *line;

	if (manifest == NULL)
		return t_done();
	for (line = strchr(manifest, '\n'); line != NULL && line[1] != '\0';
	     line = strchr(line + 1, '\n')) {
		char file[128], kind[128], alg[128];
		enum hash_alg template_alg;

		(void)column(line + 1, COLUMN_FILE, file);
		(void)column(line + 1, COLUMN_KIND, kind);
		(void)column(line + 1, COLUMN_ALG, alg);
		if (strcmp(kind, "key") == 0) {
			check_key(file);
			n_keys++;
			continue;
		}
		if (!ima_hash_alg(bytes_of_text(alg), &template_alg))
			t_bail("%s: algorithm %s", file, alg);
		check_list(file, line + 1,
		    strcmp(kind, "ascii") == 0 ? IMA_ASCII : IMA_BINARY,
		    template_alg);
		n++;
	}
	CHECK(n == 17 && n_keys == 1,
	    "%zu lists and %zu key: all 18 files of " MANIFEST " were met", n,
	    n_keys);
	free(manifest);
	return t_done();
}
