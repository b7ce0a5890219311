/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm-lease ROOT NAME GUARD-VM FABRIC-KEY PASSPHRASE: guard-vm on a VM that
 * `shield` made, whose lease is not renewed, or ends before it began. For
 * run.sh.
 */
#include "lives.h"

/* guard-vm tells a step that begins like this. */
static bool
comes_to(struct fabric *f, const char *step, int ms)
{
	for (int waited = 0; f->pid != 0 && waited < ms; waited += 100) {
		if (strncmp(f->step, step, strlen(step)) == 0)
			return true;
		(void)fabric_serve(f, 0, 100);
	}
	return false;
}

/* Clock ticks that QEMU, and so its guest, computed: proc(5), 14 and 15. */
static unsigned long
ticks(pid_t pid)
{
	char path[64], line[512], *p;
	unsigned long sum = 0;
	size_t n;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	n = fread(line, 1, sizeof(line) - 1, file);
	(void)fclose(file);
	line[n] = '\0';
	p = strrchr(line, ')');
	if (p == NULL || strlen(p) < 4)
		t_bail("%s", path);
	p += 3; /* behind number 3, a letter */
	for (int i = 4; i <= 15; i++) {
		unsigned long value = strtoul(p, &p, 10);

		sum += i >= 14 ? value : 0;
	}
	return sum;
}

/* What QEMU computes in this time while guard-vm is served. */
static unsigned long
computes(struct fabric *f, int ms)
{
	unsigned long before = ticks((pid_t)f->qemu);

	(void)fabric_serve(f, 0, ms);
	return ticks((pid_t)f->qemu) - before;
}

#define IDLE_TICKS 5

static void
test_no_answer(struct fabric *f, const char *how, enum fault fault)
{
	f->lease = 3;
	CHECK(starts(f), "it starts with a lease of 3 seconds");
	f->fault = fault;
	CHECK(comes_to(f, "paused: ", 15000) && f->phase == VM_PHASE_RUNNING,
	    "T79 the lease ends, %s: the VM is paused", how);
	CHECK(computes(f, 2000) <= IDLE_TICKS,
	    "T79 the paused guest computes nothing");
}

static void
test_paused(struct fabric *f)
{
	auto_buf struct buf b = BUF_INIT(CHANNEL_BODY_MAX);
	struct vm_guest q = { bytes_of_text("ping") };

	test_no_answer(f, "the HGS does not answer", GUARDD_MUTE);
	f->fault = NO_FAULT;
	CHECK(comes_to(f, "running", 30000) && computes(f, 5000) > IDLE_TICKS,
	    "T79 the lease is renewed: the guest continues");
	f->fault = GUARDD_SILENT;
	CHECK(comes_to(f, "paused: ", 15000), "T79 and is paused once more");
	CHECK(fabric_ask(f, GUARD_OP_VM_GUEST, &vm_guest_fields, &q, 15000,
		  &b) == ERR_REFUSED &&
		fd_.reason == REASON_VmNotRunning,
	    "a paused guest is not asked for anything");
	f->fault = REFUSE_CONFIRM;
	(void)fabric_serve(f, 0, 30000);
	CHECK(f->pid == 0 && is_gone((pid_t)f->qemu),
	    "T79 superseded while it was paused: the VM ends");
	f->fault = NO_FAULT;

	test_no_answer(f, "guardd refuses", GUARDD_SILENT);
	CHECK(stops(f, true, 0) && is_gone((pid_t)f->qemu),
	    "a paused VM can be ended");
	f->fault = NO_FAULT;
	test_no_answer(f, "guardd refuses", GUARDD_SILENT);
	CHECK(stops(f, false, 2) && is_gone((pid_t)f->qemu),
	    "a paused guest cannot be asked to shut down: the VM is ended");
	f->fault = NO_FAULT;
	f->lease = 600;
}

static void
test_frozen_start(struct fabric *f)
{
	unsigned n = f->n_confirms;

	f->lease = 3;
	f->hold_ms = 3500;
	f->hold_fault = NO_FAULT;
	f->hold_at = "run the guest";
	CHECK(starts(f) && f->n_confirms >= n + 2,
	    "T79 frozen between confirm and run: confirmed again first");
	CHECK(stops(f, true, 0), "and stops");
	f->hold_fault = REFUSE_CONFIRM;
	f->hold_at = "run the guest";
	CHECK(fails(f, REASON_ProtectorSuperseded),
	    "T79 frozen there until another host started it: it never runs");
	f->fault = NO_FAULT;
	f->lease = 600;
}

static void
test_reattested(struct fabric *f)
{
	f->fault = REATTESTED;
	f->n_refused = 0;
	CHECK(starts(f) && f->n_refused == 1,
	    "attested again before the proof: asked once more");
	f->certificate = CERTIFICATE;
	CHECK(stops(f, true, 0) && f->n_refused == 2 && !f->vm.running,
	    "the same when it tells the HGS that it stopped");
	f->certificate = CERTIFICATE;
	f->fault = NOT_AUTHENTIC;
	f->n_refused = 0;
	CHECK(fails(f, REASON_RequestNotAuthentic) && f->n_refused == 2,
	    "T92 refused with the new certificate too: no third request");
	f->fault = NO_FAULT;
}

static void
test_lease(struct fabric *f)
{
	unsigned n;

	f->lease = 3;
	CHECK(starts(f), "it starts with a lease of 3 seconds");
	n = f->n_confirms;
	(void)fabric_serve(f, 0, 3500);
	CHECK(f->n_confirms >= n + 2, "the lease is renewed in time");
	f->fault = REFUSE_CONFIRM;
	(void)fabric_serve(f, 0, 30000);
	CHECK(f->pid == 0, "T79 superseded by another host: the VM ends");
	f->fault = NO_FAULT;
	f->lease = 600;
}

int
main(int argc, char **argv)
{
	struct fabric f;

	if (argc != 6)
		t_bail("usage: vm-lease ROOT NAME GUARD-VM KEY PASSPHRASE");
	f = fabric_of(argv[1], argv[2], argv[3]);
	fabric_keys(&f, argv[4], argv[5]);
	test_reattested(&f);
	test_lease(&f);
	test_paused(&f);
	test_frozen_start(&f);
	return t_done();
}
