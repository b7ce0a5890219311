/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a host's file systems stand on, by its IMA list: of a recorded host with
 * an encrypted root, and of lists in which something is not as it should be.
 */
#include "policy/ima_devices.h"

#include "ima_mapped.h"

static struct ima_devices s;
static struct findings_store store;
static struct ima_facts facts;

static void
walk(struct bytes list)
{
	ima_devices_list(&s, list);
	facts = (struct ima_facts){ 0 };
	ima_devices_end(&s, &store, &facts);
}

static bool
mapped_as(const char *name, enum ima_dm_kind kind)
{
	for (size_t i = 0; i < facts.n_mapped; i++)
		if (bytes_equal_text(facts.mapped[i].name, name))
			return facts.mapped[i].kind == kind;
	return false;
}

static void
test_recorded(void)
{
	size_t len;
	uint8_t *p = t_corpus(
	    "recordings/host-uki-luks-root/binary_runtime_measurements", &len);

	if (p == NULL)
		return;
	walk(bytes_of(p, len));
	CHECK(facts.mapped_known && facts.n_mapped == 1 &&
		mapped_as("root", IMA_DM_CRYPT),
	    "a recorded host with LUKS: its root is on dm-crypt");
	free(p);
}

static void
test_made(void)
{
	static const char *const bad[] = { CRYPT("cipher_null-ecb", "16"),
		CRYPT("capi:ecb(cipher_null)-plain", "16"),
		CRYPT("aes-xts-plain64", "0"), CRYPT("aes-xts-plain64", "8") };
	struct buf list = BUF_INIT(IMA_LIST_LIMIT);
	char text[1024];

	walk(BYTES_NONE);
	CHECK(facts.mapped_known && facts.n_mapped == 0,
	    "a host without device-mapper is known to have nothing mapped");
	MAP(&list, "root", "0", CRYPT("aes-xts-plain64", "64"));
	MAP(&list, "we\\=ird", "1", CRYPT("aes-xts-plain64", "64"));
	ima_put_file(&list, "/bin/true", "true");
	walk(buf_bytes(&list));
	CHECK(facts.mapped_known && facts.n_mapped == 1 &&
		mapped_as("root", IMA_DM_CRYPT),
	    "a device in use is told, one without a plain name is not");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		list.len = 0;
		(void)snprintf(text, sizeof(text), "%s%s", DEVICE("root", "0"),
		    bad[i]);
		map(&list, DEVICE("root", "0"), text);
		walk(buf_bytes(&list));
		CHECK(facts.mapped_known && facts.n_mapped == 0,
		    "T70 a cipher or key that encrypts nothing is no dm-crypt: "
		    "%zu",
		    i);
	}
	buf_free(&list);
}

static void
lost(struct bytes list, const char *what)
{
	walk(list);
	CHECK(!facts.mapped_known && facts.n_mapped == 0,
	    "nothing is known of devices %s", what);
}

static void
test_lost(void)
{
	static const uint8_t zero[32];
	auto_buf struct buf data = BUF_INIT(256);
	struct buf list = BUF_INIT(IMA_LIST_LIMIT);
	size_t good;

	MAP(&list, "root", "0", CRYPT("aes-xts-plain64", "64"));
	good = list.len;
	ima_put_buffer(&list, "dm_device_rename",
	    bytes_of_text(DEVICE("root", "0") "new_name=old,new_uuid=;"
					      "current_device_capacity=8;"));
	lost(buf_bytes(&list), "after one got another name");
	list.len = good;
	MAP(&list, "root", "1", CRYPT("aes-xts-plain64", "64"));
	lost(buf_bytes(&list), "where two have one name");
	list.len = good;
	ima_put_buffer(&list, "dm_table_load", bytes_of_text("gibberish"));
	lost(buf_bytes(&list), "after an event that is not understood");
	list.len = good;
	resume(&list, DEVICE("root", "0"), "never loaded");
	lost(buf_bytes(&list), "after a table that nobody loaded is in use");
	list.len = good;
	ima_put_data(&data, zero, "dm_table_load", &BYTES_NONE);
	ima_put_entry(&list, "ima-buf", buf_bytes(&data), true);
	lost(buf_bytes(&list), "after an event of which nothing can be said");
	list.len = 0;
	for (unsigned i = 0; i <= IMA_MAPPED_MAX; i++) {
		char device[200], loaded[800];

		(void)snprintf(device, sizeof(device),
		    "dm_version=4.47.0;name=d%u,uuid=,major=253,minor=%u,"
		    "minor_count=1,num_targets=1;",
		    i, i);
		(void)snprintf(loaded, sizeof(loaded), "%s%s", device,
		    CRYPT("aes-xts-plain64", "64"));
		map(&list, device, loaded);
	}
	lost(buf_bytes(&list), "where there are more than can be told");
	buf_free(&list);
	ima_devices_start(&s, false);
	ima_devices_end(&s, &store, &facts);
	CHECK(!facts.mapped_known,
	    "nothing is known of devices where the list goes on from a cursor");
}

int
main(void)
{
	test_recorded();
	test_made();
	test_lost();
	return t_done();
}
