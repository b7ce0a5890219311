/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm.json: what it says comes back as it was, and no word more gets in.
 */
#include "t.h"

#include "vm/config.h"

#define HEX16 "000102030405060708090a0b0c0d0e0f"
#define HEX32 HEX16 HEX16

#define NAME "{\"version\":1,\"name\":\"web1\","
#define ON   "\"secure_boot\":true,\"tpm\":true,\"state_encryption\":true,"
#define SHUT                                                           \
	ON "\"integration\":false,\"console\":false,\"serial\":false," \
	   "\"debug\":false,"
#define HEAD             NAME "\"level\":\"shielded\"," SHUT
#define SIZE             "\"cpus\":2,\"memory\":512,\"firmware\":\"" HEX32 "\","
#define DISK             "{\"file\":\"disk0.img\",\"id\":\"" HEX16 "\"}"
#define TAIL             "\"disks\":[" DISK "],\"networks\":[]}"
#define GOOD             HEAD SIZE TAIL
#define NET(bridge, mac) "{\"bridge\":\"" bridge "\",\"mac\":\"" mac "\"}"
#define OPEN                                                                    \
	NAME                                                                    \
	    "\"level\":\"regular\",\"secure_boot\":false,\"tpm\":false,"        \
	    "\"state_encryption\":false,\"integration\":true,\"console\":true," \
	    "\"serial\":true,\"debug\":true," SIZE "\"disks\":[" DISK           \
	    "],\"networks\":[" NET("br0", "02:00:5e:00:00:0a") "]}"

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	struct vm_config c;
	struct diag d = { 0 };

	(void)arg;
	return vm_config_parse(bytes_of(p, n), &c, &d) == ERR_OK;
}

static void
refuses(const char *json, const char *what)
{
	struct vm_config c = { .cpus = 77 };
	struct diag d = { 0 };
	int r = vm_config_parse(bytes_of_text(json), &c, &d);

	CHECK(r == ERR_REFUSED && c.cpus == 77 &&
		(d.reason == REASON_FileInvalid ||
		    d.reason == REASON_PolicyLowered ||
		    d.reason == REASON_UnsupportedVersion) &&
		strncmp(d.text, "vm.json: ", 9) == 0,
	    "%s: refused by file, place and reason (%s)", what, d.text);
}

static void
test_read(void)
{
	struct vm_config c = { 0 };
	struct diag d = { 0 };
	auto_buf struct buf out = BUF_INIT(VM_CONFIG_MAX);

	CHECK(vm_config_parse(bytes_of_text(GOOD), &c, &d) == ERR_OK,
	    "a good file is read");
	CHECK(strcmp(c.name, "web1") == 0 && c.level == VM_LEVEL_SHIELDED &&
		c.cpus == 2 && c.memory == 512 && c.firmware[31] == 0x0f &&
		c.n_disks == 1 && c.n_nets == 0 &&
		c.features == vm_features_default(VM_LEVEL_SHIELDED, 0) &&
		strcmp(c.disks[0].file, "disk0.img") == 0 &&
		c.disks[0].id[1] == 1,
	    "every word of it arrives");
	CHECK(vm_config_write(&c, &out, &d) == ERR_OK &&
		bytes_equal_text(buf_bytes(&out), GOOD "\n"),
	    "it is written as it was read");
	buf_reset(&out);
	CHECK(vm_config_parse(bytes_of_text(OPEN), &c, &d) == ERR_OK &&
		c.level == VM_LEVEL_REGULAR && c.n_nets == 1 &&
		strcmp(c.nets[0].bridge, "br0") == 0 && c.nets[0].mac[5] == 10,
	    "a regular VM's too");
	CHECK(vm_config_write(&c, &out, &d) == ERR_OK &&
		bytes_equal_text(buf_bytes(&out), OPEN "\n"),
	    "and is written as it was read");
	c.cpus = 0;
	CHECK(vm_config_write(&c, &out, &d) != ERR_OK,
	    "what could not be read is not written");
	CHECK(t_truncations((const uint8_t *)GOOD, strlen(GOOD), accepts,
		  NULL) == 0,
	    "no beginning of a file is taken for a file");
	CHECK(t_trailing((const uint8_t *)GOOD, strlen(GOOD), accepts, NULL) ==
		false,
	    "nothing may follow");
}

static void
test_refused(void)
{
	refuses(HEAD SIZE "\"qemu\":\"-monitor stdio\"," TAIL,
	    "T74 an argument for QEMU");
	refuses(NAME "\"level\":\"shielded\"," ON
		     "\"integration\":false,\"console\":false,"
		     "\"serial\":true,\"debug\":false," SIZE TAIL,
	    "T74 a shielded VM's serial port");
	refuses(HEAD SIZE "\"usb\":true," TAIL, "T74 a device of no kind");
	refuses(HEAD SIZE "\"cpus\":3," TAIL, "T59 a word twice");
	refuses(HEAD SIZE "\"disks\":[" DISK "]}", "a word missing");
	refuses(HEAD SIZE "\"disks\":[],\"networks\":[]}", "no disk");
	refuses(HEAD SIZE "\"disks\":[" DISK "," DISK "],\"networks\":[]}",
	    "a disk twice");
	refuses(HEAD SIZE "\"disks\":[" DISK "],\"networks\":[{}]}",
	    "a network without a word");
	refuses(HEAD SIZE "\"disks\":[" DISK "],\"networks\":[" NET("br 0",
		    "02:00:5e:00:00:01") "]}",
	    "T74 a bridge that is no name");
	refuses(HEAD SIZE "\"disks\":[" DISK "],\"networks\":[" NET("br0",
		    "03:00:5e:00:00:01") "]}",
	    "a group's address");
	refuses(HEAD SIZE "\"disks\":[" DISK "],\"networks\":[" NET("br0",
		    "02:00:5e:00:00:0") "]}",
	    "a short address");
	refuses(HEAD SIZE
	    "\"disks\":[" DISK "],\"networks\":[" NET("br0",
		"02:00:5e:00:00:01") "," NET("br1", "02:00:5e:00:00:01") "]}",
	    "an address twice");
	refuses(HEAD SIZE "\"disks\":[{\"file\":\"../disk\",\"id\":\"" HEX16
			  "\"}],\"networks\":[]}",
	    "T60 a file outside the folder");
	refuses(HEAD SIZE "\"disks\":[{\"file\":\"nvram\",\"id\":\"" HEX16
			  "\"}],\"networks\":[]}",
	    "T60 a disk over the firmware's variables");
	refuses(HEAD SIZE "\"disks\":[{\"file\":\"a\",\"id\":\"00\"}],"
			  "\"networks\":[]}",
	    "a short disk id");
	refuses("{\"version\":2,\"name\":\"a\",\"level\":\"shielded\"," SHUT
		    SIZE TAIL,
	    "another version");
	refuses(NAME "\"level\":\"open\"," SHUT SIZE TAIL, "another level");
	refuses("{\"version\":1,\"name\":\"a b\","
		"\"level\":\"shielded\"," SHUT SIZE TAIL,
	    "T98 a name that is none");
	refuses(HEAD "\"cpus\":0,\"memory\":512,\"firmware\":\"" HEX32
		     "\"," TAIL,
	    "no processor");
	refuses(HEAD "\"cpus\":1,\"memory\":1,\"firmware\":\"" HEX32 "\"," TAIL,
	    "too little memory");
	refuses(HEAD "\"cpus\":1,\"memory\":512,\"firmware\":\"" HEX16
		     "\"," TAIL,
	    "half a firmware digest");
}

int
main(void)
{
	test_read();
	test_refused();
	return t_done();
}
