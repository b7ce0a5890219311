/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value at a time, as a line and as a member of an object.
 */
#include <stdio.h>

#include "base/text.h"
#include "ctl/common/reply.h"
#include "ctl/shield/evidence.h"

#define SHOWN_MAX 2000

/* Zero bytes would end a line early; the rest is escaped when it is printed. */
static void
put_line(struct show *s, const char *name, struct bytes value)
{
	char text[SHOWN_MAX + 1];
	size_t n = 0;

	for (; n < value.len && n < SHOWN_MAX; n++)
		text[n] = value.p[n] == 0 ? '?' : (char)value.p[n];
	text[n] = '\0';
	reply_line(s->cli, "  %-19s %s%s", name, text,
	    value.len > SHOWN_MAX ? "..." : "");
}

void
show_text(struct show *s, struct json_out *o, const char *key, const char *name,
    struct bytes value)
{
	json_out_put_text(o, key, value);
	if (name != NULL)
		put_line(s, name, value);
}

void
show_hex(struct show *s, struct json_out *o, const char *key, const char *name,
    struct bytes value)
{
	char hex[2 * SHOWN_MAX / 2 + 1];

	json_out_put_hex(o, key, value);
	if (value.len > SHOWN_MAX / 2)
		value.len = SHOWN_MAX / 2;
	hex_format(value, hex);
	reply_line(s->cli, "  %-19s %s", name,
	    value.len == 0 ? "(empty)" : hex);
}

void
show_number(struct show *s, struct json_out *o, const char *key,
    const char *name, uint64_t value)
{
	/* JSON numbers of the house end at 2^63 - 1. */
	json_out_put_number(o, key, value > INT64_MAX ? INT64_MAX : value);
	reply_line(s->cli, "  %-19s %llu", name, (unsigned long long)value);
}

void
show_flag(struct show *s, struct json_out *o, const char *key, const char *name,
    bool value)
{
	json_out_put_bool(o, key, value);
	reply_line(s->cli, "  %-19s %s", name, value ? "yes" : "no");
}

int
show_data(struct show *s, const char *part, struct buf *json, struct diag *d)
{
	int r = buf_check(json, part, d);

	return r < 0 ? r : reply_data_json(s->cli, part, buf_bytes(json), d);
}

void
pcr_list(uint32_t mask, char ret[static PCR_LIST_MAX])
{
	size_t n = 0;

	ret[0] = '\0';
	for (unsigned i = 0; i < 32; i++) {
		unsigned last = i;
		int put;

		if ((mask >> i & 1) == 0)
			continue;
		while (last < 31 && (mask >> (last + 1) & 1) != 0)
			last++;
		put = snprintf(ret + n, PCR_LIST_MAX - n,
		    last > i + 1   ? "%s%u-%u"
			: last > i ? "%s%u, %u"
				   : "%s%u",
		    n > 0 ? ", " : "", i, last);
		if (put > 0)
			n += (size_t)put;
		i = last;
	}
	if (n == 0)
		(void)snprintf(ret, PCR_LIST_MAX, "none");
}
