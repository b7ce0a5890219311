/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/findings.h"

#include <string.h>

static const struct field check_list[] = {
	FIELD_U8(struct finding_check, state),
	FIELD_TEXT(struct finding_check, text, FINDINGS_TEXT_MAX),
};
static const struct fields check_fields =
    FIELDS(struct finding_check, "finding_check", check_list);

static const struct field secureboot_list[] = {
	FIELD_U8(struct secureboot, state),
	FIELD_BOOL(struct secureboot, user_mode),
	FIELD_BOOL(struct secureboot, firmware_debug),
	FIELD_BOOL(struct secureboot, dma_unprotected),
	FIELD_BOOL(struct secureboot, shim_insecure),
	FIELD_U16(struct secureboot, n_later),
	FIELD_FIXED(struct secureboot, pk),
	FIELD_FIXED(struct secureboot, kek),
	FIELD_FIXED(struct secureboot, db),
	FIELD_FIXED(struct secureboot, dbx),
};
static const struct fields secureboot_fields =
    FIELDS(struct secureboot, "secureboot", secureboot_list);

static const struct field findings_list[] = {
	FIELD_U8(struct findings, version),
	FIELD_RECORD(struct findings, log, &check_fields),
	FIELD_RECORD(struct findings, structure, &check_fields),
	FIELD_RECORD(struct findings, secureboot_check, &check_fields),
	FIELD_RECORD(struct findings, pcr15_check, &check_fields),
	FIELD_RECORD(struct findings, cmdline_check, &check_fields),
	FIELD_RECORD(struct findings, ima_check, &check_fields),
	FIELD_U32(struct findings, bad_index),
	FIELD_U64(struct findings, bad_offset),
	FIELD_FIXED(struct findings, boot_log),
	FIELD_FIXED(struct findings, ima_log),
	FIELD_FIXED(struct findings, command_line),
	FIELD_FIXED(struct findings, pcr15_list),
	FIELD_U8(struct findings, locality),
	FIELD_U32(struct findings, n_events),
	FIELD_BYTES(struct findings, events, FINDINGS_EVENTS_SIZE_MAX),
	FIELD_RECORD(struct findings, secureboot, &secureboot_fields),
	FIELD_U16(struct findings, boot_attempts),
	FIELD_U16(struct findings, boot_returns),
	FIELD_RECORD(struct findings, pcr15, &pcr15_facts_fields),
	FIELD_RECORD(struct findings, cmdline, &cmdline_facts_fields),
	FIELD_TEXT(struct findings, cmdline_text, CMDLINE_MAX),
	FIELD_RECORD(struct findings, ima, &ima_facts_fields),
};
const struct fields findings_fields =
    FIELDS(struct findings, "findings", findings_list);

bool
finding_event_read(struct reader *r, struct finding_event *ret)
{
	struct reader t = *r;
	struct finding_event e = { 0 };
	uint8_t label_len;

	if (!reader_u8(&t, &e.pcr) ||                  /* pcr */
	    !reader_u8(&t, &e.flags) ||                /* flags */
	    !reader_be32(&t, &e.type) ||               /* type */
	    !reader_copy(&t, e.digest, SHA256_SIZE) || /* digest */
	    !reader_u8(&t, &label_len) ||              /* label_len */
	    label_len > FINDINGS_LABEL_MAX ||          /* its limit */
	    !reader_take(&t, label_len, &e.label) ||   /* label */
	    e.pcr >= PCR_COUNT || (e.flags & ~FINDING_EVENT_HASHED) != 0)
		return false;
	for (size_t i = 0; i < e.label.len; i++)
		if (e.label.p[i] < 0x20 || e.label.p[i] > 0x7e)
			return false;
	*r = t;
	*ret = e;
	return true;
}

bool
finding_event_seek(struct reader *r, uint8_t pcr, uint32_t *n_passed)
{
	struct bytes head;

	while (reader_left(r) > 0) {
		struct reader t = *r;

		/* pcr, flags, type, digest, label_len */
		if (!reader_take(&t, 1 + 1 + 4 + SHA256_SIZE + 1, &head))
			return false;
		if (head.p[0] == pcr)
			return true;
		if (!reader_skip(&t, head.p[head.len - 1]))
			return false;
		*r = t;
		++*n_passed;
	}
	return false;
}

bool
finding_event_put(struct buf *b, const struct finding_event *e)
{
	BUG_ON(e->label.len > FINDINGS_LABEL_MAX || e->pcr >= PCR_COUNT);
	(void)buf_put_u8(b, e->pcr);
	(void)buf_put_u8(b, e->flags);
	(void)buf_put_be32(b, e->type);
	(void)buf_put(b, BYTES_OF_ARRAY(e->digest));
	(void)buf_put_u8(b, (uint8_t)e->label.len);
	return buf_put(b, e->label);
}

int
findings_encode(const struct findings *f, struct buf *ret, struct diag *d)
{
	return fields_encode(&findings_fields, f, ret, d);
}

int
findings_replay(struct findings *f, struct diag *d)
{
	struct reader r = reader_of(f->events);
	struct finding_event e;
	struct replay replay;
	uint32_t n = 0;

	replay_start(&replay);
	replay.pcrs.v[0][SHA256_SIZE - 1] = f->locality;
	for (; finding_event_read(&r, &e); n++) {
		sha256_extend(replay.pcrs.v[e.pcr], e.digest,
		    replay.pcrs.v[e.pcr]);
		replay.extended |= 1u << e.pcr;
	}
	if (reader_left(&r) != 0 || n != f->n_events || n > FINDINGS_EVENTS_MAX)
		return diag_fail(d, ERR_FORMAT,
		    "findings: event %u of %u is malformed", n, f->n_events);
	memcpy(replay.pcrs.v[PCR_HOST_KEY], f->pcr15.value, SHA256_SIZE);
	/* Whether a boot log extends it too is seen by the judge's reader. */
	if ((replay.extended >> IMA_PCR & 1) == 0)
		memcpy(replay.pcrs.v[IMA_PCR], f->ima.value, SHA256_SIZE);
	f->pcrs = replay.pcrs;
	f->extended = replay.extended;
	return ERR_OK;
}

static int
check_states(const struct findings *f, struct diag *d)
{
	const struct finding_check *checks[] = { &f->log, &f->structure,
		&f->secureboot_check, &f->pcr15_check, &f->cmdline_check,
		&f->ima_check };

	if (f->version != FINDINGS_VERSION)
		return diag_fail(d, ERR_UNSUPPORTED, "findings: version %u",
		    f->version);
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		if (checks[i]->state >= FINDING_STATES)
			return diag_fail(d, ERR_FORMAT,
			    "findings: state %u of check %zu", checks[i]->state,
			    i);
	if (f->secureboot.state >= SECUREBOOT_STATES)
		return diag_fail(d, ERR_FORMAT,
		    "findings: Secure Boot state %u", f->secureboot.state);
	if (f->locality != 0 && f->locality != 3 && f->locality != 4)
		return diag_fail(d, ERR_FORMAT, "findings: startup locality %u",
		    f->locality);
	return ERR_OK;
}

/* Good marks go with what they vouch for. */
static int
check_facts(const struct findings *f, struct diag *d)
{
	uint8_t digest[SHA256_SIZE];
	bool bound = f->cmdline.load_options.bound ||
	    f->cmdline.uki_section.bound || f->cmdline.grub.bound;

	if (f->log.state != FINDING_GOOD &&
	    (f->n_events != 0 || f->secureboot.state != SECUREBOOT_UNKNOWN ||
		f->structure.state == FINDING_GOOD || bound))
		return diag_fail(d, ERR_FORMAT,
		    "findings: facts of a log that is not good");
	if (f->secureboot_check.state != FINDING_GOOD &&
	    f->secureboot.state != SECUREBOOT_UNKNOWN)
		return diag_fail(d, ERR_FORMAT,
		    "findings: Secure Boot known without a good PCR 7");
	if ((f->pcr15_check.state == FINDING_GOOD) != f->pcr15.recorded)
		return diag_fail(d, ERR_FORMAT,
		    "findings: PCR 15 record and check differ");
	sha256(f->cmdline_text, digest);
	if (f->cmdline.present != (f->cmdline_text.len != 0) ||
	    f->cmdline.bound != bound || (bound && !f->cmdline.present) ||
	    (f->cmdline_check.state == FINDING_GOOD) != bound ||
	    (f->cmdline.present &&
		!bytes_equal(BYTES_OF_ARRAY(digest),
		    BYTES_OF_ARRAY(f->cmdline.digest))))
		return diag_fail(d, ERR_FORMAT,
		    "findings: command line's facts differ");
	return ERR_OK;
}

int
findings_decode(struct bytes in, struct findings *ret, struct diag *d)
{
	struct findings f = { 0 };
	int e;

	if ((e = fields_decode(&findings_fields, in, &f, d)) < 0 ||
	    (e = check_states(&f, d)) < 0 || (e = check_facts(&f, d)) < 0 ||
	    (e = findings_replay(&f, d)) < 0 ||
	    (e = ima_facts_check(&f.ima, f.ima_check.state != FINDING_NONE,
		 f.ima_check.state == FINDING_GOOD, d)) < 0)
		return e;
	*ret = f;
	return ERR_OK;
}
