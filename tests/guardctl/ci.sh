# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Part of tests/guardctl/run.sh: CI policies, from a folder's files to what they
# refuse of a list of measurements.

CI=$SW_TMP/ci
mkdir -p "$CI/root/usr/bin" "$CI/root/usr/lib/firmware" "$CI/root/etc"
ci() {
	"$SW_BUILD/src/ctl/guardctl/guardctl" --root "$CI/root" ci "$@"
}
ci_json() { # ci_json FILTER COMMAND...
	local filter=$1

	shift
	"$SW_BUILD/src/ctl/guardctl/guardctl" --json --root "$CI/root" ci "$@" |
		jq -e "$filter"
}
ci_key() { # ci_key NAME
	openssl req -x509 -newkey rsa:2048 -nodes -days 100 -subj "/CN=$1" \
		-keyout "$CI/$1.key" -out "$CI/$1.pem" 2>/dev/null
}
# As evmctl ima_sign does: version 2, SHA-256.
ima_sign() { # ima_sign NAME FILE
	python3 - "$CI/$1" "$2" <<-EOP
	import os, subprocess, sys
	key, file = sys.argv[1:]
	sig = subprocess.check_output(["openssl", "dgst", "-sha256", "-sign",
	    key + ".key", file])
	text = subprocess.check_output(["openssl", "x509", "-in", key + ".pem",
	    "-noout", "-ext", "subjectKeyIdentifier"], text=True)
	ski = bytes.fromhex(text.split()[-1].replace(":", ""))
	os.setxattr(file, "security.ima", b"\\3\\2\\4" + ski[-4:] +
	    len(sig).to_bytes(2, "big") + sig)
	EOP
}

# --- scan ---

printf '#!/bin/sh\nexit 0\n' >"$CI/root/usr/bin/script"
cp "$SW_BUILD/src/ctl/guardctl/guardctl" "$CI/root/usr/bin/a program"
chmod 755 "$CI/root/usr/bin"/*
printf '\177ELF, a library' >"$CI/root/usr/lib/lib.so"
echo firmware >"$CI/root/usr/lib/firmware/f.bin"
echo settings >"$CI/root/etc/settings"
chmod 644 "$CI/root/usr/lib/lib.so" "$CI/root/etc/settings"
ln -s / "$CI/root/usr/out"
check "ci scan of a folder" ci scan -o "$CI/text" --level path --name kvm
says "4 of 5 files are code" "what is no code is left out, and no link followed"
scan_has() {
	local file digest

	for file in script 'a program'; do
		digest=$(sha256sum <"$CI/root/usr/bin/$file" | cut -d' ' -f1)
		grep -qxF "allow hash sha256:$digest /usr/bin/${file// /\\x20}" \
			"$CI/text" || return 1
	done
	grep -q '/usr/lib/lib.so$' "$CI/text" &&
		grep -q '/usr/lib/firmware/f.bin$' "$CI/text" &&
		! grep -q settings "$CI/text"
}
check "a program, a script, a library, firmware: each with its path" scan_has
refused "ci scan never replaces a file" ci scan -o "$CI/text"
says AlreadyExists "... says AlreadyExists"
check "without paths, to standard output" bash -c "'$SW_BUILD/src/ctl/guardctl/\
guardctl' --root '$CI/root' ci scan -o - >'$CI/any' && grep -qE \
'^allow hash sha256:[0-9a-f]{64} # /usr/bin/script\$' '$CI/any'"
check "--all-files has all of them" ci scan -o "$CI/all" --all-files
says "5 of 5 files" "... and counts them"
exits 2 "a level that is none: usage" ci scan -o - --level regex
exits 2 "level signer without one: usage" ci scan -o - --level signer

ci_key vendor
ci_key stranger
if ima_sign vendor "$CI/root/usr/bin/script" 2>/dev/null; then
	ima_sign stranger "$CI/root/usr/bin/a program"
	ima_sign vendor "$CI/root/usr/lib/lib.so"
	printf '\177ELF, changed' >"$CI/root/usr/lib/lib.so"
	check "ci scan with a signer" ci scan -o "$CI/signed" \
		--level signer,path --signer "$CI/vendor.pem"
	says "1 of them signed" "... finds what it signed"
	signed_has() {
		grep -qx '# signer1: /usr/bin/script' "$CI/signed" &&
			grep -q '^allow hash .* /usr/bin/a.x20program$' \
				"$CI/signed" &&
			grep -q '^allow hash .* /usr/lib/lib.so$' "$CI/signed"
	}
	check "T46 a stranger's and a broken signature are none" signed_has
	check "... and with level signer are left out" ci scan \
		-o "$CI/signed2" --level signer --signer "$CI/vendor.pem"
	says "3 are not signed and not allowed" "... which is told"
	check "a policy with a signer compiles" ci_json \
		'.data.signers[0].allowed and .data.digests == 0' \
		show "$CI/signed2"
else
	t_skip "files that are signed" "no security.ima here"
fi

# --- killed and resumed ---

mkdir -p "$CI/root/opt"
for ((i = 0; i < 600; i++)); do
	printf '\177ELF %d' "$i" >"$CI/root/opt/file$i"
done
truncate -s 40G "$CI/root/opt/zz"
chmod 755 "$CI/root/opt/zz"
"$SW_BUILD/src/ctl/guardctl/guardctl" --root "$CI/root" ci scan \
	-o "$CI/long" --jobs 1 >/dev/null &
CI_PID=$!
journal_grows() {
	[ "$(stat -c %s "$CI/long.journal")" -gt 30000 ]
}
check "a scan writes down what it has done" t_wait 30 journal_grows
kill -9 "$CI_PID"
wait "$CI_PID" 2>/dev/null
check "killed, it leaves no half policy" test ! -e "$CI/long"
rm "$CI/root/opt/zz"
printf '\177ELF changed' >"$CI/root/opt/file1"
refused "it does not go on with other options" ci scan -o "$CI/long" \
	--resume --all-files
says "other options" "... says so"
check "it goes on where it was" ci scan -o "$CI/long" --resume
says "files were looked at before" "... with what it had done"
check "another, from the beginning" ci scan -o "$CI/fresh"
check "says the same" cmp "$CI/long" "$CI/fresh"
check "the journal is gone" test ! -e "$CI/long.journal"
rm -r "$CI/root/opt"

# --- sign, show, install ---

check "ci show of a text" ci_json '.data.name == "kvm" and .data.form == "text"
	and .data.digests == 4 and .data.mode == "enforced"' show "$CI/text"
sed 's/^mode.*/mode maybe/' "$CI/text" >"$CI/bad"
refused "a text that is none" ci show "$CI/bad"
says "line 3: the mode is" "... with its line"
check "ci sign" ci sign "$CI/text" --key "$CI/vendor.key" \
	--cert "$CI/vendor.pem" -o "$CI/policy"
same_id() {
	[ "$(ci_json .data.id show "$CI/text")" = \
		"$(ci_json .data.id show "$CI/policy")" ]
}
check "its id is that of the text" same_id
refused "a key and another's certificate" ci sign "$CI/text" \
	--key "$CI/vendor.key" --cert "$CI/stranger.pem" -o "$CI/policy2"
refused "what is signed is not signed again" ci sign "$CI/policy" \
	--key "$CI/stranger.key" --cert "$CI/stranger.pem" -o "$CI/policy2"
refused "T46 ci install of what somebody else signed" ci install "$CI/policy" \
	--signer "$CI/stranger.pem"
says SignatureInvalid "... says SignatureInvalid"
refused "ci install of a text" ci install "$CI/text" --signer "$CI/vendor.pem"
cp "$CI/policy" "$CI/flipped"
printf '\377' | dd of="$CI/flipped" bs=1 seek=300 conv=notrunc status=none
refused "T46 ci install of a changed policy" ci install "$CI/flipped" \
	--signer "$CI/vendor.pem"
check "nothing is installed so far" test ! -e \
	"$CI/root/etc/shieldwall/ci.policy"
check "ci install" ci install "$CI/policy" --signer "$CI/vendor.pem"
says "hgsctl ci add" "... says that the HGS must know it"
check "... puts it there" cmp "$CI/policy" "$CI/root/etc/shieldwall/ci.policy"

# --- events ---

# A list as a kernel writes it: template ima-ng, with SHA-1 over its data.
ima_list() { # ima_list FILE PATH...: the content that each has now
	python3 - "$CI/root" "$@" <<-'EOP'
	import hashlib, os, struct, sys
	root, out, *paths = sys.argv[1:]
	list = b""
	def entry(name, digest, template=b"ima-ng", third=None):
	    field = lambda b: struct.pack("<I", len(b)) + b
	    data = field(b"sha256:\0" + digest) + field(name.encode() + b"\0")
	    data += b"" if third is None else field(third)
	    return (struct.pack("<I", 10) + hashlib.sha1(data).digest() +
	        field(template) + field(data))
	list += entry("boot_aggregate", bytes([1]) * 32)
	for path in paths:
	    with open(root + path, "rb") as f:
	        list += entry(path, hashlib.sha256(f.read()).digest())
	if "EVENT_AS_FILE" in os.environ:
	    list += entry(".ima", hashlib.sha256(b"0key").digest(), b"ima-sig",
	        b"0key")
	with open(out, "wb") as f:
	    f.write(list)
	EOP
}
ima_list "$CI/list" /usr/bin/script "/usr/bin/a program"
check "ci events: a list that the policy allows" ci events --ima-log "$CI/list"
says "3 entries, 0 not allowed" "... says so"
echo '# changed' >>"$CI/root/usr/bin/script"
ima_list "$CI/list" /usr/bin/script "/usr/bin/a program" /etc/settings
refused "T40 ... and one that it does not" ci events --ima-log "$CI/list"
says "changed        /usr/bin/script" "... names what was changed"
says "unknown        /etc/settings" "... and what is not known"
says CodeIntegrityPolicy "... says CodeIntegrityPolicy"
sed 's/^mode.*/mode audit/' "$CI/text" >"$CI/audit"
check "in audit mode it only lists them" ci events --policy "$CI/audit" \
	--ima-log "$CI/list"
says "2 not allowed, mode audit" "... and counts them"
printf '\1' | dd of="$CI/list" bs=1 seek=4 conv=notrunc status=none
refused "a list that is not what was logged" ci events --ima-log "$CI/list"
EVENT_AS_FILE=yes ima_list "$CI/list" /usr/bin/script
refused "T45 an event that is shown as a file" ci events --ima-log "$CI/list"
says "entry 2: its signature is none" "... says so"
ima_list "$CI/list" /usr/bin/script /etc/settings
check "ci scan takes from a list what it has not" ci scan -o "$CI/merged" \
	--ima-log "$CI/list"
says "1 files and 0 events more" "... and says how much"
check "... which then is allowed" ci events --policy "$CI/merged" \
	--ima-log "$CI/list"
