# shellcheck shell=bash disable=SC2016 # what is in single quotes the host expands
# SPDX-License-Identifier: Apache-2.0
#
# Code integrity policies of a real host: made of its root folder, signed,
# registered, and what one program more comes to. Sourced after update.sh.

# One program that the root has and the policy does not.
ci_program() {
	cp /bin/true "$1/added" && printf 'not in the policy' >>"$1/added"
}

ci_signer() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-sha256 -days 30 -subj "/CN=code integrity" \
		-keyout "$SW_TMP/ci.key" -out "$SW_TMP/ci.crt"
}

# ci_scan NAME: what the root has, and what ran of the initramfs.
ci_scan() {
	fetch "$1" /sys/kernel/security/ima/binary_runtime_measurements \
		"$SW_TMP/ima" &&
		guardctl --root "$SW_TMP/image/root" ci scan --name "$1" \
			--ima-log "$SW_TMP/ima" -o "$SW_TMP/ci.all" &&
		grep -F /opt/attack/added "$SW_TMP/ci.all" &&
		grep -vF /opt/attack/added "$SW_TMP/ci.all" >"$SW_TMP/ci.text"
}

# ci_register NAME TEXT
ci_register() {
	guardctl ci sign "$2" --key "$SW_TMP/ci.key" --cert "$SW_TMP/ci.crt" \
		-o "$2.signed" &&
		hgs hgs ci add "$1" "$2.signed" --signer "$SW_TMP/ci.crt" --yes
}

ci_auditing() {
	sed 's/^mode enforced$/mode audit/' "$SW_TMP/ci.text" \
		>"$SW_TMP/ci.audit" &&
		grep -x 'mode audit' "$SW_TMP/ci.audit"
}

# ci_checks NAME: on a healthy host, which is refused and passes again.
ci_checks() {
	local name=$1

	check "who signs code integrity policies" ci_signer
	check "what the host runs is made a policy" ci_scan "$name"
	check "which is signed and registered" ci_register "$name" \
		"$SW_TMP/ci.text"
	check "CiPolicy is enabled" hgs hgs policy enable CiPolicy --yes
	check "the host passes by it" on "$name" 'guardctl attest --fresh'
	check "a program that it does not have is run once" on "$name" \
		/opt/attack/added
	refused_by "$name" CodeIntegrityPolicy "T42 one program more"
	says "/opt/attack/added is unknown or unsigned" "which is named"
	sub_statuses "$name" CodeIntegrityPolicy
	check "the policy is made one that audits" ci_auditing
	check "which is registered" ci_register audit "$SW_TMP/ci.audit"
	check "and the other one removed" hgs hgs ci remove "$name" --yes
	check "then the host passes" on "$name" 'guardctl attest --fresh'
	check "its record is shown" hgs hgs host show "$name"
	says "/opt/attack/added is unknown or unsigned" \
		"and reports the program all the same"
	check "CiPolicy is switched off" hgs hgs policy disable CiPolicy --yes
}

# ci_late NAME: on a host whose initramfs has no IMA policy.
ci_late() {
	local name=$1

	check "root loads the IMA policy now" on "$name" \
		'cat /usr/lib/shieldwall/ima-policy \
			>/sys/kernel/security/ima/policy'
	check "CiPolicy is enabled" hgs hgs policy enable CiPolicy --yes
	refused_by "$name" CodeIntegrityPolicy "T47 an IMA policy loaded late"
	says "guard-early recorded no IMA policy" "in these words"
	check "CiPolicy is switched off" hgs hgs policy disable CiPolicy --yes
}
