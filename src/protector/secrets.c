/* SPDX-License-Identifier: Apache-2.0 */
#include "protector/secrets.h"

#include <string.h>

#include "base/field.h"
#include "crypto/aead.h"
#include "crypto/hash.h"

#define MAGIC     "SWSS"
#define VERSION   1
#define SALT_SIZE 32
#define KEY_LABEL "shieldwall sealed secrets 1"

static const struct field disk_list[] = {
	FIELD_FIXED(struct vm_disk_key, id),
	FIELD_FIXED(struct vm_disk_key, key),
	FIELD_FIXED(struct vm_disk_key, header),
};
static const struct fields disk_fields =
    FIELDS(struct vm_disk_key, "disk", disk_list);

static const struct field secrets_list[] = {
	FIELD_U8(struct vm_secrets, state),
	FIELD_FIXED(struct vm_secrets, vtpm_key),
	FIELD_FIXED(struct vm_secrets, vtpm_migration_key),
	FIELD_FIXED(struct vm_secrets, nvram_key),
	FIELD_FIXED(struct vm_secrets, checkpoint_key),
	FIELD_LIST(struct vm_secrets, disks, n_disks, &disk_fields),
	FIELD_FIXED(struct vm_secrets, vtpm_digest),
	FIELD_FIXED(struct vm_secrets, nvram_digest),
	FIELD_FIXED(struct vm_secrets, boot_header_digest),
	FIELD_U64(struct vm_secrets, vtpm_counter),
};
static const struct fields secrets_fields =
    FIELDS(struct vm_secrets, "sealed secrets", secrets_list);

static const struct field binding_list[] = {
	FIELD_FIXED(struct vm_binding, vm_id),
	FIELD_FIXED(struct vm_binding, seal_digest),
	FIELD_FIXED(struct vm_binding, owner_id),
	FIELD_U8(struct vm_binding, level),
	FIELD_FIXED(struct vm_binding, firmware_digest),
	FIELD_FIXED(struct vm_binding, secure_boot_keys),
	FIELD_FIXED(struct vm_binding, boot_disk),
	FIELD_U32(struct vm_binding, device_classes),
};
static const struct fields binding_fields =
    FIELDS(struct vm_binding, "binding", binding_list);

static const uint8_t zero_nonce[AEAD_NONCE_SIZE];

void
vm_secrets_wipe(struct vm_secrets *s)
{
	explicit_bzero(s, sizeof(*s));
}

static int
refuse(struct diag *d, const char *what)
{
	return diag_refuse(d, REASON_SecretsInvalid, "sealed secrets: %s",
	    what);
}

static int
check_content(const struct vm_secrets *s, struct diag *d)
{
	if (s->state != VM_STATE_CLEAN && s->state != VM_STATE_RUNNING)
		return refuse(d, "state is not clean or running");
	for (size_t i = 0; i < s->n_disks; i++)
		for (size_t j = 0; j < i; j++)
			if (bytes_equal(BYTES_OF_ARRAY(s->disks[i].id),
				BYTES_OF_ARRAY(s->disks[j].id)))
				return refuse(d, "two disks of one identity");
	return ERR_OK;
}

/* The clear head, then the binding: all of it is associated data. */
static int
put_associated(struct bytes salt, const struct vm_binding *binding,
    struct buf *ret, struct diag *d)
{
	(void)buf_put_text(ret, MAGIC);
	(void)buf_put_u8(ret, VERSION);
	(void)buf_put(ret, salt);
	return fields_encode(&binding_fields, binding, ret, d);
}

int
vm_secrets_seal(const struct vm_secrets *in, struct bytes tk,
    const struct vm_binding *binding, const uint8_t salt[static SALT_SIZE],
    struct buf *ret, struct diag *d)
{
	auto_buf struct buf plain = BUF_INIT(VM_SECRETS_MAX);
	auto_buf struct buf aad = BUF_INIT(1024);
	auto_buf struct buf sealed = BUF_INIT(VM_SECRETS_MAX);
	struct bytes s = bytes_of(salt, SALT_SIZE);
	uint8_t key[AEAD_KEY_SIZE];
	int r;

	if ((r = check_content(in, d)) < 0 ||
	    (r = fields_encode(&secrets_fields, in, &plain, d)) < 0 ||
	    (r = put_associated(s, binding, &aad, d)) < 0)
		return r;
	hkdf_sha256(tk, s, bytes_of_text(KEY_LABEL), key, sizeof(key));
	r = aead_seal(key, zero_nonce, buf_bytes(&aad), buf_bytes(&plain),
	    &sealed, d);
	explicit_bzero(key, sizeof(key));
	if (r < 0)
		return r;

	(void)buf_put_text(ret, MAGIC);
	(void)buf_put_u8(ret, VERSION);
	(void)buf_put(ret, s);
	(void)buf_put_be32_blob(ret, buf_bytes(&sealed));
	return buf_check(ret, "sealed secrets", d);
}

static int
split(struct bytes in, struct bytes *ret_salt, struct bytes *ret_sealed,
    struct diag *d)
{
	struct reader r = reader_of(in);
	struct bytes magic, salt, sealed;
	uint8_t version;

	if (!reader_take(&r, 4, &magic) || !bytes_equal_text(magic, MAGIC) ||
	    !reader_u8(&r, &version))
		return refuse(d, "no header");
	if (version != VERSION)
		return diag_refuse(d, REASON_UnsupportedVersion,
		    "sealed secrets: version %u is not 1", version);
	if (!reader_take(&r, SALT_SIZE, &salt) ||
	    !reader_be32_blob(&r, VM_SECRETS_MAX, &sealed) ||
	    sealed.len < AEAD_TAG_SIZE || reader_left(&r) != 0)
		return refuse(d, "lengths do not fit");
	*ret_salt = salt;
	*ret_sealed = sealed;
	return ERR_OK;
}

int
vm_secrets_open(struct bytes in, struct bytes tk,
    const struct vm_binding *binding, struct vm_secrets *ret, struct diag *d)
{
	auto_buf struct buf aad = BUF_INIT(1024);
	auto_secret struct secret plain = SECRET_NONE;
	auto_vm_secrets struct vm_secrets s = { 0 };
	struct bytes salt, sealed;
	uint8_t key[AEAD_KEY_SIZE];
	int r;

	if ((r = split(in, &salt, &sealed, d)) < 0 ||
	    (r = put_associated(salt, binding, &aad, d)) < 0)
		return r;
	hkdf_sha256(tk, salt, bytes_of_text(KEY_LABEL), key, sizeof(key));
	r = aead_open(key, zero_nonce, buf_bytes(&aad), sealed, &plain, d);
	explicit_bzero(key, sizeof(key));
	if (r == ERR_NOMEM)
		return r;
	if (r < 0)
		return refuse(d,
		    "they do not open for this VM, seal and configuration");
	if (fields_decode(&secrets_fields, secret_bytes(&plain), &s, NULL) < 0)
		return refuse(d, "their content is malformed");
	if ((r = check_content(&s, d)) < 0)
		return r;
	*ret = s;
	return ERR_OK;
}

int
vm_secrets_check_form(struct bytes in, struct diag *d)
{
	struct bytes salt, sealed;

	return split(in, &salt, &sealed, d);
}
