#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 60
#
# Each number of tests/threat/list stands in a sentence of a test that ran and
# passed in this run: one line for each number. Where the unit tests were not
# part of the run, the sentences in the sources are looked at instead, and the
# line says so.
set -uo pipefail

. "$SW_ROOT/tests/t.sh"

logs=$SW_BUILD/test-logs
list=$SW_ROOT/tests/threat/list
started=${SW_STARTED:-0}

# Every line of this run's logs that is a result, with its suite; the address
# sanitizer's run says the same again.
results() {
	find "$logs" -name '*.log' -newermt "@$started" \
		! -path "$logs/threat/*" ! -path "$logs/asan/*" \
		-exec grep -HE '^(not )?ok [0-9]+ - ' {} + 2>/dev/null |
		sed "s|^$logs/||"
}

# Sentences as the sources have them, in the same form.
sentences() {
	(cd "$SW_ROOT" && grep -rHoE --include='*.c' --include='*.sh' \
		'["'\''`].*\bT[0-9]{2,3}\b.*' tests) |
		grep -v '^tests/threat/' | sed 's/:.*\(T[0-9][0-9]*\)/:ok 0 - \1/'
}

# Threats that the list has must be in the document, and the other way round.
# shellcheck disable=SC2317 # check runs it
same_numbers() {
	diff <(grep -oE '^T[0-9]+' "$list" | sort -u) \
		<(grep -oE '^\| T[0-9]+ ' "$SW_ROOT/doc/THREATS.md" |
			tr -d '| ' | sort -u)
}

# tested NUMBER: prints the suites that assert it; fails if none does, or if
# one of its tests failed.
tested() {
	awk -v want="$1" '
		{
			at = index($0, ":")
			line = substr($0, at + 1)
			if (line !~ ("(^|[^A-Za-z0-9])" want "([^0-9]|$)"))
				next
			if (line ~ /# *[Ss][Kk][Ii][Pp]/) {
				skipped++
				next
			}
			if (line ~ /^not ok/) {
				failed++
				print "failed: " $0
				next
			}
			n++
			where = substr($0, 1, at - 1)
			sub(/\.log$/, "", where)
			if (!seen[where]++)
				places = places " " where
		}
		END {
			printf "%d passed, %d failed, %d skipped:%s\n", n,
			    failed, skipped, places
			exit n > 0 && failed == 0 ? 0 : 1
		}' "$SW_TMP/results"
}

# elsewhere NUMBER: prints the suites whose sources name it and which are not
# part of this run; fails if there is none.
elsewhere() {
	local dir found=1

	for dir in "$SW_ROOT"/tests/*/run.sh; do
		dir=${dir%/run.sh}
		[ ! -d "$logs/${dir##*/}" ] || [ -z "$(find \
			"$logs/${dir##*/}" -name '*.log' \
			-newermt "@$started" -print -quit)" ] || continue
		grep -rqwE --include='*.c' --include='*.sh' \
			--include='*.h' "$1" "$dir" || continue
		printf '%s ' "${dir##*/}"
		found=0
	done
	return "$found"
}

results >"$SW_TMP/results"
if ! grep -q '^unit/' "$SW_TMP/results"; then
	echo "# the unit suite is not part of this run: looking at the sources"
	sentences >"$SW_TMP/results"
fi

check 'the list and doc/THREATS.md have the same numbers' same_numbers
while read -r number kind reason; do
	case $number in T*) ;; *) continue ;; esac
	case $kind in
	test)
		if tested "$number" >"$SW_TMP/said"; then
			t_ok "$number is refused by a test that passed"
		elif grep -q '^0 passed, 0 failed' "$SW_TMP/said" &&
			other=$(elsewhere "$number"); then
			t_skip "$number" \
				"asserted by suites not in this run: ${other% }"
		else
			t_not_ok "$number is refused by a test that passed" \
				"$SW_TMP/said"
		fi
		;;
	documented | later)
		if [ -n "$reason" ]; then
			t_ok "$number $kind: $reason"
		else
			t_not_ok "$number has no reason"
		fi
		;;
	*)
		t_not_ok "$number: $kind is not a kind"
		;;
	esac
done <"$list"
t_done
