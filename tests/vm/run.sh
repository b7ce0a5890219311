#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The parts that run a VM, on real QEMU, swtpm and firmware: vm-drive starts
# an encrypted guest as guard-vm does and looks at it from outside.
#
# timeout: 900
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

check "mkguest builds the guest" \
	"$SW_ROOT/tools/mkguest" "$SW_TMP/guest" --marker 'a marker to look for'
check "its folder is made" make_vm
check "the guest runs, locked in, and shuts down" \
	"$SW_BUILD/tests/vm/vm-drive" "$VM" "$OVMF/OVMF_CODE_4M.secboot.fd"
sed -n 's/^\(ok\|not ok\) [0-9]* - /# \1 - /p' "$SW_TMP/t.out"
refused "T63 the marker is not in any file of the folder" \
	grep -raqF 'a marker to look for' "$VM"
t_done
