/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/ci.h"

#include <time.h>

#include "base/text.h"
#include "ci_made.h"

#define OF(c) c c c c c c c c c c c c c c c c
#define D(c)  OF(c) OF(c) OF(c) OF(c)

static uint8_t ones[32];
static uint8_t twos[32];
static uint8_t nines[32];
static const uint8_t zeros[32];

static struct ima_entry
entry(const char *name, const uint8_t digest[static 32])
{
	return (struct ima_entry){ .index = 7,
		.fields = IMA_F_DIGEST | IMA_F_NAME | IMA_F_SIG,
		.template_ok = true,
		.digest = { bytes_of_text("sha256"), true, HASH_SHA256, false,
		    bytes_of(digest, 32) },
		.name = bytes_of_text(name) };
}

static struct ima_entry
event(const char *name, const uint8_t digest[static 32])
{
	struct ima_entry e = entry(name, digest);

	e.fields = IMA_F_DIGEST | IMA_F_NAME | IMA_F_BUF;
	return e;
}

static const char *const text = CI_HEAD "allow hash sha256:" D(
    "1") " /usr/bin/true\n"
	 "allow hash sha256:" D(
	     "1") " /bin/true\n"
		  "allow hash sha256:" D(
		      "2") "\n"
			   "allow path /srv/run site\n"
			   "allow path /etc/cron.d/* site\n"
			   "allow violation /var/log/wtmp grows\n"
			   "allow violation /var/cache/* grows\n"
			   "allow event .ima\n"
			   "allow event kernel_version sha256:" D(
			       "1") "\n"
				    "allow event kernel_version sha256:" D(
					"2") "\n";

static enum ci_result
judge(const struct ci_policy *p, struct ima_entry e)
{
	return ci_judge(p, NULL, &e);
}

static void
check_hashes(const struct ci_policy *p)
{
	struct ima_entry e = entry("/usr/bin/true", ones);

	CHECK(judge(p, e) == CI_BY_HASH, "a digest at its path is allowed");
	CHECK(judge(p, entry("/bin/true", ones)) == CI_BY_HASH,
	    "... and at its other path");
	CHECK(judge(p, entry("/tmp/true", ones)) == CI_UNKNOWN,
	    "T45 ... and not at another");
	CHECK(judge(p, entry("/usr/bin/true", nines)) == CI_CHANGED,
	    "another digest at a known path: changed");
	CHECK(judge(p, entry("/any/where", twos)) == CI_BY_HASH,
	    "a digest without a path is allowed at any");
	CHECK(judge(p, entry("init", twos)) == CI_BY_HASH,
	    "... also where the kernel had no path");
	CHECK(judge(p, entry("/any/where", nines)) == CI_UNKNOWN,
	    "any other file is unknown");
	e.digest.verity = true;
	CHECK(judge(p, e) != CI_BY_HASH,
	    "a digest of fs-verity is not that of the file");
	e = entry("/usr/bin/true", ones);
	e.digest.alg = HASH_SM3;
	CHECK(judge(p, e) == CI_CHANGED,
	    "T45 the same bytes as another algorithm's digest are refused");
	e.digest.known = false;
	e.digest.alg = HASH_SHA256;
	CHECK(judge(p, e) == CI_CHANGED,
	    "T45 a digest of an unknown algorithm is refused");
	e = entry("/any/where", twos);
	e.digest.value.len = 20;
	CHECK(judge(p, e) == CI_UNKNOWN, "a cut digest is refused");
	CHECK(judge(p, entry("/any/where", zeros)) == CI_UNKNOWN,
	    "a digest of zeros is refused");
}

static void
check_paths(const struct ci_policy *p)
{
	static const char *const not_there[] = { "/etc/cron.d/a/b",
		"/etc/cron.d", "/etc/cron.d/", "/etc/cron.d/../x",
		"/etc/cron.d/..", "/etc/cron.d//a", "/etc/cron.d/.",
		"etc/cron.d/a", "/x/etc/cron.d/a", "/srv/run/a", "/srv/ru",
		"/srv/run2", "/srv/run ", "/srv/run (deleted)", "/", "", "a",
		"/srv/./run", "/../srv/run" };
	size_t n = 0;

	CHECK(judge(p, entry("/srv/run", nines)) == CI_BY_PATH,
	    "a path whose content may vary is allowed");
	CHECK(judge(p, entry("/etc/cron.d/a", nines)) == CI_BY_PATH,
	    "... and so is each file of a folder");
	for (size_t i = 0; i < ARRAY_LEN(not_there); i++) {
		if (judge(p, entry(not_there[i], nines)) == CI_UNKNOWN)
			n++;
		else
			printf("# allowed: %s\n", not_there[i]);
	}
	CHECK(n == ARRAY_LEN(not_there),
	    "T45 %zu paths that are near it are not", n);
}

static void
check_violations(const struct ci_policy *p)
{
	struct ima_entry e = entry("/usr/bin/true", ones);

	e.violation = true;
	CHECK(judge(p, e) == CI_VIOLATION,
	    "a violation is refused, whatever is said beside it");
	e.name = bytes_of_text("/srv/run");
	CHECK(judge(p, e) == CI_VIOLATION,
	    "... also where the content may vary");
	e.name = bytes_of_text("/var/log/wtmp");
	CHECK(judge(p, e) == CI_BY_PATH, "but where the policy allows it");
	e.name = bytes_of_text("/var/cache/x");
	CHECK(judge(p, e) == CI_BY_PATH, "... by folder");
	CHECK(judge(p, entry("/var/log/wtmp", nines)) == CI_UNKNOWN,
	    "which does not allow the file itself");
}

static void
check_events(const struct ci_policy *p)
{
	struct ima_entry e = entry("boot_aggregate", nines);

	CHECK(judge(p, event(".ima", nines)) == CI_BY_EVENT,
	    "an event by its name");
	CHECK(judge(p, event("kernel_version", ones)) == CI_BY_EVENT &&
		judge(p, event("kernel_version", twos)) == CI_BY_EVENT,
	    "... by its name and content");
	CHECK(judge(p, event("kernel_version", nines)) == CI_NOT_A_FILE,
	    "... and not with another");
	CHECK(judge(p, event("dm_table_load", ones)) == CI_NOT_A_FILE,
	    "an event that is not named is refused");
	CHECK(judge(p, event("/srv/run", twos)) == CI_NOT_A_FILE,
	    "T45 an event is no file, whatever it calls itself");
	CHECK(judge(p, entry(".ima", nines)) == CI_UNKNOWN,
	    "T45 ... and a file no event");
	CHECK(judge(p, e) == CI_NOT_A_FILE,
	    "boot_aggregate within the list is another kernel's: refused");
	e.index = 0;
	CHECK(judge(p, e) == CI_BY_EVENT, "... as the first entry it is not");
	e.fields |= IMA_F_BUF;
	CHECK(judge(p, e) == CI_NOT_A_FILE, "... if it is no event's data");
}

/* --- signatures --- */

static const char content[] = "#!/bin/sh\n";

/* security.ima, version 2: SHA-256 is 4 among the kernel's algorithms. */
static void
sign(const struct key *key, const char *keyid, struct buf *ret)
{
	struct buf sig = BUF_INIT(1024);
	struct diag d = { 0 };

	buf_reset(ret);
	if (key_sign(key, bytes_of_text(content), &sig, &d) < 0)
		t_bail("%s", d.text);
	(void)buf_put(ret, bytes_of("\x03\x02\x04", 3));
	(void)buf_put(ret, bytes_of(keyid, 4));
	(void)buf_put_be16_blob(ret, buf_bytes(&sig));
	buf_free(&sig);
}

static void
put_signer(struct buf *b, const char *name, const char *keyid,
    const struct key *key)
{
	struct buf spki = BUF_INIT(KEY_SPKI_MAX);

	if (key_to_spki(key, &spki, NULL) < 0)
		t_bail("no key");
	(void)buf_printf(b, "signer %s keyid:", name);
	(void)hex_put(b, bytes_of(keyid, 4));
	(void)buf_put_u8(b, ' ');
	(void)base64_put(b, buf_bytes(&spki));
	(void)buf_put_u8(b, '\n');
	buf_free(&spki);
}

static void
check_signers(void)
{
	struct buf t = BUF_INIT(65536), c = BUF_INIT(CI_MAX),
		   xattr = BUF_INIT(2048);
	struct key *own = NULL, *twin = NULL, *other = NULL;
	uint8_t digest[32];
	struct ima_entry e = entry("/opt/x", digest);
	auto_ci_keys struct ci_keys keys = { 0 };
	struct ci_policy p;
	struct diag d = { 0 };

	if (key_generate(KEY_P256, 0, &own, &d) < 0 ||
	    key_generate(KEY_P256, 0, &twin, &d) < 0 ||
	    key_generate(KEY_P256, 0, &other, &d) < 0)
		t_bail("%s", d.text);
	sha256(bytes_of_text(content), digest);
	(void)buf_put_text(&t, CI_HEAD);
	put_signer(&t, "own", "aaaa", own);
	put_signer(&t, "twin", "aaaa", twin);
	put_signer(&t, "other", "bbbb", other);
	(void)buf_put_text(&t,
	    "allow signer own\nallow signer twin\n"
	    "allow path /opt/y site\n");
	(void)buf_put_u8(&t, '\0');
	p = t_ci((const char *)t.p, &c);
	CHECK(ci_keys_open(&p, &keys, &d) == ERR_OK && keys.n == 2,
	    "only signers that are allowed have keys");

	sign(own, "aaaa", &xattr);
	e.sig = buf_bytes(&xattr);
	CHECK(ci_judge(&p, &keys, &e) == CI_BY_SIGNER,
	    "a file that a signer signed is allowed");
	CHECK(ci_judge(&p, NULL, &e) == CI_UNKNOWN, "... not without its key");
	digest[0] ^= 1;
	CHECK(ci_judge(&p, &keys, &e) == CI_BAD_SIGNATURE,
	    "another file with its signature: bad signature");
	e.name = bytes_of_text("/opt/y");
	CHECK(ci_judge(&p, &keys, &e) == CI_BY_PATH,
	    "... unless its content may vary");
	e.name = bytes_of_text("/opt/x");
	digest[0] ^= 1;
	xattr.p[xattr.len - 1] ^= 1;
	CHECK(ci_judge(&p, &keys, &e) == CI_BAD_SIGNATURE,
	    "T46 a changed signature is refused");
	sign(twin, "aaaa", &xattr);
	e.sig = buf_bytes(&xattr);
	CHECK(ci_judge(&p, &keys, &e) == CI_BY_SIGNER,
	    "T46 two allowed keys may share an identifier");
	sign(other, "aaaa", &xattr);
	e.sig = buf_bytes(&xattr);
	CHECK(ci_judge(&p, &keys, &e) == CI_BAD_SIGNATURE,
	    "T46 an identifier that collides is no signature");
	sign(other, "bbbb", &xattr);
	e.sig = buf_bytes(&xattr);
	CHECK(ci_judge(&p, &keys, &e) == CI_UNKNOWN,
	    "T46 a signer that is not allowed allows nothing");
	sign(own, "cccc", &xattr);
	e.sig = buf_bytes(&xattr);
	CHECK(ci_judge(&p, &keys, &e) == CI_UNKNOWN,
	    "T46 an unknown identifier is nobody's");
	sign(own, "aaaa", &xattr);
	xattr.p[1] = 1;
	e.sig = buf_bytes(&xattr);
	CHECK(!ci_allows(ci_judge(&p, &keys, &e)),
	    "T46 a signature of version 1 is refused");
	xattr.p[1] = 2;
	xattr.p[2] = 2;
	CHECK(!ci_allows(ci_judge(&p, &keys, &e)),
	    "T46 ... and one that says another algorithm");
	xattr.p[2] = 4;
	e.violation = true;
	CHECK(ci_judge(&p, &keys, &e) == CI_VIOLATION,
	    "T46 no signature makes up for a violation");
	key_free(own);
	key_free(twin);
	key_free(other);
	buf_free(&t);
	buf_free(&c);
	buf_free(&xattr);
}

enum { N = 20000 };
static uint8_t digests[N][32];
static char names[N][40];

/* skewed: a quarter lies close together, as in no real policy. */
static struct ci_policy
many(bool skewed, struct buf *ret)
{
	struct buf t = BUF_INIT(CI_TEXT_MAX);
	struct ci_policy p;

	(void)buf_put_text(&t, CI_HEAD);
	for (uint32_t i = 0; i < N; i++) {
		sha256(bytes_of(&i, sizeof(i)), digests[i]);
		if (skewed && i % 4 == 0)
			memset(digests[i], 0x80, 6);
		(void)snprintf(names[i], sizeof(names[i]),
		    "/usr/lib/some/where/%u", i);
		(void)buf_put_text(&t, "allow hash sha256:");
		(void)hex_put(&t, bytes_of(digests[i], 32));
		(void)buf_printf(&t, " %s\n", names[i]);
	}
	(void)buf_put_u8(&t, '\0');
	p = t_ci((const char *)t.p, ret);
	buf_free(&t);
	return p;
}

static void
check_search(bool skewed)
{
	struct buf c = BUF_INIT(CI_MAX);
	struct ci_policy p = many(skewed, &c);
	size_t found = 0, wrong = 0;
	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (unsigned i = 0; i < N; i++)
		found += judge(&p, entry(names[i], digests[i])) == CI_BY_HASH;
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("# %.0f ns for each\n",
	    ((double)(b.tv_sec - a.tv_sec) * 1e9 +
		(double)(b.tv_nsec - a.tv_nsec)) /
		N);
	for (unsigned i = 0; i < N; i++) {
		digests[i][31] ^= 1;
		wrong += judge(&p, entry(names[i], digests[i])) != CI_CHANGED;
	}
	CHECK(found == N && wrong == 0,
	    "each of %d digests is found, and none that is near it%s", N,
	    skewed ? ", wherever they lie" : "");
	buf_free(&c);
}

int
main(void)
{
	struct buf c = BUF_INIT(CI_MAX);
	struct ci_policy p = t_ci(text, &c);
	enum ci_alg alg;
	struct bytes digest;

	memset(ones, 0x11, sizeof(ones));
	memset(twos, 0x22, sizeof(twos));
	memset(nines, 0x99, sizeof(nines));
	check_hashes(&p);
	check_paths(&p);
	check_violations(&p);
	check_events(&p);
	CHECK(ci_expected(&p, bytes_of_text("/bin/true"), &alg, &digest) &&
		alg == CI_SHA256 && bytes_equal(digest, BYTES_OF_ARRAY(ones)),
	    "what a path should have is known");
	CHECK(!ci_allows(CI_UNKNOWN) && !ci_allows((enum ci_result)99),
	    "nothing is allowed by accident");
	check_signers();
	check_search(false);
	check_search(true);
	buf_free(&c);
	return t_done();
}
