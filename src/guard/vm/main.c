/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard-vm: started by guard-tpm, with its channel, guardd's two, and a name;
 * or by shield, on the owner's own machine, which is all three (local.c).
 */
#include <cap-ng.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "base/signals.h"
#include "guard/vm/vm.h"
#include "ipc/args.h"

static int
take_mode(const char *mode, struct vm *vm, struct diag *d)
{
	vm->local = mode != NULL && strcmp(mode, "local") == 0;
	if (mode != NULL && !vm->local)
		return diag_fail(d, ERR_USAGE, "no mode of this name");
	return ERR_OK;
}

/* On a host the folder is where the configuration says, whoever asks. */
static int
take_names(const struct args *args, struct vm *vm, struct diag *d)
{
	const char *name = args_text(args, "name");
	const char *folder = args_text(args, "folder");
	const char *root = args_text(args, "root");
	char path[PATH_TEXT_MAX];
	int n, r;

	if (name == NULL || folder == NULL)
		return diag_fail(d, ERR_USAGE, "no name or folder");
	if ((r = name_check("name", bytes_of_text(name), d)) < 0 ||
	    (r = take_mode(args_text(args, "mode"), vm, d)) < 0)
		return r;
	(void)snprintf(vm->name, sizeof(vm->name), "%s", name);
	n = snprintf(vm->root, sizeof(vm->root), "%s",
	    root != NULL ? root : "");
	if (n < 0 || (size_t)n >= sizeof(vm->root))
		return diag_fail(d, ERR_LIMIT, "root: too long");
	if ((r = guard_conf_load(vm->root, &vm->conf, d)) < 0)
		return r;
	if (vm->local)
		return local_take_folder(vm, folder, d);
	n = snprintf(path, sizeof(path), "%s/%s", vm->conf.vm_dir, name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return diag_fail(d, ERR_LIMIT, "folder: too long");
	if ((r = path_under(vm->root, path, vm->folder.path,
		 sizeof(vm->folder.path), d)) < 0)
		return r;
	if (strcmp(folder, vm->folder.path) != 0)
		return diag_refuse(d, REASON_PermissionDenied,
		    "%s: VMs are in %s%s", folder, vm->root, vm->conf.vm_dir);
	return ERR_OK;
}

/* Of a host with a sealed root: args_fd(), or -1. */
static int
take_fd(const struct args *args, const char *name, int *ret, struct diag *d)
{
	int r = args_fd(args, name, ret, d);

	return r == ERR_NOT_FOUND ? ERR_OK : r;
}

/*
 * A host that says that the lock holds says that this is never swapped. Others
 * may lack the right, and a small limit would end us later on.
 */
static int
lock_memory(bool must, struct diag *d)
{
	if (!must && capng_have_capability(CAPNG_EFFECTIVE, CAP_IPC_LOCK) != 1)
		return ERR_OK;
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0 && must)
		return diag_errno(d, "cannot lock memory");
	return ERR_OK;
}

static int
set_up(int argc, char **argv, struct vm *vm, int *ret_signal_fd, struct diag *d)
{
	struct args args;
	int r;

	if ((r = args_parse(argc, argv, &args, d)) < 0 ||
	    (r = args_fd(&args, "tpm", &vm->tpm_fd, d)) < 0 ||
	    (r = args_fd(&args, "control", &vm->control_fd, d)) < 0 ||
	    (r = args_fd(&args, "relay", &vm->relay_fd, d)) < 0 ||
	    (r = take_fd(&args, "host", &vm->host_ns_fd, d)) < 0 ||
	    (r = take_fd(&args, "lock", &vm->kernel_lock_fd, d)) < 0)
		return r;
	if ((r = take_names(&args, vm, d)) < 0 || (r = rights_give_up(d)) < 0)
		return r;
	if ((r = lock_memory(vm->kernel_lock_fd >= 0, d)) < 0)
		return r;
	(void)signal(SIGPIPE, SIG_IGN);
	return signals_take(ret_signal_fd, d);
}

static void
vm_init(struct vm *vm)
{
	*vm = (struct vm){ .tpm_fd = -1,
		.control_fd = -1,
		.relay_fd = -1,
		.kernel_lock_fd = -1,
		.host_ns_fd = -1,
		.nvram_fd = -1,
		.lease.timer_fd = -1,
		.step = "begin",
		.phase = VM_PHASE_STARTING };
	vm->folder.fd = vm->folder.lock_fd = vm->folder.vtpm_fd =
	    vm->folder.vtpm_mount_fd = vm->folder.all_fd =
		vm->folder.firmware_fd = -1;
	machine_init(&vm->machine);
	serial_init(&vm->serial);
}

static void
vm_free(struct vm *vm)
{
	release_free(&vm->keys);
	if (vm->secrets_page.p != NULL)
		vm_secrets_wipe(vm_secrets_of(vm));
	secret_free(&vm->secrets_page);
	folder_close(&vm->folder);
	close_p(&vm->nvram_fd);
	close_p(&vm->host_ns_fd);
	close_p(&vm->lease.timer_fd);
	serial_close(vm);
}

int
main(int argc, char **argv)
{
	static struct vm vm;
	struct diag d = { 0 };
	int signal_fd = -1, r;

	log_open("guard-vm", LOG_LEVEL_INFO, true);
	vm_init(&vm);
	if ((r = process_protect(&d)) < 0 ||
	    (r = set_up(argc, argv, &vm, &signal_fd, &d)) < 0 ||
	    (r = vm_start(&vm, &d)) < 0) {
		status_fail(&vm, &d);
		vm_answer_stop(&vm, r, &d);
	} else if ((r = vm_loop(&vm, signal_fd, &d)) < 0) {
		machine_kill(&vm);
		status_fail(&vm, &d);
	}
	vm_free(&vm);
	return r < 0 ? 1 : 0;
}
