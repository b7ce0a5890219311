/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/conf.h"

#include <sys/stat.h>
#include <unistd.h>

#include "t.h"

struct cfg {
	char name[16];
	char mode[8];
	char file[32];
	uint64_t port;
	uint64_t every;
	uint64_t most;
	bool on;
};

static const struct conf_key keys[] = {
	CONF_TEXT(struct cfg, "service", "name", name, ""),
	CONF_CHOICE(struct cfg, "service", "mode", mode, "tpm|hostkey", "tpm"),
	CONF_PATH(struct cfg, "service", "file", file, "/etc/f"),
	CONF_NUMBER(struct cfg, "net", "port", port, 1, 65535, "80"),
	CONF_DURATION(struct cfg, "net", "every", every, 60, 86400, "8h"),
	CONF_SIZE(struct cfg, "net", "most", most, 1024, (uint64_t)1 << 30,
	    "64M"),
	CONF_BOOL(struct cfg, "net", "on", on, "no"),
};
static const struct conf_table table = { keys, ARRAY_LEN(keys),
	sizeof(struct cfg) };

struct bad_case {
	const char *text;
	const char *says;
	const char *what;
};

static const struct bad_case bad[] = {
	{ "[service]\nnmae = a\n", "f:2: [service] nmae: no such key",
	    "an unknown key" },
	{ "[servcie]\nname = a\n", "f:2: [servcie] name: no such key",
	    "an unknown section" },
	{ "name = a\n", "f:1: [] name: no such key", "a key before a section" },
	{ "[service]\n\nname = a\nname = b\n", "f:4: [service] name: given",
	    "a key given twice" },
	{ "[net]\nport = 0\n", "f:2: port: ", "a number below its range" },
	{ "[net]\nport = 65536\n", "f:2: port: ", "a number above its range" },
	{ "[net]\nport = 08\n", "f:2: port: ", "a number with leading zero" },
	{ "[net]\nport = 8 0\n", "f:2: port: ", "a number with a space" },
	{ "[net]\nevery = 59s\n", "f:2: every: 59 is not 60-86400 seconds",
	    "a duration below its range" },
	{ "[net]\nevery = 8\n", "f:2: every: ", "a duration without unit" },
	{ "[net]\nmost = 2G\n", "f:2: most: ", "a size above its range" },
	{ "[net]\nmost = 99999999999999999999G\n",
	    "f:2: most: ", "a size that overflows" },
	{ "[net]\nmost = M\n", "f:2: most: ", "a size without digits" },
	{ "[net]\non = true\n", "f:2: on: say yes or no", "a third truth" },
	{ "[service]\nmode = kerberos\n",
	    "f:2: mode: kerberos is not one of tpm|hostkey",
	    "a value that is no choice" },
	{ "[service]\nmode = tpm|hostkey\n",
	    "f:2: mode: ", "two choices at once" },
	{ "[service]\nname = 0123456789abcdef\n",
	    "f:2: name: longer than 15 bytes", "a text too long" },
	{ "[service]\nname = a\x1b[2J\n", "f:2: name: not printable",
	    "T98 a terminal escape" },
	{ "[service]\nfile = etc/f\n", "f:2: file: ", "a relative path" },
	{ "[service]\nfile = /../f\n",
	    "f:2: file: ", "T60 a path with a .. step" },
	{ "[service]\nnonsense\n", "f:2: neither", "a line without =" },
};

static void
check_bad(void)
{
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct cfg c = { 0 }, was;
		struct diag d = { 0 };
		int r;

		if (conf_defaults(&table, &c, &d) < 0)
			t_bail("defaults: %s", d.text);
		was = c;
		r = conf_parse(&table, "f", bytes_of_text(bad[i].text), &c, &d);
		CHECK(r == ERR_USAGE &&
			strncmp(d.text, bad[i].says, strlen(bad[i].says)) == 0,
		    "%s is refused with file and line: %s", bad[i].what,
		    d.text);
		CHECK(memcmp(&c, &was, sizeof(c)) == 0,
		    "... and changes nothing");
	}
}

static void
check_lines(void)
{
	char text[300] = "[service]\n";
	struct cfg c = { 0 };
	struct diag d = { 0 };
	size_t n = strlen(text);

	memset(text + n, '#', CONF_LINE_MAX);
	CHECK(conf_parse(&table, "f", bytes_of(text, n + CONF_LINE_MAX), &c,
		  &d) == ERR_OK,
	    "a comment of %d bytes is read", CONF_LINE_MAX);
	memset(text + n, '#', CONF_LINE_MAX + 1);
	CHECK(conf_parse(&table, "f", bytes_of(text, n + CONF_LINE_MAX + 1), &c,
		  &d) == ERR_USAGE,
	    "one byte more is refused: %s", d.text);
	CHECK(conf_parse(&table, "f", bytes_of("[net]\n\0on = yes", 15), &c,
		  &d) == ERR_USAGE,
	    "a NUL byte is refused: %s", d.text);
}

static void
put(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		t_bail("%s: %s", path, strerror(errno));
}

static void
drop(const char *dir, const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (remove(path) != 0)
		t_bail("%s: %s", path, strerror(errno));
}

static void
check_files(void)
{
	char root[] = "/tmp/conf.XXXXXX", dropins[64];
	struct cfg c = { 0 };
	struct diag d = { 0 };

	if (mkdtemp(root) == NULL)
		t_bail("mkdtemp");
	CHECK(conf_load(&table, root, "/x.conf", &c, &d) == ERR_NOT_FOUND,
	    "without its main file nothing is loaded");
	put(root, "x.conf", "[net]\nport = 1\nevery = 2m ; often\n");
	CHECK(conf_load(&table, root, "/x.conf", &c, &d) == ERR_OK &&
		c.port == 1 && c.every == 120 && c.most == 64 << 20 && !c.on &&
		strcmp(c.mode, "tpm") == 0,
	    "a file is read on top of the defaults");
	(void)snprintf(dropins, sizeof(dropins), "%s/x.conf.d", root);
	(void)mkdir(dropins, 0700);
	put(dropins, "20-b.conf", "[net]\nport = 3\n");
	put(dropins, "10-a.conf", "[net]\nport = 2\non = yes\n");
	put(dropins, "30-c.bak", "[nonsense]\nx = 1\n");
	CHECK(conf_load(&table, root, "/x.conf", &c, &d) == ERR_OK &&
		c.port == 3 && c.on && c.every == 120,
	    "drop-ins are read in the order of their names, later ones win");
	put(dropins, "40-d.conf", "[net]\nprot = 2\n");
	CHECK(conf_load(&table, root, "/x.conf", &c, &d) == ERR_USAGE &&
		strstr(d.text, "40-d.conf:2") != NULL,
	    "an unknown key in a drop-in is refused: %s", d.text);
	drop(dropins, "10-a.conf");
	drop(dropins, "20-b.conf");
	drop(dropins, "30-c.bak");
	drop(dropins, "40-d.conf");
	drop(root, "x.conf.d");
	drop(root, "x.conf");
	(void)rmdir(root);
}

int
main(void)
{
	check_bad();
	check_lines();
	check_files();
	return t_done();
}
