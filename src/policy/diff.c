/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/diff.h"

#include "base/text.h"

#define DIFF_LABEL "shieldwall baseline diff 1"

/* PCR values commit to every event; PCR 10 and 15 differ from boot to boot. */
void
baseline_diff_digest(const uint8_t id[static SHA256_SIZE],
    const struct findings *f, uint8_t ret[static SHA256_SIZE])
{
	struct bytes parts[4 + PCR_COUNT];
	size_t n = 0;

	parts[n++] = BYTES_OF_ARRAY(DIFF_LABEL);
	parts[n++] = bytes_of(id, SHA256_SIZE);
	parts[n++] = bytes_of(&f->locality, 1);
	parts[n++] = BYTES_OF_ARRAY(f->cmdline.digest);
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++)
		if ((BASELINE_PCRS >> pcr & 1) != 0)
			parts[n++] = BYTES_OF_ARRAY(f->pcrs.v[pcr]);
	hash_parts(HASH_SHA256, parts, n, ret);
}

static void
put_digest(struct buf *b, const char *what, const uint8_t *digest)
{
	if (bytes_all_zero(bytes_of(digest, SHA256_SIZE)))
		return;
	(void)buf_printf(b, "  %-9s", what);
	(void)hex_put(b, bytes_of(digest, SHA256_SIZE));
	(void)buf_put_text(b, "\n");
}

static void
put_event(struct buf *b, const struct finding_event *e)
{
	char type[24];

	(void)buf_printf(b, "PCR %u: %s %.*s\n", e->pcr,
	    tcg_event_type_name(e->type, type, sizeof(type)), (int)e->label.len,
	    e->label.len == 0 ? "" : (const char *)e->label.p);
	put_digest(b, "got", e->digest);
}

/* The short form, before the long one: "differs in: kernel, initrd". */
static void
put_components(const struct comparison *c, struct buf *ret)
{
	uint32_t mask = comparison_components(c);
	const char *before = "differs in: ";

	for (unsigned i = 0; i < COMPONENT_COUNT; i++) {
		if ((mask >> i & 1) == 0)
			continue;
		(void)buf_printf(ret, "%s%s", before,
		    component_words((enum component)i));
		before = ", ";
	}
	(void)buf_put_text(ret, "\n");
}

static void
put_differences(const struct baseline *b, const struct findings *f,
    struct buf *ret)
{
	struct comparison c;

	baseline_compare(b, f, &c);
	if (c.equal)
		(void)buf_printf(ret, "equal to baseline %.*s\n",
		    (int)b->name.len, (const char *)b->name.p);
	else
		put_components(&c, ret);
	for (size_t i = 0; i < c.n; i++) {
		(void)buf_printf(ret, "%s\n", c.list[i].text);
		put_digest(ret, "expected", c.list[i].expected);
		put_digest(ret, "got", c.list[i].got);
	}
	if (c.cut)
		(void)buf_put_text(ret, "there are more differences\n");
}

int
baseline_diff(const struct baseline *b, const uint8_t id[static SHA256_SIZE],
    const struct findings *f, struct buf *ret_text,
    uint8_t ret_digest[static SHA256_SIZE], struct diag *d)
{
	struct reader r = reader_of(f->events);
	struct finding_event e;
	int err;

	if (b != NULL)
		put_differences(b, f, ret_text);
	else
		while (finding_event_read(&r, &e))
			put_event(ret_text, &e);
	if ((err = buf_check(ret_text, "diff", d)) < 0)
		return err;
	baseline_diff_digest(id, f, ret_digest);
	return ERR_OK;
}
