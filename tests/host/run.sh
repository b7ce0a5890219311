#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# One real host, as a VM, before an HGS, start after start: what an update, an
# administrator's mistake or whoever has the disk changes between two of them,
# and with which sub-status and in which words the HGS refuses it. Debian with
# systemd, one signed EFI program, Secure Boot and dm-verity.
#
# timeout: 2700
# shellcheck disable=SC2016 # what is in single quotes the host expands
set -euo pipefail

# shellcheck source=tests/t.sh
. "$SW_ROOT/tests/t.sh"
# shellcheck source=tests/demo/lib.sh
. "$SW_ROOT/tests/demo/lib.sh"
# shellcheck source=tests/host/lib.sh
. "$SW_ROOT/tests/host/lib.sh"
# shellcheck source=tests/attack/hosts.sh
. "$SW_ROOT/tests/attack/hosts.sh"
# shellcheck source=tests/host/update.sh
. "$SW_ROOT/tests/host/update.sh"
# shellcheck source=tests/host/ci.sh
. "$SW_ROOT/tests/host/ci.sh"

# shellcheck disable=SC2034 # policies() reads it
POLICIES=(MemoryAccessBlocked CodeIntegrityEnforced IommuEnabled NoHibernation
	NoDumps SwapEncrypted)
# What is refused as long as no baseline proves the command line.
UNPROVEN=(CodeIntegrityEnforced DumpsEnabled HibernationEnabled Iommu
	MemoryAccessBlocked PagefileEncryption)

end_all() {
	local host

	for host in kvm1 insecure; do
		[ ! -d "$SW_TMP/$host" ] || host_stop "$SW_TMP/$host"
	done
	world_close
	t_end
}
trap end_all EXIT

world_open "$SW_TMP"
check "an HGS is made" hgs_init hgs
check "it serves" hgs_start hgs
# shellcheck disable=SC2154 # hgs_init sets it
HGS_PORT=${URL_hgs##*:}
mkdir -p "$SW_TMP/payload"
check "it has one program that no package brought" ci_program "$SW_TMP/payload"
check "a host is built: Debian, one signed EFI program, dm-verity" \
	build_host "$SW_TMP/image"
check "which is taken apart" parts_of "$SW_TMP/image"
check "the policies of a real host are enabled" policies enable

# --- as it should be ---

check "the host starts" new_machine kvm1 "$SW_TMP/image/vars.fd"
check "its system is running, nothing failed" on kvm1 \
	'systemctl is-system-running --wait' "$STARTS_WITHIN"
check "it is enrolled with its baseline" enrol kvm1
check "it is attested over the network, by every policy" \
	on kvm1 'guardctl attest --fresh'
says "IsHostGuarded      true" "and is guarded"
check "its baseline is kept" baseline_of kvm1 kvm1
ci_checks kvm1
check "it goes down in order" goes_down kvm1

# --- a kernel that was announced ---

check "an update brings another kernel" kernel_built_anew \
	"$SW_TMP/linux" "the next"
check "in a signed program" uki_of "$SW_TMP/uki" "$SW_TMP/linux" \
	"$SW_TMP/parts/initrd" "$SW_TMP/parts/cmdline"
check "its baseline is predicted" guardctl baseline predict \
	--from "$SW_TMP/kvm1.base" --uki "$SW_TMP/uki" \
	--old-uki "$SW_TMP/parts/uki" --name next -o "$SW_TMP/next.base"
check "and registered before" hgs hgs baseline add next \
	"$SW_TMP/next.base" --yes
check "the update is installed" installed kvm1 "$SW_TMP/uki"
check "the host starts with it" back_again kvm1
check "and passes, by every policy" on kvm1 'guardctl attest --fresh'
admitted_by kvm1 next
check "it goes down in order" goes_down kvm1

# --- another kernel that nobody announced ---

check "a kernel is built anew" kernel_built_anew "$SW_TMP/linux" "anew"
check "and signed with the same initramfs and command line" uki_of \
	"$SW_TMP/uki" "$SW_TMP/linux" "$SW_TMP/parts/initrd" \
	"$SW_TMP/parts/cmdline"
check "it is installed" installed kvm1 "$SW_TMP/uki"
check "the host starts with it" back_again kvm1
refused_by kvm1 SecureBootSettings "another kernel"
says "kernel changed: PCR 11, event 1" "and the host is told what changed"
sub_statuses kvm1 "${UNPROVEN[@]}" SecureBootSettings
diff_of kvm1
differs_in "UKI, kernel"
refused "another difference than was read is not accepted" hgs hgs baseline \
	accept kvm1 --diff "$(printf '0%.0s' {1..64})" --name kernel --yes
check "the one that was read is" hgs hgs baseline accept kvm1 --diff "$DIFF" \
	--name kernel --yes
check "then the host passes, by every policy" on kvm1 'guardctl attest --fresh'
admitted_by kvm1 kernel
check "it goes down in order" goes_down kvm1

# --- another command line: less of an IOMMU, and a debugger ---

check "one argument is left out, one is added" cmdline_with "$SW_TMP/cmdline" \
	's/ iommu.strict=1//; s/$/ kgdboc=ttyS0/'
check "the initramfs loses its IMA policy" initrd_without "$SW_TMP/initrd" \
	guard/etc/shieldwall/ima-policy
check "both are signed with the first kernel" uki_of "$SW_TMP/uki" \
	"$SW_TMP/parts/linux" "$SW_TMP/initrd" "$SW_TMP/cmdline"
check "and installed" installed kvm1 "$SW_TMP/uki"
check "the host starts with them" back_again kvm1
console kvm1 "guard-early: no IMA policy in the sealed image: none is loaded"
refused_by kvm1 SecureBootSettings "T90 another command line"
says "command line: iommu.strict=1 is missing" "what is missing is named"
says "command line: kgdboc=ttyS0 was added" "and what was added"
sub_statuses kvm1 "${UNPROVEN[@]}" SecureBootSettings
diff_of kvm1
differs_in "UKI, initrd, command line"
refused "no baseline is made of it: other policies would refuse it still" \
	hgs hgs baseline accept kvm1 --diff "$DIFF" --name weak --yes
says "the command line has kgdboc=ttyS0" "which is said"
check "its administrator takes a baseline of it all the same" \
	baseline_as kvm1 weak
says "IommuEnabled would not hold" "and is warned"
refused_by kvm1 Iommu "a host without strict IOMMU whose baseline says so"
says "Iommu: the command line lacks iommu.strict=1" "in these words"
says "MemoryAccessBlocked: the command line has kgdboc=ttyS0: it opens the kernel to a debugger" \
	"a debugger, too"
sub_statuses kvm1 CodeIntegrityEnforced Iommu MemoryAccessBlocked \
	PagefileEncryption
ci_late kvm1
host_stop "$SW_TMP/kvm1"

# --- Secure Boot off ---

check "a machine without any key of Secure Boot starts from the same disk" \
	new_machine insecure "$HOST_OVMF/OVMF_VARS_4M.fd"
check "its identity is registered" enrol_identity insecure
refused_by insecure SecureBoot "T38 Secure Boot off"
says "SecureBoot: Secure Boot is off" "in these words"
says "signer of a boot program is missing" "nobody vouched for what started"
sub_statuses insecure "${UNPROVEN[@]}" SecureBoot SecureBootSettings
diff_of insecure
says "Secure Boot state changed: PCR 7, event 0" "Secure Boot is named"
refused "it is never accepted" hgs hgs baseline accept insecure \
	--diff "$DIFF" --name insecure --yes
says "SecureBoot" "by the locked policy's name"
refused "nor can a baseline be taken of it" on insecure \
	'guardctl baseline capture --name insecure -o /run/insecure'
host_stop "$SW_TMP/insecure"

t_done
