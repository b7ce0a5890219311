/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm-count FOLDER: the counter of the TPM in FOLDER/vtpm (its key in
 * FOLDER/vtpm.key) on a real swtpm, in a copy that no path leads to: what
 * makes it go on, and what does not bring it back. For run.sh.
 */
#include "t.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "base/file.h"
#include "base/text.h"
#include "vm/launch.h"
#include "vm/lines.h"
#include "vm/private.h"
#include "vm/swtpm.h"
#include "vm/vtpm.h"
#include "vm/vtpm_counter.h"

#define VM_UID 61077

/* Part 3: TPM2_Clear by the platform, TPM2_NV_UndefineSpace of the counter. */
#define PASSWORD "\0\0\0\x09\x40\0\0\x09\0\0\0\0\0"
static const char clear[] =
    "\x80\x02\0\0\0\x1b\0\0\x01\x26\x40\0\0\x0c" PASSWORD;
static const char undefine[] = "\x80\x02\0\0\0\x1f\0\0\x01\x22\x40\0\0\x0c"
			       "\x01\x40\x53\x57" PASSWORD;
/* TPM2_ReadClock, and where its answer has resetCount. */
static const char read_clock[] = "\x80\x01\0\0\0\x0a\0\0\x01\x81";
#define RESETS_AT (10 + 8 + 8)

static struct diag d;
static uint8_t key[32];
static struct buf state = BUF_INIT(VTPM_STATE_MAX);

struct tpm {
	int dir_fd, control_fd;
	pid_t pid;
	struct vtpm_counter c;
};

static void
need(int r)
{
	if (r < 0)
		t_bail("%s: %s", err_name(r), d.text);
}

static int
start(struct tpm *t)
{
	auto_close int mount_fd = -1;
	struct swtpm_start s = { .program = "/usr/bin/swtpm",
		.uid = VM_UID,
		.key = BYTES_OF_ARRAY(key),
		.migration_key = BYTES_OF_ARRAY(key),
		.log_fd = STDERR_FILENO };

	need(private_folder(VM_UID, &mount_fd, &t->dir_fd, &d));
	need(file_create(t->dir_fd, VTPM_FILE, 0600, buf_bytes(&state), &d));
	if (fchownat(t->dir_fd, VTPM_FILE, VM_UID, VM_UID, 0) != 0)
		t_bail("chown: %s", strerror(errno));
	s.state_mount_fd = mount_fd;
	need(swtpm_start(&s, &t->pid, &t->control_fd, &d));
	return vtpm_counter_open(&t->c, t->control_fd, lines_now() + 15000, &d);
}

/* What it left becomes the state, unless it is NULL. */
static void
take_state(struct tpm *t, struct buf *ret)
{
	if (ret != NULL) {
		buf_reset(ret);
		need(file_read(t->dir_fd, VTPM_FILE, VTPM_STATE_MAX, ret, &d));
	}
	vtpm_counter_free(&t->c);
	(void)close(t->dir_fd);
	(void)close(t->control_fd);
}

static void
end(struct tpm *t, struct buf *ret)
{
	int status = -1;

	need(vtpm_counter_close(&t->c, &d));
	need(launch_wait(t->pid, 10000, &status, &d));
	if (status != 0)
		t_bail("swtpm ended with %d", status);
	take_state(t, ret);
}

static void
end_hard(struct tpm *t, struct buf *ret)
{
	launch_kill(t->pid);
	take_state(t, ret);
}

/* The code that it answers with; the answer's bytes. */
static uint32_t
say(const struct tpm *t, const char *q, size_t n, uint8_t ret[256])
{
	if (send(t->c.data_fd, q, n, MSG_NOSIGNAL) != (ssize_t)n ||
	    recv(t->c.data_fd, ret, 256, 0) < 10)
		t_bail("swtpm: %s", strerror(errno));
	return (uint32_t)ret[6] << 24 | (uint32_t)ret[7] << 16 |
	    (uint32_t)ret[8] << 8 | ret[9];
}
#define SAY(t, q) say(t, q, sizeof(q) - 1, answer)

static uint64_t
find(struct tpm *t)
{
	uint64_t n = UINT64_MAX;

	need(vtpm_counter_find(&t->c, &n, &d));
	return n;
}

static uint64_t
add(struct tpm *t)
{
	uint64_t n = 0;

	need(vtpm_counter_add(&t->c, &n, &d));
	return n;
}

static void
test_counts(void)
{
	struct tpm t;
	uint64_t first, begin = lines_now();

	need(start(&t));
	CHECK(find(&t) == 0, "a new TPM never counted");
	first = add(&t);
	end(&t, &state);
	printf("# %llu ms, from %llu\n",
	    (unsigned long long)(lines_now() - begin),
	    (unsigned long long)first);
	need(start(&t));
	CHECK(find(&t) == first && add(&t) == first + 1,
	    "T73 it counts once for each time it is told to");
	end_hard(&t, &state);
	need(start(&t));
	CHECK(find(&t) == first + 1,
	    "T73 what it counted stays when swtpm is killed");
	end_hard(&t, &state);
	need(start(&t));
	CHECK(find(&t) == first + 1, "a start alone does not count");
	end(&t, NULL);
}

static void
test_clear(void)
{
	uint8_t answer[256];
	struct tpm t;
	uint64_t was;

	need(start(&t));
	was = find(&t);
	CHECK(SAY(&t, read_clock) == 0 && answer[RESETS_AT + 3] != 0,
	    "a TPM that was reset says so");
	CHECK(SAY(&t, undefine) != 0,
	    "T73 not even the platform removes the counter");
	CHECK(SAY(&t, clear) == 0, "a guest clears its TPM");
	CHECK(SAY(&t, read_clock) == 0 && answer[RESETS_AT + 3] == 0,
	    "which takes the reset count back");
	CHECK(find(&t) == was && add(&t) == was + 1,
	    "but not the counter: an honest guest is not taken for an old one");
	end(&t, &state);
	need(start(&t));
	CHECK(find(&t) == was + 1, "nor later on");
	end(&t, NULL);
}

static void
test_refused(const char *clear_state)
{
	struct tpm t;
	int r;

	key[0] ^= 1;
	r = start(&t);
	CHECK(r == ERR_REFUSED && d.reason == REASON_VmStateTampered,
	    "T73 a state under another key: refused (%s)", d.text);
	end_hard(&t, NULL);
	key[0] ^= 1;
	state.p[state.len / 2] ^= 1;
	r = start(&t);
	CHECK(r == ERR_REFUSED && d.reason == REASON_VmStateTampered,
	    "T73 a flipped bit in the state: refused (%s)", d.text);
	end_hard(&t, NULL);

	buf_reset(&state);
	need(file_read(AT_FDCWD, clear_state, VTPM_STATE_MAX, &state, &d));
	/* swtpm_nvstore.c: version 2, 1; length u16; flags u16, all of them. */
	for (unsigned flags = 0; flags < 64; flags++) {
		state.p[5] = (uint8_t)flags;
		r = start(&t);
		if (r != ERR_REFUSED || d.reason != REASON_VmStateTampered)
			t_bail("clear state with flags %u: %s", flags, d.text);
		end_hard(&t, NULL);
	}
	CHECK(true, "T73 a state in clear, which anyone could make: refused");
}

int
main(int argc, char **argv)
{
	auto_buf struct buf hex = BUF_INIT(128);
	char path[4096];

	if (argc != 3)
		t_bail("usage: vm-count FOLDER CLEAR-STATE");
	(void)snprintf(path, sizeof(path), "%s/vtpm.key", argv[1]);
	need(file_read(AT_FDCWD, path, 64, &hex, &d));
	need(hex_decode_fixed(buf_bytes(&hex), key, 32, &d));
	(void)snprintf(path, sizeof(path), "%s/vtpm/" VTPM_FILE, argv[1]);
	need(file_read(AT_FDCWD, path, VTPM_STATE_MAX, &state, &d));
	test_counts();
	test_clear();
	test_refused(argv[2]);
	buf_free(&state);
	return t_done();
}
