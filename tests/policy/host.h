/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host as the judge sees it: findings from a recorded boot with guard-early's
 * events beside it, and what the attestation process verified.
 */
#ifndef TESTS_POLICY_HOST_H
#define TESTS_POLICY_HOST_H

#include "measure/boot.h"
#include "policy/judge.h"

/* A whole command line, as the product's drop-in and a verified root have. */
#define PRODUCT_HASH \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define PRODUCT_MODULES                                             \
	"module_blacklist=slram,phram,mtdram,block2mtd,diskonchip," \
	"ramoops,uio,vfio,comedi,dcdbas,uvesafb,rdma_rxe,siw,kmem," \
	"binfmt_misc,cuse,tpm_vtpm_proxy"
#define PRODUCT_CMDLINE                                             \
	"lockdown=confidentiality secretmem.enable=1 "              \
	"sysctl.kernel.yama.ptrace_scope=3 "                        \
	"sysctl.kernel.kexec_load_disabled=1 "                      \
	"sysctl.kernel.unprivileged_bpf_disabled=1 intel_iommu=on " \
	"iommu.strict=1 iommu.passthrough=0 "                       \
	"efi=disable_early_pci_dma nohibernate panic=5 "            \
	"init_on_free=1 " PRODUCT_MODULES " "                       \
	"shieldwall.verity=" PRODUCT_HASH " shieldwall.code=root "  \
	"root=/dev/mapper/shieldwall-root"

struct host {
	struct boot boot;
	struct buf pcr15;
	struct evidence_parts parts;
	struct findings_store store;
	struct findings f;
	struct boot_state state;
};

static inline void
host_measure(struct host *h)
{
	measure_evidence(&h->parts, &h->store, &h->f);
}

static inline struct host *
host_make_early(const char *name, const uint8_t lock[32],
    const uint8_t ima_policy[32])
{
	static const uint8_t none[32];
	struct host *h = keep(sizeof(*h));
	struct buf record = BUF_INIT(256);

	h->boot = boot_load(name);
	h->state = (struct boot_state){
		.quote_covers_pcrs = true,
		.host_key_certified = true,
		.hk_name = { 0, 11, 7, 7, 7 },
		.now = { .clock = 5000, .resets = 9, .safe = true },
		.production = true,
	};
	h->pcr15 = (struct buf)BUF_INIT(1 << 16);
	if (pcr15_record_encode(h->state.hk_name, lock != NULL ? lock : none,
		ima_policy != NULL ? ima_policy : none, &record, NULL) < 0 ||
	    pcr15_list_encode(buf_bytes(&record), &h->pcr15, NULL) < 0)
		t_bail("cannot encode");
	buf_free(&record);
	h->parts.boot_log = h->boot.log;
	h->parts.command_line = h->boot.cmdline;
	h->parts.pcr15 = buf_bytes(&h->pcr15);
	host_measure(h);
	return h;
}

static inline struct host *
host_make(const char *name, const uint8_t lock[32])
{
	return host_make_early(name, lock, NULL);
}

/* The boot measured with another command line; `text` lives on. */
static inline void
host_boot_with(struct host *h, const char *text)
{
	struct cmdline_matcher m;
	struct tcg_event options, section;

	cmdline_matcher_start(&m, bytes_of_text(text));
	h->boot.log = copy_of(h->boot.log, 0);
	options = event_of(h->boot.log, 9, h->f.cmdline.load_options.nth);
	section = event_of(h->boot.log, 11, h->f.cmdline.uki_section.nth);
	memcpy(at_byte(h->boot.log, options.offset + AT_DIGEST), m.load_options,
	    SHA256_SIZE);
	memcpy(at_byte(h->boot.log, section.offset + AT_DIGEST), m.section[0],
	    SHA256_SIZE);
	h->parts.boot_log = h->boot.log;
	h->parts.command_line = bytes_of_text(text);
	host_measure(h);
	if (!h->f.cmdline.load_options.bound || !h->f.cmdline.uki_section.bound)
		t_bail("the command line is not bound");
}

static inline struct baseline
baseline_of(const struct host *h, uint8_t purpose)
{
	struct buf *store = keep(sizeof(*store));
	struct baseline_source src = {
		.name = bytes_of_text("reference"),
		.description = bytes_of_text("a recorded boot"),
		.source = bytes_of_text("host reference"),
		.purpose = purpose,
		.created = 1790000000,
	};
	struct diag d = { 0 };
	struct baseline b;

	*store = (struct buf)BUF_INIT(FINDINGS_EVENTS_SIZE_MAX);
	if (baseline_capture(&src, &h->f, store, &b, &d) < 0)
		t_bail("capture: %s", d.text);
	return b;
}

static inline struct verdict *
judge(const struct host *h, const struct policy_set *set,
    const struct baseline *b)
{
	static struct verdict v;
	struct policy_set standard = policy_set_default();

	policy_judge(set != NULL ? set : &standard, &b, b != NULL ? 1 : 0,
	    &h->f, &h->state, &v);
	return &v;
}

/* The sub-status of this policy; REASON_COUNT when it was not judged. */
static inline enum reason
sub_of(const struct verdict *v, enum policy p)
{
	for (size_t i = 0; i < v->n_sub; i++)
		if (v->sub[i].policy == (uint16_t)p)
			return (enum reason)v->sub[i].reason;
	return REASON_COUNT;
}

static inline const struct verdict_reason *
reason_of(const struct verdict *v, enum reason code)
{
	for (size_t i = 0; i < v->n_reasons; i++)
		if (v->reasons[i].code == (uint16_t)code)
			return &v->reasons[i];
	return NULL;
}

static inline const char *
text_of(const struct verdict *v, enum reason code)
{
	const struct verdict_reason *r = reason_of(v, code);
	static char text[VERDICT_TEXT_MAX + 1];

	if (r == NULL)
		return "(no such reason)";
	(void)snprintf(text, sizeof(text), "%.*s", (int)r->text.len,
	    (const char *)r->text.p);
	return text;
}

#endif
