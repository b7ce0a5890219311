/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCG PC Client Platform Firmware Profile 1.05, 3.3.4 (PCR 0-16, 23) and TCG
 * D-RTM Architecture 1.0, 5.1 (PCR 17-22): start values and extension, in each
 * bank on its own.
 */
#include "measure/replay_banks.h"

#include <stdio.h>
#include <string.h>

#include "measure/replay.h"

#define PCR_DRTM_FIRST 17
#define PCR_DRTM_LAST  22
#define LOCALITY_HCRTM 4

bool
replay_bank_hash(uint16_t alg, enum hash_alg *ret)
{
	static const struct {
		uint16_t alg;
		enum hash_alg hash;
	} map[] = {
		{ TPM_ALG_SHA1, HASH_SHA1 },
		{ TPM_ALG_SHA256, HASH_SHA256 },
		{ TPM_ALG_SHA384, HASH_SHA384 },
		{ TPM_ALG_SHA512, HASH_SHA512 },
		{ TPM_ALG_SM3_256, HASH_SM3 },
	};

	for (size_t i = 0; i < ARRAY_LEN(map); i++) {
		if (map[i].alg != alg)
			continue;
		*ret = map[i].hash;
		return true;
	}
	return false;
}

static void
start_drtm(struct replay_bank *bank, uint8_t value)
{
	for (unsigned i = PCR_DRTM_FIRST; i <= PCR_DRTM_LAST; i++)
		memset(bank->v[i], value, hash_size(bank->hash));
}

void
replay_banks_start(const struct tcglog *log, struct replay_banks *ret)
{
	*ret = (struct replay_banks){ .n = log->n_algs };
	for (size_t i = 0; i < ret->n; i++) {
		struct replay_bank *bank = &ret->bank[i];

		bank->alg = log->algs[i].id;
		bank->known = replay_bank_hash(bank->alg, &bank->hash);
		if (bank->known && !log->registers)
			start_drtm(bank, 0xff);
	}
}

static void
start_pcr0(struct replay_banks *b, uint8_t locality)
{
	b->locality = locality;
	for (size_t i = 0; i < b->n; i++)
		if (b->bank[i].known)
			b->bank[i].v[0][hash_size(b->bank[i].hash) - 1] =
			    locality;
}

static int
startup_locality(struct replay_banks *b, const struct tcg_event *e,
    struct diag *d)
{
	uint8_t locality;
	int err = replay_locality_parse(e, &locality, d);

	if (err < 0)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	if (b->has_locality)
		return diag_fail(d, ERR_REFUSED,
		    "boot log: event %u: a second startup locality", e->index);
	/* With an H-CRTM the log's own order is not the TPM's. */
	if (b->hcrtm ? locality != LOCALITY_HCRTM : (b->extended & 1) != 0)
		return diag_fail(d, ERR_REFUSED,
		    "boot log: event %u: startup locality after PCR 0 was "
		    "extended",
		    e->index);
	b->has_locality = true;
	if (!b->hcrtm)
		start_pcr0(b, locality);
	return ERR_OK;
}

/* _TPM_Hash_Start before TPM2_Startup() leaves PCR 0 at 4 (3.3.4.1). */
static int
hcrtm(struct replay_banks *b, const struct tcg_event *e, struct diag *d)
{
	if (b->hcrtm || (b->extended & 1) != 0 ||
	    (b->has_locality && b->locality != LOCALITY_HCRTM))
		return diag_fail(d, ERR_REFUSED,
		    "boot log: event %u: an H-CRTM that does not start PCR 0",
		    e->index);
	b->hcrtm = true;
	start_pcr0(b, LOCALITY_HCRTM);
	return ERR_OK;
}

static void
extend(struct replay_bank *bank, const struct tcg_event *e)
{
	struct bytes digest = tcg_event_digest(e, bank->alg);
	uint8_t *v = bank->v[e->pcr];
	struct bytes parts[2];

	if (digest.len == 0) {
		bank->n_missing++;
		return;
	}
	bank->extended |= 1u << e->pcr;
	if (!bank->known)
		return;
	parts[0] = bytes_of(v, hash_size(bank->hash));
	parts[1] = digest;
	hash_parts(bank->hash, parts, 2, v);
}

int
replay_banks_event(struct replay_banks *b, const struct tcg_event *e,
    struct diag *d)
{
	int err;

	if (e->type == EV_NO_ACTION)
		return startup_locality(b, e, d);
	if (e->pcr >= PCR_COUNT)
		return diag_fail(d, ERR_FORMAT,
		    "boot log: event %u: PCR %u does not exist", e->index,
		    e->pcr);
	if (e->type == EV_EFI_HCRTM && e->pcr == 0 &&
	    (err = hcrtm(b, e, d)) < 0)
		return err;
	if (e->pcr == PCR_DRTM_FIRST && !b->launched) {
		b->launched = true;
		for (size_t i = 0; i < b->n; i++)
			if (b->bank[i].known)
				start_drtm(&b->bank[i], 0);
	}
	for (size_t i = 0; i < b->n; i++)
		extend(&b->bank[i], e);
	b->extended |= 1u << e->pcr;
	return ERR_OK;
}

int
replay_banks_log(const struct tcglog *log, struct replay_banks *ret,
    struct diag *d)
{
	struct tcglog_iter it = tcglog_iter(log);
	struct replay_banks b;
	struct tcg_event e;
	int err;

	replay_banks_start(log, &b);
	while ((err = tcglog_next(&it, &e, d)) == ERR_OK)
		if ((err = replay_banks_event(&b, &e, d)) < 0)
			return err;
	if (err != ERR_NOT_FOUND)
		return err;
	*ret = b;
	return ERR_OK;
}

const struct replay_bank *
replay_banks_find(const struct replay_banks *b, uint16_t alg)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->bank[i].alg == alg)
			return &b->bank[i];
	return NULL;
}

struct bytes
replay_bank_value(const struct replay_bank *bank, unsigned pcr)
{
	BUG_ON(pcr >= PCR_COUNT || !bank->known);
	return bytes_of(bank->v[pcr], hash_size(bank->hash));
}

void
replay_bank_name(const struct replay_bank *bank,
    char ret[static REPLAY_BANK_NAME_SIZE])
{
	if (bank->known)
		(void)snprintf(ret, REPLAY_BANK_NAME_SIZE, "%s",
		    hash_name(bank->hash));
	else
		(void)snprintf(ret, REPLAY_BANK_NAME_SIZE, "0x%04x", bank->alg);
}
