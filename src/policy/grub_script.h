/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands that GRUB executes of a script: functions, conditions and the
 * entries of a menu. What a command's words come to and whether it succeeds,
 * the caller says; nothing is executed here.
 */
#ifndef POLICY_GRUB_SCRIPT_H
#define POLICY_GRUB_SCRIPT_H

#include "policy/grub_command.h"

#define GRUB_FUNCTIONS_MAX 64
#define GRUB_ENTRIES_MAX   256
#define GRUB_DEPTH_MAX     16

/* A menuentry or submenu that was executed, which makes it one of the menu. */
struct grub_entry {
	bool submenu;
	struct bytes id; /* p NULL: none */
	struct bytes title;
	struct bytes arguments; /* the title and what stands behind it */
	struct bytes body;
};

struct grub_script;

struct grub_script_ops {
	/* c NULL: the text is given. *ret_end: GRUB executed no more. */
	int (*command)(void *ctx, const struct grub_command *c,
	    struct bytes given, struct grub_words *ret, bool *ret_end,
	    struct diag *d);
	/* Whether the last command succeeded. */
	int (*condition)(void *ctx, bool *ret, struct diag *d);
	/* Around a function's body and an entry's: other "$1". */
	void (*enter)(void *ctx, bool menu);
	void (*leave)(void *ctx);
	int (*default_entry)(void *ctx, struct bytes *ret, struct diag *d);
};

struct grub_script {
	const struct grub_script_ops *ops;
	void *ctx;
	struct bytes cfg;
	struct grub_memory *memory;
	bool ended;
	unsigned depth;
	size_t n_functions;
	struct {
		struct bytes name;
		struct bytes body;
	} functions[GRUB_FUNCTIONS_MAX];
	size_t n_entries;
	struct grub_entry entries[GRUB_ENTRIES_MAX];
};

/*
 * All of cfg, then the menu's default entry. ERR_REFUSED: it has what cannot be
 * followed; else what ops return.
 */
MUST_CHECK int grub_script_run(struct grub_script *s, struct diag *d);
bool grub_script_has_function(const struct grub_script *s, struct bytes name);

#endif
