/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ctl/shield/evidence_ima.h"
#include "measure/ima_event.h"

/* One walk under way. */
struct walker {
	struct ima_walk *w;
	struct window *in;
	struct ima_iter it;
	struct ima_scratch *scratch;
	struct buf last; /* a last line without a newline, and one */
};

/*
 * A list does not say of which algorithm its digests are. It is that under
 * which the first entry can be read, better one that the digest holds under.
 */
static enum hash_alg
find_alg(struct walker *k, struct bytes in)
{
	enum hash_alg found = HASH_SHA1;
	bool any = false;

	for (unsigned alg = 0; alg < IMA_BANKS; alg++) {
		struct ima_entry e;

		ima_iter_start(&k->it, k->it.form, (enum hash_alg)alg, in, 0);
		ima_iter_scratch(&k->it, k->scratch);
		if (ima_next(&k->it, &e, NULL) < 0)
			continue;
		ima_check(&e);
		if (!any || e.template_ok)
			found = (enum hash_alg)alg;
		any = true;
		if (e.template_ok)
			break;
	}
	return found;
}

static void
start_window(struct walker *k, struct bytes in)
{
	ima_iter_start(&k->it, k->w->ascii ? IMA_ASCII : IMA_BINARY, k->w->alg,
	    in, k->w->n);
	ima_iter_scratch(&k->it, k->scratch);
}

static void
note_template(struct ima_walk *w, struct bytes name)
{
	char text[IMA_SHOWN_NAME];

	text_escape(name, text, sizeof(text));
	for (size_t i = 0; i < w->n_templates; i++)
		if (strcmp(w->templates[i], text) == 0)
			return;
	if (w->n_templates < IMA_TEMPLATES)
		memcpy(w->templates[w->n_templates++], text, sizeof(text));
}

static void
take_entry(struct ima_walk *w, struct ima_entry *e)
{
	bool wrong = ima_event_check_kind(e, NULL) < 0;

	if (e->index == 0)
		w->aggregate = bytes_equal_text(e->name, "boot_aggregate");
	if (e->violation)
		w->n_violations++;
	else if (wrong && w->n_wrong++ == 0)
		w->first_wrong = e->index;
	if (e->sig.len > 0)
		w->n_signed++;
	if ((e->fields & IMA_F_BUF) != 0)
		w->n_buffers++;
	note_template(w, e->template_name);
	w->n++;
	if (e->pcr != IMA_PCR) {
		w->n_other++;
		return;
	}
	for (unsigned bank = 0; bank < IMA_BANKS; bank++)
		ima_extend((enum hash_alg)bank, e, w->pcr[bank]);
}

/*
 * ERR_SHORT: the window ends inside an entry. That is the end of the file's
 * list where nothing more comes, but a last line may lack its newline.
 */
static int
go_on(struct walker *k, struct diag *d)
{
	size_t off = k->it.off;
	struct diag why = { 0 };
	struct bytes rest;
	int r;

	if (k->in->more) {
		if (off == 0)
			return ERR_SHORT;
		if ((r = window_pass(k->in, off, &why)) < 0) {
			*d = why;
			return r;
		}
		start_window(k, k->in->in);
		return ERR_OK;
	}
	rest = bytes_of(k->it.window.p + off, k->it.window.len - off);
	if (!k->w->ascii || k->last.len > 0)
		return ERR_SHORT;
	if (!buf_put(&k->last, rest) || !buf_put_u8(&k->last, '\n'))
		return diag_nomem(d);
	if ((r = window_pass(k->in, off, d)) < 0)
		return r;
	if (k->w->n == 0)
		k->w->alg = find_alg(k, buf_bytes(&k->last));
	start_window(k, buf_bytes(&k->last));
	return ERR_OK;
}

static int
walk(struct walker *k, ima_entry_fn fn, void *arg, struct diag *d)
{
	struct ima_entry e;
	int r;

	for (;;) {
		r = ima_next(&k->it, &e, d);
		if (r == ERR_OK) {
			take_entry(k->w, &e);
			r = fn(k->w, &e, k->in->at + e.offset, arg, d);
		} else if (r == ERR_SHORT ||
		    (r == ERR_NOT_FOUND && k->in->more)) {
			r = go_on(k, d);
		} else {
			return r == ERR_NOT_FOUND ? ERR_OK : r;
		}
		if (r < 0)
			return r;
	}
}

int
ima_walk(struct ima_walk *w, struct window *in, ima_entry_fn fn, void *arg,
    struct diag *d)
{
	auto_free struct ima_scratch *scratch = malloc(sizeof(*scratch));
	struct walker k = { .w = w,
		.in = in,
		.scratch = scratch,
		.last = BUF_INIT(4 * IMA_TEMPLATE_DATA_MAX) };
	int r;

	if (scratch == NULL)
		return diag_nomem(d);
	k.it.form = w->ascii ? IMA_ASCII : IMA_BINARY;
	w->alg = find_alg(&k, in->in);
	start_window(&k, in->in);
	r = walk(&k, fn, arg, d);
	if (r < 0)
		diag_prefix(d, "entry %llu", (unsigned long long)w->n);
	buf_free(&k.last);
	return r;
}
