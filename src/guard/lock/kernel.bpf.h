/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the lock's programs read of the kernel's structures: these fields, and
 * no others. The offsets are those of the running kernel, which the loader
 * puts in (CO-RE), so that no kernel's own headers are needed to build.
 */
#ifndef GUARD_LOCK_KERNEL_BPF_H
#define GUARD_LOCK_KERNEL_BPF_H

#include <stdbool.h>
#include <stdint.h>

typedef uint8_t __u8;
typedef uint16_t __u16;
typedef uint32_t __u32;
typedef uint64_t __u64;
typedef int32_t __s32;
typedef int64_t __s64;
typedef uint16_t __be16;
typedef uint32_t __be32;
typedef uint32_t __wsum;

/* include/uapi/linux/bpf.h: fixed for all kernels. */
#define BPF_MAP_TYPE_ARRAY             2
#define BPF_MAP_TYPE_INODE_STORAGE     28
#define BPF_MAP_TYPE_TASK_STORAGE      29
#define BPF_F_NO_PREALLOC              (1U << 0)
#define BPF_F_MMAPABLE                 (1U << 10)
#define BPF_LOCAL_STORAGE_GET_F_CREATE 1

struct bpf_sysctl {
	__u32 write;
	__u32 file_pos;
};

/* include/linux/kernel_read_file.h; the names of 6.1 to 6.12. */
enum {
	READING_MODULE = 2,
	READING_KEXEC_IMAGE = 3,
	READING_KEXEC_INITRAMFS = 4
};
enum {
	LOADING_MODULE = 2,
	LOADING_KEXEC_IMAGE = 3,
	LOADING_KEXEC_INITRAMFS = 4
};

/* What the programs look at; of the same value in all these kernels. */
#define FMODE_WRITE      2
#define FMODE_CREATED    0x100000
#define PROT_EXEC        4
#define PROC_SUPER_MAGIC 0x9fa0
#define SYSFS_MAGIC      0x62656572
#define NSFS_MAGIC       0x6e736673
#define BINFMTFS_MAGIC   0x42494e4d
#define TMPFS_MAGIC      0x01021994
#define NS_MNT_GET_FIRST 11 /* NEXT; PREV is the one after it */
#define NS_IOCTL_TYPE    0xb7
#define KDSKBENT         0x4b47

/* linux/dm-ioctl.h: what changes a device's table, or its name. */
#define DM_IOCTL       0xfd
#define DM_REMOVE_ALL  1
#define DM_DEV_REMOVE  4
#define DM_DEV_RENAME  5
#define DM_DEV_SUSPEND 6
#define DM_TABLE_LOAD  9
#define DM_TABLE_CLEAR 10

#define CAP_SYS_ADMIN 21
#define TS_COMPAT     2
#define NR_SWAPON     167
#define NR_SWAPON_32  87
#define NR_X32_BIT    0x40000000u

#define FROM_KERNEL __attribute__((preserve_access_index))

typedef struct {
	unsigned int val;
} kuid_t;

struct cred {
	kuid_t uid;
	kuid_t euid;
} FROM_KERNEL;

struct thread_info {
	__u32 status;
} FROM_KERNEL;

struct task_struct {
	struct thread_info thread_info;
	const struct cred *real_cred;
} FROM_KERNEL;

struct pt_regs {
	unsigned long orig_ax;
} FROM_KERNEL;

struct block_device;
struct kernel_siginfo;
struct user_namespace;

struct super_block {
	__u32 s_dev;
	unsigned long s_magic;
	struct block_device *s_bdev;
} FROM_KERNEL;

struct inode {
	struct super_block *i_sb;
	unsigned long i_ino;
} FROM_KERNEL;

struct file {
	unsigned int f_mode;
	struct inode *f_inode;
} FROM_KERNEL;

struct vfsmount {
	struct super_block *mnt_sb;
} FROM_KERNEL;

struct path {
	struct vfsmount *mnt;
} FROM_KERNEL;

struct linux_binprm {
	struct file *file;
} FROM_KERNEL;

struct vm_area_struct {
	struct file *vm_file;
} FROM_KERNEL;

#endif
