/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certification authorities of TPM vendors. They are read as tolerantly as
 * what they issue, since an administrator's bundle holds what the vendors
 * published; what counts is that the same decoder reads them at verification.
 */
#include "crypto/ek.h"

#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "crypto/der.h"
#include "crypto/key_impl.h"

bool
ek_authority_next(struct bytes *list, struct bytes *ret)
{
	struct reader r = reader_of(*list);

	if (!der_whole(&r, DER_SEQUENCE, ret))
		return false;
	*list = bytes_of(list->p + r.off, list->len - r.off);
	return true;
}

/* The last common name, or organisation; vendors have either. */
static void
read_subject(X509 *x509, char ret[static EK_SUBJECT_MAX])
{
	static const int ids[] = { NID_commonName, NID_organizationalUnitName,
		NID_organizationName };
	const X509_NAME *name = X509_get_subject_name(x509);
	const ASN1_STRING *s;
	int at = -1;

	for (size_t i = 0; i < ARRAY_LEN(ids) && at < 0; i++)
		at = X509_NAME_get_index_by_NID(name, ids[i], -1);
	ret[0] = '\0';
	if (at < 0)
		return;
	s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	text_escape(bytes_of(ASN1_STRING_get0_data(s),
			(size_t)ASN1_STRING_length(s)),
	    ret, EK_SUBJECT_MAX);
}

static int
read_end(X509 *x509, uint64_t *ret, struct diag *d)
{
	struct tm tm;
	time_t t;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(x509), &tm) != 1 ||
	    (t = timegm(&tm)) < 0)
		return openssl_fail(d, ERR_FORMAT,
		    "TPM authority: end of validity");
	*ret = (uint64_t)t;
	return ERR_OK;
}

static int
read_authority(X509 *x509, struct ek_authority *ret, struct diag *d)
{
	struct ek_authority a;
	int r;

	/* 1: basic constraints say CA. Others are old ways to seem one. */
	if (X509_check_ca(x509) != 1)
		return diag_refuse(d, REASON_FileInvalid,
		    "this certificate is not an authority's");
	if ((r = read_end(x509, &a.not_after, d)) < 0)
		return r;
	read_subject(x509, a.subject);
	*ret = a;
	return ERR_OK;
}

int
ek_authority_read(struct bytes der, struct ek_authority *ret, struct diag *d)
{
	const uint8_t *p = der.p;
	X509 *x509 = NULL;
	int r;

	if (der.len <= EK_CERT_MAX)
		x509 = d2i_X509(NULL, &p, (long)der.len);
	if (x509 == NULL)
		return openssl_fail(d, ERR_FORMAT, "TPM authority");
	if (p != der.p + der.len)
		r = diag_fail(d, ERR_FORMAT, "TPM authority: bytes left over");
	else
		r = read_authority(x509, ret, d);
	X509_free(x509);
	ERR_clear_error();
	return r;
}
