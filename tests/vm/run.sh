#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The parts that run a VM, on real QEMU, swtpm and firmware: vm-drive starts
# an encrypted guest as guard-vm does and looks at it from outside; vm-fabric
# has guard-vm start a VM that shield made, and plays everybody else; vm-lease
# does the same about the lease, vm-rollback about the VM's TPM, vm-stock with a
# stock Debian, vm-types with VMs of each type; vm-count has a TPM count.
#
# timeout: 1800
set -euo pipefail

# shellcheck source=tests/t.sh
. "$SW_ROOT/tests/t.sh"

OVMF=/usr/share/OVMF
VM=$SW_TMP/vm
VM_UID=61077
PATH=$PATH:/usr/sbin:/sbin

# shellcheck disable=SC2317 # check runs it
make_vm() {
	mkdir -p "$VM/vtpm"
	openssl rand -hex 32 | tr -d '\n' >"$VM/disk.key"
	openssl rand -hex 32 | tr -d '\n' >"$VM/vtpm.key"
	"$SW_BUILD/tests/vm/nvram-tool" "$OVMF/OVMF_VARS_4M.fd" \
		"$SW_TMP/guest/keys/"{PK,KEK,db}.crt.der "$VM/nvram"
	swtpm_setup --tpm2 --tpmstate "$VM/vtpm" --pcr-banks sha256 \
		--keyfile "$VM/vtpm.key" --cipher aes-256-cbc
	qemu-img convert -f raw -O luks \
		--object "secret,id=k,file=$VM/disk.key" \
		-o key-secret=k,iter-time=10 \
		"$SW_TMP/guest/guest.img" "$VM/disk0.img"
	chown -R "$VM_UID:$VM_UID" "$VM/vtpm"
}

# What the program that check just ran found, each as a check of its own.
adopt() {
	local line

	cp "$SW_TMP/t.out" "$SW_TMP/adopted"
	grep -E "^(not )?ok " "$SW_TMP/adopted" >"$SW_TMP/lines"
	while read -r line; do
		case $line in
		'ok '*) t_ok "${line#ok * - }" ;;
		'not ok '*) t_not_ok "${line#not ok * - }" "$SW_TMP/adopted" ;;
		esac
	done <"$SW_TMP/lines"
}

check "mkguest builds the guest" \
	"$SW_ROOT/tools/mkguest" "$SW_TMP/guest" --marker 'a marker to look for'
check "its folder is made" make_vm
check "the guest runs, locked in, and shuts down" \
	"$SW_BUILD/tests/vm/vm-drive" "$VM" "$OVMF/OVMF_CODE_4M.secboot.fd"
adopt
mkdir "$SW_TMP/clear"
check "a TPM's state is made in clear" \
	swtpm_setup --tpm2 --tpmstate "$SW_TMP/clear" --pcr-banks sha256
check "a TPM counts" "$SW_BUILD/tests/vm/vm-count" "$VM" \
	"$SW_TMP/clear/tpm2-00.permall"
adopt
refused "T63 the marker is not in any file of the folder" \
	grep -raqF 'a marker to look for' "$VM"

SHIELD=$SW_BUILD/src/ctl/shield/shield
FOLDERS=$SW_TMP/root/var/lib/shieldwall/vms
KEYS=$SW_TMP/tenant/root/.local/share/shieldwall/guardians

# shellcheck disable=SC2317 # check runs it
shield() {
	HOME=/root "$SHIELD" "$@" --root "$SW_TMP/tenant" --passphrase-fd 3 \
		3<"$SW_TMP/passphrase"
}

# shellcheck disable=SC2317 # check runs it
protect() {
	shield vm protect "$SW_TMP/guest/guest.img" --owner tenant \
		--guardian fabric --secure-boot "$SW_TMP/guest/keys" -o "$1"
}

echo 'a passphrase for tests' >"$SW_TMP/passphrase"
mkdir -p "$FOLDERS" "$SW_TMP/tenant"
check "a tenant's guardian is made" shield guardian create tenant
check "a fabric's guardian is made" shield guardian create fabric
check "shield makes a VM" protect "$FOLDERS/one"
check "shield makes another" protect "$SW_TMP/two"
check "shield makes a third" protect "$FOLDERS/three"
check "guard-vm: killed, lied to, tampered with; a guest that boots" \
	"$SW_BUILD/tests/vm/vm-fabric" "$SW_TMP/root" one \
	"$SW_BUILD/src/guard/vm/guard-vm" "$KEYS/fabric.key" \
	"$SW_TMP/passphrase" "$SW_TMP/two"
adopt
check "guard-vm: a TPM taken back, swapped, exchanged" \
	"$SW_BUILD/tests/vm/vm-rollback" "$SW_TMP/root" three \
	"$SW_BUILD/src/guard/vm/guard-vm" "$KEYS/fabric.key" \
	"$SW_TMP/passphrase" "$SW_TMP/two"
adopt
mv "$SW_TMP/two" "$FOLDERS/two"
check "guard-vm: leases that are not renewed" \
	"$SW_BUILD/tests/vm/vm-lease" "$SW_TMP/root" two \
	"$SW_BUILD/src/guard/vm/guard-vm" "$KEYS/fabric.key" \
	"$SW_TMP/passphrase"
adopt
refused "the marker is not in any file of those folders either" \
	grep -raqF 'a marker to look for' "$FOLDERS"

# --- the three types ---

# What the fabric makes for itself: firmware without keys, a disk in clear.
# shellcheck disable=SC2317 # check runs it
make_regular() {
	mkdir -m 700 "$FOLDERS/plain"
	cp "$OVMF/OVMF_VARS_4M.fd" "$FOLDERS/plain/nvram"
	cp "$SW_TMP/open/guest.img" "$FOLDERS/plain/disk0.img"
	jq -c '.name = "plain" | .level = "regular" | .secure_boot = false |
		.tpm = false | .state_encryption = false | .console = true |
		.integration = true' "$FOLDERS/one/vm.json" \
		>"$FOLDERS/plain/vm.json"
	chmod 600 "$FOLDERS/plain"/*
}

# shellcheck disable=SC2317 # check runs it
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
	unshare --net bash -c 'ip link add br0 type bridge &&
		ip link set br0 up && exec "$@"' types \
	"$SW_BUILD/tests/vm/vm-types" "$SW_TMP/root" \
	"$SW_BUILD/src/guard/vm/guard-vm" "$KEYS/fabric.key" \
	"$SW_TMP/passphrase" 'a marker of the open guest'
adopt
refused "E5 no encrypted VM's folder holds the guest's marker" \
	grep -raqF 'a marker of the open guest' "$FOLDERS/enc" "$FOLDERS/shown"

# --- a stock Debian, under Microsoft's Secure Boot keys ---------------------

STOCK=$SW_TMP/stock

# change_kernel IMAGE: one letter of the version that it shows. Debian's
# signature covers it; a machine that did not look at that would boot.
# shellcheck disable=SC2317 # check runs it
change_kernel() {
	local at fs path

	fs="$1?offset=$(($(sgdisk -i 2 "$1" |
		sed -n 's/^First sector: \([0-9]*\).*/\1/p') * 512))"
	path=$(debugfs -R 'stat /vmlinuz' "$fs" |
		sed -n 's/^Fast link dest: "\(.*\)"$/\1/p')
	debugfs -R "dump /$path $STOCK/kernel" "$fs"
	at=$(LC_ALL=C grep -obUaF -m 1 '(debian-kernel@' "$STOCK/kernel" |
		head -n 1 | cut -d: -f1)
	printf D | dd of="$STOCK/kernel" bs=1 seek=$((at + 1)) conv=notrunc
	debugfs -w -f /dev/stdin "$fs" <<-END
		rm vmlinuz
		write $STOCK/kernel vmlinuz
	END
}

# shellcheck disable=SC2317 # check runs it
protect_stock() {
	shield vm protect "$STOCK/stock.img" --owner tenant \
		--guardian fabric --secure-boot microsoft -o "$1"
}

check "mkstock installs Debian on a disk" \
	"$SW_ROOT/tools/mkstock" "$STOCK" --marker 'a marker in stock Debian'
check "its disk holds the marker" \
	grep -qaF 'a marker in stock Debian' "$STOCK/stock.img"
check "shield makes a VM of it" protect_stock "$FOLDERS/stock"
check "its kernel is changed" change_kernel "$STOCK/stock.img"
check "shield makes a VM of that, too" protect_stock "$FOLDERS/changed"
rm -f "$STOCK/stock.img"
check "guard-vm: a stock Debian boots, a changed one does not" \
	"$SW_BUILD/tests/vm/vm-stock" "$SW_TMP/root" stock \
	"$SW_BUILD/src/guard/vm/guard-vm" "$KEYS/fabric.key" \
	"$SW_TMP/passphrase" changed
adopt
refused "T63 its marker is not in any file of those folders" \
	grep -raqF 'a marker in stock Debian' "$FOLDERS"

# --- at the owner's, without an HGS ---

# shellcheck source=tests/vm/local.sh
. "$SW_ROOT/tests/vm/local.sh"
t_done
