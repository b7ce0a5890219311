#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Boots the distribution's kernel with nothing but the attack program and two
# victims, and prints the program's lines. Without a lock, BPF and perf must
# find the marker there: that shows that the program can find it.
#
#	mini.sh OUT [PROGRAM ARGUMENT...]
#
# PROGRAM runs first and starts what is behind it with the lock on.
# GROUPS_TO_RUN names other groups of attempts, APPEND more of a command line;
# with GUARD=1 a real guard-early starts a real guard-tpm on the TPM, which then
# is the process guard-tpm. LOCKED_MEMORY=1 locks the memory of the victim qemu,
# as guard-vm has QEMU lock its own. SAME_TPM=1 is the next boot of the last
# machine.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
SW_ROOT=${SW_ROOT:-$(dirname "$(dirname "$here")")}
SW_BUILD=${SW_BUILD:-$SW_ROOT/build}
. "$SW_ROOT/tools/guestlib.sh"

[ $# -ge 1 ] || die "usage: mini.sh OUT [PROGRAM ARGUMENT...]"
out=$1
shift
groups=${GROUPS_TO_RUN:-before,proc,calls,bpf,objects,perf,kernel,swap,mounts,tpm}
[ -n "${GROUPS_TO_RUN:-}" ] ||
	groups+=,leaks,guard,around,cgroup,dumps,kill,tpm-last
marker=$(printf 'ATTACK-%d-%d-MARKER' $RANDOM $RANDOM | od -An -tx1 |
    tr -d ' \n')

need mke2fs qemu-system-x86_64 swtpm cpio zstd modprobe busybox
tree=$(kernel_tree)
version=$(kernel_version "$tree")
root=$out/root
mkdir -p "$out/keys"
rm -rf "$root"
[ -n "${SAME_TPM:-}" ] || rm -rf "$out/tpm" "$out/disk"
new_root "$root"
add_modules "$root" "$tree" virtio_pci virtio_blk ext4
install -m 755 "$SW_BUILD/tests/attack/attack" \
    "$SW_BUILD/tests/attack/victim" "$here/attempts.sh" "$root/bin/"
mkdir -p "$root/boot" "$root/extra"
cp "$tree/boot/vmlinuz-$version" "$root/boot/"
cp "$(find "$tree/" -name 'dummy.ko*' | head -n 1)" "$root/extra/"
make_key "$out/keys" own
"$here/sign-module.sh" "$out/keys/own.key" "$out/keys/own.crt" \
    "$(find "$tree/" -name 'dummy.ko*' | head -n 1)" "$root/extra/own.ko"
own="--own-module /extra/own.ko"
program=
if [ $# -gt 0 ]; then
	add_program "$root" "$1"
	program="/bin/$(basename "$1") ${*:2}"
fi

guard=
if [ -n "${GUARD:-}" ]; then
	for file in early/guard-early tpm/guard-tpm vm/guard-vm; do
		add_program "$root" "$SW_BUILD/src/guard/$file"
	done
	lib=$(ldconfig -p | awk '/libtss2-tcti-device.so.0 / { print $NF; exit }')
	install -D -m 755 "$lib" "$root$lib"
	echo "root:x:0:0:root:/:/bin/sh" >"$root/etc/passwd"
	mkdir -p "$root/etc/shieldwall"
	printf '[tpm]\ntcti = device:/dev/tpmrm0\n' \
	    >"$root/etc/shieldwall/guard.conf"
	guard='guard-early; pidof guard-tpm >/run/guard-tpm'
fi

cat >"$root/start" <<-END
	#!/bin/sh
	victim $marker ${LOCKED_MEMORY:+lock} </dev/null >/dev/null 2>&1 &
	echo \$! >/run/qemu
	victim $marker lock </dev/null >/dev/null 2>&1 &
	echo \$! >/run/guard-tpm
	$guard
END
cat >"$root/init" <<-END
	#!/bin/sh
	mount -t proc proc /proc
	mount -t sysfs sys /sys
	mount -t devtmpfs dev /dev
	mount -t tmpfs run /run
	mount -t tmpfs tmp /tmp
	mount -t securityfs sec /sys/kernel/security
	for m in /modules/*; do insmod \$m; done
	ip link set lo up
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	mkdir /host
	mount -t ext4 /dev/vdb /host
	uname -r
	cat /proc/cmdline
	$program /start
	sleep 2
	KEEP=1 GUARD_TPM=\$(cat /run/guard-tpm) QEMU=\$(cat /run/qemu) \\
	    attempts.sh now /tmp/shell
	attack $groups --pid qemu=\$(cat /run/qemu) \\
	    --pid guard-tpm=\$(cat /run/guard-tpm) --marker hex:$marker \\
	    --module /extra/dummy.ko --swap /dev/vda --state /host/context \\
	    $own
	echo "attack: exit status \$?"
	umount /host
	poweroff -f
END
chmod 755 "$root/init" "$root/start"
pack_root "$root" "$out/initrd"

mkdir -p "$out/tpm"
[ -e "$out/disk" ] || mke2fs -q -F -t ext4 "$out/disk" 16M >&2
truncate -s 128M "$out/swap"
swtpm socket --tpm2 --tpmstate "dir=$out/tpm" --terminate --daemon \
    --ctrl "type=unixio,path=$out/tpm/sock" \
    --flags not-need-init,startup-clear
timeout "${LIMIT:-600}" qemu-system-x86_64 -machine q35,accel=tcg -cpu max \
    -smp 2 -m 512 -nodefaults -no-user-config -display none -no-reboot \
    -chardev "socket,id=c,path=$out/tpm/sock" \
    -tpmdev emulator,id=t0,chardev=c -device tpm-crb,tpmdev=t0 \
    -drive "if=none,id=d0,format=raw,file=$out/swap" \
    -device virtio-blk-pci,drive=d0 -serial stdio \
    -drive "if=none,id=d1,format=raw,file=$out/disk" \
    -device virtio-blk-pci,drive=d1 \
    -kernel "$tree/boot/vmlinuz-$version" -initrd "$out/initrd" \
    -append "console=ttyS0 quiet panic=-1 lockdown=confidentiality \
secretmem.enable=1 sysctl.kernel.yama.ptrace_scope=3 \
sysctl.kernel.kexec_load_disabled=1 \
sysctl.kernel.unprivileged_bpf_disabled=1 nohibernate ${APPEND:-}" \
    </dev/null | tr -d '\r' | tee "$out/lines"
