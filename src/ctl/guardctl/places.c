/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/places.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

#define REMEDY_SETUP "Run 'guardctl setup --hgs URL' as root."
#define REMEDY_USERS "Run 'systemd-sysusers' with units/sysusers.conf."
#define PATH_ETC     "/etc/shieldwall"

/* A user number of 0 and a group of 0 are root's. */
struct place {
	const char *path; /* before the root */
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

struct owners {
	bool known; /* both exist */
	uid_t agent;
	gid_t agent_group;
	gid_t fabric;
};

/* Below a root that is another system's, that system's numbers count. */
static FILE *
open_table(const struct host *h, const char *path)
{
	char full[PATH_TEXT_MAX];

	if (h->root[0] == '\0' ||
	    path_under(h->root, path, full, sizeof(full), NULL) < 0)
		return NULL;
	return fopen(full, "re");
}

static bool
find_user(const struct host *h, struct owners *ret)
{
	FILE *table = open_table(h, "/etc/passwd");
	const struct passwd *user;

	if (table == NULL) {
		user = getpwnam(h->conf.user);
	} else {
		while ((user = fgetpwent(table)) != NULL)
			if (strcmp(user->pw_name, h->conf.user) == 0)
				break;
		(void)fclose(table);
	}
	if (user == NULL)
		return false;
	ret->agent = user->pw_uid;
	ret->agent_group = user->pw_gid;
	return true;
}

static bool
find_group(const struct host *h, struct owners *ret)
{
	FILE *table = open_table(h, "/etc/group");
	const struct group *group;

	if (table == NULL) {
		group = getgrnam(h->conf.group);
	} else {
		while ((group = fgetgrent(table)) != NULL)
			if (strcmp(group->gr_name, h->conf.group) == 0)
				break;
		(void)fclose(table);
	}
	if (group == NULL)
		return false;
	ret->fabric = group->gr_gid;
	return true;
}

static struct owners
find_owners(const struct host *h)
{
	struct owners o = { 0 };

	o.known = find_user(h, &o);
	o.known = find_group(h, &o) && o.known;
	return o;
}

static void
list_places(const struct host *h, struct place ret[static PLACES_MAX])
{
	struct owners o = find_owners(h);

	ret[0] = (struct place){ PATH_ETC, 0, 0, 0755 };
	ret[1] = (struct place){ PATH_RUN, 0, 0, 0755 };
	ret[2] =
	    (struct place){ PATH_GUARD_STATE, o.agent, o.agent_group, 0750 };
	/* The fabric's administrators may see which VMs there are. */
	ret[3] = (struct place){ h->conf.vm_dir, 0, o.fabric, 0750 };
}

void
places_list(const struct host *h, const char *ret[static PLACES_MAX])
{
	struct place list[PLACES_MAX];

	list_places(h, list);
	for (size_t i = 0; i < PLACES_MAX; i++)
		ret[i] = list[i].path;
}

static int
make_place(const struct host *h, const struct place *p, struct diag *d)
{
	char path[PATH_TEXT_MAX];
	auto_close int fd = -1;
	int r;

	if ((r = path_under(h->root, p->path, path, sizeof(path), d)) < 0 ||
	    (r = dir_make_all(path, 0755, d)) < 0)
		return r;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, p->uid, p->gid) != 0 ||
	    fchmod(fd, p->mode) != 0)
		return diag_errno(d, "%s: cannot set owner and mode", path);
	return ERR_OK;
}

int
places_make(const struct host *h, struct diag *d)
{
	struct place list[PLACES_MAX];
	int r;

	if (!find_owners(h).known)
		return diag_fail(d, ERR_USAGE,
		    "there is no user %s or no group %s; see "
		    "units/sysusers.conf",
		    h->conf.user, h->conf.group);
	list_places(h, list);
	for (size_t i = 0; i < PLACES_MAX; i++)
		if ((r = make_place(h, &list[i], d)) < 0)
			return r;
	return ERR_OK;
}

/* Whether it is as it was made; says why not. */
static int
check_place(const struct host *h, const struct place *p, struct diag *d)
{
	char path[PATH_TEXT_MAX];
	struct stat st;
	int r;

	if ((r = path_under(h->root, p->path, path, sizeof(path), d)) < 0)
		return r;
	if (lstat(path, &st) != 0)
		return errno == ENOENT
		    ? diag_fail(d, ERR_NOT_FOUND, "%s: is not there", path)
		    : diag_errno(d, "%s", path);
	if (!S_ISDIR(st.st_mode))
		return diag_fail(d, ERR_FORMAT, "%s: is no folder", path);
	if (st.st_uid != p->uid)
		return diag_fail(d, ERR_FORMAT,
		    "%s: belongs to user %u, not %u", path, (unsigned)st.st_uid,
		    (unsigned)p->uid);
	if ((st.st_mode & 07777 & ~p->mode) != 0)
		return diag_fail(d, ERR_FORMAT, "%s: mode %04o, not %04o", path,
		    (unsigned)(st.st_mode & 07777), (unsigned)p->mode);
	return ERR_OK;
}

void
places_check(const struct host *h, struct report *r)
{
	struct place list[PLACES_MAX];
	unsigned n_bad = 0;

	list_places(h, list);
	for (size_t i = 0; i < PLACES_MAX; i++) {
		struct diag why = { 0 };

		if (check_place(h, &list[i], &why) == ERR_OK)
			continue;
		report_diag(r, "folders", &why, REMEDY_SETUP);
		n_bad++;
	}
	if (n_bad == 0)
		report_ok(r, "folders", "owners and modes are right");
}

void
users_check(const struct host *h, struct report *r)
{
	struct owners o;

	if (!find_user(h, &o))
		report_failed(r, "users", REASON_NONE, REMEDY_USERS,
		    "there is no user %s, as which guardd runs", h->conf.user);
	else if (!find_group(h, &o))
		report_failed(r, "users", REASON_NONE, REMEDY_USERS,
		    "there is no group %s, which may command guardd",
		    h->conf.group);
	else
		report_ok(r, "users", "user %s, group %s", h->conf.user,
		    h->conf.group);
}
