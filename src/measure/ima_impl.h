/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the IMA list share: templates, and both ways to write the
 * data of one.
 */
#ifndef MEASURE_IMA_IMPL_H
#define MEASURE_IMA_IMPL_H

#include "measure/ima.h"

#define IMA_SHA1_SIZE 20

/* How a field is written as text; how it is in the data follows from it. */
enum ima_text {
	IMA_TEXT_DIGEST,     /* hex */
	IMA_TEXT_DIGEST_ALG, /* "sha256:" hex, "verity:sha256:" hex */
	IMA_TEXT_STRING,
	IMA_TEXT_HEX,
	IMA_TEXT_UINT16, /* decimal */
	IMA_TEXT_UINT32
};

struct ima_field {
	const char *id; /* "d-ng" */
	enum ima_field_bit bit;
	enum ima_text text;
	int (*take)(struct bytes in, struct ima_entry *e, struct diag *d);
};

/* NULL: there is none of this name. */
const struct ima_field *ima_field_find(struct bytes id);
/* A digest and a name with its NUL, of the template "ima". */
MUST_CHECK int ima_field_old(struct bytes digest, struct bytes name,
    struct ima_entry *e, struct diag *d);

/* One of the built-in names, or a format of fields joined by '|'. */
MUST_CHECK int ima_template_parse(struct bytes name, struct ima_template *ret,
    struct diag *d);
/* Fills the entry's fields from its template_data, all of which are used. */
MUST_CHECK int ima_template_read(const struct ima_template *t,
    struct ima_entry *e, struct diag *d);
/* The template "ima": the digest, and the name without its padding. */
MUST_CHECK int ima_template_read_old(struct bytes digest, struct bytes name,
    uint8_t data[static IMA_OLD_DATA_SIZE], struct ima_entry *e,
    struct diag *d);

/* The line at it->off; template and data are set, the fields are not. */
MUST_CHECK int ima_read_ascii(struct ima_iter *it, struct ima_entry *e,
    struct diag *d);
/* it->template becomes the one of this name. */
MUST_CHECK int ima_use_template(struct ima_iter *it, struct bytes name,
    struct diag *d);

#endif
