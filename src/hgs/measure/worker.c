/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/measure/worker.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "hgs/measure/sandbox.h"
#include "measure/findings.h"
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
map_evidence(int fd, struct mapping *ret, struct diag *d)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);
	void *p;

	if (seals < 0 || (seals & SEALS) != SEALS)
		return diag_fail(d, ERR_FORMAT, "evidence: not a sealed file");
	if (fstat(fd, &st) != 0)
		return diag_errno(d, "evidence: cannot look at the file");
	if (st.st_size <= 0 || (uint64_t)st.st_size > EVIDENCE_MAX)
		return diag_fail(d, ERR_LIMIT, "evidence: %lld bytes",
		    (long long)st.st_size);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return diag_errno(d, "evidence: cannot map the file");
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

/*
 * What could have been made to harm the reader. A host that is merely unfit
 * (Secure Boot off, a part not sent) costs no process.
 */
static bool
malformed(const struct evidence_parts *p, const struct findings *f)
{
	return f->log.state == FINDING_BAD ||
	    (p->ima_log.p != NULL && f->ima_check.state == FINDING_BAD) ||
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
	struct worker *w = call->context;
	struct evidence_parts parts = { 0 };
	struct measure_request q;
	int r;

	r = fields_decode(&measure_request_fields, call->in->body, &q, d);
	if (r < 0)
		return r;
	if (call->in->n_fds != 1)
		return diag_fail(d, ERR_FORMAT, "evidence: %zu descriptors",
		    call->in->n_fds);
	if ((r = map_evidence(call->in->fds[0], &map, d)) < 0 ||
	    (r = find_parts(&q, map.all, &parts, d)) < 0 ||
	    (r = sandbox_start_clock(WORKER_WALL_SECONDS, WORKER_CPU_SECONDS,
		 d)) < 0)
		return r;
	/* Until proven well-formed: a way out of here in between counts. */
	w->spent = true;
	measure_evidence(&parts, &store, &f);
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
