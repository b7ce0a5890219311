/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shield guardian import: metadata.xml from a file or an HGS. What comes over
 * the network or in a file says who it is itself, so nothing is kept before a
 * fingerprint from another channel agrees.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/common/reply.h"
#include "ctl/shield/commands.h"
#include "ctl/shield/guardians.h"
#include "guardian/metadata.h"
#include "guardian/metadata_xml.h"
#include "http/client.h"

#define METADATA_PATH "/KeyProtection/service/metadata/2014-07/metadata.xml"
#define CA_FILE       "/etc/ssl/certs/ca-certificates.crt"
#define TIMEOUT_MS    20000

static int
check_answer(const char *url, const struct http_result *got, struct diag *d)
{
	if (got->status != 200)
		return diag_refuse(d, REASON_FileInvalid,
		    "%s: the service answers %u for its metadata", url,
		    got->status);
	if (strcmp(got->type, "application/xml") != 0 &&
	    strcmp(got->type, "text/xml") != 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "%s: the answer is %s, not XML", url, got->type);
	return ERR_OK;
}

/* The service's address, with or without the metadata's own path. */
static int
fetch(const struct cli *cli, const char *url, struct buf *ret, struct diag *d)
{
	auto_http_client struct http_client *client = NULL;
	auto_http_tls struct http_tls *tls = NULL;
	const struct http_call call = { .method = "GET",
		.path = METADATA_PATH,
		.timeout_ms = TIMEOUT_MS };
	const char *ca = cli_option(cli, "ca");
	struct bytes base = bytes_of_text(url);
	struct http_result got = { 0 };
	struct http_url where;
	size_t tail = strlen(METADATA_PATH);
	int r;

	if (base.len > tail &&
	    strcmp(url + base.len - tail, METADATA_PATH) == 0)
		base.len -= tail;
	if ((r = http_url_parse(base, &where, d)) < 0)
		return r;
	if (where.tls &&
	    (r = http_tls_client(NULL, ca != NULL ? ca : CA_FILE, &tls, d)) < 0)
		return r;
	if ((r = http_client_new(&where, tls, &client, d)) < 0 ||
	    (r = http_client_call(client, &call, &got, ret, d)) < 0) {
		diag_prefix(d, "%s", url);
		return r;
	}
	return check_answer(url, &got, d);
}

static bool
is_url(const char *source)
{
	return strncmp(source, "http://", 7) == 0 ||
	    strncmp(source, "https://", 8) == 0;
}

/* Hex, in either case; colons between bytes are let pass. */
static int
read_fingerprint(const char *text, uint8_t ret[static 32], struct diag *d)
{
	char hex[65];
	size_t n = 0;

	for (const char *p = text; *p != '\0'; p++) {
		if (*p == ':')
			continue;
		if (n == sizeof(hex) - 1)
			return diag_fail(d, ERR_USAGE,
			    "--fingerprint: longer than 64 hex digits");
		hex[n++] = *p;
	}
	if (hex_decode_fixed(bytes_of(hex, n), ret, 32, NULL) < 0)
		return diag_fail(d, ERR_USAGE,
		    "--fingerprint: not 64 hex digits");
	return ERR_OK;
}

static int
check_fingerprint(struct cli *cli, const struct guardian *g, const char *source,
    struct diag *d)
{
	const char *given = cli_option(cli, "fingerprint");
	uint8_t is[GUARDIAN_FINGERPRINT_SIZE], want[32];
	char text[65];
	int r;

	guardian_fingerprint(g, is);
	hex_format(BYTES_OF_ARRAY(is), text);
	reply_line(cli, "fingerprint %s", text);
	reply_data_text(cli, "fingerprint", text);
	if (given == NULL)
		return diag_refuse(d, REASON_FingerprintNeeded,
		    "%s: nothing was imported; its fingerprint is %s", source,
		    text);
	if ((r = read_fingerprint(given, want, d)) < 0)
		return r;
	if (!bytes_equal(BYTES_OF_ARRAY(is), BYTES_OF_ARRAY(want)))
		return diag_refuse(d, REASON_FingerprintMismatch,
		    "%s: nothing was imported; its fingerprint is %s, "
		    "not the one given",
		    source, text);
	return ERR_OK;
}

int
cmd_guardian_import(struct cli *cli, struct diag *d)
{
	auto_guardian_file struct guardian_file f = { 0 };
	auto_buf struct buf xml = BUF_INIT(METADATA_MAX);
	auto_buf struct buf out = BUF_INIT(GUARDIAN_MAX);
	const char *source = cli_arg(cli, 0), *name = cli_option(cli, "name");
	char undo[128];
	int r;

	if (name == NULL)
		return diag_fail(d, ERR_USAGE, "--name is needed");
	if ((r = name_check("--name", bytes_of_text(name), d)) < 0 ||
	    (r = guardians_check_free(cli, name, d)) < 0 ||
	    (r = is_url(source)
		    ? fetch(cli, source, &xml, d)
		    : cli_read_input(cli, source, METADATA_MAX, &xml, d)) < 0)
		return r;
	if ((r = metadata_read(buf_bytes(&xml), &f, d)) < 0) {
		diag_prefix(d, "%s", source);
		return r;
	}
	if ((r = check_fingerprint(cli, &f.g, source, d)) < 0 ||
	    (r = guardian_encode(&f.g, &out, d)) < 0 ||
	    (r = guardians_add(cli, name, false, buf_bytes(&out), d)) < 0)
		return r;
	(void)snprintf(undo, sizeof(undo), "shield guardian remove %s", name);
	reply_data_text(cli, "name", name);
	reply_changed(cli, undo, "guardian %s imported", name);
	return ERR_OK;
}
