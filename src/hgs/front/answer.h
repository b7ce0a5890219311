/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what a backend said, in byte form, to what a client reads, in JSON.
 * Each function answers the request, whatever happens.
 */
#ifndef HGS_FRONT_ANSWER_H
#define HGS_FRONT_ANSWER_H

#include "base/field.h"
#include "http/request.h"

#define JSON_MEDIA_TYPE "application/json"

/* Bytes as they are. */
void answer_raw(struct http_request *r, const char *type, struct bytes body);
/* A message of table f. */
void answer_message(struct http_request *r, const struct fields *f,
    struct bytes message);
/* A struct attest_outcome: a message of table f, or a refusal. */
void answer_outcome(struct http_request *r, const struct fields *f,
    struct bytes outcome);
/*
 * A request that is refused here, with one reason: why's, or BadRequest. The
 * text tells the client what about its own bytes is wrong.
 */
void answer_bad_request(struct http_request *r, const struct diag *why);
/* A backend's failure: its reason if it named one, and never its text. */
void answer_failure(struct http_request *r, int err, const struct diag *why);

#endif
