/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cert_words.h"

#include <limits.h>
#include <stdio.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "crypto/ek_impl.h"
#include "crypto/key_impl.h"

static void
free_x509(X509 **x)
{
	X509_free(*x);
}

static void
free_bio(BIO **b)
{
	(void)BIO_free(*b);
}

/* As RFC 2253, but in the certificate's order, and text where there is any. */
static void
put_name(const X509_NAME *name, char *ret, size_t size)
{
	CLEANUP(free_bio) BIO *b = BIO_new(BIO_s_mem());
	char *text = NULL;
	size_t n = 0;
	long len;

	ret[0] = '\0';
	if (b == NULL || name == NULL ||
	    X509_NAME_print_ex(b, name, 0,
		XN_FLAG_RFC2253 &
		    ~(XN_FLAG_DN_REV | XN_FLAG_DUMP_UNKNOWN_FIELDS)) < 0)
		return;
	len = BIO_get_mem_data(b, &text);
	for (; (long)n < len && n + 1 < size; n++)
		ret[n] = text[n] >= 0x20 && text[n] <= 0x7e ? text[n] : '?';
	ret[n] = '\0';
}

static bool
read_time(const ASN1_TIME *in, uint64_t *ret)
{
	struct tm tm;
	time_t t;

	if (ASN1_TIME_to_tm(in, &tm) != 1 || (t = timegm(&tm)) < 0)
		return false;
	*ret = (uint64_t)t;
	return true;
}

static void
put_key(X509 *x, char *ret, size_t size)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	ASN1_OBJECT *algorithm = NULL;
	char name[24] = "unknown";

	if (key != NULL) {
		const char *type = EVP_PKEY_get0_type_name(key);

		(void)snprintf(ret, size, "%s of %d bits",
		    type != NULL ? type : name, EVP_PKEY_get_bits(key));
		return;
	}
	/* Older credential profiles wrote RSAES-OAEP, which is not decoded. */
	if (X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL,
		X509_get_X509_PUBKEY(x)) == 1)
		(void)OBJ_obj2txt(name, sizeof(name), algorithm, 0);
	(void)snprintf(ret, size, "%s", name);
}

/* The TPM's maker, model and version stand in a directoryName. */
static void
put_alternative(X509 *x, char *ret, size_t size)
{
	GENERAL_NAMES *list =
	    X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);

	ret[0] = '\0';
	for (int i = 0; i < sk_GENERAL_NAME_num(list) && ret[0] == '\0'; i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(list, i);

		if (g->type == GEN_DIRNAME)
			put_name(g->d.directoryName, ret, size);
	}
	GENERAL_NAMES_free(list);
}

static void
put_serial(const X509 *x, char *ret, size_t size)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
	struct bytes b = bytes_of(ASN1_STRING_get0_data(serial),
	    (size_t)ASN1_STRING_length(serial));

	if (b.len > (size - 1) / 2)
		b.len = (size - 1) / 2;
	hex_format(b, ret);
}

int
cert_words_read(struct bytes der, struct cert_words *ret, struct diag *d)
{
	const uint8_t *p = der.p;
	CLEANUP(free_x509)
	X509 *x = der.len > LONG_MAX ? NULL : d2i_X509(NULL, &p, (long)der.len);
	struct cert_words w = { 0 };

	if (x == NULL)
		return openssl_fail(d, ERR_FORMAT, "certificate");
	w.len = (size_t)(p - der.p);
	put_name(X509_get_subject_name(x), w.subject, sizeof(w.subject));
	put_name(X509_get_issuer_name(x), w.issuer, sizeof(w.issuer));
	put_alternative(x, w.alternative, sizeof(w.alternative));
	put_serial(x, w.serial, sizeof(w.serial));
	put_key(x, w.key, sizeof(w.key));
	(void)snprintf(w.signature, sizeof(w.signature), "%s",
	    OBJ_nid2ln(X509_get_signature_nid(x)));
	w.has_times = read_time(X509_get0_notBefore(x), &w.not_before) &&
	    read_time(X509_get0_notAfter(x), &w.not_after);
	w.is_ca = X509_check_ca(x) == 1;
	w.is_ek = ek_is_purpose(x);
	*ret = w;
	return ERR_OK;
}
