/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/lock/support.h"

#include "t.h"

#define LSM "lockdown,capability,landlock,yama,apparmor,bpf,integrity\n"

static bool
takes(const char *release, const char *lsm, const char *cmdline)
{
	struct diag d = { 0 };
	int rc = lock_supports(release, bytes_of_text(lsm),
	    bytes_of_text(cmdline), &d);

	if (rc < 0)
		printf("# %s\n", d.text);
	return rc == ERR_OK;
}

static void
test_releases(void)
{
	static const char *const good[] = { "6.1.0-57-cloud-amd64",
		"6.1.0-56-amd64", "6.12.117+deb12-cloud-amd64",
		"6.12.95+deb12-amd64", "6.12.12+bpo-cloud-amd64" };
	static const char *const bad[] = { "", "6.1.0", "6.1.0-amd64",
		"6.1.0-57-rt-amd64", "6.1.0-57-cloud-arm64", "6.1.0--amd64",
		"6.1.0-57-cloud-amd64x", "6.11.5+bpo-amd64", "6.12.117-amd64",
		"6.12.+deb12-amd64", "6.18.44", "5.10.0-30-amd64" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(good); i++)
		CHECK(takes(good[i], LSM, "quiet"), "%s is taken", good[i]);
	for (i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(!takes(bad[i], LSM, "quiet"), "'%s' is not", bad[i]);
}

static void
test_lsms(void)
{
	static const char *const bad[] = { "", "\n", "yama,apparmor",
		"lockdown,bpfx", "xbpf\n" };
	size_t i;

	CHECK(takes("6.1.0-57-amd64", "bpf", ""), "bpf alone is enough");
	for (i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(!takes("6.1.0-57-amd64", bad[i], ""),
		    "without bpf: list %zu", i);
}

static void
test_cmdlines(void)
{
	static const char *const good[] = { "", "\n",
		"root=/dev/vda ro preempt=voluntary\n", "preempt=none quiet",
		"xlsm=1 nopreempt=full" };
	static const char *const bad[] = { "preempt=full",
		"quiet sysrq_always_enabled", "quiet preempt=full\n",
		"quiet \"preempt=full\"", "preempt=none preempt=full",
		"preempt=", "lsm=yama", "a lsm=", "security=selinux",
		"quiet\tlsm=bpf", "sysctl.kernel.ftrace_enabled=0",
		"sysctl/kernel/ftrace_enabled=0" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(good); i++)
		CHECK(takes("6.1.0-57-amd64", LSM, good[i]), "'%s' is taken",
		    good[i]);
	for (i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(!takes("6.1.0-57-amd64", LSM, bad[i]), "'%s' is not",
		    bad[i]);
}

int
main(void)
{
	test_releases();
	test_lsms();
	test_cmdlines();
	return t_done();
}
