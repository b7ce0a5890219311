/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/agent/attempts.h"

#include "t.h"

int
main(void)
{
	struct attempts a = { 0 };
	uint32_t first, second, third;
	bool begin;

	first = attempts_ask(&a, &begin);
	CHECK(begin && !attempts_answer(&a, first),
	    "who asks while none runs has one begin");
	attempts_begun(&a);
	second = attempts_ask(&a, &begin);
	CHECK(!begin && second == first + 1,
	    "who asks while one runs waits for the next");
	third = attempts_ask(&a, &begin);
	CHECK(!begin && third == second, "and so does who asks after that");
	CHECK(attempts_ended(&a) && attempts_answer(&a, first) &&
		!attempts_answer(&a, second),
	    "the one that ran answers who asked before it, and no other");
	CHECK(attempts_ask(&a, &begin) == second && begin,
	    "the next begins for all of them");
	attempts_begun(&a);
	CHECK(!attempts_ended(&a) && attempts_answer(&a, second),
	    "it answers them, and nobody asked for more");
	third = attempts_ask(&a, &begin);
	CHECK(begin && attempts_ask(&a, &begin) == third && begin &&
		!attempts_answer(&a, third),
	    "one that could not begin is asked for again, and answers nobody");
	return t_done();
}
