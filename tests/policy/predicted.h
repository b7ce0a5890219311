/* SPDX-License-Identifier: Apache-2.0 */
/* A prediction that begins. */
#ifndef TESTS_POLICY_PREDICTED_H
#define TESTS_POLICY_PREDICTED_H

#include "policy/predict.h"

#include "host.h"

static inline struct predict *
predict_begin(const struct baseline *b)
{
	struct predict *p = keep(sizeof(*p));

	if (predict_start(b, p, NULL) < 0)
		t_bail("predict_start");
	return p;
}

#endif
