/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/shield/make_vm.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "ctl/common/secureboot.h"
#include "ctl/shield/folder.h"
#include "disk/identity.h"
#include "disk/luks.h"
#include "signed/signed.h"
#include "vm/security.h"
#include "vm/vtpm.h"

/* All that a VM is made of, while it is made. */
struct making {
	const struct vm_order *order;
	const struct staging *s;
	struct vm_secrets secrets;
	struct vm_config config;
	struct disk_facts disk;
	struct vm_made made;
};

static void
making_wipe(struct making *m)
{
	vm_secrets_wipe(&m->secrets);
}

static void
draw(struct making *m)
{
	struct vm_secrets *s = &m->secrets;

	random_bytes(m->made.vm_id, sizeof(m->made.vm_id));
	random_bytes(m->made.family, sizeof(m->made.family));
	s->state = VM_STATE_CLEAN;
	random_bytes(s->vtpm_key, sizeof(s->vtpm_key));
	random_bytes(s->vtpm_migration_key, sizeof(s->vtpm_migration_key));
	random_bytes(s->nvram_key, sizeof(s->nvram_key));
	random_bytes(s->checkpoint_key, sizeof(s->checkpoint_key));
	s->n_disks = 1;
	random_bytes(s->disks[0].id, sizeof(s->disks[0].id));
	random_bytes(s->disks[0].key, sizeof(s->disks[0].key));
}

static int
measure_firmware(struct making *m, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(VM_FIRMWARE_MAX);
	int r;

	if ((r = file_read(AT_FDCWD, m->order->firmware, VM_FIRMWARE_MAX, &b,
		 d)) < 0)
		return r;
	if (b.len == 0)
		return diag_refuse(d, REASON_FileInvalid, "%s: empty",
		    m->order->firmware);
	sha256(buf_bytes(&b), m->made.firmware);
	return ERR_OK;
}

static int
make_nvram(struct making *m, struct diag *d)
{
	auto_buf struct buf volume = BUF_INIT(VM_NVRAM_MAX);
	int r;

	if ((r = secure_boot_volume(m->order->secure_boot, m->made.family,
		 (uint64_t)time(NULL), &volume, m->made.secure_boot_keys, d)) <
	    0)
		return r;
	sha256(buf_bytes(&volume), m->secrets.nvram_digest);
	return file_create(m->s->fd, VM_FILE_NVRAM, 0600, buf_bytes(&volume),
	    d);
}

static int
make_vtpm(struct making *m, struct diag *d)
{
	char state[STAGING_PATH_MAX], scratch[STAGING_PATH_MAX];
	struct vtpm_new in = { .state = state,
		.scratch = scratch,
		.name = m->order->config.name,
		.key = m->secrets.vtpm_key };
	auto_close int fd = -1;
	int r;

	if ((r = staging_folder(m->s, VM_DIR_VTPM, state, d)) < 0 ||
	    (r = staging_folder(m->s, STAGING_SCRATCH, scratch, d)) < 0 ||
	    (r = vtpm_create(&in, d)) < 0)
		return r;
	fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return diag_errno(d, "%s", state);
	return vtpm_digest(fd, m->secrets.vtpm_digest, d);
}

static int
make_disk(struct making *m, struct diag *d)
{
	struct vm_disk_key *key = &m->secrets.disks[0];
	auto_close int fd = openat(m->s->fd, STAGING_DISK,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct luks_copy copy = { .plain_fd = m->order->image_fd,
		.luks_fd = fd,
		.key = key->key,
		.shows_progress = m->order->shows_progress };
	int r;

	if (fd < 0)
		return diag_errno(d, "%s/" STAGING_DISK, m->s->path);
	if ((r = luks_format(fd, m->order->image_size, key->key, d)) < 0 ||
	    (r = luks_fill(&copy, d)) < 0 ||
	    (r = disk_read_facts(fd, STAGING_DISK, &m->disk, d)) < 0)
		return r;
	memcpy(key->header, m->disk.header, sizeof(key->header));
	return ERR_OK;
}

static int
make_config(struct making *m, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(VM_CONFIG_MAX);
	struct vm_config_disk *disk = &m->config.disks[0];
	int r;

	m->config = m->order->config;
	memcpy(m->config.firmware, m->made.firmware,
	    sizeof(m->config.firmware));
	m->config.n_disks = 1;
	memcpy(disk->file, STAGING_DISK, sizeof(STAGING_DISK));
	memcpy(disk->id, m->secrets.disks[0].id, sizeof(disk->id));
	if ((r = vm_config_write(&m->config, &b, d)) < 0)
		return r;
	return file_create(m->s->fd, VM_FILE_CONFIG, 0600, buf_bytes(&b), d);
}

static int
make_grant(const struct making *m, struct grant **ret, struct diag *d)
{
	const struct vm_order *o = m->order;
	const struct guardian *owner = &o->owner->file.g;
	auto_buf struct buf der = BUF_INIT(GRANT_MAX);
	struct grant_content c = { .version = GRANT_VERSION,
		.suite = SUITE_1,
		.revision = 1,
		.policy = { .level = o->config.level,
		    .console = o->console,
		    .unknown_vm = o->unknown_vm,
		    .clean_stop = o->clean_stop,
		    .quorum_restore = o->quorum_restore },
		.modes = GRANT_MODE_TPM,
		.owner = { owner->sign_cert, owner->enc_cert },
		.n_guardians = o->n_guardians,
		.threshold = 1 };
	int r;

	memcpy(c.family, m->made.family, sizeof(c.family));
	if (!o->any_keys)
		memcpy(c.policy.secure_boot_keys, m->made.secure_boot_keys,
		    sizeof(c.policy.secure_boot_keys));
	for (size_t i = 0; i < o->n_guardians; i++) {
		c.guardians[i].sign_cert = o->guardians[i]->sign_cert;
		c.guardians[i].enc_cert = o->guardians[i]->enc_cert;
	}
	if ((r = grant_make(&c, o->owner->sign, &der, d)) < 0)
		return r;
	return grant_open(buf_bytes(&der), ret, d);
}

static int
make_recovery(const struct making *m, const struct grant *grant,
    struct buf *ret, struct diag *d)
{
	struct wrap_random random;
	int r;

	random_bytes((uint8_t *)&random, sizeof(random));
	r = recovery_make(&m->secrets, m->made.vm_id, m->made.family,
	    &grant->owner_enc, &random, ret, d);
	explicit_bzero(&random, sizeof(random));
	return r;
}

static int
make_core(const struct making *m, const struct grant *grant,
    struct bytes recovery, struct bytes tk, struct buf *ret, struct diag *d)
{
	struct wrap_random random;
	struct core_new in = { .tk = tk,
		.random = &random,
		.signer = m->order->owner->sign };
	uint8_t digest[32];
	int r;

	random_bytes((uint8_t *)&random, sizeof(random));
	sha256(recovery, digest);
	r = core_create(grant, m->made.vm_id, digest, &in, ret, d);
	explicit_bzero(&random, sizeof(random));
	return r;
}

static int
seal_secrets(struct making *m, struct bytes core_bytes, struct bytes tk,
    struct buf *ret, struct diag *d)
{
	auto_core struct core *core = NULL;
	struct vm_binding binding;
	uint8_t salt[32];
	int r;

	if ((r = core_parse(core_bytes, NULL, &core, d)) < 0)
		return r;
	vm_binding_fill(core, m->made.firmware, m->disk.identity, &binding);
	memcpy(m->made.seal_digest, core->seal_digest,
	    sizeof(m->made.seal_digest));
	random_bytes(salt, sizeof(salt));
	return vm_secrets_seal(&m->secrets, tk, &binding, salt, ret, d);
}

static int
make_protector(struct making *m, struct diag *d)
{
	auto_secret struct secret tk = SECRET_NONE;
	auto_grant struct grant *grant = NULL;
	auto_buf struct buf core = BUF_INIT(CORE_MAX);
	auto_buf struct buf recovery = BUF_INIT(RECOVERY_MAX);
	auto_buf struct buf sealed = BUF_INIT(VM_SECRETS_MAX);
	auto_buf struct buf file = BUF_INIT(PROTECTOR_MAX);
	int r;

	if ((r = secret_alloc(&tk, TK_SIZE, d)) < 0)
		return r;
	random_bytes(tk.p, TK_SIZE);
	if ((r = make_grant(m, &grant, d)) < 0 ||
	    (r = make_recovery(m, grant, &recovery, d)) < 0 ||
	    (r = make_core(m, grant, buf_bytes(&recovery), secret_bytes(&tk),
		 &core, d)) < 0 ||
	    (r = seal_secrets(m, buf_bytes(&core), secret_bytes(&tk), &sealed,
		 d)) < 0 ||
	    (r = protector_write(buf_bytes(&core), buf_bytes(&sealed),
		 buf_bytes(&recovery), &file, d)) < 0)
		return r;
	return file_create(m->s->fd, VM_FILE_PROTECTOR, 0600, buf_bytes(&file),
	    d);
}

int
make_vm(const struct vm_order *order, const struct staging *s,
    struct vm_made *ret, struct diag *d)
{
	CLEANUP(making_wipe) struct making m = { .order = order, .s = s };
	int r;

	draw(&m);
	/* What can be refused early comes early: the disk is the long part. */
	if ((r = measure_firmware(&m, d)) < 0 || (r = make_nvram(&m, d)) < 0 ||
	    (r = make_vtpm(&m, d)) < 0 || (r = make_disk(&m, d)) < 0 ||
	    (r = make_config(&m, d)) < 0 || (r = make_protector(&m, d)) < 0)
		return r;
	*ret = m.made;
	return ERR_OK;
}
