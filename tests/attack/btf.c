/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds a function in the kernel's type information: programs of the kinds
 * fentry, LSM and iterator name it by its number there.
 */
#include <fcntl.h>
#include <linux/btf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "code.h"

#define BTF_MAX ((size_t)16 << 20)

static size_t
tail_of(const struct btf_type *t)
{
	size_t n = BTF_INFO_VLEN(t->info);

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return n * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return n * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return n * 12;
	case BTF_KIND_FUNC_PROTO:
		return n * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return n * sizeof(struct btf_var_secinfo);
	default:
		return 0;
	}
}

static uint32_t
look_up(const char *all, size_t size, const char *name)
{
	const struct btf_header *h = (const void *)all;
	const struct btf_type *t;
	const char *types, *strings;
	size_t at = 0;
	uint32_t id = 1;

	if (size < sizeof(*h) || h->magic != BTF_MAGIC ||
	    h->str_off + h->str_len > size)
		return 0;
	types = all + h->hdr_len + h->type_off;
	strings = all + h->hdr_len + h->str_off;
	for (; at + sizeof(*t) <= h->type_len; id++) {
		t = (const void *)(types + at);
		if (BTF_INFO_KIND(t->info) == BTF_KIND_FUNC &&
		    t->name_off < h->str_len &&
		    strcmp(strings + t->name_off, name) == 0)
			return id;
		at += sizeof(*t) + tail_of(t);
	}
	return 0;
}

uint32_t
btf_function(const char *name)
{
	auto_close int fd =
	    open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	char *all = malloc(BTF_MAX);
	size_t have = 0;
	uint32_t id = 0;
	ssize_t n;

	if (fd >= 0 && all != NULL) {
		while (have < BTF_MAX &&
		    (n = read(fd, all + have, BTF_MAX - have)) > 0)
			have += (size_t)n;
		id = look_up(all, have, name);
	}
	free(all);
	return id;
}
