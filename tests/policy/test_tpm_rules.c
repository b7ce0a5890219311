/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/tpm_rules.h"

#include "host.h"

static const struct tpm_kind infineon = { .vouched = true,
	.has_vendor = true,
	.vendor = 0x49465800,
	.firmware = 0x0007005511000000 };

static void
test_vendors(void)
{
	static const char *const bad[] = { "", ",", "INTC,", ",INTC",
		"INTC,,STM", "intc", "id:494e544", "id:494e5443x", "INTC STM",
		"INTC,INTC", "INTC,id:494e5443", "INTC>=1.0" };
	struct tpm_rules x = { 0 }, before = { .n_vendors = 1, { 5 } };
	char text[TPM_RULES_TEXT_MAX];
	struct buf many = BUF_INIT(1024);
	struct diag d = { 0 };

	CHECK(tpm_vendors_parse(bytes_of_text("INTC,id:53544d20"), &x, &d) ==
		    0 &&
		x.n_vendors == 2 && x.vendors[0] == 0x494e5443 &&
		x.vendors[1] == 0x53544d20,
	    "vendors by name and by number: %s", d.text);
	tpm_vendors_text(&x, text);
	CHECK(strcmp(text, "id:494E5443,id:53544D20") == 0, "one notation: %s",
	    text);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		x = before;
		CHECK(tpm_vendors_parse(bytes_of_text(bad[i]), &x, &d) ==
			    ERR_USAGE &&
			x.n_vendors == 1 && x.vendors[0] == 5,
		    "T28 no list of vendors: '%s': %s", bad[i], d.text);
	}
	for (unsigned i = 0; i < TPM_RULES_MAX; i++)
		buf_printf(&many, "%sid:%08X", i == 0 ? "" : ",", i + 1);
	CHECK(tpm_vendors_parse(buf_bytes(&many), &x, &d) == 0 &&
		x.n_vendors == TPM_RULES_MAX,
	    "as many as there may be");
	tpm_vendors_text(&x, text);
	CHECK(bytes_equal_text(buf_bytes(&many), text), "all are written");
	buf_printf(&many, ",AMD");
	CHECK(tpm_vendors_parse(buf_bytes(&many), &x, &d) == ERR_USAGE,
	    "one more: %s", d.text);
	buf_free(&many);
}

static void
test_minimums(void)
{
	static const char *const bad[] = { "", "IFX", "IFX>=", "IFX>=7",
		"IFX>=7.", "IFX>=.7", "IFX>7.85", "IFX>=7.85.1", "IFX>=65536.0",
		"IFX>=0.65536", "IFX>=-1.0", "IFX>=07.85", ">=1.0",
		"IFX>=7.85,IFX>=7.86", "IFX>=7.85,", "NOBODY>=1.0" };
	struct tpm_rules x = { 0 };
	char text[TPM_RULES_TEXT_MAX];
	struct diag d = { 0 };

	CHECK(tpm_minimums_parse(bytes_of_text(
				     "IFX>=7.85,id:53544D20>=65535.65535"),
		  &x, &d) == 0 &&
		x.n_minimums == 2 && x.minimums[0].version == 0x00070055 &&
		x.minimums[1].version == 0xffffffff,
	    "minimums: %s", d.text);
	tpm_minimums_text(&x, text);
	CHECK(strcmp(text, "id:49465800>=7.85,id:53544D20>=65535.65535") == 0,
	    "one notation: %s", text);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(tpm_minimums_parse(bytes_of_text(bad[i]), &x, &d) ==
			    ERR_USAGE &&
			x.n_minimums == 2,
		    "T18 no list of minimums: '%s': %s", bad[i], d.text);
}

static void
test_vendor_judged(void)
{
	struct tpm_rules rules = { 0 };
	struct tpm_kind kind = infineon;
	struct diag d = { 0 };

	CHECK(tpm_vendor_judge(&rules, &kind, &d) == ERR_REFUSED,
	    "T28 an empty list accepts nobody: %s", d.text);
	if (tpm_vendors_parse(bytes_of_text("INTC,IFX"), &rules, &d) < 0)
		t_bail("%s", d.text);
	CHECK(tpm_vendor_judge(&rules, &kind, &d) == ERR_OK,
	    "a vendor on the list");
	kind.vendor = 0x00001014;
	CHECK(tpm_vendor_judge(&rules, &kind, &d) == ERR_REFUSED &&
		strstr(d.text, "SWTPM") != NULL,
	    "T28 a software TPM where hardware is wanted: %s", d.text);
	kind = infineon;
	kind.vouched = false;
	CHECK(tpm_vendor_judge(&rules, &kind, &d) == ERR_REFUSED,
	    "T28 a pinned key has no vendor: %s", d.text);
	kind = infineon;
	kind.has_vendor = false;
	CHECK(tpm_vendor_judge(&rules, &kind, &d) == ERR_REFUSED,
	    "T28 a certificate that names no vendor: %s", d.text);
}

static void
test_firmware_judged(void)
{
	struct tpm_rules rules = { 0 };
	struct tpm_kind kind = infineon;
	struct diag d = { 0 };

	if (tpm_minimums_parse(bytes_of_text("IFX>=7.85"), &rules, &d) < 0)
		t_bail("%s", d.text);
	CHECK(tpm_firmware_judge(&rules, &kind, &d) == ERR_OK,
	    "the very minimum is enough");
	kind.firmware = 0x00070054ffffffff;
	CHECK(tpm_firmware_judge(&rules, &kind, &d) == ERR_REFUSED &&
		strstr(d.text, "7.84") != NULL,
	    "T18 firmware one version older: %s", d.text);
	kind.firmware = 0x0006ffff00000000;
	CHECK(tpm_firmware_judge(&rules, &kind, &d) == ERR_REFUSED,
	    "T18 the major number counts first: %s", d.text);
	kind.firmware = 0x0008000000000000;
	CHECK(tpm_firmware_judge(&rules, &kind, &d) == ERR_OK,
	    "newer firmware");
	kind.vendor = 0x53544d20;
	CHECK(tpm_firmware_judge(&rules, &kind, &d) == ERR_REFUSED,
	    "T18 a vendor without a minimum: %s", d.text);
	kind = infineon;
	kind.vouched = false;
	CHECK(tpm_firmware_judge(&rules, &kind, &d) == ERR_REFUSED,
	    "T18 whose firmware a pinned key's TPM has is not known: %s",
	    d.text);
}

/* Through the whole judgement: off, on, and with its own sub-status. */
static void
test_judged(void)
{
	struct policy_set set = policy_set_default();
	struct host *h = host_make("host-good", NULL);
	struct baseline b = baseline_of(h, BASELINE_PRODUCTION);
	struct diag d = { 0 };
	struct verdict *v;

	CHECK(judge(h, &set, &b)->status == VERDICT_PASSED,
	    "both are off by default");
	if (policy_set_change(&set, POLICY_TPM_VENDOR, true, &d) < 0 ||
	    policy_set_change(&set, POLICY_TPM_FIRMWARE, true, &d) < 0 ||
	    policy_set_parameter(&set, POLICY_TPM_VENDOR, bytes_of_text("IFX"),
		&d) < 0 ||
	    policy_set_parameter(&set, POLICY_TPM_FIRMWARE,
		bytes_of_text("IFX>=7.85"), &d) < 0)
		t_bail("%s", d.text);
	v = judge(h, &set, &b);
	CHECK(v->status == VERDICT_REFUSED &&
		sub_of(v, POLICY_TPM_VENDOR) == REASON_TpmVendor &&
		sub_of(v, POLICY_TPM_FIRMWARE) == REASON_TpmFirmware,
	    "T28 nothing known of the TPM: %s", text_of(v, REASON_TpmVendor));
	h->state.tpm = infineon;
	h->state.now.firmware = infineon.firmware;
	CHECK(judge(h, &set, &b)->status == VERDICT_PASSED,
	    "vendor and firmware as asked: passed");
	h->state.now.firmware = 0;
	v = judge(h, &set, &b);
	CHECK(v->status == VERDICT_REFUSED &&
		sub_of(v, POLICY_TPM_VENDOR) == REASON_NONE &&
		sub_of(v, POLICY_TPM_FIRMWARE) == REASON_TpmFirmware,
	    "T18 the quote's firmware counts, nothing else: %s",
	    text_of(v, REASON_TpmFirmware));
	CHECK(policy_set_parameter(&set, POLICY_FULL_BOOT, bytes_of_text("IFX"),
		  &d) == ERR_USAGE,
	    "other policies take no parameter: %s", d.text);
}

int
main(void)
{
	test_vendors();
	test_minimums();
	test_vendor_judged();
	test_firmware_judged();
	test_judged();
	return t_done();
}
