/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard-tpm: started by guard-early, with --fd early=N and --set root=, tcti=,
 * agent_uid=, agent_gid=.
 */
#include <cap-ng.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "guard/tpm/guard.h"
#include "ipc/args.h"
#include "measure/pcr15.h"

/*
 * Root, because each VM's processes run under a user of their own and this is
 * the root of their tree; but bounded, for itself and for every descendant.
 *
 *   SETUID SETGID SETPCAP  guard-vm becomes and drops to each VM's user
 *   CHOWN FOWNER FSETID DAC_OVERRIDE  a VM's folder belongs to its user
 *   KILL                   QEMU and swtpm of another user are ended
 *   SYS_ADMIN SYS_CHROOT   their mount and network namespaces
 *   NET_ADMIN              their network devices
 *   IPC_LOCK SYS_RESOURCE  guest memory is locked, its limits raised
 *   SYS_NICE               CPU placement
 *
 * Gone for good: modules, raw I/O, ptrace, BPF, perf, reboot, time, syslog,
 * device nodes, raw network, and whatever a later kernel adds.
 */
static const unsigned wanted[] = { CAP_SETUID, CAP_SETGID, CAP_SETPCAP,
	CAP_CHOWN, CAP_FOWNER, CAP_FSETID, CAP_DAC_OVERRIDE, CAP_KILL,
	CAP_SYS_ADMIN, CAP_SYS_CHROOT, CAP_NET_ADMIN, CAP_IPC_LOCK,
	CAP_SYS_RESOURCE, CAP_SYS_NICE };

static int
bound_capabilities(struct diag *d)
{
	const capng_type_t all = (capng_type_t)(CAPNG_EFFECTIVE |
	    CAPNG_PERMITTED | CAPNG_BOUNDING_SET);
	bool have[ARRAY_LEN(wanted)];
	size_t i;

	if (capng_get_caps_process() != 0)
		return diag_errno(d, "cannot read capabilities");
	for (i = 0; i < ARRAY_LEN(wanted); i++)
		have[i] =
		    capng_have_capability(CAPNG_PERMITTED, wanted[i]) != 0;
	capng_clear(CAPNG_SELECT_BOTH);
	/* In a container some are missing from the start. */
	for (i = 0; i < ARRAY_LEN(wanted); i++)
		if (have[i] && capng_update(CAPNG_ADD, all, wanted[i]) != 0)
			return diag_errno(d, "cannot choose capabilities");
	if (capng_apply(CAPNG_SELECT_BOTH) != 0)
		return diag_errno(d, "cannot bound capabilities");
	return ERR_OK;
}

/* Nothing of this process goes to a dump, to swap, or to a debugger. */
static int
protect(bool machine, struct diag *d)
{
	int rc;

	if ((rc = process_protect(d)) < 0)
		return rc;
	if (geteuid() == 0 && (rc = bound_capabilities(d)) < 0)
		return rc;
	if (mlockall(MCL_CURRENT | MCL_FUTURE) == 0)
		return ERR_OK;
	rc = diag_errno(d, "cannot lock memory");
	/* Below a --root there may be no privilege; keys are locked singly. */
	if (machine)
		return rc;
	log_warning("%s", d->text);
	return ERR_OK;
}

/* Given on a host with a sealed root only. */
static int
take_sealed(const struct args *args, struct guard *g, struct diag *d)
{
	const struct {
		const char *name;
		int *fd;
	} all[] = { { "host", &g->host_ns_fd }, { "lock", &g->lock_fd },
		{ "refusals", &g->refusals_fd },
		{ "modules", &g->modules_fd } };
	int rc;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		rc = args_fd(args, all[i].name, all[i].fd, d);
		if (rc < 0 && rc != ERR_NOT_FOUND)
			return rc;
	}
	return ERR_OK;
}

static int
set_up(const struct args *args, struct guard *g, int *ret_early, struct diag *d)
{
	uint64_t uid, gid;
	int rc;

	g->root = args_text(args, "root");
	g->tcti = args_text(args, "tcti");
	if (g->root == NULL || g->tcti == NULL)
		return diag_fail(d, ERR_USAGE,
		    "guard-tpm is started by guard-early only");
	if ((rc = args_fd(args, "early", ret_early, d)) < 0 ||
	    (rc = take_sealed(args, g, d)) < 0 ||
	    (rc = args_number(args, "agent_uid", 0, UINT32_MAX - 1, &uid, d)) <
		0 ||
	    (rc = args_number(args, "agent_gid", 0, UINT32_MAX - 1, &gid, d)) <
		0)
		return rc;
	g->agent_uid = (uid_t)uid;
	g->agent_gid = (gid_t)gid;
	if ((rc = protect(g->root[0] == '\0', d)) < 0)
		return rc;
	guard_vm_program(g);
	return guard_keys_make(g, d);
}

static void
init(struct guard *g)
{
	struct buf *const small[] = { &g->pending_certify,
		&g->pending_certify_signature, &g->health.certify,
		&g->health.certify_signature };
	size_t i;

	g->pcr15 = (struct buf)BUF_INIT(8192);
	g->health.certificate = (struct buf)BUF_INIT(CERTIFICATE_LIMIT);
	for (i = 0; i < ARRAY_LEN(small); i++)
		*small[i] = (struct buf)BUF_INIT(TPM_BLOB_LIMIT);
	g->listen_fd = g->host_ns_fd = g->lock_fd = g->refusals_fd =
	    g->modules_fd = -1;
	for (i = 0; i < GUARD_AGENTS_MAX; i++)
		g->agents[i] = -1;
	for (i = 0; i < GUARD_VMS_MAX; i++)
		guard_vm_clear(&g->vms[i]);
}

int
main(int argc, char **argv)
{
	static struct guard g;
	struct diag d = { 0 };
	struct args args;
	int early = -1;

	log_open("guard-tpm", LOG_LEVEL_INFO, true);
	/* The TPM stack's own words would let hostile input fill the log. */
	(void)setenv("TSS2_LOG", "all+none", 1);
	init(&g);
	if (args_parse(argc, argv, &args, &d) < 0 ||
	    set_up(&args, &g, &early, &d) < 0 ||
	    guard_serve(&g, early, &d) < 0) {
		log_error("%s", d.text);
		return 1;
	}
	log_notice("ended: the host is unguarded until it boots anew");
	return 0;
}
