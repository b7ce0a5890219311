/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What /etc/default/grub and its drop-ins make of the command line. They are
 * shell scripts; only assignments to the two variables are followed, with
 * quotes, continued lines and references to the two. A value that takes a
 * shell to know is refused with file and line. A pure function of bytes.
 */
#ifndef CTL_GUARDCTL_GRUB_CONF_H
#define CTL_GUARDCTL_GRUB_CONF_H

#include "base/buf.h"

#define GRUB_VALUE_MAX 4096

enum grub_variable {
	GRUB_LINUX,         /* GRUB_CMDLINE_LINUX: of every entry */
	GRUB_LINUX_DEFAULT, /* GRUB_CMDLINE_LINUX_DEFAULT: of normal ones */
	GRUB_VARIABLES
};

struct grub_conf {
	struct buf value[GRUB_VARIABLES];
};

#define GRUB_CONF_INIT                            \
	{                                         \
		.value = {                        \
			BUF_INIT(GRUB_VALUE_MAX), \
			BUF_INIT(GRUB_VALUE_MAX)  \
		}                                 \
	}

void grub_conf_free(struct grub_conf *g);
#define auto_grub_conf CLEANUP(grub_conf_free)

/* The next file, in the order in which grub-mkconfig reads them. */
MUST_CHECK int grub_conf_read(struct grub_conf *g, const char *file,
    struct bytes text, struct diag *d);
/* Appends the command line of a normal entry, without root= and the like. */
MUST_CHECK int grub_conf_words(const struct grub_conf *g, struct buf *ret,
    struct diag *d);

/*
 * Whether the first entry of grub.cfg that starts Linux has each of the words:
 * update-grub writes all of them at once. A text without an entry has none.
 */
bool grub_cfg_has(struct bytes grub_cfg, const char *const *words, size_t n);

#endif
