/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "conf/paths.h"

#define NAMES_MAX 4096
#define LINE_MAX  1024

bool
tree_has(const char *root, const char *path)
{
	char full[PATH_TEXT_MAX];

	return path_under(root, path, full, sizeof(full), NULL) == ERR_OK &&
	    access(full, F_OK) == 0;
}

bool
tree_has_system(const char *root)
{
	return root[0] == '\0' || tree_has(root, "/etc/os-release") ||
	    tree_has(root, "/usr/lib/os-release");
}

bool
tree_runs(const char *root)
{
	return tree_has(root, "/proc/cmdline");
}

int
tree_read(const char *root, const char *path, struct buf *ret, struct diag *d)
{
	char full[PATH_TEXT_MAX];
	int r = path_under(root, path, full, sizeof(full), d);

	return r < 0 ? r : file_read(AT_FDCWD, full, ret->max, ret, d);
}

void
tree_line(const char *root, const char *path, char *ret, size_t size)
{
	auto_buf struct buf text = BUF_INIT(LINE_MAX);
	size_t n = 0;

	if (tree_read(root, path, &text, NULL) == ERR_OK)
		while (n < text.len && n < size - 1 && text.p[n] != '\n') {
			ret[n] = (char)text.p[n];
			n++;
		}
	ret[n] = '\0';
}

void
tree_choice(const char *root, const char *path, char *ret, size_t size)
{
	char line[LINE_MAX];
	const char *from, *to;

	tree_line(root, path, line, sizeof(line));
	from = strchr(line, '[');
	to = from != NULL ? strchr(from, ']') : NULL;
	if (to == NULL)
		(void)snprintf(ret, size, "%s", line);
	else
		(void)snprintf(ret, size, "%.*s", (int)(to - from - 1),
		    from + 1);
}

void
names_free(struct names *n)
{
	for (size_t i = 0; i < n->n; i++)
		free(n->list[i]);
	free(n->list);
	*n = (struct names){ 0 };
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
add_name(struct names *n, const char *name, struct diag *d)
{
	char **more;

	if (n->n == NAMES_MAX)
		return diag_fail(d, ERR_LIMIT, "more than %d names", NAMES_MAX);
	if ((more = reallocarray(n->list, n->n + 1, sizeof(*more))) == NULL)
		return diag_nomem(d);
	n->list = more;
	if ((more[n->n] = strdup(name)) == NULL)
		return diag_nomem(d);
	n->n++;
	return ERR_OK;
}

static bool
ends_with(const char *name, const char *ending)
{
	size_t n = strlen(name), k = strlen(ending);

	return n >= k && strcmp(name + n - k, ending) == 0;
}

static int
read_names(DIR *dir, const char *ending, struct names *ret, struct diag *d)
{
	const struct dirent *e;
	int r;

	while ((e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.' && ends_with(e->d_name, ending) &&
		    (r = add_name(ret, e->d_name, d)) < 0)
			return r;
	if (ret->n > 0)
		qsort(ret->list, ret->n, sizeof(*ret->list), by_name);
	return ERR_OK;
}

int
tree_names(const char *root, const char *path, const char *ending,
    struct names *ret, struct diag *d)
{
	char full[PATH_TEXT_MAX];
	DIR *dir;
	int r;

	if ((r = path_under(root, path, full, sizeof(full), d)) < 0)
		return r;
	if ((dir = opendir(full)) == NULL)
		return errno == ENOENT || errno == ENOTDIR
		    ? ERR_OK
		    : diag_errno(d, "%s", full);
	r = read_names(dir, ending, ret, d);
	(void)closedir(dir);
	return r;
}
