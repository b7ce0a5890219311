/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets: sizes, comparison, moving, and what a protected process gave up.
 */
#include "base/secret.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "../dies.h"

static void
fill_full(void *arg)
{
	struct diag d;

	(void)!secret_alloc(arg, 1, &d);
}

static void
test_memory(void)
{
	struct secret s = SECRET_NONE, to = SECRET_NONE;
	long page = sysconf(_SC_PAGESIZE);
	struct diag d = { 0 };

	CHECK(secret_alloc(&s, 0, &d) == ERR_OK && s.p != NULL && s.len == 0,
	    "an empty secret has memory");
	secret_free(&s);
	CHECK(s.p == NULL && s.len == 0 && s.size == 0, "freed, it has none");
	CHECK(secret_alloc(&s, (size_t)page, &d) == ERR_OK &&
		s.len == (size_t)page && s.size >= s.len,
	    "a page of secret");
	CHECK(bytes_all_zero(secret_bytes(&s)), "starts as zeros");
	s.p[s.len - 1] = 1;
	CHECK(t_dies(fill_full, &s), "one secret over another is a bug");
	secret_move(&s, &to);
	CHECK(s.p == NULL && to.len == (size_t)page && to.p[to.len - 1] == 1,
	    "a moved secret leaves none behind");
	secret_free(&to);
	secret_free(&to);
	secret_free(NULL);
	CHECK(secret_copy(&s, bytes_of("key", 3), &d) == ERR_OK &&
		bytes_equal_text(secret_bytes(&s), "key"),
	    "a copy has the bytes");
	secret_free(&s);
	{
		auto_secret struct secret scoped = SECRET_NONE;

		CHECK(secret_copy(&scoped, BYTES_NONE, &d) == ERR_OK &&
			scoped.len == 0,
		    "a copy of nothing is a secret");
	}
}

static void
test_equal(void)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };
	bool all = true;

	CHECK(secret_equal(BYTES_OF_ARRAY(a), BYTES_OF_ARRAY(b)),
	    "equal secrets are equal");
	for (size_t i = 0; i < sizeof(a) * 8; i++) {
		a[i / 8] = (uint8_t)(1U << i % 8);
		all =
		    all && !secret_equal(BYTES_OF_ARRAY(a), BYTES_OF_ARRAY(b));
		a[i / 8] = 0;
	}
	CHECK(all, "any bit makes a difference");
	CHECK(!secret_equal(BYTES_OF_ARRAY(a), bytes_of(b, 31)) &&
		!secret_equal(bytes_of(a, 31), BYTES_OF_ARRAY(b)),
	    "so does the length");
	CHECK(secret_equal(BYTES_NONE, BYTES_NONE), "nothing equals nothing");
}

/* Not inherited over fork: a worker has no copy of its parent's keys. */
static bool
child_sees_zeros(const struct secret *s)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(bytes_all_zero(secret_bytes(s)) ? 0 : 1);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0;
}

static void
test_lock_memory(void)
{
	struct rlimit limit = { 1 << 20, RLIM_INFINITY };
	struct diag d = { 0 };

	(void)getrlimit(RLIMIT_MEMLOCK, &limit);
	limit.rlim_cur = 1 << 20;
	CHECK(setrlimit(RLIMIT_MEMLOCK, &limit) == 0 &&
		process_lock_memory(&d) == ERR_LIMIT,
	    "where little may be locked, nothing is: %s", d.text);
	limit = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0) {
		t_skip("locked memory: needs the right to raise its limit");
		return;
	}
	CHECK(process_lock_memory(&d) == ERR_OK, "all memory is locked %s",
	    d.text);
}

int
main(void)
{
	auto_secret struct secret s = SECRET_NONE;
	struct rlimit core;
	struct diag d = { 0 };

	test_memory();
	test_equal();
	if (secret_copy(&s, bytes_of("key", 3), &d) < 0)
		t_bail("%s", d.text);
	CHECK(child_sees_zeros(&s), "a forked child has no copy of a secret");
	CHECK(bytes_equal_text(secret_bytes(&s), "key"), "its parent keeps it");
	CHECK(process_protect(&d) == ERR_OK, "a process is protected");
	CHECK(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0, "it is not dumpable");
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
	    "it gets no new privileges");
	CHECK(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 &&
		core.rlim_max == 0,
	    "it leaves no core file");
	test_lock_memory();
	return t_done();
}
