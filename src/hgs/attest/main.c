/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hgs-attest: started by hgsd with its channels and the few numbers it needs.
 */
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "crypto/random.h"
#include "hgs/attest/attest.h"
#include "ipc/args.h"
#include "ipc/run.h"
#include "proto/hgs.h"

static const struct service_op ops[] = {
	{ HGS_OP_INFO, PEER_BIT(HGS_PEER_FRONT), attest_on_info, "info" },
	{ HGS_OP_SIGNERS, PEER_BIT(HGS_PEER_FRONT), attest_on_signers,
	    "signers" },
	{ HGS_OP_CHALLENGE, PEER_BIT(HGS_PEER_FRONT), attest_on_challenge,
	    "challenge" },
	{ HGS_OP_ATTEST, PEER_BIT(HGS_PEER_FRONT), attest_on_attest, "attest" },
	{ HGS_OP_UNLOCK, PEER_BIT(HGS_PEER_MONITOR), attest_on_unlock,
	    "unlock" },
	{ HGS_OP_RELOAD, PEER_BIT(HGS_PEER_ADMIN), attest_on_reload, "reload" },
	{ HGS_OP_STATUS, PEER_BIT(HGS_PEER_ADMIN), attest_on_status, "status" },
};

static int
set_up(const struct args *args, struct attestor *a, struct run_peer peers[3],
    struct diag *d)
{
	uint8_t key[32];
	int r;

	if ((r = args_fd(args, "store", &a->store_fd, d)) < 0 ||
	    (r = args_fd(args, "measure0", &a->measure_fd[0], d)) < 0 ||
	    (r = args_fd(args, "measure1", &a->measure_fd[1], d)) < 0 ||
	    (r = args_fd(args, "front", &peers[0].fd, d)) < 0 ||
	    (r = args_fd(args, "admin", &peers[1].fd, d)) < 0 ||
	    (r = args_fd(args, "monitor", &peers[2].fd, d)) < 0 ||
	    (r = args_number(args, "certificate_lifetime", 60, 86400,
		 &a->certificate_seconds, d)) < 0 ||
	    (r = args_number(args, "release_max_age", 1, 86400,
		 &a->release_max_age, d)) < 0)
		return r;
	a->policies = policies_new();
	if (a->policies == NULL)
		return diag_nomem(d);
	random_bytes(key, sizeof(key));
	tokens_init(&a->tokens, key);
	explicit_bzero(key, sizeof(key));
	a->started = (uint64_t)time(NULL);
	a->production = true;
	return ERR_OK;
}

int
main(int argc, char **argv)
{
	static struct attestor a;
	struct run_peer peers[3] = {
		{ -1, HGS_PEER_FRONT, "front", NULL, false },
		{ -1, HGS_PEER_ADMIN, "admin", NULL, false },
		{ -1, HGS_PEER_MONITOR, "monitor", NULL, false },
	};
	const struct service service = { ops, ARRAY_LEN(ops), &a };
	struct diag d = { 0 };
	struct args args;
	int r;

	log_open("hgs-attest", LOG_LEVEL_INFO, true);
	if (process_lock_memory(&d) < 0)
		log_warning("keys may reach a swap device: %s", d.text);
	if ((r = process_protect(&d)) < 0 ||
	    (r = args_parse(argc, argv, &args, &d)) < 0 ||
	    (r = set_up(&args, &a, peers, &d)) < 0 ||
	    (r = service_run(&service, peers, ARRAY_LEN(peers), &d)) < 0)
		log_error("%s", d.text);
	keyring_free(&a.keys);
	policies_free(a.policies);
	explicit_bzero(&a.tokens, sizeof(a.tokens));
	return r < 0 ? 1 : 0;
}
