# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Root of the healthy host, with curl and tpm2-tools, and everything guardd has
# ever seen: the health certificate, the protector, the TPM itself (T87, T92).

TPM2TOOLS_TCTI=swtpm:path=$OUT/kvm1/tpm.sock
export TPM2TOOLS_TCTI
ROOTDIR=$OUT/root
mkdir -p "$ROOTDIR"

# A release request as root can make it: the real certificate and protector,
# but no release key, so the proof is a guess.
root_asks() {
	local path=$1 body=$2

	curl -sS -m 10 -H 'Content-Type: application/json' \
		-H "Shieldwall-Time: $(date +%s)" \
		-H "Shieldwall-Request: $(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')" \
		-H "Shieldwall-Mac: $(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')" \
		--data-binary "@$body" "$HGS/KeyProtection/v1/$path"
}

# answered SENTENCE CODE COMMAND...: the service's refusal has this code.
answered() {
	local sentence=$1 code=$2 rc=0

	shift 2
	"$@" >"$OUT/last" 2>&1 </dev/null || rc=$?
	[ "$(jq -r .code "$OUT/last" 2>/dev/null)" = "$code" ] || rc=1
	say "$rc" "$sentence"
}

b64() {
	base64 -w0 "$1"
}
EVIDENCE=$OUT/kvm1/var/lib/shieldwall/guard/evidence
part() {
	"$SW_BUILD/tests/tools/evidence-part" "$EVIDENCE" "$1"
}
make_request() {
	local core=$ROOTDIR/core

	"$SW_BUILD/tests/tools/protector-core" "$VM/protector" >"$core"
	part 5 >"$ROOTDIR/certify.sig"
	part 4 >"$ROOTDIR/certify"
	part 7 >"$ROOTDIR/hk"
	jq -cn --arg c "$(b64 "$OUT/kvm1/var/lib/shieldwall/guard/health.der")" \
		--arg hk "$(b64 "$ROOTDIR/hk")" --arg ce "$(b64 "$ROOTDIR/certify")" \
		--arg cs "$(b64 "$ROOTDIR/certify.sig")" --arg core "$(b64 "$core")" \
		'{version: 1, purpose: "start", asker: {certificate: $c,
		hk_public: $hk, certify: $ce, certify_signature: $cs},
		core: $core, ticket: ""}' >"$ROOTDIR/roll.json"
	jq -c '{version, asker, core, clean: true}' "$ROOTDIR/roll.json" \
		>"$ROOTDIR/stopped.json"
}
step "T92 root gathers what guardd has: certificate, evidence, protector" \
	make_request
answered "T92 a release without the release key" RequestNotAuthentic \
	root_asks rolltransportkey "$ROOTDIR/roll.json"
answered "T92 confirm without the release key" RequestNotAuthentic \
	root_asks confirm "$ROOTDIR/stopped.json"
answered "T92 stopped without the release key" RequestNotAuthentic \
	root_asks stopped "$ROOTDIR/stopped.json"
audited "T92 audited" hgs release RequestNotAuthentic
replay_evidence() {
	curl -sS -m 10 -H 'Content-Type: application/vnd.shieldwall.evidence' \
		--data-binary "@$EVIDENCE" "$HGS/Attestation/v1/attest"
}
answered "T01 the last evidence once more: its challenge is spent" \
	ChallengeSpent replay_evidence

# T87: the TPM is root's to ask, and has nothing to give.
own_host_key() {
	tpm2_createprimary -C n -G ecc256 -c "$ROOTDIR/own.ctx" \
		-a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|decrypt' &&
		tpm2_flushcontext -t
}
step "T87 root makes a key of its own in the null hierarchy" own_host_key
use_own_key() {
	tpm2_readpublic -c "$ROOTDIR/own.ctx" -n "$ROOTDIR/own.name" \
		-o "$ROOTDIR/own.pub" || return 2
	tpm2_flushcontext -t
	part 7 | sha256sum | cut -d' ' -f1 >"$ROOTDIR/hk.sha"
	sha256sum "$ROOTDIR/own.name" | cut -d' ' -f1 >"$ROOTDIR/own.sha"
	! cmp -s "$ROOTDIR/hk.sha" "$ROOTDIR/own.sha"
}
step "T87 it is another key: no release is encrypted to it" use_own_key
remake_host_key() {
	local out=$ROOTDIR/again

	# The template is public but for its 64 secret bytes.
	tpm2_createprimary -C n -G ecc256:null:null -c "$out.ctx" \
		-a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|decrypt' \
		-f tpmt -o "$out.pub" >/dev/null 2>&1 || return 2
	tpm2_flushcontext -t
	part 7 >"$ROOTDIR/hk"
	! cmp -s "$out.pub" "$ROOTDIR/hk"
}
step "T87 the host key's template without its secret bytes gives another key" \
	remake_host_key
stranger() {
	"$SW_BUILD/tests/tools/ask-guard-tpm" \
		"$OUT/kvm1/run/shieldwall/guard-tpm.sock" unwrap
}
step "T87 guard-tpm asked to unwrap by root: the connection is closed" stranger
own_guard_vm() {
	! "$LIBEXEC/guard-vm" --name web1 --folder "$VM" \
		>"$OUT/guard-vm.out" 2>&1
}
step "T87 guard-vm started by a stranger has nobody to ask and ends" \
	own_guard_vm
second_record() {
	tpm2_pcrextend "15:sha256=$(sha256sum "$ROOTDIR/own.name" | cut -d' ' -f1)"
}
step "T87 root extends PCR 15 with a record of its own key" second_record
refused "T87 from then on the quote fits no record: not healthy" \
	TcgLogVerification guard kvm1 attest
unset TPM2TOOLS_TCTI
