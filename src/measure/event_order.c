/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types are covered by no digest, so a rule about a type is a rule about what
 * the log's writer says; the digests of separators and actions are looked at.
 */
#include "measure/event_order.h"

#include "measure/efi.h"
#include "measure/event_digest.h"
#include "measure/replay.h"
#include "tpm/pcr.h"

#define FIRMWARE_PCRS 8

void
event_order_start(const struct tcglog *log, struct event_order *ret)
{
	*ret = (struct event_order){ .registers = log->registers };
}

static const char *
no_action(struct event_order *o, const struct tcg_event *e)
{
	uint8_t locality;
	int err;

	/* Windows tells its attestation key under index 0xFFFFFFFF so. */
	for (size_t i = 0; i < e->n_digests && e->pcr < PCR_COUNT; i++)
		if (!bytes_all_zero(e->digests[i].digest))
			return "a digest in an event that extends nothing";
	if ((err = replay_locality_parse(e, &locality, NULL)) == ERR_NOT_FOUND)
		return NULL;
	if (err < 0)
		return "a malformed startup locality";
	if (o->localized)
		return "a second startup locality";
	o->localized = true;
	return o->extended0 ? "a startup locality after PCR 0 was extended"
			    : NULL;
}

static const char *
separator(struct event_order *o, const struct tcg_event *e)
{
	bool again = (o->separated >> e->pcr & 1) != 0;
	const char *part;

	o->separated |= 1u << e->pcr;
	if (event_digest_check(e, again, &part) == EVENT_DIGEST_WRONG)
		return "a separator with another digest";
	if (*part != '\0' || efi_separator(e->data) == EFI_SEPARATOR_ERROR)
		return "the separator tells an error";
	return again ? "a second separator" : NULL;
}

/* The data of a separator under another type, with a separator's digest. */
static bool
is_hidden_separator(const struct tcg_event *e)
{
	struct tcg_event s = *e;
	const char *part;

	s.type = EV_SEPARATOR;
	return efi_separator(e->data) == EFI_SEPARATOR_NORMAL &&
	    event_digest_check(&s, false, &part) == EVENT_DIGEST_DATA;
}

static const char *
variable(struct event_order *o, const struct tcg_event *e)
{
	static const struct {
		enum efi_vendor vendor;
		const char *name;
	} names[] = {
		{ EFI_VENDOR_GLOBAL, "SecureBoot" },
		{ EFI_VENDOR_GLOBAL, "PK" },
		{ EFI_VENDOR_GLOBAL, "KEK" },
		{ EFI_VENDOR_DATABASE, "db" },
		{ EFI_VENDOR_DATABASE, "dbx" },
		{ EFI_VENDOR_DATABASE, "dbt" },
		{ EFI_VENDOR_DATABASE, "dbr" },
		{ EFI_VENDOR_GLOBAL, "AuditMode" },
		{ EFI_VENDOR_GLOBAL, "SetupMode" },
		{ EFI_VENDOR_GLOBAL, "DeployedMode" },
	};
	struct efi_variable v;

	if (efi_variable_parse(e->data, &v, NULL) < 0)
		return "a malformed variable";
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!efi_variable_is(&v, names[i].vendor, names[i].name))
			continue;
		if ((o->separated >> e->pcr & 1) != 0)
			return "configuration after the separator";
		if ((o->variables >> i & 1) != 0)
			return "a second variable of this name";
		o->variables |= 1u << i;
	}
	return NULL;
}

/* What only firmware can measure, and only before its separator. */
static bool
is_early(uint32_t type)
{
	switch (type) {
	case EV_POST_CODE:
	case EV_S_CRTM_CONTENTS:
	case EV_S_CRTM_VERSION:
	case EV_CPU_MICROCODE:
	case EV_EFI_HCRTM:
	case EV_EFI_FIRMWARE_BLOB:
	case EV_EFI_FIRMWARE_BLOB2:
		return true;
	default:
		return false;
	}
}

static const char *
firmware_event(struct event_order *o, const struct tcg_event *e)
{
	bool after = (o->separated >> e->pcr & 1) != 0;

	if (e->type == EV_SEPARATOR)
		return separator(o, e);
	/* In PCR 0 the root of trust may measure four zeros of its own. */
	if (e->pcr != 0 && is_hidden_separator(e))
		return "a separator of another type";
	if (e->type == EV_EFI_VARIABLE_CONFIG &&
	    e->pcr == (o->registers ? 1 : 7))
		return variable(o, e);
	if (after && !o->registers && is_early(e->type))
		return "an event of the firmware after the separator";
	if (e->type == EV_EFI_APPLICATION && e->pcr == 4 && !o->called)
		return "an application before the boot option was called";
	return NULL;
}

const char *
event_order_next(struct event_order *o, const struct tcg_event *e)
{
	const char *broken = NULL;

	if (e->type == EV_NO_ACTION)
		return no_action(o, e);
	if (e->pcr >= PCR_COUNT)
		return "a PCR that does not exist";
	if (e->pcr < FIRMWARE_PCRS) {
		broken = firmware_event(o, e);
		if (broken == NULL && o->exited)
			broken = "an event of the firmware after it gave up "
				 "control";
	}
	if (e->pcr == 0)
		o->extended0 = true;
	if (e->type == EV_EFI_ACTION &&
	    bytes_equal_text(e->data,
		"Calling EFI Application from Boot Option"))
		o->called = true;
	if (e->type == EV_EFI_ACTION && !o->registers &&
	    bytes_equal_text(e->data,
		"Exit Boot Services Returned with Success"))
		o->exited = true;
	return broken;
}

uint32_t
event_order_unseparated(const struct event_order *o)
{
	return o->registers ? 0 : ~o->separated & 0xffu;
}
