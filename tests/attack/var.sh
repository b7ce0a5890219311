# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# A host's /var, as whoever has its disk finds and changes it. Sourced after
# hosts.sh: var_made, var_kept and var_refusals, in this order.

# var_disk NAME: its disk as one file, $SW_TMP/NAME/var.raw; sets VAR_DISK and
# VAR_AT, where /var begins there.
var_disk() {
	VAR_DISK=$SW_TMP/$1/var.raw
	qemu-img convert -O raw "$SW_TMP/$1/disk" "$VAR_DISK" &&
		VAR_AT=$(($(sgdisk -i 4 "$VAR_DISK" |
			sed -n 's/^First sector: \([0-9]*\).*/\1/p') * 512))
}

# var_with NAME COMMAND...: the machine gets that disk as the command changes it.
var_with() {
	local disk=$SW_TMP/$1/changed

	cp --sparse=always "$VAR_DISK" "$disk" && "${@:2}" "$disk" &&
		qemu-img create -q -f qcow2 -F raw -b "$disk" \
			"$SW_TMP/$1/disk" >/dev/null
}

# var_json EXPRESSION DISK: both copies of the LUKS2 header, with the sum that
# is all that guards them.
var_json() {
	local part=$SW_TMP/var.part head=$SW_TMP/var.head at sum

	dd if="$2" of="$part" bs=1M skip=$((VAR_AT / 1048576)) count=16 \
		status=none &&
		cryptsetup luksDump --dump-json-metadata "$part" |
		jq -c "$1" >"$SW_TMP/var.json" &&
		truncate -s 12288 "$SW_TMP/var.json" || return
	for at in 0 16384; do
		dd if="$part" bs=4096 count=1 skip=$((at / 4096)) status=none |
			cat - "$SW_TMP/var.json" >"$head" &&
			dd if=/dev/zero of="$head" bs=64 seek=7 count=1 \
				conv=notrunc status=none || return
		sum=$(sha256sum "$head" | cut -d' ' -f1)
		printf '%b' "$(fold -w 2 <<<"$sum" | sed 's/^/\\x/' | tr -d '\n')" |
			dd of="$head" bs=64 seek=7 conv=notrunc status=none &&
			dd if="$head" of="$2" bs=4096 conv=notrunc status=none \
				seek=$(((VAR_AT + at) / 4096)) || return
	done
}

# var_write FILE DISK: at the partition's begin.
var_write() {
	dd if="$1" of="$2" bs=4096 seek=$((VAR_AT / 4096)) conv=notrunc \
		status=none
}

var_zeroed() {
	head -c 32768 /dev/zero >"$SW_TMP/var.zero" &&
		var_write "$SW_TMP/var.zero" "$1"
}

var_marked() {
	printf 'shieldwall-var: never used\n' >"$SW_TMP/var.mark" &&
		var_write "$SW_TMP/var.mark" "$1"
}

# var_ends NAME REGEX: started, it says so and goes off; no shell, no question.
var_ends() {
	host_start "$SW_TMP/$1" && ends_so "$1" "$2" && host_stop "$SW_TMP/$1" &&
		! grep -aE 'passphrase|PIN|\(initramfs\)|systemd\[1\]' \
			"$SW_TMP/$1/serial.log"
}

# var_elsewhere NAME OTHER IMAGES: the disk in another machine.
var_elsewhere() {
	host_new "$SW_TMP/$2" "$3/host.img" "$3/vars.fd" &&
		cp --sparse=always "$VAR_DISK" "$SW_TMP/$2/changed" &&
		qemu-img create -q -f qcow2 -F raw -b "$SW_TMP/$2/changed" \
			"$SW_TMP/$2/disk"
}

# What the checks below look for: the kernel's own words for /var.
VAR_TABLE='crypt aes-xts-plain64 :64:logon:cryptsetup:[0-9a-f-]*-d0 0 [0-9:]* 32768 1 sector_size:4096'

var_recovery() {
	# shellcheck disable=SC2016 # the host's shell expands it
	on "$1" 'umask 077; part=/dev/disk/by-partlabel/shieldwall-var
		head -c 64 /dev/urandom >/run/once &&
		cryptsetup luksAddKey -q --pbkdf pbkdf2 \
			--token-only --token-type systemd-tpm2 $part /run/once &&
		systemd-cryptenroll --unlock-key-file=/run/once \
			--wipe-slot=password --recovery-key $part; r=$?
		rm -f /run/once; exit $r'
}

# var_insecure NAME: variables without any key, so Secure Boot is off.
var_insecure() {
	cp "$SW_TMP/$1/vars.fd" "$SW_TMP/$1/vars.kept" &&
		cp "$HOST_OVMF/OVMF_VARS_4M.fd" "$SW_TMP/$1/vars.fd"
}

var_secure() {
	mv "$SW_TMP/$1/vars.kept" "$SW_TMP/$1/vars.fd"
}

# var_made NAME: at its first start.
var_made() {
	local name=$1

	console "$name" "a new /var is made"
	check "its /var is encrypted" on "$name" \
		"dmsetup table shieldwall-var | grep -x '0 [0-9]* $VAR_TABLE'"
	check "and filled" on "$name" 'test -s /var/lib/dpkg/status'
	check "something is written to /var and /etc" on "$name" \
		'echo only-in-var >/var/kept && echo kept >/etc/kept && sync'
	check "a recovery key is added" var_recovery "$name"
}

# var_kept NAME: at its second.
var_kept() {
	check "it has what was written before" on "$1" \
		'grep only-in-var /var/kept && grep kept /etc/kept'
	exits 1 "nothing was made anew" \
		grep -aF 'a new /var' "$SW_TMP/$1/serial.log"
}

# var_header NAME WHAT EXPRESSION SAYS
var_header() {
	check "$2: the header is changed" var_with "$1" var_json "$3"
	check "$2: refused" var_ends "$1" "$4"
}

# var_refusals NAME IMAGES: while it is off.
var_refusals() {
	local name=$1 images=$2

	check "its disk is read" var_disk "$name"
	exits 1 "which does not show /var" grep -aqF only-in-var "$VAR_DISK"
	check "its disk is put into another machine" \
		var_elsewhere "$name" "$name-other" "$images"
	check "whose TPM does not open it" \
		var_ends "$name-other" 'this TPM does not open /var'
	check "Secure Boot is switched off" var_insecure "$name"
	check "with which the TPM does not open it either" \
		var_ends "$name" 'this TPM does not open /var'
	check "and switched on" var_secure "$name"
	var_header "$name" "no encryption of the data" \
		'.segments["0"].encryption = "cipher_null-ecb"' 'another cipher'
	var_header "$name" "no encryption of a key slot" \
		'.keyslots["1"].area.encryption = "cipher_null-ecb"' \
		'another cipher'
	var_header "$name" "a slot without a token" \
		'del(.tokens["1"])' 'another key slot'
	var_header "$name" "sectors of another size" \
		'.segments["0"].sector_size = 512' 'encrypted in another way'
	check "the header is zeroed" var_with "$name" var_zeroed
	check "which is not taken for a new disk" \
		var_ends "$name" 'no LUKS2 header and no mark'
	check "its disk is put back" var_with "$name" true
	rm -rf "${SW_TMP:?}/$name-other"
}
