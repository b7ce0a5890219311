/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/predict_grub.h"

#include <string.h>

#define BOOT_IMAGE "BOOT_IMAGE="

/* What GRUB puts before the text in the log, and does not hash. */
static struct bytes
without_prefix(struct bytes data)
{
	static const char *const prefixes[] = { "grub_cmd: ",
		"kernel_cmdline: " };

	while (data.len > 0 && data.p[data.len - 1] == '\0')
		data.len--;
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		size_t len = strlen(prefixes[i]);

		if (data.len >= len &&
		    bytes_equal_text(bytes_of(data.p, len), prefixes[i]))
			return bytes_of(data.p + len, data.len - len);
	}
	return data;
}

static bool
hashes_to(struct bytes text, const struct finding_event *e)
{
	uint8_t digest[SHA256_SIZE];

	sha256(text, digest);
	return bytes_equal(BYTES_OF_ARRAY(digest), BYTES_OF_ARRAY(e->digest));
}

static int
find_in_log(const struct predict *p, struct bytes log, struct grub_follow *ret,
    struct diag *d)
{
	struct tcglog_iter it;
	struct tcg_event e;
	struct tcglog l;
	size_t i = 0, n = 0;
	int err;

	if ((err = tcglog_open(log, &l, d)) < 0)
		return err;
	it = tcglog_iter(&l);
	while ((err = tcglog_next(&it, &e, d)) == ERR_OK) {
		if (e.pcr != 8 || e.type == EV_NO_ACTION)
			continue;
		while (i < p->n && p->events[i].e.pcr != 8)
			i++;
		if (i == p->n || n == ret->n_events)
			return diag_fail(d, ERR_CONFLICT,
			    "the boot log is not the baseline's");
		if (hashes_to(without_prefix(e.data), &p->events[i].e))
			ret->events[n].text = without_prefix(e.data);
		i++;
		n++;
	}
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* A label is cut at its maximum; a hash tells whether this one was. */
static void
find_in_labels(const struct predict *p, struct grub_follow *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct finding_event *e = &p->events[i].e;

		if (e->pcr != 8)
			continue;
		if (hashes_to(without_prefix(e->label), e))
			ret->events[n].text = without_prefix(e->label);
		n++;
	}
}

/* "BOOT_IMAGE=X" was "linux X", and X alone. */
static int
find_linux(const struct predict *p, struct buf *store, struct grub_follow *ret,
    struct diag *d)
{
	size_t len = strlen(BOOT_IMAGE), n = 0;
	struct bytes both, bare;

	if (p->b.cmdline.len <= len ||
	    !bytes_equal_text(bytes_of(p->b.cmdline.p, len), BOOT_IMAGE))
		return ERR_OK;
	(void)buf_put_text(store, "linux ");
	(void)buf_put(store,
	    bytes_of(p->b.cmdline.p + len, p->b.cmdline.len - len));
	if (buf_check(store, "grub.cfg", d) < 0)
		return ERR_NOMEM;
	both = buf_bytes(store);
	bare = bytes_of(both.p + strlen("linux "), both.len - strlen("linux "));
	for (size_t i = 0; i < p->n; i++) {
		const struct finding_event *e = &p->events[i].e;

		if (e->pcr != 8)
			continue;
		if (hashes_to(both, e))
			ret->events[n].text = both;
		else if (hashes_to(bare, e))
			ret->events[n].text = bare;
		n++;
	}
	return ERR_OK;
}

int
grub_commands_find(const struct predict *p, struct bytes log, struct buf *store,
    struct grub_follow *ret, struct diag *d)
{
	ret->n_events = 0;
	for (size_t i = 0; i < p->n; i++) {
		if (p->events[i].e.pcr != 8)
			continue;
		if (ret->n_events == GRUB_COMMANDS_MAX)
			return diag_fail(d, ERR_LIMIT, "PCR 8: over %d events",
			    GRUB_COMMANDS_MAX);
		ret->events[ret->n_events++].text = BYTES_NONE;
	}
	if (log.p != NULL)
		return find_in_log(p, log, ret, d);
	find_in_labels(p, ret);
	return find_linux(p, store, ret, d);
}

/* The command line is what GRUB gives the kernel behind its own first word. */
static int
new_cmdline(struct predict *p, struct bytes words, struct buf *store,
    struct diag *d)
{
	size_t mark = store->len;
	struct bytes text;

	if (words.len == 0)
		return ERR_OK;
	(void)buf_put_text(store, BOOT_IMAGE);
	(void)buf_put(store, words);
	if (buf_check(store, "grub.cfg", d) < 0)
		return ERR_NOMEM;
	if (cmdline_text(bytes_of(store->p + mark, store->len - mark), &text,
		d) < 0)
		return ERR_REFUSED;
	p->b.cmdline = text;
	return ERR_OK;
}

/* Each by its place: two commands of one text need not be one. */
static void
replace_events(struct predict *p, const struct grub_outcome *o)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct predict_event *x = &p->events[i];
		const struct grub_event *new;

		if (x->e.pcr != 8)
			continue;
		new = n >= o->first &&n - o->first < o->n
		    ? &o->events[n - o->first]
		    : NULL;
		n++;
		if (new == NULL || new->text.p == NULL)
			continue;
		memcpy(x->e.digest, new->digest, SHA256_SIZE);
		/* The data and the label that the log had are not these. */
		x->e.flags = 0;
		x->e.label = BYTES_NONE;
		x->changed = true;
	}
}

static int
follow(struct predict *p, struct grub_follow *f, struct bytes old_cfg,
    struct bytes new_cfg, struct buf *store, struct diag *d)
{
	size_t n = 0;
	int e;

	for (size_t i = 0; i < p->n && n < f->n_events; i++)
		if (p->events[i].e.pcr == 8)
			memcpy(f->events[n++].digest, p->events[i].e.digest,
			    SHA256_SIZE);
	if ((e = grub_follow(f, old_cfg, new_cfg, d)) < 0 ||
	    (e = new_cmdline(p,
		 bytes_of(f->outcome.cmdline, f->outcome.cmdline_len), store,
		 d)) < 0)
		return e;
	replace_events(p, &f->outcome);
	return ERR_OK;
}

int
predict_grub(struct predict *p, struct grub_follow *f, struct bytes old_cfg,
    struct bytes new_cfg, struct buf *store, struct diag *d)
{
	int e;

	if (!p->b.grub.bound)
		return diag_fail(d, ERR_REFUSED,
		    "this boot was not GRUB's: its command line is not in "
		    "PCR 8");
	if ((e = predict_file(p, old_cfg, new_cfg, d)) < 0 ||
	    bytes_equal(old_cfg, new_cfg))
		return e;
	return follow(p, f, old_cfg, new_cfg, store, d);
}
