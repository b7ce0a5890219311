/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/shield/evidence_input.h"

#include <string.h>

#include "base/text.h"
#include "crypto/pem.h"
#include "proto/enrol.h"
#include "proto/evidence.h"
#include "tpm/public.h"

static const struct {
	const char *option;
	size_t max;
} files[INPUT_FILES] = {
	[INPUT_FILE] = { NULL, EVIDENCE_MAX },
	[INPUT_BOOT_LOG] = { "boot-log", EVIDENCE_MAX },
	[INPUT_IMA_LOG] = { "ima-log", EVIDENCE_MAX },
	[INPUT_CMDLINE] = { "cmdline", EVIDENCE_CMDLINE_MAX },
	[INPUT_PCR15] = { "pcr15", EVIDENCE_PCR15_MAX },
	[INPUT_QUOTE] = { "quote", EVIDENCE_SMALL_MAX },
	[INPUT_SIGNATURE] = { "signature", EVIDENCE_SMALL_MAX },
	[INPUT_AK] = { "ak", EVIDENCE_SMALL_MAX },
	[INPUT_ENROLMENT] = { "enrolment", ENROL_MAX },
	[INPUT_PCRS] = { "pcrs", PCR_FILE_MAX },
};

void
input_free(struct input *in)
{
	for (size_t i = 0; i < INPUT_FILES; i++)
		buf_free(&in->storage[i]);
	key_free(in->ak);
	in->ak = NULL;
}

static int
load(struct input *in, enum input_file i, const char *name, struct bytes *ret,
    struct diag *d)
{
	struct buf *b = &in->storage[i];
	int r;

	if (name == NULL)
		return ERR_OK;
	*b = (struct buf){ .max = files[i].max };
	if ((r = cli_read_input(in->cli, name, b->max, b, d)) < 0)
		return r;
	/* A part that was given is there, if only to be found empty. */
	*ret = b->len > 0 ? buf_bytes(b) : bytes_of("", 0);
	return ERR_OK;
}

static int
load_option(struct input *in, enum input_file i, struct bytes *ret,
    struct diag *d)
{
	return load(in, i, cli_option(in->cli, files[i].option), ret, d);
}

static int
take_bundle(struct input *in, struct bytes all, struct diag *d)
{
	struct evidence e;
	int r = evidence_decode(all, &e, d);

	if (r < 0)
		return r;
	in->parts = (struct evidence_parts){ e.part[EVIDENCE_BOOT_LOG],
		e.part[EVIDENCE_IMA_LOG], e.part[EVIDENCE_CMDLINE],
		e.part[EVIDENCE_PCR15_RECORDS] };
	in->proof = (struct proof_parts){
		.ak_public = e.part[EVIDENCE_AK],
		.hk_public = e.part[EVIDENCE_HK],
		.quote = e.part[EVIDENCE_QUOTE],
		.quote_signature = e.part[EVIDENCE_QUOTE_SIG],
		.certify = e.part[EVIDENCE_CERTIFY],
		.certify_signature = e.part[EVIDENCE_CERTIFY_SIG],
	};
	return ERR_OK;
}

/* The argument, by what it is. Logs are only named. */
static int
take_file(struct input *in, const char *name, struct diag *d)
{
	auto_window struct window w = WINDOW_NONE;
	struct bytes all = BYTES_NONE;
	enum file_kind kind;
	int r;

	if (strcmp(name, "-") == 0)
		return diag_fail(d, ERR_USAGE,
		    "FILE: standard input is not verified");
	if ((r = window_open(name, &w, d)) < 0)
		return r;
	kind = file_kind_find(w.in);
	switch (kind) {
	case FILE_TCG:
		in->boot_log = name;
		return ERR_OK;
	case FILE_IMA:
	case FILE_IMA_ASCII:
		in->ima_log = name;
		return ERR_OK;
	case FILE_QUOTE:
		return load(in, INPUT_FILE, name, &in->proof.quote, d);
	case FILE_BUNDLE:
		r = load(in, INPUT_FILE, name, &all, d);
		return r < 0 ? r : take_bundle(in, all, d);
	case FILE_UNKNOWN:
	case FILE_EK:
	case FILE_PUBLIC:
	case FILE_ENROLMENT:
	case FILE_KINDS:
		break;
	}
	return diag_refuse(d, REASON_FileInvalid,
	    "%s: %s; a bundle, boot log, IMA list or quote is verified", name,
	    file_kind_name(kind));
}

/* TPMT_PUBLIC or TPM2B_PUBLIC, or a public key in PEM. */
static int
take_ak(struct input *in, struct bytes file, struct diag *d)
{
	auto_buf struct buf der = BUF_INIT(KEY_SPKI_MAX);
	int r;

	if (pem_is(file)) {
		r = pem_or_der(file, PEM_PUBLIC_KEY, &der, d);
		return r < 0 ? r : key_from_spki(buf_bytes(&der), &in->ak, d);
	}
	in->known_ak = public_area(file);
	return public_key(in->known_ak, &in->ak, d);
}

static int
take_identity(struct input *in, struct diag *d)
{
	struct bytes file = BYTES_NONE;
	struct enrolment e;
	int r;

	if (cli_option(in->cli, "ak") != NULL &&
	    cli_option(in->cli, "enrolment") != NULL)
		return diag_fail(d, ERR_USAGE,
		    "--ak and --enrolment: one of them says whose it is");
	if ((r = load_option(in, INPUT_AK, &file, d)) < 0)
		return r;
	if (file.p != NULL)
		return take_ak(in, file, d);
	if ((r = load_option(in, INPUT_ENROLMENT, &file, d)) < 0 ||
	    file.p == NULL)
		return r;
	if ((r = enrolment_decode(file, &e, d)) < 0)
		return r;
	return take_ak(in, e.ak_public, d);
}

static int
take_nonce(struct input *in, struct diag *d)
{
	const char *text = cli_option(in->cli, "nonce");
	auto_buf struct buf b = BUF_INIT(sizeof(in->nonce));

	if (text == NULL)
		return ERR_OK;
	if (hex_decode(bytes_of_text(text), &b, d) < 0)
		return diag_fail(d, ERR_USAGE,
		    "--nonce: not hex, or over %zu bytes", sizeof(in->nonce));
	if (b.len > 0)
		memcpy(in->nonce, b.p, b.len);
	in->proof.extra_data = bytes_of(in->nonce, b.len);
	return ERR_OK;
}

static int
take_pcrs(struct input *in, struct diag *d)
{
	struct bytes file = BYTES_NONE;
	int r;

	if ((r = load_option(in, INPUT_PCRS, &file, d)) < 0 || file.p == NULL)
		return r;
	if ((r = pcr_file_parse(file, &in->pcrs, d)) < 0) {
		diag_prefix(d, "%s", cli_option(in->cli, "pcrs"));
		return r;
	}
	in->has_pcrs = true;
	return ERR_OK;
}

int
input_read(struct cli *cli, struct input *ret, struct diag *d)
{
	const char *name = cli_arg(cli, 0);
	int r;

	*ret = (struct input){ .cli = cli };
	if ((name != NULL && (r = take_file(ret, name, d)) < 0) ||
	    (r = load_option(ret, INPUT_CMDLINE, &ret->parts.command_line, d)) <
		0 ||
	    (r = load_option(ret, INPUT_PCR15, &ret->parts.pcr15, d)) < 0 ||
	    (r = load_option(ret, INPUT_QUOTE, &ret->proof.quote, d)) < 0 ||
	    (r = load_option(ret, INPUT_SIGNATURE, &ret->proof.quote_signature,
		 d)) < 0 ||
	    (r = take_identity(ret, d)) < 0 || (r = take_nonce(ret, d)) < 0 ||
	    (r = take_pcrs(ret, d)) < 0)
		return r;
	if (cli_option(cli, "boot-log") != NULL)
		ret->boot_log = cli_option(cli, "boot-log");
	if (cli_option(cli, "ima-log") != NULL)
		ret->ima_log = cli_option(cli, "ima-log");
	if (ret->proof.ak_public.p == NULL)
		ret->proof.ak_public = ret->known_ak;
	return ERR_OK;
}

int
input_load_logs(struct input *in, struct diag *d)
{
	int r = load(in, INPUT_BOOT_LOG, in->boot_log, &in->parts.boot_log, d);

	return r < 0
	    ? r
	    : load(in, INPUT_IMA_LOG, in->ima_log, &in->parts.ima_log, d);
}
