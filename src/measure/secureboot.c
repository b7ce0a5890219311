/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCG PC Client Platform Firmware Profile 1.05, 3.3.4.8 (PCR 7). Event types
 * are not covered by any digest, so each rule looks at the data, which is,
 * and refuses a type that contradicts it.
 */
#include "measure/secureboot.h"

#include <string.h>

#include "measure/efi.h"
#include "tpm/types.h"

static int
refuse(struct secureboot_reader *s, const struct tcg_event *e, const char *why,
    struct diag *d)
{
	s->bad = true;
	return diag_refuse(d, REASON_SecureBoot, "PCR 7: event %u: %s",
	    e->index, why);
}

static void
keep(const struct tcg_event *e, uint8_t *ret)
{
	memcpy(ret, tcg_event_digest(e, TPM_ALG_SHA256).p, SHA256_SIZE);
}

static bool
is_one(struct bytes data)
{
	return data.len == 1 && data.p[0] == 1;
}

/*
 * Firmware measures each once. Of two, the later would be believed here, the
 * earlier by another reader.
 */
static bool
is_again(struct secureboot_reader *s, const struct efi_variable *v)
{
	static const struct {
		enum efi_vendor vendor;
		const char *name;
	} once[] = {
		{ EFI_VENDOR_GLOBAL, "PK" },
		{ EFI_VENDOR_GLOBAL, "KEK" },
		{ EFI_VENDOR_DATABASE, "db" },
		{ EFI_VENDOR_DATABASE, "dbx" },
		{ EFI_VENDOR_GLOBAL, "AuditMode" },
		{ EFI_VENDOR_GLOBAL, "SetupMode" },
		{ EFI_VENDOR_GLOBAL, "DeployedMode" },
	};
	bool again = false;

	for (size_t i = 0; i < ARRAY_LEN(once); i++) {
		if (!efi_variable_is(v, once[i].vendor, once[i].name))
			continue;
		again = (s->seen >> i & 1) != 0;
		s->seen = (uint8_t)(s->seen | 1u << i);
	}
	return again;
}

/* A variable measured before the separator, with data that is believed. */
static int
config_variable(struct secureboot_reader *s, const struct tcg_event *e,
    const struct efi_variable *v, struct diag *d)
{
	struct secureboot *f = &s->facts;

	if (is_again(s, v))
		return refuse(s, e, "a second variable of this name", d);
	if (efi_variable_is(v, EFI_VENDOR_GLOBAL, "SecureBoot")) {
		if (s->found)
			return refuse(s, e, "a second SecureBoot variable", d);
		s->found = true;
		f->state = is_one(v->data) ? SECUREBOOT_ON : SECUREBOOT_OFF;
	} else if (efi_variable_is(v, EFI_VENDOR_GLOBAL, "PK")) {
		f->user_mode = v->data.len != 0;
		keep(e, f->pk);
	} else if (efi_variable_is(v, EFI_VENDOR_GLOBAL, "KEK")) {
		keep(e, f->kek);
	} else if (efi_variable_is(v, EFI_VENDOR_DATABASE, "db")) {
		keep(e, f->db);
	} else if (efi_variable_is(v, EFI_VENDOR_DATABASE, "dbx")) {
		keep(e, f->dbx);
	} else if (efi_variable_is(v, EFI_VENDOR_GLOBAL, "AuditMode") ||
	    efi_variable_is(v, EFI_VENDOR_GLOBAL, "SetupMode")) {
		if (is_one(v->data))
			s->not_user = true;
	}
	return ERR_OK;
}

static int
before_separator(struct secureboot_reader *s, const struct tcg_event *e,
    struct diag *d)
{
	enum efi_separator sep = efi_separator(e->data);
	struct efi_variable v;

	/* Only firmware has written so far: what it hashed must be shown. */
	if (!e->hashed)
		return refuse(s, e, "data does not hash to its digest", d);
	if (e->type == EV_SEPARATOR || sep == EFI_SEPARATOR_NORMAL) {
		if (e->type != EV_SEPARATOR)
			return refuse(s, e, "separator of another type", d);
		if (sep != EFI_SEPARATOR_NORMAL)
			return refuse(s, e, "the separator tells an error", d);
		s->separated = true;
		return ERR_OK;
	}
	if (bytes_equal_text(e->data, "UEFI Debug Mode"))
		s->facts.firmware_debug = true;
	if (bytes_equal_text(e->data, "DMA Protection Disabled"))
		s->facts.dma_unprotected = true;

	if (efi_variable_parse(e->data, &v, NULL) < 0) {
		if (e->type == EV_EFI_VARIABLE_CONFIG)
			return refuse(s, e, "malformed variable", d);
		return ERR_OK;
	}
	/* An option ROM's authority: "db", but not the database. */
	if (e->type == EV_EFI_VARIABLE_AUTHORITY &&
	    !efi_variable_is(&v, EFI_VENDOR_GLOBAL, "SecureBoot"))
		return ERR_OK;
	if (e->type != EV_EFI_VARIABLE_CONFIG)
		return refuse(s, e, "variable of another event type", d);
	return config_variable(s, e, &v, d);
}

/* Anybody may have extended this; it can only count against the host. */
static int
after_separator(struct secureboot_reader *s, const struct tcg_event *e,
    struct diag *d)
{
	struct efi_variable v;

	if (e->type == EV_SEPARATOR ||
	    (efi_separator(e->data) == EFI_SEPARATOR_NORMAL && e->hashed))
		return refuse(s, e, "a second separator", d);
	s->facts.n_later++;
	if (efi_variable_parse(e->data, &v, NULL) < 0)
		return ERR_OK;
	/* shim's own variables come here under the same type. */
	if ((e->type == EV_EFI_VARIABLE_CONFIG &&
		(efi_vendor_is(&v, EFI_VENDOR_GLOBAL) ||
		    efi_vendor_is(&v, EFI_VENDOR_DATABASE))) ||
	    efi_variable_is(&v, EFI_VENDOR_GLOBAL, "SecureBoot"))
		return refuse(s, e, "configuration after the separator", d);
	if (efi_variable_is(&v, EFI_VENDOR_SHIM, "MokSBState") &&
	    is_one(v.data))
		s->facts.shim_insecure = true;
	return ERR_OK;
}

/* shim tells MokSBState by name and hash of its one byte, in PCR 14. */
static void
shim_state(struct secureboot_reader *s, const struct tcg_event *e)
{
	static const uint8_t one = 1;
	uint8_t digest[SHA256_SIZE];

	sha256(bytes_of(&one, 1), digest);
	if (bytes_equal(e->data, BYTES_OF_ARRAY("MokSBState")) &&
	    bytes_equal(tcg_event_digest(e, TPM_ALG_SHA256),
		BYTES_OF_ARRAY(digest)))
		s->facts.shim_insecure = true;
}

int
secureboot_event(struct secureboot_reader *s, const struct tcg_event *e,
    struct diag *d)
{
	if (s->bad || e->type == EV_NO_ACTION)
		return ERR_OK;
	if (e->pcr == 14)
		shim_state(s, e);
	if (e->pcr != 7)
		return ERR_OK;
	s->n_events++;
	return s->separated ? after_separator(s, e, d)
			    : before_separator(s, e, d);
}

int
secureboot_end(const struct secureboot_reader *s, struct secureboot *ret,
    struct diag *d)
{
	if (s->bad)
		return diag_refuse(d, REASON_SecureBoot,
		    "PCR 7 is not believable");
	if (!s->separated)
		return diag_refuse(d, REASON_SecureBoot, "PCR 7: no separator");
	if (!s->found)
		return diag_refuse(d, REASON_SecureBoot,
		    "PCR 7: SecureBoot was not measured");
	*ret = s->facts;
	if (s->not_user)
		ret->user_mode = false;
	return ERR_OK;
}
