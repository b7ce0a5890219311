/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tool says of real files, and that no file, however strange, makes
 * it crash or print what a terminal would obey.
 */
#include "run.h"

#include <dirent.h>
#include <sys/stat.h>

#include "../../measure/boot.h"

#define LARGEST ((off_t)8 << 20)

struct tally {
	size_t n, shown, bad;
};

static void
show_file(const char *path, struct tally *t)
{
	static const char *const forms[] = { "--events --pcrs",
		"--events --json" };
	char words[4300];

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct ran r;
		json_t *o;

		(void)snprintf(words, sizeof(words), "evidence show %s %s",
		    forms[i], path);
		r = run(words);
		o = i == 1 ? json_loads(r.out, JSON_REJECT_DUPLICATES, NULL)
			   : NULL;
		if (!ran_is_tame(&r) || r.code > 1 ||
		    (i == 1 && json_object_get(o, "ok") == NULL)) {
			printf("# %s: exit status %d\n", path, r.code);
			t->bad++;
		}
		if (i == 0) {
			t->n++;
			t->shown += r.code == 0;
		}
		json_decref(o);
		ran_free(&r);
	}
}

static void
walk_folder(const char *folder, unsigned depth, struct tally *t)
{
	DIR *dir = opendir(folder);
	const struct dirent *e;
	char path[4096];
	struct stat st;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s/%s", folder, e->d_name) >=
			(int)sizeof(path) ||
		    lstat(path, &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < 3)
			walk_folder(path, depth + 1, t);
		else if (S_ISREG(st.st_mode) && st.st_size < LARGEST)
			show_file(path, t);
	}
	if (dir != NULL)
		(void)closedir(dir);
}

static void
check_folder(const char *name, size_t at_least)
{
	struct tally t = { 0 };
	char path[4096];

	if (!t_corpus_path(name, path, sizeof(path)))
		return;
	walk_folder(path, 0, &t);
	CHECK(t.bad == 0 && t.shown >= at_least,
	    "T98 %s: of %zu files %zu are shown and all others are refused",
	    name, t.n, t.shown);
}

/* One file of the corpus and the words that must be said of it. */
static void
check_words(const char *name, const char *options, const char *const *words)
{
	char path[4096], command[4300];
	struct ran r;

	if (!t_corpus_path(name, path, sizeof(path)))
		return;
	(void)snprintf(command, sizeof(command), "evidence show %s %s", options,
	    path);
	r = run(command);
	for (; *words != NULL; words++)
		CHECK(ran_says(&r, *words), "%s: \"%s\"", name, *words);
	ran_free(&r);
}

static void
test_words(void)
{
	check_words("eventlog/linux_rhel8_gce.bin", "--pcrs",
	    (const char *[]){ "crypto-agile", "sha1, sha256, sha384",
		"Secure Boot         on", "not of their data   0",
		"sha1   PCR 0   0f2d3a2a1adaa479aeeca8f5df76aadc41b862ea",
		NULL });
	check_words("eventlog/linux_rhel8_gce.bin", "--events",
	    (const char *[]){ "SecureBoot: on",
		"PCR 7 EV_SEPARATOR, 4 bytes, digest of its data",
		"Microsoft Windows Production PCA 2011",
		"/\\x5cEFI\\x5credhat\\x5cshimx64.efi", NULL });
	check_words("eventlog/der_cos101_separator_retyped.bin", "",
	    (const char *[]){ "event 8: a separator of another type", NULL });
	check_words("eventlog/der_rhel8_secureboot_data_flipped.bin", "",
	    (const char *[]){ "not of their data   1",
		"PCR 7 EV_EFI_VARIABLE_DRIVER_CONFIG: the digest is not of the "
		"data",
		"Secure Boot         not told", NULL });
	check_words("eventlog/linux_t2_uefi_sha1.bin", "",
	    (const char *[]){ "the old form", NULL });
	check_words("eventlog/ccel_td_ubuntu.bin", "--pcrs",
	    (const char *[]){ "of registers", "RTMR 0", NULL });
	check_words("eventlog/linux_glinux_laptop.bin", "",
	    (const char *[]){ "startup locality    3", NULL });
	check_words("eventlog/der_win_hp1_truncated.bin", "",
	    (const char *[]){ "event 34 at byte 58679 is cut",
		"Secure Boot         on", NULL });
	check_words("eventlog/mal_empty.bin", "",
	    (const char *[]){ "nothing that is known", "FileInvalid", NULL });
	check_words("ima/bin_kernel_vtpm_sha384.log", "--pcrs",
	    (const char *[]){ "logged digests      sha384",
		"entries             362",
		"sha256 PCR 10  "
		"7fac48c81837d6d29046008aef0cdad8c2745cc98c3340cbba9bfdf39b412"
		"4b8",
		NULL });
	check_words("ima/der_bin_sha1_filehash_flipped.log", "--events",
	    (const char *[]){ "not of their data   1",
		"first of them       100",
		"   100 PCR 10 ima-sig, not of its data", NULL });
	check_words("ima/ascii_rk_invalid.txt", "--format ima-ascii",
	    (const char *[]){ "entry 0", NULL });
	check_words("quote/intel-secl-host-quote/attest.msg", "",
	    (const char *[]){ "quote by a TPM", "sha256: 0-23", "sha1: 0-23",
		NULL });
	check_words("quote/der-win-gcp-badmagic/attest.msg", "--format quote",
	    (const char *[]){ "magic", NULL });
	check_words("ekcert/ek/kl_st_ecc.der", "",
	    (const char *[]){ "TPM vendor          id:53544D20",
		"for an EK           yes", NULL });
	check_words("recordings/host-clean-1/ak.pub", "",
	    (const char *[]){ "none of the product's templates", NULL });
}

static void
write_file(char *path, struct bytes b)
{
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, b.p, b.len) != (ssize_t)b.len)
		t_bail("%s", path);
	(void)close(fd);
}

static void
check_hostile(struct bytes file, const char *what, const char *shown)
{
	char path[] = "/tmp/shield.hostile.XXXXXX", words[128];
	static const char *const forms[] = { "", "--json" };

	write_file(path, file);
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct ran r;

		(void)snprintf(words, sizeof(words),
		    "evidence show --events %s %s", forms[i], path);
		r = run(words);
		CHECK(r.code == 0 && ran_is_tame(&r) &&
			(i == 1 || ran_says(&r, shown)),
		    "T98 %s%s: no control character comes out", what,
		    i == 1 ? ", as JSON" : "");
		ran_free(&r);
	}
	(void)unlink(path);
}

/* One entry of the binary form: ima-ng with this path. */
static void
put_entry(struct buf *b, const char *name)
{
	auto_buf struct buf data = BUF_INIT(1024);
	static const uint8_t zero[32];
	uint8_t digest[HASH_SIZE_MAX];

	buf_put_le32(&data, 40);
	buf_put_text(&data, "sha256:");
	buf_put_u8(&data, 0);
	buf_put(&data, BYTES_OF_ARRAY(zero));
	buf_put_le32(&data, (uint32_t)strlen(name) + 1);
	buf_put(&data, bytes_of(name, strlen(name) + 1));
	hash_bytes(HASH_SHA1, buf_bytes(&data), digest);
	buf_put_le32(b, 10);
	buf_put(b, bytes_of(digest, 20));
	buf_put_le32(b, 6);
	buf_put_text(b, "ima-ng");
	buf_put_le32(b, (uint32_t)data.len);
	buf_put(b, buf_bytes(&data));
}

static void
test_hostile(void)
{
	auto_buf struct buf list = BUF_INIT(4096);
	struct boot boot = boot_load("host-good");
	struct tcg_event at = event_of(boot.log, 4, 0);

	put_entry(&list, "boot_aggregate");
	put_entry(&list,
	    "/usr/bin/\x1b]0;owned\x07\x9b"
	    "2J\xc2\x9b");
	check_hostile(buf_bytes(&list), "an IMA path of escapes",
	    "\\x1b]0;owned\\x07");
	check_hostile(insert_event(boot.log, (size_t)at.offset, 8, EV_IPL,
			  bytes_of_text("grub_cmd: \x1b[2Jecho\r\n\x9b"
					"1m")),
	    "a log's string of escapes", "677275625f636d643a20");
}

int
main(void)
{
	struct ran r = run("evidence show --format cheese /dev/null");

	CHECK(r.code == 2 && ran_says(&r, "--format"),
	    "a format that does not exist is a usage error");
	ran_free(&r);
	r = run("evidence show /nonexistent/file");
	CHECK(r.code == 3, "a file that is not there is the system's failure");
	ran_free(&r);
	test_words();
	test_hostile();
	check_folder("eventlog", 40);
	check_folder("ima", 15);
	check_folder("quote", 15);
	check_folder("ekcert", 50);
	check_folder("recordings", 20);
	return t_done();
}
