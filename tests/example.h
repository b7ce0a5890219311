/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worked example of a document in doc/: hex between the lines
 * -----BEGIN EXAMPLE----- and -----END EXAMPLE-----, white space ignored. A
 * document with several examples is read by their number, from 0.
 */
#ifndef TESTS_EXAMPLE_H
#define TESTS_EXAMPLE_H

#include "base/buf.h"
#include "base/text.h"
#include "t.h"

static inline void
t_example_n(const char *document, unsigned number, struct buf *ret)
{
	static const char begin[] = "-----BEGIN EXAMPLE-----\n";
	static const char end[] = "-----END EXAMPLE-----";
	struct buf hex = BUF_INIT((size_t)1 << 20);
	char name[300], *text, *p, *stop;
	size_t len;

	(void)snprintf(name, sizeof(name), "../doc/%s", document);
	text = (char *)t_load(name, &len);
	text = realloc(text, len + 1);
	if (text == NULL)
		t_bail("out of memory");
	text[len] = '\0';

	p = strstr(text, begin);
	while (p != NULL && number-- > 0)
		p = strstr(p + 1, begin);
	stop = p != NULL ? strstr(p, end) : NULL;
	if (stop == NULL)
		t_bail("%s: there is no such example", document);
	for (p += sizeof(begin) - 1; p < stop; p++)
		if (strchr(" \t\r\n", *p) == NULL)
			buf_put_u8(&hex, (uint8_t)*p);
	if (hex_decode(buf_bytes(&hex), ret, NULL) < 0)
		t_bail("%s: the example is not hex", document);
	buf_free(&hex);
	free(text);
}

/* Appends the bytes of doc/<document>'s first example. */
static inline void
t_example(const char *document, struct buf *ret)
{
	t_example_n(document, 0, ret);
}

#endif
