/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host whose kernel measures what it runs: its list, and PCR 10 of its TPM;
 * and a registered code integrity policy.
 */
#ifndef TESTS_SERVICE_IMA_H
#define TESTS_SERVICE_IMA_H

#include "measure/cmdline.h"
#include "policy/ci_made.h"
#include "policy/ima_made.h"
#include "session.h"
#include "signed/signed.h"

/* Its service has the name of much else. */
#include "attempt.h"

#define IMA_CMDLINE                                                                       \
	"quiet lockdown=confidentiality nohibernate sysctl.kernel.kexec_load_disabled=1 " \
	"root=/dev/sda1 ro"

struct ima_list {
	struct buf b;
	size_t extended; /* up to here PCR 10 has it */
};

/* The digest of the policy that this release ships. */
static inline void
read_ima_policy(uint8_t ret[32])
{
	size_t n;
	uint8_t *p = t_read_file(TEST_SRCDIR "/../initramfs/ima-policy", &n);

	sha256(bytes_of(p, n), ret);
	free(p);
}

/* The host of a recorded boot, but with the product's command line. */
static inline struct host *
ima_host(const char *name, const uint8_t *ima_policy)
{
	struct host *h = host_load(name, "host-good");
	struct findings_store *store = keep(sizeof(*store));
	struct findings *f = keep(sizeof(*f));
	struct cmdline_matcher m;
	struct tcg_event e;

	h->ima_policy = ima_policy;
	host_findings(h, store, f);
	h->log = copy_of(h->log, 0);
	h->cmdline = bytes_of_text(IMA_CMDLINE);
	cmdline_matcher_start(&m, h->cmdline);
	e = event_of(h->log, 9, f->cmdline.load_options.nth);
	memcpy(at_byte(h->log, e.offset + AT_DIGEST), m.load_options, 32);
	e = event_of(h->log, 11, f->cmdline.uki_section.nth);
	memcpy(at_byte(h->log, e.offset + AT_DIGEST), m.section[0], 32);
	host_power(h);
	return h;
}

/* PCR 10 of the host's TPM gets what is new in the list. */
static inline void
ima_extend_tpm(struct host *h, struct ima_list *l)
{
	struct ima_iter it;
	struct ima_entry e;
	struct diag d = { 0 };
	uint8_t digest[32];

	ima_iter_start(&it, IMA_BINARY, HASH_SHA1,
	    bytes_of(l->b.p + l->extended, l->b.len - l->extended), 0);
	while (ima_next(&it, &e, &d) == ERR_OK) {
		memset(digest, 0xff, sizeof(digest));
		if (!e.violation)
			sha256(e.template_data, digest);
		need(tpmdev_pcr_extend(h->dev, IMA_PCR, digest, &d), &d,
		    "extend");
	}
	l->extended = l->b.len;
}

/* The boot of h: boot_aggregate, as its log makes the PCRs. */
static inline void
ima_boot(struct host *h, struct ima_list *l)
{
	struct findings_store *store = keep(sizeof(*store));
	struct findings *f = keep(sizeof(*f));

	host_findings(h, store, f);
	buf_free(&l->b);
	*l = (struct ima_list){ .b = BUF_INIT(IMA_LIST_LIMIT) };
	ima_put_boot(&l->b, &f->pcrs);
	ima_extend_tpm(h, l);
}

/* The host runs a file with these contents. */
static inline void
ima_run(struct host *h, struct ima_list *l, const char *path,
    const char *content)
{
	ima_put_file(&l->b, path, content);
	ima_extend_tpm(h, l);
}

/* The list from an entry on. */
static inline struct bytes
ima_from(const struct ima_list *l, uint64_t first)
{
	struct ima_iter it;
	struct ima_entry e;

	ima_iter_start(&it, IMA_BINARY, HASH_SHA1, buf_bytes(&l->b), 0);
	while (it.next < first)
		if (ima_next(&it, &e, NULL) < 0)
			t_bail("the list has no entry %llu",
			    (unsigned long long)first);
	return bytes_of(l->b.p + it.off, l->b.len - it.off);
}

/* A challenge for h, and these bytes as the list in the answer. */
static inline void
ima_begin(struct host *h, struct attempt *a)
{
	begin(h, a);
}

static inline void
ima_present(struct host *h, struct attempt *a, struct bytes list)
{
	copy_to(&a->s.ima, list);
	shown_sign(h, &a->c, &a->s);
	hgs_mark(&g);
	hgs_attest(&g, h, &a->s);
}

/* As guardd does. */
static inline void
ima_attest(struct host *h, const struct ima_list *l, struct attempt *a)
{
	ima_begin(h, a);
	ima_present(h, a, ima_from(l, a->c.ima_cursor));
}

static inline void
must(int rc, const char *said)
{
	if (rc != 0)
		t_bail("%s", said);
}

static inline void
ima_policy_add(const struct party *by, const char *name, const char *text)
{
	struct buf compiled = BUF_INIT(CI_MAX), der = BUF_INIT(CI_MAX);
	char file[160], cert[160], said[1024];
	struct diag d = { 0 };

	need(t_ci_compile(bytes_of_text(text), &compiled, &d), &d, "policy");
	need(signed_make(SIGNED_CI_POLICY, buf_bytes(&compiled), by->sign,
		 by->s.ski, &der, &d),
	    &d, "sign");
	(void)snprintf(file, sizeof(file), "%s/%s.ci", one->tpm.dir, name);
	(void)snprintf(cert, sizeof(cert), "%s/%s.cert", one->tpm.dir, name);
	need(file_write_atomic(AT_FDCWD, file, 0644, buf_bytes(&der), &d), &d,
	    "file");
	need(file_write_atomic(AT_FDCWD, cert, 0644, by->file.g.sign_cert, &d),
	    &d, "file");
	must(hgsctl(&g, said, sizeof(said), "ci add %s %s --signer %s", name,
		 file, cert),
	    said);
	buf_free(&compiled);
	buf_free(&der);
}

static inline void
ima_policy_remove(const char *name)
{
	char said[1024];

	must(hgsctl(&g, said, sizeof(said), "ci remove %s", name), said);
}

/* The answer tells this reason too. */
static inline bool
tells_reason(enum reason code)
{
	char want[80];

	(void)snprintf(want, sizeof(want), "\"%s\"", reason_name(code));
	return memmem(g.body.p, g.body.len, want, strlen(want)) != NULL;
}

#endif
