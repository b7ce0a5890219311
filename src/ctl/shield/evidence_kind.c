/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a file is, told by asking each reader for its first bytes: there is no
 * list of magic numbers beside the readers' own.
 */
#include <string.h>

#include "crypto/cert_words.h"
#include "crypto/pem.h"
#include "ctl/shield/evidence.h"
#include "measure/ima.h"
#include "measure/tcglog.h"
#include "tpm/attest_any.h"
#include "tpm/public.h"

static const struct {
	const char *word; /* of --format */
	const char *name;
} kinds[FILE_KINDS] = {
	[FILE_UNKNOWN] = { "auto", "nothing that is known here" },
	[FILE_BUNDLE] = { "bundle", "an evidence bundle" },
	[FILE_TCG] = { "tcg", "a boot log" },
	[FILE_IMA] = { "ima", "an IMA list" },
	[FILE_IMA_ASCII] = { "ima-ascii", "an IMA list in text" },
	[FILE_QUOTE] = { "quote", "a TPM's statement" },
	[FILE_EK] = { "ek", "a certificate" },
	[FILE_PUBLIC] = { "public", "a TPM key's public area" },
	[FILE_ENROLMENT] = { "enrolment", "an enrolment file" },
};

const char *
file_kind_name(enum file_kind k)
{
	return kinds[k].name;
}

enum file_kind
file_kind_parse(const char *word)
{
	for (unsigned k = 0; k < FILE_KINDS; k++)
		if (strcmp(kinds[k].word, word) == 0)
			return (enum file_kind)k;
	return FILE_KINDS;
}

static bool
starts(struct bytes head, const char *magic)
{
	size_t n = strlen(magic);

	return head.len >= n && bytes_equal_text(bytes_of(head.p, n), magic);
}

static bool
is_public(struct bytes head)
{
	struct tpm_public p;

	return head.len <= TPM_PUBLIC_MAX + 2 &&
	    tpm_public_parse(public_area(head), &p, NULL) == ERR_OK;
}

/* A list's first entry is read, whatever the algorithm of its digests. */
static bool
is_ima(struct bytes head, enum ima_form form)
{
	static const enum hash_alg algs[] = { HASH_SHA1, HASH_SHA256,
		HASH_SHA384, HASH_SHA512 };
	auto_free struct ima_scratch *scratch = malloc(sizeof(*scratch));
	struct ima_iter it;
	struct ima_entry e;

	if (scratch == NULL)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
		ima_iter_start(&it, form, algs[i], head, 0);
		ima_iter_scratch(&it, scratch);
		if (ima_next(&it, &e, NULL) == ERR_OK && e.pcr < PCR_COUNT)
			return true;
	}
	return false;
}

/* A list of one line may lack the newline that ends it. */
static bool
is_ima_text(struct bytes head)
{
	auto_buf struct buf line = BUF_INIT(4 * IMA_TEMPLATE_DATA_MAX);
	const uint8_t *end =
	    head.len == 0 ? NULL : memchr(head.p, '\n', head.len);

	if (end != NULL)
		head.len = (size_t)(end - head.p);
	return buf_put(&line, head) && buf_put_u8(&line, '\n') &&
	    is_ima(buf_bytes(&line), IMA_ASCII);
}

/* The old form has no magic: its first event must be of a known type. */
static bool
is_tcg(struct bytes head)
{
	struct tcglog_iter it;
	struct tcglog log;
	struct tcg_event e;
	char other[24];

	if (tcglog_open_limited(head, &tcglog_any, &log, NULL) < 0)
		return false;
	if (!log.legacy)
		return true;
	it = tcglog_iter(&log);
	return tcglog_next(&it, &e, NULL) == ERR_OK &&
	    (e.pcr < PCR_COUNT || e.type == EV_NO_ACTION) &&
	    tcg_event_type_name(e.type, other, sizeof(other)) != other;
}

enum file_kind
file_kind_find(struct bytes head)
{
	struct cert_words words;

	if (starts(head, "SWEV"))
		return FILE_BUNDLE;
	if (starts(head, "SWEN"))
		return FILE_ENROLMENT;
	if (attest_any_is(head))
		return FILE_QUOTE;
	if (starts(head, "-----BEGIN CERTIFICATE-----") ||
	    (starts(head, "\x30") &&
		cert_words_read(head, &words, NULL) == ERR_OK))
		return FILE_EK;
	if (is_public(head))
		return FILE_PUBLIC;
	if (is_ima(head, IMA_BINARY))
		return FILE_IMA;
	if (is_ima_text(head))
		return FILE_IMA_ASCII;
	if (is_tcg(head))
		return FILE_TCG;
	return FILE_UNKNOWN;
}
