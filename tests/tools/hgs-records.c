/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that the suite `admin` hands to an HGS:
 *
 *   hgs-records enrolment NAME BASELINE|- [bad-ek|bad-ak|EK-SPKI EK-CERT] >FILE
 *   hgs-records status NAME FINDINGS SUB-STATUS [BASELINE] >FILE
 *   hgs-records findings BOOT-LOG COMMAND-LINE >FILE
 *
 * An enrolment has new keys of no TPM, or the endorsement key and certificate
 * of two DER files. A status is a refused host's, as hgs-attest leaves it, with
 * the baseline that it matched before, if any.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/key.h"
#include "measure/findings.h"
#include "proto/enrol.h"
#include "proto/records.h"
#include "tpm/public.h"

static int
die(const char *what)
{
	(void)fprintf(stderr, "hgs-records: %s\n", what);
	exit(1);
}

/* A point of a new key; x and y are views into it. */
static void
new_point(uint8_t point[static P256_POINT_SIZE])
{
	struct key *k = NULL;
	struct diag d;

	if (key_generate(KEY_P256, 0, &k, &d) < 0)
		(void)die(d.text);
	key_p256_point(k, point);
	key_free(k);
}

static void
take_ek(const char *spki_file, const char *cert_file,
    uint8_t point[static P256_POINT_SIZE], struct buf *cert)
{
	auto_buf struct buf spki = BUF_INIT(KEY_SPKI_MAX);
	struct key *k = NULL;
	struct diag d;

	if (file_read(AT_FDCWD, spki_file, KEY_SPKI_MAX, &spki, &d) < 0 ||
	    key_from_spki(buf_bytes(&spki), &k, &d) < 0 ||
	    file_read(AT_FDCWD, cert_file, CERTIFICATE_LIMIT, cert, &d) < 0)
		(void)die(d.text);
	key_p256_point(k, point);
	key_free(k);
}

static int
enrolment(char **argv, int argc)
{
	auto_buf struct buf base = BUF_INIT(ENROL_BASELINE_MAX);
	auto_buf struct buf ek = BUF_INIT(1024), ak = BUF_INIT(1024);
	auto_buf struct buf out = BUF_INIT(ENROL_MAX);
	auto_buf struct buf cert = BUF_INIT(CERTIFICATE_LIMIT);
	const char *kind = argc > 2 ? argv[2] : "";
	uint8_t p[P256_POINT_SIZE] = { 0 }, q[P256_POINT_SIZE] = { 0 };
	struct bytes px = bytes_of(p + 1, 32), py = bytes_of(p + 33, 32);
	struct bytes qx = bytes_of(q + 1, 32), qy = bytes_of(q + 33, 32);
	struct enrolment e = { .name = bytes_of_text(argv[0]) };
	struct diag d = { 0 };

	new_point(p);
	new_point(q);
	if (argc > 3)
		take_ek(argv[2], argv[3], p, &cert);
	if (strcmp(argv[1], "-") != 0 &&
	    file_read(AT_FDCWD, argv[1], ENROL_BASELINE_MAX, &base, &d) < 0)
		return die(d.text);
	if (strcmp(kind, "bad-ek") == 0)
		(void)!public_put_hk(&ek, px, py);
	else
		(void)!public_put_ek_ecc(&ek, px, py);
	if (strcmp(kind, "bad-ak") == 0)
		(void)!public_put_hk(&ak, qx, qy);
	else
		(void)!public_put_ak(&ak, qx, qy);
	e.ek_certificate = buf_bytes(&cert);
	e.ek_public = buf_bytes(&ek);
	e.ak_public = buf_bytes(&ak);
	e.baseline = buf_bytes(&base);
	if (enrolment_encode(&e, &out, &d) < 0 ||
	    file_write_all(STDOUT_FILENO, buf_bytes(&out), &d) < 0)
		return die(d.text);
	return 0;
}

static int
status(char **argv, const char *baseline)
{
	auto_buf struct buf findings = BUF_INIT((size_t)1 << 20);
	auto_buf struct buf error = BUF_INIT(65536);
	auto_buf struct buf out = BUF_INIT((size_t)1 << 20);
	static struct wire_error e;
	struct status_record s = { .version = RECORD_VERSION,
		.name = bytes_of_text(argv[0]),
		.time = 1767225600,
		.clock_known = true,
		.reset_count = 1 };
	struct diag d = { 0 };

	e.code = bytes_of_text("InsecureHostConfiguration");
	e.message = bytes_of_text("The host does not meet the policy.");
	e.attestation_status = e.code;
	e.sub_status[0].name = bytes_of_text(argv[2]);
	e.n_sub_status = 1;
	e.reasons[0] = (struct wire_reason){ .code = e.sub_status[0].name,
		.pcr = 4,
		.event = 3,
		.text = bytes_of_text("another digest"),
		.remedy = bytes_of_text("see the manual") };
	e.n_reasons = 1;
	s.status = e.code;
	s.baseline = bytes_of_text(baseline);
	if (file_read(AT_FDCWD, argv[1], (size_t)1 << 20, &findings, &d) < 0 ||
	    fields_encode(&wire_error_fields, &e, &error, &d) < 0)
		return die(d.text);
	s.error = buf_bytes(&error);
	s.findings = buf_bytes(&findings);
	if (fields_encode(&status_record_fields, &s, &out, &d) < 0 ||
	    file_write_all(STDOUT_FILENO, buf_bytes(&out), &d) < 0)
		return die(d.text);
	return 0;
}

/* Of a recorded boot, as hgs-measure finds them; without guard-early's events. */
static int
findings(char **argv)
{
	auto_buf struct buf log = BUF_INIT((size_t)1 << 20);
	auto_buf struct buf cmdline = BUF_INIT(CMDLINE_MAX);
	auto_buf struct buf out = BUF_INIT((size_t)1 << 20);
	static struct findings_store store;
	struct evidence_parts parts = { 0 };
	struct findings f;
	struct diag d = { 0 };

	if (file_read(AT_FDCWD, argv[0], (size_t)1 << 20, &log, &d) < 0 ||
	    file_read(AT_FDCWD, argv[1], CMDLINE_MAX, &cmdline, &d) < 0)
		return die(d.text);
	parts.boot_log = buf_bytes(&log);
	parts.command_line = buf_bytes(&cmdline);
	measure_evidence(&parts, &store, &f);
	if (findings_encode(&f, &out, &d) < 0 ||
	    file_write_all(STDOUT_FILENO, buf_bytes(&out), &d) < 0)
		return die(d.text);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc >= 4 && strcmp(argv[1], "enrolment") == 0)
		return enrolment(argv + 2, argc - 2);
	if (argc >= 5 && strcmp(argv[1], "status") == 0)
		return status(argv + 2, argc > 5 ? argv[5] : "");
	if (argc == 4 && strcmp(argv[1], "findings") == 0)
		return findings(argv + 2);
	return die("enrolment NAME BASELINE|- [KIND] | "
		   "status NAME FINDINGS SUB-STATUS [BASELINE] | "
		   "findings BOOT-LOG COMMAND-LINE");
}
