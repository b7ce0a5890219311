/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TPM's certificate in words, and an enrolment file, which holds one.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "crypto/cert_words.h"
#include "crypto/ek.h"
#include "crypto/pem.h"
#include "ctl/common/reply.h"
#include "ctl/shield/evidence.h"
#include "proto/enrol.h"

#define PART_JSON_MAX ((size_t)64 << 10)

static void
put_vendor(struct show *s, struct json_out *o, struct bytes der)
{
	auto_ek_cert struct ek_cert *ek = NULL;
	struct diag why = { 0 };
	char text[16];
	uint32_t vendor;

	if (ek_cert_read(der, &ek, &why) < 0) {
		show_text(s, o, "refused", "no EK for an HGS",
		    bytes_of_text(why.text));
		return;
	}
	if (!ek_vendor_find(ek_cert_der(ek), &vendor))
		return;
	(void)snprintf(text, sizeof(text), "id:%08X", vendor);
	show_text(s, o, "vendor", "TPM vendor", bytes_of_text(text));
}

static void
put_words(struct show *s, struct json_out *o, const struct cert_words *w)
{
	char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE];

	show_text(s, o, "subject", "subject", bytes_of_text(w->subject));
	show_text(s, o, "issuer", "issuer", bytes_of_text(w->issuer));
	if (w->alternative[0] != '\0')
		show_text(s, o, "alternative", "also named",
		    bytes_of_text(w->alternative));
	show_text(s, o, "serial", "serial", bytes_of_text(w->serial));
	show_text(s, o, "key", "key", bytes_of_text(w->key));
	show_text(s, o, "signature", "signed with",
	    bytes_of_text(w->signature));
	if (w->has_times) {
		time_format(w->not_before, from);
		time_format(w->not_after, to);
		show_text(s, o, "not_before", "from", bytes_of_text(from));
		show_text(s, o, "not_after", "to", bytes_of_text(to));
	}
	show_flag(s, o, "ek", "for an EK", w->is_ek);
	show_flag(s, o, "ca", "authority", w->is_ca);
}

int
show_certificate(struct show *s, const char *part, struct bytes in,
    struct diag *d)
{
	auto_buf struct buf json = BUF_INIT(PART_JSON_MAX);
	auto_buf struct buf der = BUF_INIT(EVIDENCE_PART_MAX);
	struct json_out o = json_out_of(&json);
	uint8_t fingerprint[SHA256_SIZE];
	struct cert_words w;
	int r;

	if ((r = pem_or_der(in, PEM_CERTIFICATE, &der, d)) < 0 ||
	    (r = cert_words_read(buf_bytes(&der), &w, d)) < 0)
		return r;
	reply_line(s->cli, "certificate:");
	json_out_begin_object(&o);
	put_words(s, &o, &w);
	put_vendor(s, &o, buf_bytes(&der));
	sha256(bytes_of(der.p, w.len), fingerprint);
	show_hex(s, &o, "fingerprint", "SHA-256", BYTES_OF_ARRAY(fingerprint));
	json_out_end_object(&o);
	return show_data(s, part, &json, d);
}

int
show_enrolment(struct show *s, struct bytes in, struct diag *d)
{
	struct enrolment e;
	int r;

	if ((r = enrolment_decode(in, &e, d)) < 0)
		return r;
	reply_line(s->cli, "host %.*s, in its own words", (int)e.name.len,
	    e.name.len == 0 ? "" : (const char *)e.name.p);
	if (e.ek_certificate.len > 0 &&
	    (r = show_certificate(s, "ek_certificate", e.ek_certificate, d)) <
		0)
		return r;
	if ((r = show_public(s, "ek", e.ek_public, d)) < 0 ||
	    (r = show_public(s, "ak", e.ak_public, d)) < 0)
		return r;
	reply_line(s->cli, "baseline: %zu bytes, CI policy: %zu bytes",
	    e.baseline.len, e.ci_policy.len);
	return ERR_OK;
}
