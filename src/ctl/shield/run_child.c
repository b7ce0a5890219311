/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/shield/run_child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "guard/common/vm_exec.h"
#include "ipc/channel.h"

/*
 * The program stands where this one's own installation, or build, has it: never
 * where PATH, the environment or the working directory say.
 */
static const struct {
	const char *self, *sibling;
} places[] = {
	{ SHIELDWALL_BINDIR "/shield", SHIELDWALL_LIBEXEC "/guard-vm" },
	{ "/src/ctl/shield/shield", "/src/guard/vm/guard-vm" },
};

static bool
find_sibling(char path[static PATH_MAX])
{
	size_t len = strlen(path);

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		size_t n = strlen(places[i].self);

		if (len < n || strcmp(path + len - n, places[i].self) != 0 ||
		    len - n + strlen(places[i].sibling) >= PATH_MAX)
			continue;
		(void)snprintf(path + len - n, PATH_MAX - (len - n), "%s",
		    places[i].sibling);
		return true;
	}
	return false;
}

static int
open_program(int *ret, struct diag *d)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return diag_errno(d, "/proc/self/exe");
	path[n] = '\0';
	if (!find_sibling(path) || access(path, F_OK) != 0)
		return diag_fail(d, ERR_IO,
		    "guard-vm is not installed with this shield: %s", path);
	return vm_exec_open(path, ret, d);
}

/* In the child. What it says goes to standard error, or nowhere. */
static void NORETURN
become(int program, const struct vm_exec *v, bool says)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    (!says && dup2(null, 2) < 0))
		_exit(127);
	vm_exec(program, v);
}

/* Its name for guard-vm's log and QEMU: the folder's, where that is one. */
static const char *
name_of(const char *folder)
{
	const char *slash = strrchr(folder, '/');

	if (slash != NULL && name_valid(bytes_of_text(slash + 1)))
		return slash + 1;
	return "vm";
}

static int
check_paths(const char *root, const char *folder, struct diag *d)
{
	if (strlen(folder) > VM_EXEC_FOLDER_MAX ||
	    strlen(root) > VM_EXEC_ROOT_MAX)
		return diag_fail(d, ERR_LIMIT, "%s: path too long", folder);
	return ERR_OK;
}

static int
make_channels(struct run_child *c, int ret_theirs[static 3], struct diag *d)
{
	int *ours[] = { &c->tpm_fd, &c->control_fd, &c->relay_fd };
	int ends[2], r;

	for (int i = 0; i < 3; i++) {
		if ((r = channel_pair(ends, d)) < 0)
			return r;
		*ours[i] = ends[0];
		ret_theirs[i] = ends[1];
	}
	return ERR_OK;
}

int
run_child_start(const char *root, const char *folder, bool says,
    struct run_child *ret, struct diag *d)
{
	auto_run_child struct run_child c = RUN_CHILD_NONE;
	int theirs[3] = { -1, -1, -1 }, r;
	auto_close int program = -1;
	struct vm_exec v = { .name = name_of(folder),
		.folder = folder,
		.root = root,
		.local = true,
		.host_ns_fd = -1,
		.lock_fd = -1 };

	if ((r = open_program(&program, d)) < 0 ||
	    (r = check_paths(root, folder, d)) < 0)
		return r;
	if ((r = make_channels(&c, theirs, d)) == ERR_OK) {
		v.tpm_fd = theirs[0];
		v.control_fd = theirs[1];
		v.relay_fd = theirs[2];
		c.pid = fork();
		if (c.pid == 0)
			become(program, &v, says);
		if (c.pid < 0) {
			c.pid = 0;
			r = diag_errno(d, "cannot start guard-vm");
		}
	}
	for (int i = 0; i < 3; i++)
		close_p(&theirs[i]);
	if (r < 0)
		return r;
	c.end_fd = (int)syscall(SYS_pidfd_open, c.pid, 0);
	if (c.end_fd < 0)
		return diag_errno(d, "process %d", (int)c.pid);
	*ret = c;
	c = (struct run_child)RUN_CHILD_NONE;
	return ERR_OK;
}

int
run_child_collect(struct run_child *c, int *ret_status, struct diag *d)
{
	pid_t pid = c->pid;

	while (waitpid(pid, ret_status, 0) != pid)
		if (errno != EINTR)
			return diag_errno(d, "process %d", (int)pid);
	c->pid = 0;
	return ERR_OK;
}

void
run_child_free(struct run_child *c)
{
	int status;

	if (c->pid > 0) {
		(void)kill(c->pid, SIGKILL);
		while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
			continue;
		c->pid = 0;
	}
	close_p(&c->end_fd);
	close_p(&c->tpm_fd);
	close_p(&c->control_fd);
	close_p(&c->relay_fd);
}
