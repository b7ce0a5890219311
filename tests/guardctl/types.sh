# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Part of tests/guardctl/run.sh: VMs of the three types, what each may have,
# and what of it the fabric may change while the VM is stopped. What running
# VMs serve is the vm suite's.

# --- making ---

truncate -s 3M "$SW_TMP/raw"
echo marker | dd of="$SW_TMP/raw" bs=1M seek=1 conv=notrunc status=none
check "a regular VM is made of an image" guard kvm1 vm create reg1 \
	--type regular --disk "$SW_TMP/raw" --memory 512M --cpus 1 \
	--net br0 --net br1/02:00:5e:00:00:01
check "its disk is the image" cmp "$SW_TMP/raw" "$VMS/reg1/disk0.img"
made_as_said() {
	jq -e '.level == "regular" and .memory == 512 and .cpus == 1 and
		.secure_boot and .tpm and .state_encryption and .console and
		.integration and (.serial or .debug | not) and
		.networks[1] == {"bridge": "br1", "mac": "02:00:5e:00:00:01"} and
		(.networks[0].mac | startswith("52:54:00:")) and
		(.disks[0].id | length) == 32' "$VMS/reg1/vm.json" &&
		[ "$(stat -c '%s %a %U' "$VMS/reg1/state.key")" = "64 600 root" ] &&
		cmp /usr/share/OVMF/OVMF_VARS_4M.ms.fd "$VMS/reg1/nvram" &&
		[ -z "$(find "$VMS/reg1" -perm /077)" ]
}
check "as it was asked for, and root's alone" made_as_said
check "another one, bare" guard kvm1 vm create reg2 --type regular \
	--disk-size 8M --secure-boot off --tpm no --state-encryption no \
	--console no --serial yes --debug yes --integration no
bare() {
	jq -e '[.secure_boot, .tpm, .state_encryption, .console, .serial, .debug,
		.integration] == [false, false, false, false, true, true, false]
		and .memory == 2048 and .cpus == 2 and .networks == []' \
		"$VMS/reg2/vm.json" &&
		cmp /usr/share/OVMF/OVMF_VARS_4M.fd "$VMS/reg2/nvram" &&
		[ "$(stat -c '%s %b' "$VMS/reg2/disk0.img")" = "8388608 0" ] &&
		[ ! -e "$VMS/reg2/vtpm" ] && [ ! -e "$VMS/reg2/state.key" ]
}
check "has nothing that it was not given" bare
check "vm list has them" guard kvm1 vm list
says reg2 "by name"
check "vm show" guard kvm1 vm show reg1
says "secure_boot tpm state_encryption integration console" "its features"
says "br1, 02:00:5e:00:00:01" "its networks"

not_made() {
	local what=$1 code=$2

	shift 2
	refused "$what: not made" guard kvm1 vm create bad "$@"
	says "$code" "... $code"
	check "... nothing is left of it" test ! -e "$VMS/bad" -a \
		! -e "$VMS/.bad.new" -a ! -e "$VMS/.bad.work"
}
qemu-img create -q -f qcow2 -b "$SW_TMP/raw" -F raw "$SW_TMP/back.qcow2"
ln -s "$SW_TMP/raw" "$SW_TMP/link"
head -c 1000 /dev/zero >"$SW_TMP/odd"
not_made "T72 a qcow2 image with a backing file" ImageUnsafe \
	--type regular --disk "$SW_TMP/back.qcow2"
not_made "T72 a link" ImageUnsafe --type regular --disk "$SW_TMP/link"
not_made "T72 an address" ImageUnsafe --type regular --disk "nbd:x"
not_made "T72 a device" ImageUnsafe --type regular --disk /dev/null
not_made "half a sector" FileInvalid --type regular --disk "$SW_TMP/odd"
not_made "E4 a shielded VM without an owner" PolicyLowered \
	--type shielded --disk "$SW_TMP/raw"
refused "this one is told who makes it" guard kvm1 vm create bad \
	--type shielded --disk-size 1M
says "shield vm protect" "by command"
not_made "E4 an encrypted one" PolicyLowered --type encrypted --disk-size 1G
not_made "keys that are not there" PK.crt --type regular --disk-size 1M \
	--secure-boot "$SW_TMP/own"
refused "a name that is taken" guard kvm1 vm create reg1 --type regular \
	--disk-size 1M
says VmExists "by its code"
exits 2 "T60 a name with a path in it" guard kvm1 vm create ../bad \
	--type regular --disk-size 1M
exits 2 "no disk" guard kvm1 vm create bad --type regular
exits 2 "no type" guard kvm1 vm create bad --disk-size 1M
exits 2 "a bridge that is no name" guard kvm1 vm create bad --type regular \
	--disk-size 1M --net ../br0
exits 2 "five networks" guard kvm1 vm create bad --type regular \
	--disk-size 1M --net a --net b --net c --net d --net e

# --- changing ---

set_json() {
	guard kvm1 vm set "$@" --json
}
config_of() {
	sha256sum <"$VMS/$1/vm.json"
}
# never WHAT VM WORD...: PolicyLowered, and vm.json and nvram as they were.
never() {
	local what=$1 vm=$2 before

	shift
	before=$(config_of "$vm")$(sha256sum <"$VMS/$vm/nvram")
	refused "E4 $what: $*" set_json "$@"
	if jq -e '.code == "PolicyLowered" and .reasons[0].remedy != ""' \
		"$SW_TMP/t.out" >/dev/null && [ "$before" = \
		"$(config_of "$vm")$(sha256sum <"$VMS/$vm/nvram")" ]; then
		t_ok "... PolicyLowered, and nothing changed"
	else
		t_not_ok "... PolicyLowered, and nothing changed" "$SW_TMP/t.out"
	fi
}
make_typed() {
	tenant vm protect "$SW_TMP/image" --owner me --guardian fabric \
		--policy encrypted --secure-boot-configurable -o "$SW_TMP/enc1" &&
		tenant vm protect "$SW_TMP/image" --owner me --guardian fabric \
			--policy encrypted -o "$SW_TMP/enc2" &&
		tenant vm protect "$SW_TMP/image" --owner me --guardian fabric \
			--console -o "$SW_TMP/shown" &&
		for vm in enc1 enc2 shown; do
			guard kvm1 vm import "$SW_TMP/$vm" || return 1
		done
}
check "three more VMs with owners" make_typed

for vm in web1 enc2; do
	never "an owner's VM" "$vm" secure-boot=off
	never "an owner's VM" "$vm" secure-boot=microsoft
	never "an owner's VM" "$vm" tpm=no
	never "an owner's VM" "$vm" state-encryption=no
	never "an owner's VM" "$vm" level=regular
	never "an owner's VM" "$vm" type=encryption-supported
done
for word in console=yes serial=yes integration=yes debug=yes; do
	never "T74 a shielded VM" web1 "$word"
done
never "T74 a console is not a serial port" shown serial=yes
never "an encryption-supported VM shows its console" enc1 console=no
never "nor is Secure Boot switched off" enc1 secure-boot=off
never "all words or none" web1 memory=1G serial=yes
never "a regular VM gets no owner by a word" reg1 level=shielded
check "the console that its owner shows" guard kvm1 vm set shown console=no
says "undo: guardctl vm set shown console=yes" "can be switched off"
check "and on again" guard kvm1 vm set shown console=yes
check "an encryption-supported VM's ports" \
	guard kvm1 vm set enc2 serial=yes debug=yes integration=no
check "are its fabric's to change" jq -e '.serial and .debug and
	(.integration | not)' "$VMS/enc2/vm.json"
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=k/ -keyout "$SW_TMP/k.key" \
	-out "$SW_TMP/k.crt" 2>/dev/null
mkdir "$SW_TMP/own"
for name in PK KEK db; do
	cp "$SW_TMP/k.crt" "$SW_TMP/own/$name.crt"
done
check "Secure Boot keys that its owner left open" \
	guard kvm1 vm set enc1 secure-boot="$SW_TMP/own"
has_key() {
	openssl x509 -in "$SW_TMP/k.crt" -outform DER | od -An -v -tx1 |
		tr -d ' \n' >"$SW_TMP/k.hex"
	od -An -v -tx1 "$VMS/$1/nvram" | tr -d ' \n' |
		grep -qF -f "$SW_TMP/k.hex"
}
check "are the new ones" has_key enc1

check "a regular VM" guard kvm1 vm set reg1 memory=1G cpus=3 console=no \
	serial=yes net0=none
says "memory: 512 MiB -> 1024 MiB" "each change is told"
says "net1: br1/02:00:5e:00:00:01 -> none" "by what it was"
undo=$(sed -n 's/^undo: guardctl //p' "$SW_TMP/t.out")
# shellcheck disable=SC2086 # its words
check "the way back" guard kvm1 $undo
check "leads back" made_as_said
check "the same again" guard kvm1 vm set reg1 memory=512M
says "is so already" "is no change"
check "its vTPM is switched off" guard kvm1 vm set reg1 tpm=no
check "but kept" test -s "$VMS/reg1/vtpm/tpm2-00.permall"
sum=$(sha256sum <"$VMS/reg1/vtpm/tpm2-00.permall")
check "and on" guard kvm1 vm set reg1 tpm=yes
check "the same one" test "$sum" = \
	"$(sha256sum <"$VMS/reg1/vtpm/tpm2-00.permall")"
refused "in clear it is another one: this asks first" \
	guard kvm1 vm set reg1 state-encryption=no
check "nothing changed" made_as_said
check "with --yes it does not" guard kvm1 vm set reg1 state-encryption=no --yes
in_clear() {
	strings "$VMS/$1/vtpm/tpm2-00.permall" | grep -q swtpm-localca
}
check "its state is in clear" in_clear reg1
check "and has no key" test ! -e "$VMS/reg1/state.key"
check "and back" guard kvm1 vm set reg1 state-encryption=yes --yes
refused "its state is encrypted" in_clear reg1
check "Secure Boot is switched off" guard kvm1 vm set reg1 secure-boot=off
check "without keys" cmp /usr/share/OVMF/OVMF_VARS_4M.fd "$VMS/reg1/nvram"
check "and on" guard kvm1 vm set reg1 secure-boot=microsoft
check "a bare VM gets a vTPM" guard kvm1 vm set reg2 tpm=yes \
	state-encryption=yes
check "with a key" test -s "$VMS/reg2/state.key" -a -d "$VMS/reg2/vtpm"
exits 2 "a key that there is not" guard kvm1 vm set reg1 usb=yes
says "memory, cpus, net0 to net3" "is told with those that there are"
exits 2 "T74 QEMU's words are none" guard kvm1 vm set reg1 qemu=-s
exits 2 "T98 nor is an escape" guard kvm1 vm set reg1 $'\e[2J=yes'
refused "no such VM" guard kvm1 vm set none memory=1G
says VmNotFound "by its code"
exec 9>"$VMS/reg1/.lock"
flock 9
refused "a VM that runs is not changed" guard kvm1 vm set reg1 memory=1G
says VmRunning "by its code"
exec 9>&-

# --- disks ---

check "a disk is made" guard kvm1 vm disk attach reg1 data.img --size 5M
check "and is in vm.json" jq -e '.disks[1].file == "data.img" and
	(.disks[1].id != .disks[0].id)' "$VMS/reg1/vm.json"
check "sparse, and root's alone" test \
	"$(stat -c '%s %b %a' "$VMS/reg1/data.img")" = "5242880 0 600"
refused "not twice" guard kvm1 vm disk attach reg1 data.img
check "it grows" guard kvm1 vm disk resize reg1 data.img --size 9M
check "to that size" test "$(stat -c %s "$VMS/reg1/data.img")" = 9437184
refused "it does not shrink" guard kvm1 vm disk resize reg1 data.img --size 5M
check "it is as it was" test "$(stat -c %s "$VMS/reg1/data.img")" = 9437184
check "it is detached" guard kvm1 vm disk detach reg1 data.img
check "the file is kept" test -f "$VMS/reg1/data.img"
check "vm show has it" guard kvm1 vm show reg1
says "detached     data.img, 9 MiB" "as detached"
refused "a second time it is not there" \
	guard kvm1 vm disk detach reg1 data.img
refused "a disk of this name is not made anew" \
	guard kvm1 vm disk attach reg1 data.img --size 5M
check "it is attached again" guard kvm1 vm disk attach reg1 data.img
refused "the disk that boots stays" guard kvm1 vm disk detach reg1 disk0.img
says InUse "by its code"
refused "a disk that is not there" guard kvm1 vm disk attach reg1 no.img
exits 2 "T60 a path is no disk" guard kvm1 vm disk attach reg1 ../x.img \
	--size 1M
exits 2 "T60 nor is another part" guard kvm1 vm disk attach reg1 nvram \
	--size 1M
exits 2 "a size that is none" guard kvm1 vm disk attach reg1 x.img --size 5
ln -s "$SW_TMP/raw" "$VMS/reg1/link.img"
refused "T72 a link is no disk" guard kvm1 vm disk attach reg1 link.img
says ImageUnsafe "by its code"
rm "$VMS/reg1/link.img"
for vm in web1 enc1; do
	refused "a stopped $vm gets no disk" \
		guard kvm1 vm disk attach "$vm" data.img --size 5M
	says VmNotRunning "since its key is made while it runs"
	check "nothing was made" test ! -e "$VMS/$vm/data.img"
done
payload() {
	cryptsetup luksDump "$1" | sed -n 's/^Payload offset:[[:space:]]*//p'
}
check "an encrypted disk grows" guard kvm1 vm disk resize enc1 disk0.img \
	--size 4M
check "behind its header" test "$(stat -c %s "$VMS/enc1/disk0.img")" = \
	$((512 * $(payload "$VMS/enc1/disk0.img") + 4194304))
refused "and does not shrink" guard kvm1 vm disk resize enc1 disk0.img \
	--size 1M
recovered() {
	tenant vm recover "$VMS/enc1" -o "$SW_TMP/grown" &&
		[ "$(stat -c %s "$SW_TMP/grown")" = 4194304 ] &&
		cmp -n 1048576 "$SW_TMP/image" "$SW_TMP/grown"
}
check "its owner finds in it what was there" recovered

# --- copies ---

check "a regular VM is exported" guard kvm1 vm export reg1 -o "$SW_TMP/reg"
check "and imported" guard kvm1 vm import "$SW_TMP/reg" --name reg3
check "the same" diff -r -x .lock -x vm.json "$VMS/reg1" "$VMS/reg3"
refused "shield has no use for it" tenant protector verify "$SW_TMP/reg"
says "a regular VM" "and says why"
refused "nor to recover it" tenant vm recover "$SW_TMP/reg" -o "$SW_TMP/r"
says "a regular VM" "and says why"
tampered_regular() {
	local what=$1 code=$2

	rm -rf "$SW_TMP/bad"
	cp -a "$SW_TMP/reg" "$SW_TMP/bad"
	(cd "$SW_TMP/bad" && eval "$3")
	refused "$what: not imported" \
		guard kvm1 vm import "$SW_TMP/bad" --name bad
	says "$code" "... $code"
}
tampered_regular "T72 a regular VM that boots from a qcow2 image" ImageUnsafe \
	'rm disk0.img && qemu-img create -q -f qcow2 -b ../raw -F raw disk0.img &&
	truncate -s %512 disk0.img'
tampered_regular "E4 with an owner's protector in it" PolicyLowered \
	'cp ../web1/protector .'
tampered_regular "with half a state key" FileInvalid 'truncate -s 32 state.key'
tampered_regular "without its key" FileInvalid 'rm state.key'
tampered_regular "T72 with a link as a detached disk" ImageUnsafe \
	'ln -s ../raw more.img'
tampered "E4 an owner's VM made a regular one" PolicyLowered \
	'sed -i "s/\"shielded\"/\"regular\"/" vm.json'
tampered "E4 and its protector thrown away" ImageUnsafe \
	'sed -i "s/\"shielded\"/\"regular\"/" vm.json
	rm protector; head -c 64 /dev/zero >state.key'
tampered "T74 a console that its owner does not show" PolicyLowered \
	'sed -i "s/\"console\":false/\"console\":true/" vm.json'
tampered "T74 a shielded VM's serial port" PolicyLowered \
	'sed -i "s/\"serial\":false/\"serial\":true/" vm.json'

# --- the record ---

check "vm audit has the refusals" guard kvm1 vm audit
says "uid 0 web1 (shielded): set serial: PolicyLowered" "by VM and key"
check "of one VM" guard kvm1 vm audit enc1 --json
cp "$SW_TMP/t.out" "$SW_TMP/audit.json"
check "and no other" jq -e '.data.records | length == 2 and all(.vm == "enc1" and
	.level == "encryption-supported" and .uid == 0 and
	.outcome == "PolicyLowered" and (.what | startswith("set ")))' \
	"$SW_TMP/audit.json"
check "the record is root's alone" test "$(stat -c '%a %U' "$VMS/.audit")" = \
	"600 root"
printf '{"time":1,"vm":"old","level":"regular","uid":7,"what":"\\u001b[2J",%s\n' \
	'"outcome":"ok","detail":"first"}' >"$VMS/.audit.1"
printf '{"time":1700000000,"vm":"we' >>"$VMS/.audit"
check "a line that a crash cut is told" guard kvm1 vm audit
says "cut by a crash" "as such"
says '1970-01-01T00:00:01Z uid 7 old (regular): \x1b[2J: ok: first' \
	"T98 the older half is read, and escapes are escaped"
refused "the next refusal is written behind it" \
	guard kvm1 vm set web1 debug=yes
refused "what is damaged is told, with the rest" guard kvm1 vm audit
says "set debug: PolicyLowered" "nothing is lost"
says "FileInvalid" "nor silent"
rm "$VMS/.audit" "$VMS/.audit.1"
check "none is no error" guard kvm1 vm audit

# --- what needs a running VM ---

for verb in "console web1" "guest web1 info" "dump web1 -o $SW_TMP/dump"; do
	# shellcheck disable=SC2086 # its words
	if guard kvm1 vm $verb >"$SW_TMP/t.out" 2>&1 </dev/null; then
		t_not_ok "vm ${verb%% *} of a stopped VM" "$SW_TMP/t.out"
	else
		t_ok "vm ${verb%% *} of a stopped VM is refused"
	fi
done
check "no dump is left" test ! -e "$SW_TMP/dump"
echo kept >"$SW_TMP/dump"
refused "a dump replaces no file" guard kvm1 vm dump reg1 -o "$SW_TMP/dump"
check "it is kept" grep -q kept "$SW_TMP/dump"
exits 2 "a display needs a viewer" guard kvm1 vm console reg1 --display
exits 2 "exec needs a command" guard kvm1 vm guest reg1 exec
exits 2 "a command needs exec" guard kvm1 vm guest reg1 ping --command ls

for vm in reg1 reg2 reg3 enc1 enc2 shown; do
	check "$vm is removed" guard kvm1 vm remove "$vm" --yes
done
