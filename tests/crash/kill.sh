# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# T86: guard-vm is killed at its every write, fsync, rename, removal and
# message, on its way up and on its way down. strace counts the calls, so that
# no crash point is left out and none depends on luck.

recovers() {
	start "$1" "$2" && is_phase "$1" "$2" running && end "$1" "$2" &&
		sound "$1" "$2"
}

# A start that dies at the Nth call; 1: it did not get as far as N calls.
dies_starting() {
	local rc=0

	crash_at "$1" "$2"
	start kvm1 web1 || rc=$?
	crash_never
	[ "$rc" -ne 0 ] || return 1
	guard kvm1 vm status web1
	sound kvm1 web1 crashed || return 2
}

# The same for a stop; strace attaches while the VM runs.
dies_stopping() {
	local pid tracer rc=0

	start kvm1 web1 || return 2
	pid=$(guard_vm_pid kvm1 web1)
	strace -p "$pid" -o "$W/strace.log" -e "trace=$1" \
		-e "inject=$1:signal=KILL:when=$2" 2>"$W/strace.err" &
	tracer=$!
	wait_until 10 grep -qF attached "$W/strace.err" || return 2
	end kvm1 web1 || rc=$?
	wait "$tracer" || true
	[ "$rc" -ne 0 ] || return 1
	sound kvm1 web1 crashed || return 2
}

# each_call HOW SENTENCE SYSCALL...: N = 1, 2, ... until there is no Nth call.
# HOW ends with 1 then, with the VM running or stopped; 0: as it should be.
each_call() {
	local how=$1 sentence=$2 call n rc

	shift 2
	for call; do
		for ((n = 1; n < 60; n++)); do
			rc=0
			"$how" "$call" "$n" >"$SW_TMP/t.out" 2>&1 </dev/null ||
				rc=$?
			[ "$rc" -ne 1 ] || break
			if [ "$rc" -eq 0 ] &&
				recovers kvm1 web1 >>"$SW_TMP/t.out" 2>&1 </dev/null; then
				t_ok "T86 killed at ${call%%,*} $n of $sentence: the VM opens again, nothing is left behind"
			else
				t_not_ok "T86 killed at ${call%%,*} $n of $sentence" \
					"$SW_TMP/t.out"
				end kvm1 web1 >/dev/null 2>&1 || true
			fi
		done
		end kvm1 web1 >/dev/null 2>&1 || true
		check "that were all: ${call%%,*} is called $((n - 1)) times in $sentence" \
			test "$n" -gt 1 -a "$n" -lt 60
	done
}
