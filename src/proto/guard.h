/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the host's processes ask of each other: doc/PROTOCOL.ipc.
 */
#ifndef PROTO_GUARD_H
#define PROTO_GUARD_H

#include "proto/release.h"

enum guard_peer {
	GUARD_PEER_EARLY = 0, /* guard-early, over the socketpair it made */
	GUARD_PEER_AGENT = 1, /* guardd (or root), on guard-tpm.sock */
	GUARD_PEER_VM = 2     /* guard-vm, over the socketpair guard-tpm made */
};

enum guard_op {
	/* guard-early -> guard-tpm */
	GUARD_OP_RECORD = 0x1001, /* early_record -> PCR 15 records; once */
	/* guardd -> guard-tpm */
	GUARD_OP_IDENTITY = 0x1101, /* -> struct tpm_identity */
	GUARD_OP_ATTEST = 0x1102,   /* attest_order -> attest_evidence */
	GUARD_OP_ATTESTED = 0x1103, /* attested -> empty */
	/* guardd and guard-vm: -> struct asker; empty: not guarded */
	GUARD_OP_HEALTH = 0x1104,
	GUARD_OP_VM_START = 0x1105, /* vm_start + 2 fds -> vm_started */
	GUARD_OP_VM_ADOPT = 0x1106, /* vm_adopt + 2 fds -> vm_adopted */
	GUARD_OP_LOCK = 0x1107,     /* -> host_lock */
	/* guard-vm -> guard-tpm */
	GUARD_OP_AUTHORISE = 0x1201, /* authorise -> authorised */
	GUARD_OP_UNWRAP = 0x1202,    /* unwrap -> plaintext */
	/* -> the channel that a new guardd left for it, once; or none */
	GUARD_OP_VM_COMMAND = 0x1203,
	GUARD_OP_VM_RELAY = 0x1204,
	/* guardd -> guard-vm, on the channel passed at start */
	GUARD_OP_VM_STATUS = 0x1301,  /* -> vm_status */
	GUARD_OP_VM_STOP = 0x1302,    /* vm_stop -> vm_status */
	GUARD_OP_VM_GUEST = 0x1303,   /* vm_guest -> guest reply */
	GUARD_OP_VM_CONSOLE = 0x1304, /* vm_console + fd -> empty */
	GUARD_OP_VM_DISK = 0x1305,    /* vm_disk -> vm_disk_reply */
	GUARD_OP_VM_DUMP = 0x1306,    /* vm_dump + fd -> empty */
	/* guard-vm -> guardd, on the relay channel passed at start */
	GUARD_OP_RELAY = 0x1401,    /* relay -> relayed */
	GUARD_OP_VM_EVENT = 0x1402, /* vm_status -> empty */
	/* answered when the host is attested for a release: empty -> empty */
	GUARD_OP_VM_ATTEST = 0x1403
};

/* What guard-early made hold before it asks; zero: none. */
struct early_record {
	uint8_t lock_digest[32];
	uint8_t ima_policy[32];
};
extern const struct fields early_record_fields;

struct tpm_identity {
	struct bytes ek_certificate; /* may be empty */
	struct bytes ek_public;
	struct bytes ak_public;
	struct bytes hk_public;
	struct bytes pcr15; /* the records as evidence part 11 */
};
extern const struct fields tpm_identity_fields;

/* The challenge with what else goes into the transcript. */
struct attest_order {
	struct bytes credential_blob;
	struct bytes encrypted_secret;
	uint8_t nonce[32];
	uint32_t pcr_mask;
	uint64_t ima_cursor;
	uint8_t signer[32];
	uint8_t boot_log[32]; /* SHA-256 of each bulk part */
	uint8_t ima_log[32];
	uint8_t command_line[32];
	uint8_t exporter[32];
};
extern const struct fields attest_order_fields;

struct attest_evidence {
	struct bytes activation;
	struct bytes quote, quote_signature;
	struct bytes certify, certify_signature;
	struct bytes ak_public, hk_public;
	struct bytes pcr15;
};
extern const struct fields attest_evidence_fields;

struct attested {
	struct bytes certificate;
	struct bytes sealed;
};
extern const struct fields attested_fields;

/* fd 0: guard-vm's command channel, fd 1: its relay channel (guardd's ends). */
struct vm_start {
	struct bytes name;
	struct bytes folder; /* absolute */
};
extern const struct fields vm_start_fields;

struct vm_started {
	uint32_t pid;
};
extern const struct fields vm_started_fields;

/*
 * A guardd that was started anew leaves channels for the guard-vm in a slot of
 * guard-tpm's, in the order of vm_start.
 */
struct vm_adopt {
	uint32_t slot;
};
extern const struct fields vm_adopt_fields;

struct vm_adopted {
	struct bytes name; /* empty, and pid 0: the slot is free */
	uint32_t pid;
	uint32_t slots; /* how many there are */
};
extern const struct fields vm_adopted_fields;

/* What keeps root of this host out, and what it refused since the boot. */
struct host_lock {
	bool sealed;         /* QEMU and the rest run from the sealed image */
	bool locked;         /* the kernel lock is on */
	bool modules_closed; /* no kernel module loads any more */
	uint64_t bpf;
	uint64_t perf;
	uint64_t ptrace;
	uint64_t kill;
	uint64_t sigio;
	uint64_t rlimit;
	uint64_t pins;
	uint64_t mounts;
	uint64_t modules;
	uint64_t kexec;
	uint64_t sysctl;
	uint64_t exec;
	uint64_t nsfs;
	uint64_t sysrq;
	uint64_t swapon;
	uint64_t binfmt;
	uint64_t dm;
};
extern const struct fields host_lock_fields;

struct authorise {
	struct bytes path;
	uint8_t body[32]; /* SHA-256 of the message's byte form */
	uint8_t vm[32];   /* SHA-256 of owner, family and VM id: whose it is */
};
extern const struct fields authorise_fields;

struct authorised {
	uint64_t time;
	uint8_t request[16];
	uint8_t mac[32];
};
extern const struct fields authorised_fields;

/* guard-tpm makes the HPKE info itself from mac and body: struct release_info. */
struct unwrap {
	uint8_t mac[32];
	uint8_t body[32];
	struct bytes sealed;
};
extern const struct fields unwrap_fields;

/* One HTTP exchange with the HGS, made by guardd for guard-vm. */
#define RELAY_BODY_MAX ((size_t)160 << 10)
struct relay {
	struct bytes path;
	uint64_t time;
	uint8_t request[16];
	uint8_t mac[32];
	struct bytes body;
};
extern const struct fields relay_fields;

struct relayed {
	uint16_t http;
	struct bytes body;
};
extern const struct fields relayed_fields;

enum vm_phase {
	VM_PHASE_WAITING = 0, /* for the host to be attested */
	VM_PHASE_STARTING = 1,
	VM_PHASE_RUNNING = 2,
	VM_PHASE_STOPPING = 3,
	VM_PHASE_STOPPED = 4,
	VM_PHASE_FAILED = 5
};

struct vm_status {
	struct bytes name;
	uint8_t phase;       /* enum vm_phase */
	struct bytes step;   /* what is being done, in words */
	struct bytes reason; /* reason code, when failed */
	struct bytes text;   /* error text, when failed */
	struct bytes accel;  /* "tcg" or "kvm" */
	bool unclean;        /* the last stop was not in order */
	bool hgs_knew;       /* the HGS remembered the VM */
	uint64_t generation;
	uint64_t started;
	uint32_t pid;
	struct bytes remedy;
	struct bytes level;     /* "shielded", ...; empty: not yet known */
	struct bytes accel_why; /* software emulation: why not KVM */
};
extern const struct fields vm_status_fields;

struct vm_stop {
	bool kill;        /* do not ask the guest */
	uint32_t seconds; /* how long the guest may take */
};
extern const struct fields vm_stop_fields;

/*
 * verb: a word of qga_verb_find(); what passes, the VM's type says. uid: who
 * asks, by guardd's word, for the record.
 */
#define VM_COMMAND_MAX 4096
struct vm_guest {
	struct bytes verb;
	struct bytes command; /* of the verb "exec" */
	uint32_t uid;
};
extern const struct fields vm_guest_fields;

struct vm_guest_reply {
	struct bytes json; /* the guest's answer, untrusted */
};
extern const struct fields vm_guest_reply_fields;

/* kind: "display" (RFB) or "serial" (bytes); the descriptor is a socket. */
struct vm_console {
	struct bytes kind;
	uint32_t uid;
};
extern const struct fields vm_console_fields;

/*
 * verb: "attach" (file new: a disk of this size is made; file known: size 0),
 * "detach", "resize" (to this size). Sizes are the guest's, in bytes.
 */
struct vm_disk {
	struct bytes verb;
	struct bytes file;
	uint64_t size;
	uint32_t uid;
};
extern const struct fields vm_disk_fields;

struct vm_disk_reply {
	uint64_t size;
	bool made; /* there was no such file before */
};
extern const struct fields vm_disk_reply_fields;

/* The guest's memory as an ELF core into the descriptor. */
struct vm_dump {
	uint32_t uid;
};
extern const struct fields vm_dump_fields;

#endif
