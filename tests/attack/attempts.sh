#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What root tries from a shell inside the host, with lines like the program's:
# NAME: what was tried: what it got [verdict].
#
#	attempts.sh plant DIR      before a VM starts: preload, environment
#	attempts.sh replace DIR    before a VM starts: programs, firmware
#	attempts.sh planted DIR    when it has started: what came of that
#	attempts.sh unplant DIR
#	attempts.sh now DIR        while it runs
#	attempts.sh stop-guardd    for the program's attempt guard-adopt
#
# DIR is a scratch folder; libattack-preload.so lies in it. The processes stand
# in GUARD_TPM, GUARD_VM, QEMU, SWTPM (process ids), as for the program.
set -u

qemu_path=${QEMU_PATH:-/usr/bin/qemu-system-x86_64}
swtpm_path=${SWTPM_PATH:-/usr/bin/swtpm}
firmware_path=${FIRMWARE_PATH:-/usr/share/OVMF/OVMF_CODE_4M.secboot.fd}

# line NAME TRIED GOT VERDICT
line() {
	printf '%s: %s: %s [%s]\n' "$1" "$2" \
		"$(printf '%s' "$3" | tr '\n' ' ' | cut -c1-200)" "$4"
}

# each FUNCTION: with the name and id of every process that was given.
each() {
	[ -z "${GUARD_TPM:-}" ] || "$1" guard-tpm "$GUARD_TPM"
	[ -z "${GUARD_VM:-}" ] || "$1" guard-vm "$GUARD_VM"
	[ -z "${QEMU:-}" ] || "$1" qemu "$QEMU"
	[ -z "${SWTPM:-}" ] || "$1" swtpm "$SWTPM"
}

# run NAME TRIED VERDICT-IF-IT-WORKS COMMAND...
run() {
	name=$1
	tried=$2
	works=$3
	shift 3
	if ! command -v "$1" >/dev/null 2>&1; then
		line "$name" "$tried" "$1 is not here" nothing
	elif said=$(timeout 20 "$@" 2>&1 </dev/null); then
		line "$name" "$tried" "done: $said" "$works"
	else
		line "$name" "$tried" "status $?: $said" refused
	fi
}

# --- before a VM starts -------------------------------------------------------

plant() {
	cp "$1/libattack-preload.so" /usr/lib/ &&
		echo /usr/lib/libattack-preload.so >/etc/ld.so.preload
	mkdir -p /run/systemd/system/guardd.service.d
	printf '[Service]\nEnvironment=LD_PRELOAD=%s\n' \
		/usr/lib/libattack-preload.so \
		>/run/systemd/system/guardd.service.d/attack.conf
	systemctl daemon-reload && systemctl restart guardd
}

# A program of ours in the place of theirs, that goes on to theirs.
replace_one() {
	real=$2/real-$(basename "$1")
	fake=$2/fake-$(basename "$1")
	[ -e "$real" ] || cp "$1" "$real"
	# shellcheck disable=SC2016 # those are for the program that is made
	printf '#!/bin/sh\necho "$0" >>%s/replaced\nexec %s "$@"\n' \
		"$2" "$real" >"$fake"
	chmod 755 "$fake" "$real"
	mount --bind "$fake" "$1"
}

replace() {
	replace_one "$qemu_path" "$1"
	replace_one "$swtpm_path" "$1"
	cp "$firmware_path" "$1/firmware"
	# One byte of padding: another firmware to a digest, the same to a guest.
	printf 'A' | dd of="$1/firmware" bs=1 seek=64 conv=notrunc 2>/dev/null
	mount --bind "$1/firmware" "$firmware_path"
}

unplant() {
	rm -f /etc/ld.so.preload /usr/lib/libattack-preload.so
	rm -rf /run/systemd/system/guardd.service.d/attack.conf
	umount "$qemu_path" "$swtpm_path" "$firmware_path" 2>/dev/null
	systemctl daemon-reload && systemctl restart guardd
}

# Each thread has a name that everybody may read.
is_preloaded() {
	cat "/proc/$1/comm" "/proc/$1/task/"*/comm 2>/dev/null |
		grep -qx preloaded
}

check_preload() {
	if is_preloaded "$2"; then
		line "sh-preload@$1" 'preload a library into it' \
			'it is loaded there' READ
	else
		line "sh-preload@$1" 'preload a library into it' \
			"its name is $(cat "/proc/$2/comm")" nothing
	fi
}

planted() {
	each check_preload
	if [ -s "$1/replaced" ]; then
		line sh-replace-programs 'bind programs of ours over theirs' \
			"they were run: $(sort -u "$1/replaced")" READ
	elif [ -z "${QEMU:-}" ]; then
		line sh-replace-programs 'bind programs of ours over theirs' \
			'the VM did not start' allowed
	else
		line sh-replace-programs 'bind programs of ours over theirs' \
			'the VM runs without them' nothing
	fi
	if [ -z "${QEMU:-}" ]; then
		line sh-replace-firmware 'bind a changed firmware over theirs' \
			'the VM did not start' allowed
	else
		line sh-replace-firmware 'bind a changed firmware over theirs' \
			'the VM runs without it' nothing
	fi
}

# --- while it runs ------------------------------------------------------------

swap_on() {
	dd if=/dev/zero of="$1/swap" bs=1M count=64 2>/dev/null
	chmod 600 "$1/swap"
	mkswap "$1/swap" >/dev/null 2>&1
	run sh-swapon 'swapon of a file' allowed swapon "$1/swap"
	swapoff "$1/swap" 2>/dev/null
	rm -f "$1/swap"
}

hibernate() {
	if (echo disk >/sys/power/state) 2>"$1/said"; then
		line sh-hibernate 'echo disk >/sys/power/state' 'it slept' READ
	else
		line sh-hibernate 'echo disk >/sys/power/state' \
			"$(cat "$1/said")" refused
	fi
}

freeze() {
	dir=/sys/fs/cgroup/attack
	mkdir -p $dir
	if echo "$2" 2>/dev/null >$dir/cgroup.procs &&
		echo 1 2>/dev/null >$dir/cgroup.freeze; then
		line "sh-freezer@$1" 'hold it by the freezer' 'held' allowed
	else
		line "sh-freezer@$1" 'hold it by the freezer' 'no' refused
	fi
	echo 0 >$dir/cgroup.freeze
	echo "$2" 2>/dev/null >/sys/fs/cgroup/cgroup.procs
	rmdir $dir
}

enter() {
	run "sh-nsenter-mount@$1" 'nsenter its mounts' READ \
		nsenter -t "$2" -m true
	run "sh-nsenter-pid@$1" 'nsenter its processes and network' READ \
		nsenter -t "$2" -p -n true
}

debuggers() {
	run "sh-strace@$1" 'strace it' READ strace -o /dev/null -p "$2" -e none
	run "sh-gdb@$1" 'gdb it' READ \
		gdb -batch -p "$2" -ex 'info registers'
	run "sh-gcore@$1" 'gcore it' READ gcore -o "$dir_now/core" "$2"
}

end_it() {
	if kill -TERM "$2" 2>/dev/null; then
		line "sh-pkill@$1" 'kill it' 'sent' allowed
	else
		line "sh-pkill@$1" 'kill it' 'no' refused
	fi
}

units() {
	if ! command -v systemctl >/dev/null 2>&1; then
		line sh-systemctl 'stop and kill the unit' 'not here' nothing
		return
	fi
	before=$(cat "/proc/${GUARD_TPM:-0}/stat" 2>/dev/null)
	systemctl stop guard-early.service >/dev/null 2>&1
	systemctl kill --signal=KILL guard-early.service >/dev/null 2>&1
	if [ -z "$before" ]; then
		line sh-systemctl 'stop and kill the unit' 'none given' nothing
	elif [ -d "/proc/$GUARD_TPM" ]; then
		line sh-systemctl 'stop and kill the unit' 'it lives' refused
	else
		line sh-systemctl 'stop and kill the unit' 'it ended' allowed
	fi
}

now() {
	dir_now=$1
	swap_on "$1"
	hibernate "$1"
	run sh-modprobe 'modprobe dummy' allowed modprobe dummy
	run sh-bpf-umount 'umount every bpffs' allowed \
		umount -a -t bpf
	each freeze
	each enter
	each debuggers
	units
	[ -n "${KEEP:-}" ] || each end_it
}

case ${1:-} in
plant | replace | planted | unplant | now)
	[ $# -eq 2 ] || exit 2
	mkdir -p "$2"
	"$1" "$2"
	;;
stop-guardd)
	systemctl stop guardd.service
	;;
*)
	echo "usage: attempts.sh plant|replace|planted|unplant|now DIR" >&2
	exit 2
	;;
esac
