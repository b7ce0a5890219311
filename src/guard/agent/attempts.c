/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/agent/attempts.h"

#include "base/err.h"

uint32_t
attempts_ask(struct attempts *a, bool *ret_begin)
{
	*ret_begin = !a->running;
	a->again = a->running;
	return a->begun + 1;
}

void
attempts_begun(struct attempts *a)
{
	BUG_ON(a->running);
	a->running = true;
	a->begun++;
}

bool
attempts_ended(struct attempts *a)
{
	bool again = a->again;

	a->running = a->again = false;
	return again;
}

bool
attempts_answer(const struct attempts *a, uint32_t number)
{
	return number <= a->begun;
}
