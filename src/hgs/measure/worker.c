/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/measure/worker.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "hgs/measure/sandbox.h"
#include "policy/ima_verdict.h"
#include "proto/ci_set.h"
#include "proto/evidence.h"
#include "proto/hgs.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

struct mapping {
	struct bytes all;
};

static void
mapping_free(struct mapping *m)
{
	union {
		const void *from;
		void *to;
	} p = { m->all.p };

	if (m->all.p != NULL)
		(void)munmap(p.to, m->all.len);
}

/*
 * Sealed, or the bytes could change between two looks at them, or vanish
 * under the mapping.
 */
static int
map_sealed(int fd, const char *what, uint64_t most, struct mapping *ret,
    struct diag *d)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);
	void *p;

	if (seals < 0 || (seals & SEALS) != SEALS)
		return diag_fail(d, ERR_FORMAT, "%s: not a sealed file", what);
	if (fstat(fd, &st) != 0)
		return diag_errno(d, "%s: cannot look at the file", what);
	if (st.st_size <= 0 || (uint64_t)st.st_size > most)
		return diag_fail(d, ERR_LIMIT, "%s: %lld bytes", what,
		    (long long)st.st_size);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return diag_errno(d, "%s: cannot map the file", what);
	ret->all = bytes_of(p, (size_t)st.st_size);
	return ERR_OK;
}

/* Length 0: the part is absent. */
static int
slice(struct bytes all, uint64_t at, uint64_t len, const char *what,
    struct bytes *ret, struct diag *d)
{
	if (at > all.len || len > all.len - at)
		return diag_fail(d, ERR_FORMAT,
		    "evidence: the %s lies outside the file", what);
	*ret = len == 0 ? BYTES_NONE : bytes_of(all.p + at, (size_t)len);
	return ERR_OK;
}

static int
find_parts(const struct measure_request *q, struct bytes all,
    struct evidence_parts *ret, struct diag *d)
{
	int r;

	if ((r = slice(all, q->boot_log_at, q->boot_log_len, "boot log",
		 &ret->boot_log, d)) < 0 ||
	    (r = slice(all, q->ima_log_at, q->ima_log_len, "IMA log",
		 &ret->ima_log, d)) < 0 ||
	    (r = slice(all, q->command_line_at, q->command_line_len,
		 "command line", &ret->command_line, d)) < 0)
		return r;
	return slice(all, q->pcr15_at, q->pcr15_len, "PCR 15 list", &ret->pcr15,
	    d);
}

/* The HGS's policies; hgs-attest has checked the same sealed bytes. */
struct policies {
	struct mapping map;
	size_t n;
	struct ima_policy list[IMA_POLICIES_MAX];
	struct ci_keys keys[IMA_POLICIES_MAX];
};

static void
policies_free(struct policies *p)
{
	for (size_t i = 0; i < p->n; i++)
		ci_keys_free(&p->keys[i]);
	p->n = 0;
	mapping_free(&p->map);
}

static int
open_policies(int fd, struct policies *ret, struct diag *d)
{
	struct ci_set set;
	int r;

	if ((r = map_sealed(fd, "CI set", CI_SET_MAX, &ret->map, d)) < 0 ||
	    (r = ci_set_read(ret->map.all, &set, d)) < 0)
		return r;
	for (size_t i = 0; i < set.n_items; i++) {
		struct ima_policy *p = &ret->list[i];
		struct bytes in = ci_set_policy(ret->map.all, &set.items[i]);

		if ((r = ci_view(in, &p->policy, d)) < 0 ||
		    (r = ci_keys_open(&p->policy, &ret->keys[i], d)) < 0)
			return r;
		p->keys = &ret->keys[i];
		ret->n++;
	}
	return ERR_OK;
}

/* The list is bound to the boot by the PCRs, which nothing else here needs. */
static void
judge_list(const struct measure_request *q, struct bytes list,
    const struct policies *policies, struct findings_store *store,
    struct findings *f)
{
	static struct ima_work work;
	struct ima_question in = { .list = list,
		.cursor = { .next = q->ima_next,
		    .admitting = q->ima_admitting },
		.pcr_mask = q->pcr_mask,
		.n_policies = policies->n,
		.policies = policies->list };

	if ((q->pcr_mask >> IMA_PCR & 1) == 0)
		return;
	/* Events of our own writing. */
	BUG_ON(findings_replay(f, NULL) < 0);
	memcpy(in.cursor.value, q->ima_value, sizeof(in.cursor.value));
	memcpy(in.pcr_digest, q->pcr_digest, sizeof(in.pcr_digest));
	ima_verdict(&in, &work, store, f);
}

/*
 * What could have been made to harm the reader. A host that is merely unfit
 * (Secure Boot off, a part not sent) costs no process.
 */
static bool
malformed(const struct evidence_parts *p, const struct findings *f)
{
	return f->log.state == FINDING_BAD ||
	    (f->ima_check.state == FINDING_BAD &&
		f->ima.problem == IMA_PROBLEM_MALFORMED) ||
	    (p->pcr15.p != NULL && f->pcr15_check.state == FINDING_BAD) ||
	    (p->command_line.p != NULL &&
		f->cmdline_check.state == FINDING_BAD);
}

static int
on_measure(struct service_call *call, struct diag *d)
{
	static struct findings_store store;
	static struct findings f;
	CLEANUP(mapping_free) struct mapping map = { BYTES_NONE };
	CLEANUP(policies_free) struct policies policies = { .n = 0 };
	struct worker *w = call->context;
	struct evidence_parts parts = { 0 };
	struct measure_request q;
	int r;

	r = fields_decode(&measure_request_fields, call->in->body, &q, d);
	if (r < 0)
		return r;
	if (call->in->n_fds < 1 || call->in->n_fds > 2)
		return diag_fail(d, ERR_FORMAT, "evidence: %zu descriptors",
		    call->in->n_fds);
	if ((r = map_sealed(call->in->fds[0], "evidence", EVIDENCE_MAX, &map,
		 d)) < 0 ||
	    (call->in->n_fds == 2 &&
		(r = open_policies(call->in->fds[1], &policies, d)) < 0) ||
	    (r = find_parts(&q, map.all, &parts, d)) < 0 ||
	    (r = sandbox_start_clock(WORKER_WALL_SECONDS, WORKER_CPU_SECONDS,
		 d)) < 0)
		return r;
	/* Until proven well-formed: a way out of here in between counts. */
	w->spent = true;
	measure_parts(&parts, &store, &f);
	judge_list(&q, parts.ima_log, &policies, &store, &f);
	if ((r = findings_encode(&f, call->reply, d)) < 0 ||
	    (r = sandbox_stop_clock(d)) < 0)
		return r;
	w->spent = malformed(&parts, &f);
	return ERR_OK;
}

const struct service_op worker_ops[] = {
	{ HGS_OP_MEASURE, PEER_BIT(HGS_PEER_ATTEST), on_measure, "measure" },
};
const size_t worker_n_ops = ARRAY_LEN(worker_ops);
