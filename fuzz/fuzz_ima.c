/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IMA's list, binary or text, by the first byte: walked, replayed, signatures
 * and buffers read. A list that comes in two pieces must make the same PCR as
 * one that comes whole. With the first byte's top bit: a signature or an event
 * of device-mapper alone.
 */
#include "fuzz.h"

#include <string.h>

#include "measure/ima_dm_state.h"
#include "measure/ima_event.h"
#include "measure/ima_signature.h"

static struct ima_scratch scratch;
static struct ima_iter it;
static struct ima_dm_state state;

/* A point on P-256: its generator. */
static const struct key *
some_key(void)
{
	static const uint8_t x[] = { 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42,
		0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77,
		0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39,
		0x45, 0xd8, 0x98, 0xc2, 0x96 };
	static const uint8_t y[] = { 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f,
		0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b,
		0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40,
		0x68, 0x37, 0xbf, 0x51, 0xf5 };
	static struct key *key;

	if (key == NULL &&
	    key_from_point(KEY_P256, BYTES_OF_ARRAY(x), BYTES_OF_ARRAY(y), &key,
		NULL) < 0)
		abort();
	return key;
}

static void
try_signature(struct bytes in, const struct ima_entry *e)
{
	struct ima_signature s;

	if (ima_signature_parse(in, &s, NULL) < 0)
		return;
	if (s.sig.len + 9 != in.len ||
	    ima_signature_verify(&s, e, some_key(), NULL) == ERR_OK)
		abort();
}

static void
try_targets(struct ima_dm *dm)
{
	struct ima_dm_snapshot snapshot;
	struct ima_dm_linear linear;
	struct ima_dm_verity verity;
	struct ima_dm_crypt crypt;
	struct ima_dm_target t;
	size_t left = dm->targets.len;

	while (ima_dm_target_next(&dm->targets, &t, NULL) == ERR_OK) {
		if (dm->targets.len >= left)
			abort();
		left = dm->targets.len;
		(void)!ima_dm_verity(&t, &verity, NULL);
		(void)!ima_dm_crypt(&t, &crypt, NULL);
		(void)!ima_dm_linear(&t, &linear, NULL);
		(void)!ima_dm_snapshot(&t, &snapshot, NULL);
	}
}

/* Shown by the other of two templates that have one layout, it is refused. */
static void
try_kind(struct ima_entry e)
{
	bool buffer = (e.fields & IMA_F_BUF) != 0;
	struct bytes third = buffer ? e.buf : e.sig;

	if (e.violation || third.len == 0 ||
	    buffer == ((e.fields & IMA_F_SIG) != 0) ||
	    ima_event_check_kind(&e, NULL) < 0)
		return;
	e.fields ^= IMA_F_BUF | IMA_F_SIG;
	e.buf = e.sig = third;
	if (ima_event_check_kind(&e, NULL) == ERR_OK)
		abort();
}

/* The bank's value after the entries of the window, and where they ended. */
static int
walk(enum ima_form form, enum hash_alg alg, struct bytes window,
    uint64_t *index, uint8_t *pcr, size_t *ret_off)
{
	struct ima_event ev;
	struct ima_entry e;
	size_t off = 0;
	int err;

	if (*index == 0)
		ima_dm_state_start(&state);
	ima_iter_start(&it, form, alg, window, *index);
	ima_iter_scratch(&it, &scratch);
	while ((err = ima_next(&it, &e, NULL)) == ERR_OK) {
		if (e.offset != off || e.raw.len == 0 ||
		    it.off != off + e.raw.len || e.index != *index)
			abort();
		off = it.off;
		*index += 1;
		ima_check(&e);
		if (e.violation && e.template_ok)
			abort();
		ima_extend(HASH_SHA256, &e, pcr);
		try_signature(e.sig, &e);
		try_kind(e);
		if (ima_event_decode(&e, &ev, NULL) == ERR_OK &&
		    ev.type == IMA_EVENT_DM) {
			(void)!ima_dm_state_event(&state, &ev.dm, e.buf, NULL);
			if (state.n > IMA_DM_DEVICES_MAX)
				abort();
			try_targets(&ev.dm);
		}
	}
	*ret_off = off;
	return err;
}

static void
try_list(enum ima_form form, enum hash_alg alg, struct bytes list)
{
	uint8_t whole[SHA256_SIZE] = { 0 }, pieces[SHA256_SIZE] = { 0 };
	uint64_t n_whole = 0, n_pieces = 0;
	size_t off, end, cut = list.len / 2;
	int err, piece;

	err = walk(form, alg, list, &n_whole, whole, &end);
	piece = walk(form, alg, bytes_of(list.p, cut), &n_pieces, pieces, &off);
	/* What is cut away can only be missed. */
	if (piece != ERR_NOT_FOUND && piece != ERR_SHORT && piece != err)
		abort();
	if (piece == ERR_NOT_FOUND || piece == ERR_SHORT) {
		piece = walk(form, alg, bytes_of(list.p + off, list.len - off),
		    &n_pieces, pieces, &cut);
		if (piece != err || off + cut != end || n_pieces != n_whole ||
		    memcmp(whole, pieces, sizeof(whole)) != 0)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ima_entry e = { .fields = IMA_F_DIGEST };
	static const uint8_t zero[HASH_SIZE_MAX];
	struct bytes in;
	struct ima_dm dm;

	if (n == 0)
		return 0;
	in = bytes_of(p + 1, n - 1);
	if ((p[0] & 0x80) != 0) {
		e.digest.known = true;
		e.digest.alg = HASH_SHA256;
		e.digest.value = bytes_of(zero, SHA256_SIZE);
		e.digest.verity = (p[0] & 0x40) != 0;
		try_signature(in, &e);
		if (ima_dm_parse((enum ima_dm_type)(p[0] % 6), in, &dm, NULL) ==
		    ERR_OK) {
			(void)!ima_dm_state_event(&state, &dm, in, NULL);
			try_targets(&dm);
		}
		return 0;
	}
	try_list((p[0] & 1) != 0 ? IMA_ASCII : IMA_BINARY,
	    (enum hash_alg)((p[0] >> 1) % 5), in);
	return 0;
}
