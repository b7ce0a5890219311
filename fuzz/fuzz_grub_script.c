/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two files of GRUB and the texts that a boot measured, each behind a NUL. What
 * is foreseen is as many commands; a file that did not change changes nothing.
 */
#include "fuzz.h"

#include <string.h>

#include "base/text.h"
#include "policy/grub_follow.h"

static struct bytes
next_part(struct bytes *rest)
{
	const uint8_t *end =
	    rest->len > 0 ? memchr(rest->p, 0, rest->len) : NULL;
	size_t n = end != NULL ? (size_t)(end - rest->p) : rest->len;
	struct bytes part = bytes_of(rest->p, n);

	n += end != NULL;
	*rest = bytes_of(rest->p + n, rest->len - n);
	return part;
}

static void
put_events(struct grub_follow *f, struct bytes texts)
{
	struct bytes line;

	f->n_events = 0;
	while (f->n_events < 64 && text_next_line(&texts, &line)) {
		struct grub_event *e = &f->events[f->n_events++];

		sha256(line, e->digest);
		/* Some are known by their digest alone. */
		e->text = f->n_events % 4 == 0 ? BYTES_NONE : line;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct grub_follow f;
	struct bytes rest = bytes_of(p, n), old, new, texts;

	if (n > 16384)
		return 0;
	old = next_part(&rest);
	new = next_part(&rest);
	texts = rest;
	put_events(&f, texts);
	if (grub_follow(&f, old, new, NULL) == ERR_OK &&
	    (f.outcome.n == 0 || f.outcome.n > f.n_events))
		abort();
	if (grub_follow(&f, old, old, NULL) < 0)
		return 0;
	for (size_t i = 0; i < f.outcome.n; i++)
		if (f.outcome.events[i].text.p != NULL)
			abort();
	return 0;
}
