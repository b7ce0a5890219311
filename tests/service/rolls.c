/* SPDX-License-Identifier: Apache-2.0 */
/*
 *	service-rolls stream FILE STOP   rolls one VM, over and over, while
 *	                                 somebody kills the service
 *	service-rolls race               two hosts start one VM at once
 *
 * FILE gets a line with the seal's digest for every core that was received;
 * STOP is a file that ends the stream when it appears.
 */
#include "session.h"

static struct hgs g;
static struct guardian_file fabric;

static void
seal_of(struct bytes core, char hex[static 65])
{
	auto_core struct core *c = NULL;
	struct diag d = { 0 };

	need(core_parse(core, NULL, &c, &d), &d, "core");
	hex_format(bytes_of(c->seal_digest, 32), hex);
}

static void
refuse_unknown(struct grant_content *c)
{
	c->policy.unknown_vm = GRANT_UNKNOWN_VM_REFUSE;
}

static void
new_vm(struct vm *vm)
{
	const struct guardian_file *list[] = { &fabric };

	hgs_guardian(&g, &fabric);
	tenant_vm(vm, list, 1, refuse_unknown);
}

/* --- stream --- */

/* Only what a service that ends or starts may say. */
static bool
is_outage(int r)
{
	return r < 0 || g.status == 503 || g.status == 500;
}

struct stream {
	struct host *host;
	struct session s;
	struct buf file; /* the protector's core on the host's disk */
	FILE *received;
	unsigned rolls, confirms, outages, wrong;
};

static void
unexpected(struct stream *st, const char *what)
{
	printf("# %s: HTTP %u: %.*s\n", what, g.status, (int)g.body.len,
	    (const char *)g.body.p);
	st->wrong++;
}

/* As guard-vm: roll, write, confirm; whatever was lost, go on from the file. */
static bool
cycle(struct stream *st)
{
	struct buf got = BUF_INIT(CORE_LIMIT);
	struct proving p;
	char seal[65];
	int r;

	proving_new(&st->s, &p);
	r = roll_try(&g, &st->s, buf_bytes(&st->file), &p);
	if (r < 0 || g.status != 200) {
		if (!is_outage(r))
			unexpected(st, "roll");
		st->outages++;
		return false;
	}
	if (!release_open(&g, &st->s, buf_bytes(&st->file), &p, &got)) {
		unexpected(st, "release");
		return false;
	}
	st->rolls++;
	seal_of(buf_bytes(&got), seal);
	(void)fprintf(st->received, "%s\n", seal);
	(void)fflush(st->received);
	copy_to(&st->file, buf_bytes(&got));
	buf_free(&got);
	r = notice_try(&g, &st->s, PATH_CONFIRM, buf_bytes(&st->file), false);
	if (r < 0 || g.status != 200) {
		if (!is_outage(r))
			unexpected(st, "confirm");
		st->outages++;
		return false;
	}
	st->confirms++;
	return true;
}

static int
stream(const char *path, const char *stop)
{
	struct stream st = { .received = fopen(path, "w") };
	struct vm vm;
	bool good = false;

	if (st.received == NULL)
		t_bail("%s", path);
	st.host = host_new("kvm1", "host-good");
	hgs_enrol(&g, st.host, true);
	new_vm(&vm);
	copy_to(&st.file, buf_bytes(&vm.core));
	session_open(&g, st.host, &st.s);
	while (access(stop, F_OK) != 0)
		if (!cycle(&st))
			(void)usleep(100000);
	for (int i = 0; i < 100 && !good; i++)
		if (!(good = cycle(&st)))
			(void)usleep(100000);
	printf("# %u rolls, %u confirmed, %u cut off\n", st.rolls, st.confirms,
	    st.outages);
	CHECK(st.outages > 0 && st.rolls >= 20,
	    "the stream of rolls was cut off, and went on");
	CHECK(st.wrong == 0,
	    "T86 whatever was cut off, the VM's file is never superseded");
	CHECK(good, "T86 at last the VM's protector rolls");
	fclose(st.received);
	host_free(st.host);
	session_free(&st.s);
	t_vm_free(&vm);
	buf_free(&st.file);
	return t_done();
}

/* --- race --- */

#define ROUNDS 12

struct racer {
	struct host *host;
	struct session s;
	struct buf core; /* offered to it */
};

/* Both at once, each on a connection of its own; how many were told yes. */
static unsigned
confirm_both(struct racer r[static 2], int *ret_winner)
{
	int start[2], status;
	unsigned yes = 0;
	pid_t pid[2];
	char c;

	if (pipe(start) != 0)
		t_bail("pipe");
	for (int i = 0; i < 2; i++) {
		pid[i] = fork();
		if (pid[i] != 0)
			continue;
		struct hgs own;

		hgs_open(&own, g.url, g.root);
		(void)close(start[1]);
		/* The end of the pipe is the shot. */
		(void)!read(start[0], &c, 1);
		notice(&own, &r[i].s, PATH_CONFIRM, buf_bytes(&r[i].core));
		_exit(own.status == 200 ? 0 : own.status == 409 ? 1 : 2);
	}
	(void)close(start[0]);
	(void)close(start[1]);
	*ret_winner = -1;
	for (int i = 0; i < 2; i++) {
		if (waitpid(pid[i], &status, 0) != pid[i] ||
		    !WIFEXITED(status) || WEXITSTATUS(status) > 1)
			t_bail("a confirm went wrong");
		if (WEXITSTATUS(status) == 0) {
			yes++;
			*ret_winner = i;
		}
	}
	return yes;
}

static void
test_race(struct racer r[static 2], struct buf *file)
{
	unsigned bad = 0, won[2] = { 0 };
	int winner;

	for (int i = 0; i < ROUNDS; i++) {
		roll_good(&g, &r[0].s, buf_bytes(file), &r[0].core);
		roll_good(&g, &r[1].s, buf_bytes(file), &r[1].core);
		if (confirm_both(r, &winner) != 1) {
			bad++;
			continue;
		}
		won[winner]++;
		roll(&g, &r[1 - winner].s, buf_bytes(&r[1 - winner].core));
		if (!said_code(&g, REASON_RunningElsewhere, REASON_NONE))
			bad++;
		notice(&g, &r[winner].s, PATH_STOPPED,
		    buf_bytes(&r[winner].core));
		if (g.status != 200)
			bad++;
		roll(&g, &r[1 - winner].s, buf_bytes(&r[1 - winner].core));
		if (!said_code(&g, REASON_ProtectorSuperseded, REASON_NONE))
			bad++;
		copy_to(file, buf_bytes(&r[winner].core));
	}
	CHECK(bad == 0,
	    "T79 T95 of two hosts that start a VM at once one wins, in each "
	    "of %d rounds (%u to %u)",
	    ROUNDS, won[0], won[1]);
}

/* What belongs to one HGS is nothing to another. */
static void
test_two_services(struct racer r[static 2], struct bytes rolled)
{
	auto_shown struct shown s = { 0 };
	struct challenge_reply c;
	struct json_doc *doc = NULL;
	struct guardian_file both[2] = { 0 };
	const struct guardian_file *list[] = { &both[0], &both[1] };
	struct buf core = BUF_INIT(CORE_LIMIT);
	struct session there;
	struct hgs o;
	struct vm vm;

	hgs_open(&o, env("HGS_URL_2"), env("HGS_ROOT_2"));
	hgs_enrol(&o, r[0].host, true);
	session_open(&o, r[0].host, &there);
	hgs_mark(&o);
	roll(&o, &r[0].s, rolled);
	REFUSED(&o, "release", REASON_CertificateInvalid,
	    "T52 one HGS's certificate at another: CertificateInvalid");
	hgs_mark(&o);
	roll(&o, &there, rolled);
	REFUSED(&o, "release", REASON_GuardianNotGranted,
	    "T64 a VM of one HGS at another: GuardianNotGranted");
	hgs_challenge(&g, r[0].host, &c, &doc);
	shown_make(r[0].host, &c, &s);
	hgs_mark(&o);
	hgs_attest(&o, r[0].host, &s);
	REFUSED(&o, "attest", REASON_ChallengeAgain,
	    "T03 one HGS's challenge answered at another: ChallengeAgain");
	json_doc_free(doc);

	hgs_guardian(&g, &both[0]);
	hgs_guardian(&o, &both[1]);
	tenant_vm(&vm, list, 2, refuse_unknown);
	roll_good(&g, &r[0].s, buf_bytes(&vm.core), &core);
	notice(&g, &r[0].s, PATH_CONFIRM, buf_bytes(&core));
	hgs_mark(&o);
	roll(&o, &there, buf_bytes(&core));
	REFUSED(&o, "release", REASON_VmUnknown,
	    "T66 a VM granted to both, rolled by one, at the other: VmUnknown");
	hgs_mark(&o);
	notice(&o, &there, PATH_CONFIRM, buf_bytes(&core));
	REFUSED(&o, "confirm", REASON_NotConfirmed,
	    "T95 and confirmed there: NotConfirmed");
	t_vm_free(&vm);
	guardian_file_free(&both[0]);
	guardian_file_free(&both[1]);
	session_free(&there);
	buf_free(&core);
	hgs_close(&o);
}

static int
race(void)
{
	struct racer r[2] = { 0 };
	struct buf file = BUF_INIT(CORE_LIMIT);
	struct vm vm;

	r[0].host = host_new("kvm1", "host-good");
	r[1].host = host_new("kvm2", "host-good");
	hgs_enrol(&g, r[0].host, true);
	hgs_enrol(&g, r[1].host, false);
	new_vm(&vm);
	copy_to(&file, buf_bytes(&vm.core));
	session_open(&g, r[0].host, &r[0].s);
	session_open(&g, r[1].host, &r[1].s);
	test_race(r, &file);
	test_two_services(r, buf_bytes(&file));
	for (int i = 0; i < 2; i++) {
		host_free(r[i].host);
		session_free(&r[i].s);
		buf_free(&r[i].core);
	}
	t_vm_free(&vm);
	buf_free(&file);
	return t_done();
}

int
main(int argc, char **argv)
{
	int rc = 2;

	hgs_open(&g, env("HGS_URL"), env("HGS_ROOT"));
	if (argc == 4 && strcmp(argv[1], "stream") == 0)
		rc = stream(argv[2], argv[3]);
	else if (argc == 2 && strcmp(argv[1], "race") == 0)
		rc = race();
	else
		(void)fprintf(stderr,
		    "usage: service-rolls stream FILE STOP | race\n");
	guardian_file_free(&fabric);
	hgs_close(&g);
	return rc;
}
