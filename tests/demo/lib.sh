# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# A small world on one machine, for the demo and the service suites: HGSes and
# hosts under folders of their own, real daemons, software TPMs. Needs SW_ROOT
# and SW_BUILD; `world_open DIR` comes first, `world_close` ends everything
# that was started here, each by its process id.

WORLD_PIDS=()

world_open() {
	WORLD=$1
	STAGE=$WORLD/stage
	mkdir -p "$WORLD"
	chmod 0755 "$WORLD"
	DESTDIR=$STAGE meson install -C "$SW_BUILD" --no-rebuild --quiet
	PATH=$STAGE/usr/local/bin:$STAGE/usr/local/sbin:$PATH
	LIBEXEC=$STAGE/usr/local/libexec/shieldwall
	export PATH
}

world_close() {
	local pid

	for pid in "${WORLD_PIDS[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	for pid in "${WORLD_PIDS[@]}"; do
		wait "$pid" 2>/dev/null || true
	done
	WORLD_PIDS=()
}

# world_spawn NAME COMMAND...: in the background, output to $WORLD/NAME.log
world_spawn() {
	local name=$1

	shift
	"$@" >>"$WORLD/$name.log" 2>&1 </dev/null &
	WORLD_PID=$!
	WORLD_PIDS+=("$WORLD_PID")
}

# wait_until SECONDS COMMAND...
wait_until() {
	local end=$((SECONDS + $1))

	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# listens SOCKET [TYPE]: it is there before a program listens on it.
listens() {
	socat -u /dev/null "UNIX-CONNECT:$1${2:+,type=$2}"
}

# A port of loopback that is free now, below those of connections.
free_port() {
	local port

	while :; do
		port=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

# hgs_new NAME: an initialised HGS under $WORLD/NAME; sets URL_NAME.
hgs_init() {
	local name=$1 port

	port=$(free_port)
	mkdir -p "$WORLD/$name"
	(umask 077 && head -c 24 /dev/urandom | base64 >"$WORLD/$name/passphrase")
	printf -v "URL_$name" 'http://127.0.0.1:%d' "$port"
	hgsctl init --root "$WORLD/$name" --name "$name.example.org" --mode tpm \
		--keys passphrase --passphrase-fd 3 \
		--passphrase-file /passphrase --no-backup \
		--listen "http://127.0.0.1:$port" \
		--url "http://127.0.0.1:$port" 3<"$WORLD/$name/passphrase"
}

hgs_start() {
	local name=$1 url="URL_$1"

	world_spawn "$name" hgsd --root "$WORLD/$name" --libexec "$LIBEXEC"
	printf -v "PID_$name" '%d' "$WORLD_PID"
	wait_until 20 curl -fsS -m 2 "${!url}/healthz"
}

hgs() {
	local name=$1

	shift
	hgsctl --root "$WORLD/$name" "$@"
}

# host_tpm NAME LOG: a software TPM that holds what LOG's machine measured.
host_tpm() {
	local name=$1 log=$2 dir=$WORLD/$1

	mkdir -p "$dir/tpm" "$dir/ca"
	cat >"$dir/swtpm_setup.conf" <<-CONF
		create_certs_tool = /usr/bin/swtpm_localca
		create_certs_tool_config = $dir/localca.conf
		create_certs_tool_options = $dir/localca.options
		active_pcr_banks = sha256
	CONF
	cat >"$dir/localca.conf" <<-CONF
		statedir = $dir/ca
		signingkey = $dir/ca/signkey.pem
		issuercert = $dir/ca/issuercert.pem
		certserial = $dir/ca/certserial
	CONF
	cp /etc/swtpm-localca.options "$dir/localca.options"
	swtpm_setup --tpm2 --tpmstate "$dir/tpm" --config "$dir/swtpm_setup.conf" \
		--create-ek-cert --lock-nvram --overwrite --vmid "$name" \
		>"$dir/swtpm_setup.log" 2>&1
	host_tpm_start "$name" "$log"
}

# host_tpm_start NAME LOG: power on: PCRs from the log's events.
host_tpm_start() {
	local name=$1 log=$2 dir=$WORLD/$1
	local -a events

	world_spawn "$name-tpm" swtpm socket --tpm2 \
		--tpmstate "dir=$dir/tpm,mode=0600" \
		--server "type=unixio,path=$dir/tpm.sock" \
		--ctrl "type=unixio,path=$dir/tpm.sock.ctrl" \
		--flags not-need-init,startup-clear
	printf -v "TPMPID_$name" '%d' "$WORLD_PID"
	wait_until 10 listens "$dir/tpm.sock"
	mapfile -t events < <("$SW_BUILD/tests/tools/tcg-events" "$log")
	TPM2TOOLS_TCTI=swtpm:path=$dir/tpm.sock tpm2_pcrextend "${events[@]}"
}

# host_new NAME LOG CMDLINE URL: a host as its boot left it, guarded.
host_new() {
	local name=$1 boot=$2 url=$3 dir=$WORLD/$1

	mkdir -p "$dir/boot"
	cp "$boot/binary_bios_measurements" "$boot/cmdline" "$dir/boot/"
	host_tpm "$name" "$dir/boot/binary_bios_measurements" &&
		guardctl setup --root "$dir" --hgs "$url" &&
		host_conf "$name" &&
		host_boot "$name"
}

# What differs from a machine with a TPM of its own.
host_conf() {
	local dir=$WORLD/$1

	mkdir -p "$dir/etc/shieldwall/guard.conf.d"
	cat >"$dir/etc/shieldwall/guard.conf.d/tpm.conf" <<-CONF
		[tpm]
		tcti = swtpm:path=$dir/tpm.sock
		boot_log = /boot/binary_bios_measurements
		command_line = /boot/cmdline
		ima_log = /boot/ima
		[vm]
		accel = tcg
	CONF
}

# From power on to the agent: guard-early, then guardd.
host_boot() {
	local name=$1 dir=$WORLD/$1

	"$LIBEXEC/guard-early" --root "$dir" >>"$WORLD/$name-early.log" 2>&1 || {
		cat "$WORLD/$name-early.log"
		return 1
	}
	host_tpm_pid "$name"
	world_spawn "$name" guardd --root "$dir"
	printf -v "PID_$name" '%d' "$WORLD_PID"
	wait_until 10 listens "$dir/run/shieldwall/guard.sock" 5
}

# guard-tpm was started by guard-early and outlives it: found by its command
# line, so that it ends with us.
host_tpm_pid() {
	local p

	for p in /proc/[0-9]*; do
		if tr '\0' ' ' 2>/dev/null <"$p/cmdline" |
			grep -q "guard-tpm .*$WORLD/$1"; then
			WORLD_PIDS+=("${p#/proc/}")
		fi
	done
}

guard() {
	local name=$1

	shift
	guardctl --root "$WORLD/$name" "$@"
}
