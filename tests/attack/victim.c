/* SPDX-License-Identifier: Apache-2.0 */
/*
 * victim HEX [lock]: stands where QEMU does, for the attack program's own
 * test: another user, not dumpable, the marker in memory, on the stack, in a
 * memory file, a pipe and a secret memory file. It does what a busy program
 * does: opens devices, makes sockets, reads and writes. "lock": in memory that
 * never goes to swap.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SIZE ((size_t)8 << 20)
#define UID  61001

static char *
map_file(int fd)
{
	char *p = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, 4096) == 0)
		p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return p == MAP_FAILED ? NULL : p;
}

static void
put(char *at, const char *marker)
{
	if (at != NULL)
		(void)snprintf(at, 256, "%s", marker);
}

/* In hex, the marker stands in no argument and in no script. */
static void
decode(const char *hex, char *ret, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	for (; hex[0] != '\0' && hex[1] != '\0' && n + 1 < size; hex += 2) {
		const char *high = strchr(digits, hex[0]);
		const char *low = strchr(digits, hex[1]);

		if (high == NULL || low == NULL)
			break;
		ret[n++] = (char)((high - digits) * 16 + (low - digits));
	}
	ret[n] = '\0';
}

static void
work(const int pipes[2])
{
	const struct timespec wait = { 0, 5000000 };
	volatile unsigned long n = 0;
	char c = 0;

	for (;;) {
		int s = socket(AF_INET, SOCK_DGRAM, 0);
		int fd = open("/dev/null", O_RDWR);

		if (write(pipes[1], &c, 1) != 1 || read(pipes[0], &c, 1) != 1)
			_exit(1);
		(void)close(s);
		(void)close(fd);
		for (int i = 0; i < 100000; i++)
			n++;
		(void)nanosleep(&wait, NULL);
	}
}

int
main(int argc, char **argv)
{
	volatile char stack[512];
	char marker[256], *memory;
	int pipes[2], kept[2];

	if (argc < 2 || pipe(pipes) != 0 || pipe(kept) != 0)
		return 2;
	decode(argv[1], marker, sizeof(marker));
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return 2;
	put(memory + SIZE / 2 + 1234, marker);
	put(map_file((int)syscall(SYS_memfd_create, "ram", 0)), marker);
	put(map_file((int)syscall(SYS_memfd_secret, 0)), marker);
	(void)!write(kept[1], marker, strlen(marker));
	for (size_t i = 0; i <= strlen(marker); i++)
		stack[i + 100] = marker[i];
	if (argc > 2 && mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
		return 2;
	if (setresgid(UID, UID, UID) != 0 || setresuid(UID, UID, UID) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return 2;
	work(pipes);
	return stack[100];
}
