# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What attack and attempts.sh printed, against verdicts.txt. Meant to be sourced
# behind tests/t.sh.

# attack_expected COLUMN NAME: the verdicts that may be, "a|b"; 2 locked, 3 open.
attack_expected() {
	local column=$1 name=$2 pattern locked open

	while read -r pattern locked open; do
		case $pattern in '' | '#'*) continue ;; esac
		# shellcheck disable=SC2053 # the left side is to be a pattern
		if [[ $name == $pattern ]]; then
			[ "$column" = 2 ] && echo "$locked" || echo "$open"
			return 0
		fi
	done <"$SW_ROOT/tests/attack/verdicts.txt"
	return 1
}

# attack_lines FILE: the lines of attempts, free of what the console has added.
attack_lines() {
	sed -n 's/\r$//; /^[a-z][a-z0-9-]*\(@[a-z-]*\)\?: .* \[[A-Za-z]*\]$/p' "$1"
}

# attack_compare locked|open FILE: one result for each line. With the lock on,
# READ and FOUND are failures whatever the table says.
attack_compare() {
	local state=$1 file=$2 column=3 line name verdict want

	[ "$state" != locked ] || column=2
	while IFS= read -r line; do
		name=${line%%: *}
		verdict=${line##*[}
		verdict=${verdict%]}
		if ! want=$(attack_expected "$column" "$name"); then
			t_not_ok "$state: $line (not in verdicts.txt)"
		elif [[ $state == locked && $verdict =~ ^(READ|FOUND)$ ]]; then
			t_not_ok "$state: $line"
		elif [[ "|$want|" == *"|$verdict|"* ]]; then
			t_ok "$state: $line"
		else
			t_not_ok "$state: $line (expected $want)"
		fi
	done < <(attack_lines "$file")
}

# attack_complete FILE NAME...: each of these attempts has left a line.
attack_complete() {
	local lines name

	lines=$(attack_lines "$1")
	shift
	for name in "$@"; do
		grep -q "^${name}[@:]" <<<"$lines" ||
			t_not_ok "no line of the attempt $name"
	done
}

# attack_names PROGRAM: the attempts that the program knows, one a line.
attack_names() {
	"$1" list
}
