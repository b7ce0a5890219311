#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Real guarded hosts, as VMs, before an HGS: a Debian with Secure Boot, dm-verity
# and the kernel lock is attested over the network, a shielded VM starts on it,
# and root is let loose on it. The same host without the lock shows that the
# attacks would find what they look for. Shim and GRUB start a third, whose
# initramfs and root hash are then changed on its disk.
#
# timeout: 2400
# shellcheck disable=SC2016 # what is in single quotes the host expands
set -euo pipefail

# shellcheck source=tests/t.sh
. "$SW_ROOT/tests/t.sh"
# shellcheck source=tests/demo/lib.sh
. "$SW_ROOT/tests/demo/lib.sh"
# shellcheck source=tests/host/lib.sh
. "$SW_ROOT/tests/host/lib.sh"
# shellcheck source=tests/attack/compare.sh
. "$SW_ROOT/tests/attack/compare.sh"
# shellcheck source=tests/attack/hosts.sh
. "$SW_ROOT/tests/attack/hosts.sh"
# shellcheck source=tests/attack/var.sh
. "$SW_ROOT/tests/attack/var.sh"

# What every attack looks for; no process but QEMU's family is ever told.
MARKER=shieldwall-marker-$RANDOM$RANDOM$RANDOM
TAMPER=only-under-the-root-hash-$RANDOM$RANDOM
POLICIES=(MemoryAccessBlocked CodeIntegrityEnforced IommuEnabled NoHibernation
	NoDumps SwapEncrypted)

end_all() {
	local host

	for host in locked open grub; do
		[ ! -d "$SW_TMP/$host" ] || host_stop "$SW_TMP/$host"
	done
	world_close
	t_end
}
trap end_all EXIT

# --- an HGS, a tenant, the hosts' disks ---

world_open "$SW_TMP"
check "an HGS is made" hgs_init hgs
FINGERPRINT=$(sed -n 's/^guardian fingerprint: //p' "$SW_TMP/t.out")
check "it serves" hgs_start hgs
# shellcheck disable=SC2154 # hgs_init sets it
HGS_PORT=${URL_hgs##*:}
check "a tenant makes a shielded VM; its variables hold the marker" make_vm
check "what root brings along" make_payload
check "a host is built: Debian, one signed EFI program, dm-verity" \
	build_host "$SW_TMP/image"
check "the policies of a real host are enabled" policies enable

# --- the locked host ---

check "the host starts" host_up locked "$SW_TMP/image"
console locked "guard-early: the kernel lock holds, and code comes from the root alone"
console locked "guard-early: the IMA policy is loaded"
console locked "guard-early: the host key is recorded"
check "before udev" grep -aq 'guard-early: the host key' \
	<(sed '/systemd-udevd version/q' "$SW_TMP/locked/serial.log")
check "its system is running, nothing failed" on locked \
	'systemctl is-system-running --wait' 300
check "the kernel is locked down" on locked \
	'grep -F "[confidentiality]" /sys/kernel/security/lockdown'
check "device memory goes through the IOMMU, strictly" on locked \
	'dmesg | grep "strict mode (set via kernel command line)"'
check "its root is dm-verity, by the hash of the command line" on locked \
	"veritysetup status shieldwall-root | grep -x '  status: *verified' &&
	grep 'shieldwall.verity=$(cat "$SW_TMP/image/host.img.roothash")' /proc/cmdline"
check "which cannot be written" on locked \
	'! touch /usr/x && ! mount -o remount,rw /'
check "what can be written has no programs" on locked \
	'! awk "\$4 ~ /^rw/ && \$4 !~ /noexec/" /proc/mounts | grep .'
for dir in /var /etc /dev /run /tmp; do
	check "a program in $dir does not run" no_program locked "$dir"
done
check "nor where root takes noexec away" on locked \
	'cp /usr/bin/true /dev/shm/x && mount -o remount,exec /dev/shm &&
	! /dev/shm/x'
find_processes locked
check "guard-tpm is in no service's control group" \
	of_guard_tpm locked cgroup 0::/init.scope
check "and is the last that memory runs out for" \
	of_guard_tpm locked oom_score_adj -1000
refused_by locked UnauthorizedHost "a host that is not registered"
check "it is enrolled with its baseline" enrol locked
check "it is attested over the network, by every policy" \
	on locked 'guardctl attest --fresh'
says "IsHostGuarded      true" "and is guarded"
check "its kernel takes no module from now on" on locked \
	'guardctl status | grep "KernelLock  *on, no module loads any more" &&
	grep 1 /proc/sys/kernel/modules_disabled'

check "the VM is imported" on locked 'guardctl vm import /opt/attack/web1'
VM=web1
attempts locked plant
attempts locked replace
check "the VM starts" on locked 'guardctl vm start web1 --wait=300' 400
find_processes locked
check "four processes hold it" test -n "$GUARD_TPM" -a -n "$GUARD_VM" -a \
	-n "$QEMU" -a -n "$SWTPM"
attempts locked planted
attempts locked unplant
attack locked before,proc,calls,bpf,objects,perf
attack locked kernel,leaks,swap,mounts
attack locked guard,around,tpm
KEEP=1 attempts locked now
attack locked cgroup,dumps
check "the VM is still there, and the host attests again" on locked \
	'guardctl vm status web1 | grep running && guardctl attest --fresh'
check "the host counts what it refused" on locked \
	'guardctl status --json | grep -q "\"bpf\": *[1-9]"'
attack locked tpm-last tpm-extend
refused_by locked TcgLogVerification "T87 PCR 15 extended once more"
attack locked kill
attack locked tpm-last
complete locked
check "no secret of the VM's on its console" marker_hidden locked/serial.log
host_stop "$SW_TMP/locked"

# --- the same without the lock ---

check "the same host with lsm= on its command line" build_host "$SW_TMP/image" \
	--no-lock --quick
check "one byte of its root is changed on the disk" \
	change_byte "$SW_TMP/image/host.img"
check "it starts as well" host_up open "$SW_TMP/image"
console open "guard-early: no kernel lock:"
check "a module signed by a key of the firmware's loads before it is attested" \
	on open 'insmod /opt/attack/own.ko && rmmod dummy'
check "only its identity is registered" enrol_identity open
refused_by open SecureBootSettings "one argument more on the command line"
says "command line: lsm=landlock,lockdown,yama,integrity,apparmor was added" \
	"which is named"
check "its own baseline is registered" add_baseline open
refused_by open MemoryAccessBlocked "a host whose record says no lock"
check "and no code integrity either" status_says open CodeIntegrityEnforced
check "the VM is imported" on open 'guardctl vm import /opt/attack/web2'
check "T78 nothing is released to it" starts_not open InsecureHostConfiguration
check "the policies on the lock are switched off" \
	without_lock
check "then it passes" on open 'guardctl attest --fresh'
check "the VM starts there" on open 'guardctl vm start web2 --wait=300' 400
VM=web2
find_processes open
check "the marker is read out of its memory" marker_is_found open
attack open before,bpf,perf
found open
exits 125 "reading the byte that was changed ends the machine" \
	on open 'cat /opt/attack/file'
check "the kernel says why" ends_so open 'dm-verity device corrupted'
host_stop "$SW_TMP/open"

# --- shim and GRUB ---

check "a host with shim, GRUB and Debian's own kernel" \
	build_host "$SW_TMP/grub-image" --variant grub
check "the same system has the same root hash" \
	cmp "$SW_TMP/image/host.img.roothash" \
	"$SW_TMP/grub-image/host.img.roothash"
check "the policies are enabled again" policies enable
check "it starts" host_up grub "$SW_TMP/grub-image"
console grub "guard-early: the kernel lock holds, and code comes from the root alone"
check "it is enrolled" enrol grub
check "it is attested over the network, by every policy" \
	on grub 'guardctl attest --fresh'
var_made grub
check "root sets the TPM's endorsement authorisation" on grub \
	'tpm2_changeauth -c endorsement taken'
check "it goes down in order" goes_down grub
check "it starts again" host_again grub
console grub "THIS HOST IS NOT GUARDED"
var_kept grub
check "T87 PCR 15 is not left for root to fill" on grub \
	'tpm2_pcrread sha256:15 | grep "15: 0x" | grep -v 0000000000000000'
check "root gives the authorisation back" on grub \
	'tpm2_changeauth -c endorsement -p taken'
check "and no attestation is to be had in this boot" refuses_all grub
check "it goes down once more" goes_down grub
var_refusals grub "$SW_TMP/grub-image"
check "root takes guard-early out of the initramfs on the ESP" skip_early grub
check "it starts again" host_again grub
check "guard-early is run late, from the machine's own root" late_early grub
refused_by grub SecureBootSettings "T89 another initramfs"
says "initrd changed: PCR 9, event 2" "which is named"
check "T76 and there is no lock" status_says grub MemoryAccessBlocked
host_stop "$SW_TMP/grub"
check "the root hash is changed on the ESP" other_hash grub
check "it is switched on" host_start "$SW_TMP/grub"
check "a root with another hash is no root" \
	ends_so grub 'dm-verity device corrupted|cannot open the root'
exits 1 "nothing of it ran, and there is no shell" \
	grep -aE 'Debian GNU|\(initramfs\)|systemd\[1\]' \
	"$SW_TMP/grub/serial.log"

t_done
