/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole evidence bundle of a recorded boot, under a key in memory, and what
 * judges it, as files in a folder of their own.
 */
#ifndef TESTS_CTL_SHIELD_BUNDLE_H
#define TESTS_CTL_SHIELD_BUNDLE_H

#include <dirent.h>
#include <sys/stat.h>

#include "../../policy/host.h"
#include "../../policy/ima_made.h"
#include "../../tpm/forge.h"
#include "proto/evidence.h"

static char folder[] = "/tmp/shield.verify.XXXXXX";
static struct forge f;
static struct host *h;
static struct buf record, pcr15;

static inline const char *
path_of(const char *name)
{
	static char paths[8][128];
	static unsigned next;
	char *p = paths[next++ % 8];

	(void)snprintf(p, sizeof(paths[0]), "%s/%s", folder, name);
	return p;
}

static inline void
put_file(const char *name, struct bytes b)
{
	FILE *out = fopen(path_of(name), "w");

	if (out == NULL || fwrite(b.p, 1, b.len, out) != b.len ||
	    fclose(out) != 0)
		t_bail("%s", name);
}

/* guard-early's record is of the host key that is certified. */
static inline void
record_host_key(const uint8_t *ima_policy, uint32_t mask)
{
	static const uint8_t none[SHA256_SIZE];

	buf_reset(&record);
	buf_reset(&pcr15);
	if (pcr15_record_encode(f.words.name, none,
		ima_policy != NULL ? ima_policy : none, &record, NULL) < 0 ||
	    pcr15_list_encode(buf_bytes(&record), &pcr15, NULL) < 0)
		t_bail("cannot encode");
	h->parts.pcr15 = buf_bytes(&pcr15);
	host_measure(h);
	replay_phase(&h->f.pcrs, 6, &f.pcrs);
	if (h->parts.ima_log.p != NULL)
		ima_value(h->parts.ima_log, f.pcrs.v[IMA_PCR]);
	forge_good(&f);
	/* Started once and never resumed. */
	f.words.quote_clock.restarts = f.words.certify_clock.restarts = 0;
	f.words.mask = mask;
	if (pcr_digest(&f.pcrs, mask, f.words.digest, NULL) < 0)
		t_bail("pcr_digest");
	forge_make(&f);
}

static inline void
put_bundle(const char *name)
{
	auto_buf struct buf b = BUF_INIT(EVIDENCE_MAX);
	struct evidence e = { 0 };
	struct diag d = { 0 };

	e.part[EVIDENCE_REQUEST] = bytes_of_text("{}");
	e.part[EVIDENCE_QUOTE] = buf_bytes(&f.quote);
	e.part[EVIDENCE_QUOTE_SIG] = buf_bytes(&f.quote_sig);
	e.part[EVIDENCE_CERTIFY] = buf_bytes(&f.certify);
	e.part[EVIDENCE_CERTIFY_SIG] = buf_bytes(&f.certify_sig);
	e.part[EVIDENCE_AK] = buf_bytes(&f.ak_public);
	e.part[EVIDENCE_HK] = buf_bytes(&f.hk_public);
	e.part[EVIDENCE_BOOT_LOG] = h->parts.boot_log;
	e.part[EVIDENCE_IMA_LOG] = h->parts.ima_log;
	e.part[EVIDENCE_CMDLINE] = h->parts.command_line;
	e.part[EVIDENCE_PCR15_RECORDS] = h->parts.pcr15;
	if (evidence_encode(&e, &b, &d) < 0)
		t_bail("%s", d.text);
	put_file(name, buf_bytes(&b));
}

static inline void
put_baseline(const char *name, uint8_t purpose)
{
	auto_buf struct buf b = BUF_INIT(BASELINE_FILE_MAX);
	struct baseline base = baseline_of(h, purpose);
	struct diag d = { 0 };

	if (baseline_encode(&base, &b, &d) < 0)
		t_bail("%s", d.text);
	put_file(name, buf_bytes(&b));
}

static inline void
bundle_start(void)
{
	if (mkdtemp(folder) == NULL)
		t_bail("%s", folder);
	record = (struct buf)BUF_INIT(PCR15_RECORD_MAX);
	pcr15 = (struct buf)BUF_INIT(8192);
	forge_init(&f);
	h = host_make("host-good", NULL);
}

static inline void
bundle_end(void)
{
	DIR *dir = opendir(folder);
	const struct dirent *e;

	while (dir != NULL && (e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.')
			(void)unlink(path_of(e->d_name));
	if (dir != NULL)
		(void)closedir(dir);
	(void)rmdir(folder);
	forge_free(&f);
	buf_free(&record);
	buf_free(&pcr15);
}

#endif
