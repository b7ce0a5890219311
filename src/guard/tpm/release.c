/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What only a child may ask: the proof of the release key on its requests, and
 * the opening of the replies.
 */
#include <string.h>
#include <time.h>

#include "crypto/hash.h"
#include "crypto/random.h"
#include "guard/tpm/guard.h"

/* The key service's requests, and no other text under the release key. */
static bool
is_release_path(struct bytes path)
{
	static const char *const paths[] = { PATH_ROLL, PATH_CONFIRM,
		PATH_STOPPED, PATH_OPEN };

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (bytes_equal_text(path, paths[i]))
			return true;
	return false;
}

static int
sign(const struct guard *g, struct bytes path, const uint8_t body[static 32],
    struct authorised *ret, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(1024);
	struct request_proof proof = { .label = bytes_of_text(REQUEST_LABEL),
		.method = bytes_of_text("POST"),
		.path = path,
		.time = ret->time };
	struct bytes text;
	int rc;

	memcpy(proof.request, ret->request, sizeof(proof.request));
	memcpy(proof.body, body, sizeof(proof.body));
	if ((rc = fields_encode(&request_proof_fields, &proof, &b, d)) < 0)
		return rc;
	text = buf_bytes(&b);
	hmac_sha256(secret_bytes(&g->health.release_key), &text, 1, ret->mac);
	return ERR_OK;
}

/*
 * One guard-vm per VM, by what the protector says it is: folders and lock
 * files are root's to copy, and the HGS takes a second start by the same host
 * for one after a crash.
 */
static int
claim(struct guard *g, struct guard_vm *vm, const uint8_t id[static 32],
    struct diag *d)
{
	for (size_t i = 0; i < GUARD_VMS_MAX; i++) {
		const struct guard_vm *other = &g->vms[i];

		if (other != vm && other->pid != 0 && other->claims &&
		    bytes_equal(BYTES_OF_ARRAY(other->vm),
			bytes_of(id, sizeof(other->vm))))
			return diag_refuse(d, REASON_VmRunning,
			    "%s: is the VM that runs as %s, process %d",
			    vm->name, other->name, (int)other->pid);
	}
	vm->claims = true;
	memcpy(vm->vm, id, sizeof(vm->vm));
	return ERR_OK;
}

int
guard_on_authorise(struct service_call *call, struct diag *d)
{
	struct guard *g = call->context;
	struct guard_vm *vm = call->peer;
	struct guard_issued *slot = &vm->issued[vm->next];
	struct authorised out = { 0 };
	struct authorise in;
	int rc;

	if ((rc = fields_decode(&authorise_fields, call->in->body, &in, d)) < 0)
		return rc;
	if (!is_release_path(in.path))
		return diag_fail(d, ERR_PROTOCOL,
		    "not a request of the key service");
	if (g->health.release_key.len == 0)
		return diag_refuse(d, REASON_HostNotGuarded,
		    "the host was not attested since it started");
	if ((rc = claim(g, vm, in.vm, d)) < 0)
		return rc;
	out.time = (uint64_t)time(NULL);
	random_bytes(out.request, sizeof(out.request));
	if ((rc = sign(g, in.path, in.body, &out, d)) < 0)
		return rc;
	memcpy(slot->mac, out.mac, sizeof(slot->mac));
	memcpy(slot->body, in.body, sizeof(slot->body));
	vm->next = (vm->next + 1) % GUARD_ISSUED_MAX;
	return fields_encode(&authorised_fields, &out, call->reply, d);
}

/* Whether this child made the request that is answered here. */
static bool
was_issued(const struct guard_vm *vm, const struct unwrap *in)
{
	for (size_t i = 0; i < GUARD_ISSUED_MAX; i++)
		if (secret_equal(BYTES_OF_ARRAY(vm->issued[i].mac),
			BYTES_OF_ARRAY(in->mac)) &&
		    secret_equal(BYTES_OF_ARRAY(vm->issued[i].body),
			BYTES_OF_ARRAY(in->body)))
			return true;
	return false;
}

int
guard_on_unwrap(struct service_call *call, struct diag *d)
{
	struct release_info info = { .label = bytes_of_text(RELEASE_LABEL) };
	auto_secret struct secret plain = SECRET_NONE;
	auto_buf struct buf b = BUF_INIT(1024);
	uint8_t digest[SHA256_SIZE];
	struct guard *g = call->context;
	struct guard_vm *vm = call->peer;
	struct unwrap in;
	int rc;

	if ((rc = fields_decode(&unwrap_fields, call->in->body, &in, d)) < 0)
		return rc;
	if (!was_issued(vm, &in))
		return diag_refuse(d, REASON_RequestNotAuthentic,
		    "the answer is not to a request of this VM");
	memcpy(info.mac, in.mac, sizeof(info.mac));
	memcpy(info.body, in.body, sizeof(info.body));
	if ((rc = fields_encode(&release_info_fields, &info, &b, d)) < 0)
		return rc;
	sha256(buf_bytes(&b), digest);
	if ((rc = guard_open_sealed(g, BYTES_OF_ARRAY(digest), in.sealed,
		 &plain, d)) < 0)
		return rc;
	buf_put(call->reply, secret_bytes(&plain));
	return buf_check(call->reply, "unwrap", d);
}
