/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/pe_signer.h"

#include "crypto/der.h"
#include "crypto/oid.h"

#define CERT_HEADER      8
#define CERT_PKCS_SIGNED 0x0002

static bool
issuer_and_serial(struct reader *r, struct pe_signer *ret)
{
	return der_whole(r, DER_SEQUENCE, &ret->issuer) &&
	    der_whole(r, DER_INTEGER, &ret->serial);
}

/* RFC 5280, 4.1: whether this is the signer's, and names itself as issuer. */
static bool
is_self_issued(struct reader *certs, const struct pe_signer *signer)
{
	struct reader cert, tbs;
	struct bytes serial, skip, issuer, subject;

	if (!der_enter(certs, DER_SEQUENCE, &cert) ||
	    !der_enter(&cert, DER_SEQUENCE, &tbs))
		return false;
	if (der_peek(&tbs) == DER_CONSTRUCTED(0) &&
	    !der_whole(&tbs, DER_CONSTRUCTED(0), &skip)) /* version */
		return false;
	return der_whole(&tbs, DER_INTEGER, &serial) &&
	    der_whole(&tbs, DER_SEQUENCE, &skip) && /* signature */
	    der_whole(&tbs, DER_SEQUENCE, &issuer) &&
	    der_whole(&tbs, DER_SEQUENCE, &skip) && /* validity */
	    der_whole(&tbs, DER_SEQUENCE, &subject) &&
	    bytes_equal(serial, signer->serial) &&
	    bytes_equal(issuer, signer->issuer) && bytes_equal(subject, issuer);
}

static int
read_signer(struct bytes in, struct pe_signer *ret, struct diag *d)
{
	struct reader r = reader_of(in), info, outer, data, certs = { 0 };
	struct reader signers, signer, id;
	struct bytes skip;

	if (!der_enter(&r, DER_SEQUENCE, &info) ||
	    !der_expect_oid(&info, OID_CMS_SIGNED_DATA) ||
	    !der_enter(&info, DER_CONSTRUCTED(0), &outer) ||
	    !der_enter(&outer, DER_SEQUENCE, &data) ||
	    !der_whole(&data, DER_INTEGER, &skip) ||  /* version */
	    !der_whole(&data, DER_SET, &skip) ||      /* digestAlgorithms */
	    !der_whole(&data, DER_SEQUENCE, &skip) || /* contentInfo */
	    (der_peek(&data) == DER_CONSTRUCTED(0) &&
		!der_enter(&data, DER_CONSTRUCTED(0), &certs)) ||
	    (der_peek(&data) == DER_CONSTRUCTED(1) &&
		!der_whole(&data, DER_CONSTRUCTED(1), &skip)) || /* crls */
	    !der_enter(&data, DER_SET, &signers) ||
	    !der_enter(&signers, DER_SEQUENCE, &signer) ||
	    !der_whole(&signer, DER_INTEGER, &skip) || /* version */
	    !der_enter(&signer, DER_SEQUENCE, &id) ||
	    !issuer_and_serial(&id, ret) || reader_left(&id) != 0)
		return diag_fail(d, ERR_FORMAT,
		    "EFI program: the signature is not PKCS #7");
	/* One signature has one signer (Authenticode, "SignedData"). */
	if (reader_left(&signers) != 0 || reader_left(&data) != 0)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "EFI program: a signature of several signers");
	ret->self_issued = false;
	while (reader_left(&certs) != 0 && !ret->self_issued) {
		struct reader at = certs;

		ret->self_issued = is_self_issued(&at, ret);
		if (!der_whole(&certs, DER_SEQUENCE, &skip))
			break;
	}
	return ERR_OK;
}

/* WIN_CERTIFICATE: dwLength, wRevision, wCertificateType, bCertificate. */
int
pe_signers(const struct pe *pe, struct pe_signer ret[static PE_SIGNERS_MAX],
    size_t *ret_n, struct diag *d)
{
	struct reader r = reader_of(pe->certificates);
	size_t n = 0;
	int e;

	while (reader_left(&r) != 0) {
		struct bytes body;
		uint32_t len;
		uint16_t revision, type;
		size_t pad;

		if (n == PE_SIGNERS_MAX)
			return diag_fail(d, ERR_LIMIT,
			    "EFI program: over %d signatures", PE_SIGNERS_MAX);
		if (!reader_le32(&r, &len) || !reader_le16(&r, &revision) ||
		    !reader_le16(&r, &type) || len < CERT_HEADER ||
		    !reader_take(&r, len - CERT_HEADER, &body))
			return diag_fail(d, ERR_FORMAT,
			    "EFI program: signature %zu is cut", n);
		if (type != CERT_PKCS_SIGNED)
			return diag_fail(d, ERR_UNSUPPORTED,
			    "EFI program: signature of type %u", type);
		if ((e = read_signer(body, &ret[n], d)) < 0)
			return e;
		n++;
		pad = (8 - len % 8) % 8;
		if (reader_left(&r) != 0 && !reader_skip(&r, pad))
			return diag_fail(d, ERR_FORMAT,
			    "EFI program: signature %zu is cut", n);
	}
	*ret_n = n;
	return ERR_OK;
}

int
pe_same_authority(const struct pe *old, const struct pe *new, struct diag *d)
{
	struct pe_signer a[PE_SIGNERS_MAX], b[PE_SIGNERS_MAX];
	size_t n_a, n_b;
	int e;

	if ((e = pe_signers(old, a, &n_a, d)) < 0 ||
	    (e = pe_signers(new, b, &n_b, d)) < 0)
		return e;
	if (n_a != n_b)
		return diag_fail(d, ERR_REFUSED,
		    "%zu signatures, not %zu as before: which certificate the "
		    "firmware will find it by, and measure, is not known",
		    n_b, n_a);
	for (size_t i = 0; i < n_a; i++) {
		if (bytes_equal(a[i].issuer, b[i].issuer) &&
		    bytes_equal(a[i].serial, b[i].serial))
			continue;
		/* A certificate of its own stands in the list itself. */
		if (!bytes_equal(a[i].issuer, b[i].issuer) ||
		    a[i].self_issued || b[i].self_issued)
			return diag_fail(d, ERR_REFUSED,
			    "signed by somebody else than before: which "
			    "certificate the firmware will find it by, and "
			    "measure in PCR 7, is not known");
	}
	return ERR_OK;
}
