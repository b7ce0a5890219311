/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hgs-key: started by hgsd with its channels and the few numbers it needs.
 */
#include <time.h>

#include "base/log.h"
#include "hgs/key/keyhold.h"
#include "ipc/args.h"
#include "ipc/run.h"
#include "proto/hgs.h"

static const struct service_op ops[] = {
	{ HGS_OP_METADATA, PEER_BIT(HGS_PEER_FRONT) | PEER_BIT(HGS_PEER_ADMIN),
	    key_on_metadata, "metadata" },
	{ HGS_OP_KEY_CALL, PEER_BIT(HGS_PEER_FRONT), key_on_call, "key call" },
	{ HGS_OP_UNLOCK, PEER_BIT(HGS_PEER_MONITOR), key_on_unlock, "unlock" },
	{ HGS_OP_RELOAD, PEER_BIT(HGS_PEER_ADMIN), key_on_reload, "reload" },
	{ HGS_OP_STATUS, PEER_BIT(HGS_PEER_ADMIN), key_on_status, "status" },
};

static int
set_up(const struct args *args, struct keyhold *k, struct run_peer peers[3],
    struct diag *d)
{
	uint64_t lease;
	int r;

	if ((r = args_fd(args, "store", &k->store_fd, d)) < 0 ||
	    (r = args_fd(args, "front", &peers[0].fd, d)) < 0 ||
	    (r = args_fd(args, "admin", &peers[1].fd, d)) < 0 ||
	    (r = args_fd(args, "monitor", &peers[2].fd, d)) < 0 ||
	    (r = args_number(args, "release_max_age", 1, 86400,
		 &k->release_max_age, d)) < 0 ||
	    (r = args_number(args, "start_lease", 10, 86400, &lease, d)) < 0)
		return r;
	k->lease_seconds = (uint32_t)lease;
	k->started = (uint64_t)time(NULL);
	return ERR_OK;
}

int
main(int argc, char **argv)
{
	static struct keyhold k;
	struct run_peer peers[3] = {
		{ -1, HGS_PEER_FRONT, "front", NULL, false },
		{ -1, HGS_PEER_ADMIN, "admin", NULL, false },
		{ -1, HGS_PEER_MONITOR, "monitor", NULL, false },
	};
	const struct service service = { ops, ARRAY_LEN(ops), &k };
	struct diag d = { 0 };
	struct args args;
	int r;

	log_open("hgs-key", LOG_LEVEL_INFO, true);
	if (process_lock_memory(&d) < 0)
		log_warning("keys may reach a swap device: %s", d.text);
	if ((r = process_protect(&d)) < 0 ||
	    (r = args_parse(argc, argv, &args, &d)) < 0 ||
	    (r = set_up(&args, &k, peers, &d)) < 0 ||
	    (r = service_run(&service, peers, ARRAY_LEN(peers), &d)) < 0)
		log_error("%s", d.text);
	keyring_free(&k.keys);
	keyring_free(&k.signers);
	buf_free(&k.metadata);
	return r < 0 ? 1 : 0;
}
