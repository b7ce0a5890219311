/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates of real vendors, as MANIFEST.tsv of the third-party corpus
 * describes them: every file of it is asked for what it states.
 */
#include "crypto/ek.h"

#include "t.h"

#define COLUMNS     18
#define ANCHORS_MAX 96
#define NOW         1790000000 /* 2026, as the corpus */

enum column { COL_FILE = 0, COL_PARSE = 13 };

struct row {
	const char *at[COLUMNS];
	struct bytes der;
};

static struct row rows[128];
static size_t n_rows;
static struct bytes anchors[ANCHORS_MAX];
static size_t n_anchors;

static void
read_row(char *line)
{
	struct row *r = &rows[n_rows];
	char *field, name[256];
	size_t n = 0, len;

	while ((field = strsep(&line, "\t")) != NULL && n < COLUMNS)
		r->at[n++] = field;
	if (n != COLUMNS || n_rows + 1 == ARRAY_LEN(rows))
		t_bail("MANIFEST.tsv: row %zu has %zu columns", n_rows, n);
	(void)snprintf(name, sizeof(name), "ekcert/%s", r->at[COL_FILE]);
	r->der.p = t_corpus(name, &len);
	r->der.len = len;
	n_rows++;
}

static bool
load(void)
{
	size_t len;
	uint8_t *p = t_corpus("ekcert/MANIFEST.tsv", &len);
	char *text, *line;

	if (p == NULL)
		return false;
	text = strndup((char *)p, len);
	free(p);
	(void)strsep(&text, "\n");
	while ((line = strsep(&text, "\n")) != NULL)
		if (*line != '\0')
			read_row(line);
	return true;
}

static bool
in_folder(const struct row *r, const char *folder)
{
	return strncmp(r->at[COL_FILE], folder, strlen(folder)) == 0;
}

/* All authorities that OpenSSL reads are taken, and nothing else is. */
static void
test_authorities(void)
{
	struct ek_authority a;
	size_t n_cut = 0;

	for (size_t i = 0; i < n_rows; i++) {
		const struct row *r = &rows[i];
		bool readable = strcmp(r->at[COL_PARSE], "ok") == 0;
		/* A certificate that signs, though it lies among the others. */
		bool ca = in_folder(r, "ca/") &&
		    strstr(r->at[COL_FILE], "IntelSigningKey") == NULL;
		struct diag d = { 0 };
		int e = ek_authority_read(r->der, &a, &d);

		CHECK(e ==
			(!readable   ? ERR_FORMAT
				: ca ? ERR_OK
				     : ERR_REFUSED),
		    "keylime EK: %s %s an authority: %s", r->at[COL_FILE],
		    ca && readable ? "is" : "is not", d.text);
		n_cut += ek_authority_read(bytes_of(r->der.p, r->der.len - 1),
			     &a, NULL) == 0;
		if (e == ERR_OK && n_anchors < ANCHORS_MAX)
			anchors[n_anchors++] = r->der;
	}
	CHECK(n_anchors > 60 && n_cut == 0,
	    "%zu authorities, none of them when cut", n_anchors);
}

static int
verify(struct bytes der, const struct bytes *via, size_t n_via,
    const struct bytes *roots, size_t n, struct diag *d)
{
	struct ek_cert *cert = NULL;
	int r = ek_cert_read(der, &cert, d);

	if (r == ERR_OK)
		r = ek_cert_verify(cert, via, n_via, roots, n, NOW, d);
	ek_cert_free(cert);
	return r;
}

/* With every vendor's authority registered, these two are endorsement keys. */
static void
test_endorsement_keys(void)
{
	static const struct {
		const char *file;
		uint32_t vendor;
	} good[] = {
		{ "ek/gcp_uca_tpm_rsa_enc_cert.der", 0x474f4f47 },
		{ "ek/kl_st_ecc.der", 0x53544d20 },
	};

	for (size_t i = 0; i < n_rows; i++) {
		const struct row *r = &rows[i];
		struct diag d = { 0 };
		uint32_t vendor = 0, want = 0;
		int e = verify(r->der, NULL, 0, anchors, n_anchors, &d);

		for (size_t k = 0; k < ARRAY_LEN(good); k++)
			if (strcmp(good[k].file, r->at[COL_FILE]) == 0)
				want = good[k].vendor;
		if (want != 0)
			CHECK(e == ERR_OK && ek_vendor_find(r->der, &vendor) &&
				vendor == want,
			    "go-attestation x509 TestToEKCertificate_Success: "
			    "%s is an endorsement key's, of id:%08X: %s",
			    r->at[COL_FILE], vendor, d.text);
		else
			CHECK(e < 0,
			    "T19 go-attestation x509 "
			    "TestToEKCertificate_Failures: %s: %s",
			    r->at[COL_FILE], d.text);
	}
}

static struct bytes
find(const char *file)
{
	for (size_t i = 0; i < n_rows; i++)
		if (strcmp(rows[i].at[COL_FILE], file) == 0)
			return rows[i].der;
	t_bail("%s is not in the corpus", file);
}

/* As the column "chain" says. */
static void
test_chains(void)
{
	const struct bytes gce = find("ek/gcp_uca_tpm_rsa_enc_cert.der"),
			   stm = find("ek/kl_st_ecc.der"),
			   stm_inner = find("ca/ib_stmtpmeccint01.der"),
			   stm_root = find("ca/ib_stmtpmeccroot01.der"),
			   other = find("ca/ib_Infineon_TPM_RSA_Root_CA_C_v01_"
					"00_EN.der");
	const struct bytes gce_root = find("ca/gcp_tpm_ek_root_1.der");
	const struct bytes gce_inner[] = {
		find("ca/gcp_tpm_ek_intermediate_2.der"),
		find("ca/gcp_tpm_ek_intermediate_3.der")
	};
	struct diag d = { 0 };

	CHECK(verify(gce, gce_inner, 2, &gce_root, 1, &d) == ERR_OK,
	    "go-tpm-tools TestVerifyAttestationWithCerts: root, and the "
	    "intermediates offered: %s",
	    d.text);
	CHECK(verify(gce, NULL, 0, &gce_root, 1, &d) == ERR_REFUSED,
	    "T19 go-tpm-tools Intermediates: without them: %s", d.text);
	CHECK(verify(gce, gce_inner, 2, &other, 1, &d) == ERR_REFUSED,
	    "T19 another vendor's root: %s", d.text);
	CHECK(verify(stm, NULL, 0, &stm_inner, 1, &d) == ERR_OK,
	    "keylime EK: STM ECC under its intermediate: %s", d.text);
	CHECK(verify(stm, &stm_inner, 1, &gce_root, 1, &d) == ERR_REFUSED,
	    "T19 keylime EK: the intermediate offered is no anchor: %s",
	    d.text);
	CHECK(verify(stm, &stm_inner, 1, &stm_root, 1, &d) == ERR_OK,
	    "a root that another one issued is an anchor: %s", d.text);
}

int
main(void)
{
	if (!load())
		return t_done();
	test_authorities();
	test_endorsement_keys();
	test_chains();
	CHECK(n_rows == 83,
	    "%zu of all 83 files of ekcert/MANIFEST.tsv were met", n_rows);
	return t_done();
}
