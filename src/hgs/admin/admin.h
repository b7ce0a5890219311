/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hgs-admin: carries out the administrators' commands. It holds no key; what
 * it may change is in hgs-store's permit table.
 */
#ifndef HGS_ADMIN_ADMIN_H
#define HGS_ADMIN_ADMIN_H

#include "proto/hgs.h"
#include "proto/records.h"
#include "json/answer.h"
#include "json/json.h"

#define ADMIN_FILE_MAX   ((size_t)2 << 20) /* unless the command says more */
#define ADMIN_CALL_MS    5000
#define RELOAD_CALL_MS   5000
#define METADATA_CALL_MS 20000

struct admin {
	int store_fd;
	int attest_fd;
	int key_fd;
	int control_fd;
	int monitor_fd;
	const char *url;
	uint64_t started;
};

enum role { ROLE_NOBODY, ROLE_REVIEWER, ROLE_ADMINISTRATOR };

/* One command: who asks for what. */
struct request {
	enum role role;
	char actor[32]; /* "uid 0" */
	const char *command;
	const struct json *args;
	struct buf file; /* contents of FILE, or empty */
	bool has_file;
	uint64_t now;
};

/* The text of an argument; NULL and ERR_USAGE when it is missing. */
MUST_CHECK int request_text(const struct request *q, const char *key,
    struct bytes *ret, struct diag *d);
/* The same, checked as a name (T60). */
MUST_CHECK int request_name(const struct request *q, const char *key,
    struct bytes *ret, struct diag *d);
bool request_flag(const struct request *q, const char *key);

typedef int (*admin_fn)(struct admin *a, const struct request *q,
    struct answer *ret, struct diag *d);

struct admin_command {
	const char *name;    /* "host add" */
	const char *args[6]; /* that may be given; "FILE" is the file */
	bool changes;        /* administrators only, and audited */
	admin_fn run;
	size_t file_max; /* 0: ADMIN_FILE_MAX */
};

/* Each cmd_*.c has its own; NULL name at the end. */
extern const struct admin_command host_commands[];
extern const struct admin_command baseline_commands[];
extern const struct admin_command ci_commands[];
extern const struct admin_command policy_commands[];
extern const struct admin_command service_commands[];
extern const struct admin_command vm_commands[];
extern const struct admin_command audit_commands[];

/* Every row below a prefix; a callback's error ends the walk. */
typedef int (*row_fn)(void *user, struct bytes name,
    const struct store_row *row, struct diag *d);
MUST_CHECK int each_row(const struct admin *a, const char *prefix, row_fn fn,
    void *user, struct diag *d);

/* By which one of these the hosts' last attestations passed: how many did. */
enum used { USED_BASELINE, USED_CI };
MUST_CHECK int hosts_by(const struct admin *a, enum used used,
    struct bytes name, unsigned *ret, struct diag *d);

/*
 * One baseline more than hgs-attest can hold would end every attestation.
 */
MUST_CHECK int baseline_check_room(const struct admin *a, struct diag *d);

/* "-" for none. */
const char *time_text(uint64_t t, char ret[static 24]);

#endif
