/* SPDX-License-Identifier: Apache-2.0 */
/* A host whose kernel measures what it runs: its list, and its TPM's PCR 10. */
#ifndef TESTS_SERVICE_IMA_HOST_H
#define TESTS_SERVICE_IMA_HOST_H

#include "measure/cmdline.h"
#include "policy/ima_made.h"

#include "host.h"

#define IMA_CMDLINE                                                                       \
	"quiet lockdown=confidentiality nohibernate sysctl.kernel.kexec_load_disabled=1 " \
	"root=/dev/sda1 ro"

struct ima_list {
	struct buf b;
	size_t extended; /* up to here PCR 10 has it */
};

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

/* The digest of the IMA policy that this release ships. */
static inline void
ima_policy_shipped(uint8_t ret[static 32])
{
	size_t n;
	uint8_t *p = t_read_file(TEST_SRCDIR "/../initramfs/ima-policy", &n);

	sha256(bytes_of(p, n), ret);
	free(p);
}

#endif
