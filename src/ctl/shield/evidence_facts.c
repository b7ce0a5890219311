/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/shield/evidence_facts.h"

#include <string.h>

#include "ctl/common/reply.h"
#include "measure/efi.h"
#include "tpm/types.h"

#define CALLING   "Calling EFI Application from Boot Option"
#define RETURNING "Returning from EFI Application from Boot Option"

static const char *const names[FACTS_VARIABLES] = { "PK", "KEK", "db", "dbx" };

static bool
is_database(enum facts_variable v)
{
	return v == FACTS_DB || v == FACTS_DBX;
}

/* In SHA-256, which is what such digests are compared in, or else the last. */
static void
keep_digest(struct log_facts *f, enum facts_variable v,
    const struct tcg_event *e)
{
	struct bytes digest = tcg_event_digest(e, TPM_ALG_SHA256);

	if (digest.len == 0 && e->n_digests > 0)
		digest = e->digests[e->n_digests - 1].digest;
	if (digest.len == 0 || digest.len > HASH_SIZE_MAX)
		return;
	memcpy(f->variable[v], digest.p, digest.len);
	f->variable_len[v] = digest.len;
}

static void
take_variable(struct log_facts *f, const struct tcg_event *e)
{
	struct efi_variable v;

	if (efi_variable_parse(e->data, &v, NULL) < 0)
		return;
	if (efi_variable_is(&v, EFI_VENDOR_GLOBAL, "SecureBoot") &&
	    f->state == SECUREBOOT_UNKNOWN)
		f->state = v.data.len == 1 && v.data.p[0] == 1 ? SECUREBOOT_ON
							       : SECUREBOOT_OFF;
	for (unsigned i = 0; i < FACTS_VARIABLES; i++)
		if (f->variable_len[i] == 0 &&
		    efi_variable_is(&v,
			is_database((enum facts_variable)i)
			    ? EFI_VENDOR_DATABASE
			    : EFI_VENDOR_GLOBAL,
			names[i]))
			keep_digest(f, (enum facts_variable)i, e);
}

int
log_facts_event(struct log_facts *f, const struct tcglog *log,
    struct tcg_event *e, enum event_digest of, struct diag *d)
{
	bool believed = of == EVENT_DIGEST_DATA;

	if (believed && e->pcr == 7 && e->type == EV_EFI_VARIABLE_CONFIG)
		take_variable(f, e);
	if (believed && e->pcr == 4) {
		f->n_calls += bytes_equal_text(e->data, CALLING);
		f->n_returns += bytes_equal_text(e->data, RETURNING);
	}
	if (log->registers || !tcglog_has_bank(log, TPM_ALG_SHA256) ||
	    tcg_event_digest(e, TPM_ALG_SHA256).len != SHA256_SIZE)
		return ERR_OK;
	tcg_event_hash(e);
	return secureboot_event(&f->reader, e, d);
}

int
log_facts_end(struct log_facts *f, const struct tcglog *log, struct diag *d)
{
	int r;

	if (log->registers || !tcglog_has_bank(log, TPM_ALG_SHA256))
		return ERR_OK;
	if ((r = secureboot_end(&f->reader, &f->secureboot, d)) < 0)
		return r;
	f->judged = true;
	return ERR_OK;
}

static const char *
state_name(const struct log_facts *f)
{
	uint8_t state = f->judged ? f->secureboot.state : f->state;

	return state == SECUREBOOT_ON ? "on"
	    : state == SECUREBOOT_OFF ? "off"
				      : "not told";
}

void
put_facts(struct show *s, struct json_out *o, const struct log_facts *f)
{
	const struct secureboot *b = &f->secureboot;

	json_out_key(o, "facts");
	json_out_begin_object(o);
	show_text(s, o, "secure_boot", "Secure Boot",
	    bytes_of_text(state_name(f)));
	json_out_put_bool(o, "pcr7_believable", f->judged);
	if (f->judged) {
		show_flag(s, o, "user_mode", "user mode", b->user_mode);
		show_flag(s, o, "firmware_debug", "firmware debugger",
		    b->firmware_debug);
		show_flag(s, o, "dma_unprotected", "DMA unprotected",
		    b->dma_unprotected);
		show_flag(s, o, "shim_insecure", "shim checks nothing",
		    b->shim_insecure);
	}
	for (unsigned i = 0; i < FACTS_VARIABLES; i++)
		if (f->variable_len[i] != 0)
			show_hex(s, o, names[i], names[i],
			    bytes_of(f->variable[i], f->variable_len[i]));
	show_number(s, o, "boot_attempts", "boot attempts", f->n_calls);
	show_number(s, o, "boot_returns", "boot returns", f->n_returns);
	json_out_end_object(o);
}
