/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/ci_xattr.h"

#include "base/reader.h"
#include "measure/ima_signature.h"

/* enum evm_ima_xattr_type: a bare digest, with the algorithm or without. */
#define XATTR_DIGEST    1
#define XATTR_DIGEST_NG 4
#define MD5_SIZE        16

/* enum hash_algo of linux/hash_info.h */
static bool
alg_of(uint8_t number, enum hash_alg *ret)
{
	switch (number) {
	case 2:
		*ret = HASH_SHA1;
		return true;
	case 4:
		*ret = HASH_SHA256;
		return true;
	case 5:
		*ret = HASH_SHA384;
		return true;
	case 6:
		*ret = HASH_SHA512;
		return true;
	case 17:
		*ret = HASH_SM3;
		return true;
	default:
		return false;
	}
}

/* The old form: 20 bytes are SHA-1; 16 bytes with four zeros behind, MD5. */
static bool
old_digest(struct reader *r, enum hash_alg *ret)
{
	struct bytes digest;

	if (!reader_take(r, reader_left(r), &digest))
		return false;
	*ret = HASH_SHA1;
	return digest.len >= MD5_SIZE + 4 &&
	    !bytes_all_zero(bytes_of(digest.p + MD5_SIZE, 4));
}

bool
ci_xattr_alg(struct bytes xattr, enum hash_alg *ret)
{
	struct reader r = reader_of(xattr);
	uint8_t type, number;

	*ret = HASH_SHA256;
	if (!reader_u8(&r, &type) || reader_left(&r) == 0)
		return true;
	if (type == XATTR_DIGEST)
		return old_digest(&r, ret);
	if (type == IMA_XATTR_DIGSIG || type == IMA_XATTR_VERITY_DIGSIG) {
		/* Version, then the algorithm. */
		return reader_skip(&r, 1) && reader_u8(&r, &number) &&
		    alg_of(number, ret);
	}
	if (type == XATTR_DIGEST_NG)
		return reader_u8(&r, &number) && alg_of(number, ret);
	return true;
}
