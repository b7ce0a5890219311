/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm.json: what it says comes back as it was, and no word more gets in.
 */
#include "t.h"

#include "vm/config.h"

#define HEX16 "000102030405060708090a0b0c0d0e0f"
#define HEX32 HEX16 HEX16

#define HEAD "{\"version\":1,\"name\":\"web1\",\"level\":\"shielded\","
#define SIZE "\"cpus\":2,\"memory\":512,\"firmware\":\"" HEX32 "\","
#define DISK "{\"file\":\"disk0.img\",\"id\":\"" HEX16 "\"}"
#define TAIL "\"disks\":[" DISK "],\"networks\":[]}"
#define GOOD HEAD SIZE TAIL

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
		c.n_disks == 1 && strcmp(c.disks[0].file, "disk0.img") == 0 &&
		c.disks[0].id[1] == 1,
	    "every word of it arrives");
	CHECK(vm_config_write(&c, &out, &d) == ERR_OK &&
		bytes_equal_text(buf_bytes(&out), GOOD "\n"),
	    "it is written as it was read");
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
	refuses(HEAD SIZE "\"serial\":true," TAIL, "T74 a serial port");
	refuses(HEAD SIZE "\"cpus\":3," TAIL, "T59 a word twice");
	refuses(HEAD SIZE "\"disks\":[" DISK "]}", "a word missing");
	refuses(HEAD SIZE "\"disks\":[],\"networks\":[]}", "no disk");
	refuses(HEAD SIZE "\"disks\":[" DISK "," DISK "],\"networks\":[]}",
	    "a disk twice");
	refuses(HEAD SIZE "\"disks\":[" DISK "],\"networks\":[{}]}",
	    "a network");
	refuses(HEAD SIZE "\"disks\":[{\"file\":\"../disk\",\"id\":\"" HEX16
			  "\"}],\"networks\":[]}",
	    "T60 a file outside the folder");
	refuses(HEAD SIZE "\"disks\":[{\"file\":\"nvram\",\"id\":\"" HEX16
			  "\"}],\"networks\":[]}",
	    "T60 a disk over the firmware's variables");
	refuses(HEAD SIZE "\"disks\":[{\"file\":\"a\",\"id\":\"00\"}],"
			  "\"networks\":[]}",
	    "a short disk id");
	refuses("{\"version\":2,\"name\":\"a\",\"level\":\"shielded\"," SIZE
		    TAIL,
	    "another version");
	refuses("{\"version\":1,\"name\":\"a\",\"level\":\"regular\"," SIZE
		    TAIL,
	    "another level");
	refuses("{\"version\":1,\"name\":\"a b\",\"level\":\"shielded\"," SIZE
		    TAIL,
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
