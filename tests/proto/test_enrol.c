/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/enrol.h"

#include "t.h"

static struct enrolment
sample(void)
{
	return (struct enrolment){ bytes_of_text("kvm1"), bytes_of_text("cert"),
		bytes_of_text("ek"), bytes_of_text("ak"),
		bytes_of_text("baseline"), bytes_of_text("ci") };
}

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	struct enrolment e;
	struct diag d;

	(void)arg;
	return enrolment_decode(bytes_of(p, n), &e, &d) == ERR_OK;
}

static void
refused(struct enrolment e, const char *what)
{
	auto_buf struct buf b = BUF_INIT(ENROL_MAX);
	struct diag d = { 0 };
	struct enrolment back;

	if (enrolment_encode(&e, &b, &d) < 0) {
		CHECK(true, "%s is not written: %s", what, d.text);
		return;
	}
	CHECK(enrolment_decode(buf_bytes(&b), &back, &d) == ERR_REFUSED &&
		d.reason == REASON_FileInvalid,
	    "%s is refused: %s", what, d.text);
}

int
main(void)
{
	auto_buf struct buf b = BUF_INIT(ENROL_MAX),
			    again = BUF_INIT(ENROL_MAX);
	struct enrolment e = sample(), back;
	struct diag d = { 0 };

	CHECK(enrolment_encode(&e, &b, &d) == ERR_OK &&
		enrolment_decode(buf_bytes(&b), &back, &d) == ERR_OK &&
		bytes_equal_text(back.name, "kvm1") &&
		bytes_equal_text(back.ci_policy, "ci"),
	    "what is written is read");
	CHECK(enrolment_encode(&back, &again, &d) == ERR_OK &&
		bytes_equal(buf_bytes(&b), buf_bytes(&again)),
	    "... and written again it is the same");
	CHECK(t_truncations(b.p, b.len, accepts, NULL) == 0,
	    "every truncation is refused");
	CHECK(!t_trailing(b.p, b.len, accepts, NULL),
	    "a trailing byte is refused");
	b.p[4] = 2;
	CHECK(enrolment_decode(buf_bytes(&b), &back, &d) == ERR_REFUSED &&
		d.reason == REASON_UnsupportedVersion,
	    "another version is refused");
	e = sample();
	e.name = bytes_of_text("../etc");
	refused(e, "T60 a name with a path in it");
	e.name = BYTES_NONE;
	refused(e, "no name");
	e = sample();
	e.ek_public = BYTES_NONE;
	refused(e, "no endorsement key");
	e = sample();
	e.ak_public = BYTES_NONE;
	refused(e, "no attestation key");
	return t_done();
}
