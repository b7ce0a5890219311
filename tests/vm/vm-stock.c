/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm-stock ROOT NAME GUARD-VM FABRIC-KEY PASSPHRASE CHANGED-VM: guard-vm on
 * VMs that `shield` made of a stock Debian under Microsoft's Secure Boot keys:
 * one as Debian made it, one whose kernel is not what Debian signed. For
 * run.sh.
 */
#include "lives.h"

#include "vm/lines.h"

#define BOOT_MS    300000
#define REFUSED_MS 120000

/*
 * guest/README.md: a check that passed is a command that the agent allows.
 * False, too, when the answer does not name the command.
 */
static bool
tells(const struct buf *info, const char *command, bool allowed)
{
	auto_json_doc struct json_doc *doc = NULL;
	const struct json *answer, *list;
	struct vm_guest_reply reply;
	struct bytes name;
	size_t n;
	bool on;

	NEED(fields_decode(&vm_guest_reply_fields, buf_bytes(info), &reply,
	    &fd_));
	NEED(json_parse(reply.json, &doc, &fd_));
	NEED(json_get_object(json_root(doc), "return", &answer, &fd_));
	NEED(json_get_array(answer, "supported_commands", &list, &n, &fd_));
	for (size_t i = 0; i < n; i++) {
		const struct json *c = json_array_at(list, i);

		NEED(json_get_text(c, "name", &name, &fd_));
		NEED(json_get_bool(c, "enabled", &on, &fd_));
		if (bytes_equal_text(name, command))
			return on == allowed;
	}
	return false;
}

static void
test_boots(struct fabric *f)
{
	auto_buf struct buf b = BUF_INIT(CHANNEL_BODY_MAX);
	auto_buf struct buf info = BUF_INIT(CHANNEL_BODY_MAX);
	uint64_t begin = lines_now();

	CHECK(starts(f), "stock Debian: it starts");
	CHECK(guest_says(f, "ping", BOOT_MS, &b), "it boots and answers");
	printf("# first answer after %u s\n",
	    (unsigned)((lines_now() - begin) / 1000));
	if (!CHECK(guest_says(f, "info", 60000, &info),
		"it tells what it found"))
		t_bail("no answer");
	CHECK(tells(&info, "guest-get-osinfo", true),
	    "Secure Boot is on, with Microsoft's keys");
	CHECK(tells(&info, "guest-get-timezone", true), "a TPM answers");
	CHECK(tells(&info, "guest-get-host-name", true),
	    "its marker is readable");
	CHECK(tells(&info, "guest-get-users", false),
	    "it was never booted before");
	CHECK(tells(&info, "guest-exec", false),
	    "E1 its agent runs no programs");
	CHECK(stops(f, false, 120), "it shuts down when it is asked to");
	CHECK(!f->vm.running && f->vm.clean, "and in order");
}

/* GRUB, refused the kernel, switches the machine off. */
static void
test_changed_kernel(struct fabric *f)
{
	CHECK(starts(f), "one letter of its kernel changed: it starts");
	(void)fabric_serve(f, 0, REFUSED_MS);
	CHECK(f->pid == 0 && f->exit_status == 0 &&
		f->phase == VM_PHASE_STOPPED,
	    "Secure Boot refuses the changed kernel: the VM is off");
	printf("# %s\n", f->text);
	if (f->pid != 0)
		(void)stops(f, true, 0);
}

int
main(int argc, char **argv)
{
	struct fabric f;
	struct fabric changed;

	if (argc != 7)
		t_bail("usage: vm-stock ROOT NAME GUARD-VM KEY PASSPHRASE "
		       "CHANGED-VM");
	f = fabric_of(argv[1], argv[2], argv[3]);
	fabric_keys(&f, argv[4], argv[5]);
	changed = f;
	changed.name = argv[6];
	test_boots(&f);
	test_changed_kernel(&changed);
	return t_done();
}
