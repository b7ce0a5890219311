/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shield evidence verify: what an HGS would say to evidence from a file, by
 * its code, and what a file cannot show at all.
 */
#include "ctl/shield/evidence_verify.h"

#include "ctl/shield/commands.h"

const struct option_spec evidence_verify_options[] = {
	{ "baseline", "FILE", "as an HGS would have it", true },
	{ "ci", "FILE", "a signed CI policy; enables CiPolicy", true },
	{ "ci-signer", "CERT", "who must have signed it", false },
	{ "policy", "NAME[,NAME]",
	    "judge by these and the locked ones, not by the default ones",
	    false },
	{ "enrolment", "FILE", "the host's: whose key it is", false },
	{ "ak", "FILE", "the attestation key: TPM form or PEM", false },
	{ "nonce", "HEX", "what the quote must carry", false },
	{ "pcrs", "FILE", "values that were read from the TPM", false },
	{ "boot-log", "FILE", "in place of a bundle's", false },
	{ "ima-log", "FILE", "in place of a bundle's", false },
	{ "cmdline", "FILE", "the kernel's command line", false },
	{ "pcr15", "FILE", "guard-early's records", false },
	{ "quote", "FILE", "TPMS_ATTEST", false },
	{ "signature", "FILE", "TPMT_SIGNATURE of the quote", false },
	{ NULL },
};

static int
usage(struct diag *d, const char *what)
{
	return diag_fail(d, ERR_USAGE, "%s", what);
}

static int
verify(struct input *in, struct checks *c, struct diag *d)
{
	bool has_log = in->boot_log != NULL || in->parts.boot_log.p != NULL;

	if (in->proof.quote.p != NULL && has_log)
		return verify_host(in, c, d);
	if (in->proof.quote.p != NULL) {
		if (in->proof.quote_signature.p == NULL || in->ak == NULL)
			return usage(d,
			    "a quote is verified with --signature and --ak or "
			    "--enrolment");
		return verify_quote(in, c, d);
	}
	if (!has_log && in->ima_log == NULL && in->parts.ima_log.p == NULL)
		return usage(d, "nothing to verify: name a FILE");
	if (!in->has_pcrs)
		return usage(d,
		    "a log is verified against --quote, or --pcrs alone");
	return verify_logs(in, c, d);
}

int
cmd_evidence_verify(struct cli *cli, struct diag *d)
{
	auto_input struct input in = { 0 };
	struct checks c;
	int r;

	if ((r = input_read(cli, &in, d)) < 0)
		return r;
	checks_start(&c, cli);
	r = verify(&in, &c, d);
	checks_drop(&c);
	return r;
}
