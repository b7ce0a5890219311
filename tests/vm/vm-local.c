/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm-local ROOT NAME GUARD-VM FABRIC-KEY OWNER-KEY PASSPHRASE SHIELD TENANT:
 * one VM on a fabric (fabric.h), at home by `shield vm run`, and on the fabric
 * again, by the HGS's own rules. For local.sh.
 */
#include "lives.h"

#include <sys/stat.h>

#define RUN_MS 60000

struct home {
	const char *shield, *tenant, *passphrase;
	char folder[600];
};

/* In the child: its answer goes to a file that the parent reads. */
static void
exec_run(const struct home *h, int out, bool ticket)
{
	int pass = open(h->passphrase, O_RDONLY);

	(void)dup2(out, 1);
	(void)dup2(out, 2);
	(void)dup2(pass, 3);
	(void)setenv("HOME", "/root", 1);
	(void)execl(h->shield, "shield", "vm", "run", h->folder, "--root",
	    h->tenant, "--passphrase-fd", "3",
	    ticket ? "--restore-ticket" : (char *)NULL, (char *)NULL);
	_exit(127);
}

static bool
has_said(int fd, const char *what)
{
	char text[8192];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return false;
	text[n] = '\0';
	return strstr(text, what) != NULL;
}

/* Until the guest runs, and then ends at once; it need not boot for this. */
static bool
runs_at_home(const struct home *h, bool ticket)
{
	char name[] = "/tmp/vm-local.XXXXXX";
	auto_close int out = mkstemp(name);
	int status = 0, ms = 0;
	bool ran, over = false;
	pid_t pid;

	if (out < 0)
		t_bail("mkstemp: %s", strerror(errno));
	(void)unlink(name);
	pid = fork();
	if (pid == 0)
		exec_run(h, out, ticket);
	while (
	    !(ran = has_said(out, "\nrunning, in ")) && ms < RUN_MS && !over) {
		(void)usleep(100000);
		ms += 100;
		over = waitpid(pid, &status, WNOHANG) == pid;
	}
	for (int i = 0; i < 2 && !over; i++) {
		(void)kill(pid, SIGINT);
		(void)usleep(200000);
	}
	if (!over && waitpid(pid, &status, 0) != pid)
		t_bail("waitpid: %s", strerror(errno));
	if (!ran || !has_said(out, "before it had shut down"))
		printf("# shield ended with %d\n", WEXITSTATUS(status));
	/* Two signals end a guest, which is not an orderly end. */
	return ran && WIFEXITED(status) && WEXITSTATUS(status) == 1 &&
	    has_said(out, "before it had shut down");
}

static void
test_one_run(struct fabric *f, const struct home *h)
{
	CHECK(starts(f) && stops(f, true, 0), "E6 the VM starts on a fabric");
	CHECK(runs_at_home(h, false), "E6 then at home, by the owner's keys");
	CHECK(starts(f) && !f->unclean && stops(f, true, 0),
	    "E6 the owner's next step from what the HGS knows is taken");
}

static void
test_ticket(struct fabric *f, const struct home *h)
{
	char ticket[700];
	struct stat st;

	(void)snprintf(ticket, sizeof(ticket), "%s/restore-ticket", h->folder);
	CHECK(runs_at_home(h, false) && runs_at_home(h, false),
	    "E6 it runs at home twice");
	CHECK(fails(f, REASON_ProtectorSuperseded),
	    "T66 the HGS does not know that state: ProtectorSuperseded");
	CHECK(runs_at_home(h, true) && stat(ticket, &st) == 0 &&
		(st.st_mode & 077) == 0,
	    "E6 with --restore-ticket there is a ticket in the folder");
	CHECK(starts(f) && !f->unclean && stops(f, true, 0),
	    "E6 by the ticket it starts on the fabric again");
	CHECK(stat(ticket, &st) != 0, "the ticket is used up");
	CHECK(starts(f) && stops(f, true, 0), "and again without one");
}

/* What a seal is signed by must fit where it is made. */
static void
test_signers(struct fabric *f, const char *owner_key, const char *passphrase)
{
	const struct guardian_file guardian = f->guardian;
	struct key *sign = f->sign, *enc = f->enc;

	f->local = true;
	CHECK(fails(f, REASON_ProtectorInvalid),
	    "T93 in local mode a guardian's seal: refused");
	f->local = false;
	fabric_keys(f, owner_key, passphrase);
	CHECK(fails(f, REASON_ProtectorInvalid),
	    "T93 on a host the owner's: refused");
	f->sign = sign;
	f->enc = enc;
	f->guardian = guardian;
	CHECK(starts(f) && stops(f, true, 0),
	    "after both the VM starts as before");
}

int
main(int argc, char **argv)
{
	struct fabric f;
	struct home h;

	if (argc != 9)
		t_bail(
		    "usage: vm-local ROOT NAME GUARD-VM FABRIC-KEY OWNER-KEY "
		    "PASSPHRASE SHIELD TENANT");
	f = fabric_of(argv[1], argv[2], argv[3]);
	fabric_keys(&f, argv[4], argv[6]);
	h = (struct home){ .shield = argv[7],
		.tenant = argv[8],
		.passphrase = argv[6] };
	(void)snprintf(h.folder, sizeof(h.folder),
	    "%s/var/lib/shieldwall/vms/%s", f.root, f.name);
	test_one_run(&f, &h);
	test_ticket(&f, &h);
	test_signers(&f, argv[5], argv[6]);
	return t_done();
}
