#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The house rules that a machine can check (CONTRIBUTING.md). Each finding
# names file and line. Run it as ./run lint.
set -euo pipefail

cd "$(dirname "$(readlink -f "$0")")/.."
export LC_ALL=C.UTF-8
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
jobs=$(nproc)
n_passed=0
n_failed=0

# Tracked files, and new ones that are not ignored. Generated or foreign
# headers are named *.gen.h or vmlinux.h.
files() {
	{ git -c safe.directory="$PWD" ls-files -co --exclude-standard "$@" ||
		kill $$; } | while read -r f; do
		case $f in
		*.gen.h | *vmlinux.h) continue ;;
		esac
		if [ -f "$f" ]; then
			printf '%s\n' "$f"
		fi
	done
}

# check WHAT FUNCTION: what the function prints are its findings.
check() {
	local found

	found=$("$2" 2>&1) || found+=${found:+$'\n'}"$2: exit status $?"
	if [ -z "$found" ]; then
		n_passed=$((n_passed + 1))
		printf 'ok - %s\n' "$1"
	else
		n_failed=$((n_failed + 1))
		printf '%s\nnot ok - %s (%d lines)\n' "$found" "$1" \
			"$(wc -l <<<"$found")"
	fi
}

# in_code PATTERN FILE...: matches outside comments and strings.
in_code() {
	local pattern=$1

	shift
	[ $# -gt 0 ] || return 0
	(cd "$tmp/code" && grep -HnP -e "$pattern" "$@") || true
}

# The C files without comments and the contents of strings, line for line.
strip_code() {
	local f

	for f in "${c_files[@]}"; do
		mkdir -p "$tmp/code/${f%/*}"
	done
	perl -0777 -e 'foreach my $f (@ARGV) {
		open(my $in, "<", $f) or die "$f: $!";
		my $t = <$in>;
		$t =~ s{(/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\x27(?:\\.|[^\x27\\\n])+\x27)}
			{ my $x = $1; my $q = $x =~ /^"/ ? "\"\"" : $x =~ /^\x27/ ?
			"\x27\x27" : " "; $x =~ s/[^\n]//g; "$q$x" }gse;
		open(my $out, ">", "'"$tmp"'/code/$f") or die;
		print $out $t;
	}' "${c_files[@]}"
}

layout() {
	printf '%s\n' "${c_files[@]}" |
		xargs -P "$jobs" -n 20 clang-format --dry-run -Werror 2>&1 |
		grep -E '^[^ ].*(error|warning):' || true
	for f in "${c_files[@]}"; do
		grep -HnE ' +	|[ 	]+$' "$f" || true
	done
}

allowed() {
	grep -qE "^$1 $2 ." tools/calls.txt
}

# What is never called, and what is called only where tools/calls.txt says.
calls() {
	local never='strcpy|strcat|sprintf|vsprintf|strncpy|strncat|atoi|atol'

	never+='|atoll|atof|sscanf|system|popen|alloca|gets|mktemp|tmpnam'
	never+='|strtok|rand|srand'
	{
		in_code "(?<![\\w.>])($never)\\s*\\(" "${c_files[@]}"
		in_code '(?<![\w.>])(memcmp|bcmp)\s*\(' "${src_files[@]}"
		in_code '(?<![\w.>])(memset)\s*\([^,]*,\s*(0|'"''"')\s*,' \
			"${src_files[@]}"
		in_code '(?<![\w.>])(bzero)\s*\(' "${src_files[@]}"
	} | while IFS= read -r line; do
		file=${line%%:*}
		grep -oP "(?<![\\w.>])($never|memcmp|bcmp|memset|bzero)(?=\\s*\\()" \
			<<<"${line#*:*:}" | while read -r call; do
			allowed "$call" "$file" ||
				printf '%s: %s is not called here\n' \
				"$(cut -d: -f1,2 <<<"$line")" "$call"
		done
	done | sort -u
}

layers() {
	grep -nE '^#[ \t]*include "' "${src_files[@]}" /dev/null |
		awk -v table=tools/layers.txt '
		function row(dir,    i, d) {
			for (i = 1; i <= n; i++) {
				d = name[i]
				if (d == dir || (d ~ /\/\*$/ &&
				    index(dir, substr(d, 1, length(d) - 1)) == 1))
					return i
			}
			return 0
		}
		BEGIN {
			while ((getline line < table) > 0) {
				sub(/#.*/, "", line)
				if (split(line, part, ":") < 2)
					continue
				split(part[1], head, " ")
				if (head[1] ~ /^@/) {
					list[head[1]] = list[head[1]] " " part[2]
					continue
				}
				name[++n] = head[1]
				may[n] = " " part[2] " "
				for (l in list)
					gsub(l, list[l], may[n])
				may[n] = may[n] " "
			}
		}
		{
			split($0, at, ":")
			from = at[1]
			sub(/^src\//, "", from)
			own = from
			sub(/\/[^\/]*$/, "", own)
			match($0, /"[^"]*"/)
			to = substr($0, RSTART + 1, RLENGTH - 2)
			dir = to
			if (!sub(/\/[^\/]*$/, "", dir)) {
				printf "%s:%s: write \"%s/%s\", not \"%s\"\n",
				    at[1], at[2], own, to, to
				next
			}
			if (dir == own)
				next
			i = row(own)
			if (i == 0)
				printf "%s:%s: %s is not in %s\n", at[1],
				    at[2], own, table
			else if (index(may[i], " " dir " ") == 0)
				printf "%s:%s: %s may not include %s\n",
				    at[1], at[2], own, to
		}'
}

# Pure directories get clock, randomness, files and the rest as arguments.
pure() {
	local dir calls list

	calls='time|clock_gettime|gettimeofday|getrandom|arc4random\w*|open|openat'
	calls+='|fopen|socket|connect|getenv|syslog|RAND_\w+|random_\w+|log_\w+'
	sed -n 's/^\([a-z/]*\) pure:.*/\1/p' tools/layers.txt |
		while read -r dir; do
		mapfile -t list < <(printf '%s\n' "${src_files[@]}" |
			grep "^src/$dir/")
		[ ${#list[@]} -gt 0 ] || continue
		in_code "(?<![\\w.>])($calls)\\s*\\(" "${list[@]}" |
			sed "s|\$|   <- $dir is pure|"
		grep -HnE '"(base/log|base/file|crypto/random)\.h"' \
			"${list[@]}" | sed "s|\$|   <- $dir is pure|" || true
	done
}

# What runs in the kernel has a licence that the kernel takes.
spdx() {
	local f want

	files '*.[ch]' '*.def' '*.sh' '*.awk' '*meson.build' run .ci/run |
		while read -r f; do
			want='Apache-2.0'
			case $f in
			*.bpf.[ch] | src/guard/lock/shared.h)
				want='(GPL-2.0-only OR BSD-2-Clause)' ;;
			esac
			sed -n 1,3p "$f" | grep -cF \
				"SPDX-License-Identifier: $want" \
				>/dev/null ||
				printf '%s:1: no SPDX line\n' "$f"
		done
}

# Each header compiles by itself and is guarded by its path; each source file
# includes its own header first, which proves the same again. What is for BPF
# gcc does not know; the build compiles it with all warnings as errors.
headers() {
	local f guard first

	for f in "${src_files[@]}"; do
		case $f in
		*.bpf.c) ;;
		*.h)
			guard=${f#src/}
			guard=$(tr 'a-z/.-' 'A-Z___' <<<"$guard")
			grep -qx "#ifndef $guard" "$f" ||
				printf '%s:1: its guard is not %s\n' "$f" "$guard"
			[[ $f = *.bpf.h ]] || printf '%s\n' "$f" >>"$tmp/headers"
			;;
		*.c)
			[ -f "${f%.c}.h" ] || continue
			first=$(grep -m 1 -n '^#include' "$f" || true)
			grep -qF "\"${f#src/}" <<<"${first/%.h\"/.c}" ||
				printf '%s:%s: its own header comes first\n' \
					"$f" "${first%%:*}"
			;;
		esac
	done
	[ -f "$tmp/headers" ] || return 0
	# shellcheck disable=SC2016
	xargs -P "$jobs" -n 1 sh -c 'gcc -std=gnu17 -D_GNU_SOURCE -Isrc \
		-Ibuild/src -Wall -Wextra -Werror -fsyntax-only -x c \
		-include "$1" /dev/null' sh <"$tmp/headers" 2>&1 |
		grep -E '^[^ ]+:[0-9]+:' || true
}

sizes() {
	(cd "$tmp/code" && awk '
		FNR == 1 { open = 0 }
		/^\{/ { open = FNR }
		/^\}/ && open {
			n = FNR - open + 1
			if (n > 80)
				printf "%s:%d: function of %d lines, limit 80\n",
				    FILENAME, open, n
			open = 0
		}' "${c_files[@]}")
	wc -l "${c_files[@]}" | awk '$2 != "total" && $1 > 800 {
		printf "%s:%d: file longer than 800 lines\n", $2, $1 }'
}

# Said, but not counted.
size_warnings() {
	wc -l "${c_files[@]}" | awk '$2 != "total" && $1 > 500 && $1 <= 800 {
		printf "warning: %s: %d lines, aim below 500\n", $2, $1 }'
}

leftovers() {
	files | grep -v -e '^tools/lint\.sh$' -e '^LICENSE$' |
		tr '\n' '\0' | xargs -0 grep -HnIE \
		'\b(TO''DO|FIX''ME|X''XX)\b|[Nn]ot (yet )?implemented|/wor[k]/' ||
		true
}

# A parser without a fuzz target and a test is not finished.
twins() {
	local f target reason dir base rest

	while read -r f target reason; do
		case $f in '' | '#'*) continue ;; esac
		[ -f "$f" ] || { echo "tools/parsers.txt: no file $f"; continue; }
		if [ "$target" = - ]; then
			[ -n "$reason" ] ||
				echo "tools/parsers.txt: $f: no reason given"
			continue
		fi
		dir=${f#src/}
		dir=${dir%/*}
		base=$(basename "$f" .c)
		[ -f "tests/$dir/test_$base.c" ] ||
			echo "$f:1: no tests/$dir/test_$base.c"
		[ -f "fuzz/fuzz_$target.c" ] ||
			echo "$f:1: no fuzz/fuzz_$target.c"
		compgen -G "fuzz/corpus/$target/*" >/dev/null ||
			echo "$f:1: no seeds in fuzz/corpus/$target"
		grep -q "'$target':" fuzz/meson.build ||
			echo "fuzz/meson.build:1: no target $target"
	done <tools/parsers.txt

	in_code '\breader_of\s*\(' "${src_files[@]}" |
		while IFS=: read -r f _ rest; do
			case $f in src/base/reader.[ch]) continue ;; esac
			grep -qE "^$f +[^ ]" tools/parsers.txt ||
				echo "$f"
		done | sort -u | sed 's|$|:1: reads bytes, but is not in tools/parsers.txt|'
	files 'fuzz/fuzz_*.c' | while read -r f; do
		target=$(basename "${f#fuzz/fuzz_}" .c)
		grep -qE "^[^# ]+ +$target( |$)" tools/parsers.txt ||
			echo "$f:1: no parser in tools/parsers.txt names it"
	done
}

# A unit test that is in no meson.build never runs.
tests_listed() {
	local f name

	files 'tests/*/test_*.c' 'tests/*/*/test_*.c' | while read -r f; do
		name=$(basename "${f#*test_}" .c)
		grep -qE "'(test_)?$name(\.c)?'" "${f%/*}/meson.build" \
			2>/dev/null ||
			echo "$f:1: not in ${f%/*}/meson.build"
	done
}

# SC2317: functions that check, step and traps run look unreachable to it.
shell() {
	files '*.sh' run .ci/run | xargs -P "$jobs" -n 4 \
		shellcheck -x -e SC2317 -f gcc || true
}

manuals() {
	local list

	mapfile -t list < <(files 'man/*.[1-9]')
	[ ${#list[@]} -gt 0 ] || return 0
	mandoc -Tlint -W warning "${list[@]}" 2>&1 | sed 's/^mandoc: //' || true
}

# It knows neither what CLEANUP() frees (the sanitizers look at leaks) nor that
# a const struct with an initialiser is set.
cpp_check() {
	mkdir -p build/cppcheck
	cppcheck --quiet --enable=warning -j "$jobs" --inline-suppr \
		--cppcheck-build-dir=build/cppcheck --std=c11 -D_GNU_SOURCE \
		-D__STDC_VERSION__=201710L -Isrc \
		--suppress=missingIncludeSystem --suppress=unmatchedSuppression \
		--library=tools/cppcheck.cfg \
		--suppress=memleak --suppress=legacyUninitvar \
		--template='{file}:{line}: {id}: {message}' "${c_units[@]}" 2>&1
}

mapfile -t c_files < <(files '*.[ch]')
mapfile -t src_files < <(printf '%s\n' "${c_files[@]}" | grep '^src/')
mapfile -t c_units < <(printf '%s\n' "${c_files[@]}" |
	grep '\.c$' | grep -v '\.bpf\.c$')
strip_code

check 'layout is what clang-format makes' layout
check 'no forbidden calls' calls
check 'includes point downwards (tools/layers.txt)' layers
check 'pure directories are pure' pure
check 'SPDX line in every file' spdx
check 'headers stand alone, guarded by path, own header first' headers
check 'functions and files are short' sizes
check 'nothing is left for later' leftovers
check 'every parser has a fuzz target, seeds and a test' twins
check 'every unit test is in the build' tests_listed
check 'shellcheck' shell
check 'mandoc -Tlint' manuals
check 'cppcheck' cpp_check
size_warnings
printf 'lint: %d checks passed, %d failed\n' "$n_passed" "$n_failed"
[ "$n_failed" -eq 0 ]
