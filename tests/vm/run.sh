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
	mkdir -p "$VM/vtpm" &&
		openssl rand -hex 32 | tr -d '\n' >"$VM/disk.key" &&
		openssl rand -hex 32 | tr -d '\n' >"$VM/vtpm.key" &&
		"$SW_BUILD/tests/vm/nvram-tool" "$OVMF/OVMF_VARS_4M.fd" \
			"$SW_TMP/guest/keys/"{PK,KEK,db}.crt.der "$VM/nvram" &&
		swtpm_setup --tpm2 --tpmstate "$VM/vtpm" --pcr-banks sha256 \
			--keyfile "$VM/vtpm.key" --cipher aes-256-cbc &&
		"$SW_BUILD/tests/disk/luks-tool" make "$VM/disk.key" \
			"$SW_TMP/guest/guest.img" "$VM/disk0.img" &&
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
	within 600 "$SW_BUILD/tests/vm/vm-drive" "$VM" \
	"$OVMF/OVMF_CODE_4M.secboot.fd"
adopt
mkdir "$SW_TMP/clear"
check "a TPM's state is made in clear" \
	swtpm_setup --tpm2 --tpmstate "$SW_TMP/clear" --pcr-banks sha256
check "a TPM counts" within 600 "$SW_BUILD/tests/vm/vm-count" "$VM" \
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
	within 600 "$SW_BUILD/tests/vm/vm-fabric" "$SW_TMP/root" one \
	"$SW_BUILD/src/guard/vm/guard-vm" "$KEYS/fabric.key" \
	"$SW_TMP/passphrase" "$SW_TMP/two"
adopt
check "guard-vm: a TPM taken back, swapped, exchanged" \
	within 600 "$SW_BUILD/tests/vm/vm-rollback" "$SW_TMP/root" three \
	"$SW_BUILD/src/guard/vm/guard-vm" "$KEYS/fabric.key" \
	"$SW_TMP/passphrase" "$SW_TMP/two"
adopt
mv "$SW_TMP/two" "$FOLDERS/two"
check "guard-vm: leases that are not renewed" \
	within 600 "$SW_BUILD/tests/vm/vm-lease" "$SW_TMP/root" two \
	"$SW_BUILD/src/guard/vm/guard-vm" "$KEYS/fabric.key" \
	"$SW_TMP/passphrase"
adopt
refused "the marker is not in any file of those folders either" \
	grep -raqF 'a marker to look for' "$FOLDERS"

# --- the three types ---

# shellcheck source=tests/vm/types.sh
. "$SW_ROOT/tests/vm/types.sh"

# --- a stock Debian ---

# shellcheck source=tests/vm/stock.sh
. "$SW_ROOT/tests/vm/stock.sh"

# --- at the owner's, without an HGS ---

# shellcheck source=tests/vm/local.sh
. "$SW_ROOT/tests/vm/local.sh"
t_done
