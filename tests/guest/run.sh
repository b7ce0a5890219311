#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The test guest itself: it must start under real firmware with the keys that
# nvram_enrol() wrote, and must say so when something is not as it should be,
# or the VM tests that rely on its word would prove nothing.
#
# timeout: 900
set -euo pipefail

ROOT=${SW_ROOT:-$(dirname "$(readlink -f "$0")")/../..}
BUILD=${SW_BUILD:-$ROOT/build}
TMP=${SW_TMP:-$(mktemp -d)}
OVMF=/usr/share/OVMF
# What the guest agent may always do, and what tells of each of the checks.
ALWAYS=(guest-info guest-ping guest-shutdown guest-sync guest-sync-delimited
    guest-fsfreeze-freeze guest-fsfreeze-thaw guest-set-time)
PATH=$PATH:/usr/sbin:/sbin
N=0 QEMU='' TPM=''

check() {
	local rc=$1
	shift
	N=$((N + 1))
	if [ "$rc" -eq 0 ]; then
		printf 'ok %d - %s\n' "$N" "$*"
	else
		printf 'not ok %d - %s\n' "$N" "$*"
	fi
}

same() {
	if [ "$1" = "$2" ]; then
		check 0 "$3"
	else
		check 1 "$3"
		printf '# got: %s\n# expected: %s\n' "$1" "$2"
	fi
}

cleanup() {
	[ -z "$QEMU" ] || kill "$QEMU" 2>/dev/null || true
	[ -z "$TPM" ] || kill "$TPM" 2>/dev/null || true
	[ -n "${SW_TMP:-}" ] || rm -rf "$TMP"
}
trap cleanup EXIT

# start VM IMAGE [QEMU ARGUMENT]...
start() {
	local vm=$TMP/$1 image=$2
	shift 2
	rm -f "$vm/ga.sock" "$vm/qmp.sock"
	qemu-system-x86_64 -machine q35,smm=on,accel=tcg -cpu max -smp 1 \
	    -m 512 -nodefaults -no-user-config -display none -no-reboot \
	    -global driver=cfi.pflash01,property=secure,value=on \
	    -global ICH9-LPC.disable_s3=1 \
	    -drive "if=pflash,format=raw,unit=0,readonly=on,file=$OVMF/OVMF_CODE_4M.secboot.fd" \
	    -drive "if=pflash,format=raw,unit=1,file=$vm/vars.fd" \
	    -drive "if=none,id=disk,format=raw,file=$image" \
	    -device virtio-serial-pci \
	    -chardev "socket,id=ga,path=$vm/ga.sock,server=on,wait=off" \
	    -device virtserialport,chardev=ga,name=org.qemu.guest_agent.0 \
	    -qmp "unix:$vm/qmp.sock,server=on,wait=off" "$@" </dev/null &
	QEMU=$!
}

start_tpm() {
	local vm=$TMP/$1
	swtpm socket --tpm2 --tpmstate "dir=$vm/tpm" --seccomp action=kill \
	    --ctrl "type=unixio,path=$vm/tpm.sock" --terminate &
	TPM=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ ! -S "$vm/tpm.sock" ] || return 0
		sleep 0.2
	done
	return 1
}

with_tpm() {
	printf '%s\n' -chardev "socket,id=tpm,path=$TMP/$1/tpm.sock" \
	    -tpmdev emulator,id=tpm0,chardev=tpm -device tpm-crb,tpmdev=tpm0
}

# agent VM COMMAND: one request, the last reply.
agent() {
	{ printf '{"execute":"%s"}\n' "$2"; sleep 1; } |
	    socat -t1 - "UNIX-CONNECT:$TMP/$1/ga.sock" 2>/dev/null | tail -n 1
}

# allowed VM: what the agent says it would do, as soon as it answers.
allowed() {
	local reply
	for _ in $(seq 90); do
		kill -0 "$QEMU" 2>/dev/null || return 0
		reply=$(agent "$1" guest-info || true)
		if [ -n "$reply" ] && jq -e .return.supported_commands \
		    <<<"$reply" >/dev/null 2>&1; then
			jq -r '.return.supported_commands[] |
			    select(.enabled).name' <<<"$reply" | sort |
			    tr '\n' ' '
			return
		fi
	done
}

# ended: 0 if QEMU ends by itself, with status 0.
ended() {
	local rc=0
	for _ in $(seq 60); do
		kill -0 "$QEMU" 2>/dev/null || break
		sleep 0.5
	done
	kill "$QEMU" 2>/dev/null && rc=1
	wait "$QEMU" || rc=1
	QEMU=''
	if [ -n "$TPM" ]; then
		# It ends when QEMU lets go of it, unless QEMU never came.
		[ $rc -eq 0 ] || kill "$TPM" 2>/dev/null || true
		wait "$TPM" || true
		TPM=''
	fi
	return $rc
}

expect() {
	printf '%s\n' "${ALWAYS[@]}" "$@" | sort | tr '\n' ' '
}

# on_data IMAGE REQUEST: debugfs on the data partition.
on_data() {
	local at
	at=$(sgdisk -i 2 "$1" | sed -n 's/^First sector: \([0-9]*\).*/\1/p')
	debugfs -w -R "$2" "$1?offset=$((at * 512))" 2>/dev/null
}

"$ROOT/tools/mkguest" "$TMP/guest" --marker 'the marker of this test' 2>&1 |
    sed 's/^/# /'
check 0 "mkguest builds the guest"
same "$(cat "$TMP/guest/marker")" 'the marker of this test' \
    "the marker is written beside the image"
same "$(on_data "$TMP/guest/guest.img" 'cat /marker')" \
    'the marker of this test' "the marker is on the data partition"
cp "$TMP/guest/guest.img" "$TMP/fresh.img"
mkdir -p "$TMP/good/tpm" "$TMP/bad"
"$BUILD/tests/vm/nvram-tool" "$OVMF/OVMF_VARS_4M.fd" \
    "$TMP/guest/keys/"{PK,KEK,db}.crt.der "$TMP/good/vars.fd"
swtpm_setup --tpm2 --tpmstate "$TMP/good/tpm" --pcr-banks sha256 >/dev/null
mapfile -t TPM_ARGS < <(with_tpm good)

start_tpm good
begin=$SECONDS
start good "$TMP/guest/guest.img" -device virtio-blk-pci,drive=disk,bootindex=0 \
    "${TPM_ARGS[@]}"
got=$(allowed good)
printf '# first answer after %d s\n' $((SECONDS - begin))
same "$got" "$(expect guest-get-osinfo guest-get-timezone guest-get-host-name)" \
    "first start: Secure Boot on, TPM answers, marker read, never booted before"
same "$(agent good guest-exec | jq -r .error.class)" CommandNotFound \
    "the guest agent refuses guest-exec"
agent good guest-shutdown >/dev/null || true
rc=0 && ended || rc=1
check $rc "guest-shutdown powers the guest off"
same "$(on_data "$TMP/guest/guest.img" 'cat /boots')" 1 "one boot is counted"

start_tpm good
start good "$TMP/guest/guest.img" -device virtio-scsi-pci \
    -device scsi-hd,drive=disk,bootindex=0 "${TPM_ARGS[@]}"
same "$(allowed good)" "$(expect guest-get-osinfo guest-get-timezone \
    guest-get-host-name guest-get-users)" \
    "second start, on virtio-scsi: it knows that it was booted before"
printf '{"execute":"qmp_capabilities"}{"execute":"system_powerdown"}\n' |
    socat -t1 - "UNIX-CONNECT:$TMP/good/qmp.sock" >/dev/null
rc=0 && ended || rc=1
check $rc "the power button powers the guest off"
same "$(on_data "$TMP/guest/guest.img" 'cat /boots')" 2 "two boots are counted"

cp "$OVMF/OVMF_VARS_4M.fd" "$TMP/bad/vars.fd"
on_data "$TMP/fresh.img" 'rm /marker'
start bad "$TMP/fresh.img" -device virtio-blk-pci,drive=disk,bootindex=0
same "$(allowed bad)" "$(expect)" \
    "no keys, no TPM, no marker: the guest says each of it"
agent bad guest-shutdown >/dev/null || true
rc=0 && ended || rc=1
check $rc "it powers off all the same"

printf '1..%d\n' "$N"
