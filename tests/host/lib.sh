# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Guarded hosts in VMs, for the tests: tools/mkhost made the disk. Sourced; each
# machine is a folder:
#
#	host_new $SW_TMP/a $IMAGES/host.img $IMAGES/vars.fd
#	host_start $SW_TMP/a
#	host_wait $SW_TMP/a 'guard-early: ' 120
#	host_run $SW_TMP/a 'systemctl is-system-running --wait' 200
#	host_stop $SW_TMP/a
#
# Files there: serial.log (the console), port.log (what the shell said), tpm/,
# vars.fd, disk (changes, if any), qemu.pid, swtpm.pid. This machine's loopback
# is 10.0.2.2 for the host. Needs the option --test-port of mkhost for host_run.

HOST_OVMF=/usr/share/OVMF

# host_ca DIR: who signs the TPM's certificates.
host_ca() {
	mkdir -p "$1/ca"
	cat >"$1/ca/setup.conf" <<-END
	create_certs_tool=/usr/bin/swtpm_localca
	create_certs_tool_config=$1/ca/localca.conf
	create_certs_tool_options=$1/ca/localca.options
	END
	cat >"$1/ca/localca.conf" <<-END
	statedir = $1/ca
	signingkey = $1/ca/key.pem
	issuercert = $1/ca/ca.pem
	certserial = $1/ca/serial
	END
	: >"$1/ca/localca.options"
}

# host_new DIR IMAGE VARS: a machine that was never started, with a TPM of its
# own. The image stays as it is.
host_new() {
	rm -rf "$1"
	mkdir -p "$1/tpm"
	cp "$3" "$1/vars.fd"
	qemu-img create -q -f qcow2 -F raw -b "$(readlink -f "$2")" "$1/disk"
	host_ca "$1"
	swtpm_setup --tpm2 --tpmstate "$1/tpm" --config "$1/ca/setup.conf" \
		--create-ek-cert --pcr-banks sha256 --overwrite \
		>"$1/swtpm_setup.log" 2>&1 || {
		cat "$1/swtpm_setup.log" >&2
		return 1
	}
}

# host_start DIR [QEMU-ARGUMENT]...
host_start() {
	local d=$1

	shift
	rm -f "$d/port.in" "$d/port.sock" "$d/serial.log" "$d/port.log"
	mkfifo "$d/port.in"
	swtpm socket --tpm2 --tpmstate "dir=$d/tpm" --seccomp action=kill \
		--ctrl "type=unixio,path=$d/tpm.sock" --terminate --daemon \
		--pid "file=$d/swtpm.pid"
	qemu-system-x86_64 -machine q35,smm=on,accel=tcg -cpu max -smp 2 \
		-m 2048 -nodefaults -no-user-config -display none -no-reboot \
		-device intel-iommu,intremap=on \
		-global driver=cfi.pflash01,property=secure,value=on \
		-global ICH9-LPC.disable_s3=1 \
		-drive "if=pflash,format=raw,unit=0,readonly=on,file=$HOST_OVMF/OVMF_CODE_4M.secboot.fd" \
		-drive "if=pflash,format=raw,unit=1,file=$d/vars.fd" \
		-chardev "socket,id=tpm,path=$d/tpm.sock" \
		-tpmdev emulator,id=tpm0,chardev=tpm \
		-device tpm-crb,tpmdev=tpm0 \
		-drive "if=none,id=disk,format=qcow2,file=$d/disk,cache=unsafe" \
		-device virtio-blk-pci,drive=disk,bootindex=0 \
		-object rng-random,id=rng,filename=/dev/urandom \
		-device virtio-rng-pci,rng=rng \
		-netdev user,id=net \
		-device virtio-net-pci,netdev=net,romfile= \
		-device virtio-serial-pci \
		-chardev "socket,id=port,path=$d/port.sock,server=on,wait=off" \
		-device virtserialport,chardev=port,name=org.shieldwall.test \
		-serial "file:$d/serial.log" "$@" >"$d/qemu.log" 2>&1 \
		</dev/null &
	echo $! >"$d/qemu.pid"
	host_await "$d" 20 test -S "$d/port.sock" || return 1
	# Connected for the machine's life: without, the shell there would end.
	socat "UNIX-CONNECT:$d/port.sock" - <>"$d/port.in" >"$d/port.log" \
		2>/dev/null &
	echo $! >"$d/socat.pid"
}

# host_runs DIR
host_runs() {
	[ -s "$1/qemu.pid" ] && kill -0 "$(cat "$1/qemu.pid")" 2>/dev/null
}

# host_await DIR SECONDS COMMAND...: until it succeeds, or the machine ends.
host_await() {
	local d=$1 end=$((SECONDS + $2))

	shift 2
	until "$@"; do
		host_runs "$d" && [ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.2
	done
}

# host_wait DIR REGEX SECONDS: until such a line stands on the console.
host_wait() {
	host_await "$1" "$3" grep -aqE -e "$2" "$1/serial.log"
}

# host_ended DIR SECONDS: the machine switched itself off or gave up.
host_ended() {
	local end=$((SECONDS + $2))

	while host_runs "$1"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.2
	done
}

# host_run DIR COMMAND [SECONDS]: what it says, and its status; 124 when it does
# not end in time (default 60), 125 when the machine is off.
host_run() {
	local d=$1 limit=${3:-60} mark from

	mark=@@$RANDOM$RANDOM$RANDOM
	from=$(stat -c %s "$d/port.log")
	host_runs "$d" || return 125
	# shellcheck disable=SC2016 # the host's shell expands it
	printf '(eval "$(echo %s | base64 -d)") </dev/null 2>&1; printf "\\n%s %%s\\n" $?\n' \
		"$(printf '%s' "$2" | base64 -w 0)" "$mark" 1<>"$d/port.in"
	if ! host_await "$d" "$limit" grep -aq "^$mark " "$d/port.log"; then
		tail -c +$((from + 1)) "$d/port.log"
		host_runs "$d" && return 124
		return 125
	fi
	tail -c +$((from + 1)) "$d/port.log" | awk -v mark="$mark" '
		$1 == mark { status = $2; exit }
		NR > 1 && !(first && last == "") { print last }
		{ last = $0; first = NR == 1 }
		END { if (last != "") print last; exit status }'
}

# host_stop DIR: at once.
host_stop() {
	local file pid

	for file in "$1/socat.pid" "$1/qemu.pid" "$1/swtpm.pid"; do
		[ -s "$file" ] || continue
		pid=$(cat "$file")
		kill "$pid" 2>/dev/null || true
		while kill -0 "$pid" 2>/dev/null; do
			sleep 0.1
		done
		rm -f "$file"
	done
}
