/* SPDX-License-Identifier: Apache-2.0 */
/* TCG PC Client Platform Firmware Profile 1.05, 10.4.5. */
#include "measure/event_no_action.h"

#include "base/reader.h"
#include "base/text.h"
#include "measure/efi_text.h"

#define SIGNATURE_SIZE 16
#define NAME_MAX_TEXT  128
#define ALGS_MAX       16

/* The size-of-UINTN field was not yet there in a BIOS' header. */
static int
read_rest(struct reader *r, struct event_spec_id *v, struct diag *d)
{
	uint8_t vendor_len;

	if (!reader_le32(r, &v->platform_class) || !reader_u8(r, &v->minor) ||
	    !reader_u8(r, &v->major) || !reader_u8(r, &v->errata) ||
	    !reader_u8(r, &v->uintn_size))
		return diag_fail(d, ERR_SHORT, "log header: too short");
	if (v->form == EVENT_SPEC_BIOS)
		v->uintn_size = 0; /* reserved */
	if (v->form == EVENT_SPEC_AGILE &&
	    (!reader_le32(r, &v->n_algs) || v->n_algs > ALGS_MAX ||
		!reader_take(r, (size_t)v->n_algs * 4, &v->algs)))
		return diag_fail(d, ERR_FORMAT,
		    "log header: %u algorithms do not fit", v->n_algs);
	if (!reader_u8(r, &vendor_len) ||
	    !reader_take(r, vendor_len, &v->vendor) || reader_left(r) != 0)
		return diag_fail(d, ERR_FORMAT,
		    "log header: vendor information does not fit");
	return ERR_OK;
}

int
event_spec_id_parse(struct bytes in, struct event_spec_id *ret, struct diag *d)
{
	static const char *const signatures[] = {
		[EVENT_SPEC_BIOS] = "Spec ID Event00",
		[EVENT_SPEC_EFI] = "Spec ID Event02",
		[EVENT_SPEC_AGILE] = "Spec ID Event03",
	};
	struct reader r = reader_of(in);
	struct event_spec_id v = { 0 };
	struct bytes signature;
	size_t i;
	int e;

	if (!reader_take(&r, SIGNATURE_SIZE, &signature))
		return diag_fail(d, ERR_SHORT, "log header: no signature");
	for (i = 0; i < ARRAY_LEN(signatures); i++)
		if (bytes_equal(signature,
			bytes_of(signatures[i], SIGNATURE_SIZE)))
			break;
	if (i == ARRAY_LEN(signatures))
		return diag_fail(d, ERR_NOT_FOUND,
		    "log header: another signature");
	v.form = (enum event_spec_form)i;
	if ((e = read_rest(&r, &v, d)) < 0)
		return e;
	*ret = v;
	return ERR_OK;
}

static bool
put_spec_id(struct buf *b, struct bytes data)
{
	struct event_spec_id v;
	struct reader r;
	uint16_t alg, size;

	if (event_spec_id_parse(data, &v, NULL) < 0)
		return buf_put_text(b, "log header: malformed");
	(void)buf_printf(b, "log header: version %u.%u errata %u", v.major,
	    v.minor, v.errata);
	r = reader_of(v.algs);
	while (reader_le16(&r, &alg) && reader_le16(&r, &size))
		(void)buf_printf(b, ", algorithm 0x%04x of %u bytes", alg,
		    size);
	if (v.vendor.len != 0) {
		(void)buf_put_text(b, ", vendor: ");
		(void)text_put_escaped(b, v.vendor, NAME_MAX_TEXT);
	}
	return buf_ok(b);
}

/* A byte of length, then ASCII with its NUL. */
static void
put_string(struct buf *b, struct reader *r, const char *what)
{
	struct bytes text;
	uint8_t len;

	if (!reader_u8(r, &len) || !reader_take(r, len, &text) || len == 0)
		return;
	if (text.p[text.len - 1] == '\0')
		text.len--;
	(void)buf_printf(b, ", %s ", what);
	(void)text_put_escaped(b, text, NAME_MAX_TEXT);
}

/* TCG_Sp800_155_PlatformId_Event, ..._Event2 and ..._Event3 */
static bool
put_manifest(struct buf *b, struct bytes signature, struct reader r)
{
	struct bytes guid;
	uint32_t vendor;

	if (signature.p[15] == '\0')
		signature.len--;
	(void)text_put_escaped(b, signature, SIGNATURE_SIZE);
	if (!reader_le32(&r, &vendor) || !reader_take(&r, 16, &guid))
		return buf_put_text(b, ": malformed");
	(void)buf_printf(b, ": vendor %u, manifest ", vendor);
	(void)efi_put_guid(b, guid);
	put_string(b, &r, "platform of");
	put_string(b, &r, "model");
	return buf_ok(b);
}

bool
event_put_no_action(struct buf *b, struct bytes data)
{
	static const char locality[] = "StartupLocality";
	struct reader r = reader_of(data);
	struct bytes signature;
	uint8_t v;

	if (!reader_take(&r, SIGNATURE_SIZE, &signature))
		return false;
	if (bytes_equal(signature, BYTES_OF_ARRAY(locality)))
		return reader_u8(&r, &v) && reader_left(&r) == 0
		    ? buf_printf(b, "startup locality %u", v)
		    : buf_put_text(b, "startup locality: malformed");
	if (bytes_equal_text(bytes_of(signature.p, 13), "Spec ID Event"))
		return put_spec_id(b, data);
	if (bytes_equal_text(bytes_of(signature.p, 15), "SP800-155 Event"))
		return put_manifest(b, signature, r);
	return false;
}
