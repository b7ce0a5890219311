/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a TPM signed, the signature, and public areas of its keys. Nothing is
 * verified here.
 */
#include <stdio.h>

#include "base/text.h"
#include "crypto/key.h"
#include "ctl/common/reply.h"
#include "ctl/shield/evidence.h"
#include "measure/replay_banks.h"
#include "tpm/attest_any.h"
#include "tpm/public.h"
#include "tpm/signature.h"

#define PART_JSON_MAX ((size_t)64 << 10)

static void
put_banks(struct show *s, struct json_out *o, const struct attest_any *a)
{
	char list[PCR_LIST_MAX], name[16];
	enum hash_alg alg;

	json_out_key(o, "selections");
	json_out_begin_array(o);
	for (size_t i = 0; i < a->n_banks; i++) {
		const struct attest_bank *b = &a->banks[i];

		(void)snprintf(name, sizeof(name), "0x%04x", b->alg);
		if (replay_bank_hash(b->alg, &alg))
			(void)snprintf(name, sizeof(name), "%s",
			    hash_name(alg));
		pcr_list(b->mask, list);
		json_out_begin_object(o);
		json_out_put_string(o, "bank", name);
		json_out_put_string(o, "pcrs", list);
		json_out_end_object(o);
		reply_line(s->cli, "  %-19s %s: %s", "PCRs", name, list);
	}
	json_out_end_array(o);
}

static void
put_clock(struct show *s, struct json_out *o, const struct tpm_clock *c)
{
	char firmware[24];

	show_number(s, o, "clock", "clock, ms", c->clock);
	show_number(s, o, "resets", "resets", c->resets);
	show_number(s, o, "restarts", "restarts", c->restarts);
	show_flag(s, o, "safe", "clock is safe", c->safe);
	(void)snprintf(firmware, sizeof(firmware), "%016llx",
	    (unsigned long long)c->firmware);
	show_text(s, o, "firmware", "TPM firmware", bytes_of_text(firmware));
}

int
show_attest(struct show *s, const char *part, struct bytes in, struct diag *d)
{
	auto_buf struct buf json = BUF_INIT(PART_JSON_MAX);
	struct json_out o = json_out_of(&json);
	struct attest_any a;
	const char *type;
	int r;

	if ((r = attest_any_parse(in, &a, d)) < 0)
		return r;
	type = attest_type_name(a.type);
	reply_line(s->cli, "%s by a TPM:", type);
	json_out_begin_object(&o);
	show_text(s, &o, "type", NULL, bytes_of_text(type));
	show_hex(s, &o, "signer", "signer's name", a.head.signer);
	show_hex(s, &o, "extra_data", "extra data", a.head.extra_data);
	put_clock(s, &o, &a.head.clock);
	if (a.type == TPM_ST_ATTEST_QUOTE) {
		put_banks(s, &o, &a);
		show_hex(s, &o, "digest", "digest of the PCRs", a.digest);
	} else if (a.type == TPM_ST_ATTEST_CERTIFY) {
		show_hex(s, &o, "name", "key's name", a.name);
		show_hex(s, &o, "qualified_name", "qualified name", a.second);
	} else if (a.type == TPM_ST_ATTEST_CREATION) {
		show_hex(s, &o, "name", "key's name", a.name);
		show_hex(s, &o, "creation_hash", "creation data", a.second);
	} else {
		show_hex(s, &o, "rest", "not decoded", a.rest);
	}
	json_out_end_object(&o);
	return show_data(s, part, &json, d);
}

int
show_signature(struct show *s, const char *part, struct bytes in,
    struct diag *d)
{
	auto_buf struct buf json = BUF_INIT(PART_JSON_MAX);
	struct json_out o = json_out_of(&json);
	struct tpm_signature sig;
	const char *scheme;
	int r;

	if ((r = tpm_signature_parse(in, &sig, d)) < 0)
		return r;
	scheme = sig.scheme == TPM_ALG_ECDSA ? "ECDSA with SHA-256"
	    : sig.scheme == TPM_ALG_RSASSA   ? "RSASSA with SHA-256"
					     : "RSAPSS with SHA-256";
	reply_line(s->cli, "signature:");
	json_out_begin_object(&o);
	show_text(s, &o, "scheme", "scheme", bytes_of_text(scheme));
	json_out_end_object(&o);
	return show_data(s, part, &json, d);
}

struct bytes
public_area(struct bytes in)
{
	struct tpm_public p;

	if (in.len > 2 && tpm_public_parse(in, &p, NULL) < 0 &&
	    tpm_public_parse(bytes_of(in.p + 2, in.len - 2), &p, NULL) ==
		ERR_OK)
		return bytes_of(in.p + 2, in.len - 2);
	return in;
}

/* Which of the product's own kinds it is, to the byte. */
static const char *kind_of(struct bytes public)
{
	if (public_is_ak(public, NULL) == ERR_OK)
		return "an attestation key as guard-tpm makes it";
	if (public_is_hk(public, NULL) == ERR_OK)
		return "a host key as guard-tpm makes it";
	if (public_is_ek(public, NULL) == ERR_OK)
		return "an endorsement key of the default templates";
	return "none of the product's templates";
}

int
show_public(struct show *s, const char *part, struct bytes in, struct diag *d)
{
	auto_buf struct buf json = BUF_INIT(PART_JSON_MAX);
	struct json_out o = json_out_of(&json);
	struct bytes public = public_area(in);
	uint8_t name[TPM_NAME_SIZE];
	struct tpm_public p;
	char text[64];
	int r;

	if ((r = tpm_public_parse(public, &p, d)) < 0)
		return r;
	reply_line(s->cli, "public area of a TPM key:");
	json_out_begin_object(&o);
	if (p.type == TPM_ALG_RSA)
		(void)snprintf(text, sizeof(text), "RSA of %u bits",
		    p.rsa_bits);
	else
		(void)snprintf(text, sizeof(text), "elliptic, curve 0x%04x",
		    p.ecc_curve);
	show_text(s, &o, "key", "key", bytes_of_text(text));
	(void)snprintf(text, sizeof(text), "%08x", p.attributes);
	show_text(s, &o, "attributes", "attributes", bytes_of_text(text));
	if (p.name_alg == TPM_ALG_SHA256) {
		tpm_name(public, name);
		show_hex(s, &o, "name", "name", BYTES_OF_ARRAY(name));
	}
	show_text(s, &o, "kind", "kind", bytes_of_text(kind_of(public)));
	json_out_end_object(&o);
	return show_data(s, part, &json, d);
}
