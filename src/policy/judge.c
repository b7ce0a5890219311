/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each check starts from "no" and is turned by evidence alone. What the log's
 * words claim is used nowhere: facts come from digests that the quote covers,
 * and the command line counts only beside a baseline that matched, since only
 * the baseline says where it must be measured.
 */
#include "policy/judge.h"

#include <string.h>

#include "policy/arguments.h"
#include "policy/compare.h"
#include "policy/judge_ci.h"
#include "tpm/quote_check.h"

/* One judgement under way. */
struct judgement {
	const struct policy_set *set;
	const struct findings *f;
	const struct boot_state *boot;
	struct verdict *v;
	bool evidence;        /* quote, log and structure are good */
	enum reason unproven; /* every sub-status when they are not */
	bool debug_only;      /* only a baseline for tests matched */
	const struct baseline *nearest;
	struct comparison compared; /* with the nearest */
};

/* Reasons of difference that one refusal tells: the rest is in the diff. */
#define TOLD_MAX 8

static bool
text_refusal_as(struct judgement *j, enum reason code, enum policy p,
    const struct finding_check *check, const char *what)
{
	if (check->state == FINDING_GOOD)
		return false;
	(void)verdict_add(j->v, code, (uint16_t)p, "%s%.*s",
	    check->text.len == 0 ? what : "",
	    (int)(check->text.len < VERDICT_TEXT_MAX ? check->text.len
						     : VERDICT_TEXT_MAX),
	    check->text.len == 0 ? "" : (const char *)check->text.p);
	return true;
}

static bool
text_refusal(struct judgement *j, enum policy p,
    const struct finding_check *check, const char *what)
{
	return text_refusal_as(j, builtin_get(p)->reason, p, check, what);
}

static bool
refuse(struct judgement *j, enum policy p, const char *why)
{
	(void)verdict_add(j->v, builtin_get(p)->reason, (uint16_t)p, "%s", why);
	return false;
}

static bool
judge_secure_boot(struct judgement *j, enum policy p)
{
	const struct secureboot *s = &j->f->secureboot;

	if (text_refusal(j, p, &j->f->secureboot_check,
		"PCR 7 was not examined"))
		return false;
	if (s->state != SECUREBOOT_ON)
		return refuse(j, p, "Secure Boot is off");
	if (!s->user_mode)
		return refuse(j, p,
		    "no platform key is enrolled, or the firmware is in set-up "
		    "or audit mode");
	if (s->shim_insecure)
		return refuse(j, p, "shim was told not to verify signatures");
	return true;
}

static void
tell_difference(struct judgement *j, enum policy p, const struct difference *x)
{
	struct verdict_reason *r = verdict_add(j->v, builtin_get(p)->reason,
	    (uint16_t)p, "%s", x->text);

	if (x->pcr != DIFFERENCE_NO_PCR)
		r->pcr = x->pcr;
	r->event = x->event;
	memcpy(r->expected, x->expected, SHA256_SIZE);
	memcpy(r->got, x->got, SHA256_SIZE);
	r->digests = !bytes_all_zero(BYTES_OF_ARRAY(r->expected)) ||
	    !bytes_all_zero(BYTES_OF_ARRAY(r->got));
}

static bool
judge_settings(struct judgement *j, enum policy p)
{
	if (j->debug_only) {
		(void)verdict_add(j->v, REASON_DebugBaseline, (uint16_t)p,
		    "only a baseline for tests matches");
		return false;
	}
	if (j->nearest == NULL) {
		(void)verdict_add(j->v, REASON_NoBaseline, (uint16_t)p,
		    "no baseline is registered");
		return false;
	}
	if (j->v->matched)
		return true;
	for (size_t i = 0; i < j->compared.n && i < TOLD_MAX; i++)
		tell_difference(j, p, &j->compared.list[i]);
	if (j->compared.n > TOLD_MAX || j->compared.cut)
		return refuse(j, p, "there are more differences");
	return false;
}

static bool
judge_host_key(struct judgement *j, enum policy p)
{
	const struct pcr15_facts *pcr15 = &j->f->pcr15;

	if (text_refusal(j, p, &j->f->pcr15_check, "PCR 15 was not examined"))
		return false;
	if (!j->boot->host_key_certified)
		return refuse(j, p,
		    "the host key is not certified by this TPM");
	if (!pcr15->recorded ||
	    !bytes_equal(BYTES_OF_ARRAY(pcr15->hk_name),
		BYTES_OF_ARRAY(j->boot->hk_name))) {
		struct verdict_reason *r = verdict_add(j->v,
		    REASON_HostKeyPresent, (uint16_t)p,
		    "the certified host key is not the one recorded in PCR 15");

		r->pcr = PCR_HOST_KEY;
		r->event = 0;
		return false;
	}
	return true;
}

/*
 * The lock that guard-early recorded before anything else could run. It is in
 * the kernel as long as a process that it protects lives.
 */
static bool
lock_holds(struct judgement *j, enum policy p)
{
	const uint8_t *digest = j->f->pcr15.lock_digest;

	if (text_refusal(j, p, &j->f->pcr15_check, "PCR 15 was not examined"))
		return false;
	if (bytes_all_zero(bytes_of(digest, SHA256_SIZE)))
		return refuse(j, p, "guard-early recorded no kernel lock");
	/* A lock nobody knows protects nothing that could be vouched for. */
	if (!digest_is_known(j->boot->locks, digest))
		return refuse(j, p,
		    "guard-early recorded a kernel lock that this "
		    "release does not know");
	return true;
}

/* Only the baseline knows where the text must have been measured. */
static bool
cmdline_proven(const struct judgement *j)
{
	return j->v->matched && j->nearest->cmdline.len != 0 &&
	    j->f->cmdline_check.state == FINDING_GOOD;
}

static bool
judge_cmdline(struct judgement *j, enum policy p)
{
	struct diag d = { 0 };

	if (!cmdline_proven(j))
		return refuse(j, p,
		    "the command line is not proven by a "
		    "baseline that matches");
	if (arguments_judge(p, j->f->cmdline_text, &d) < 0)
		return refuse(j, p, d.text);
	return true;
}

/*
 * Measured enforcement: the list that the quote covers, under an IMA policy
 * that held before anything of a disk ran, on a kernel whose command line leaves
 * IMA alone, admitted by a registered policy.
 */
static bool
judge_ci(struct judgement *j, enum policy p)
{
	struct ci_judgement c = { j->f, j->boot, j->v, (uint16_t)p };
	bool list = ci_judge_list(&c), early = false, code = false;

	if (!text_refusal(j, p, &j->f->pcr15_check, "PCR 15 was not examined"))
		early = ci_judge_early(&c);
	if (list)
		code = ci_judge_code(&c);
	j->v->ci_judged = judge_cmdline(j, p) && list && early && code;
	return j->v->ci_judged;
}

/*
 * The lock, and the words that it rests on: which of its own arguments the
 * policy wants, and that nothing came in before guard-early, without which the
 * record would be anybody's.
 */
static bool
judge_locked(struct judgement *j, enum policy p)
{
	bool lock = lock_holds(j, p);

	return judge_cmdline(j, p) && lock;
}

/* The device that the command line names as the root file system's. */
static const struct ima_mapped *
root_device(const struct judgement *j)
{
	static const char root[] = "root=/dev/mapper/";
	struct bytes rest = j->f->cmdline_text, arg;
	size_t len = sizeof(root) - 1;
	bool bad = false;

	while (cmdline_next(&rest, &arg, &bad)) {
		if (arg.len < len ||
		    !bytes_equal(bytes_of(arg.p, len), bytes_of(root, len)))
			continue;
		for (size_t i = 0; i < j->f->ima.n_mapped; i++)
			if (bytes_equal(j->f->ima.mapped[i].name,
				bytes_of(arg.p + len, arg.len - len)))
				return &j->f->ima.mapped[i];
	}
	return NULL;
}

static bool
judge_root(struct judgement *j, enum policy p)
{
	struct ci_judgement c = { j->f, j->boot, j->v, (uint16_t)p };
	const struct ima_mapped *root;

	if (!ci_judge_list(&c) ||
	    text_refusal(j, p, &j->f->pcr15_check, "PCR 15 was not examined") ||
	    !ci_judge_early(&c) || !judge_cmdline(j, p))
		return false;
	if (!j->f->ima.mapped_known)
		return refuse(j, p,
		    "what device-mapper did is not known from the first entry "
		    "of the IMA list on, or it gave a device another name");
	root = root_device(j);
	if (root == NULL || root->kind != IMA_DM_CRYPT)
		return refuse(j, p,
		    "the device of the root file system is not one that "
		    "dm-crypt encrypts");
	return true;
}

static bool
judge_full_boot(struct judgement *j, enum policy p)
{
	const struct boot_state *b = j->boot;
	struct diag d = { 0 };

	if (!b->now.safe)
		return refuse(j, p,
		    "the TPM's clock is not yet safe after a "
		    "power cut");
	if (b->now.restarts != 0)
		return refuse(j, p,
		    "the host resumed, or the TPM restarted, "
		    "without a reset");
	if (b->has_before && clock_follows(&b->before, &b->now, &d) < 0) {
		(void)verdict_add(j->v, REASON_FullBoot, (uint16_t)p, "%.*s",
		    VERDICT_TEXT_MAX - 1, d.text);
		return false;
	}
	/*
	 * A kernel started by kexec has no counters to betray it. Without a
	 * proven command line SecureBootSettings refuses the host; this
	 * policy then says nothing, so that a new baseline can be accepted.
	 */
	return !cmdline_proven(j) || judge_cmdline(j, p);
}

static bool
judge_uefi_debug(struct judgement *j, enum policy p)
{
	if (text_refusal(j, p, &j->f->secureboot_check,
		"PCR 7 was not examined"))
		return false;
	if (j->f->secureboot.firmware_debug)
		return refuse(j, p, "the firmware started in debug mode");
	return true;
}

static bool
judge_iommu(struct judgement *j, enum policy p)
{
	if (j->f->secureboot.dma_unprotected)
		return refuse(j, p, "the firmware switched DMA protection off");
	return judge_cmdline(j, p);
}

/* T18, T28: what the EK certificate and the quote say of the TPM itself. */
static bool
judge_tpm(struct judgement *j, enum policy p)
{
	const struct tpm_rules *rules = &j->set->tpm;
	struct tpm_kind kind = j->boot->tpm;
	struct diag d = { 0 };
	int r;

	kind.firmware = j->boot->now.firmware;
	r = p == POLICY_TPM_VENDOR ? tpm_vendor_judge(rules, &kind, &d)
				   : tpm_firmware_judge(rules, &kind, &d);
	return r == ERR_OK ? true : refuse(j, p, d.text);
}

static bool
judge_one(struct judgement *j, enum policy p)
{
	switch (p) {
	case POLICY_SECURE_BOOT_ENABLED:
		return judge_secure_boot(j, p);
	case POLICY_SECURE_BOOT_SETTINGS:
		return judge_settings(j, p);
	case POLICY_HOST_KEY_PRESENT:
		return judge_host_key(j, p);
	case POLICY_MEMORY_ACCESS_BLOCKED:
	case POLICY_CODE_INTEGRITY_ENFORCED:
	case POLICY_SWAP_ENCRYPTED:
		return judge_locked(j, p);
	case POLICY_FULL_BOOT:
		return judge_full_boot(j, p);
	case POLICY_IOMMU_ENABLED:
		return judge_iommu(j, p);
	case POLICY_UEFI_DEBUG_DISABLED:
		return judge_uefi_debug(j, p);
	case POLICY_NO_HIBERNATION:
	case POLICY_NO_DUMPS:
	case POLICY_MEMORY_ENCRYPTED:
		return judge_cmdline(j, p);
	case POLICY_TPM_VENDOR:
	case POLICY_TPM_FIRMWARE:
		return judge_tpm(j, p);
	case POLICY_CI_POLICY:
		return judge_ci(j, p);
	case POLICY_ROOT_ENCRYPTED:
		return judge_root(j, p);
	case POLICY_DUMP_ENCRYPTION:
	case POLICY_DUMP_ENCRYPTION_KEY:
	case POLICY_COUNT:
		break;
	}
	/* Enabled in a newer release's store, perhaps: never a pass. */
	return refuse(j, p, "this release has no evidence for the policy");
}

/* The match, or else the baseline with the fewest differing PCRs. */
static void
find_baseline(struct judgement *j, const struct baseline *const *baselines,
    size_t n)
{
	struct comparison c;

	for (size_t i = 0; i < n; i++) {
		const struct baseline *b = baselines[i];

		baseline_compare(b, j->f, &c);
		if (c.equal && j->boot->production &&
		    b->purpose != BASELINE_PRODUCTION) {
			j->debug_only = true;
			continue;
		}
		if (j->nearest != NULL && !c.equal &&
		    (c.n_pcrs > j->compared.n_pcrs ||
			(c.n_pcrs == j->compared.n_pcrs &&
			    c.n >= j->compared.n)))
			continue;
		j->nearest = b;
		j->compared = c;
		j->v->baseline_index = i;
		if (c.equal)
			break;
	}
	if (j->nearest == NULL)
		return;
	j->v->matched = j->compared.equal;
	if (j->v->matched)
		j->debug_only = false;
	BUG_ON(j->nearest->name.len > VERDICT_NAME_MAX); /* baseline_check() */
	memcpy(j->v->name, j->nearest->name.p, j->nearest->name.len);
	j->v->baseline = bytes_of(j->v->name, j->nearest->name.len);
}

static void
judge_evidence(struct judgement *j)
{
	const struct finding_check *bad = NULL;

	if (j->f->log.state != FINDING_GOOD)
		bad = &j->f->log;
	else if (j->f->structure.state != FINDING_GOOD)
		bad = &j->f->structure;
	if (bad != NULL) {
		(void)verdict_add(j->v, REASON_TcgLogVerification, POLICY_COUNT,
		    "%.*s",
		    (int)(bad->text.len < VERDICT_TEXT_MAX ? bad->text.len
							   : VERDICT_TEXT_MAX),
		    bad->text.len == 0 ? "" : (const char *)bad->text.p);
	} else if (!j->boot->quote_covers_pcrs && j->boot->quote_has_ima &&
	    j->f->ima_check.state != FINDING_GOOD) {
		/* One digest covers both: which of them it is, nobody can say. */
		j->unproven = REASON_ImaLogVerification;
		(void)text_refusal_as(j, j->unproven, POLICY_COUNT,
		    &j->f->ima_check, "the IMA list was not examined");
	} else if (!j->boot->quote_covers_pcrs) {
		(void)verdict_add(j->v, REASON_TcgLogVerification, POLICY_COUNT,
		    "the quote does not cover what the log replays to");
	} else {
		j->evidence = true;
	}
}

void
policy_judge(const struct policy_set *enabled,
    const struct baseline *const *baselines, size_t n, const struct findings *f,
    const struct boot_state *boot, struct verdict *ret)
{
	struct judgement j = { .set = enabled,
		.f = f,
		.boot = boot,
		.v = ret,
		.unproven = REASON_TcgLogVerification };
	size_t n_passed = 0;

	*ret = (struct verdict){ 0 };
	judge_evidence(&j);
	if (j.evidence)
		find_baseline(&j, baselines, n);
	for (unsigned p = 0; p < POLICY_COUNT; p++) {
		struct verdict_sub *sub = &ret->sub[ret->n_sub];

		if (!policy_set_has(enabled, (enum policy)p))
			continue;
		ret->n_sub++;
		sub->policy = (uint16_t)p;
		sub->reason = (uint16_t)j.unproven;
		if (!j.evidence)
			continue;
		sub->reason = (uint16_t)builtin_get((enum policy)p)->reason;
		if (judge_one(&j, (enum policy)p)) {
			sub->reason = REASON_NONE;
			n_passed++;
		}
	}
	/* A bit that no policy of this release answers to is not passed. */
	if ((enabled->mask >> POLICY_COUNT) != 0) {
		(void)verdict_add(ret, REASON_InsecureHostConfiguration,
		    POLICY_COUNT, "an unknown policy is enabled");
		return;
	}
	if (j.evidence && ret->matched && ret->n_sub > 0 &&
	    n_passed == ret->n_sub && ret->n_reasons == 0)
		ret->status = VERDICT_PASSED;
}
