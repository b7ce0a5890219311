/* SPDX-License-Identifier: Apache-2.0 */
#include "protector/ticket.h"

#include "base/field.h"
#include "protector/refuse.h"
#include "signed/signed.h"

static const struct field ticket_list[] = {
	FIELD_U16(struct ticket, version),
	FIELD_U16(struct ticket, suite),
	FIELD_FIXED(struct ticket, id),
	FIELD_FIXED(struct ticket, family),
	FIELD_FIXED(struct ticket, vm_id),
	FIELD_FIXED(struct ticket, seal_digest),
	FIELD_FIXED(struct ticket, host_id),
	FIELD_U64(struct ticket, expires),
};
static const struct fields ticket_fields =
    FIELDS(struct ticket, "restore ticket", ticket_list);

static int
refuse(struct diag *d, const char *what)
{
	return diag_refuse(d, REASON_TicketInvalid, "restore ticket: %s", what);
}

static int
check_content(const struct ticket *t, struct diag *d)
{
	if (t->version != TICKET_VERSION)
		return diag_refuse(d, REASON_UnsupportedVersion,
		    "restore ticket: version %u is not 1", t->version);
	if (t->suite != SUITE_1)
		return diag_refuse(d, REASON_SuiteUnknown,
		    "restore ticket: suite %u is not 1", t->suite);
	if (bytes_all_zero(BYTES_OF_ARRAY(t->id)) ||
	    bytes_all_zero(BYTES_OF_ARRAY(t->family)) ||
	    bytes_all_zero(BYTES_OF_ARRAY(t->vm_id)) ||
	    bytes_all_zero(BYTES_OF_ARRAY(t->seal_digest)))
		return refuse(d, "it names no ticket, family, VM or seal");
	return ERR_OK;
}

int
ticket_make(const struct ticket *in, const struct key *owner_sign,
    struct bytes owner_ski, struct buf *ret, struct diag *d)
{
	auto_buf struct buf content = BUF_INIT(TICKET_MAX);
	int r;

	if ((r = check_content(in, d)) < 0 ||
	    (r = fields_encode(&ticket_fields, in, &content, d)) < 0)
		return r;
	return signed_make(SIGNED_TICKET, buf_bytes(&content), owner_sign,
	    owner_ski, ret, d);
}

static int
check_wanted(const struct ticket *t, const struct ticket_want *want,
    struct diag *d)
{
	if (!bytes_equal(BYTES_OF_ARRAY(t->family),
		BYTES_OF_ARRAY(want->grant->c.family)))
		return refuse(d, "it is for another family");
	if (!bytes_equal(BYTES_OF_ARRAY(t->vm_id),
		bytes_of(want->vm_id, VM_ID_SIZE)))
		return refuse(d, "it is for another VM");
	if (!bytes_equal(BYTES_OF_ARRAY(t->seal_digest),
		bytes_of(want->seal_digest, 32)))
		return refuse(d, "it is for another seal");
	if (!bytes_all_zero(BYTES_OF_ARRAY(t->host_id)) &&
	    !bytes_equal(BYTES_OF_ARRAY(t->host_id),
		bytes_of(want->host_id, 32)))
		return refuse(d, "it is for another host");
	if (want->now >= t->expires)
		return refuse(d, "it has expired");
	return ERR_OK;
}

int
ticket_verify(struct bytes der, const struct ticket_want *want,
    struct ticket *ret, struct diag *d)
{
	const struct guardian_cert *owner = &want->grant->owner_sign;
	struct signed_object object;
	struct ticket t;
	int r;

	if (der.len > TICKET_MAX)
		return refuse(d, "it is too long");
	if ((r = signed_parse(SIGNED_TICKET, der, &object, d)) < 0 ||
	    (r = signed_verify(&object, owner->key, owner->ski, d)) < 0 ||
	    (r = fields_decode(&ticket_fields, object.content, &t, d)) < 0 ||
	    (r = check_content(&t, d)) < 0)
		return refuse_as(d, r, REASON_TicketInvalid);
	if ((r = check_wanted(&t, want, d)) < 0)
		return r;
	*ret = t;
	return ERR_OK;
}
