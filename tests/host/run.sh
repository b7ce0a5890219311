#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A guarded host as it is installed: firmware, measured initramfs, root on
# dm-verity, systemd. By both ways to start, and with what was tampered with.
#
# timeout: 2400
# shellcheck disable=SC2016 # what is in single quotes the host expands
set -euo pipefail

. "$SW_ROOT/tests/t.sh"
. "$SW_ROOT/tests/host/lib.sh"

BOOT=400
MARK=only-under-the-root-hash-$RANDOM$RANDOM
HOST=''

stop() {
	[ -z "$HOST" ] || host_stop "$HOST"
	HOST=''
}
trap 'stop; t_end' EXIT

# make NAME ARGUMENT...: a host in $SW_TMP/NAME.
make() {
	local name=$1

	shift
	"$SW_ROOT/tools/mkhost" "$SW_TMP/$name" --build "$SW_BUILD" \
		--payload "$SW_TMP/payload" --test-port "$@"
}

# boot NAME: a new machine with the disk of $SW_TMP/NAME.
boot() {
	stop
	HOST=$SW_TMP/machine
	host_new "$HOST" "$SW_TMP/$1/host.img" "$SW_TMP/$1/vars.fd"
	host_start "$HOST"
}

# on COMMAND: on the host.
on() {
	host_run "$HOST" "$1" 120
}

# on_starts: systemd has started all there is, and nothing failed.
on_starts() {
	host_run "$HOST" 'systemctl is-system-running --wait' "$BOOT" || {
		tail -n 30 "$HOST/serial.log"
		return 1
	}
}

# no_program PATH: a program there is not run.
no_program() {
	on "cp /bin/true $1 && ! $1"
}

# change_byte: of the payload, in the image.
change_byte() {
	local at image=$SW_TMP/uki/host.img

	at=$(grep -abo -m 1 -e "$MARK" "$image" | head -n 1 | cut -d: -f1)
	[ -n "$at" ] && printf O |
		dd of="$image" bs=1 seek="$at" conv=notrunc status=none
}

# other_hash: in the clear on the ESP, where whoever has the disk can write it.
other_hash() {
	local image=$SW_TMP/grub/host.img esp

	esp=$image@@$(sgdisk -i 1 "$image" |
		awk '/^First sector/ { print $3 * 512 }')
	mcopy -n -i "$esp" ::/EFI/debian/grub.cfg "$SW_TMP/grub.cfg"
	sed -i 's/\(shieldwall.verity=\)......../\1deadbeef/' "$SW_TMP/grub.cfg"
	mcopy -o -i "$esp" "$SW_TMP/grub.cfg" ::/EFI/debian/grub.cfg
}

# ends_so REGEX: the machine is off, and its console says why.
ends_so() {
	host_ended "$HOST" "$BOOT" && grep -aE -e "$1" "$HOST/serial.log"
}

# What cannot be compressed is on the disk as it is.
mkdir "$SW_TMP/payload"
{
	head -c 262144 /dev/urandom
	echo "$MARK"
	head -c 262144 /dev/urandom
} >"$SW_TMP/payload/file"

check "a host's disk is made: one signed EFI program" make uki
root_hash=$(cat "$SW_TMP/uki/host.img.roothash")
check "one byte of the root is changed on the disk" change_byte
boot uki
check "the host starts, and nothing failed" on_starts
check "guard-early ran in the initramfs and recorded the host key" \
	on 'dmesg | grep "guard-early: the host key is recorded"'
check "before udev" grep -aq 'guard-early: the host key' \
	<(sed '/systemd-udevd version/q' "$HOST/serial.log")
check "guard-tpm is not in any service's control group" \
	on 'for p in /proc/[0-9]*; do
		! tr "\\0" " " <$p/cmdline | grep -q "^@guard-tpm" ||
		! grep . $p/cgroup; done | grep -x 0::/init.scope'
check "guard-tpm is the last that memory runs out for" \
	on 'for p in /proc/[0-9]*; do
		! tr "\\0" " " <$p/cmdline | grep -q "^@guard-tpm" ||
		! cat $p/oom_score_adj; done | grep -x -- -1000'
check "guardd runs" on 'systemctl is-active guardd'
check "guardctl status answers" on 'guardctl status'
says 'AttestationStatus' "and says how the host stands"
check "the root is dm-verity, with the hash of the command line" \
	on "veritysetup status shieldwall-root | grep -x '  status: *verified' &&
		grep 'shieldwall.verity=$root_hash' /proc/cmdline"
check "the root cannot be written" on '! touch /usr/x && ! mount -o remount,rw /'
check "what can be written has no programs" \
	on '! awk "\$4 ~ /^rw/ && \$4 !~ /noexec/" /proc/mounts | grep .'
check "a program on /var does not run" no_program /var/true
check "nor in /etc" no_program /etc/true
check "nor in /dev" no_program /dev/true
check "nor in /run" no_program /run/true
check "nor in /tmp" no_program /tmp/true
check "the kernel is locked down" \
	on 'grep -F "[confidentiality]" /sys/kernel/security/lockdown'
check "device memory goes through the IOMMU, strictly" \
	on 'dmesg | grep "strict mode (set via kernel command line)"'
exits 125 "reading the byte that was changed ends the machine" \
	on 'cat /opt/attack/file'
check "the kernel says why" ends_so 'dm-verity device corrupted'

check "a host's disk is made: shim, GRUB and kernel as Debian signed them" \
	make grub --variant grub
check "the same system has the same root hash" \
	test "$(cat "$SW_TMP/grub/host.img.roothash")" = "$root_hash"
boot grub
check "this host starts, and nothing failed" on_starts
check "with Microsoft's keys" on 'dmesg | grep "Secure boot enabled"'
check "and guard-early" on 'dmesg | grep "guard-early: the host key"'
check "the root hash is changed on the ESP" other_hash
boot grub
check "a root with another hash is no root, and there is no shell" \
	ends_so 'dm-verity device corrupted|cannot open the root'
exits 1 "nothing of it ran" grep -aE 'Debian GNU|\(initramfs\)|systemd\[1\]' \
	"$HOST/serial.log"
t_done
