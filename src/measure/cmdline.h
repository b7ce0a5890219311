/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel command line. Its text comes beside the log; it is evidence only
 * where its hash, in the encoding of whoever measured it, equals a digest at
 * a place that the baseline names. The words that the log puts beside a digest
 * ("kernel_cmdline:") are no evidence.
 */
#ifndef MEASURE_CMDLINE_H
#define MEASURE_CMDLINE_H

#include "base/err.h"
#include "base/field.h"
#include "crypto/hash.h"
#include "measure/tcglog.h"

#define CMDLINE_MAX 4096

struct cmdline_bind {
	bool bound;
	uint32_t nth; /* event within its PCR, from 0 */
};

struct cmdline_facts {
	bool present;
	bool bound; /* at one place at least */
	uint8_t
	    digest[SHA256_SIZE]; /* of the text as cmdline_text() gives it */
	struct cmdline_bind load_options; /* PCR 9: EFI stub, UTF-16LE, NUL */
	struct cmdline_bind uki_section;  /* PCR 11: content of .cmdline */
	struct cmdline_bind grub;         /* PCR 8: without "BOOT_IMAGE=" */
};
extern const struct fields cmdline_bind_fields;
extern const struct fields cmdline_facts_fields;

/* The part's text without one newline at its end; printable ASCII only. */
MUST_CHECK int cmdline_text(struct bytes part, struct bytes *ret,
    struct diag *d);

/* Digests that the text would have, made once. */
struct cmdline_matcher {
	struct cmdline_facts facts;
	uint8_t load_options[SHA256_SIZE];
	uint8_t section[3][SHA256_SIZE]; /* bare, with NUL, with newline */
	bool has_grub;                   /* GRUB puts "BOOT_IMAGE=" first */
	uint8_t grub[SHA256_SIZE];
	uint32_t n[3];       /* events so far in PCR 8, 9, 11 */
	bool uki_broken;     /* PCR 11 is not systemd-stub's pairs */
	bool uki_is_cmdline; /* the next PCR 11 event is its content */
};
void cmdline_matcher_start(struct cmdline_matcher *m, struct bytes text);
/* Feeds one event, in log order. */
void cmdline_matcher_event(struct cmdline_matcher *m,
    const struct tcg_event *e);

/* The section of a UKI whose name systemd-stub measures so; NULL: none. */
const char *uki_section_name(struct bytes digest);

/*
 * Walks the arguments: quotes as the kernel does. False at the end or where a
 * quote is not closed (then *ret_bad is true).
 */
bool cmdline_next(struct bytes *rest, struct bytes *ret_arg, bool *ret_bad);
/* At least one letter, digit or one of these signs, and nothing else. */
bool cmdline_is_plain(struct bytes value, const char *signs);
/* An argument of a template whose value is left open: "name=*". */
bool cmdline_is_open(struct bytes arg);
/* "name" and "value" of "name=value"; value has p NULL when there is none. */
void cmdline_split(struct bytes arg, struct bytes *ret_name,
    struct bytes *ret_value);
/*
 * Argument by argument: same number, same order, equal. A template's argument
 * that ends in "=*" takes any value of [A-Za-z0-9._:/,+-].
 */
MUST_CHECK int cmdline_match(struct bytes template, struct bytes text,
    struct diag *d);

#endif
