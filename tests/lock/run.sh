#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The kernel lock in the kernels that it is for: Debian 12's own and that of
# its backports, each in a machine whose PID 1 is the test (lock-init.c). No
# Yama, so that what is refused is refused by the lock; the mode "control" is
# the same without it, where the attacks must work.
#
# timeout: 900
set -euo pipefail

# shellcheck source=tests/t.sh
. "$SW_ROOT/tests/t.sh"
# shellcheck source=tools/guestlib.sh
. "$SW_ROOT/tools/guestlib.sh"

INIT=$SW_BUILD/tests/lock/lock-init
OBJECT=$SW_BUILD/src/guard/lock/object/lock.bpf.o

# The newest kernel of backports that apt knows, or the newest in the cache.
backports_package() {
	local name

	name=$({ apt-cache search --names-only \
	    '^linux-image-6\.12\..*deb12-cloud-amd64$' 2>/dev/null || true; } |
	    awk '{ print $1 }' | sort -V | tail -n 1)
	[ -n "$name" ] || name=$(newest_cached \
	    'linux-image-6.12.*deb12-cloud-amd64_*.deb' |
	    sed -n 's|^.*/\(linux-image-[^_]*\)_.*|\1|p')
	printf '%s\n' "$name"
}

# tree_of PACKAGE: unpacked, with its modules' index.
tree_of() {
	local dir version=${1#linux-image-}

	dir=$(unpack_package "$1")
	[ -d "$dir/lib/modules" ] || ln -sfn usr/lib "$dir/lib"
	[ -f "$dir/lib/modules/$version/modules.dep.bin" ] ||
		depmod -b "$dir" "$version"
	printf '%s\n' "$dir"
}

# make_machine TREE DIR: DIR/initrd, and DIR/disk with the same files.
make_machine() {
	local tree=$1 dir=$2 module

	mkdir -p "$dir"
	new_root "$dir/root"
	add_program "$dir/root" "$INIT"
	add_modules "$dir/root" "$tree" virtio_pci virtio_blk evdev \
		binfmt_misc dm_mod dm_zero
	(cd "$dir/root/modules" && printf '%s\n' [0-9]* >list)
	module=$(find "$tree/lib/modules/" -name 'dummy.ko*')
	case $module in
	*.xz) xz -dc "$module" >"$dir/root/dummy.ko" ;;
	*) cp "$module" "$dir/root/dummy.ko" ;;
	esac
	ln -s bin/lock-init "$dir/root/init"
	truncate -s 64M "$dir/disk"
	mke2fs -q -F -t ext4 -d "$dir/root" "$dir/disk"
	(cd "$dir/root" && find . | cpio -o -H newc --quiet) >"$dir/initrd"
}

# boot TREE DIR MODE CPU: until it powers off; what it printed is DIR/MODE.
boot() {
	within 120 qemu-system-x86_64 -machine q35,accel=tcg -cpu "$4" -smp 2 \
		-m 512 -nodefaults -no-user-config -display none -no-reboot \
		-drive "if=virtio,format=raw,file=$2/disk,snapshot=on" \
		-drive "if=virtio,format=raw,file=$2/disk,snapshot=on" \
		-kernel "$1"/boot/vmlinuz-* -initrd "$2/initrd" \
		-append "console=ttyS0 quiet loglevel=1 panic=-1 \
lockdown=confidentiality secretmem.enable=1 sysctl.kernel.sysrq=1 lock.mode=$3" \
		-serial "file:$2/$3"
	tr -d '\r' <"$2/$3" >"$2/$3.txt"
	grep -qx "lock-init: $3 is done" "$2/$3.txt" ||
		{ tail -n 30 "$2/$3.txt"; return 1; }
}

# adopt KERNEL FILE: what the machine found, each as a check of its own.
adopt() {
	local line

	grep -E '^(not )?ok [0-9]+ - ' "$2" >"$SW_TMP/lines" || true
	while read -r line; do
		case $line in
		'ok '*) t_ok "$1: ${line#ok * - }" ;;
		'not ok '*) t_not_ok "$1: ${line#not ok * - }" ;;
		esac
	done <"$SW_TMP/lines"
}

# try_kernel NAME PACKAGE CPU
try_kernel() {
	local dir=$SW_TMP/$1 tree mode started

	tree=$(tree_of "$2")
	check "$1: a machine with ${2#linux-image-}" make_machine "$tree" "$dir"
	for mode in control lock pins holder code; do
		started=$SECONDS
		check "$1: the machine runs ($mode)" \
			boot "$tree" "$dir" "$mode" "$3"
		printf '# %s %s: %d s\n' "$1" "$mode" $((SECONDS - started))
		adopt "$1 $mode" "$dir/$mode.txt"
	done
	check "$1: the lock that was loaded is the object that was built" \
		grep -qx "# digest $(sha256sum <"$OBJECT" | cut -d ' ' -f 1)" \
		"$dir/lock.txt"
}

# In another place, from a copy at another depth: the same bytes.
same_object() {
	local copy=$SW_TMP/elsewhere/and/deeper

	mkdir -p "$copy/guard"
	cp -r "$SW_ROOT/src/guard/lock" "$copy/guard/"
	"$SW_ROOT/src/guard/lock/object/compile.sh" "$(command -v clang)" \
		"$(command -v llvm-strip)" "$copy" "$SW_TMP/lock.bpf.o"
	cmp "$SW_TMP/lock.bpf.o" "$OBJECT"
}

check "the lock's bytes do not depend on where it is built" same_object
try_kernel 6.1 "$(kernel_package)" max
package=$(backports_package)
if [ -n "$package" ]; then
	# QEMU 7.2 emulates cmpxchg16b in a way that this kernel crashes on.
	try_kernel 6.12 "$package" max,cx16=off
else
	t_skip "the kernel of backports" "apt does not know one"
fi
t_done
