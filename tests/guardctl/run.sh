#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 600
#
# guardctl on a host with a software TPM that holds a recorded boot, with
# guard-early, guard-tpm, guardd and an HGS: setup, enrolment, diagnosis, VM
# folders, refused starts. VMs that start are the demo's and the vm suite's.

# shellcheck source=/dev/null
. "$SW_ROOT/tests/t.sh"
# shellcheck source=/dev/null
. "$SW_ROOT/tests/demo/lib.sh"

if [ "$(id -u)" -ne 0 ]; then
	t_skip "guardctl on a host" "needs root"
	t_done
fi

BOOT=$SW_ROOT/tests/data/boot
HOST=$SW_TMP/w/kvm1
VMS=$HOST/var/lib/shieldwall/vms
# The daemons' users must reach what is theirs.
chmod 0755 "$SW_TMP"
world_open "$SW_TMP/w"
trap 'world_close; t_end' EXIT

has_lines() {
	local line

	for line; do
		grep -qF -e "$line" "$SW_TMP/t.out" || return 1
	done
}

# --- the manual -------------------------------------------------------------

check "every command and option stands in guardctl(1)" \
	"$SW_ROOT/tools/check-manual.sh" "$STAGE/usr/local/bin/guardctl" \
	"$SW_ROOT/man/guardctl.1"
keys_in_manual() {
	local key text

	text=$(mandoc -T utf8 "$SW_ROOT/man/guard.conf.5" |
		sed 's,.\x08,,g')
	sed -n 's/.*CONF_[A-Z]*(struct guard_conf, "\([a-z]*\)", "\([a-z_]*\)".*/\2/p' \
		"$SW_ROOT/src/guard/common/guard_conf.c" >"$SW_TMP/keys"
	[ "$(wc -l <"$SW_TMP/keys")" -gt 10 ] || return 1
	while read -r key; do
		grep -qw -e "$key" <<<"$text" || { echo "$key"; return 1; }
	done <"$SW_TMP/keys"
}
check "every key stands in guard.conf(5)" keys_in_manual

# --- CI policies ------------------------------------------------------------

# shellcheck source=/dev/null
. "$SW_ROOT/tests/guardctl/ci.sh"

# --- setup ------------------------------------------------------------------

exits 2 "setup without an HGS: usage" guard kvm1 setup
exits 2 "setup with an address that is none: usage" \
	guard kvm1 setup --hgs ftp://x
exits 2 "a pin for plain HTTP would protect nothing: usage" \
	guard kvm1 setup --hgs http://h --pin "$(printf 'ab%.0s' {1..32})"
check "nothing was written" test ! -e "$HOST/etc/shieldwall/guard.conf"
refused "setup --check before anything is there" guard kvm1 setup --check
hgs_init hgs >/dev/null 2>&1 && hgs_start hgs
# shellcheck disable=SC2154 # set by hgs_init
HGS=$URL_hgs
check "a host boots and is set up" host_new kvm1 "$BOOT/host-good" "$HGS"
modes() {
	stat -c '%n %U:%G %a' "$HOST/var/lib/shieldwall/guard" "$VMS" |
		sed "s|^$HOST||" >"$SW_TMP/modes"
	diff "$SW_TMP/modes" - <<-EOF
	/var/lib/shieldwall/guard _guard:_guard 750
	/var/lib/shieldwall/vms root:shieldwall-fabric 750
	EOF
}
check "the folders have their owners and modes" modes
check "setup --check finds nothing missing" guard kvm1 setup --check
printf '# mine\n' >>"$HOST/etc/shieldwall/guard.conf"
check "setup again, with another address" \
	guard kvm1 setup --hgs "$HGS" --fallback http://127.0.0.1:1
kept() {
	grep -qx '# mine' "$HOST/etc/shieldwall/guard.conf" &&
		grep -qx 'fallback = http://127.0.0.1:1' \
			"$HOST/etc/shieldwall/guard.conf" &&
		guard kvm1 setup --undo --dry-run |
			grep -q 'restore .*/etc/shieldwall/guard.conf'
}
check "keeps what was there, and could restore the old file" kept

# --- enrolment --------------------------------------------------------------

check "identity" guard kvm1 identity --name kvm1 -o "$SW_TMP/id"
says "EK fingerprint" "says the fingerprint to compare"
check "enrol" guard kvm1 enrol --name kvm1 -o "$SW_TMP/kvm1.enrol"
refused "enrol never replaces a file" \
	guard kvm1 enrol --name kvm1 -o "$SW_TMP/kvm1.enrol"
check "the HGS takes it" \
	hgs hgs host add kvm1 "$SW_TMP/kvm1.enrol" --with-policies --pin-ek --yes
check "baseline capture" guard kvm1 baseline capture --name b1 \
	--description 'of the day' -o "$SW_TMP/b1"
says "IommuEnabled would not hold: the command line lacks efi=disable" \
	"says which policies this command line does not meet"
says "IOMMU             warning: the command line lacks efi=" \
	"says item by item what a guarded host should have otherwise"
says "Secure Boot       on, with a platform key" "and what it has"
says "root              warning: not known" "and what cannot be known"
check "the HGS takes it, too, under its name" \
	hgs hgs baseline add b1 "$SW_TMP/b1"
check "what may differ is named, with a reason" guard kvm1 baseline capture \
	--name b4 --vary '1:0=a setting of the firmware' -o "$SW_TMP/b4"
says "varies            PCR 1, event 0 may differ: a setting of the firmware" \
	"which is told"
check "the HGS takes it" hgs hgs baseline add b4 "$SW_TMP/b4"
says "varies: PCR 1, event 0 may differ: a setting of the firmware" \
	"and tells it to whoever registers it"
refused "T38 Secure Boot's settings never may" guard kvm1 baseline capture \
	--name b5 --vary '7=no' -o "$SW_TMP/b5"
exits 2 "nor what is given without a reason" guard kvm1 baseline capture \
	--name b5 --vary 1:0 -o "$SW_TMP/b5"
exits 2 "nor an argument that is not there" guard kvm1 baseline capture \
	--name b5 --open no.such.argument -o "$SW_TMP/b5"
exits 2 "T60 a name with a path in it: usage" \
	guard kvm1 enrol --name ../x -o "$SW_TMP/x"
cp "$HOST/boot/binary_bios_measurements" "$SW_TMP/log"
cp "$BOOT/host-nosb/binary_bios_measurements" "$BOOT/host-nosb/cmdline" \
	"$HOST/boot/"
refused "a boot without Secure Boot gives no baseline" \
	guard kvm1 baseline capture --name b2 -o "$SW_TMP/b2"
says SecureBoot "and the reason is told"
says "Secure Boot       warning: off" "beside the warnings of all items"
check "but with --skip-validation it does" guard kvm1 baseline capture \
	--name b2 -o "$SW_TMP/b2" --skip-validation --test
head -c 3000 "$SW_TMP/log" >"$HOST/boot/binary_bios_measurements"
refused "a cut log gives none in any case" guard kvm1 baseline capture \
	--name b3 -o "$SW_TMP/b3" --skip-validation --test
refused "and diagnose names it" guard kvm1 diagnose
says TcgLogVerification "by its code"
cp "$SW_TMP/log" "$HOST/boot/binary_bios_measurements"
cp "$BOOT/host-good/cmdline" "$HOST/boot/"

# shellcheck source=/dev/null
. "$SW_ROOT/tests/guardctl/predict.sh"

# --- attestation and diagnosis ----------------------------------------------

check "attest" guard kvm1 attest --fresh
check "status" guard kvm1 status
says "IsHostGuarded      true" "the host is guarded"
# Its fallback does not answer, and that is told.
refused "diagnose finds the dead fallback" guard kvm1 diagnose
one_failed() {
	[ "$(grep -c '^failed' "$SW_TMP/t.out")" -eq 1 ] &&
		grep -q '^failed *fallback hgs' "$SW_TMP/t.out"
}
if one_failed; then
	t_ok "and nothing else"
else
	t_not_ok "and nothing else" "$SW_TMP/t.out"
fi
guard kvm1 setup --hgs "$HGS" --fallback "$HGS" >/dev/null
check "with one that answers all is well" \
	guard kvm1 diagnose --evidence "$SW_TMP/evidence"
check "the last evidence was written" grep -q SWEV "$SW_TMP/evidence"
chmod 0777 "$VMS"
refused "others may write the VMs' folder: diagnose says so" \
	guard kvm1 diagnose
says "mode 0777, not 0750" "with both modes"
chmod 0750 "$VMS"

# --- VM folders -------------------------------------------------------------

mkdir "$SW_TMP/tenant"
echo secret >"$SW_TMP/pass"
tenant() {
	shield --root "$SW_TMP/tenant" --passphrase-fd 4 "$@" 4<"$SW_TMP/pass"
}
make_vm() {
	truncate -s 1M "$SW_TMP/image" &&
		echo marker | dd of="$SW_TMP/image" conv=notrunc status=none &&
		tenant guardian create me &&
		tenant guardian create fabric &&
		tenant vm protect "$SW_TMP/image" --owner me --guardian fabric \
			-o "$SW_TMP/web1"
}
check "a tenant makes a VM that this HGS cannot open" make_vm
check "vm import" guard kvm1 vm import "$SW_TMP/web1"
refused "the same name again" guard kvm1 vm import "$SW_TMP/web1"
says VmExists "by its code"
check "under another name" guard kvm1 vm import "$SW_TMP/web1" --name web2
exits 2 "T60 a name with a path in it" \
	guard kvm1 vm import "$SW_TMP/web1" --name ../web3
names() {
	guard kvm1 vm list --json | jq -e \
		'[.data.vms[] | .name + " " + .phase] == ["web1 stopped", "web2 stopped"]'
}
check "vm list has both, stopped" names
check "vm show" guard kvm1 vm show web2
says "shielded" "its level"
check "vm status of a stopped VM" guard kvm1 vm status web1
refused "vm status of none" guard kvm1 vm status none
says VmNotFound "by its code"
check "diagnose web1" guard kvm1 diagnose web1

# Each is refused as a whole: nothing of it is left.
tampered() {
	local what=$1 code=$2

	rm -rf "$SW_TMP/bad"
	cp -a "$SW_TMP/web1" "$SW_TMP/bad"
	(cd "$SW_TMP/bad" && eval "$3")
	refused "$what: not imported" \
		guard kvm1 vm import "$SW_TMP/bad" --name bad
	says "$code" "... $code"
	check "... nothing is left of it" test ! -e "$VMS/bad" -a \
		! -e "$VMS/.bad.new"
}
tampered "T72 a disk that is a link" ImageUnsafe \
	'mv disk0.img ../d && ln -s ../d disk0.img'
tampered "T72 a qcow2 disk with a backing file" FileInvalid \
	'rm disk0.img && qemu-img create -q -f qcow2 -b ../image -F raw disk0.img'
tampered "T60 a file of no VM" FileInvalid 'touch authorized_keys'
tampered "a protector with one byte changed" ProtectorInvalid \
	'printf "\001" | dd of=protector bs=1 seek=700 conv=notrunc status=none'
tampered "a level below the grant's" PolicyLowered \
	'sed -i "s/\"shielded\"/\"encryption-supported\"/" vm.json'
tampered "vm.json with a word of its own" FileInvalid \
	'sed -i "s/^{/{\"console\": true,/" vm.json'
tampered "no vTPM" FileInvalid 'rm -r vtpm'

mkdir "$SW_TMP/small"
if mount -t tmpfs -o size=2m tmpfs "$SW_TMP/small" 2>/dev/null; then
	refused "no room: refused before a byte is copied" \
		guard kvm1 vm export web1 -o "$SW_TMP/small/web1"
	says "no room" "and why"
	check "nothing is left there" test -z "$(ls -A "$SW_TMP/small")"
	umount "$SW_TMP/small"
else
	t_skip "no room: refused before a byte is copied" "no mounts here"
fi

check "vm export" guard kvm1 vm export web1 -o "$SW_TMP/out"
check "is the folder that came" diff -r -x .lock "$SW_TMP/web1" "$SW_TMP/out"
refused "vm export never replaces a folder" \
	guard kvm1 vm export web1 -o "$SW_TMP/out"
exec 9>"$VMS/web2/.lock"
flock 9
refused "a VM that runs is not removed" guard kvm1 vm remove web2 --yes
says VmRunning "by its code"
refused "nor exported" guard kvm1 vm export web2 -o "$SW_TMP/out2"
check "it is told as running" guard kvm1 vm status web2
says running "whoever started it"
exec 9>&-
refused "remove asks first" guard kvm1 vm remove web2
check "with --yes it does not" guard kvm1 vm remove web2 --yes
check "nothing is left" test ! -e "$VMS/web2" -a ! -e "$VMS/.web2.removed"
refused "and a second time there is none" guard kvm1 vm remove web2 --yes

# shellcheck source=/dev/null
. "$SW_ROOT/tests/guardctl/types.sh"

# --- starting ---------------------------------------------------------------

refused "a VM that no guardian of this fabric opens does not start" \
	guard kvm1 vm start web1 --wait=60
says GuardianNotGranted "by its code"
says remedy "with a remedy"
refused "vm log tells the steps, diagnose the reason" \
	guard kvm1 diagnose web1
says GuardianNotGranted "by its code"
check "vm log" guard kvm1 vm log web1
says "failed" "of the failed start"
refused "what does not run is not stopped" guard kvm1 vm stop web1
says VmNotRunning "by its code"
check "of no VM each is stopped" guard kvm1 vm stop --all
says "0 VMs are stopped" "and that is said"
exits 2 "a name and --all" guard kvm1 vm stop web1 --all
exits 2 "neither a name nor --all" guard kvm1 vm stop
refused "nor asked" guard kvm1 vm guest web1 ping
exits 2 "T60 a name with a path in it" guard kvm1 vm start ../web1
refused "nor is there such a VM" guard kvm1 vm start none
says VmNotFound "by its code"
check "the host is removed from the HGS" hgs hgs host remove kvm1 --yes
refused "and starts nothing" guard kvm1 vm start web1 --wait=60
refused "once it has asked again" guard kvm1 attest
says UnauthorizedHost "by its code"
refused "the start says why" guard kvm1 vm start web1 --wait=60
if has_lines HostNotGuarded "AttestationStatus  UnauthorizedHost"; then
	t_ok "status, code, reasons"
else
	t_not_ok "status, code, reasons" "$SW_TMP/t.out"
fi
no_json() {
	guard kvm1 vm start web1 --json 2>/dev/null | jq -e '.ok == false and
		.code == "HostNotGuarded" and (.reasons | length) > 0 and
		.data.attestation.AttestationStatus == "UnauthorizedHost"'
}
check "the same as JSON" no_json

t_done
