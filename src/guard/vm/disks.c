/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data disks that come, go and grow while the VM runs. A disk of an owned VM
 * is made here, under a key of its own in the sealed secrets: what the fabric
 * brings from elsewhere opens with no key of the VM's, so it cannot put a
 * disk of its own making before the guest (T96).
 *
 * Order: the key is sealed before the guest can write, and vm.json names the
 * disk last. A crash in between leaves a file and a key that can be attached
 * again.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/log.h"
#include "crypto/random.h"
#include "disk/identity.h"
#include "disk/luks.h"
#include "disk/luks1.h"
#include "guard/vm/vm.h"
#include "vm/qemu.h"

#define SUFFIX     ".img"
#define DETACH_MS  10000
#define DISK_BYTES ((uint64_t)1 << 46) /* 64 TiB */

/* A disk on its way in. */
struct coming {
	struct vm_config_disk disk;
	int read_fd, write_fd;
	bool made;
	bool kept; /* the guest has it, whatever else failed */
};

static void
coming_close(struct coming *c)
{
	close_p(&c->read_fd);
	close_p(&c->write_fd);
}

static struct qmp_disk
place_of(const struct vm *vm, size_t i, char port[static 16])
{
	size_t slot = vm->machine.slot[i];

	qemu_disk_port(slot, port);
	return (struct qmp_disk){ .index = slot,
		.set = qemu_disk_set(slot),
		.port = port,
		.later = true };
}

static int
check_name(const struct vm *vm, struct bytes file, struct diag *d)
{
	size_t n = strlen(SUFFIX);

	/* So that a disk is known for one, also when vm.json names it not. */
	if (!name_valid(file) || file.len <= n ||
	    !bytes_equal_text(bytes_of(file.p + file.len - n, n), SUFFIX))
		return diag_fail(d, ERR_USAGE,
		    "a disk's file is a plain name that ends in " SUFFIX);
	if (vm_config_disk(&vm->folder.config, file) != NULL)
		return diag_refuse(d, REASON_AlreadyExists,
		    "%.*s: is attached already", (int)file.len,
		    (const char *)file.p);
	if (vm->folder.config.n_disks == VM_CONFIG_DISKS)
		return diag_refuse(d, REASON_InUse,
		    "%s: has %d disks, and no more can be", vm->name,
		    VM_CONFIG_DISKS);
	return ERR_OK;
}

static int
check_size(uint64_t size, struct diag *d)
{
	if (size == 0 || size > DISK_BYTES || size % LUKS1_SECTOR != 0)
		return diag_fail(d, ERR_USAGE,
		    "size: not whole sectors of 512 bytes up to 64 TiB");
	return ERR_OK;
}

/* --- what an owned VM's secrets say --- */

static bool
is_attached(const struct vm *vm, const uint8_t id[static VM_DISK_ID_SIZE])
{
	for (size_t i = 0; i < vm->folder.config.n_disks; i++)
		if (bytes_equal(bytes_of(id, VM_DISK_ID_SIZE),
			BYTES_OF_ARRAY(vm->folder.config.disks[i].id)))
			return true;
	return false;
}

/* A disk that the VM had: its header is one that the secrets remember. */
static int
recognise(struct vm *vm, struct coming *c, struct diag *d)
{
	const struct vm_secrets *s = vm_secrets_of(vm);
	struct disk_facts facts;
	int r = disk_read_facts(c->read_fd, c->disk.file, &facts, d);

	if (r < 0)
		return r;
	for (size_t i = 0; i < s->n_disks; i++) {
		if (is_attached(vm, s->disks[i].id) ||
		    !bytes_equal(BYTES_OF_ARRAY(s->disks[i].header),
			BYTES_OF_ARRAY(facts.header)))
			continue;
		memcpy(c->disk.id, s->disks[i].id, sizeof(c->disk.id));
		return ERR_OK;
	}
	return diag_refuse(d, REASON_SecretsInvalid,
	    "%s: no key of this VM belongs to it", c->disk.file);
}

static int
make_key(struct vm *vm, struct coming *c, uint64_t size, struct diag *d)
{
	struct vm_secrets *s = vm_secrets_of(vm);
	struct vm_disk_key *key = &s->disks[s->n_disks];
	struct disk_facts facts;
	int r;

	if (s->n_disks == VM_DISKS_MAX)
		return diag_refuse(d, REASON_InUse,
		    "%s: %d disks have keys, with those that are detached; no "
		    "more can be",
		    vm->name, VM_DISKS_MAX);
	random_bytes(key->key, sizeof(key->key));
	if ((r = luks_format(c->write_fd, size, key->key, d)) < 0 ||
	    (r = disk_read_facts(c->read_fd, c->disk.file, &facts, d)) < 0)
		return r;
	if (fsync(c->write_fd) != 0)
		return diag_errno(d, "%s", c->disk.file);
	memcpy(key->id, c->disk.id, sizeof(key->id));
	memcpy(key->header, facts.header, sizeof(key->header));
	s->n_disks++;
	return ERR_OK;
}

/* --- attach --- */

static int
make_file(struct vm *vm, struct coming *c, uint64_t size, struct diag *d)
{
	int r;

	if ((r = check_size(size, d)) < 0)
		return r;
	c->write_fd = openat(vm->folder.fd, c->disk.file,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (c->write_fd < 0)
		return diag_errno(d, "%s", c->disk.file);
	c->made = true;
	if ((r = folder_open_disk(vm, c->disk.file, O_RDONLY, &c->read_fd, d)) <
	    0)
		return r;
	random_bytes(c->disk.id, sizeof(c->disk.id));
	if (!vm_is_regular(vm))
		return make_key(vm, c, size, d);
	return ftruncate(c->write_fd, (off_t)size) == 0
	    ? ERR_OK
	    : diag_errno(d, "%s", c->disk.file);
}

static int
open_file(struct vm *vm, struct coming *c, uint64_t size, struct diag *d)
{
	int r;

	if (faccessat(vm->folder.fd, c->disk.file, F_OK, AT_SYMLINK_NOFOLLOW) !=
	    0)
		return make_file(vm, c, size, d);
	if (size != 0)
		return diag_refuse(d, REASON_AlreadyExists,
		    "%s: there is such a file already", c->disk.file);
	if ((r = folder_open_disk(vm, c->disk.file, O_RDONLY, &c->read_fd, d)) <
		0 ||
	    (r = folder_open_disk(vm, c->disk.file, O_RDWR, &c->write_fd, d)) <
		0)
		return r;
	if (!vm_is_regular(vm))
		return recognise(vm, c, d);
	random_bytes(c->disk.id, sizeof(c->disk.id));
	return ERR_OK;
}

static size_t
free_slot(const struct vm *vm)
{
	size_t slot = 0;

	for (size_t i = 0; i < vm->folder.config.n_disks; i++)
		if (vm->machine.slot[i] == slot) {
			slot++;
			i = (size_t)-1; /* look again from the start */
		}
	return slot;
}

/* Into QEMU, or with no trace there. */
static int
give_to_guest(struct vm *vm, struct coming *c, size_t i, struct diag *d)
{
	struct qmp *qmp = &vm->machine.qmp;
	struct diag ignored;
	char port[16];
	struct qmp_disk place = place_of(vm, i, port);
	int r = qmp_disk_file(qmp, &place, c->read_fd, c->write_fd, d);

	if (r == ERR_OK)
		r = machine_add_disk(vm, i, true, d);
	if (r < 0) {
		(void)!qmp_disk_close(qmp, &place, &ignored);
		return r;
	}
	if ((r = folder_write_config(vm, d)) == ERR_OK)
		return r;
	c->kept =
	    qmp_disk_remove(qmp, &place,
		(unsigned)lease_patience(&vm->lease, DETACH_MS), &ignored) < 0;
	return r;
}

static int
plug_in(struct vm *vm, struct coming *c, struct diag *d)
{
	struct vm_config *config = &vm->folder.config;
	size_t i = config->n_disks;
	int r = ERR_OK;

	vm->machine.slot[i] = free_slot(vm);
	config->disks[i] = c->disk;
	config->n_disks++;
	if (!vm_is_regular(vm))
		r = state_write_again(vm, d);
	if (r == ERR_OK)
		r = give_to_guest(vm, c, i, d);
	if (r < 0 && !c->kept)
		config->n_disks--;
	return r;
}

/* Nothing of a disk that was only just made stays behind. */
static void
take_back(struct vm *vm, const struct coming *c)
{
	struct vm_secrets *s = vm_secrets_of(vm);
	struct diag d = { 0 };

	if (!c->made || c->kept)
		return;
	(void)unlinkat(vm->folder.fd, c->disk.file, 0);
	if (vm_is_regular(vm) || s->n_disks == 0 ||
	    !bytes_equal(BYTES_OF_ARRAY(s->disks[s->n_disks - 1].id),
		BYTES_OF_ARRAY(c->disk.id)))
		return;
	s->n_disks--;
	explicit_bzero(&s->disks[s->n_disks], sizeof(s->disks[0]));
	if (state_write_again(vm, &d) < 0)
		log_error("VM %s: %s", vm->name, d.text);
}

static int
attach(struct vm *vm, const struct vm_disk *q, struct vm_disk_reply *ret,
    struct diag *d)
{
	CLEANUP(coming_close)
	struct coming c = { .read_fd = -1, .write_fd = -1 };
	int r;

	if ((r = check_name(vm, q->file, d)) < 0)
		return r;
	memcpy(c.disk.file, q->file.p, q->file.len);
	if ((r = open_file(vm, &c, q->size, d)) < 0 ||
	    (r = plug_in(vm, &c, d)) < 0) {
		take_back(vm, &c);
		return r;
	}
	ret->size = q->size;
	ret->made = c.made;
	return ERR_OK;
}

/* --- detach, resize --- */

static int
find(const struct vm *vm, struct bytes file, size_t *ret, struct diag *d)
{
	const struct vm_config_disk *disk =
	    vm_config_disk(&vm->folder.config, file);

	if (disk == NULL)
		return diag_refuse(d, REASON_NotFound, "%.*s: is no disk of %s",
		    (int)file.len, (const char *)file.p, vm->name);
	*ret = (size_t)(disk - vm->folder.config.disks);
	return ERR_OK;
}

static int
detach(struct vm *vm, const struct vm_disk *q, struct diag *d)
{
	struct vm_config *config = &vm->folder.config;
	struct qmp_disk place;
	char port[16];
	size_t i;
	int r;

	if ((r = find(vm, q->file, &i, d)) < 0)
		return r;
	if (i == 0)
		return diag_refuse(d, REASON_InUse, "%s: the VM boots from it",
		    config->disks[0].file);
	place = place_of(vm, i, port);
	if ((r = qmp_disk_remove(&vm->machine.qmp, &place,
		 (unsigned)lease_patience(&vm->lease, DETACH_MS), d)) < 0)
		return r;
	for (size_t k = i; k + 1 < config->n_disks; k++) {
		config->disks[k] = config->disks[k + 1];
		vm->machine.slot[k] = vm->machine.slot[k + 1];
	}
	config->n_disks--;
	return folder_write_config(vm, d);
}

static int
size_now(const struct vm *vm, size_t i, uint64_t *ret, struct diag *d)
{
	const char *file = vm->folder.config.disks[i].file;
	auto_close int fd = -1;
	struct disk_facts facts;
	off_t end;
	int r = folder_open_disk(vm, file, O_RDONLY, &fd, d);

	if (r < 0)
		return r;
	if (!vm_is_regular(vm)) {
		if ((r = disk_read_facts(fd, file, &facts, d)) < 0)
			return r;
		*ret = facts.size;
		return ERR_OK;
	}
	if ((end = lseek(fd, 0, SEEK_END)) < 0)
		return diag_errno(d, "%s", file);
	*ret = (uint64_t)end;
	return ERR_OK;
}

static int
resize(struct vm *vm, const struct vm_disk *q, struct vm_disk_reply *ret,
    struct diag *d)
{
	struct qmp_disk place;
	uint64_t now;
	char port[16];
	size_t i;
	int r;

	if ((r = check_size(q->size, d)) < 0 ||
	    (r = find(vm, q->file, &i, d)) < 0 ||
	    (r = size_now(vm, i, &now, d)) < 0)
		return r;
	/* What would be cut off is the guest's. */
	if (q->size < now)
		return diag_refuse(d, REASON_InUse,
		    "%s: has %llu bytes, and is never made smaller",
		    vm->folder.config.disks[i].file, (unsigned long long)now);
	place = place_of(vm, i, port);
	ret->size = q->size;
	return qmp_disk_resize(&vm->machine.qmp, &place, q->size, d);
}

int
disks_change(struct vm *vm, const struct vm_disk *q, struct vm_disk_reply *ret,
    struct diag *d)
{
	*ret = (struct vm_disk_reply){ 0 };
	if (bytes_equal_text(q->verb, "attach"))
		return attach(vm, q, ret, d);
	if (bytes_equal_text(q->verb, "detach"))
		return detach(vm, q, d);
	if (bytes_equal_text(q->verb, "resize"))
		return resize(vm, q, ret, d);
	return diag_fail(d, ERR_USAGE, "attach, detach or resize");
}
