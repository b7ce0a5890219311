/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCG PC Client Platform Firmware Profile 1.05, 3.3.4 and 10.4.5.3: the values
 * that PCRs start from, and the startup locality.
 */
#include "measure/replay.h"

#include <string.h>

#include "crypto/hash.h"

#define STARTUP_LOCALITY "StartupLocality"

void
replay_start(struct replay *ret)
{
	*ret = (struct replay){ 0 };
	for (unsigned i = 17; i <= 22; i++)
		memset(ret->pcrs.v[i], 0xff, TPM_SHA256_SIZE);
}

int
replay_locality_parse(const struct tcg_event *e, uint8_t *ret, struct diag *d)
{
	struct reader in = reader_of(e->data);
	struct bytes signature;
	uint8_t locality;

	if (!reader_take(&in, sizeof(STARTUP_LOCALITY), &signature) ||
	    !bytes_equal(signature, BYTES_OF_ARRAY(STARTUP_LOCALITY)))
		return ERR_NOT_FOUND; /* another informative event */
	if (!reader_u8(&in, &locality) || reader_left(&in) != 0 || e->pcr != 0)
		return diag_fail(d, ERR_FORMAT,
		    "boot log: event %u: malformed startup locality", e->index);
	if (locality != 0 && locality != 3 && locality != 4)
		return diag_fail(d, ERR_REFUSED,
		    "boot log: event %u: startup locality %u", e->index,
		    locality);
	*ret = locality;
	return ERR_OK;
}

/*
 * The locality is the host's word too, but a false one makes another PCR 0
 * than the TPM's.
 */
static int
startup_locality(struct replay *r, const struct tcg_event *e, struct diag *d)
{
	uint8_t locality;
	int err = replay_locality_parse(e, &locality, d);

	if (err < 0)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	if (r->n_localities != 0)
		return diag_fail(d, ERR_REFUSED,
		    "boot log: event %u: a second startup locality", e->index);
	if ((r->extended & 1) != 0)
		return diag_fail(d, ERR_REFUSED,
		    "boot log: event %u: startup locality after PCR 0 was "
		    "extended",
		    e->index);
	r->n_localities = 1;
	r->locality = locality;
	r->pcrs.v[0][TPM_SHA256_SIZE - 1] = locality;
	return ERR_OK;
}

int
replay_check(struct replay *r, const struct tcg_event *e, struct diag *d)
{
	/* Its PCR index may be anything: Windows writes 0xFFFFFFFF. */
	if (e->type == EV_NO_ACTION)
		return startup_locality(r, e, d);
	if (e->pcr >= PCR_COUNT)
		return diag_fail(d, ERR_FORMAT,
		    "boot log: event %u: PCR %u does not exist", e->index,
		    e->pcr);
	if (tcg_event_digest(e, TPM_ALG_SHA256).len != TPM_SHA256_SIZE)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "boot log: event %u has no SHA-256 digest", e->index);
	r->extended |= 1u << e->pcr;
	return ERR_OK;
}

int
replay_event(struct replay *r, const struct tcg_event *e, struct diag *d)
{
	int err = replay_check(r, e, d);

	if (err < 0 || e->type == EV_NO_ACTION)
		return err;
	sha256_extend(r->pcrs.v[e->pcr], tcg_event_digest(e, TPM_ALG_SHA256).p,
	    r->pcrs.v[e->pcr]);
	return ERR_OK;
}

int
replay_log(const struct tcglog *log, struct replay *ret, struct diag *d)
{
	struct tcglog_iter it = tcglog_iter(log);
	struct tcg_event e;
	struct replay r;
	int err;

	replay_start(&r);
	while ((err = tcglog_next(&it, &e, d)) == ERR_OK)
		if ((err = replay_event(&r, &e, d)) < 0)
			return err;
	if (err != ERR_NOT_FOUND)
		return err;
	*ret = r;
	return ERR_OK;
}

/*
 * systemd-pcrphase(8): what a host that is up can have extended, with an
 * initramfs by systemd and without.
 */
static const struct {
	const char *name;
	const char *words[4];
} phases[REPLAY_PHASES] = {
	{ "none", { NULL } },
	{ "sysinit", { "sysinit" } },
	{ "sysinit, ready", { "sysinit", "ready" } },
	{ "enter-initrd", { "enter-initrd" } },
	{ "enter-initrd, leave-initrd", { "enter-initrd", "leave-initrd" } },
	{ "enter-initrd, leave-initrd, sysinit",
	    { "enter-initrd", "leave-initrd", "sysinit" } },
	{ "enter-initrd, leave-initrd, sysinit, ready",
	    { "enter-initrd", "leave-initrd", "sysinit", "ready" } },
};

const char *
replay_phase_name(unsigned phase)
{
	BUG_ON(phase >= REPLAY_PHASES);
	return phases[phase].name;
}

void
replay_phase(const struct pcr_values *values, unsigned phase,
    struct pcr_values *ret)
{
	uint8_t digest[SHA256_SIZE];

	BUG_ON(phase >= REPLAY_PHASES);
	*ret = *values;
	for (size_t i = 0; i < ARRAY_LEN(phases[phase].words); i++) {
		const char *word = phases[phase].words[i];

		if (word == NULL)
			break;
		sha256(bytes_of_text(word), digest);
		sha256_extend(ret->v[11], digest, ret->v[11]);
	}
}
