/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/args.h"

#include <fcntl.h>
#include <string.h>

#include "base/text.h"

static int
add_pair(struct args_pair *list, size_t *n, const char *text, struct diag *d)
{
	const char *equals = strchr(text, '=');

	if (equals == NULL || equals == text)
		return diag_fail(d, ERR_USAGE, "%s: not NAME=VALUE", text);
	if (*n == ARGS_MAX)
		return diag_fail(d, ERR_LIMIT, "more than %d of a kind",
		    ARGS_MAX);
	list[(*n)++] =
	    (struct args_pair){ bytes_of(text, (size_t)(equals - text)),
		    equals + 1 };
	return ERR_OK;
}

static const char *
find(const struct args_pair *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_equal_text(list[i].name, name))
			return list[i].value;
	return NULL;
}

static int
fd_of(const char *value, int *ret, struct diag *d)
{
	uint64_t n;
	int r, flags;

	r = number_parse("descriptor", bytes_of_text(value), 0, 65535, &n, d);
	if (r < 0)
		return r;
	flags = fcntl((int)n, F_GETFD);
	if (flags < 0 || fcntl((int)n, F_SETFD, flags | FD_CLOEXEC) != 0)
		return diag_errno(d, "descriptor %d", (int)n);
	*ret = (int)n;
	return ERR_OK;
}

int
args_parse(int argc, char **argv, struct args *ret, struct diag *d)
{
	struct args a = { 0 };
	int fd, r;

	for (int i = 1; i < argc; i += 2) {
		bool is_fd = strcmp(argv[i], "--fd") == 0;

		if ((!is_fd && strcmp(argv[i], "--set") != 0) || i + 1 >= argc)
			return diag_fail(d, ERR_USAGE,
			    "%s: not --fd or --set with a value", argv[i]);
		r = is_fd ? add_pair(a.fds, &a.n_fds, argv[i + 1], d)
			  : add_pair(a.settings, &a.n_settings, argv[i + 1], d);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < a.n_fds; i++)
		if ((r = fd_of(a.fds[i].value, &fd, d)) < 0)
			return r;
	*ret = a;
	return ERR_OK;
}

int
args_fd(const struct args *a, const char *name, int *ret, struct diag *d)
{
	const char *value = find(a->fds, a->n_fds, name);

	if (value == NULL)
		return diag_fail(d, ERR_NOT_FOUND, "no --fd %s=N", name);
	return fd_of(value, ret, d);
}

const char *
args_text(const struct args *a, const char *name)
{
	return find(a->settings, a->n_settings, name);
}

int
args_number(const struct args *a, const char *name, uint64_t min, uint64_t max,
    uint64_t *ret, struct diag *d)
{
	const char *value = args_text(a, name);

	if (value == NULL)
		return diag_fail(d, ERR_NOT_FOUND, "no --set %s=N", name);
	return number_parse(name, bytes_of_text(value), min, max, ret, d);
}
