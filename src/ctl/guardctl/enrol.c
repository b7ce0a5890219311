/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrol, identity, baseline capture: what the HGS's administrator needs to
 * know of this host, in a file. All of it is public.
 */
#include <stdio.h>
#include <time.h>

#include "base/text.h"
#include "crypto/ek.h"
#include "ctl/common/reply.h"
#include "ctl/guardctl/baseline_tell.h"
#include "ctl/guardctl/commands.h"
#include "ctl/guardctl/host.h"
#include "policy/variance.h"
#include "proto/enrol.h"
#include "tpm/public.h"

/* What one of the three commands gathers. */
struct capture {
	struct host host;
	char name[NAME_MAX_LEN + 1];
	struct host_identity id;
	struct host_boot *boot;
	struct buf baseline;
};

static void
capture_free(struct capture *c)
{
	host_identity_free(&c->id);
	host_boot_free(c->boot);
	buf_free(&c->baseline);
}

static int
begin(const struct cli *cli, struct capture *c, struct diag *d)
{
	const char *name = cli_option(cli, "name");
	int r;

	/* Bytes to a terminal are of no use to anybody. */
	if (cli_option(cli, "o") == NULL && isatty(STDOUT_FILENO) == 1)
		return diag_fail(d, ERR_USAGE, "-o FILE is needed");
	if ((r = host_need_root(cli, d)) < 0 ||
	    (r = host_load(cli, &c->host, d)) < 0)
		return r;
	if (name == NULL)
		return host_name(&c->host, c->name, d);
	if (name_check("--name", bytes_of_text(name), d) < 0)
		return ERR_USAGE;
	(void)snprintf(c->name, sizeof(c->name), "%s", name);
	return ERR_OK;
}

static void
tell_certificate(struct cli *cli, struct bytes der)
{
	auto_ek_cert struct ek_cert *cert = NULL;
	struct diag d = { 0 };
	char shown[16] = "";
	uint32_t vendor;

	if (der.len == 0) {
		reply_line(cli,
		    "EK certificate    none: register the host with --pin-ek");
		return;
	}
	if (ek_cert_read(der, &cert, &d) < 0) {
		reply_line(cli, "EK certificate    not readable: %s", d.text);
		return;
	}
	if (ek_vendor_find(ek_cert_der(cert), &vendor))
		(void)snprintf(shown, sizeof(shown), "id:%08X", vendor);
	reply_line(cli, "EK certificate    of vendor %s",
	    shown[0] == '\0' ? "unnamed" : shown);
	reply_data_text(cli, "ek_vendor", shown);
}

static void
tell_identity(struct cli *cli, const struct capture *c)
{
	const struct tpm_identity *id = &c->id.tpm;
	uint8_t host_id[TPM_SHA256_SIZE], ak[TPM_NAME_SIZE];
	char hex[2 * TPM_NAME_SIZE + 1];

	tpm_host_id(id->ek_public, host_id);
	tpm_name(id->ak_public, ak);
	reply_line(cli, "host              %s", c->name);
	reply_data_text(cli, "name", c->name);
	hex_format(BYTES_OF_ARRAY(host_id), hex);
	reply_line(cli, "EK fingerprint    %s", hex);
	reply_data_text(cli, "host_id", hex);
	hex_format(BYTES_OF_ARRAY(ak), hex);
	reply_line(cli, "AK name           %s", hex);
	reply_data_text(cli, "ak_name", hex);
	tell_certificate(cli, id->ek_certificate);
}

#define OPEN_MAX 16

/* The baseline's source takes views of what is read here. */
struct varied {
	struct baseline_variance list[BASELINE_EXCEPTIONS_MAX];
	struct buf template;
};

static void
varied_free(struct varied *v)
{
	buf_free(&v->template);
}

static int
read_varied(struct cli *cli, const struct findings *f, struct varied *v,
    struct baseline_source *src, struct diag *d)
{
	const char *open[OPEN_MAX], *given;
	size_t n = 0;
	int r;

	for (; (given = cli_option_at(cli, "vary", n)) != NULL; n++) {
		if (n == BASELINE_EXCEPTIONS_MAX)
			return diag_fail(d, ERR_USAGE,
			    "--vary: at most %d times",
			    BASELINE_EXCEPTIONS_MAX);
		if ((r = variance_read(given, &v->list[n], d)) < 0) {
			diag_prefix(d, "--vary");
			return r;
		}
	}
	src->n_variances = n;
	src->variances = v->list;
	for (n = 0; (given = cli_option_at(cli, "open", n)) != NULL; n++) {
		if (n == OPEN_MAX)
			return diag_fail(d, ERR_USAGE,
			    "--open: at most %d times", OPEN_MAX);
		open[n] = given;
	}
	if (n == 0)
		return ERR_OK;
	r = variance_open(f->cmdline_text, open, n, &v->template, d);
	if (r < 0) {
		diag_prefix(d, "--open");
		return r;
	}
	src->template = buf_bytes(&v->template);
	return ERR_OK;
}

static int
capture_baseline(struct cli *cli, struct capture *c, struct diag *d)
{
	const char *description = cli_option(cli, "description");
	auto_buf struct buf store = BUF_INIT(FINDINGS_EVENTS_SIZE_MAX);
	char source[NAME_MAX_LEN + 16];
	struct baseline_source src = { .name = bytes_of_text(c->name),
		.description =
		    bytes_of_text(description != NULL ? description : ""),
		.source = bytes_of_text(source),
		.purpose =
		    cli_flag(cli, "test") ? BASELINE_TEST : BASELINE_PRODUCTION,
		.created = (uint64_t)time(NULL),
		.skip_validation = cli_flag(cli, "skip-validation") };
	CLEANUP(varied_free)
	struct varied varied = { .template = BUF_INIT(CMDLINE_MAX) };
	struct baseline b;
	int r;

	(void)snprintf(source, sizeof(source), "host %s", c->name);
	src.source = bytes_of_text(source);
	c->baseline = (struct buf)BUF_INIT(BASELINE_FILE_MAX);
	if (src.description.len > BASELINE_TEXT_MAX ||
	    !text_printable(src.description))
		return diag_fail(d, ERR_USAGE,
		    "--description: not printable, or longer than %d bytes",
		    BASELINE_TEXT_MAX);
	if ((r = host_boot(&c->host, c->id.tpm.pcr15, &c->boot, d)) < 0)
		return r;
	baseline_tell_boot(cli, c->boot);
	if ((r = read_varied(cli, &c->boot->findings, &varied, &src, d)) < 0)
		return r;
	r = baseline_capture(&src, &c->boot->findings, &store, &b, d);
	if (r == ERR_OK)
		r = baseline_encode(&b, &c->baseline, d);
	if (r < 0) {
		diag_prefix(d, "no baseline can be taken of this boot");
		return r;
	}
	baseline_tell(cli, buf_bytes(&c->baseline), &b);
	return ERR_OK;
}

static int
write_enrolment(struct cli *cli, const struct capture *c, struct diag *d)
{
	auto_buf struct buf file = BUF_INIT(ENROL_MAX);
	struct enrolment e = { .name = bytes_of_text(c->name),
		.ek_certificate = c->id.tpm.ek_certificate,
		.ek_public = c->id.tpm.ek_public,
		.ak_public = c->id.tpm.ak_public,
		.baseline = buf_bytes(&c->baseline) };
	const char *output = cli_option(cli, "o");
	int r;

	if ((r = enrolment_encode(&e, &file, d)) < 0 ||
	    (r = cli_write_output(cli, output, 0644, buf_bytes(&file), d)) < 0)
		return r;
	reply_changed(cli, NULL,
	    "written; on the HGS: hgsctl host add %s FILE%s", c->name,
	    e.baseline.len != 0 ? " --with-policies" : "");
	return ERR_OK;
}

int
cmd_identity(struct cli *cli, struct diag *d)
{
	CLEANUP(capture_free) struct capture c = { 0 };
	int r;

	if ((r = begin(cli, &c, d)) < 0 ||
	    (r = host_identity(&c.host, &c.id, d)) < 0)
		return r;
	tell_identity(cli, &c);
	return write_enrolment(cli, &c, d);
}

int
cmd_enrol(struct cli *cli, struct diag *d)
{
	CLEANUP(capture_free) struct capture c = { 0 };
	int r;

	if ((r = begin(cli, &c, d)) < 0 ||
	    (r = host_identity(&c.host, &c.id, d)) < 0)
		return r;
	tell_identity(cli, &c);
	if ((r = capture_baseline(cli, &c, d)) < 0)
		return r;
	return write_enrolment(cli, &c, d);
}

int
cmd_baseline_capture(struct cli *cli, struct diag *d)
{
	CLEANUP(capture_free) struct capture c = { 0 };
	int r;

	/* PCR 15 is no part of a baseline: guard-tpm need not run yet. */
	if ((r = begin(cli, &c, d)) < 0 ||
	    (r = capture_baseline(cli, &c, d)) < 0 ||
	    (r = cli_write_output(cli, cli_option(cli, "o"), 0644,
		 buf_bytes(&c.baseline), d)) < 0)
		return r;
	reply_changed(cli, NULL,
	    "written; on the HGS: hgsctl baseline add %s "
	    "FILE",
	    c.name);
	return ERR_OK;
}
