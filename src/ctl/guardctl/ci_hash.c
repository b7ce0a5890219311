/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files are code, and their digests. Processes and not threads: a digest
 * is made by one thread of a process at a time (crypto/hash.h), and what a file
 * does to its reader stays there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "ctl/guardctl/ci_journal.h"
#include "ctl/guardctl/ci_xattr.h"
#include "measure/ima_signature.h"

#define JOBS_MAX 64
#define CHUNK    ((size_t)256 << 10)
#define RESULTS  64
#define HEAD     4

/* What a worker says of a file: less than PIPE_BUF, so it comes whole. */
struct result {
	size_t i;
	enum ci_file_state state;
	enum ci_alg alg;
	uint8_t signer;
	uint8_t digest[HASH_SIZE_MAX];
};

struct worker {
	const struct ci_hashing *h;
	const struct ci_files *files;
	atomic_size_t *next;
	int out_fd;
	uint8_t *chunk;
};

/* --- what is code ----------------------------------------------------------*/

static bool
ends_with(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n >= m && strcmp(path + n - m, end) == 0;
}

/*
 * What the kernel measures by its purpose and not by its first bytes: modules,
 * firmware, its own policy.
 */
static bool
is_code_by_name(const char *path)
{
	static const char *const ends[] = { ".ko", ".ko.xz", ".ko.zst",
		".ko.gz", "/ima-policy" };
	static const char *const folders[] = { "/lib/firmware/",
		"/usr/lib/firmware/" };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (ends_with(path, ends[i]))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		if (strncmp(path, folders[i], strlen(folders[i])) == 0)
			return true;
	return false;
}

/*
 * Whatever has an execute bit is measured when somebody tries it, also what is
 * no program; ELF and PE files are mapped as code without one.
 */
static bool
is_code(const struct worker *w, const struct ci_found *f, int fd)
{
	struct bytes head;
	ssize_t n;

	if (w->h->all_files || (f->mode & 0111) != 0 ||
	    is_code_by_name(f->path))
		return true;
	n = pread(fd, w->chunk, HEAD, 0);
	head = bytes_of(w->chunk, n > 0 ? (size_t)n : 0);
	if (head.len == HEAD &&
	    bytes_equal_text(head,
		"\x7f"
		"ELF"))
		return true;
	head.len = head.len < 2 ? head.len : 2;
	return bytes_equal_text(head, "MZ");
}

/* --- one file --------------------------------------------------------------*/

static bool
digest_of(const struct worker *w, int fd, enum hash_alg alg, uint8_t *ret)
{
	auto_hash struct hash *h = hash_new(alg);
	ssize_t n;

	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	while ((n = read(fd, w->chunk, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		hash_update(h, bytes_of(w->chunk, (size_t)n));
	}
	hash_final(h, ret);
	return true;
}

static uint8_t
signer_of(const struct worker *w, struct bytes xattr, const struct result *res)
{
	enum hash_alg alg = ci_hash(res->alg);
	struct ima_entry e = { .template_ok = true,
		.fields = IMA_F_DIGEST | IMA_F_NAME | IMA_F_SIG,
		.digest = { bytes_of_text(hash_name(alg)), true, alg, false,
		    bytes_of(res->digest, hash_size(alg)) },
		.sig = xattr };
	struct ima_signature s;

	if (ima_signature_parse(xattr, &s, NULL) < 0)
		return CI_NO_SIGNER;
	for (size_t i = 0; i < w->h->n_signers; i++)
		if (bytes_equal(BYTES_OF_ARRAY(w->h->signers[i].keyid),
			BYTES_OF_ARRAY(s.keyid)) &&
		    ima_signature_verify(&s, &e, w->h->signers[i].key, NULL) ==
			ERR_OK)
			return (uint8_t)i;
	return CI_NO_SIGNER;
}

static bool
is_same(const struct ci_found *f, int fd)
{
	struct ci_stat now;
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	now = ci_stat_of(&st);
	return ci_stat_equal(&f->stat, &now);
}

static void
look_at(const struct worker *w, const struct ci_found *f, struct result *res)
{
	auto_close int fd = ci_open_below(w->h->root_fd, f->path, 0);
	uint8_t xattr[CI_XATTR_MAX];
	enum hash_alg alg;
	ssize_t n;

	res->state = CI_FILE_FAILED;
	if (fd < 0 || !is_same(f, fd))
		return;
	if (!is_code(w, f, fd)) {
		res->state = CI_FILE_OTHER;
		return;
	}
	n = fgetxattr(fd, "security.ima", xattr, sizeof(xattr));
	if (n < 0)
		n = 0;
	if (!ci_xattr_alg(bytes_of(xattr, (size_t)n), &alg) ||
	    ci_alg_of(alg) == CI_ALGS) {
		res->state = CI_FILE_SHA1;
		return;
	}
	res->alg = ci_alg_of(alg);
	if (!digest_of(w, fd, alg, res->digest) || !is_same(f, fd))
		return;
	res->signer = signer_of(w, bytes_of(xattr, (size_t)n), res);
	res->state = CI_FILE_TAKEN;
}

/* --- workers ---------------------------------------------------------------*/

static bool
send_result(int fd, const struct result *res)
{
	ssize_t n;

	do
		n = write(fd, res, sizeof(*res));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*res);
}

/* The child's whole life; 0 when it looked at all that there was. */
static int
work(struct worker *w)
{
	size_t i;

	w->chunk = malloc(CHUNK);
	if (w->chunk == NULL)
		return 1;
	while ((i = atomic_fetch_add(w->next, 1)) < w->files->n) {
		struct result res = { .i = i, .signer = CI_NO_SIGNER };

		if (w->files->list[i].state != CI_FILE_NEW)
			continue;
		look_at(w, &w->files->list[i], &res);
		if (!send_result(w->out_fd, &res))
			return 1;
	}
	return 0;
}

static int
take_result(const struct ci_hashing *h, struct ci_files *f,
    const struct result *res, struct diag *d)
{
	struct ci_found *to;

	if (res->i >= f->n || res->state >= CI_FILE_STATES ||
	    res->alg >= CI_ALGS)
		return diag_fail(d, ERR_PROTOCOL, "a reader's answer is none");
	to = &f->list[res->i];
	to->state = res->state;
	to->alg = res->alg;
	to->signer = res->signer;
	memcpy(to->digest, res->digest, sizeof(to->digest));
	return h->journal != NULL ? ci_journal_add(h->journal, to, d) : ERR_OK;
}

static int
collect(const struct ci_hashing *h, struct ci_files *f, int fd, size_t done,
    struct diag *d)
{
	struct result list[RESULTS];
	size_t have = 0;
	ssize_t n;
	int r;

	for (;;) {
		n = read(fd, (uint8_t *)list + have, sizeof(list) - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return diag_errno(d, "cannot read what readers say");
		if (n == 0)
			break;
		have += (size_t)n;
		for (size_t i = 0; i < have / sizeof(list[0]); i++)
			if ((r = take_result(h, f, &list[i], d)) < 0)
				return r;
		done += have / sizeof(list[0]);
		memmove(list,
		    (uint8_t *)list + have / sizeof(list[0]) * sizeof(list[0]),
		    have % sizeof(list[0]));
		have %= sizeof(list[0]);
		if (h->progress != NULL)
			h->progress(h->user, done, f->n);
	}
	return h->journal != NULL ? ci_journal_flush(h->journal, d) : ERR_OK;
}

static int
start(struct worker *w, const int pipe_fd[static 2], pid_t *ret_pid,
    struct diag *d)
{
	pid_t pid = fork();

	if (pid < 0)
		return diag_errno(d, "cannot start a reader");
	if (pid == 0) {
		(void)close(pipe_fd[0]);
		_exit(work(w));
	}
	*ret_pid = pid;
	return ERR_OK;
}

static int
wait_for(const pid_t *pids, size_t n, struct diag *d)
{
	int status, r = ERR_OK;

	for (size_t i = 0; i < n; i++) {
		while (waitpid(pids[i], &status, 0) < 0 && errno == EINTR)
			;
		if (r == ERR_OK && (!WIFEXITED(status) || WEXITSTATUS(status)))
			r = diag_fail(d, ERR_IO, "a reader has failed");
	}
	return r;
}

static int
run(const struct ci_hashing *h, struct ci_files *f, atomic_size_t *next,
    size_t done, struct diag *d)
{
	struct worker w = { .h = h, .files = f, .next = next };
	auto_close int in_fd = -1, out_fd = -1;
	pid_t pids[JOBS_MAX];
	struct diag why = { 0 };
	int fds[2], r = ERR_OK, e;
	size_t n = 0;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return diag_errno(d, "cannot make a pipe");
	in_fd = fds[0];
	w.out_fd = out_fd = fds[1];
	while (r == ERR_OK && n < h->jobs && n < JOBS_MAX) {
		r = start(&w, fds, &pids[n], d);
		n += r == ERR_OK;
	}
	close_p(&out_fd);
	if (r == ERR_OK)
		r = collect(h, f, in_fd, done, d);
	/* Readers that still run end when nobody listens. */
	close_p(&in_fd);
	e = wait_for(pids, n, &why);
	if (r == ERR_OK && e < 0) {
		*d = why;
		r = e;
	}
	return r;
}

int
ci_hash_files(const struct ci_hashing *h, struct ci_files *f, struct diag *d)
{
	atomic_size_t *next = mmap(NULL, sizeof(*next), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size_t done = 0;
	int r;

	if (next == MAP_FAILED)
		return diag_errno(d, "cannot share memory");
	for (size_t i = 0; i < f->n; i++)
		done += f->list[i].state != CI_FILE_NEW;
	r = run(h, f, next, done, d);
	(void)munmap(next, sizeof(*next));
	for (size_t i = 0; r == ERR_OK && i < f->n; i++)
		if (f->list[i].state == CI_FILE_NEW)
			r = diag_fail(d, ERR_IO, "%s: was left out",
			    f->list[i].path);
	return r;
}
