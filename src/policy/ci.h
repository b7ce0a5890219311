/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A code integrity policy: which files and kernel events a host's IMA list may
 * hold. Compiled it is flat and sorted, and is searched where it lies, without
 * a heap; doc/FORMAT.ci-policy has its bytes and its text. It travels as a
 * signed object (SIGNED_CI_POLICY).
 */
#ifndef POLICY_CI_H
#define POLICY_CI_H

#include "crypto/key.h"
#include "measure/ima.h"

#define CI_MAGIC      "SWCI"
#define CI_VERSION    1
#define CI_MAX        ((size_t)15 << 20) /* what a signed object holds */
#define CI_ROWS_MAX   400000
#define CI_PATH_MAX   4096
#define CI_REASON_MAX 256
#define CI_SIGNER_MAX 64   /* signers of one policy */
#define CI_EVENT_MAX  1024 /* events of one policy */
#define CI_RULE_MAX   4096 /* paths whose content may vary */
#define CI_KEYID_SIZE 4

enum ci_mode { CI_ENFORCED = 1, CI_AUDIT = 2 };

/* Digests that may name a file; SHA-1 may not: its collisions are cheap. */
enum ci_alg { CI_SHA256, CI_SHA384, CI_SHA512, CI_SM3, CI_ALGS };
enum hash_alg ci_hash(enum ci_alg alg);
/* CI_ALGS when files are not named by such digests. */
enum ci_alg ci_alg_of(enum hash_alg alg);

/* Rows of one size; a view into the compiled bytes. */
struct ci_table {
	struct bytes rows;
	size_t n;
	size_t row;
};

/* Views into the compiled bytes, whose owner outlives them. */
struct ci_policy {
	enum ci_mode mode;
	struct bytes name;
	struct ci_table signers;
	struct ci_table digests[CI_ALGS];
	struct ci_table paths; /* that digests are bound to */
	struct ci_table rules; /* paths whose content may vary */
	struct ci_table events;
	struct bytes strings;
};

/* Checks all of it: order, bounds, texts. Once per policy. */
MUST_CHECK int ci_open(struct bytes compiled, struct ci_policy *ret,
    struct diag *d);
/*
 * For bytes that ci_open() has passed and that nobody can change since: costs
 * nothing. Stays in bounds whatever they are.
 */
MUST_CHECK int ci_view(struct bytes compiled, struct ci_policy *ret,
    struct diag *d);
/* SHA-256 of the compiled bytes. */
void ci_id(struct bytes compiled, uint8_t ret[static SHA256_SIZE]);
const char *ci_mode_name(enum ci_mode mode); /* "enforced" */

/* The signers' keys, made once: a key costs more than a judgement. */
struct ci_keys {
	size_t n;
	struct {
		uint8_t keyid[CI_KEYID_SIZE];
		struct key *key;
	} list[CI_SIGNER_MAX];
};
/* Of those signers that the policy allows. */
MUST_CHECK int ci_keys_open(const struct ci_policy *p, struct ci_keys *ret,
    struct diag *d);
void ci_keys_free(struct ci_keys *keys);
#define auto_ci_keys CLEANUP(ci_keys_free)

enum ci_result {
	CI_UNKNOWN = 0,   /* no rule: refused. Zero is never allowed */
	CI_CHANGED,       /* refused: its path is bound to another digest */
	CI_BAD_SIGNATURE, /* refused: names a signer, does not verify, and
	                     nothing else allows it */
	CI_VIOLATION,     /* refused: written while it was measured */
	CI_NOT_A_FILE,    /* refused: an event that the policy does not name */
	CI_BY_SIGNER,     /* allowed, as all that follow */
	CI_BY_HASH,
	CI_BY_PATH,
	CI_BY_EVENT
};
bool ci_allows(enum ci_result r);
const char *ci_result_name(enum ci_result r); /* "changed" */

/*
 * Judges one entry of the list; the caller has proven that the list is what
 * PCR 10 says. boot_aggregate is allowed as the first entry only: whether it
 * is the right one is the caller's business.
 */
enum ci_result ci_judge(const struct ci_policy *p, const struct ci_keys *keys,
    const struct ima_entry *e);

/* The digest that this path is bound to; false when it is bound to none. */
bool ci_expected(const struct ci_policy *p, struct bytes path,
    enum ci_alg *ret_alg, struct bytes *ret_digest);

/*
 * Absolute and canonical: no empty step, no "." or "..", no NUL or newline. The
 * kernel writes none other, so none other can be meant (T45).
 */
bool ci_path_is_valid(struct bytes path);
/* Of a kernel event: printable ASCII without a space or '/'. */
bool ci_event_is_valid(struct bytes name);

/* --- one row each, for those who list them; false behind the last --- */

struct ci_signer {
	struct bytes name; /* NAME */
	uint8_t keyid[CI_KEYID_SIZE];
	bool allowed;
	struct bytes spki;
};
MUST_CHECK bool ci_signer_at(const struct ci_policy *p, size_t i,
    struct ci_signer *ret);

#define CI_NO_PATH UINT32_MAX
struct ci_digest {
	struct bytes digest;
	uint32_t path; /* row of `paths`, or CI_NO_PATH: at any path */
};
MUST_CHECK bool ci_digest_at(const struct ci_table *t, size_t i,
    struct ci_digest *ret);

struct ci_path {
	struct bytes path;
	uint32_t digest; /* the first of its digests, counted over all tables */
};
MUST_CHECK bool ci_path_at(const struct ci_policy *p, size_t i,
    struct ci_path *ret);

enum ci_rule_kind { CI_RULE_CONTENT = 1, CI_RULE_VIOLATION = 2 };
struct ci_rule {
	uint8_t kind;
	struct bytes path; /* ends with '/': each file of this folder */
	struct bytes reason;
};
MUST_CHECK bool ci_rule_at(const struct ci_policy *p, size_t i,
    struct ci_rule *ret);

struct ci_event {
	struct bytes name;
	bool any; /* else the content has this digest */
	uint8_t alg;
	struct bytes digest;
};
MUST_CHECK bool ci_event_at(const struct ci_policy *p, size_t i,
    struct ci_event *ret);

#endif
