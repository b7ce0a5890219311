#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 300
#
# The service under attack: real processes, real (software) TPMs, HTTP on
# loopback. Programs that lie as hosts would run against services of their
# own, side by side.
set -euo pipefail
. "$SW_ROOT/tests/t.sh"
. "$SW_ROOT/tests/demo/lib.sh"

[ "$(id -u)" -eq 0 ] || {
	t_skip "the service under attack" "hgsd starts as root"
	t_done
}
world_open "$SW_TMP"
end() {
	world_close
	t_end
}
trap end EXIT
HGSCTL=$STAGE/usr/local/bin/hgsctl
export HGSCTL
PROGRAMS=$SW_BUILD/tests/service

# sub NAME HGS PROGRAM...: a TAP program in the background, with its service.
declare -A SUB
sub() {
	local name=$1 url="URL_$2" hgs=$2

	shift 2
	HGS_URL=${!url} HGS_ROOT=$WORLD/$hgs t_spawn "$WORLD/$name.tap" "$@"
	SUB[$name]=$!
}

# sub_end NAME: its checks become ours.
sub_end() {
	local name=$1 rc=0 line

	wait "${SUB[$name]}" || rc=$?
	while IFS= read -r line; do
		case $line in
		"ok "*) t_ok "${line#ok * - }" ;;
		"not ok "*) t_not_ok "${line#not ok * - }" ;;
		"1.."*) ;;
		*) printf '%s\n' "# $line" ;;
		esac
	done <"$WORLD/$name.tap"
	grep -q '^1\.\.' "$WORLD/$name.tap" && [ "$rc" -eq 0 ] ||
		t_not_ok "$name ended in order (status $rc)"
	check "the audit log of $2 is whole" hgs "$2" audit verify
}

# hgs_up NAME [SETTINGS]: a service of its own, with a drop-in for hgs.conf.
hgs_up() {
	hgs_init "$1" >"$WORLD/$1.init" 2>&1
	if [ $# -gt 1 ]; then
		mkdir -p "$WORLD/$1/etc/shieldwall/hgs.conf.d"
		printf '%s\n' "$2" \
			>"$WORLD/$1/etc/shieldwall/hgs.conf.d/times.conf"
	fi
	hgs_start "$1"
}

hgs_up a '[attestation]
rate_per_peer = 100000'
hgs_up k '[attestation]
certificate_lifetime = 60s
rate_per_peer = 100000
[release]
release_max_age = 15s
start_lease = 30s'
sub attest a "$PROGRAMS/service-attack-attest"
sub keys k "$PROGRAMS/service-attack-keys"
sub_end attest a
sub_end keys k
t_done
