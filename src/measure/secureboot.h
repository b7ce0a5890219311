/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What PCR 7 says about Secure Boot. Firmware alone extends PCR 7 before its
 * separator, so there every event must hash to its digest; whatever comes
 * later may be anybody's.
 */
#ifndef MEASURE_SECUREBOOT_H
#define MEASURE_SECUREBOOT_H

#include "crypto/hash.h"
#include "measure/tcglog.h"

enum secureboot_state {
	SECUREBOOT_UNKNOWN, /* not measured, or not believable: see the text */
	SECUREBOOT_OFF,
	SECUREBOOT_ON,
	SECUREBOOT_STATES
};

struct secureboot {
	uint8_t state;  /* enum secureboot_state */
	bool user_mode; /* a platform key is enrolled; no audit, no set-up */
	bool firmware_debug;  /* "UEFI Debug Mode" */
	bool dma_unprotected; /* "DMA Protection Disabled" */
	bool shim_insecure;   /* validation switched off in shim */
	uint16_t n_later;     /* events behind the separator */
	/* Digests of the events; zero where there was none. */
	uint8_t pk[SHA256_SIZE];
	uint8_t kek[SHA256_SIZE];
	uint8_t db[SHA256_SIZE];
	uint8_t dbx[SHA256_SIZE];
};

/* The state while events are fed in log order. */
struct secureboot_reader {
	struct secureboot facts;
	uint32_t n_events; /* in PCR 7 */
	bool separated;
	bool found;
	bool not_user; /* audit or set-up mode */
	uint8_t seen;  /* bit n: the nth variable of secureboot.c's list */
	bool bad;      /* state stays unknown; the first reason was told */
};

/*
 * Looks at events of PCR 7 and 14, which went through tcg_event_hash();
 * ERR_REFUSED when PCR 7 is not believable.
 */
MUST_CHECK int secureboot_event(struct secureboot_reader *s,
    const struct tcg_event *e, struct diag *d);
/* At the log's end. */
MUST_CHECK int secureboot_end(const struct secureboot_reader *s,
    struct secureboot *ret, struct diag *d);

#endif
