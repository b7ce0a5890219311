/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ci scan: the text of a policy that allows what a machine has now.
 */
#include "ctl/guardctl/ci_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/text.h"
#include "crypto/x509.h"
#include "ctl/common/reply.h"
#include "ctl/guardctl/ci_file.h"
#include "ctl/guardctl/ci_journal.h"
#include "ctl/guardctl/ci_merge.h"
#include "ctl/guardctl/commands.h"
#include "measure/ima_signature.h"
#include "policy/ci_text.h"

#define JOBS_MAX        64
#define PROGRESS_SECOND 2
#define PATH_LONG       4200

enum level { LEVEL_HASH = 1, LEVEL_PATH = 2, LEVEL_SIGNER = 4 };

struct scan {
	struct cli *cli;
	unsigned levels;
	const char *out;
	const char *name;
	const char *mode;
	char journal_path[PATH_LONG];
	int root_fd;
	size_t n_signers;
	struct ci_scan_signer signers[CI_SIGNER_MAX];
	struct ci_files files;
	struct ci_journal journal;
	time_t said;
	size_t n_signed, n_unsigned; /* signed; left out by level signer */
};

static void
scan_free(struct scan *s)
{
	for (size_t i = 0; i < s->n_signers; i++) {
		key_free(s->signers[i].key);
		buf_free(&s->signers[i].cert);
	}
	ci_files_free(&s->files);
	ci_journal_close(&s->journal);
	close_p(&s->root_fd);
}

/* --- what is asked ---------------------------------------------------------*/

static int
parse_level(const char *text, unsigned *ret, struct diag *d)
{
	static const struct {
		const char *text;
		unsigned levels;
	} known[] = { { "hash", LEVEL_HASH }, { "path", LEVEL_PATH },
		{ "signer", LEVEL_SIGNER },
		{ "signer,hash", LEVEL_SIGNER | LEVEL_HASH },
		{ "signer,path", LEVEL_SIGNER | LEVEL_PATH } };

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(text, known[i].text) == 0) {
			*ret = known[i].levels;
			return ERR_OK;
		}
	return diag_fail(d, ERR_USAGE,
	    "--level: signer, hash, path, signer,hash or signer,path");
}

static int
read_signer(struct scan *s, const char *file, struct diag *d)
{
	struct ci_scan_signer *to = &s->signers[s->n_signers];
	struct cert cert;
	int r;

	if (s->n_signers == CI_SIGNER_MAX)
		return diag_fail(d, ERR_USAGE, "--signer: more than %d",
		    CI_SIGNER_MAX);
	to->cert = (struct buf)BUF_INIT(CERT_MAX);
	to->key = NULL;
	s->n_signers++;
	if ((r = ci_read_cert(s->cli, file, &to->cert, d)) < 0)
		return r;
	if ((r = cert_parse(buf_bytes(&to->cert), &cert, d)) < 0 ||
	    (r = cert_public_key(&cert, &to->key, d)) < 0 ||
	    (r = ima_key_id(&cert, to->keyid, d)) < 0)
		diag_prefix(d, "%s", file);
	return r;
}

static int
read_options(struct scan *s, struct diag *d)
{
	const char *level = cli_option(s->cli, "level"), *file;
	int r;

	s->out = cli_option(s->cli, "o");
	s->name = cli_option(s->cli, "name");
	s->mode = cli_option(s->cli, "mode");
	if (s->name == NULL)
		s->name = "scan";
	if (s->mode == NULL)
		s->mode = "enforced";
	if (strcmp(s->mode, "enforced") != 0 && strcmp(s->mode, "audit") != 0)
		return diag_fail(d, ERR_USAGE, "--mode: enforced or audit");
	if ((r = name_check("--name", bytes_of_text(s->name), d)) < 0)
		return ERR_USAGE;
	if ((r = parse_level(level != NULL ? level : "signer,hash", &s->levels,
		 d)) < 0)
		return r;
	for (size_t i = 0; r == ERR_OK; i++) {
		file = cli_option_at(s->cli, "signer", i);
		if (file == NULL)
			break;
		r = read_signer(s, file, d);
	}
	if (r == ERR_OK && s->n_signers != 0 && !(s->levels & LEVEL_SIGNER))
		r = diag_fail(d, ERR_USAGE, "--signer: not with this --level");
	if (r == ERR_OK && s->n_signers == 0 && s->levels == LEVEL_SIGNER)
		r = diag_fail(d, ERR_USAGE, "--level signer: which --signer");
	return r;
}

/* A name that is taken is said before an hour's work. */
static int
check_output(struct scan *s, struct diag *d)
{
	struct stat st;

	if (s->out == NULL || strcmp(s->out, "-") == 0) {
		s->out = NULL;
		if (cli_flag(s->cli, "resume"))
			return diag_fail(d, ERR_USAGE,
			    "--resume: with -o FILE");
		return ERR_OK;
	}
	if (lstat(s->out, &st) == 0)
		return diag_refuse(d, REASON_AlreadyExists, "%s: is there",
		    s->out);
	if ((size_t)snprintf(s->journal_path, sizeof(s->journal_path),
		"%s.journal", s->out) >= sizeof(s->journal_path))
		return diag_fail(d, ERR_LIMIT, "%s: path too long", s->out);
	return ERR_OK;
}

/* What a journal's digests depend on. */
static void
options_digest(const struct scan *s, uint8_t ret[static SHA256_SIZE])
{
	auto_buf struct buf b = BUF_INIT(4 * CI_SIGNER_MAX * CERT_MAX);

	(void)buf_put_text(&b, s->cli->root);
	(void)buf_put_u8(&b, cli_flag(s->cli, "all-files") ? 1 : 0);
	for (size_t i = 0; i < s->n_signers; i++)
		(void)buf_put_be32_blob(&b, buf_bytes(&s->signers[i].cert));
	sha256(buf_bytes(&b), ret);
}

/* --- the files -------------------------------------------------------------*/

static void
progress(void *user, size_t done, size_t n)
{
	struct scan *s = user;
	time_t now = time(NULL);

	if (s->out == NULL || now < s->said + PROGRESS_SECOND ||
	    (!s->cli->verbose && !isatty(STDOUT_FILENO)))
		return;
	s->said = now;
	reply_progress(s->cli, "%zu of %zu files", done, n);
}

static int
job_count(const struct scan *s, unsigned *ret, struct diag *d)
{
	const char *text = cli_option(s->cli, "jobs");
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t jobs = n < 1 ? 1 : n > JOBS_MAX ? JOBS_MAX : (uint64_t)n;

	if (text != NULL &&
	    number_parse("--jobs", bytes_of_text(text), 1, JOBS_MAX, &jobs, d) <
		0)
		return ERR_USAGE;
	*ret = (unsigned)jobs;
	return ERR_OK;
}

static int
look_at_files(struct scan *s, struct diag *d)
{
	struct ci_hashing h = { .root_fd = s->root_fd,
		.all_files = cli_flag(s->cli, "all-files"),
		.n_signers = s->n_signers,
		.signers = s->signers,
		.progress = progress,
		.user = s };
	uint8_t options[SHA256_SIZE];
	size_t n = 0;
	int r;

	if ((r = job_count(s, &h.jobs, d)) < 0 ||
	    (r = ci_walk(s->root_fd, &s->files, d)) < 0)
		return r;
	if (s->out != NULL) {
		options_digest(s, options);
		r = ci_journal_open(s->journal_path, cli_flag(s->cli, "resume"),
		    options, &s->files, &n, &s->journal, d);
		if (r < 0)
			return r;
		h.journal = &s->journal;
		if (n > 0)
			reply_line(s->cli, "%zu files were looked at before",
			    n);
	}
	return ci_hash_files(&h, &s->files, d);
}

/* --- the text --------------------------------------------------------------*/

static void
put_signers(const struct scan *s, struct buf *b)
{
	for (size_t i = 0; i < s->n_signers; i++) {
		(void)buf_printf(b, "# %s\nsigner signer%zu ",
		    cli_option_at(s->cli, "signer", i), i + 1);
		(void)base64_put(b, buf_bytes(&s->signers[i].cert));
		(void)buf_printf(b, "\nallow signer signer%zu\n", i + 1);
	}
	(void)buf_put_u8(b, '\n');
}

static void
put_comment(struct buf *b, const char *what, const char *path)
{
	(void)buf_printf(b, "# %s: ", what);
	(void)ci_text_put_path(b, bytes_of_text(path));
	(void)buf_put_u8(b, '\n');
}

static void
put_hash(const struct scan *s, struct buf *b, const struct ci_found *f)
{
	struct bytes path = bytes_of_text(f->path);
	enum hash_alg alg = ci_hash(f->alg);

	(void)buf_printf(b, "allow hash %s:", hash_name(alg));
	(void)hex_put(b, bytes_of(f->digest, hash_size(alg)));
	(void)buf_put_text(b,
	    (s->levels & LEVEL_PATH) && ci_path_is_valid(path) ? " " : " # ");
	(void)ci_text_put_path(b, path);
	(void)buf_put_u8(b, '\n');
}

static void
put_file(struct scan *s, struct buf *b, const struct ci_found *f)
{
	char text[32];

	if (f->state == CI_FILE_FAILED)
		put_comment(b, "not read, or changed meanwhile", f->path);
	if (f->state == CI_FILE_SHA1)
		put_comment(b, "security.ima asks for a weak digest", f->path);
	if (f->state != CI_FILE_TAKEN)
		return;
	if (f->signer < s->n_signers) {
		(void)snprintf(text, sizeof(text), "signer%u",
		    (unsigned)f->signer + 1);
		put_comment(b, text, f->path);
		s->n_signed++;
	} else if (s->levels == LEVEL_SIGNER) {
		put_comment(b, "not signed", f->path);
		s->n_unsigned++;
	} else {
		put_hash(s, b, f);
	}
}

/* Without --ima-log: the running kernel's, where / is scanned. */
static int
add_ima_list(struct scan *s, struct buf *b, struct diag *d)
{
	const char *file = cli_option(s->cli, "ima-log");
	auto_buf struct buf list = BUF_INIT(CI_IMA_LOG_MAX);
	struct ci_merged n = { 0 };
	int r;

	if (file == NULL && s->cli->root[0] != '\0')
		return ERR_OK;
	r = file != NULL
	    ? cli_read_input(s->cli, file, CI_IMA_LOG_MAX, &list, d)
	    : file_read(AT_FDCWD, CI_IMA_LOG, CI_IMA_LOG_MAX, &list, d);
	if (r == ERR_NOT_FOUND && file == NULL) {
		reply_line(s->cli,
		    "this kernel has no list of measurements: what an "
		    "initramfs runs is not in the policy");
		return ERR_OK;
	}
	if (r < 0 ||
	    (r = ci_merge(buf_bytes(&list), &s->files,
		 (s->levels & LEVEL_PATH) != 0, b, &n, d)) < 0)
		return r;
	reply_line(s->cli, "%zu files and %zu events more, from the IMA list",
	    n.files, n.events);
	if (n.violations != 0 || n.sha1 != 0)
		reply_line(s->cli,
		    "%zu violations and %zu weak digests in the list are not "
		    "allowed",
		    n.violations, n.sha1);
	reply_data_number(s->cli, "from_list", n.files);
	reply_data_number(s->cli, "events", n.events);
	return ERR_OK;
}

static void
say_counts(struct scan *s)
{
	size_t n[CI_FILE_STATES] = { 0 };
	struct cli *cli = s->cli;

	for (size_t i = 0; i < s->files.n; i++)
		n[s->files.list[i].state]++;
	reply_line(cli, "%zu of %zu files are code, %zu of them signed",
	    n[CI_FILE_TAKEN], s->files.n, s->n_signed);
	if (s->n_unsigned != 0)
		reply_line(cli, "%zu are not signed and not allowed",
		    s->n_unsigned);
	if (n[CI_FILE_FAILED] != 0)
		reply_line(cli, "%zu were not read, or changed meanwhile",
		    n[CI_FILE_FAILED]);
	if (n[CI_FILE_SHA1] != 0)
		reply_line(cli, "%zu have a security.ima of a weak digest",
		    n[CI_FILE_SHA1]);
	reply_data_number(cli, "files", s->files.n);
	reply_data_number(cli, "taken", n[CI_FILE_TAKEN]);
	reply_data_number(cli, "signed", s->n_signed);
	reply_data_number(cli, "unsigned", s->n_unsigned);
	reply_data_number(cli, "failed", n[CI_FILE_FAILED]);
	reply_data_number(cli, "weak", n[CI_FILE_SHA1]);
}

static int
write_text(struct scan *s, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(CI_TEXT_MAX);
	int r;

	(void)buf_printf(&b, "shieldwall-ci 1\nname %s\nmode %s\n\n", s->name,
	    s->mode);
	put_signers(s, &b);
	for (size_t i = 0; i < s->files.n; i++)
		put_file(s, &b, &s->files.list[i]);
	if ((r = buf_check(&b, "CI policy", d)) < 0 ||
	    (r = add_ima_list(s, &b, d)) < 0)
		return r;
	say_counts(s);
	if ((r = cli_write_output(s->cli, s->out, 0644, buf_bytes(&b), d)) < 0)
		return r;
	if (s->out != NULL)
		(void)unlink(s->journal_path);
	reply_changed(s->cli, NULL, "%s: read it, then guardctl ci sign",
	    s->out != NULL ? s->out : "a policy");
	return ERR_OK;
}

int
cmd_ci_scan(struct cli *cli, struct diag *d)
{
	struct scan *s = calloc(1, sizeof(*s));
	const char *root = cli->root[0] != '\0' ? cli->root : "/";
	int r;

	if (s == NULL)
		return diag_nomem(d);
	s->cli = cli;
	s->root_fd = -1;
	s->journal = CI_JOURNAL_NONE;
	if ((r = read_options(s, d)) == ERR_OK &&
	    (r = check_output(s, d)) == ERR_OK) {
		s->root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = s->root_fd < 0 ? diag_errno(d, "%s", root)
				   : look_at_files(s, d);
	}
	if (r == ERR_OK)
		r = write_text(s, d);
	scan_free(s);
	free(s);
	return r;
}
