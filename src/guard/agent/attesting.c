/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When to attest: at start, at three quarters of the certificate's life with
 * jitter, before a VM starts, and after a failure with growing pauses.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/text.h"
#include "crypto/health.h"
#include "crypto/random.h"
#include "guard/agent/agent.h"

#define BACKOFF_FIRST 5
/* A release must begin this much before the attestation is too old. */
#define FRESH_MARGIN 20

uint64_t
agent_now(void)
{
	return (uint64_t)time(NULL);
}

struct attest_arg {
	const struct guard_conf *conf;
	const struct attest_place *place;
};

/* In the child. A failure becomes a result too: its status must travel. */
static int
attest_job(void *arg, struct buf *ret, struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	const struct attest_arg *in = arg;
	struct attest_result result;
	struct diag why = { 0 };
	struct wire_error e = { 0 };
	const char *status;
	int r;

	r = attest_run(in->conf, in->place, &storage, &result, &status, &why);
	if (r < 0) {
		char text[TEXT_LIMIT];

		text_escape(bytes_of_text(why.text), text, sizeof(text));
		e.code = bytes_of_text(status);
		e.message = bytes_of_text(text);
		buf_reset(&storage);
		if ((r = fields_encode(&wire_error_fields, &e, &storage, d)) <
		    0)
			return r;
		result.status = bytes_of_text(status);
		result.error = buf_bytes(&storage);
	}
	return fields_encode(&attest_result_fields, &result, ret, d);
}

static void
set_text(char *to, size_t size, struct bytes from)
{
	(void)snprintf(to, size, "%.*s", (int)from.len, (const char *)from.p);
}

static void
keep_error(struct attest_state *s, struct bytes error)
{
	s->error = (struct wire_error){ 0 };
	buf_reset(&s->error_storage);
	if (error.len == 0 || !buf_put(&s->error_storage, error))
		return;
	if (fields_decode(&wire_error_fields, buf_bytes(&s->error_storage),
		&s->error, NULL) < 0)
		s->error = (struct wire_error){ 0 };
}

static void
note_pass(struct attest_state *s, const struct guard_conf *conf,
    const struct attest_result *r)
{
	uint64_t now = agent_now(), life;
	struct health h;
	uint8_t jitter;

	if (health_parse(r->certificate, &h, NULL) < 0)
		return;
	s->guarded = true;
	s->last_passed = now;
	s->expires = h.not_after;
	s->backoff = 0;
	/* From six of eight hours on, and not with the whole fleet at once. */
	life = h.not_after > now ? h.not_after - now : 0;
	random_bytes(&jitter, 1);
	s->next = now + life / 4 * 3 + life / 16 * jitter / 256;
	if (s->next > now + conf->interval)
		s->next = now + conf->interval;
}

static void
note_failure(struct attest_state *s, const struct guard_conf *conf)
{
	uint64_t now = agent_now();

	/* What the TPM was told before stays true until its time is over. */
	s->guarded = s->guarded && now < s->expires &&
	    strcmp(s->status, "TransientError") == 0;
	s->backoff = s->backoff == 0 ? BACKOFF_FIRST : s->backoff * 2;
	if (s->backoff > conf->retry_max)
		s->backoff = conf->retry_max;
	s->next = now + s->backoff;
}

static void
attest_done(void *owner, int r, struct bytes body, const struct diag *why)
{
	struct agent *a = owner;
	struct attest_state *s = &a->attest;
	struct attest_result result = { 0 };
	bool again;

	again = attempts_ended(&s->attempts);
	s->last_attempt = agent_now();
	s->text[0] = '\0';
	if (r == ERR_OK)
		r = fields_decode(&attest_result_fields, body, &result, NULL);
	if (r < 0) {
		(void)snprintf(s->status, sizeof(s->status), "TransientError");
		(void)snprintf(s->text, sizeof(s->text), "%s", why->text);
		keep_error(s, BYTES_NONE);
		note_failure(s, &a->conf);
	} else {
		set_text(s->status, sizeof(s->status), result.status);
		if (result.url.len != 0)
			set_text(s->url, sizeof(s->url), result.url);
		s->max_age = result.max_age;
		s->skew = result.skew;
		keep_error(s, result.error);
		if (result.error.len == 0)
			note_pass(s, &a->conf, &result);
		else
			note_failure(s, &a->conf);
	}
	log_notice("attestation: %s", s->status);
	vms_attested(a);
	clients_attested(a);
	if (again)
		(void)attest_begin(a);
}

uint32_t
attest_begin(struct agent *a)
{
	struct attest_arg arg = { &a->conf, &a->place };
	struct attest_state *s = &a->attest;
	struct diag d = { 0 };
	bool begin;
	uint32_t number = attempts_ask(&s->attempts, &begin);

	if (!begin)
		return number;
	if (job_start(&a->jobs, attest_job, &arg, attest_done, a, &d) < 0) {
		log_error("attestation: %s", d.text);
		s->next = agent_now() + BACKOFF_FIRST;
		return number;
	}
	attempts_begun(&s->attempts);
	return number;
}

bool
attest_is_fresh(const struct agent *a)
{
	const struct attest_state *s = &a->attest;
	uint64_t now = agent_now(), margin = FRESH_MARGIN;

	if (margin > s->max_age / 4)
		margin = s->max_age / 4;
	return s->guarded && now < s->expires &&
	    now + margin < s->last_passed + s->max_age;
}
