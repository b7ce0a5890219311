/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What such a host shows a service, and code integrity policies that are
 * registered there.
 */
#ifndef TESTS_SERVICE_IMA_H
#define TESTS_SERVICE_IMA_H

#include "ima_host.h"
#include "policy/ci_made.h"
#include "session.h"
#include "signed/signed.h"

/* Its service has the name of much else. */
#include "attempt.h"

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
