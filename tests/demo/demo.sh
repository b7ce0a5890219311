#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The main job, from nothing: an HGS, a host that it judges, a key that is
# released, a shielded VM that starts, and what is refused. Real parts only:
# software TPM, OVMF with Secure Boot, QEMU in software emulation. The host's
# TPM holds what a real machine's boot measured (tests/data/boot).
set -euo pipefail

SW_ROOT=${SW_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
SW_BUILD=${SW_BUILD:-$SW_ROOT/build}
# shellcheck source=tests/demo/lib.sh
. "$SW_ROOT/tests/demo/lib.sh"

BOOT=$SW_ROOT/tests/data/boot
OUT=$(mktemp -d "${TMPDIR:-/tmp}/shieldwall-demo.XXXXXX")
N=0
PASSED=0
FAILED=0

finish() {
	world_close
	[ "$FAILED" -gt 0 ] || rm -rf "$OUT"
}
trap finish EXIT

# say RESULT SENTENCE
say() {
	N=$((N + 1))
	if [ "$1" -eq 0 ]; then
		PASSED=$((PASSED + 1))
		printf 'ok %d - %s\n' "$N" "$2"
	else
		FAILED=$((FAILED + 1))
		printf 'not ok %d - %s\n' "$N" "$2"
		sed 's/^/#   /' "$OUT/last" | tail -n 25
	fi
}

# step SENTENCE COMMAND...: the command succeeds.
step() {
	local sentence=$1 rc=0

	shift
	"$@" >"$OUT/last" 2>&1 </dev/null || rc=$?
	say "$rc" "$sentence"
}

# must SENTENCE COMMAND...: a step without which the rest says nothing.
must() {
	local before=$FAILED

	step "$@"
	[ "$FAILED" -eq "$before" ] || {
		printf 'demo: stopped, the logs are in %s\n' "$OUT"
		exit 1
	}
}

# shows SENTENCE TEXT...: the last command printed each of these.
shows() {
	local sentence=$1 rc=0 text

	shift
	for text in "$@"; do
		if ! grep -qF -e "$text" "$OUT/last"; then
			echo "missing: $text" >>"$OUT/last"
			rc=1
		fi
	done
	say "$rc" "$sentence"
}

# refused SENTENCE CODE COMMAND...: exit 1, and the reason code in what it says.
refused() {
	local sentence=$1 code=$2 rc=0

	shift 2
	"$@" >"$OUT/last" 2>&1 </dev/null || rc=$?
	if [ "$rc" -eq 1 ] && grep -qF -e "$code" "$OUT/last"; then
		rc=0
	else
		echo "exit status $rc, wanted 1 and $code" >>"$OUT/last"
		rc=1
	fi
	say "$rc" "$sentence"
}

# audited SENTENCE HGS TEXT...: one audit record holds all of these.
audited() {
	local sentence=$1 name=$2 lines rc=0 text

	shift 2
	lines=$(hgs "$name" audit list 2>&1)
	printf '%s\n' "$lines" >"$OUT/last"
	for text in "$@"; do
		lines=$(grep -F -e "$text" <<<"$lines" || true)
	done
	[ -n "$lines" ] || rc=1
	say "$rc" "$sentence"
}

# A passphrase reaches a tool by a descriptor only.
tenant() {
	shield --root "$OUT/tenant" --passphrase-fd 4 "$@" 4<"$OUT/tenant/passphrase"
}

json() {
	local filter=$1

	shift
	"$@" --json 2>/dev/null | jq -r "$filter"
}

# --- 1. the HGS -------------------------------------------------------------

world_open "$OUT"
echo "# everything is below $OUT"
must "hgsctl init makes an HGS: certificates generated, keys under a passphrase" \
	hgs_init hgs
FINGERPRINT=$(sed -n 's/^guardian fingerprint: //p' "$OUT/last")
must "hgsd serves it over HTTP from SQLite" hgs_start hgs
HGS=${URL_hgs:-}

# --- 2. a host is enrolled --------------------------------------------------

must "a host boots: TPM as its boot log says, guard-early records the host key" \
	host_new kvm1 "$BOOT/host-good" "$HGS"
cp "$OUT/kvm1-early.log" "$OUT/last"
shows "guard-early says that there is no kernel lock, and why" \
	"no kernel lock: below a --root nothing is sealed"
refused "a host that is not registered hears UnauthorizedHost, and why" \
	UnauthorizedHost guard kvm1 attest
audited "and the HGS's audit log has it" hgs challenge UnauthorizedHost
step "guardctl enrol writes identity and baseline in one file" \
	guard kvm1 enrol --name kvm1 -o "$OUT/kvm1.enrol"
must "hgsctl host add registers it with its policies" \
	hgs hgs host add kvm1 "$OUT/kvm1.enrol" --with-policies --pin-ek --yes

# --- 3. the host is judged --------------------------------------------------

must "guardctl attest: the HGS finds it healthy" guard kvm1 attest
step "guardctl status says so" guard kvm1 status
shows "IsHostGuarded true, AttestationStatus Passed" \
	"IsHostGuarded      true" "AttestationStatus  Passed"
step "openssl shows the health certificate" openssl x509 -inform DER -noout \
	-text -in "$OUT/kvm1/var/lib/shieldwall/guard/health.der"
shows "it is over the host key and names the host" "kvm1" "id-ecPublicKey"

# --- 4. the tenant ----------------------------------------------------------

mkdir -p "$OUT/tenant"
(umask 077 && head -c 24 /dev/urandom | base64 >"$OUT/tenant/passphrase")
must "tools/mkguest builds a guest: signed UKI, own Secure Boot keys, a marker" \
	"$SW_ROOT/tools/mkguest" "$OUT/guest"
MARKER=$(tr -d '\n' <"$OUT/guest/marker")
must "shield guardian create makes the owner's keys" \
	tenant guardian create me
refused "a fabric's guardian is not imported without its fingerprint" \
	FingerprintNeeded tenant guardian import "$HGS" --name fabric
must "shield guardian import with the fingerprint that hgsctl printed" \
	tenant guardian import "$HGS" --name fabric --fingerprint "$FINGERPRINT"
must "shield vm protect makes a VM folder: encrypted disk, vTPM, protector" \
	tenant vm protect "$OUT/guest/guest.img" --owner me --guardian fabric \
	--secure-boot "$OUT/guest/keys" -o "$OUT/web1"
no_plaintext() {
	! grep -rqaF -e "$MARKER" "$1"
}
step "the folder holds no plaintext of the guest's marker" \
	no_plaintext "$OUT/web1"
step "shield vm recover gives the image back with the owner's keys alone" \
	tenant vm recover "$OUT/web1" -o "$OUT/recovered.img"
step "bit for bit" cmp "$OUT/guest/guest.img" "$OUT/recovered.img"
rm -f "$OUT/recovered.img"

# --- 5. the VM starts -------------------------------------------------------

must "guardctl vm import" guard kvm1 vm import "$OUT/web1"
cp "$OUT/kvm1/var/lib/shieldwall/vms/web1/protector" "$OUT/protector.first"
must "guardctl vm start: attest, roll, confirm, QEMU with OVMF and swtpm" \
	guard kvm1 vm start web1 --wait=300
guest_answers() {
	guard kvm1 vm guest web1 ping
}
step "the guest's own agent answers (software emulation: some 20 s)" \
	wait_until 240 guest_answers
step "guardctl vm guest web1 info" guard kvm1 vm guest web1 info --json
jq -r .data.answer "$OUT/last" >"$OUT/info" || true
# guest/README.md: the guest enables a command for each check that passed.
guest_says() {
	jq -e --arg c "$1" '(.return // .).supported_commands[]
		| select(.name == $c) | .enabled' "$OUT/info"
}
step "the guest shows that Secure Boot is on" guest_says guest-get-osinfo
step "the guest shows that a TPM answers" guest_says guest-get-timezone
step "the guest shows that its marker file is readable" \
	guest_says guest-get-host-name
refused "a shielded guest runs no command of the fabric's" PolicyLowered \
	guard kvm1 vm guest web1 exec --command id
refused "its display is not shown: the owner did not allow it" PolicyLowered \
	guard kvm1 vm console web1 --display --listen "$OUT/viewer"
refused "it has no serial port" PolicyLowered \
	guard kvm1 vm console web1 --serial
refused "its memory is not dumped" PolicyLowered \
	guard kvm1 vm dump web1 -o "$OUT/dump"
step "but a data disk may come, under a key of its own" \
	guard kvm1 vm disk attach web1 data.img --size 16M
step "who asked for what is recorded" guard kvm1 vm audit web1
shows "and what came of it" "guest exec" "console display" PolicyLowered
step "guardctl vm status" guard kvm1 vm status web1
shows "the VM runs" running
no_secret_in_proc() {
	! grep -qaF -e "$MARKER" /proc/[0-9]*/cmdline /proc/[0-9]*/environ \
		2>/dev/null
}
step "no argument or environment of any process holds the marker" \
	no_secret_in_proc
step "guardctl vm stop: the guest is asked, the state is sealed" \
	guard kvm1 vm stop web1
step "guardctl vm start, once more" guard kvm1 vm start web1 --wait=300
step "the guest answers again" wait_until 240 guest_answers
step "guardctl vm guest web1 info" guard kvm1 vm guest web1 info --json
jq -r .data.answer "$OUT/last" >"$OUT/info" || true
step "data of the first start is still there" guest_says guest-get-users
step "and the marker, too" guest_says guest-get-host-name
rolled() {
	! cmp -s "$OUT/protector.first" \
		"$OUT/kvm1/var/lib/shieldwall/vms/web1/protector"
}
step "the transport key was rolled: the protector is another one" rolled
step "guardctl vm stop --all, as at the machine's shutdown" \
	guard kvm1 vm stop --all
refused "the fabric cannot lower its level" PolicyLowered \
	guard kvm1 vm set web1 level=regular
step "the fabric's own, regular VM needs no HGS" guard kvm1 vm create own \
	--type regular --disk-size 16M --secure-boot off --tpm no --memory 256M
step "it runs" guard kvm1 vm start own --wait=60
step "and ends" guard kvm1 vm kill own
step "the VM folder holds no plaintext of the marker" \
	no_plaintext "$OUT/kvm1/var/lib/shieldwall/vms/web1"

# --- 6. what is refused -----------------------------------------------------

VM=$OUT/kvm1/var/lib/shieldwall/vms/web1
cp "$VM/protector" "$OUT/protector.now"
cp "$OUT/protector.first" "$VM/protector"
refused "an older protector put back: superseded" ProtectorSuperseded \
	guard kvm1 vm start web1 --wait=120
audited "and audited" hgs release ProtectorSuperseded
cp "$OUT/protector.now" "$VM/protector"
printf '\x01' | dd of="$VM/protector" bs=1 seek=700 conv=notrunc status=none
refused "a protector with one byte changed" ProtectorInvalid \
	guard kvm1 vm start web1 --wait=120
cp "$OUT/protector.now" "$VM/protector"

step "a second host boots with another command line" \
	host_new kvm2 "$BOOT/host-cmdline" "$HGS"
step "it is enrolled, but its boot is not" \
	guard kvm2 enrol --name kvm2 -o "$OUT/kvm2.enrol"
step "hgsctl host add without its policies" \
	hgs hgs host add kvm2 "$OUT/kvm2.enrol" --pin-ek --yes
refused "its boot differs from the baseline: InsecureHostConfiguration" \
	InsecureHostConfiguration guard kvm2 attest
shows "with PCR, event, what was expected and what was got" \
	SecureBootSettings expected got
audited "and audited" hgs kvm2 InsecureHostConfiguration
step "hgsctl baseline diff says what changed" hgs hgs baseline diff kvm2
cp "$OUT/kvm2/boot/binary_bios_measurements" "$OUT/log.kvm2"
cp "$BOOT/host-good/binary_bios_measurements" "$OUT/kvm2/boot/"
cp "$BOOT/host-good/cmdline" "$OUT/kvm2/boot/"
refused "it shows the good host's log instead: TcgLogVerification" \
	TcgLogVerification guard kvm2 attest
cp "$OUT/log.kvm2" "$OUT/kvm2/boot/binary_bios_measurements"
cp "$BOOT/host-cmdline/cmdline" "$OUT/kvm2/boot/"
step "the VM's folder is copied to that host" guard kvm2 vm import "$OUT/web1"
refused "and does not start there" HostNotGuarded \
	guard kvm2 vm start web1 --wait=120

step "a rogue second HGS appears" hgs_init rogue
step "it serves, too" hgs_start rogue
step "the rogue registers the host" hgs rogue host add kvm1 \
	"$OUT/kvm1.enrol" --with-policies --pin-ek --yes
step "and the host's agent is pointed at it" \
	sed -i "s|^url *=.*|url = ${URL_rogue:-}|" "$OUT/kvm1/etc/shieldwall/guard.conf"
# shellcheck disable=SC2154 # set by host_boot
if kill "$PID_kvm1"; then
	wait "$PID_kvm1" 2>/dev/null || true
fi
world_spawn kvm1 guardd --root "$OUT/kvm1"
PID_kvm1=$WORLD_PID
step "the rogue finds it healthy" wait_until 30 guard kvm1 attest
refused "the VM does not start: the owner never granted the rogue" \
	GuardianNotGranted guard kvm1 vm start web1 --wait=120
sed -i "s|^url *=.*|url = $HGS|" "$OUT/kvm1/etc/shieldwall/guard.conf"
if kill "$PID_kvm1"; then
	wait "$PID_kvm1" 2>/dev/null || true
fi
world_spawn kvm1 guardd --root "$OUT/kvm1"
PID_kvm1=$WORLD_PID
step "back at the right HGS" wait_until 30 guard kvm1 attest

# --- 7. what administrators see ---------------------------------------------

step "guardctl diagnose: nothing is wrong with the host" guard kvm1 diagnose
step "hgsctl diagnose: nor with the HGS" hgs hgs diagnose

# shellcheck source=tests/demo/root.sh
. "$SW_ROOT/tests/demo/root.sh"

refused "guardctl diagnose names what root did to the host" \
	TcgLogVerification guard kvm1 diagnose
step "hgsctl audit verify: every release and refusal is in a whole chain" \
	hgs hgs audit verify

printf 'demo: %d passed, %d failed\n' "$PASSED" "$FAILED"
[ "$FAILED" -eq 0 ]
