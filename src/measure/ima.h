/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The measurement list of Linux's Integrity Measurement Architecture, as
 * securityfs shows it: binary_runtime_measurements and its twins of another
 * algorithm, and the ASCII form (doc/FORMAT.ima). Parsing decides nothing.
 * What an entry says is the host's word until ima_check() finds that the
 * logged digest is of it, and the PCR that ima_extend() makes is quoted.
 */
#ifndef MEASURE_IMA_H
#define MEASURE_IMA_H

#include "base/err.h"
#include "crypto/hash.h"

#define IMA_PCR               10
#define IMA_TEMPLATE_DATA_MAX ((size_t)1 << 20) /* of one entry */
#define IMA_TEMPLATE_NAME_MAX 255
#define IMA_NAME_MAX          4096
#define IMA_FIELDS_MAX        15
#define IMA_LINE_MAX          (3 * IMA_TEMPLATE_DATA_MAX)
/* "ima", the first template, hashes a name that is padded to 256 bytes. */
#define IMA_OLD_NAME_SIZE 256
#define IMA_OLD_DATA_SIZE (20 + IMA_OLD_NAME_SIZE)

enum ima_form { IMA_BINARY, IMA_ASCII };

/*
 * The fields that an entry has. A custom template may have neither file digest
 * nor name: who judges by them asks for them here.
 */
enum ima_field_bit {
	IMA_F_DIGEST = 1 << 0,
	IMA_F_NAME = 1 << 1,
	IMA_F_SIG = 1 << 2,
	IMA_F_BUF = 1 << 3,
	IMA_F_MODSIG_DIGEST = 1 << 4,
	IMA_F_MODSIG = 1 << 5,
	IMA_F_EVMSIG = 1 << 6,
	IMA_F_UID = 1 << 7,
	IMA_F_GID = 1 << 8,
	IMA_F_MODE = 1 << 9,
	IMA_F_XATTR_NAMES = 1 << 10,
	IMA_F_XATTR_LENGTHS = 1 << 11,
	IMA_F_XATTR_VALUES = 1 << 12
};

/* A digest with the name of its algorithm, as the fields d-ng have it. */
struct ima_digest {
	struct bytes alg_name; /* "sha256"; empty in the old field "d" */
	bool known;            /* alg is set: one of ours */
	enum hash_alg alg;
	bool verity; /* of fs-verity's descriptor, not of the contents */
	struct bytes value;
};

/* All views point into the window, or into the iterator (see ima_next()). */
struct ima_entry {
	uint64_t index; /* from the list's first entry on */
	size_t offset;  /* in the window */
	struct bytes raw;
	uint32_t pcr;
	enum hash_alg template_alg;   /* of the list */
	bool violation;               /* the logged digest is all zero */
	bool template_ok;             /* set by ima_check() */
	struct bytes template_digest; /* as logged */
	struct bytes template_name;   /* "ima-sig", or a custom format's text */
	struct bytes template_data;   /* what is hashed */
	uint32_t fields;              /* IMA_F_* */
	struct ima_digest digest;     /* of the file or buffer */
	struct bytes name;            /* path or event, without its NUL */
	struct bytes sig;             /* security.ima; empty: none */
	struct bytes buf;             /* see measure/ima_event.h */
	struct ima_digest modsig_digest;
	struct bytes modsig; /* appended signature of a module, PKCS#7 */
	struct bytes evmsig; /* security.evm */
	uint32_t uid, gid;
	uint16_t mode;
	struct bytes xattr_names;   /* "security.ima|security.selinux" */
	struct bytes xattr_lengths; /* 32 bits each, little-endian */
	struct bytes xattr_values;
};

/* Where the data of ASCII entries are put together. */
struct ima_scratch {
	uint8_t p[IMA_TEMPLATE_DATA_MAX];
};

struct ima_field;

struct ima_template {
	bool old; /* "ima": no lengths in it */
	size_t name_len;
	uint8_t name[IMA_TEMPLATE_NAME_MAX];
	size_t n_fields;
	const struct ima_field *fields[IMA_FIELDS_MAX];
};

struct ima_iter {
	enum ima_form form;
	enum hash_alg template_alg;
	struct bytes window;
	size_t off; /* of the next entry */
	uint64_t next;
	struct ima_scratch *scratch;
	struct ima_template template; /* of the entry before */
	uint8_t old[IMA_OLD_DATA_SIZE];
	uint8_t text_digest[HASH_SIZE_MAX];
};

/*
 * template_alg: of the logged digests; SHA-1 but in files that name another.
 * The first entry of the window has the index first_index; a caller that
 * streams starts again with what ERR_SHORT left and more behind it.
 */
void ima_iter_start(struct ima_iter *it, enum ima_form form,
    enum hash_alg template_alg, struct bytes window, uint64_t first_index);
/* ASCII lists need it, binary ones do not. */
void ima_iter_scratch(struct ima_iter *it, struct ima_scratch *scratch);
/*
 * ERR_OK; ERR_NOT_FOUND at the window's end; ERR_SHORT when the window ends
 * inside the entry at it->off, which may be no error where more is to come (a
 * line of text ends with its newline); any other error: malformed at it->off.
 * The views of *ret hold until the next call. On errors nothing is moved.
 */
MUST_CHECK int ima_next(struct ima_iter *it, struct ima_entry *ret,
    struct diag *d);

/*
 * Sets template_ok: the list's algorithm over the data gives the logged
 * digest. A violation has no digest, its data are covered by nothing, and it
 * is never ok: only that it happened is evidence.
 */
void ima_check(struct ima_entry *e);
/*
 * pcr (hash_size(bank) bytes, all zero at boot) becomes what the kernel makes
 * it (5.8 and later: each bank gets the digest of its own algorithm). Logged
 * digests are not believed: an entry whose data were changed makes another
 * value in every bank.
 */
void ima_extend(enum hash_alg bank, const struct ima_entry *e, uint8_t *pcr);

/*
 * The list's first entry is "boot_aggregate" and holds the digest of PCR 0 and
 * on: to 9, or to 7 in the SHA-1 bank. pcrs: the values of alg's bank, one
 * behind the other, as many as that takes or more.
 */
MUST_CHECK int ima_boot_aggregate_check(const struct ima_entry *e,
    enum hash_alg alg, struct bytes pcrs, struct diag *d);

/* "sha256" and the like as the kernel writes them; false: none of ours. */
MUST_CHECK bool ima_hash_alg(struct bytes name, enum hash_alg *ret);

#endif
