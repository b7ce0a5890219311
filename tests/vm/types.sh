# shellcheck shell=bash disable=SC2317
# SPDX-License-Identifier: Apache-2.0
#
# For run.sh: the three types of VM while they run (vm-types.c). It needs what
# run.sh has made: guest, guardians, shield(), adopt().

# What the fabric makes for itself: firmware without keys, a disk in clear.
make_regular() {
	"$SW_BUILD/src/ctl/guardctl/guardctl" --root "$SW_TMP/root" \
		vm create plain --type regular --disk "$SW_TMP/open/guest.img" \
		--secure-boot off --tpm no --memory 512M
}

protect_open() {
	shield vm protect "$SW_TMP/open/guest.img" --owner tenant \
		--guardian fabric --secure-boot "$SW_TMP/guest/keys" -o "$@"
}

mkdir "$SW_TMP/open"
cp -r "$SW_TMP/guest/keys" "$SW_TMP/open/keys"
check "mkguest builds a guest that lets the host in" \
	"$SW_ROOT/tools/mkguest" "$SW_TMP/open" --debug --integration \
	--marker 'a marker of the open guest'
check "shield makes one that its fabric may see" \
	protect_open "$FOLDERS/shown" --console
check "shield makes an encryption-supported one" \
	protect_open "$FOLDERS/enc" --policy encrypted
check "a regular one is made" make_regular
check "a disk of another VM's" \
	cp "$FOLDERS/two/disk0.img" "$FOLDERS/shown/alien.img"
check "guard-vm: three types of VM, each with what it may" \
	within 600 unshare --net bash -c 'ip link add br0 type bridge &&
		ip link set br0 up && exec "$@"' types \
	"$SW_BUILD/tests/vm/vm-types" "$SW_TMP/root" \
	"$SW_BUILD/src/guard/vm/guard-vm" "$KEYS/fabric.key" \
	"$SW_TMP/passphrase" 'a marker of the open guest'
adopt
refused "E5 no encrypted VM's folder holds the guest's marker" \
	grep -raqF 'a marker of the open guest' "$FOLDERS/enc" "$FOLDERS/shown"
