# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# T86: a process of the HGS is killed at its every message, or fdatasync, of a
# release. For kill.sh's each_call.

# shellcheck disable=SC2154 # PID_hgs: set by hgs_start
hgs_process() {
	ps -eo pid=,ppid=,comm= | awk -v monitor="$PID_hgs" -v name="$1" '
		$2 == monitor && $3 == name { print $1; exit }'
}

hgs_gone() {
	! kill -0 "$PID_hgs" 2>/dev/null
}

hgs_again() {
	wait_until 10 hgs_gone || { echo "hgsd goes on" && return 1; }
	hgs_start hgs
}

# hgs_dies PROCESS SYSCALL N: while a VM starts. 1: it had fewer calls.
hgs_dies() {
	local tracer rc=0

	strace -p "$(hgs_process "$1")" -o "$W/strace.log" -e "trace=$2" \
		-e "inject=$2:signal=KILL:when=$3" 2>"$W/strace.err" &
	tracer=$!
	wait_until 10 grep -qF attached "$W/strace.err" || return 2
	start kvm1 web1 || rc=$?
	if [ "$rc" -eq 0 ] && kill "$tracer"; then
		wait "$tracer" || true
		is_phase kvm1 web1 running || return 2
		return 1
	fi
	wait "$tracer" || true
	hgs_again || return 2
	# Killed after its last word was said: the VM runs.
	[ "$rc" -ne 0 ] || end kvm1 web1 || return 2
	sound kvm1 web1 crashed || return 2
}

key_dies() {
	hgs_dies hgs-key "$@"
}

store_dies() {
	hgs_dies hgs-store "$@"
}

# monitor_dies SECONDS: hgsd itself, so long after the start began.
monitor_dies() {
	start kvm1 web1 &
	sleep "$1"
	kill -KILL "$PID_hgs"
	wait $! || true
	hgs_again || return 1
	end kvm1 web1 || true
	recovers kvm1 web1
}
