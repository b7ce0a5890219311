# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Encrypted disks: qemu-img reads what src/disk wrote and the other way round,
# behind a header of ours and behind one of cryptsetup's.

luks_tool=$SW_BUILD/tests/disk/luks-tool
disk_dir=$SW_TMP/disk

# Noise, zeros that are written, holes, and an end that fits no chunk.
disk_image() {
	truncate -s $((9 * 1048576 + 1536)) plain &&
		dd if=/dev/urandom of=plain bs=1000 count=2500 seek=700 \
			conv=notrunc status=none &&
		dd if=/dev/zero of=plain bs=1M count=2 seek=5 conv=notrunc \
			status=none &&
		dd if=/dev/urandom of=plain bs=512 count=1 seek=18434 \
			conv=notrunc status=none
}

# qemu_fill DISK, qemu_read DISK IMAGE
qemu_fill() {
	qemu-img convert -n --object secret,id=k,file=key --image-opts \
		--target-image-opts driver=raw,file.filename=plain \
		"driver=luks,key-secret=k,file.filename=$1"
}

qemu_read() {
	qemu-img convert -O raw --object secret,id=k,file=key --image-opts \
		"driver=luks,key-secret=k,file.filename=$1" "$2"
}

opens() {
	cryptsetup luksOpen --test-passphrase --type luks1 --key-file "$2" "$1"
}

disk_before=$PWD
mkdir -p "$disk_dir" && cd "$disk_dir" || exit 3
for name in key other; do
	openssl rand -hex 32 | tr -d '\n' >$name
done
check "an image is made" disk_image

check "src/disk encrypts an image" "$luks_tool" make key plain ours
check "cryptsetup luksOpen opens the disk" opens ours key
exits 2 "and with no other key" opens ours other
check "qemu-img convert reads it" qemu_read ours back
check "bit for bit" cmp plain back
check "it has no hole, although the image has" test \
	"$(($(stat -c '%b * %B' ours)))" -ge "$(stat -c %s ours)"

truncate -s "$(stat -c %s plain)" empty
check "src/disk makes a disk of zeros" "$luks_tool" make key empty theirs
check "qemu-img convert fills it" qemu_fill theirs
check "src/disk reads it" "$luks_tool" extract key theirs back2
check "bit for bit" cmp plain back2
check "with holes where it is zero" test "$(stat -c %b back2)" -lt \
	"$(($(stat -c %s back2) / 512 / 2))"
refused "T65 not with another key" "$luks_tool" extract other theirs back3
says "does not open" "and why"

truncate -s $((2097152 + $(stat -c %s plain))) cryptsetups
check "cryptsetup luksFormat makes a header" cryptsetup luksFormat -q \
	--type luks1 --cipher aes-xts-plain64 --key-size 512 --hash sha256 \
	--pbkdf-force-iterations 1000 --key-file key cryptsetups
check "qemu-img convert fills that disk" qemu_fill cryptsetups
check "src/disk reads it" "$luks_tool" extract key cryptsetups back4
check "bit for bit" cmp plain back4

cd "$disk_before" || exit 3
