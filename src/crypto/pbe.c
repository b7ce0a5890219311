/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pbe.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/reader.h"
#include "crypto/aead.h"

#define MAGIC       0x53575042U /* "SWPB" */
#define VERSION     1
#define HEADER_SIZE (PBE_OVERHEAD - AEAD_TAG_SIZE)

/* 32 MiB and about 0.1 s: RFC 7914's order of magnitude for a person's wait. */
#define LOG2_N 15
#define BLOCK  8
#define LANES  1

/*
 * What a file may ask for. A hostile one would otherwise take the machine's
 * memory or hours of its time before its first byte can be authenticated.
 */
#define LOG2_N_MIN 10
#define LOG2_N_MAX 20
#define BLOCK_MAX  32
#define LANES_MAX  4
#define MEMORY_MAX ((uint64_t)256 << 20)

struct header {
	uint8_t log2_n;
	uint8_t block;
	uint8_t lanes;
	struct bytes salt;
	uint8_t nonce[PBE_NONCE_SIZE];
	struct bytes whole; /* the header itself: authenticated */
	struct bytes sealed;
};

static int
derive(struct bytes passphrase, const struct header *h,
    uint8_t ret_key[static AEAD_KEY_SIZE], struct diag *d)
{
	/* OpenSSL counts a little more than 128 * N * r. */
	if (EVP_PBE_scrypt((const char *)passphrase.p, passphrase.len,
		h->salt.p, h->salt.len, (uint64_t)1 << h->log2_n, h->block,
		h->lanes, MEMORY_MAX + ((uint64_t)1 << 20), ret_key,
		AEAD_KEY_SIZE) != 1) {
		ERR_clear_error();
		return diag_nomem(d);
	}
	return ERR_OK;
}

/* The header, as it is, and what the caller wants bound. */
static bool
put_aad(struct buf *b, struct bytes header, struct bytes aad)
{
	return buf_put(b, header) && buf_put(b, aad);
}

static int
check_passphrase(struct bytes passphrase, struct diag *d)
{
	if (passphrase.len == 0 || passphrase.len > PBE_PASSPHRASE_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "passphrase: %zu bytes is not 1-%d", passphrase.len,
		    PBE_PASSPHRASE_MAX);
	return ERR_OK;
}

int
pbe_seal(struct bytes passphrase, struct bytes plaintext, struct bytes aad,
    const uint8_t salt[static PBE_SALT_SIZE],
    const uint8_t nonce[static PBE_NONCE_SIZE], struct buf *ret, struct diag *d)
{
	struct header h = { LOG2_N, BLOCK, LANES, { salt, PBE_SALT_SIZE } };
	auto_buf struct buf all_aad = BUF_INIT(HEADER_SIZE + aad.len);
	uint8_t key[AEAD_KEY_SIZE];
	size_t start = ret->len;
	int r;

	if ((r = check_passphrase(passphrase, d)) < 0)
		return r;
	if (plaintext.len > PBE_PLAIN_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "passphrase container: %zu bytes to protect",
		    plaintext.len);
	(void)buf_put_be32(ret, MAGIC);
	(void)buf_put_u8(ret, VERSION);
	(void)buf_put_u8(ret, h.log2_n);
	(void)buf_put_u8(ret, h.block);
	(void)buf_put_u8(ret, h.lanes);
	(void)buf_put(ret, h.salt);
	(void)buf_put(ret, bytes_of(nonce, PBE_NONCE_SIZE));
	if ((r = buf_check(ret, "passphrase container", d)) < 0)
		return r;
	if (!put_aad(&all_aad, bytes_of(ret->p + start, HEADER_SIZE), aad))
		return diag_nomem(d);
	if ((r = derive(passphrase, &h, key, d)) == 0)
		r = aead_seal(key, nonce, buf_bytes(&all_aad), plaintext, ret,
		    d);
	OPENSSL_cleanse(key, sizeof(key));
	if (r < 0)
		ret->len = start;
	return r;
}

/* doc/FORMAT.passphrase-container */
static int
parse(struct bytes container, struct header *ret, struct diag *d)
{
	struct reader r = reader_of(container);
	struct header h = { 0 };
	uint8_t version;
	uint32_t magic;

	if (!reader_be32(&r, &magic) || magic != MAGIC ||
	    !reader_u8(&r, &version))
		return diag_fail(d, ERR_FORMAT,
		    "passphrase container: not one");
	if (version != VERSION)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "passphrase container: version %u", version);
	if (!reader_u8(&r, &h.log2_n) || !reader_u8(&r, &h.block) ||
	    !reader_u8(&r, &h.lanes) ||
	    !reader_take(&r, PBE_SALT_SIZE, &h.salt) ||
	    !reader_copy(&r, h.nonce, sizeof(h.nonce)) ||
	    reader_left(&r) < AEAD_TAG_SIZE)
		return diag_fail(d, ERR_SHORT,
		    "passphrase container: cut short");
	if (h.log2_n < LOG2_N_MIN || h.log2_n > LOG2_N_MAX || h.block < 1 ||
	    h.block > BLOCK_MAX || h.lanes < 1 || h.lanes > LANES_MAX ||
	    ((uint64_t)128 * h.block << h.log2_n) > MEMORY_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "passphrase container: scrypt N=2^%u r=%u p=%u is outside "
		    "what is accepted",
		    h.log2_n, h.block, h.lanes);
	if (reader_left(&r) > PBE_PLAIN_MAX + AEAD_TAG_SIZE)
		return diag_fail(d, ERR_LIMIT,
		    "passphrase container: larger than %zu bytes",
		    PBE_PLAIN_MAX);
	h.whole = bytes_of(container.p, r.off);
	h.sealed = bytes_of(container.p + r.off, reader_left(&r));
	*ret = h;
	return ERR_OK;
}

int
pbe_open(struct bytes passphrase, struct bytes container, struct bytes aad,
    struct secret *ret, struct diag *d)
{
	auto_buf struct buf all_aad = BUF_INIT(HEADER_SIZE + aad.len);
	uint8_t key[AEAD_KEY_SIZE];
	struct header h;
	int r;

	if ((r = check_passphrase(passphrase, d)) < 0 ||
	    (r = parse(container, &h, d)) < 0)
		return r;
	if (!put_aad(&all_aad, h.whole, aad))
		return diag_nomem(d);
	if ((r = derive(passphrase, &h, key, d)) < 0)
		return r;
	r = aead_open(key, h.nonce, buf_bytes(&all_aad), h.sealed, ret, d);
	OPENSSL_cleanse(key, sizeof(key));
	if (r == ERR_CRYPTO)
		return diag_refuse(d, REASON_PassphraseWrong,
		    "passphrase: wrong, or the file was altered");
	return r;
}
