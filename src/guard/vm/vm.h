/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard-vm: one VM from its folder to its end. It alone holds the VM's keys,
 * its QMP and its TPM's control channel. What it reads is not trusted: the
 * folder, guardd's words, the HGS's replies until they are proved, QEMU.
 */
#ifndef GUARD_VM_VM_H
#define GUARD_VM_VM_H

#include <sys/types.h>

#include "base/secret.h"
#include "conf/paths.h"
#include "guard/common/guard_conf.h"
#include "ipc/channel.h"
#include "protector/protector.h"
#include "proto/guard.h"
#include "vm/config.h"
#include "vm/qga.h"
#include "vm/qmp.h"

#define VM_FILE_PREVIOUS VM_FILE_PROTECTOR ".prev"
#define VM_FILE_LOCK     ".lock"

/* One release: what the HGS gave for one start. */
struct release_keys {
	struct buf core;      /* the egress core's bytes */
	struct core *new;     /* parsed */
	struct secret old_tk; /* of the protector that was presented */
	struct secret new_tk;
	bool known;
};

struct vm_folder {
	char path[PATH_TEXT_MAX];
	int fd;
	int lock_fd;
	int vtpm_fd;
	int vtpm_mount_fd; /* the same, to be shown to swtpm; -1: not there */
	int all_fd;        /* the folder of all VMs; -1: this is the owner's */
	int firmware_fd;
	uint8_t firmware_digest[32];
	struct vm_config config;
	struct buf file; /* the protector file that was presented */
	struct buf ticket;
	struct protector *protector;
};

/* What the VM's files are now. */
struct vm_facts {
	uint8_t vtpm[32];
	uint8_t nvram[32];
	uint8_t secure_boot_keys[32];
	uint8_t boot_disk[32];
	uint8_t headers[VM_CONFIG_DISKS][32];
};

struct machine {
	uid_t uid;
	bool kvm;
	pid_t swtpm, qemu;             /* 0: none */
	int swtpm_end_fd, qemu_end_fd; /* pidfds */
	int tpm_fd;                    /* until QEMU has it */
	int qmp_fd, agent_fd, log_fd;  /* our ends */
	int serial_fd;                 /* ours, where there is a port */
	size_t slot[VM_CONFIG_DISKS];  /* QEMU's place for vm.json's disk i */
	int log_theirs_fd;             /* until QEMU has it too */
	struct qmp qmp;
	struct qga qga;
	bool guest_went_down; /* by itself, in order */
	bool qmp_lost;
	bool dump_ended; /* what vm->dump asked for */
	bool dump_good;
	unsigned n_log;
	char last_words[200]; /* of QEMU or swtpm, escaped */
	char kvm_why[200];    /* why it is not used, escaped */
};

/* Until when the guest may run: lease_now() times, 0 before the first one. */
struct lease {
	bool none; /* a regular VM's: nobody else may run it anyway */
	uint32_t seconds;
	uint64_t end, renew_at;
	int timer_fd;
	bool paused;  /* the guest, until it is renewed */
	bool failing; /* the last renewal was not answered by one */
};

/* The serial port's last words, for whoever looks later. */
#define SERIAL_KEPT ((size_t)64 << 10)
struct serial {
	int viewer_fd; /* -1: nobody looks */
	uint8_t kept[SERIAL_KEPT];
	size_t n_ever; /* bytes that ever came */
};

/* A request that is answered by an event of QEMU's. */
struct pending {
	bool waits;
	struct frame to;
	uint32_t uid;
};

struct vm {
	char root[PATH_TEXT_MAX];
	char name[NAME_MAX_LEN + 1];
	struct guard_conf conf;
	int tpm_fd, control_fd, relay_fd;
	/* What every process of the VM holds: folder_lock(), the kernel lock. */
	int held_fds[2];
	size_t n_held;
	int kernel_lock_fd; /* -1: none */
	int host_ns_fd;     /* where the machine's own root is; -1: here */

	struct vm_folder folder;
	int nvram_fd; /* memory file: the variables while the VM runs */
	uint8_t boot_disk[32]; /* its identity when the VM was started */
	struct release_keys keys;
	struct secret secrets_page; /* holds a struct vm_secrets */
	struct machine machine;

	/* For the status. */
	enum vm_phase phase;
	const char *step;
	struct diag why;
	bool unclean;
	uint64_t started;

	struct serial serial;
	struct pending dump;

	uint64_t adopt_at;  /* when to look for a new guardd */
	bool local;         /* started by the owner's shield: local.c */
	uint64_t local_end; /* then: when a VM left alone is ended */
	struct lease lease;

	/* A stop that was asked for: answered when it is done. */
	bool stopping;
	bool killing;
	bool stop_waits; /* stop_to must be answered */
	struct frame stop_to;
	uint32_t stop_seconds;
	uint64_t stop_deadline;
	bool over;
};

struct vm_secrets *vm_secrets_of(struct vm *vm);

static inline bool
vm_is_regular(const struct vm *vm)
{
	return vm->folder.config.level == VM_LEVEL_REGULAR;
}

static inline bool
vm_has(const struct vm *vm, enum vm_feature f)
{
	return (vm->folder.config.features & VM_FEATURE_BIT(f)) != 0;
}

/* status.c */
void status_step(struct vm *vm, const char *step);
void status_set(struct vm *vm, enum vm_phase phase, const char *step);
/* The same once more, for a guardd that is new. */
void status_tell(struct vm *vm);
void status_fail(struct vm *vm, const struct diag *why);
MUST_CHECK int status_encode(const struct vm *vm, struct buf *ret,
    struct diag *d);

/* folder.c */
MUST_CHECK int folder_lock(struct vm *vm, struct diag *d);
MUST_CHECK int folder_read(struct vm *vm, struct diag *d);
/* vm.json anew, after a change of vm->folder.config. */
MUST_CHECK int folder_write_config(struct vm *vm, struct diag *d);
/* The last protector that an HGS accepted, in place of the current one. */
MUST_CHECK int folder_read_previous(struct vm *vm, struct diag *d);
MUST_CHECK int folder_open_disk(const struct vm *vm, const char *file,
    int flags, int *ret_fd, struct diag *d);
/* The TPM's files to this user; 0: back to root. */
MUST_CHECK int folder_give_vtpm(struct vm *vm, uid_t uid, struct diag *d);
void folder_close(struct vm_folder *f);

/* nvram.c */
MUST_CHECK int nvram_load(struct vm *vm, struct diag *d);
MUST_CHECK int nvram_read(const struct vm *vm, struct buf *ret, struct diag *d);
MUST_CHECK int nvram_reopen(const struct vm *vm, int flags, int *ret_fd,
    struct diag *d);
MUST_CHECK int nvram_settle(struct vm *vm, struct diag *d);
/* Back into the folder, if it changed. */
MUST_CHECK int nvram_save(struct vm *vm, struct diag *d);

/* regular.c: what a VM without an owner has in place of a release. */
MUST_CHECK int regular_open(struct vm *vm, struct diag *d);

/*
 * rights.c: most of root's, at once; changing the root, when the folder is
 * open; the network's, when QEMU has its cards.
 */
MUST_CHECK int rights_give_up(struct diag *d);
MUST_CHECK int rights_give_up_visit(struct diag *d);
MUST_CHECK int rights_give_up_network(struct diag *d);

/* users.c: a user that no VM had since the machine started. */
MUST_CHECK int user_take(const struct vm *vm, uid_t *ret, struct diag *d);

/* release.c: the HGS, by way of guardd; proofs and opening by guard-tpm. */
/* Returns when guardd says that the host is attested. */
MUST_CHECK int release_await_host(struct vm *vm, struct diag *d);
MUST_CHECK int release_roll(struct vm *vm, struct diag *d);
MUST_CHECK int release_confirm(struct vm *vm, struct diag *d);
MUST_CHECK int release_stopped(struct vm *vm, bool clean, struct diag *d);
/* True for a refusal that will not change by asking again. */
bool release_is_final(int r, const struct diag *d);
void release_free(struct release_keys *k);

/* state.c */
MUST_CHECK int state_open(struct vm *vm, struct diag *d);
MUST_CHECK int state_check(struct vm *vm, struct diag *d);
MUST_CHECK int state_write_running(struct vm *vm, struct diag *d);
/* The same once more, with the disks' keys as they are now. */
MUST_CHECK int state_write_again(struct vm *vm, struct diag *d);
/* Where the secrets keep disk i of vm.json: SecretsInvalid if they do not. */
MUST_CHECK int state_find_disk(struct vm *vm, size_t i,
    struct vm_disk_key **ret, struct diag *d);
/* vtpm_digest: probe_stop()'s. */
MUST_CHECK int state_write_clean(struct vm *vm,
    const uint8_t vtpm_digest[static 32], struct diag *d);
/* The protector that was presented, after the HGS refused the new one. */
MUST_CHECK int state_put_back(struct vm *vm, struct diag *d);

/*
 * probe.c: has the VM's TPM count, while it is not in use, and sets the
 * secrets' vtpm_counter to what must be recorded. VmStateTampered for a state
 * that is older than what they tell, or another one.
 */
MUST_CHECK int probe_start(struct vm *vm, struct diag *d);
MUST_CHECK int probe_stop(struct vm *vm, uint8_t ret_digest[static 32],
    struct diag *d);

/*
 * host.c: opens the VM's folder, has it locked and opens what is in it, in the
 * mount namespace that the machine's own root is in. Links on the way are
 * refused.
 */
MUST_CHECK int host_open_folder(struct vm *vm,
    int (*lock)(struct vm *vm, struct diag *d), struct diag *d);

/* machine.c */
void machine_init(struct machine *m);
/* Where a program of the host's is; its private copy, unless debuggable. */
void machine_program(const struct vm *vm, const char *path, bool debuggable,
    char ret[static PATH_TEXT_MAX]);
MUST_CHECK int machine_start_tpm(struct vm *vm, struct diag *d);
MUST_CHECK int machine_start_qemu(struct vm *vm, struct diag *d);
MUST_CHECK int machine_unlock_disks(struct vm *vm, struct diag *d);
/* Disk i of vm.json into QEMU's slot[i]; later: while the guest runs. */
MUST_CHECK int machine_add_disk(struct vm *vm, size_t i, bool later,
    struct diag *d);
MUST_CHECK int machine_run(struct vm *vm, struct diag *d);
/* No processor of the guest runs when this returns ERR_OK. */
MUST_CHECK int machine_pause(struct vm *vm, struct diag *d);
/* Nothing of it is left when this returns. */
void machine_kill(struct vm *vm);
/* After QEMU ended: true if both programs ended in order. */
bool machine_reap(struct vm *vm);
void machine_read_log(struct vm *vm);

/* disks.c: while the VM runs. */
MUST_CHECK int disks_change(struct vm *vm, const struct vm_disk *q,
    struct vm_disk_reply *ret, struct diag *d);

/* console.c: display and serial port. fd stays the caller's. */
MUST_CHECK int console_show(struct vm *vm, struct bytes kind, int fd,
    struct diag *d);
void serial_init(struct serial *s);
/* Bytes have come from the port (from QEMU) or from who looks at it. */
void serial_from_guest(struct vm *vm);
void serial_from_viewer(struct vm *vm);
void serial_close(struct vm *vm);

/*
 * record.c: what was asked of the VM that its type may refuse, and what came
 * of it, in a file of the host's. uid: who asked, by guardd's word.
 */
void record_request(const struct vm *vm, uint32_t uid, const char *what, int r,
    const struct diag *why);

/* start.c */
MUST_CHECK int vm_start(struct vm *vm, struct diag *d);
/* stop.c */
void vm_stop_begin(struct vm *vm, bool kill, uint32_t seconds);
void vm_stop_late(struct vm *vm);
/* The guest was paused and is not now: it can be asked. */
void vm_stop_resume(struct vm *vm);
void vm_ended(struct vm *vm);
void vm_answer_stop(struct vm *vm, int r, const struct diag *why);
/* control.c: one request of guardd's, if one is there. */
void control_serve(struct vm *vm);
/* Answers what waited for an event. */
void control_after_events(struct vm *vm);
/* Closes the channels of a guardd that is gone, and takes a new one's. */
void control_adopt(struct vm *vm);
/* lease.c */
#define LEASE_PAUSED_MS 10000
/* Milliseconds of the clock that goes on in suspend. */
uint64_t lease_now(void);
void lease_take(struct lease *l, uint64_t asked, uint32_t seconds);
bool lease_holds(const struct lease *l);
/* ms, but not beyond the lease's end; LEASE_PAUSED_MS at most behind it. */
int lease_patience(const struct lease *l, int ms);
MUST_CHECK int lease_watch(struct lease *l, struct diag *d);
/* timer_fd is readable when lease_keep() has something to do. */
MUST_CHECK int lease_arm(struct lease *l, struct diag *d);
/* Renews, pauses, continues, or ends the VM. */
void lease_keep(struct vm *vm);
/* local.c */
MUST_CHECK int local_take_folder(struct vm *vm, const char *folder,
    struct diag *d);
/* In place of keeping the protector that was presented. */
MUST_CHECK int local_drop_previous(const struct vm *vm, struct diag *d);
/* Ends a VM whose starter is gone; nothing on a host. */
void local_keep(struct vm *vm);
/* loop.c */
MUST_CHECK int vm_loop(struct vm *vm, int signal_fd, struct diag *d);

#endif
