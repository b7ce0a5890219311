/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shield's evidence commands as main() has them, in this process: what they
 * print is kept, so that a sanitizer sees all that a hostile file does.
 */
#ifndef TESTS_CTL_SHIELD_RUN_H
#define TESTS_CTL_SHIELD_RUN_H

#include <jansson.h>

#include "ctl/shield/commands.h"
#include "t.h"

static const struct command run_commands[] = {
	{ "evidence", "show", "FILE", evidence_show_options, "",
	    cmd_evidence_show },
	{ "evidence", "verify", "[FILE]", evidence_verify_options, "",
	    cmd_evidence_verify },
};
static const struct program run_program = { "shield", "", run_commands,
	ARRAY_LEN(run_commands) };

struct ran {
	int code;
	char *out;
	size_t n;
	char *err;
};

static inline char *
run_take(const char *path, size_t *ret_n)
{
	uint8_t *p = t_read_file(path, ret_n);
	char *text = calloc(1, *ret_n + 1);

	if (text == NULL)
		t_bail("out of memory");
	memcpy(text, p, *ret_n);
	free(p);
	(void)unlink(path);
	return text;
}

static inline int
run_redirect(int fd, char *path)
{
	int file = mkstemp(path), old = dup(fd);

	if (file < 0 || old < 0 || dup2(file, fd) < 0)
		t_bail("cannot redirect");
	(void)close(file);
	return old;
}

static inline void
run_back(int fd, int old)
{
	if (dup2(old, fd) < 0)
		t_bail("cannot redirect");
	(void)close(old);
}

/* words: separated by single blanks. */
static inline struct ran
run(const char *words)
{
	char out[] = "/tmp/shield.out.XXXXXX", err[] = "/tmp/shield.err.XXXXXX";
	char *copy = strdup(words),
	     *argv[64] = { (char *)(uintptr_t) "shield" };
	int argc = 1, old_out, old_err;
	struct ran r = { 0 };
	size_t ignored;

	if (copy == NULL)
		t_bail("out of memory");
	for (char *word = copy; *word != '\0' && argc < 63;) {
		size_t n = strcspn(word, " ");

		if (n > 0)
			argv[argc++] = word;
		word += n;
		while (*word == ' ')
			*word++ = '\0';
	}
	(void)fflush(stdout);
	(void)fflush(stderr);
	old_out = run_redirect(1, out);
	old_err = run_redirect(2, err);
	r.code = cli_main(&run_program, argc, argv);
	(void)fflush(stdout);
	(void)fflush(stderr);
	run_back(1, old_out);
	run_back(2, old_err);
	r.out = run_take(out, &r.n);
	r.err = run_take(err, &ignored);
	free(copy);
	return r;
}

static inline void
ran_free(struct ran *r)
{
	free(r->out);
	free(r->err);
	*r = (struct ran){ 0 };
}

/* Printable ASCII and newlines: nothing that a terminal would obey. */
static inline bool
ran_is_tame(const struct ran *r)
{
	const char *texts[] = { r->out, r->err };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		for (const char *p = texts[i]; *p != '\0'; p++)
			if (*p != '\n' && (*p < 0x20 || *p > 0x7e))
				return false;
	return strlen(r->out) == r->n;
}

static inline bool
ran_says(const struct ran *r, const char *words)
{
	return strstr(r->out, words) != NULL || strstr(r->err, words) != NULL;
}

#endif
