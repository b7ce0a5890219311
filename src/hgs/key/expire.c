/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/key/expire.h"

#include <string.h>

#include "hgs/common/store_client.h"
#include "proto/records.h"

#define PREFIX       "request/"
#define EVERY        32 /* requests; a page has 64 rows, so this keeps up */
#define KEEP_SECONDS (2 * REQUEST_SKEW + 60)

static bool
is_stale(const struct store_row *row, uint64_t now)
{
	struct request_record rec;

	return fields_decode(&request_record_fields, row->value, &rec, NULL) ==
	    ERR_OK &&
	    rec.time + KEEP_SECONDS < now;
}

static int
remove_stale(struct keyhold *k, const struct store_page *page, uint64_t now)
{
	static struct store_commit c;
	int r = ERR_OK;

	c.n_changes = 0;
	c.n_audits = 0;
	for (size_t i = 0; i < page->n_rows && r == ERR_OK; i++) {
		if (!is_stale(&page->rows[i], now))
			continue;
		c.changes[c.n_changes++] =
		    (struct store_change){ page->rows[i].key, STORE_ANY, true,
			    BYTES_NONE };
		if (c.n_changes == STORE_CHANGES_MAX) {
			r = store_write(k->store_fd, &c, NULL, NULL);
			c.n_changes = 0;
		}
	}
	if (r == ERR_OK && c.n_changes > 0)
		r = store_write(k->store_fd, &c, NULL, NULL);
	return r;
}

void
requests_expire(struct keyhold *k, uint64_t now)
{
	static struct store_page page;
	static char after[STORE_KEY_MAX + 1];
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);

	if (k->n_requests % EVERY != 0 ||
	    store_list(k->store_fd, PREFIX, bytes_of_text(after), &storage,
		&page, NULL) < 0 ||
	    remove_stale(k, &page, now) < 0)
		return;
	/* Ids are random: walking in their order visits all in turn. */
	after[0] = '\0';
	if (page.more && page.n_rows > 0) {
		struct bytes last = page.rows[page.n_rows - 1].key;

		memcpy(after, last.p, last.len);
		after[last.len] = '\0';
	}
}
