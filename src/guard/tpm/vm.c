/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard-vm processes: started from the folder of this program only, by a
 * descriptor opened before the record was made, each with a channel of its
 * own. The kernel gives that channel to nobody else, which is what
 * authenticates the child.
 *
 * A child gets: --fd tpm=N (authorise, unwrap, health), --fd control=N and --fd
 * relay=N (guardd's descriptors of vm-start), --set name=, folder=, root=.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "guard/common/vm_exec.h"
#include "guard/tpm/guard.h"

void
guard_vm_program(struct guard *g)
{
	char path[PATH_MAX];
	struct diag d = { 0 };
	ssize_t n;
	char *slash;

	g->vm_program_fd = -1;
	n = readlink("/proc/self/exe", path, sizeof(path) - 16);
	if (n <= 0)
		return;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL)
		return;
	(void)stpcpy(slash, "/guard-vm");
	if (vm_exec_open(path, &g->vm_program_fd, &d) < 0)
		log_error("guard-vm: not used: %s", d.text);
}

static struct guard_vm *
free_slot(struct guard *g, const char *name, struct diag *d, int *ret_err)
{
	struct guard_vm *found = NULL;

	for (size_t i = 0; i < GUARD_VMS_MAX; i++) {
		struct guard_vm *vm = &g->vms[i];

		if (vm->pid == 0 && found == NULL)
			found = vm;
		if (vm->pid != 0 && strcmp(vm->name, name) == 0) {
			*ret_err = diag_refuse(d, REASON_VmRunning,
			    "%s: running as process %d", name, (int)vm->pid);
			return NULL;
		}
	}
	if (found == NULL)
		*ret_err = diag_fail(d, ERR_LIMIT, "%d VMs run already",
		    GUARD_VMS_MAX);
	return found;
}

static bool
is_ending(const struct guard_vm *vm)
{
	struct pollfd p = { vm->fd, 0, 0 };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP) != 0;
}

/*
 * A guard-vm that has closed its channel is on its way out: whoever saw it
 * stop may start it again, and must not be told that it runs.
 */
static void
let_end(struct guard *g, const char *name)
{
	for (size_t i = 0; i < GUARD_VMS_MAX; i++) {
		struct guard_vm *vm = &g->vms[i];

		if (vm->pid == 0 || strcmp(vm->name, name) != 0)
			continue;
		for (int n = 0; n < 50 && vm->pid != 0 && is_ending(vm); n++) {
			(void)usleep(10000);
			guard_vm_reap(g);
		}
	}
}

/* A plain absolute path: guard-vm opens it without following links. */
static bool
is_folder(struct bytes path)
{
	const char *p = (const char *)path.p;

	return path.len > 1 && p[0] == '/' &&
	    memmem(p, path.len, "/../", 4) == NULL &&
	    memmem(p, path.len, "//", 2) == NULL &&
	    (path.len < 3 ||
		!bytes_equal_text(bytes_of(path.p + path.len - 3, 3), "/.."));
}

static int
start_vm(struct guard *g, const struct vm_start *in, struct frame *frame,
    struct guard_vm *vm, struct diag *d)
{
	char folder[VM_EXEC_FOLDER_MAX + 1];
	int ends[2] = { -1, -1 };
	struct vm_exec v = { .name = vm->name,
		.folder = folder,
		.root = g->root,
		.host_ns_fd = g->host_ns_fd,
		.lock_fd = g->lock_fd };
	pid_t pid;
	int rc;

	if (in->folder.len > VM_EXEC_FOLDER_MAX)
		return diag_fail(d, ERR_LIMIT, "VM start: folder: too long");
	memcpy(folder, in->folder.p, in->folder.len);
	folder[in->folder.len] = '\0';
	if ((rc = channel_pair(ends, d)) < 0)
		return rc;
	v.tpm_fd = ends[1];
	v.control_fd = frame->fds[0];
	v.relay_fd = frame->fds[1];
	pid = fork();
	if (pid == 0)
		vm_exec(g->vm_program_fd, &v);
	(void)close(ends[1]);
	if (pid < 0) {
		(void)close(ends[0]);
		return diag_errno(d, "cannot start guard-vm");
	}
	vm->pid = pid;
	vm->fd = ends[0];
	return ERR_OK;
}

/* Closing another kind of descriptor of root's could hold this process up. */
bool
guard_two_sockets(const struct frame *f)
{
	struct stat st;

	if (f->n_fds != 2)
		return false;
	for (size_t i = 0; i < 2; i++)
		if (fstat(f->fds[i], &st) != 0 || !S_ISSOCK(st.st_mode))
			return false;
	return true;
}

int
guard_on_vm_start(struct service_call *call, struct diag *d)
{
	struct guard *g = call->context;
	struct vm_started out;
	struct guard_vm *vm;
	struct vm_start in;
	char name[NAME_MAX_LEN + 1];
	int rc = ERR_OK;

	if ((rc = fields_decode(&vm_start_fields, call->in->body, &in, d)) < 0)
		return rc;
	if (in.name.len == 0 || !guard_two_sockets(call->in) ||
	    !is_folder(in.folder))
		return diag_fail(d, ERR_PROTOCOL,
		    "VM start: a name, a folder and two sockets");
	if (g->vm_program_fd < 0)
		return diag_refuse(d, REASON_VmFailed,
		    "guard-vm is not installed beside guard-tpm");
	(void)snprintf(name, sizeof(name), "%.*s", (int)in.name.len,
	    (const char *)in.name.p);
	let_end(g, name);
	if ((vm = free_slot(g, name, d, &rc)) == NULL)
		return rc;
	guard_vm_clear(vm);
	memcpy(vm->name, name, sizeof(name));
	if ((rc = start_vm(g, &in, call->in, vm, d)) < 0)
		return rc;
	out.pid = (uint32_t)vm->pid;
	log_info("VM %s: guard-vm is process %d", vm->name, (int)vm->pid);
	return fields_encode(&vm_started_fields, &out, call->reply, d);
}

static void
say_ended(const struct guard_vm *vm, int status)
{
	if (WIFSIGNALED(status))
		log_warning("VM %s: guard-vm %d ended by signal %d", vm->name,
		    (int)vm->pid, WTERMSIG(status));
	else
		log_info("VM %s: guard-vm %d ended with %d", vm->name,
		    (int)vm->pid, WEXITSTATUS(status));
}

void
guard_vm_reap(struct guard *g)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < GUARD_VMS_MAX; i++) {
			struct guard_vm *vm = &g->vms[i];

			if (vm->pid != pid)
				continue;
			say_ended(vm, status);
			close_p(&vm->fd);
			close_p(&vm->left[0]);
			close_p(&vm->left[1]);
			guard_vm_clear(vm);
		}
}
