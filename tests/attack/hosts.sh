# shellcheck shell=bash disable=SC2317
# SPDX-License-Identifier: Apache-2.0
#
# For run.sh: the HGS beside the hosts, and what is asked of them. Hosts are the
# folders $SW_TMP/NAME of tests/host/lib.sh.

# The VM's Secure Boot keys.
make_vm_keys() {
	local name dir=$SW_TMP/vm-keys

	mkdir -p "$dir"
	for name in PK KEK db; do
		openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 3650 \
			-subj "/CN=$name" -keyout "$dir/$name.key" \
			-out "$dir/$name.crt" 2>/dev/null || return
	done
}

# The marker stands where a PC's boot code would: the firmware reads that block
# first of all, so it is in the guest's memory soon, and nowhere else in clear.
make_disk() {
	truncate -s 4M "$1" &&
		sgdisk -n 1:2048 -t 1:8300 "$1" >/dev/null &&
		printf '%s' "$MARKER" | dd of="$1" bs=1 seek=16 conv=notrunc \
			status=none
}

tenant() {
	HOME=/root shield --root "$SW_TMP/tenant" --passphrase-fd 4 "$@" \
		4<"$SW_TMP/tenant/passphrase"
}

# Nothing starts from its disk: what counts is that QEMU has the VM.
make_vm() {
	mkdir -p "$SW_TMP/tenant" "$SW_TMP/payload" &&
		(umask 077 && head -c 24 /dev/urandom | base64 \
			>"$SW_TMP/tenant/passphrase") &&
		make_vm_keys && make_disk "$SW_TMP/disk.raw" &&
		tenant guardian create me &&
		tenant guardian import "${URL_hgs:?}" --name fabric \
			--fingerprint "$FINGERPRINT" &&
		protect_vm web1 && protect_vm web2
}

protect_vm() {
	tenant vm protect "$SW_TMP/disk.raw" --owner me --guardian fabric \
		--secure-boot "$SW_TMP/vm-keys" --memory 128M --cpus 1 \
		-o "$SW_TMP/payload/$1"
}

# What root brings along. It lies below the root hash: on a locked host nothing
# else would run.
make_payload() {
	cp "$SW_BUILD/tests/attack/attack" "$SW_BUILD/tests/attack/victim" \
		"$SW_ROOT/tests/attack/attempts.sh" "$SW_TMP/payload/" &&
		cp "$SW_BUILD"/tests/attack/*.so "$SW_TMP/payload/" &&
		(head -c 262144 /dev/urandom && echo "$TAMPER" &&
			head -c 262144 /dev/urandom) >"$SW_TMP/payload/file" &&
		kernel_parts
}

# The kernel that the hosts run, as the distribution signed it; and a module of
# its, signed by the key that the host's firmware trusts.
kernel_parts() {
	bash -c 'set -euo pipefail
		. "$SW_ROOT/tools/guestlib.sh"
		tree=$(kernel_tree)
		make_keys "$2"
		cp "$tree"/boot/vmlinuz-* "$1/vmlinuz"
		"$SW_ROOT/tests/attack/sign-module.sh" "$2/db.key" "$2/db.crt" \
			"$(find "$tree/" -name "dummy.ko*" | head -n 1)" \
			"$1/own.ko"' kernel \
		"$SW_TMP/payload" "$SW_TMP/image/keys"
}

# build_host OUT ARGUMENT...
build_host() {
	local out=$1

	shift
	"$SW_ROOT/tools/mkhost" "$out" --build "$SW_BUILD" \
		--hgs "http://10.0.2.2:$HGS_PORT" --payload "$SW_TMP/payload" \
		--test-port "$@"
}

# host_up NAME IMAGES
host_up() {
	host_new "$SW_TMP/$1" "$2/host.img" "$2/vars.fd" &&
		host_start "$SW_TMP/$1" &&
		host_wait "$SW_TMP/$1" 'guard-tpm is process|NOT GUARDED' 300 &&
		host_run "$SW_TMP/$1" \
			'until guardctl status >/dev/null; do sleep 0.5; done' 300
}

# on NAME COMMAND [SECONDS]: as root of that host.
on() {
	host_run "$SW_TMP/$1" "$2" "${3:-120}"
}

# fetch NAME FILE OUT: a file of the host's.
fetch() {
	on "$1" "base64 -w 0 $2" | base64 -d >"$3"
}

# enrol NAME [ARGUMENT]...: the host writes it, the HGS's administrator takes it.
enrol() {
	local name=$1

	shift
	on "$name" "guardctl enrol --name $name -o /run/$name.enrol $*" 120 &&
		fetch "$name" "/run/$name.enrol" "$SW_TMP/$name.enrol" &&
		hgs hgs host add "$name" "$SW_TMP/$name.enrol" \
			--with-policies --pin-ek --yes
}

# policies VERB
policies() {
	local policy

	for policy in "${POLICIES[@]}"; do
		hgs hgs policy "$1" "$policy" --yes || return
	done
}

without_lock() {
	local POLICIES=(MemoryAccessBlocked CodeIntegrityEnforced SwapEncrypted)

	policies disable
}

# console NAME TEXT: the host's console has this line.
console() {
	check "$1: $2" grep -aqF -e "$2" "$SW_TMP/$1/serial.log"
}

# refused_by NAME CODE SENTENCE: an attestation from the start, with this reason.
refused_by() {
	exits 1 "$3: refused" on "$1" 'guardctl attest --fresh'
	says "$2" "with $2"
}

status_says() {
	on "$1" 'guardctl status' | grep -F -e "$2"
}

# starts_not NAME CODE: the VM, and no process of its is there.
starts_not() {
	! on "$1" 'guardctl vm start web2 --wait=300' 400 >"$SW_TMP/said" &&
		cat "$SW_TMP/said" && grep -F -e "$2" "$SW_TMP/said" &&
		! host_words "$1" | grep -F qemu
}

enrol_identity() {
	on "$1" "guardctl identity --name $1 -o /run/$1.id" &&
		fetch "$1" "/run/$1.id" "$SW_TMP/$1.id" &&
		hgs hgs host add "$1" "$SW_TMP/$1.id" --pin-ek --yes
}

add_baseline() {
	on "$1" "guardctl baseline capture --name $1 -o /run/$1.base \
			--skip-validation" &&
		fetch "$1" "/run/$1.base" "$SW_TMP/$1.base" &&
		hgs hgs baseline add "$1" "$SW_TMP/$1.base" --yes
}

# host_words NAME: process ids and what each calls itself, one a line.
host_words() {
	# shellcheck disable=SC2016 # the host's shell expands it
	on "$1" 'for p in /proc/[0-9]*; do
		echo "${p#/proc/} $(tr "\0" " " <$p/cmdline | cut -d" " -f1)"
	done'
}

# find_processes NAME: sets GUARD_TPM, GUARD_VM, QEMU and SWTPM.
find_processes() {
	local pid name

	GUARD_TPM='' GUARD_VM='' QEMU='' SWTPM=''
	while read -r pid name; do
		case $name in
		@guard-tpm) GUARD_TPM=$pid ;;
		guard-vm) GUARD_VM=$pid ;;
		*/qemu-system-x86_64) QEMU=$pid ;;
		*/swtpm) SWTPM=$pid ;;
		esac
	done < <(host_words "$1")
}

# Unmarked arguments would tell a scan of all memory where to look.
marker_hex() {
	printf 'hex:%s' "$(printf '%s' "$MARKER" | od -An -v -tx1 | tr -d ' \n')"
}

# attack NAME GROUPS [ONLY]: each of its lines is a check of its own.
attack() {
	local name=$1 groups=$2 words

	words="--marker $(marker_hex) --folder /var/lib/shieldwall/vms/$VM"
	words+=" --vm $VM --swap /var/lib/attack.swap"
	words+=" --pid guard-tpm=$GUARD_TPM --pid guard-vm=$GUARD_VM"
	words+=" --pid qemu=$QEMU --pid swtpm=$SWTPM ${3:+--only $3}"
	# shellcheck disable=SC2016 # the host's shell expands it
	words+=' --kernel /opt/attack/vmlinuz --own-module /opt/attack/own.ko'
	# shellcheck disable=SC2016
	words+=' --module "$(find /lib/modules/ -name "dummy.ko*" | head -n 1)"'
	on "$name" "/opt/attack/attack $groups $words" 400 \
		>"$SW_TMP/lines" 2>&1 || true
	tee -a "$SW_TMP/$name.lines" <"$SW_TMP/lines" >"$SW_TMP/t.out"
	compare_lines "$name"
}

# marker_is_found NAME: by one attempt, as soon as the firmware has read the disk:
# software emulation within software emulation takes its time.
marker_is_found() {
	local i

	for ((i = 0; i < 30; i++)); do
		on "$1" "/opt/attack/attack bpf --only bpf-iterator \
			--marker $(marker_hex) --pid qemu=$QEMU" 60 \
			>"$SW_TMP/said" || true
		cat "$SW_TMP/said"
		! grep -qF '[FOUND]' "$SW_TMP/said" || return 0
		sleep 5
	done
	return 1
}

# attempts NAME VERB: the same from a shell.
attempts() {
	on "$1" "mkdir -p /run/attack && cp /opt/attack/*.so /run/attack/
		export GUARD_TPM=${GUARD_TPM:-} GUARD_VM=${GUARD_VM:-} \
			QEMU=${QEMU:-} SWTPM=${SWTPM:-} KEEP=${KEEP:-}
		sh /opt/attack/attempts.sh $2 /run/attack" 200 \
		>"$SW_TMP/lines" 2>&1 || true
	tee -a "$SW_TMP/$1.lines" <"$SW_TMP/lines" >"$SW_TMP/t.out"
	compare_lines "$1"
}

compare_lines() {
	if [ "$1" = open ]; then
		attack_compare open "$SW_TMP/lines"
	else
		attack_compare locked "$SW_TMP/lines"
	fi
}

# complete NAME: no attempt of the program's was left out.
complete() {
	local names=()

	mapfile -t names < <(attack_names "$SW_BUILD/tests/attack/attack")
	check "every attempt was made" test "${#names[@]}" -gt 100
	attack_complete "$SW_TMP/$1.lines" "${names[@]}"
}

# found NAME: the suite can fail: there the marker is read, and that is said.
found() {
	local name

	for name in bpf-raw-tracepoint bpf-iterator perf-stack-pid; do
		check "without the lock $name reads QEMU" grep -E \
			"^$name@qemu: .*\[(READ|FOUND)\]" "$SW_TMP/$1.lines"
	done
	check "and the marker is found in its memory" grep -E \
		'^bpf-[a-z-]*@qemu: .*\[FOUND\]' "$SW_TMP/$1.lines"
}

marker_hidden() {
	! grep -aqF -e "$MARKER" "$SW_TMP/$1"
}

refuses_all() {
	! on "$1" 'guardctl attest --fresh' && ! on "$1" \
		'guardctl status | grep "IsHostGuarded  *true"'
}

goes_down() {
	on "$1" 'systemctl --no-block poweroff' 20 >/dev/null || true
	host_ended "$SW_TMP/$1" 120 && host_stop "$SW_TMP/$1"
}

# host_again NAME: the same machine, switched on once more.
host_again() {
	host_start "$SW_TMP/$1" &&
		host_await "$SW_TMP/$1" 200 host_run "$SW_TMP/$1" true 5
}

# edit_esp NAME FILE COMMAND...: a file of the ESP, as whoever has the disk can;
# the command gets the file's name behind its own words.
edit_esp() {
	local name=$1 file=$2 disk=$SW_TMP/$1/changed at

	shift 2
	qemu-img convert -O raw "$SW_TMP/$name/disk" "$disk.new" &&
		mv "$disk.new" "$disk" &&
		at=$(($(sgdisk -i 1 "$disk" |
			sed -n 's/^First sector: \([0-9]*\).*/\1/p') * 512)) &&
		mcopy -n -i "$disk@@$at" "::/$file" "$SW_TMP/esp-file" &&
		"$@" "$SW_TMP/esp-file" &&
		mcopy -o -i "$disk@@$at" "$SW_TMP/esp-file" "::/$file" &&
		qemu-img create -q -f qcow2 -F raw -b "$disk" "$SW_TMP/$name/disk"
}

# The kernel unpacks what stands behind an initramfs over it.
append_to() {
	truncate -s %4 "$2" && cat "$1" >>"$2"
}

# On a host with GRUB the initramfs is not signed: this one has no guard-early.
skip_early() {
	local dir=$SW_TMP/esp

	rm -rf "$dir"
	mkdir -p "$dir/scripts/init-top"
	printf '#!/bin/sh\nexit 0\n' >"$dir/scripts/init-top/guard-early"
	chmod 755 "$dir/scripts/init-top/guard-early"
	(cd "$dir" && find . | cpio -o -H newc --quiet) >"$SW_TMP/more" &&
		edit_esp "$1" initrd.img append_to "$SW_TMP/more"
}

other_hash() {
	edit_esp "$1" EFI/debian/grub.cfg \
		sed -i 's/\(shieldwall.verity=\)......../\1deadbeef/'
}

# change_byte IMAGE: one of a file that every host has; it cannot be compressed,
# so it is on the disk as it is.
change_byte() {
	local at

	at=$(grep -abo -m 1 -e "$TAMPER" "$1" | head -n 1 | cut -d: -f1)
	[ -n "$at" ] && printf O |
		dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}

# ends_so NAME REGEX: the machine is off, and its console says why.
ends_so() {
	host_ended "$SW_TMP/$1" 300 && grep -aE -e "$2" "$SW_TMP/$1/serial.log"
}

# of_guard_tpm NAME FILE TEXT: this file of its in /proc says so.
of_guard_tpm() {
	on "$1" "grep -x -e '$3' /proc/$GUARD_TPM/$2"
}

# no_program NAME DIR: a program there is not run.
no_program() {
	on "$1" "cp /bin/true $2/true && ! $2/true"
}

late_early() {
	on "$1" 'systemctl stop guardd; mkdir -p /run/shieldwall
		/usr/libexec/shieldwall/guard-early && systemctl start guardd &&
		sleep 2'
}
