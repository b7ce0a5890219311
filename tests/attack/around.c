/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lies and runs around the processes: sockets, files, the network.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "attack.h"

#define SECONDS 4

/* nftw(3) takes no argument of ours. */
static struct {
	const struct attack *a;
	unsigned files, sockets, connected;
	bool found;
	char where[200];
} walk;

static void
look_into(const char *path)
{
	static char chunk[1 << 20];
	auto_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n;

	walk.files++;
	while (fd >= 0 && (n = read(fd, chunk, sizeof(chunk))) > 0)
		if (holds_marker(walk.a, chunk, (size_t)n)) {
			walk.found = true;
			(void)snprintf(walk.where, sizeof(walk.where), "%.190s",
			    path);
		}
}

static void
knock(const char *path)
{
	static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM };
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	walk.sockets++;
	if ((size_t)snprintf(to.sun_path, sizeof(to.sun_path), "%s", path) >=
	    sizeof(to.sun_path))
		return;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		auto_close int fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC, 0);

		if (connect(fd, (const void *)&to, sizeof(to)) != 0)
			continue;
		walk.connected++;
		(void)snprintf(walk.where, sizeof(walk.where), "%.190s", path);
	}
}

static int
visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)type;
	(void)at;
	if (S_ISREG(st->st_mode))
		look_into(path);
	else if (S_ISSOCK(st->st_mode))
		knock(path);
	return 0;
}

static void
try_folder(const struct attack *a, int target, struct result *r)
{
	(void)target;
	if (a->folder == NULL) {
		result_set(r, VERDICT_NOTHING, "no --folder given");
		return;
	}
	walk.a = a;
	if (nftw(a->folder, visit, 16, FTW_PHYS) != 0)
		result_errno(r, a->folder);
	else
		result_set(r,
		    walk.found               ? VERDICT_FOUND
			: walk.connected > 0 ? VERDICT_READ
					     : VERDICT_NOTHING,
		    "%u files read, %u of %u sockets taken %s", walk.files,
		    walk.connected, walk.sockets, walk.where);
}

/* QMP, the guest agent, the vTPM: a socket with a name could be connected to. */
static void
try_sockets(const struct attack *a, int target, struct result *r)
{
	static const char *const words[] = { "qmp", "qemu", "swtpm", "monitor",
		"agent", "vtpm", "guard-vm" };
	char line[512], names[200] = "";
	unsigned n = 0;
	FILE *f = fopen("/proc/net/unix", "re");

	(void)a;
	(void)target;
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		const char *name = strrchr(line, ' ');

		for (size_t i = 0; name != NULL && i < ARRAY_LEN(words); i++)
			if (strstr(name, words[i]) != NULL) {
				n++;
				(void)snprintf(names, sizeof(names), "%.150s",
				    name);
				break;
			}
	}
	if (f != NULL)
		(void)fclose(f);
	names[strcspn(names, "\n")] = '\0';
	result_set(r, n > 0 ? VERDICT_READ : VERDICT_NOTHING,
	    "%u sockets of these programs have a name%s", n, names);
}

static void
try_network(const struct attack *a, int target, struct result *r)
{
	static char packet[65536];
	auto_close int fd =
	    socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	double until = seconds_now() + SECONDS;
	unsigned n = 0;
	ssize_t len;

	(void)target;
	if (fd < 0) {
		result_errno(r, "packet socket");
		return;
	}
	while (seconds_now() < until) {
		len = recv(fd, packet, sizeof(packet), MSG_DONTWAIT);
		if (len <= 0) {
			pause_ms(10);
			continue;
		}
		n++;
		if (holds_marker(a, packet, (size_t)len)) {
			result_set(r, VERDICT_FOUND, "the marker in a packet");
			return;
		}
	}
	result_set(r, VERDICT_NOTHING, "%u packets in %d seconds", n, SECONDS);
}

/* Everything that guard's own folders leave on disk or in /run. */
static void
try_run(const struct attack *a, int target, struct result *r)
{
	static const char *const dirs[] = { "/run/shieldwall",
		"/var/lib/shieldwall", "/tmp", "/var/tmp" };

	(void)target;
	walk.a = a;
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		(void)nftw(dirs[i], visit, 16, FTW_PHYS | FTW_MOUNT);
	result_set(r, walk.found ? VERDICT_FOUND : VERDICT_NOTHING,
	    "%u files, %u of %u sockets take us: %s", walk.files,
	    walk.connected, walk.sockets, walk.where);
}

static const struct attempt list[] = {
	{ "around-folder", "read the VM's folder: disks, vTPM, sockets",
	    try_folder, false, 300 },
	{ "around-run", "read what the product leaves in files", try_run, false,
	    300 },
	{ "around-sockets", "find sockets of QEMU and swtpm by name",
	    try_sockets, false, 0 },
	{ "around-network", "listen on every network of the host", try_network,
	    false, 0 },
};

const struct group around_group = { "around", "sockets, files, network", list,
	ARRAY_LEN(list) };
