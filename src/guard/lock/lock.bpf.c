// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The kernel lock's programs. A process is *marked* by an entry in task
 * storage; the loader makes the first, every child inherits it. Nobody who is
 * not marked gets at one who is, and nobody at all gets at the means by which
 * the kernel itself would be made to read memory.
 *
 * No program reads the previous program's verdict (its place differs from
 * kernel to kernel, and the kernel ends the row at the first refusal), none
 * calls bpf_probe_read_kernel (lockdown=confidentiality refuses it), and none
 * has an off switch: lock_state.armed is written once, by the loader, through
 * a mapping that no process has any more when the loader is done.
 */
#include "guard/lock/state.bpf.h"

#define ENOMEM 12

#define SIGKILL 9
#define SIGTERM 15

char lock_license[] SEC("license") = "Dual BSD/GPL";

/* --- what would make the kernel read memory ------------------------------- */

/* Takes the request over, if there is one; then it cannot be taken back. */
static __always_inline bool
modules_closed(void)
{
	struct lock_modules *m;
	__u32 zero = 0;

	m = bpf_map_lookup_elem(&modules, &zero);
	if (m && *(volatile __u64 *)&m->request != 0)
		*(volatile __u64 *)&state.closed = 1;
	if (*(volatile __u64 *)&state.closed == 0)
		return false;
	if (m)
		m->closed = 1;
	return true;
}

SEC("lsm/bpf")
int
BPF_PROG(lock_bpf, int cmd)
{
	(void)modules_closed();
	if (!armed())
		return 0;
	return cmd == LOCK_BPF_LOOK ? -EPERM : REFUSE(bpf);
}

SEC("lsm/perf_event_open")
int
BPF_PROG(lock_perf)
{
	return armed() ? REFUSE(perf) : 0;
}

SEC("lsm/kernel_read_file")
int
BPF_PROG(lock_read_file, struct file *file, int id)
{
	if (!armed())
		return 0;
	if (id == READING_KEXEC_IMAGE || id == READING_KEXEC_INITRAMFS)
		return REFUSE(kexec);
	if (id == READING_MODULE && modules_closed())
		return REFUSE(modules);
	return 0;
}

SEC("lsm/kernel_load_data")
int
BPF_PROG(lock_load_data, int id)
{
	if (!armed())
		return 0;
	if (id == LOADING_KEXEC_IMAGE || id == LOADING_KEXEC_INITRAMFS)
		return REFUSE(kexec);
	if (id == LOADING_MODULE && modules_closed())
		return REFUSE(modules);
	return 0;
}

static __always_inline bool
is_report(__u64 ino)
{
	int i;

	for (i = 0; i < LOCK_REPORTS_MAX; i++)
		if (state.reports[i] == ino)
			return true;
	return false;
}

/*
 * A copy of its program that a marked process makes on a tmpfs of its own may
 * be executed (the cage of a VM that may be debugged), until somebody else
 * opens it for writing. No room for the note: then it is not executed.
 */
static __always_inline void
note_copy(struct file *file)
{
	struct inode *inode = file->f_inode;

	if (!me_marked())
		(void)bpf_inode_storage_delete(&copies, inode);
	else if (file->f_mode & FMODE_CREATED)
		(void)bpf_inode_storage_get(&copies, inode, 0,
		    BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/*
 * SysRq prints the registers of all processors; some files of sysfs are like
 * the settings of lock_sysctl(), or send the machine to sleep, from which some
 * firmware wakes it with the TPM reset. Every proc, of whatever namespace, has
 * the same inode number for what is not a process's, and every sysfs for all.
 * The kernel asks binfmt_misc before it looks whether a program is ELF: who
 * registers QEMU's header there is started in its place, and marked.
 */
SEC("lsm/file_open")
int
BPF_PROG(lock_open, struct file *file)
{
	struct inode *inode = file->f_inode;
	unsigned long magic;

	if (!(file->f_mode & FMODE_WRITE) || !armed())
		return 0;
	magic = inode->i_sb->s_magic;
	if (magic == PROC_SUPER_MAGIC && inode->i_ino == state.sysrq)
		return REFUSE(sysrq);
	if (magic == SYSFS_MAGIC && is_report(inode->i_ino))
		return REFUSE(sysctl);
	if (magic == BINFMTFS_MAGIC)
		return REFUSE(binfmt);
	if (magic == TMPFS_MAGIC)
		note_copy(file);
	return 0;
}

/*
 * Whether this process is in swapon(). The kernel chooses the call by the lower
 * half of the register, after whoever traces it has had his way.
 */
static __always_inline bool
in_swapon(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	__u32 nr = (__u32)regs->orig_ax;

	if (task->thread_info.status & TS_COMPAT)
		return nr == NR_SWAPON_32;
	return (nr & ~NR_X32_BIT) == NR_SWAPON;
}

/*
 * Memory that is not locked would be written to the disk. The question of the
 * capability is the only one that swapon() asks before it does so.
 */
SEC("lsm/capable")
int
BPF_PROG(lock_capable, const struct cred *cred, struct user_namespace *ns,
    int cap)
{
	if (cap != CAP_SYS_ADMIN || !armed() || !in_swapon())
		return 0;
	return REFUSE(swapon);
}

/* --- marked processes ----------------------------------------------------- */

SEC("lsm/task_alloc")
int
BPF_PROG(lock_task_alloc, struct task_struct *task)
{
	if (!me_marked())
		return 0;
	return bpf_task_storage_get(&marks, task, 0,
		   BPF_LOCAL_STORAGE_GET_F_CREATE)
	    ? 0
	    : -ENOMEM;
}

SEC("lsm/ptrace_access_check")
int
BPF_PROG(lock_ptrace, struct task_struct *child)
{
	if (!armed() || !is_marked(child) || me_marked())
		return 0;
	return REFUSE(ptrace);
}

/*
 * At shutdown PID 1 may end VMs: their users cannot dump, so this reads
 * nothing. It may not end what is root's, and may only end, not stop.
 */
static __always_inline bool
may_end(struct task_struct *task, int sig)
{
	const struct cred *cred;

	if (bpf_get_current_pid_tgid() >> 32 != 1 ||
	    (sig != SIGTERM && sig != SIGKILL))
		return false;
	cred = task->real_cred;
	return cred && cred->uid.val != 0 && cred->euid.val != 0;
}

/*
 * With a `cred` the signal is that of a USB request, sent in whatever process
 * the interrupt found: then current says nothing.
 */
SEC("lsm/task_kill")
int
BPF_PROG(lock_kill, struct task_struct *task, struct kernel_siginfo *info,
    int sig, const struct cred *cred)
{
	if (!armed() || !is_marked(task))
		return 0;
	if (is_null(ctx, 3) && (me_marked() || may_end(task, sig)))
		return 0;
	return REFUSE(kill);
}

/* Sent by whoever writes to the file: current says nothing here either. */
SEC("lsm/file_send_sigiotask")
int
BPF_PROG(lock_sigio, struct task_struct *task)
{
	return armed() && is_marked(task) ? REFUSE(sigio) : 0;
}

SEC("lsm/task_setrlimit")
int
BPF_PROG(lock_rlimit, struct task_struct *task)
{
	if (!armed() || !is_marked(task) || me_marked())
		return 0;
	return REFUSE(rlimit);
}

/*
 * From 6.11 on these two hand out other mount namespaces to CAP_SYS_ADMIN
 * with no look at their processes. Nobody on Debian 12 uses them.
 */
static __always_inline int
ns_ioctl(struct file *file, unsigned int cmd)
{
	unsigned int nr = cmd & 0xff, type = (cmd >> 8) & 0xff;

	if (type != NS_IOCTL_TYPE ||
	    (nr != NS_MNT_GET_FIRST && nr != NS_MNT_GET_FIRST + 1) || !armed())
		return 0;
	if (file->f_inode->i_sb->s_magic != NSFS_MAGIC || me_marked())
		return 0;
	return REFUSE(nsfs);
}

/*
 * With another table under it, the mounted root would stay the same
 * super_block with other files. The initramfs sets its devices up; once PID 1
 * has left it nobody changes them, or takes them away. The kernel looks at
 * type and number alone, not at direction and size.
 */
static __always_inline int
dm_ioctl(unsigned int cmd)
{
	unsigned int nr = cmd & 0xff, type = (cmd >> 8) & 0xff;

	if (type != DM_IOCTL || !armed() ||
	    *(volatile __u32 *)&state.started == 0)
		return 0;
	if (nr == DM_TABLE_LOAD || nr == DM_DEV_SUSPEND ||
	    nr == DM_TABLE_CLEAR || nr == DM_DEV_REMOVE ||
	    nr == DM_REMOVE_ALL || nr == DM_DEV_RENAME)
		return REFUSE(dm);
	return 0;
}

/*
 * A key of the console can be made to print registers, like SysRq but with no
 * setting against it. The loader has removed these; no keymap is changed from
 * then on, as the value cannot be read here so that it stays what it is.
 */
static __always_inline int
any_ioctl(struct file *file, unsigned int cmd)
{
	if (cmd == KDSKBENT)
		return armed() ? REFUSE(sysrq) : 0;
	if (((cmd >> 8) & 0xff) == DM_IOCTL)
		return dm_ioctl(cmd);
	return ns_ioctl(file, cmd);
}

SEC("lsm/file_ioctl")
int
BPF_PROG(lock_ioctl, struct file *file, unsigned int cmd)
{
	return any_ioctl(file, cmd);
}

SEC("lsm/file_ioctl_compat")
int
BPF_PROG(lock_ioctl_compat, struct file *file, unsigned int cmd)
{
	return any_ioctl(file, cmd);
}

/* --- the lock itself ------------------------------------------------------ */

static __always_inline bool
is_pins(const struct super_block *sb)
{
	return sb->s_dev == state.pins_dev;
}

SEC("lsm/inode_unlink")
int
BPF_PROG(lock_unlink, struct inode *dir)
{
	return armed() && is_pins(dir->i_sb) ? REFUSE(pins) : 0;
}

SEC("lsm/inode_rename")
int
BPF_PROG(lock_rename, struct inode *dir)
{
	return armed() && is_pins(dir->i_sb) ? REFUSE(pins) : 0;
}

SEC("lsm/sb_umount")
int
BPF_PROG(lock_umount, struct vfsmount *mnt)
{
	return armed() && is_pins(mnt->mnt_sb) ? REFUSE(mounts) : 0;
}

/* The target of mount(2), whatever its flags: over it, remount, its sharing. */
SEC("lsm/sb_mount")
int
BPF_PROG(lock_mount, const char *dev_name, const struct path *path)
{
	return armed() && is_pins(path->mnt->mnt_sb) ? REFUSE(mounts) : 0;
}

SEC("lsm/move_mount")
int
BPF_PROG(lock_move_mount, const struct path *from, const struct path *to)
{
	if (!armed())
		return 0;
	return is_pins(from->mnt->mnt_sb) || is_pins(to->mnt->mnt_sb)
	    ? REFUSE(mounts)
	    : 0;
}

/*
 * The programs above hang on ftrace; this one does not. Without it a write of
 * 0 to kernel/ftrace_enabled would switch all of them off without a word.
 */
SEC("cgroup/sysctl")
int
lock_sysctl(struct bpf_sysctl *ctx)
{
	char name[48] = { 0 };

	if (!armed() || !ctx->write)
		return 1;
	if (bpf_sysctl_get_name(ctx, name, sizeof(name), 0) < 0)
		return 1;
#define IS_NAME(want, value) || bpf_strncmp(name, sizeof(name), want) == 0
	if (false LOCK_SETTINGS(IS_NAME)) {
		(void)REFUSE(sysctl);
		return 0;
	}
	return 1;
}

/* --- what is executed ------------------------------------------------------ */

static __always_inline bool
is_early(const struct super_block *sb)
{
	return sb->s_dev == state.early_dev[0] ||
	    sb->s_dev == state.early_dev[1];
}

/*
 * The first file that a marked process executes is guard-tpm, of the sealed
 * image: its file system is the one for good. Of others there are only copies
 * as in note_copy().
 */
static __always_inline bool
is_sealed(struct file *file)
{
	struct super_block *sb = file->f_inode->i_sb;
	__u64 sealed = *(volatile __u64 *)&state.sealed;

	if (sealed == 0) {
		*(volatile __u64 *)&state.sealed = (__u64)sb;
		return true;
	}
	if ((__u64)sb == sealed)
		return true;
	return sb->s_magic == TMPFS_MAGIC &&
	    bpf_inode_storage_get(&copies, file->f_inode, 0, 0) != 0;
}

/* Asked about a program, and again about each of its interpreters. */
SEC("lsm/bprm_check_security")
int
BPF_PROG(lock_exec, struct linux_binprm *bprm)
{
	if (!armed())
		return 0;
	if (me_marked())
		return is_sealed(bprm->file) ? 0 : REFUSE(exec);
	if (bpf_get_current_pid_tgid() >> 32 == 1 &&
	    !is_early(bprm->file->f_inode->i_sb))
		*(volatile __u32 *)&state.started = 1;
	return 0;
}

/* --- code=root: loaded only where it is wanted ----------------------------- */

/*
 * The first file system on a block device that PID 1 starts from, other than
 * what it and the loader ran from when the lock was armed, is the root for
 * good. From then on the initramfs is as foreign as all others: its memory
 * can still be written by whoever digs out its mount.
 */
static __always_inline bool
is_home(struct super_block *sb, bool starts)
{
	__u64 root = *(volatile __u64 *)&state.root;

	if (root != 0)
		return (__u64)sb == root;
	if (is_early(sb))
		return true;
	if (!starts || bpf_get_current_pid_tgid() >> 32 != 1 || !sb->s_bdev)
		return false;
	*(volatile __u64 *)&state.root = (__u64)sb;
	return true;
}

static __always_inline int
code_from(struct file *file, bool starts)
{
	if (!armed() || me_marked())
		return 0;
	return is_home(file->f_inode->i_sb, starts) ? 0 : REFUSE(exec);
}

SEC("lsm/bprm_check_security")
int
BPF_PROG(lock_code_exec, struct linux_binprm *bprm)
{
	return code_from(bprm->file, true);
}

SEC("lsm/mmap_file")
int
BPF_PROG(lock_code_mmap, struct file *file, unsigned long reqprot,
    unsigned long prot)
{
	if (!(prot & PROT_EXEC) || is_null(ctx, 0))
		return 0;
	return code_from(file, false);
}

SEC("lsm/file_mprotect")
int
BPF_PROG(lock_code_mprotect, struct vm_area_struct *vma, unsigned long reqprot,
    unsigned long prot)
{
	struct file *file;

	if (!(prot & PROT_EXEC))
		return 0;
	file = vma->vm_file;
	return file ? code_from(file, false) : 0;
}
