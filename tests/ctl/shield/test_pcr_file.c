/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/shield/pcr_file.h"

#include "t.h"

#define H1   "00112233445566778899aabbccddeeff00112233"
#define H256 H1 "44556677889900112233aabb"

static bool
reads(const char *text, struct pcr_file *ret, struct diag *d)
{
	return pcr_file_parse(bytes_of_text(text), ret, d) == ERR_OK;
}

static void
check_refused(const char *text, const char *what)
{
	struct pcr_file f;
	struct diag d = { 0 };

	CHECK(!reads(text, &f, &d), "%s is refused (%s)", what, d.text);
}

int
main(void)
{
	struct pcr_file f;
	struct diag d = { 0 };

	CHECK(reads("0 " H256 "\n7 " H1 "\n", &f, &d) &&
		pcr_file_has(&f, HASH_SHA256, 0) &&
		pcr_file_has(&f, HASH_SHA1, 7) &&
		!pcr_file_has(&f, HASH_SHA256, 7) &&
		f.v[HASH_SHA1][7][1] == 0x11,
	    "lines \"N HEX\": the length says of which bank");
	CHECK(reads("# read today\n\nsha256:23 0x" H256 "\nsm3_256:1 " H256, &f,
		  &d) &&
		pcr_file_has(&f, HASH_SHA256, 23) &&
		pcr_file_has(&f, HASH_SM3, 1),
	    "lines \"sha256:N HEX\", with 0x, comments, no last newline");
	CHECK(reads("  sha1:\n    0 : 0x" H1 "\n    10: 0x" H1
		    "\r\n  sha256:\n    0 : 0x" H256 "\n",
		  &f, &d) &&
		f.given[HASH_SHA1] == 0x401 && f.given[HASH_SHA256] == 1,
	    "what tpm2_pcrread prints");
	check_refused("", "nothing");
	check_refused("sha256:\n", "a bank without values");
	check_refused("24 " H256, "T15 a PCR that does not exist");
	check_refused("0 " H256 "\n0 " H256, "a value twice");
	check_refused("0 " H256 "00", "a value of no bank's length");
	check_refused("sha1:0 " H256, "one of another bank's length");
	check_refused("0 " H1 " x", "a word too much");
	check_refused("-1 " H256, "a sign");
	check_refused("0", "a PCR without a value");
	check_refused("md5:0 " H1, "a bank that is not known");
	check_refused("sha256 0 " H256, "a bank without its colon");
	return t_done();
}
