#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 60
#
# What other verifiers' suites assert, as the checklist beside the recorded logs
# lists it: for each item tests/corpus/list names sentences of checks that ran
# and passed in this run, or says why the item has no meaning here.
set -uo pipefail

. "$SW_ROOT/tests/t.sh"

logs=$SW_BUILD/test-logs
list=$SW_ROOT/tests/corpus/list
checklist=${TEST_CORPUS:-$SW_ROOT/../shared/corpus}/CHECKLIST.md
started=${SW_STARTED:-0}

if [ ! -r "$checklist" ]; then
	t_skip "the checklist of other verifiers' tests" \
		"there is no corpus beside this tree"
	t_done
fi

# ran SUITE: it is part of this run.
ran() {
	[ -d "$logs/$1" ] && [ -n "$(find "$logs/$1" -name '*.log' \
		-newermt "@$started" -print -quit)" ]
}

# Two peers have tests of one name: the items are told apart by number.
items() {
	sed -n 's/^- \[[ x]\] //p' "$checklist" | awk '{ print NR " " $0 }'
}

# Results of this run, without those that say the same again.
results() {
	find "$logs" -name '*.log' -newermt "@$started" \
		! -path "$logs/corpus/*" ! -path "$logs/threat/*" \
		! -path "$logs/asan/*" \
		-exec grep -hE '^(not )?ok [0-9]+ - ' {} + 2>/dev/null
}

# What is no comment is a row of a known kind, with something to say.
# shellcheck disable=SC2317 # check runs it
rows_are_whole() {
	awk -F'\t' '
		/^#/ || $0 == "" { next }
		NF != 3 || $1 !~ /^[0-9]+ ./ || $3 == "" ||
		    $2 !~ /^(check|documented)$/ {
			print FILENAME ":" FNR ": " $0
			bad = 1
		}
		END { exit bad }' "$list"
}

# A row that no item begins with is left over from another checklist.
# shellcheck disable=SC2317 # check runs it
rows_are_used() {
	awk -F'\t' '
		NR == FNR { items[++n] = $0; next }
		/^#/ || $0 == "" { next }
		{
			for (i = 1; i <= n; i++)
				if (index(items[i], $1) == 1)
					next
			print "no item begins with: " $1
			bad = 1
		}
		END { exit bad }' "$SW_TMP/items" "$list"
}

# row ITEM: the rest of the one row whose first column begins the item.
row() {
	ITEM=$1 awk -F'\t' '
		/^#/ || NF < 3 { next }
		index(ENVIRON["ITEM"], $1) == 1 { n++; kind = $2; words = $3 }
		END {
			if (n != 1) {
				printf "%d rows fit\n", n
				exit 1
			}
			print kind "\t" words
		}' "$list"
}

# passed WORDS: a check with these words passed, and none with them failed.
passed() {
	if ! grep -F -e "$1" "$SW_TMP/results" >"$SW_TMP/found"; then
		echo "no check says: $1"
		return 1
	fi
	if grep '^not ok' "$SW_TMP/found"; then
		return 1
	fi
	grep -qv '# *[Ss][Kk][Ii][Pp]' "$SW_TMP/found" || {
		echo "skipped: $1"
		return 1
	}
}

# elsewhere WORDS: prints the suite whose sources have them, and which is not
# part of this run; the unit tests' sentences are put together as they run.
elsewhere() {
	local dir name

	for dir in "$SW_ROOT"/tests/*/run.sh; do
		dir=${dir%/run.sh}
		name=${dir##*/}
		if [ "$name" = corpus ] || ran "$name"; then
			continue
		fi
		if grep -rqF --include='*.sh' --include='*.c' -e "$1" \
			"$dir"; then
			echo "$name"
			return
		fi
	done
	ran unit || echo unit
}

# all_passed WORDS[ & WORDS]...: prints what is missing; $SW_TMP/absent has the
# suites that would have said it.
all_passed() {
	local words rc=0 name

	: >"$SW_TMP/absent"
	while read -r words; do
		passed "$words" && continue
		grep -qF 'not ok' "$SW_TMP/found" && rc=1
		name=$(elsewhere "$words")
		if [ -n "$name" ]; then
			echo "$name" >>"$SW_TMP/absent"
		else
			rc=1
		fi
	done <<<"${1// & /$'\n'}"
	return "$rc"
}

tick() {
	local item=$1 kind words absent

	if ! row "$item" >"$SW_TMP/row"; then
		t_not_ok "$item" "$SW_TMP/row"
		return
	fi
	IFS=$'\t' read -r kind words <"$SW_TMP/row"
	case $kind in
	check)
		all_passed "$words" >"$SW_TMP/said" 2>&1 || {
			t_not_ok "$item" "$SW_TMP/said"
			return
		}
		absent=$(sort -u "$SW_TMP/absent" | paste -sd ' ')
		if [ -z "$absent" ]; then
			t_ok "$item"
		else
			t_skip "$item" "asserted by suites not in this run: $absent"
		fi
		;;
	documented)
		t_ok "$item: has no meaning here: $words"
		;;
	*)
		t_not_ok "$item: $kind is not a kind"
		;;
	esac
}

items >"$SW_TMP/items"
results >"$SW_TMP/results"
check "the checklist has items" test "$(wc -l <"$SW_TMP/items")" -ge 60
check "each row of the list is whole" rows_are_whole
check "each row of the list is of an item" rows_are_used
while read -r item; do
	tick "$item"
done <"$SW_TMP/items"
t_done
