#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 300
#
# The HGS administrator's day on a real service: init, start, unlock, hosts,
# baselines, policies, audit, backup; who may do what; and what happens when a
# process dies.
set -euo pipefail
# shellcheck source=/dev/null
. "$SW_ROOT/tests/t.sh"

[ "$(id -u)" -eq 0 ] || {
	t_skip "the administrators' commands" "hgsd starts as root"
	t_done
}
chmod 755 "$SW_TMP"
ROOT=$SW_TMP/root
LIBEXEC=$SW_TMP/libexec
PORT=$(t_port)
mkdir -p "$ROOT/etc/shieldwall" "$LIBEXEC"
# Copies: the processes' users may not look into the home that holds the clone.
for p in admin attest front key measure store; do
	cp "$SW_BUILD/src/hgs/$p/hgs-$p" "$LIBEXEC/"
done
cp "$SW_BUILD/src/ctl/hgsctl/hgsctl" "$SW_TMP/hgsctl"
chmod 755 "$SW_TMP/hgsctl"
echo 'open sesame' >"$SW_TMP/pass"
echo 'open simsim' >"$SW_TMP/wrong"

ctl() {
	"$SW_TMP/hgsctl" --root "$ROOT" "$@"
}
as() { # as GROUP COMMAND...: nobody, with this group
	local group=$1

	shift
	setpriv --reuid=nobody --regid="$group" --clear-groups \
		"$SW_TMP/hgsctl" --root "$ROOT" "$@"
}
records() {
	"$SW_BUILD/tests/tools/hgs-records" "$@"
}
json() { # json FILTER COMMAND...
	local filter=$1

	shift
	ctl --json "$@" | jq -e "$filter"
}
init() {
	ctl init --passphrase-fd 0 --listen "http://127.0.0.1:$PORT" "$@" \
		<"$SW_TMP/pass"
}
start() {
	t_spawn "$SW_TMP/hgsd.log" "$SW_BUILD/src/hgs/monitor/hgsd" \
		--root "$ROOT" --libexec "$LIBEXEC"
	HGSD=$!
	t_wait 20 ctl status
}
stop() {
	kill -TERM "$HGSD"
	wait "$HGSD"
}
child_pid() {
	pgrep -P "$HGSD" -f "/hgs-$1 " | head -n 1
}
gone() {
	! kill -0 "$1" 2>/dev/null
}
audited() { # audited TEXT
	ctl audit list --last 300 | grep -F -e "$1"
}

# --- init ---------------------------------------------------------------------

refused "init without a word on backups" init --name hgs.example.org
says 'hgsctl: init: without a backup' "... says why"
refused "init in a mode that is not offered" \
	init --name hgs.example.org --mode kerberos --no-backup
says ModeNotEnabled "... says ModeNotEnabled"
exits 2 "T60 init with a path as name" init --name ../x --no-backup
check "nothing was made by what was refused" \
	test ! -e "$ROOT/var/lib/shieldwall/hgs"
mkdir -p "$ROOT/var/lib/shieldwall/hgs.new"
touch "$ROOT/var/lib/shieldwall/hgs.new/store.db"
check "init after an interrupted one" init --name hgs.example.org --mode tpm \
	--backup "$SW_TMP/backup"
says 'guardian fingerprint: ' "... prints the fingerprint"
FP=$(sed -n 's/guardian fingerprint: //p' "$SW_TMP/t.out")
check "... leaves nothing beside" \
	test ! -e "$ROOT/var/lib/shieldwall/hgs.new"
check "the state is _hgs-store's alone" test "$(stat -c %U:%a \
	"$ROOT/var/lib/shieldwall/hgs")" = _hgs-store:700
refused "init a second time" init --name hgs.example.org --no-backup
says AlreadyExists "... says AlreadyExists"
check "no private key is in the database in clear" bash -c \
	"! grep -qaF \"\$(printf '\\060\\201\\207\\002\\001\\000\\060\\023')\" \
	'$ROOT/var/lib/shieldwall/hgs/store.db'"

# --- start, locked and unlocked -------------------------------------------------

check "hgsd starts" start
check "without a passphrase file it is locked" json \
	'.data."hgs-attest".state == "locked"' status
refused "a change while locked" ctl policy disable FullBoot
says Locked "... says Locked"
unlock() {
	ctl unlock --passphrase-fd 0 <"$SW_TMP/pass"
}
wrong() {
	ctl unlock --passphrase-fd 0 <"$SW_TMP/wrong"
}
refused "T62 unlock with a wrong passphrase" wrong
says PassphraseWrong "... says PassphraseWrong"
check "unlock" unlock
check "then attestation is open" json \
	'.data."hgs-attest".state == "open"' status
check "... and the key service" json '.data."hgs-key".state == "open"' status
check "the fingerprint is the one that init printed" \
	json ".data.fingerprint == \"$FP\"" status
check "each process has a user of its own" test "$(ps -o user:20= \
	--ppid "$HGSD" | sort -u | wc -l)" -eq 6
check "no child can gain privileges" bash -c "for p in \$(pgrep -P $HGSD); do
	grep -q '^NoNewPrivs:.*1' /proc/\$p/status || exit 1; done"
check "no child has a capability" bash -c "for p in \$(pgrep -P $HGSD); do
	grep -q '^CapPrm:.0*\$' /proc/\$p/status || exit 1; done"
check "metadata.xml comes from the command line" bash -c \
	"'$SW_TMP/hgsctl' --root '$ROOT' metadata | grep -q '<Metadata '"
check "... and by HTTP" curl -sf "http://127.0.0.1:$PORT/KeyProtection/service\
/metadata/2014-07/metadata.xml"

# --- who ----------------------------------------------------------------------

check "a reviewer may look" as shieldwall-review status
refused "T80 a reviewer may not change" \
	as shieldwall-review policy disable FullBoot
says PermissionDenied "... says PermissionDenied"
check "... which is audited" audited 'policy disable : PermissionDenied'
refused "T80 a stranger may not even look" as nogroup status
says PermissionDenied "... says PermissionDenied"
check "... which is audited" audited ': PermissionDenied'
# Forty that connect and say nothing: all of the queue, for a while.
for ((i = 0; i < 40; i++)); do
	t_spawn "$SW_TMP/silent.log" setpriv --reuid=nobody --regid=nogroup \
		--clear-groups socat -u \
		UNIX-CONNECT:"$ROOT/run/shieldwall/hgs.sock",type=5 -
done
check "T61 silent strangers do not keep administrators out" \
	timeout 20 "$SW_TMP/hgsctl" --root "$ROOT" status
check "a member of shieldwall-admin may change" \
	as shieldwall-admin policy disable FullBoot
check "... which is audited under their uid" \
	audited "uid $(id -u nobody): policy disable FullBoot: ok"
exits 3 "unlock is root's" as shieldwall-admin unlock --passphrase-fd 0
exits 2 "a command that there is not" ctl host eat
exits 2 "an option that there is not" ctl status --fast

# --- policies -------------------------------------------------------------------

floor() {
	ctl --json status | jq .data.floor
}
F0=$(floor)
check "a policy is enabled" ctl policy enable FullBoot
says 'undo: hgsctl policy disable FullBoot' "... prints how to undo it"
check "... which raises the epoch floor" test "$(floor)" -gt "$F0"
for policy in MemoryAccessBlocked CodeIntegrityEnforced SwapEncrypted; do
	check "policy $policy is enabled" ctl policy enable "$policy"
	check "... and disabled" ctl policy disable "$policy"
done
refused "a locked policy" ctl policy disable SecureBootEnabled
refused "the baseline's policy" ctl policy disable SecureBootSettings
refused "a policy without evidence" ctl policy enable DumpEncryption
refused "a policy that there is not" ctl policy enable Hgs_Nothing
exits 2 "T28 TpmVendor wants to know whose" ctl policy enable TpmVendor
exits 2 "... by the names that vendors have" \
	ctl policy enable TpmVendor --vendor=intel
exits 2 "a policy takes its own parameter alone" \
	ctl policy enable FullBoot --vendor=INTC
check "T28 TPM vendors are chosen" \
	ctl policy enable TpmVendor --vendor=INTC,id:53544d20
check "... and listed" json '[.data.policies[] | select(.name == "TpmVendor")][0] |
	.enabled and .vendor == "id:494E5443,id:53544D20"' policy list
F0=$(floor)
check "... and changed" ctl policy enable TpmVendor --vendor=IFX
says 'undo: hgsctl policy enable TpmVendor --vendor=id:494E5443,id:53544D20' \
	"... which can be undone"
check "... for hosts that passed before, too" test "$(floor)" -gt "$F0"
check "... and no longer asked for" ctl policy disable TpmVendor
exits 2 "T18 TpmFirmware wants a minimum for each vendor" \
	ctl policy enable TpmFirmware --minimum=7.85
check "T18 the oldest TPM firmware is set" \
	ctl policy enable TpmFirmware '--minimum=IFX>=7.85,STM>=1.258'
check "... and listed" json '[.data.policies[] |
	select(.name == "TpmFirmware")][0].minimum ==
	"id:49465800>=7.85,id:53544D20>=1.258"' policy list
check "... and no longer asked for" ctl policy disable TpmFirmware

# --- hosts --------------------------------------------------------------------

BASE=$SW_ROOT/fuzz/corpus/baseline/host-good
records enrolment kvm1 "$BASE" >"$SW_TMP/kvm1"
records enrolment kvm2 - >"$SW_TMP/kvm2"
records enrolment bad - bad-ek >"$SW_TMP/bad-ek"
records enrolment bad - bad-ak >"$SW_TMP/bad-ak"
head -c 60 "$SW_TMP/kvm1" >"$SW_TMP/cut"
refused "a host whose TPM nobody vouches for" ctl host add kvm1 "$SW_TMP/kvm1"
says FingerprintNeeded "... says FingerprintNeeded"
check "its fingerprint pinned, with its baseline" \
	ctl host add kvm1 "$SW_TMP/kvm1" --pin-ek --with-policies
says 'undo: hgsctl host remove kvm1' "... prints how to undo it"
check "the baseline is there" json '.data.baselines[0].name == "kvm1"' \
	baseline list
refused "T24 another TPM under the same name" \
	ctl host add kvm1 "$SW_TMP/kvm2" --pin-ek
says AlreadyExists "... says AlreadyExists"
refused "T25 the same TPM under another name" \
	ctl host add kvm3 "$SW_TMP/kvm1" --pin-ek
says 'registered as host kvm1' "... says under which"
refused "T20 an endorsement key of another kind" \
	ctl host add bad "$SW_TMP/bad-ek" --pin-ek
says EkTemplate "... says EkTemplate"
refused "T22 an attestation key of another kind" \
	ctl host add bad "$SW_TMP/bad-ak" --pin-ek
says AkTemplate "... says AkTemplate"
refused "a cut enrolment file" ctl host add cut "$SW_TMP/cut" --pin-ek
says FileInvalid "... says FileInvalid"
exits 2 "T60 a path as host name" ctl host add ../x "$SW_TMP/kvm2" --pin-ek
check "--yes stands for the comparison" \
	ctl host add kvm2 "$SW_TMP/kvm2" --yes
check "both hosts are listed" json '.data.hosts | length == 2' host list
check "... as never attested" json '[.data.hosts[].state] |
	all(. == "never")' host list --state never
check "a host is shown" ctl host show kvm1
refused "a host that there is not" ctl host show kvm9
F0=$(floor)
check "T101 a host is removed" ctl host remove kvm2
check "... which raises the epoch floor" test "$(floor)" -gt "$F0"
check "... and its TPM may come back" \
	ctl host add kvm2 "$SW_TMP/kvm2" --pin-ek

# A vendor: root, intermediate, and the certificate of an endorsement key.
V=$SW_TMP/vendor
key() {
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"
}
sign() { # sign NAME ISSUER EXTENSIONS
	key "$V.$1.key"
	openssl req -new -key "$V.$1.key" -subj "/CN=$1" -out "$V.$1.csr"
	printf '%s\n' "$3" >"$V.ext"
	openssl x509 -req -in "$V.$1.csr" -CA "$V.$2.crt" -CAkey "$V.$2.key" \
		-days 30 -set_serial 7 -extfile "$V.ext" -out "$V.$1.crt"
}
{
	key "$V.root.key"
	openssl req -x509 -key "$V.root.key" -subj /CN=root -days 30 \
		-addext keyUsage=critical,keyCertSign -out "$V.root.crt"
	sign inner root $'basicConstraints=critical,CA:true\nkeyUsage=keyCertSign'
	for name in ek other; do
		sign $name inner "basicConstraints=CA:false
keyUsage=keyAgreement
extendedKeyUsage=2.23.133.8.1"
		openssl x509 -in "$V.$name.crt" -outform DER -out "$V.$name.der"
		openssl pkey -in "$V.$name.key" -pubout -outform DER \
			-out "$V.$name.spki"
	done
} >"$V.log" 2>&1
records enrolment kvm5 - "$V.ek.spki" "$V.ek.der" >"$SW_TMP/kvm5"
records enrolment kvm6 - "$V.ek.spki" "$V.other.der" >"$SW_TMP/kvm6"
check "a vendor's root is trusted" ctl tpmca add vendor "$V.root.crt"
refused "an endorsement key's certificate is no authority" \
	ctl tpmca add ek "$V.ek.crt"
refused "T19 without the intermediate there is no chain" \
	ctl host add kvm5 "$SW_TMP/kvm5"
check "the intermediate" ctl tpmca add inner "$V.inner.crt"
refused "a name is given once" ctl tpmca add inner "$V.inner.crt"
printf 'nothing' >"$V.nothing"
refused "a file without certificates" ctl tpmca add nothing "$V.nothing"
{
	cat "$V.root.crt"
	printf -- '-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n'
	cat "$V.inner.crt"
} >"$V.bundle"
check "a bundle is one authority's name" ctl tpmca add bundle "$V.bundle"
says 'left out:' "... but for what cannot be read, which is said"
check "... all of it is listed" json '[.data.authorities[] |
	select(.name == "bundle")] | length == 2' tpmca list
check "... and removed at once" ctl tpmca remove bundle
refused "T20 a certificate for another endorsement key, even pinned" \
	ctl host add kvm6 "$SW_TMP/kvm6" --pin-ek
says EkMismatch "... says EkMismatch"
check "then the vendor vouches for the host" ctl host add kvm5 "$SW_TMP/kvm5"
says 'vouched for by its vendor' "... and it is said"
check "a root is removed; an intermediate still vouches" json \
	'.data.hosts | length == 0' tpmca remove vendor
check "T29 the last authority names whom it leaves" json \
	'.data.hosts == ["kvm5"]' tpmca remove inner
refused "an authority that there is not" ctl tpmca remove inner
says 'no such authority' "... says so"
check "the hosts that it vouched for stay" ctl host show kvm5
check "it is trusted again" ctl tpmca add inner "$V.inner.crt"
F0=$(floor)
check "T29 an authority is removed, and its hosts" \
	ctl tpmca remove inner --hosts
says 'host kvm5: nobody vouches for it; it is removed' "... which are named"
check "T29 ... their certificates are refused" test "$(floor)" -gt "$F0"
refused "... and they are gone" ctl host show kvm5
check "pinned hosts stay" ctl host show kvm1
refused "without roots a fingerprint is needed again" \
	ctl host add kvm5 "$SW_TMP/kvm5"
says FingerprintNeeded "... says FingerprintNeeded"
check "every option is in the manual" bash -c "'$SW_TMP/hgsctl' commands |
	grep -o -e '--[a-z-]*' | sort -u | while read -r o; do
	grep -q -e \"Fl \${o#-}\\b\" '$SW_ROOT/man/hgsctl.1' ||
	{ echo \"\$o\"; exit 1; }; done"

# --- baselines ------------------------------------------------------------------

refused "a baseline under a name that is taken" ctl baseline add kvm1 "$BASE"
check "a baseline from a file" ctl baseline add second "$BASE"
head -c 100 "$BASE" >"$SW_TMP/cut"
refused "a cut baseline" ctl baseline add cut "$SW_TMP/cut"
F0=$(floor)
check "T101 a baseline is removed" ctl baseline remove second
check "... which raises the epoch floor" test "$(floor)" -gt "$F0"
check "unused baselines are removed" ctl baseline remove --unused
check "... and then there is none" json '.data.baselines == []' baseline list
# --- CI policies ------------------------------------------------------------------

CI=$SW_TMP/ci
mkdir "$CI"
for i in ci other; do
	openssl req -x509 -newkey rsa:2048 -nodes -days 100 -subj "/CN=$i" \
		-keyout "$CI/$i.key" -out "$CI/$i.pem" 2>/dev/null
done
# make_ci NAME ROWS [MODE]: a signed policy; 20,000 rows are six pieces.
make_ci() {
	{
		printf 'shieldwall-ci 1\nname %s\nmode %s\n' "$1" "${3-enforced}"
		seq -f 'allow hash sha256:%064.0f' "$2"
	} >"$CI/$1.text"
	"$SW_BUILD/src/ctl/guardctl/guardctl" ci sign "$CI/$1.text" \
		--key "$CI/ci.key" --cert "$CI/ci.pem" -o "$CI/$1"
}
check "a CI policy is signed" make_ci big 20000
exits 2 "a CI policy without its signer: usage" ctl ci add big "$CI/big"
refused "T46 ... and with another's certificate" ctl ci add big "$CI/big" \
	--signer "$CI/other.pem"
says SignatureInvalid "... says SignatureInvalid"
check "... which is audited" audited 'ci add : SignatureInvalid'
refused "T80 a reviewer registers none" as shieldwall-review ci add big \
	"$CI/big" --signer "$CI/ci.pem"
check "a CI policy is registered" ctl ci add big "$CI/big" --signer "$CI/ci.pem"
check "... which is audited" audited 'ci add big'
check "ci list has it" json '.data.policies[0].name == "big" and
	.data.policies[0].mode == "enforced"' ci list
check "ci show reads all of it" json '.data.digests == 20000' ci show big
refused "the same under another name" ctl ci add twin "$CI/big" \
	--signer "$CI/ci.pem"
says "registered as big" "... says which it is"
make_ci small 3 >/dev/null
refused "another under its name" ctl ci add big "$CI/small" --signer "$CI/ci.pem"
check "a second policy" ctl ci add small "$CI/small" --signer "$CI/ci.pem"
check "T101 a CI policy is removed" ctl ci remove big
check "... and the other one stays whole" json '.data.digests == 3' ci show small
refused "... it is not removed twice" ctl ci remove big
check "ci list counts the hosts of each" json '.data.policies[0].hosts == 0 and
	.data.effect == "enforced"' ci list
make_ci watch 4 audit >/dev/null
check "one in audit mode" ctl ci add watch "$CI/watch" --signer "$CI/ci.pem"
says "counts for nothing while" "... says that it counts for nothing"
check "T101 the last that enforces is removed" ctl ci remove small
says "WARNING: audit mode alone" "... says that nothing is enforced any more"
check "... as ci list does" json '.data.effect == "audit"' ci list
check "... and policy list" ctl policy enable CiPolicy
check "... where CiPolicy is enabled" json '[.data.policies[] |
	select(.name == "CiPolicy")][0].effect == "audit"' policy list
F0=$(floor)
check "T101 one that enforces again" ctl ci add small "$CI/small" \
	--signer "$CI/ci.pem"
says "certificates issued before are refused" "... says what that does"
check "... raises the epoch floor: hosts may have passed by the other" \
	test "$(floor)" -gt "$F0"
check "CiPolicy is disabled again" ctl policy disable CiPolicy
check "what audits is removed" ctl ci remove watch
head -c 3000000 /dev/zero >"$CI/zeros"
refused "only this command takes large files" ctl baseline add zeros "$CI/zeros"
check "the last one is removed" ctl ci remove small
check "... and then there is none" json '.data.policies == []' ci list

refused "no difference where nothing was refused" ctl baseline diff kvm1
F0=$(floor)
check "certificates are denied" ctl signer deny-before
check "... which raises the epoch floor" test "$(floor)" -gt "$F0"
exits 2 "not those of the future" \
	ctl signer deny-before --time 2199-01-01T00:00:00Z

# A refused host's status, as hgs-attest writes it.
FINDINGS=$SW_ROOT/fuzz/corpus/findings/host-good
put_status() { # put_status SUB-STATUS [BASELINE]
	stop
	records status kvm1 "$FINDINGS" "$@" >"$SW_TMP/status"
	sqlite3 "$ROOT/var/lib/shieldwall/hgs/store.db" "INSERT OR REPLACE
		INTO kv VALUES('status/kvm1', readfile('$SW_TMP/status'), 1)"
	chown -R _hgs-store: "$ROOT/var/lib/shieldwall/hgs"
	start
	unlock >"$SW_TMP/unlock.log" 2>&1
}
put_status SecureBootSettings
check "a refused host is listed as such" \
	json '.data.hosts[0].name == "kvm1"' host list --state refused
check "... diagnosed with its remedy" ctl diagnose kvm1
says 'remedy:' "... in words"
check "the difference is told in words" ctl baseline diff kvm1
DIFF=$(sed -n 's/^diff: //p' "$SW_TMP/t.out")
refused "another difference than was read is not accepted" ctl baseline \
	accept kvm1 --diff "$(printf '0%.0s' {1..64})" --name new
says FingerprintMismatch "... says FingerprintMismatch"
check "the one that was read is" \
	ctl baseline accept kvm1 --diff "$DIFF" --name new
check "... and is a baseline then" json '.data.baselines[0].name == "new"' \
	baseline list
accepts_not() { # accepts_not SUB-STATUS SENTENCE
	put_status "$1"
	DIFF=$(ctl baseline diff kvm1 | sed -n 's/^diff: //p')
	refused "$2" ctl baseline accept kvm1 --diff "$DIFF" --name other
	says "$1" "... says $1"
}
accepts_not SecureBoot "a host without Secure Boot is never accepted"
accepts_not HostKeyPresent "nor one whose host key is not the recorded one"
accepts_not TcgLogVerification "nor one whose log is not what was quoted"
accepts_not MemoryAccessBlocked \
	"nor one that another policy would refuse with any baseline"
says 'put that right first: the command line' "... and why"
FINDINGS=$SW_TMP/other
records findings "$SW_ROOT/tests/data/boot/host-cmdline/binary_bios_measurements" \
	"$SW_ROOT/tests/data/boot/host-cmdline/cmdline" >"$FINDINGS"
put_status SecureBootSettings
check "the difference is told in words" ctl baseline diff kvm1
says 'differs in: UKI' "... by component"
says 'command line: lockdown=confidentiality is missing' "... by argument"
says 'PCR 9, event 0' "... by PCR and event"
check "... and to programs" json \
	'.data.components | index("command line") != null' baseline diff kvm1

# Copies of the one there is, as far as hgs-attest can hold them.
fill_baselines() { # fill_baselines COUNT
	stop
	sqlite3 "$ROOT/var/lib/shieldwall/hgs/store.db" "WITH RECURSIVE n(i) AS
		(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1 - 1)
		INSERT INTO kv SELECT 'baseline/copy' || i, value, 1
		FROM n, kv WHERE key = 'baseline/new'"
	chown -R _hgs-store: "$ROOT/var/lib/shieldwall/hgs"
	start
	unlock >"$SW_TMP/unlock.log" 2>&1
}
fill_baselines 256
check "256 baselines are held" \
	json '.data."hgs-attest".state == "open"' status
refused "one more, which would stop every attestation" \
	ctl baseline add more "$BASE"
says '256 baselines' "... says how many there are"
records enrolment kvm7 "$BASE" >"$SW_TMP/kvm7"
refused "nor with a host" \
	ctl host add kvm7 "$SW_TMP/kvm7" --pin-ek --with-policies
check "one is removed" ctl baseline remove copy1
check "... and there is room for another" ctl baseline add more "$BASE"
put_status SecureBootSettings copy7
check "those that no host uses are removed, all at once" \
	ctl baseline remove --unused
says '255 unused baselines are removed' "... says how many"
check "... and the one in use stays" json \
	'[.data.baselines[].name] == ["copy7"]' baseline list
check "... each of which is audited" audited 'baseline remove unused: ok'
check "... and a second time there is none" ctl baseline remove --unused
says 'every baseline is in use' "... says so"

# --- audit --------------------------------------------------------------------

check "the audit log verifies" ctl audit verify
RECEIPT=$(sed -n 's/^receipt of its end: //p' "$SW_TMP/t.out")
KEY=$(sed -n 's/^signed by: \([0-9a-f]*\).*/\1/p' "$SW_TMP/t.out")
check "it is exported" ctl audit export -o "$SW_TMP/audit"
check "an outsider verifies it" "$SW_TMP/hgsctl" audit verify "$SW_TMP/audit" \
	--key "$KEY" --receipt "$RECEIPT"
refused "T81 not with another key" "$SW_TMP/hgsctl" audit verify \
	"$SW_TMP/audit" --key "$(printf '0%.0s' {1..64})"
head -c -3 "$SW_TMP/audit" >"$SW_TMP/audit.cut"
refused "T81 not cut" "$SW_TMP/hgsctl" audit verify "$SW_TMP/audit.cut"
sed 's/kvm1/kvm7/' "$SW_TMP/audit" >"$SW_TMP/audit.bad"
refused "T81 not edited" "$SW_TMP/hgsctl" audit verify "$SW_TMP/audit.bad"
check "a host's name is in it" audited 'host add kvm1'

# --- what they keep to themselves -----------------------------------------------

# Everything that is mapped is marked, though only what was touched is there.
is_locked() { # is_locked NAME
	awk '/^VmSize/ { size = $2 } /^VmLck/ { locked = $2 }
		END { exit !(locked > size / 2) }' \
		"/proc/$(child_pid "$1")/status"
}
for name in key attest store; do
	if (ulimit -l unlimited) 2>/dev/null; then
		check "hgs-$name keeps its memory from swap devices" \
			is_locked "$name"
	else
		t_skip "hgs-$name keeps its memory from swap devices" \
			"needs the right to raise the limit"
		check "... and says that it cannot" grep -q \
			"hgs-$name.*keys may reach a swap device" \
			"$SW_TMP/hgsd.log"
	fi
done

# --- processes that die ---------------------------------------------------------

WORKER=$(child_pid measure)
kill -KILL "$WORKER"
check "a killed log reader is started anew" \
	t_wait 10 bash -c "[ \$(pgrep -P $HGSD -f /hgs-measure | wc -l) -eq 2 ]"
check "... and the service goes on" ctl status
STORE=$(child_pid store)
kill -KILL "$STORE"
check "T86 without its store the service ends" t_wait 15 gone "$HGSD"
check "... with all of its processes" bash -c "! pgrep -f '$LIBEXEC/[h]gs-'"
(umask 077 && cp "$SW_TMP/pass" "$ROOT/etc/shieldwall/pass")
echo 'passphrase_file = /etc/shieldwall/pass' >>"$ROOT/etc/shieldwall/hgs.conf"
check "it starts again, and opens by root's file" start
check "... with what was registered" json '.data.hosts == 2' status
check "... and its audit log whole" ctl audit verify --receipt "$RECEIPT"
check "it stops in order" stop
check "... leaving one file of the database" test "$(ls \
	"$ROOT/var/lib/shieldwall/hgs")" = store.db
chmod 644 "$ROOT/etc/shieldwall/pass"
start
check "a passphrase file that others read is not used" json \
	'.data."hgs-attest".state == "locked"' status
ADMIN=$(child_pid admin)
refused "clear while it runs" ctl clear --yes
says InUse "... says InUse"
kill -KILL "$HGSD"
wait "$HGSD" 2>/dev/null || true
check "no process outlives hgsd" t_wait 10 gone "$ADMIN"
echo 'colour = blue' >>"$ROOT/etc/shieldwall/hgs.conf"
exits 1 "an unknown setting keeps it from starting" \
	"$SW_BUILD/src/hgs/monitor/hgsd" --root "$ROOT" --libexec "$LIBEXEC"
says 'hgs.conf:' "... and is named with file and line"

# --- backup -------------------------------------------------------------------

refused "clear wants a word" setsid "$SW_TMP/hgsctl" --root "$ROOT" clear
check "clear" ctl clear --yes
check "... removes the state" test ! -e "$ROOT/var/lib/shieldwall/hgs"
from_wrong() {
	ctl init --from-backup "$SW_TMP/backup" --passphrase-fd 0 <"$SW_TMP/wrong"
}
refused "a backup under another passphrase" from_wrong
says PassphraseWrong "... says PassphraseWrong"
check "an HGS from its backup" init --from-backup "$SW_TMP/backup"
says "guardian fingerprint: $FP" "... has the same guardian"
start
unlock >"$SW_TMP/unlock.log" 2>&1
check "T82 what was issued before the backup is denied" \
	json '.data.deny_before > 0 and .data.hosts == 0' status
stop
PEM=$SW_TMP/pem
for use in sign enc; do
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-days 30 -subj "/CN=$use" -keyout "$PEM.$use.key" \
		-out "$PEM.$use.crt" -addext "keyUsage=critical,$(
		[ $use = sign ] && echo digitalSignature || echo keyAgreement
	)" 2>/dev/null
	cat "$PEM.$use.crt" "$PEM.$use.key" >"$PEM.$use"
done
check "clear again" ctl clear --yes
cat "$PEM.sign.crt" "$PEM.enc.key" >"$PEM.mixed"
refused "a certificate with another's key" init --name hgs.example.org \
	--no-backup --signing-cert "$PEM.mixed" --encryption-cert "$PEM.enc"
check "certificates from elsewhere" init --name hgs.example.org --no-backup \
	--signing-cert "$PEM.sign" --encryption-cert "$PEM.enc"
start
check "... open the key service" unlock
check "... and stand in the metadata" json '.data.keys |
	map(select(.use == "signing")) | length == 1' key list
stop
t_done
