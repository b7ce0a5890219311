/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guardd carries requests to the key service and to nothing else.
 */
#include "guard/agent/relay.h"

#include "../../t.h"
#include "proto/release.h"

static int
check(struct bytes path, struct diag *d)
{
	struct relay r = { .path = path };

	*d = (struct diag){ 0 };
	return relay_check(&r, d);
}

static void
test_paths(void)
{
	static const char *const good[] = { PATH_ROLL, PATH_CONFIRM,
		PATH_STOPPED, PATH_OPEN };
	static const char *const bad[] = { "", "/", "/Attestation/v1/attest",
		"/Attestation/v1/challenge",
		"/KeyProtection/service/metadata/2014-07/metadata.xml",
		"/KeyProtection/v1", "/KeyProtection/v1/", PATH_ROLL "/",
		PATH_ROLL "?x", PATH_ROLL " HTTP/1.1", "/" PATH_ROLL,
		"/keyprotection/v1/rolltransportkey",
		"/KeyProtection/v1/../v1/open", "/KeyProtection/v1/ope",
		"/metrics", "http://other" PATH_ROLL };
	struct diag d;

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		CHECK(check(bytes_of_text(good[i]), &d) == ERR_OK,
		    "%s is carried", good[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(check(bytes_of_text(bad[i]), &d) == ERR_REFUSED &&
			d.reason == REASON_PermissionDenied,
		    "T92 \"%s\" is not carried: refused", bad[i]);
	CHECK(check(bytes_of(PATH_OPEN "\0", sizeof(PATH_OPEN)), &d) ==
		    ERR_REFUSED &&
		check(bytes_of(PATH_OPEN "\r\n", sizeof(PATH_OPEN) + 1), &d) ==
		    ERR_REFUSED,
	    "T61 nor is one with a NUL or a line end behind it");
}

/* No HGS listens there: the guest's starter hears so, and nothing else. */
static void
test_unreachable(void)
{
	static struct guard_conf conf;
	struct relay_job job = { .conf = &conf, .url = "http://127.0.0.1:1" };
	auto_buf struct buf b = BUF_INIT(1024);
	struct diag d = { 0 };

	job.relay.path = bytes_of_text(PATH_OPEN);
	CHECK(relay_run(&job, &b, &d) == ERR_REFUSED &&
		d.reason == REASON_TransientError && b.len == 0,
	    "an HGS that is not there can be tried again");
}

int
main(void)
{
	test_paths();
	test_unreachable();
	return t_done();
}
