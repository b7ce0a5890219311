# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Two hosts, two VMs, two starts at once; guardd, guard-tpm and guard-vm that
# end or stand still while a VM runs.

refuses() {
	local reason=$1 rc=0 out

	shift
	out=$("$@" 2>&1) || rc=$?
	echo "$out"
	[ "$rc" -eq 1 ] && grep -qF "$reason" <<<"$out"
}

guardd_again() {
	world_spawn "$1" guardd --root "$W/$1"
	printf -v "PID_$1" '%d' "$WORLD_PID"
	wait_until 10 guard "$1" status
}

guardd_killed() {
	local pid="PID_$1"

	kill -KILL "${!pid}"
	wait "${!pid}" 2>/dev/null || true
}

has_qemu() {
	vm_processes "$1" | grep -q qemu
}

step_is() {
	[ "$(guard "$1" vm status "$2" --json | jq -r .data.step)" = "$3" ]
}

# The folder as it lies there, to the other host: a copy, while it runs or not.
copy_vm() {
	rm -rf "$(vms "$2")/web1"
	mkdir -p "$(vms "$2")"
	cp -a "$(vms "$1")/web1" "$(vms "$2")/web1"
	chown -R 0:0 "$(vms "$2")/web1"
}

both_at_once() {
	local a=0 b=0 first

	start kvm1 web1 >"$W/a" 2>&1 &
	first=$!
	start kvm1 web1 >"$W/b" 2>&1 || b=$?
	wait "$first" || a=$?
	cat "$W/a" "$W/b"
	[ $((a + b)) -eq 1 ] && cat "$W/a" "$W/b" | grep -qF VmRunning
}

again_and_again() {
	local i

	for ((i = 0; i < 10; i++)); do
		end kvm1 web1 && start kvm1 web1 || return 1
	done
}

uids() {
	vm_processes kvm1 | awk '{ print $2 }' | sort -u | wc -l
}

side_by_side() {
	start kvm1 web2 && [ "$(uids)" -eq 2 ] &&
		[ "$(vm_processes kvm1 | wc -l)" -eq 4 ]
}

test_two() {
	check "two starts of one VM at once: one runs, the other VmRunning" \
		both_at_once
	check "stopped and started at once, ten times" again_and_again
	check "a second VM beside it, each with a user of its own" side_by_side
	check "T79 another host, the same VM: RunningElsewhere" \
		refuses RunningElsewhere start kvm2 web1
	check "the second ends" end kvm1 web2
	check "the first goes on" is_phase kvm1 web1 running
}

test_guardd() {
	RENEWED=$(renewals || true)
	guardd_killed kvm1
	check "guardd killed: the VM goes on" has_qemu kvm1
	check "guardd starts anew" guardd_again kvm1
	check "and says at once that the VM runs" is_phase kvm1 web1 running
	check "and soon what the VM itself says" \
		wait_until 10 step_is kvm1 web1 running
	check "vm list says so" refuses running sh -c \
		"guardctl --root '$W/kvm1' vm list; exit 1"
	check "another start of it: VmRunning" refuses VmRunning start kvm1 web1
	check "its lease was renewed" wait_until 30 renewed
	check "it is stopped by the new guardd" end kvm1 web1
	check "and is gone" sound kvm1 web1
	check "guardd killed during a start: refused, or it runs" guardd_in_start
	check "the VM opens afterwards" recovers kvm1 web1
	check "guardd killed, another before the stop's word to the HGS" \
		guardd_in_stop
}

renewals() {
	hgs hgs audit list | grep -cF renewed
}

renewed() {
	[ "$(renewals)" -gt "$RENEWED" ]
}

guardd_in_start() {
	start kvm1 web1 &
	sleep 0.3
	guardd_killed kvm1
	wait $! || true
	guardd_again kvm1 || return 1
	wait_until 15 no_longer_starting
	end kvm1 web1 || true
	sound kvm1 web1 crashed
}

no_longer_starting() {
	! guard kvm1 vm status web1 || is_phase kvm1 web1 running ||
		is_phase kvm1 web1 failed
}

guardd_in_stop() {
	local pid

	start kvm1 web1 || return 1
	pid=$(guard_vm_pid kvm1 web1)
	guardd_killed kvm1
	# Ends in order on a signal: it asks the guest, then QEMU.
	kill -TERM "$pid" && sleep 0.2 && kill -TERM "$pid"
	guardd_again kvm1 && wait_until 30 no_vm_process kvm1 &&
		wait_until 20 gone "$pid" && sound kvm1 web1 &&
		hgs hgs audit list | tail -n 3 | grep -F stopped
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

# is_over HOST VM PID: its guard-vm too, and guardd has seen it.
is_over() {
	no_vm_process "$1" && gone "$3" && ! is_phase "$1" "$2" running &&
		! is_phase "$1" "$2" stopping
}

# T79: guard-vm stands still while its lease ends.
test_frozen() {
	local pid

	check "a VM runs" start kvm1 web1
	pid=$(guard_vm_pid kvm1 web1)
	kill -STOP "$pid"
	copy_vm kvm1 kvm2
	check "T79 guard-vm stands still: another host gets RunningElsewhere" \
		refuses RunningElsewhere start kvm2 web1
	sleep 31
	check "T79 its lease is over: the other host starts it" start kvm2 web1
	kill -CONT "$pid"
	check "T79 the first one goes on, hears of it and ends" \
		wait_until 60 is_over kvm1 web1 "$pid"
	check "T95 and cannot start again: its seal is superseded, or it runs elsewhere" \
		refuses RunningElsewhere start kvm1 web1
	check "the other one runs" is_phase kvm2 web1 running
	check "and ends" end kvm2 web1
	check "T95 then, too: ProtectorSuperseded" \
		refuses ProtectorSuperseded start kvm1 web1
	copy_vm kvm2 kvm1
	check "with the newer folder it starts where it was" recovers kvm1 web1
	check "and the copy is superseded" \
		refuses ProtectorSuperseded start kvm2 web1
}

tpm_pid() {
	ps -eo pid=,args= | awk -v root="root=$W/$1" '
		$2 ~ /guard-tpm$/ && index($0, root) { print $1 }'
}

test_tpm() {
	check "a VM runs" start kvm1 web1
	kill -KILL "$(tpm_pid kvm1)"
	sleep 1
	check "T86 guard-tpm killed: its VM goes on" has_qemu kvm1
	check "nothing new opens" refuses "" start kvm1 web2
	check "it can be stopped" end kvm1 web1
	check "and nothing is left of it" wait_until 10 no_vm_process kvm1
}
