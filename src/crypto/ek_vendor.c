/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which vendor an endorsement key certificate names: TCG EK Credential Profile
 * 2.5, 3.1.2. A walk of our own to the one attribute that counts, so that
 * neither a serial number nor a public key that holds the same bytes is taken
 * for it. What the walk does not follow has no vendor: nothing is guessed.
 */
#include "crypto/ek.h"

#include "base/text.h"
#include "crypto/der.h"
#include "crypto/oid.h"

/* 2.5.29.17, and tcg-at-tpmManufacturer 2.23.133.2.1 */
#define SUBJECT_ALT_NAME DER_OID_OF("\x55\x1d\x11")
#define MANUFACTURER     DER_OID_OF("\x67\x81\x05\x02\x01")

bool
ek_vendor_parse(struct bytes text, uint32_t *ret)
{
	uint8_t id[4];

	if (text.len != 11 || !bytes_equal_text(bytes_of(text.p, 3), "id:") ||
	    hex_decode_fixed(bytes_of(text.p + 3, 8), id, sizeof(id), NULL) < 0)
		return false;
	*ret = (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 |
	    (uint32_t)id[2] << 8 | id[3];
	return true;
}

/* AttributeTypeAndValue; only one manufacturer may be named. */
static bool
read_attribute(struct reader *set, bool *found, uint32_t *ret)
{
	struct reader pair;
	struct bytes oid, value;
	uint8_t tag;

	if (!der_enter(set, DER_SEQUENCE, &pair) || !der_oid(&pair, &oid) ||
	    !der_any(&pair, &tag, &value) || reader_left(&pair) != 0)
		return false;
	if (!bytes_equal(oid, MANUFACTURER))
		return true;
	if (*found ||
	    (tag != DER_UTF8_STRING && tag != DER_PRINTABLE_STRING &&
		tag != DER_IA5_STRING))
		return false;
	*found = true;
	return ek_vendor_parse(value, ret);
}

/* Name, as SEQUENCE OF SET OF AttributeTypeAndValue. */
static bool
read_directory_name(struct reader *choice, bool *found, uint32_t *ret)
{
	struct reader name, set;

	if (!der_enter(choice, DER_SEQUENCE, &name) || reader_left(choice) != 0)
		return false;
	while (reader_left(&name) != 0) {
		if (!der_enter(&name, DER_SET, &set))
			return false;
		while (reader_left(&set) != 0)
			if (!read_attribute(&set, found, ret))
				return false;
	}
	return true;
}

/* GeneralNames: the directoryName, [4], is the one that counts. */
static bool
read_names(struct bytes value, bool *found, uint32_t *ret)
{
	struct reader r = reader_of(value), names, choice;
	struct bytes other;
	uint8_t tag;

	if (!der_enter(&r, DER_SEQUENCE, &names) || reader_left(&r) != 0)
		return false;
	while (reader_left(&names) != 0) {
		if (der_peek(&names) != DER_CONSTRUCTED(4)) {
			if (!der_any(&names, &tag, &other))
				return false;
		} else if (!der_enter(&names, DER_CONSTRUCTED(4), &choice) ||
		    !read_directory_name(&choice, found, ret)) {
			return false;
		}
	}
	return true;
}

/* Extension; `critical` may be there though it says the default. */
static bool
read_extension(struct reader *list, bool *found, uint32_t *ret)
{
	struct reader extension;
	struct bytes oid, value;

	if (!der_enter(list, DER_SEQUENCE, &extension) ||
	    !der_oid(&extension, &oid))
		return false;
	if (der_peek(&extension) == DER_BOOLEAN &&
	    !der_take(&extension, DER_BOOLEAN, &value))
		return false;
	if (!der_take(&extension, DER_OCTET_STRING, &value) ||
	    reader_left(&extension) != 0)
		return false;
	return !bytes_equal(oid, SUBJECT_ALT_NAME) ||
	    read_names(value, found, ret);
}

bool
ek_vendor_find(struct bytes der, uint32_t *ret)
{
	struct reader r = reader_of(der), cert, tbs, wrapped, list;
	struct bytes other;
	bool found = false;
	uint32_t id = 0;
	uint8_t tag;

	if (!der_enter(&r, DER_SEQUENCE, &cert) ||
	    !der_enter(&cert, DER_SEQUENCE, &tbs))
		return false;
	while (reader_left(&tbs) != 0 && der_peek(&tbs) != DER_CONSTRUCTED(3))
		if (!der_any(&tbs, &tag, &other))
			return false;
	if (!der_enter(&tbs, DER_CONSTRUCTED(3), &wrapped) ||
	    reader_left(&tbs) != 0 ||
	    !der_enter(&wrapped, DER_SEQUENCE, &list) ||
	    reader_left(&wrapped) != 0)
		return false;
	while (reader_left(&list) != 0)
		if (!read_extension(&list, &found, &id))
			return false;
	if (found)
		*ret = id;
	return found;
}
