/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IMA list of a bundle, judged by signed policies from files.
 */
#include "bundle.h"
#include "run.h"

#include "../../policy/ci_made.h"
#include "crypto/x509.h"
#include "policy/known.h"
#include "signed/signed.h"

#define TOOL "/usr/bin/tool"

static struct key *signer;

/* The signer's certificate, and this text signed by it. */
static void
put_policy(const char *name, const char *mode, const char *rules)
{
	auto_buf struct buf text = BUF_INIT(8192), compiled = BUF_INIT(65536);
	auto_buf struct buf object = BUF_INIT(65536), der = BUF_INIT(CERT_MAX);
	const struct x509_profile profile = {
		.common_name = bytes_of_text("policy"),
		.serial = { 0x55 },
		.not_before = 1780000000,
		.not_after = 1990000000,
		.usage = CERT_USAGE_SIGN,
	};
	struct diag d = { 0 };
	struct cert cert;

	buf_printf(&text, "shieldwall-ci 1\nname ours\nmode %s\n%s", mode,
	    rules);
	if (t_ci_compile(buf_bytes(&text), &compiled, &d) < 0 ||
	    x509_self_signed(&profile, signer, &der, &d) < 0 ||
	    cert_parse(buf_bytes(&der), &cert, &d) < 0 ||
	    signed_make(SIGNED_CI_POLICY, buf_bytes(&compiled), signer,
		cert.ski, &object, &d) < 0)
		t_bail("%s: %s", name, d.text);
	put_file(name, buf_bytes(&object));
	put_file("signer", buf_bytes(&der));
}

static struct ran
verify(const char *policy)
{
	char words[1024];

	(void)snprintf(words, sizeof(words),
	    "evidence verify %s --baseline %s --ci %s --ci-signer %s",
	    path_of("bundle"), path_of("baseline"), path_of(policy),
	    path_of("signer"));
	return run(words);
}

static void
check(const char *policy, int code, const char *said, const char *what)
{
	struct ran r = verify(policy);

	if (!CHECK(r.code == code && ran_says(&r, said) && ran_is_tame(&r),
		"%s: exit %d, \"%s\"", what, code, said))
		printf("# %.300s\n",
		    strstr(r.out, "NO") != NULL ? strstr(r.out, "NO") : r.err);
	ran_free(&r);
}

static void
check_unsaid(const char *policy, const char *words, const char *what)
{
	struct ran r = verify(policy);

	CHECK(r.code == 1 && !ran_says(&r, words), "%s: not \"%s\"", what,
	    words);
	ran_free(&r);
}

static void
make_policies(void)
{
	char rules[256], hex[2 * SHA256_SIZE + 1];
	uint8_t digest[SHA256_SIZE];

	sha256(bytes_of_text("tool"), digest);
	hex_format(BYTES_OF_ARRAY(digest), hex);
	(void)snprintf(rules, sizeof(rules), "allow hash sha256:%s %s\n", hex,
	    TOOL);
	put_policy("admits", "enforced", rules);
	hex[0] = hex[0] == '0' ? '1' : '0';
	(void)snprintf(rules, sizeof(rules), "allow hash sha256:%s %s\n", hex,
	    TOOL);
	put_policy("other", "enforced", rules);
	put_policy("audits", "audit", rules);
}

int
main(void)
{
	static struct buf list = BUF_INIT(65536);
	struct bytes whole;
	struct diag d = { 0 };

	bundle_start();
	if (key_generate(KEY_P256, 0, &signer, &d) < 0)
		t_bail("%s", d.text);
	make_policies();
	host_boot_with(h, PRODUCT_CMDLINE);
	ima_put_boot(&list, &h->f.pcrs);
	ima_put_file(&list, TOOL, "tool");
	h->parts.ima_log = whole = buf_bytes(&list);
	record_host_key(known_ima_policies.digests[0],
	    PCR_MASK_DEFAULT | 1u << IMA_PCR);
	put_baseline("baseline", BASELINE_PRODUCTION);
	put_bundle("bundle");
	check("admits", 0, "ok  CiPolicy", "what a policy admits passes");
	check("admits", 0, "covers 2 of its 2 entries",
	    "how far the quote reaches is said");
	check("other", 1, "CodeChanged", "T43 another digest at its path");
	check("other", 1, TOOL, "and which file it is");
	check("audits", 0, "CodeChanged", "an auditing policy notes it");
	put_file("admits", bytes_of_text("no policy"));
	check("admits", 1, "FileInvalid", "a file that is no signed policy");
	make_policies();
	*at_byte(whole, whole.len - 70) ^= 1;
	put_bundle("bundle");
	check("admits", 1, "ImaLogVerification", "T43 an entry was changed");
	check_unsaid("admits", "replays to what is quoted",
	    "nor is the boot log proven by a quote of both");
	*at_byte(whole, whole.len - 70) ^= 1;
	h->parts.ima_log = bytes_of(whole.p, whole.len - 1);
	put_bundle("bundle");
	check("admits", 1, "ImaLogVerification", "T42 the list is cut");
	h->parts.ima_log = BYTES_NONE;
	put_bundle("bundle");
	check("admits", 1, "Ima", "T42 there is no list");
	h->parts.ima_log = whole;
	record_host_key(known_ima_policies.digests[0], PCR_MASK_DEFAULT);
	put_bundle("bundle");
	check("admits", 1, "QuoteSelection", "T12 PCR 10 is not quoted");
	key_free(signer);
	buf_free(&list);
	bundle_end();
	return t_done();
}
