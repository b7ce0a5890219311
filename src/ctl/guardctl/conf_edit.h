/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Setting keys in the text of a configuration file, so that everything else,
 * comments too, stays as its administrator wrote it. A pure function of bytes.
 */
#ifndef CTL_GUARDCTL_CONF_EDIT_H
#define CTL_GUARDCTL_CONF_EDIT_H

#include "base/buf.h"

#define CONF_EDITS_MAX 8

struct conf_edit {
	const char *section;
	const char *key;
	const char *value; /* without newline */
};

/*
 * Appends the new text: a key that is there gets its value where it stands,
 * others go to the end of their section, which is made if need be. old is
 * text that conf_parse() accepts.
 */
MUST_CHECK int conf_edit(struct bytes old, const struct conf_edit *edits,
    size_t n, struct buf *ret, struct diag *d);

#endif
