/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What GRUB will execute of a new grub.cfg, by what a boot with the old one
 * measured in PCR 8. The old file's commands are laid beside the boot's events:
 * each text must hash to its event's digest, which shows how conditions went
 * and what variables were. The new file's commands are laid beside the old
 * ones: as many, with the same names, and no result that cannot be known.
 */
#ifndef POLICY_GRUB_FOLLOW_H
#define POLICY_GRUB_FOLLOW_H

#include "crypto/hash.h"
#include "policy/grub_journal.h"
#include "policy/grub_script.h"

#define GRUB_COMMANDS_MAX  1024
#define GRUB_CFG_MAX       ((size_t)1 << 20)
#define GRUB_MEMORY        ((size_t)3 << 20)
#define GRUB_CHOICES_MAX   128
#define GRUB_OVERRIDES_MAX 64
#define GRUB_CMDLINE_MAX   4096

struct grub_event {
	uint8_t digest[SHA256_SIZE];
	struct bytes text; /* that has this digest; p NULL: not known */
};

struct grub_step {
	struct bytes source; /* BYTES_NONE: not of a file's command */
	struct bytes text;
	int held;     /* as a condition; -1: not known */
	bool cmdline; /* the text of linux once more, without its name */
};

/* Variables that are not what they were with the old file. */
struct grub_override {
	struct bytes name;
	struct bytes value; /* p NULL: not known */
};

struct grub_outcome {
	size_t first; /* event */
	size_t n;
	struct grub_event
	    events[GRUB_COMMANDS_MAX]; /* text p NULL: as it was */
	size_t cmdline_len;
	uint8_t cmdline[GRUB_CMDLINE_MAX]; /* of linux, if it is another one */
};

/* About 4 MiB, the caller's; zero but for the events. */
struct grub_follow {
	size_t n_events;
	struct grub_event events[GRUB_COMMANDS_MAX];
	struct grub_outcome outcome; /* text: only whether p is NULL */

	/* Of one way to lay the old file beside the events. */
	size_t first, n;
	struct grub_step steps[GRUB_COMMANDS_MAX];
	struct grub_journal journal;
	size_t n_choices, n_made;
	bool choices[GRUB_CHOICES_MAX];
	unsigned fuel;
	size_t furthest;
	struct diag furthest_why;

	/* Of the new file beside it. */
	size_t at;
	size_t n_overrides;
	struct grub_override overrides[GRUB_OVERRIDES_MAX];
	bool last_changed, frame_changed;
	size_t depth;
	bool frames[GRUB_DEPTH_MAX + 1];
	struct grub_outcome next;

	struct grub_values values;
	struct grub_script script;
	struct grub_memory memory;
	uint8_t bytes[GRUB_MEMORY];
};

/* ERR_REFUSED: what GRUB will execute cannot be known; d has why. */
MUST_CHECK int grub_follow(struct grub_follow *f, struct bytes old_cfg,
    struct bytes new_cfg, struct diag *d);

/* The new file beside the old one's steps, to f->next. */
MUST_CHECK int grub_foresee(struct grub_follow *f, struct bytes cfg,
    struct diag *d);
/* When no words could be made: the first one of the text. */
void grub_words_of_text(struct bytes text, struct grub_words *ret);
/* "setparams" and what an entry was defined with. */
MUST_CHECK bool grub_setparams(struct grub_memory *m, struct bytes arguments,
    struct grub_words *ret);

#endif
