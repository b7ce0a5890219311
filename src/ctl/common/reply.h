/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer of a command: lines for people, data for programs, what changed
 * and how to undo it, reasons of a refusal. Everything is escaped where it is
 * printed, so handlers pass outside strings as they are.
 */
#ifndef CTL_COMMON_REPLY_H
#define CTL_COMMON_REPLY_H

#include "ctl/common/cli.h"

/* One line of text output (also "lines" in JSON is not printed: data is). */
void reply_line(struct cli *cli, const char *fmt, ...) PRINTF(2, 3);
/*
 * One line at once, of a command that takes its time; none with --json or -q.
 */
void reply_progress(const struct cli *cli, const char *fmt, ...) PRINTF(2, 3);
/* Moves v (a new reference, may be NULL) to data.KEY. */
void reply_data(struct cli *cli, const char *key, struct json_t *v);
/* The same from JSON text, as json/json.h writes it. */
MUST_CHECK int reply_data_json(struct cli *cli, const char *key,
    struct bytes text, struct diag *d);
void reply_data_text(struct cli *cli, const char *key, const char *v);
void reply_data_number(struct cli *cli, const char *key, uint64_t v);
/* What a mutating command changed, and the command that undoes it or NULL. */
void reply_changed(struct cli *cli, const char *undo, const char *fmt, ...)
    PRINTF(3, 4);
/*
 * One reason of a refusal, beside diag's: {code, expected, got, remedy, ...};
 * reference is moved.
 */
void reply_reason(struct cli *cli, struct json_t *reason);

/*
 * An answer that is too long to be kept. reply_flush() prints the lines so far,
 * or drops them with --json, where data stands in their place: reply_item()
 * writes one more element of data.events, before all else.
 */
void reply_flush(struct cli *cli);
void reply_item(struct cli *cli, struct bytes json);

/* Prints the whole answer, for result r with reason d: cli_main() calls it. */
void reply_print(struct cli *cli, int r, const struct diag *d);

#endif
