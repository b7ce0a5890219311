#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The tenant's tool on real parts: what it makes is asked of cryptsetup,
# qemu-img and openssl, and what it must refuse is handed to it.
#
# timeout: 600
set -uo pipefail

SW_ROOT=${SW_ROOT:-$(readlink -f "$(dirname "$0")/../..")}
SW_BUILD=${SW_BUILD:-$SW_ROOT/build}
SW_TMP=${SW_TMP:-$(mktemp -d)}
. "$SW_ROOT/tests/t.sh"
PATH=$PATH:/usr/sbin:/sbin

SHIELD=$SW_BUILD/src/ctl/shield/shield
LUKS=$SW_BUILD/tests/disk/luks-tool
PASS='correct horse 0'
MARKER='shieldwall-marker-5f1d0c7a'
export HOME=$SW_TMP/home
mkdir -p "$HOME"
cd "$SW_TMP" || exit 3

# shield ARGUMENT...: with the passphrase where it is asked for.
shield() {
	"$SHIELD" --passphrase-fd 9 "$@" 9<<<"$PASS"
}

# Asserts on the last answer in JSON.
says_json() {
	if jq -e "$1" "$SW_TMP/t.out" >/dev/null 2>&1; then
		t_ok "$2"
	else
		t_not_ok "$2" "$SW_TMP/t.out"
	fi
}

# A raw disk with something to find again, and keys to start it with.
make_inputs() {
	local name

	truncate -s 24M disk.raw
	printf '%s' "$MARKER" | dd of=disk.raw bs=1 seek=5000000 conv=notrunc \
		status=none
	head -c 3000000 /dev/urandom | dd of=disk.raw bs=1M seek=8 \
		conv=notrunc status=none
	sha256sum disk.raw >disk.sum
	mkdir -p keys
	for name in PK KEK db; do
		openssl req -x509 -newkey rsa:2048 -nodes -days 3650 \
			-subj "/CN=test $name/" -keyout "keys/$name.key" \
			-out "keys/$name.crt" 2>/dev/null
	done
}

# shellcheck disable=SC2317 # called by check and refused
protect() {
	shield vm protect disk.raw --owner tenant --guardian hoster \
		--secure-boot keys "$@"
}

# --- guardians ---

guardians() {
	local print

	check "a guardian is made" shield guardian create tenant
	check "and another" shield guardian create hoster-own
	check "and a third" shield guardian create second
	refused "a name is not taken twice" shield guardian create tenant
	exits 2 "without HOME it is not said that a name is taken" \
		env -u HOME "$SHIELD" --passphrase-fd 0 guardian create tenant
	says "HOME does not say" "but why"
	exits 2 "T60 a name with a slash is none" \
		shield guardian create ../tenant
	check "private keys are for their owner's eyes" \
		test "$(stat -c %a "$HOME/.local/share/shieldwall/guardians" \
			"$HOME"/.local/share/shieldwall/guardians/tenant.key |
			tr '\n' ' ')" = '700 600 '

	check "its public part is exported" \
		shield guardian export hoster-own -o hoster.xml
	print=$(shield --json guardian list |
		jq -r '.data.guardians[] | select(.name == "hoster-own").fingerprint')

	refused "without a fingerprint nothing is imported" \
		shield --json guardian import hoster.xml --name hoster
	says_json ".code == \"FingerprintNeeded\" and \
		.data.fingerprint == \"$print\"" "but it is shown"
	refused "a wrong one is refused" shield --json guardian import \
		hoster.xml --name hoster --fingerprint "${print//[0-4]/5}"
	says_json '.code == "FingerprintMismatch"' "by its reason"
	check "neither left anything behind" \
		test ! -e "$HOME/.local/share/shieldwall/guardians/hoster.guardian"
	sed "s/<Version>1/\&x;<Version>1/" hoster.xml >entity.xml
	refused "T59 an XML entity is refused" shield guardian import \
		entity.xml --name hoster --fingerprint "$print"
	{ printf '<!DOCTYPE a [<!ENTITY x "y">]>'; cat hoster.xml; } >dtd.xml
	refused "T59 a document type too" shield guardian import dtd.xml \
		--name hoster --fingerprint "$print"
	head -c 700 hoster.xml >cut.xml
	refused "a cut file is refused" shield --json guardian import cut.xml \
		--name hoster --fingerprint "$print"
	says_json '.message | startswith("cut.xml: ")' "by its name"
	check "the right fingerprint imports it" shield guardian import \
		hoster.xml --name hoster --fingerprint "$print"
	check "an imported guardian can be passed on" \
		shield guardian export hoster -o again.xml
	check "as it came" cmp hoster.xml again.xml
	import_by_http "$print"
	backups
}

# The metadata's one address, from a plain file server.
import_by_http() {
	local port=$((20000 + RANDOM % 20000))

	{
		printf 'HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n'
		printf 'Content-Length: %d\r\nConnection: close\r\n\r\n' \
			"$(stat -c %s hoster.xml)"
		cat hoster.xml
	} >answer
	t_spawn "$SW_TMP/socat.log" socat \
		"TCP-LISTEN:$port,bind=127.0.0.1,reuseaddr,fork" \
		"SYSTEM:read -r l; echo \$l >>$SW_TMP/asked; cat $SW_TMP/answer"
	t_wait 10 bash -c "echo >/dev/tcp/127.0.0.1/$port"
	check "a guardian is imported from its service" shield guardian \
		import "http://127.0.0.1:$port" --name web --fingerprint "$1"
	check "at the place where it publishes" grep -qF \
		'GET /KeyProtection/service/metadata/2014-07/metadata.xml' asked
	refused "over the network, too, only by fingerprint" shield guardian \
		import "http://127.0.0.1:$port" --name web2
	check "and removed" shield guardian remove web
}

backups() {
	check "a backup is made" shield guardian backup hoster-own -o own.bak
	PASS=wrong refused "not under another passphrase" \
		shield --json guardian backup hoster-own -o x.bak
	says_json '.code == "PassphraseWrong"' "by its reason"
	check "a key is not removed without a word" \
		test "$(shield guardian remove hoster-own >/dev/null 2>&1; echo $?)" = 1
	check "it is removed" shield --yes guardian remove hoster-own
	refused "then it is gone" shield guardian export hoster-own
	cp own.bak bad.bak
	printf 'X' | dd of=bad.bak bs=1 seek=1200 conv=notrunc status=none
	refused "a damaged backup is refused" shield guardian restore bad.bak
	check "the backup brings it back" shield guardian restore own.bak
	check "the same one" \
		bash -c "'$SHIELD' guardian export hoster-own | cmp - hoster.xml"
}

# --- disks ---

disks() {
	local key

	key=$(openssl rand -hex 32)
	printf '%s' "$key" >key
	check "a disk is encrypted" "$LUKS" make key disk.raw luks.img
	check "cryptsetup reads its header" cryptsetup luksDump luks.img
	says 'xts-plain64' "as AES-XTS"
	says 'Version:       	1' "of LUKS1"
	check "cryptsetup opens it with the key's hex" cryptsetup open \
		--test-passphrase --type luks1 --key-file key luks.img
	printf '%s' "$(openssl rand -hex 32)" >key2
	exits 2 "and with no other" cryptsetup open \
		--test-passphrase --type luks1 --key-file key2 luks.img
	check "qemu-img finds the same disk in it" qemu-img compare \
		--object secret,id=k,file=key --image-opts driver=raw,file.filename=disk.raw \
		driver=luks,key-secret=k,file.filename=luks.img
	check "it is read back" "$LUKS" extract key luks.img back.raw
	check "byte for byte" cmp disk.raw back.raw
	refused "the marker is not in it" grep -qaF "$MARKER" luks.img

	check "(an image with a backing file)" qemu-img create -q -f qcow2 \
		-b "$SW_TMP/disk.raw" -F raw backed.qcow2
	check "(an image with a data file)" qemu-img create -q -f qcow2 \
		-o data_file="$SW_TMP/data.raw",data_file_raw=on data.qcow2 24M
	ln -s disk.raw link.raw
	local image
	for image in backed.qcow2 data.qcow2 link.raw /dev/zero \
		'json:{"driver":"raw","file":{"driver":"file","filename":"disk.raw"}}' \
		nbd:127.0.0.1:1; do
		refused "T72 ${image%%\{*} is refused" shield --json vm \
			protect "$image" --owner tenant --guardian hoster \
			--secure-boot keys -o unsafe
		says_json '.code == "ImageUnsafe"' "as unsafe"
	done
	check "T72 and nothing was made" test ! -e unsafe -a ! -e unsafe.new
}

# --- a VM ---

vms() {
	check "a VM is made" protect -o vm
	check "the image was only read" sha256sum -c --quiet disk.sum
	refused "it is not made twice" protect --json -o vm
	says_json '.code == "AlreadyExists"' "since it is there already"
	check "it holds five things and no more" \
		test "$(find vm -mindepth 1 -maxdepth 1 -printf '%f ' | tr ' ' '\n' |
			sort | xargs)" = 'disk0.img nvram protector vm.json vtpm'
	check "none of them for other eyes" \
		test -z "$(find vm -perm /077)"
	refused "the marker is in no file of it" grep -rqaF "$MARKER" vm
	check "its disk is one for cryptsetup" cryptsetup isLuks --type luks1 \
		vm/disk0.img
	check "its configuration is what was asked for" jq -e '.cpus == 1 and
		.memory == 512 and .level == "shielded" and .name == "vm" and
		.networks == []' vm/vm.json
	check "its firmware is named by digest" test "$(jq -r .firmware vm/vm.json)" \
		= "$(sha256sum </usr/share/OVMF/OVMF_CODE_4M.secboot.fd | cut -c1-64)"
	check "its firmware has the owner's key" bash -c \
		"openssl x509 -in keys/db.crt -outform DER | od -An -v -tx1 |
		tr -d ' \n' | grep -qF -f - <(od -An -v -tx1 vm/nvram |
		tr -d ' \n')"
	check "the vTPM's state is encrypted" bash -c \
		"! strings vm/vtpm/tpm2-00.permall | grep -q swtpm-localca"

	check "the protector verifies" shield protector verify vm
	check "the owner opens it, and all that is sealed" \
		shield --json protector verify vm --open
	says_json '.data.opened_by == "tenant" and .data.state == "clean" and
		.data.recoverable' "to the way back"
	check "so does the guardian granted" \
		shield --json protector verify vm --open --guardian hoster-own
	says_json '.data | has("recoverable") | not' "but for the way back"
	check "it is shown" shield --json protector show vm/protector
	says_json '.data | .level == "shielded" and .revision == 1 and
		.generation == 1 and .owner.name == "tenant" and
		.modes == ["tpm"] and (.guardians | length) == 1' "in words"

	check "Microsoft's keys, and an encryption-supported VM" \
		shield vm protect disk.raw --owner tenant \
		--guardian hoster,second --policy encrypted --memory 2G \
		--cpus 4 --name other --unknown-hgs allow -o vm2
	check "are made as said" shield --json protector show vm2
	says_json '.data.level != "shielded" and .data.unknown_hgs == "allow"' \
		"in the grant"
	check "a shielded VM whose owner shows its console" \
		protect --console -o vm6
	check "has it in vm.json" jq -e '.console and (.serial | not)' \
		vm6/vm.json
	check "and in the grant" shield --json protector show vm6
	says_json '.data.console == true' "for every host to see"
	exits 2 "a shielded VM's Secure Boot keys are nobody else's" \
		protect --secure-boot-configurable -o vm7
	check "an encryption-supported one's may be" protect --policy encrypted \
		--secure-boot-configurable -o vm7
	check "and its grant names none" shield --json protector show vm7
	says_json '.data.secure_boot_keys == ("0" * 64)' "but zeros"
}

# Disks that are not the one the VM was made with: keys of the sealed secrets.
other_disks() {
	cp vm/disk0.img vm/data.img
	check "a detached disk is recovered with the sealed keys" \
		shield vm recover vm --disk data.img -o recovered
	check "as it was" cmp disk.raw recovered
	check "the disk that boots can be named, too" \
		shield vm recover vm --disk disk0.img -o recovered2
	check "the same" cmp disk.raw recovered2
	rm -f recovered recovered2
	cp vm/vm.json kept.json
	jq -c '.cpus = 2 | .firmware = ("0" * 64)' kept.json >vm/vm.json
	refused "T64 sealed keys do not open for another firmware" \
		shield --json vm recover vm --disk data.img -o recovered
	says_json '.code == "SecretsInvalid"' "by its reason"
	check "the recovery blob's do" shield vm recover vm -o recovered
	rm -f recovered
	cp kept.json vm/vm.json
	cp vm2/disk0.img vm/data.img
	refused "T65 another VM's disk is not opened" \
		shield vm recover vm --disk data.img -o recovered
	refused "a disk that is not there" \
		shield vm recover vm --disk none.img -o recovered
	exits 2 "T60 a path is not a disk" \
		shield vm recover vm --disk ../vm2/disk0.img -o recovered
	check "and no image is left" test ! -e recovered -a ! -e recovered.new
	rm vm/data.img
}

recovery() {
	check "the owner recovers the disk" shield vm recover vm -o recovered
	check "as it was" cmp disk.raw recovered
	mv recovered kept.image
	cp -r vm changed
	cp vm2/disk0.img changed
	refused "T65 not another VM's disk in its folder" \
		shield --json vm recover changed -o recovered
	says_json '.code == "FileInvalid"' "which its keys do not open"
	check "no image of which is left" test ! -e recovered.new
	rm -rf changed
	mv kept.image recovered
	refused "not over another file" shield vm recover vm -o disk.raw
	rm -f recovered
	mv "$HOME/.local/share/shieldwall/guardians/tenant.key" kept.key
	refused "a guardian who is not the owner does not" \
		shield vm recover vm -o recovered
	mv kept.key "$HOME/.local/share/shieldwall/guardians/tenant.key"
	PASS=wrong refused "T62 nor does a wrong passphrase" \
		shield --json vm recover vm -o recovered
	says_json '.code == "PassphraseWrong"' "by its reason"
	refused "T62 which is not repeated" grep -qF wrong <(jq -r .message t.out)
	check "and no image is left" test ! -e recovered -a ! -e recovered.new
	other_disks

	check "a restore ticket is signed" shield vm restore-ticket vm \
		--host any --expires 24h -o ticket
	check "as CMS" openssl cms -cmsout -print -noout -inform DER -in ticket
	exits 2 "not for a host that is none" \
		shield vm restore-ticket vm --host kvm1 -o ticket2
	exits 2 "nor for ever" shield vm restore-ticket vm --host any \
		--expires 9999d -o ticket2
}

granting() {
	cp -r vm vm4
	check "another guardian is granted" shield --json protector grant vm4 --guardian second
	says_json '.data.revision == 2 and .data.generation == 2' \
		"in the next revision and generation"
	check "it opens the protector and all that is sealed" \
		shield protector verify vm4 --open --guardian second
	check "so does the first" \
		shield protector verify vm4 --open --guardian hoster-own
	refused "it is not granted twice" \
		shield protector grant vm4 --guardian second
	check "the disk is recovered as before" \
		shield vm recover vm4 -o recovered4
	check "the same" cmp disk.raw recovered4
	cp -r vm4 vm5
	check "it is revoked" shield protector revoke vm4 --guardian second
	says 'still can' "with the truth about copies"
	refused "T64 now it opens nothing" shield --json protector verify vm4 \
		--open --guardian second
	says_json '.code == "GuardianNotGranted"' "being no longer granted"
	check "the older copy opens to it, as was said" \
		shield protector verify vm5 --open --guardian second
	refused "who was not granted is not revoked" \
		shield protector revoke vm4 --guardian second
}

# --- what a fabric might do to it ---

# changed NAME CODE SENTENCE SCRIPT: on a copy of the VM's folder.
changed() {
	rm -rf changed
	cp -r vm changed
	(cd changed && eval "$3") || t_not_ok "(the change was made)"
	refused "$2" shield --json protector verify changed --open
	says_json ".code == \"$1\"" "as $1"
}

tampering() {
	local at size

	size=$(stat -c %s vm/protector)
	cp -r vm changed
	for at in 0 4 8 300 900 1500 2100 2600 3000 $((size - 300)) \
		$((size - 1)); do
		cp vm/protector changed/protector
		printf '%b' "\\x$(printf %02x $((0x$(od -An -tx1 -j "$at" \
			-N 1 vm/protector | tr -d ' ') ^ 1)))" | dd of=changed/protector bs=1 \
			seek="$at" conv=notrunc status=none
		refused "T63 byte $at of the protector changed" \
			shield protector verify changed --open
	done
	head -c $((size / 2)) vm/protector >bad
	refused "T63 half a protector" shield --json protector verify bad
	says_json '.message | startswith("bad: ")' "by its name"

	changed PolicyLowered "E4 the level lowered in vm.json" \
		"sed -i s/shielded/encryption-supported/ vm.json"
	changed SecretsInvalid "T75 other firmware in vm.json" \
		"sed -i -E 's/(firmware\":\")[0-9a-f]{8}/\\100000000/' vm.json"
	changed SecretsInvalid "T65 another VM's disk" "cp ../vm2/disk0.img ."
	changed FileInvalid "T70 a disk without cipher" \
		"printf 'cipher_null' | dd of=disk0.img bs=1 seek=8 conv=notrunc status=none"
	changed FileInvalid "T74 a word more in vm.json" \
		"sed -i 's/\"networks\"/\"serial\":true,\"networks\"/' vm.json"
	changed FileInvalid "T60 a disk outside the folder" \
		"sed -i 's/disk0.img/..\\/vm2\\/disk0.img/' vm.json"
	changed FileInvalid "T60 vm.json as a link" \
		"mv vm.json ../linked.json; ln -s ../linked.json vm.json"

	rm -rf changed
	cp -r vm changed
	sed -i 's/"cpus":1/"cpus":4/; s/"memory":512/"memory":1024/' \
		changed/vm.json
	check "E7 processors and memory are the fabric's to change" \
		shield protector verify changed --open
	cp vm2/protector changed/protector
	refused "T65 another VM's protector" \
		shield protector verify changed --open
}

# --- whole or not at all ---

failures() {
	cp -r keys badkeys
	head -c 100 keys/db.crt >badkeys/db.crt
	refused "a broken key file" shield --json vm protect disk.raw \
		--owner tenant --guardian hoster --secure-boot badkeys -o half
	says_json '.code == "FileInvalid" and
		(.message | startswith("badkeys/db.crt"))' "is refused by name"
	refused "a guardian that is not there" shield vm protect disk.raw \
		--owner tenant --guardian nobody --secure-boot keys -o half
	refused "firmware that is not there" protect --firmware nofile -o half
	check "none of these left anything" test ! -e half -a ! -e half.new

	mkdir -p half.new
	echo mine >half.new/thesis.txt
	refused "a folder in the way is not cleared" protect -o half
	check "not a byte of it" grep -q mine half.new/thesis.txt
	rm -rf half.new
	full_disk
	killed
}

full_disk() {
	mkdir -p full
	if ! mount -t tmpfs -o size=12m none full 2>/dev/null; then
		t_skip "a full disk" "cannot mount a tmpfs here"
		return
	fi
	exits 3 "no room for the disk: refused" protect -o full/vm
	says 'No space left' "for that reason"
	check "and nothing is left" test -z "$(ls -A full)"
	mount -o remount,size=2m full
	exits 3 "no room for what is recovered" \
		shield vm recover vm -o full/image
	check "and nothing of it is left" test -z "$(ls -A full)"
	umount full
}

# Killed while the disk is written: held there, since it takes but seconds.
killed() {
	local pid

	truncate -s 4G large.raw
	"$SHIELD" vm protect large.raw --owner tenant --guardian hoster \
		--secure-boot keys -o late --passphrase-fd 9 9<<<"$PASS" \
		>late.out 2>&1 &
	pid=$!
	t_wait 60 bash -c \
		"[ \"\$(stat -c %b late.new/disk0.img)\" -gt 10000 ]" || true
	kill -STOP "$pid"
	refused "another run does not build the same folder" \
		shield --json vm protect disk.raw --owner tenant \
		--guardian hoster --secure-boot keys -o late
	says_json '.code == "InUse"' "while one does"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	check "killed half-way: there is no folder" test ! -e late
	check "but what it was building" test -d late.new
	check "the next run clears it away" protect -o late
	check "and is whole" shield protector verify late --open
	check "with nothing beside it" test ! -e late.new
	rm -f large.raw
}

# Every program started, with all its arguments and environment, against the
# key that went through a pipe.
secrets() {
	[ "$(id -u)" -eq 0 ] || {
		t_skip "T62 no secret in arguments" \
			"only root can look into shield"
		return
	}
	strace -f -v -s 65536 -e trace=execve,write -o trace \
		"$SHIELD" vm protect disk.raw --owner tenant --guardian hoster \
		--secure-boot keys -o traced --passphrase-fd 9 9<<<"$PASS" \
		>/dev/null 2>&1 || {
		t_skip "T62 no secret in arguments" "strace cannot trace here"
		return
	}
	grep -oP 'write\(\d+, "\K[0-9a-f]{64}(?=", 64\))' trace | sort -u >pipes
	grep execve trace >started
	check "one key went through a pipe, to swtpm_setup" test \
		"$(wc -l <pipes)" -eq 1
	check "programs were started" grep -q swtpm_setup started
	refused "T62 none of them for the disk" grep -qE \
		'qemu-img|cryptsetup' started
	refused "T62 no key is in an argument or the environment" \
		grep -qF -f pipes started
	refused "T62 nor the passphrase" grep -qF "$PASS" started
	refused "T62 no key is in a file of the folder" \
		grep -rqaF -f pipes traced
	keys_open
	rm -rf traced trace
}

# The key that the pipe had is the vTPM's, and not the disk's.
keys_open() {
	tr -d '\n' <pipes >key
	exits 2 "T62 the disk's key went through none" cryptsetup open \
		--test-passphrase --type luks1 --key-file key traced/disk0.img
	t_spawn "$SW_TMP/swtpm.log" bash -c "exec swtpm socket --tpm2 \
		--tpmstate dir=traced/vtpm --server type=unixio,path=tpm \
		--ctrl type=unixio,path=tpm.ctrl \
		--flags not-need-init,startup-clear \
		--key fd=8,format=hex,mode=aes-256-cbc 8<key"
	t_wait 10 test -S tpm.ctrl
	check "it is the vTPM's, which has an endorsement certificate" \
		bash -o pipefail -c "TPM2TOOLS_TCTI=swtpm:path=$SW_TMP/tpm \
		tpm2_nvread 0x01c00002 | openssl x509 -inform DER -noout \
		-ext extendedKeyUsage"
	t_stop "$!"
	exits 1 "with another key swtpm does not take its state" bash -c \
		"exec swtpm socket --tpm2 --tpmstate dir=traced/vtpm \
		--server type=unixio,path=tpm2 \
		--flags not-need-init,startup-clear \
		--key fd=8,format=hex,mode=aes-256-cbc 8<key2"
}

# --- evidence ---

# le32 NUMBER: its four bytes, as printf writes them.
le32() {
	printf '\\x%02x\\x%02x\\x%02x\\x%02x' $(($1 & 255)) \
		$(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255))
}

# ima_entry PATH: one entry of the binary form, ima-ng, to standard output.
ima_entry() {
	{
		printf '%b' "$(le32 40)"
		printf 'sha256:\0'
		head -c 32 /dev/zero
		printf '%b' "$(le32 $((${#1} + 1)))"
		printf '%s\0' "$1"
	} >entry.data
	printf '%b' "$(le32 10)"
	openssl dgst -sha1 -binary entry.data
	printf '%b' "$(le32 6)"
	printf 'ima-ng'
	printf '%b' "$(le32 "$(stat -c %s entry.data)")"
	cat entry.data
}

# grow FILE BYTES: its contents again and again, to at least so many bytes.
grow() {
	while [ "$(stat -c %s "$1")" -lt "$2" ]; do
		cp "$1" "$1.twice"
		cat "$1.twice" >>"$1"
	done
	rm -f "$1.twice"
}

# A log of 100 MB is a recorded one whose events come again and again.
large_logs() {
	local boot=$SW_ROOT/tests/data/boot/host-good/binary_bios_measurements
	local size

	# The header is an event of the old form: 32 bytes, then its data.
	size=$((32 + $(od -An -tu4 -j28 -N4 "$boot")))
	tail -c +$((size + 1)) "$boot" >events
	grow events 104857600
	{
		head -c "$size" "$boot"
		cat events
	} >large.tcg
	rm -f events
	ima_entry boot_aggregate >large.ima
	ima_entry /usr/lib/x86_64-linux-gnu/libc.so.6 >entry
	grow entry 104857600
	cat entry >>large.ima
	rm -f entry entry.data
}

evidence() {
	local peak=$SW_BUILD/tests/tools/peak-memory kind
	local boot=$SW_ROOT/tests/data/boot/host-good

	check "a boot log is shown" "$SHIELD" evidence show --events --pcrs \
		"$boot/binary_bios_measurements"
	says "Secure Boot         on" "with what it says of Secure Boot"
	says "SecureBoot: on" "event by event"
	check "and so is one that comes through a pipe" bash -c \
		"'$SHIELD' evidence show - <'$boot/binary_bios_measurements'"
	check "the recorded TPM's values are what it replays to" "$SHIELD" \
		evidence verify "$boot/binary_bios_measurements" \
		--pcrs "$boot/pcr-sha256"
	printf '0 %064d\n' 0 >wrong-pcrs
	refused "T31 others are not" "$SHIELD" evidence verify \
		"$boot/binary_bios_measurements" --pcrs wrong-pcrs
	says "expected" "and both digests are told"
	large_logs
	for kind in tcg ima; do
		check "100 MB of $kind are shown in 32 MB of memory" "$peak" \
			32768 "$SHIELD" evidence show --json "large.$kind"
		tail -n 1 "$SW_TMP/t.out" | grep -v ^peak >/dev/null ||
			sed -i '$d' "$SW_TMP/t.out"
		says_json ".ok and (.data | has(\"kind\"))" \
			"to the end, with everything in its place"
		check "and verified in them" "$peak" 32768 "$SHIELD" \
			evidence verify "large.$kind" --pcrs "$boot/pcr-sha256"
		says "exit status 1" "with the answer that they do not fit"
	done
	for kind in tcg ima; do
		check "100 MB of $kind entry by entry take no more" \
			bash -o pipefail -c "'$peak' 32768 '$SHIELD' evidence \
			show --events --json large.$kind |
			tail -c 200 | grep -q '\"ok\":true'"
	done
	rm -f large.tcg large.ima
}

# Every command and option of the table stands in the manual, where it belongs.
manual() {
	local noun verb options option section

	while read -r noun verb options; do
		check "the manual has $noun $verb" grep -qE \
			"^(\.It )?\.?Cm $noun $verb( |\$)" "$SW_ROOT/man/shield.1"
		section=$(sed -n "/^\.Cm $noun $verb\$/,/^\.Nm/p" \
			"$SW_ROOT/man/shield.1")
		for option in $options; do
			grep -qE "Fl ${option#-}( |\$)" <<<"$section" ||
				t_not_ok "the manual has $noun $verb $option"
		done
	done < <("$SHIELD" commands)
}

manual
make_inputs
guardians
disks
vms
recovery
granting
tampering
failures
secrets
evidence
t_done
