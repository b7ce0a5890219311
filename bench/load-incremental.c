/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attest_tpm_incremental_service: a host under a CI policy that attests again
 * in the same boot, each time with 50 new entries in its IMA list and in its
 * TPM. A host of its own, since the product's command line is another one than
 * that of the rows before.
 */
#include "load.h"

#include "ima.h"

#define NAME         "attest_tpm_incremental_service"
#define ROWS         10000 /* of the policy */
#define ENTRIES      50    /* new ones in each attestation */
#define ATTESTATIONS 12    /* in a round */

static struct ima_list list;
static unsigned n_run;

/* ROWS programs, each with its rule. */
static void
register_policy(const struct party *by)
{
	auto_buf struct buf text = BUF_INIT((size_t)4 << 20);
	uint8_t digest[SHA256_SIZE];
	char path[64];

	(void)buf_printf(&text, "shieldwall-ci 1\nname n\nmode enforced\n");
	for (unsigned i = 0; i < ROWS; i++) {
		(void)snprintf(path, sizeof(path), "/usr/bin/program-%05u", i);
		sha256(bytes_of_text(path), digest);
		(void)buf_printf(&text, "allow hash sha256:");
		hex_put(&text, BYTES_OF_ARRAY(digest));
		(void)buf_printf(&text, " %s\n", path);
	}
	if (!buf_put_u8(&text, '\0'))
		bench_die("out of memory");
	ima_policy_add(by, "n", (const char *)text.p);
}

static void
run_programs(void)
{
	char path[64];

	for (unsigned i = 0; i < ENTRIES; i++, n_run++) {
		(void)snprintf(path, sizeof(path), "/usr/bin/program-%05u",
		    n_run);
		ima_put_file(&list.b, path, path);
	}
	ima_extend_tpm(one, &list);
}

/* As guardd does; returns how many entries were asked for. */
static uint64_t
attest(void)
{
	auto_attempt a = { 0 };
	uint64_t n = n_run + 1; /* and boot_aggregate */

	hgs_challenge(&g, one, &a.c, &a.doc);
	shown_make(one, &a.c, &a.s);
	copy_to(&a.s.ima, ima_from(&list, a.c.ima_cursor));
	shown_sign(one, &a.c, &a.s);
	hgs_attest(&g, one, &a.s);
	if (!passed())
		bench_die(NAME ": HTTP %u: %.*s", g.status, (int)g.body.len,
		    (const char *)g.body.p);
	return n - a.c.ima_cursor;
}

static void
start_host(const struct load *l)
{
	static uint8_t ima_policy[SHA256_SIZE];
	struct party signer;
	char said[1024];

	ima_policy_shipped(ima_policy);
	t_party(&signer, "bench", T_P256, T_P256);
	hgs_open(&g, l->url, l->hgs);
	one = ima_host("bench-ima", ima_policy);
	hgs_enrol(&g, one, true);
	must(hgsctl(&g, said, sizeof(said), "policy enable CiPolicy"), said);
	register_policy(&signer);
	t_party_free(&signer);
	ima_boot(one, &list);
	(void)attest();
}

void
load_incremental_row(struct load *l)
{
	double ours[BENCH_ROUNDS], start;
	struct bench_row row = { .name = NAME, .unit = "1/s/core" };

	start_host(l);
	for (size_t round = 0; round < BENCH_ROUNDS; round++) {
		ours[round] = 0;
		for (int i = 0; i < ATTESTATIONS; i++) {
			run_programs();
			start = load_server_cpu(l);
			if (attest() != ENTRIES)
				bench_die(NAME ": the list was not gone on "
					       "with");
			ours[round] += load_server_cpu(l) - start;
		}
		ours[round] /= ATTESTATIONS;
	}
	row.ours = 1 / bench_median(ours, BENCH_ROUNDS);
	bench_print(&row);
	host_free(one);
	buf_free(&list.b);
	hgs_close(&g);
}
