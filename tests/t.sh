# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Test Anything Protocol for the shell suites (tests/<suite>/run.sh):
#
#	. "$SW_ROOT/tests/t.sh"
#	check "the seal opens with openssl cms" openssl cms -verify ...
#	refused "T10 a changed seal does not" openssl cms -verify ...
#	t_done
#
# ./run gives SW_ROOT (the source), SW_BUILD (the programs, under src/) and
# SW_TMP (scratch, removed afterwards). A line "# timeout: SECONDS" in run.sh
# replaces the limit of 600. Start long-lived programs with t_spawn: they are
# ended with the suite, each by its own process id.

t_count=0
t_failures=0
t_pids=()

t_ok() {
	t_count=$((t_count + 1))
	printf 'ok %d - %s\n' "$t_count" "$1"
}

# t_not_ok SENTENCE [FILE]: the file's end says what happened.
t_not_ok() {
	t_count=$((t_count + 1))
	t_failures=$((t_failures + 1))
	printf 'not ok %d - %s\n' "$t_count" "$1"
	[ $# -lt 2 ] || tail -n 20 "$2" | sed 's/^/# /'
}

# t_skip SENTENCE REASON
t_skip() {
	t_count=$((t_count + 1))
	printf 'ok %d - %s # SKIP %s\n' "$t_count" "$1" "$2"
}

# check SENTENCE COMMAND...: the command ends with 0.
check() {
	local sentence=$1 rc=0

	shift
	"$@" >"$SW_TMP/t.out" 2>&1 </dev/null || rc=$?
	if [ "$rc" -eq 0 ]; then
		t_ok "$sentence"
	else
		printf 'exit status %d: %s\n' "$rc" "$*" >>"$SW_TMP/t.out"
		t_not_ok "$sentence" "$SW_TMP/t.out"
	fi
}

# exits WITH SENTENCE COMMAND...: the command ends with this very status.
exits() {
	local want=$1 sentence=$2 rc=0

	shift 2
	"$@" >"$SW_TMP/t.out" 2>&1 </dev/null || rc=$?
	if [ "$rc" -eq "$want" ]; then
		t_ok "$sentence"
	else
		printf 'exit status %d, not %d: %s\n' "$rc" "$want" "$*" \
			>>"$SW_TMP/t.out"
		t_not_ok "$sentence" "$SW_TMP/t.out"
	fi
}

# within SECONDS COMMAND...: for check and its like, a program that may hang; the
# suite goes on, and what it had printed is shown.
within() {
	timeout --foreground -k 10 "$@"
}

# refused SENTENCE COMMAND...: the command ends with 1. A crash, a usage error
# or a missing program is not a refusal.
refused() {
	exits 1 "$@"
}

# says TEXT SENTENCE: what the last command printed holds the text.
says() {
	if grep -qF -e "$1" "$SW_TMP/t.out"; then
		t_ok "$2"
	else
		t_not_ok "$2" "$SW_TMP/t.out"
	fi
}

# t_spawn LOG COMMAND...: in the background; the process id is in $!.
t_spawn() {
	local log=$1

	shift
	"$@" >"$log" 2>&1 </dev/null &
	t_pids+=("$!")
}

# t_wait SECONDS COMMAND...: until the command succeeds.
t_wait() {
	local end=$((SECONDS + $1))

	shift
	until "$@" >/dev/null 2>&1 </dev/null; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# t_port: a port of loopback that is free now.
t_port() {
	local port

	while :; do
		port=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

# t_stop PID: asks again until it is gone, since a shell that was only just
# forked can lose a signal; after five seconds it no longer asks.
t_stop() {
	local i

	for ((i = 0; i < 50; i++)); do
		kill "$1" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

t_end() {
	local pid

	for pid in "${t_pids[@]}"; do
		t_stop "$pid"
	done
}
trap t_end EXIT

t_done() {
	printf '1..%d\n' "$t_count"
	[ "$t_failures" -eq 0 ] && [ "$t_count" -gt 0 ]
	exit
}
