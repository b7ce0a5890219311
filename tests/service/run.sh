#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 480
#
# The service under attack: real processes, real (software) TPMs, HTTP on
# loopback. Programs that lie as hosts would run against services of their
# own, side by side.
set -euo pipefail
# shellcheck source=tests/t.sh
. "$SW_ROOT/tests/t.sh"
# shellcheck source=tests/demo/lib.sh
. "$SW_ROOT/tests/demo/lib.sh"

[ "$(id -u)" -eq 0 ] || {
	t_skip "the service under attack" "hgsd starts as root"
	t_done
}
world_open "$SW_TMP"
# shellcheck disable=SC2317 # the trap calls it
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
	grep -q '^1\.\.' "$WORLD/$name.tap" || rc=9
	[ "$rc" -eq 0 ] || t_not_ok "$name ended in order (status $rc)"
	[ $# -lt 2 ] || check "the audit log of $2 is whole" hgs "$2" audit verify
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

FAST='[attestation]
rate_per_peer = 100000'

SHORT='certificate_lifetime = 60s
[release]
release_max_age = 15s'

# Two of them wait a minute for what expires: all run beside the rest.
for name in attest boot ima keys size vms; do
	if [ "$name" = keys ]; then
		hgs_up "$name" "$FAST
$SHORT"
	else
		hgs_up "$name" "$FAST"
	fi
	sub "$name" "$name" "$PROGRAMS/service-attack-$name"
done

# --- every change of a true bundle --------------------------------------------

HGS_URL='' HGS_ROOT='' t_spawn "$WORLD/bundle.tap" "$PROGRAMS/service-bundle"
SUB[bundle]=$!

# --- processes that die in a stream of rolls -------------------------------------

child_of() { # child_of HGS NAME
	local pid="PID_$1"

	pgrep -P "${!pid}" -f "/hgs-$2 " | head -n 1
}
child() { # child NAME: a process of the service s
	child_of s "$1"
}
# shellcheck disable=SC2317 # check and t_wait call it
gone() {
	! kill -0 "$1" 2>/dev/null
}
# shellcheck disable=SC2317 # some_rolls calls it
rolled() { # rolled N: cores that the host received
	[ "$(wc -l <"$WORLD/received")" -ge "$1" ]
}
# shellcheck disable=SC2317 # check calls it
some_rolls() { # some_rolls N: that many more
	t_wait 30 rolled $(($(wc -l <"$WORLD/received") + $1))
}
hgs_up s "$FAST"
touch "$WORLD/received"
sub stream s "$PROGRAMS/service-rolls" stream "$WORLD/received" "$WORLD/stop"
check "a host rolls a VM's protector, over and over" some_rolls 5
for name in key store attest front admin key store; do
	pid=$(child "$name")
	kill -KILL "$pid"
	check "T86 hgs-$name killed: the service ends" t_wait 15 gone "${PID_s:?}"
	check "... and says why" grep -q "hgs-$name was killed by signal 9" "$WORLD/s.log"
	hgs_start s
	check "... started again, the VM rolls on" some_rolls 3
	check "... and the audit log is whole" hgs s audit verify
done
kill -KILL "$(child measure)"
check "T86 a log reader killed: the VM rolls on" some_rolls 3
pid=$(child key)
kill -KILL "$PID_s"
check "T86 hgsd killed: its processes end" t_wait 15 gone "$pid"
t_wait 15 bash -c "! pgrep -f '$WORLD/s/'" || true
hgs_start s
check "... started again, the VM rolls on" some_rolls 3
touch "$WORLD/stop"
sub_end stream s
hgs s audit export -o "$WORLD/s.audit" >/dev/null
# shellcheck disable=SC2317 # check calls it
all_recorded() {
	local seal

	[ -s "$WORLD/received" ]
	while read -r seal; do
		grep -qaF "seal=$seal" "$WORLD/s.audit" || return 1
	done <"$WORLD/received"
}
check "T86 each of $(wc -l <"$WORLD/received") cores that the host received is \
in the audit log" all_recorded

# --- two hosts, two services --------------------------------------------------

hgs_up r "$FAST"
hgs_up q "$FAST"
# shellcheck disable=SC2154 # hgs_init sets it
HGS_URL_2=$URL_q HGS_ROOT_2=$WORLD/q sub race r "$PROGRAMS/service-rolls" race
sub_end race r
sub_end bundle
# --- a host's own processes ------------------------------------------------------

BOOT=$SW_ROOT/tests/data/boot
hgs_up h "$FAST"
# shellcheck disable=SC2154 # hgs_init sets it
check "a host boots: guard-early, guard-tpm, guardd" \
	host_new real "$BOOT/host-good" "$URL_h"
refused "T29 its attestation before it is registered" guard real attest
says UnauthorizedHost "... says UnauthorizedHost"
check "it is enrolled" guard real enrol --name real -o "$WORLD/real.enrol"
check "... and registered with its baseline" hgs h host add real \
	"$WORLD/real.enrol" --with-policies --pin-ek --yes
check "guardd attests it" guard real attest
check "... which the HGS has on record" bash -c \
	"'$HGSCTL' --root '$WORLD/h' audit list | grep -F 'attest real: Passed'"
pid=$(child_of h attest)
kill -KILL "$pid"
# shellcheck disable=SC2154 # hgs_start sets it
check "T86 hgs-attest killed: the service ends" t_wait 15 gone "$PID_h"
refused "an attestation that no HGS answers is a failure" guard real attest
says TransientError "... and says so"
check "but the host stays guarded by its certificate" guard real status
says "IsHostGuarded      true" "... as its status says"
hgs_start h
check "... and attests again when there is one" guard real attest --fresh
check "T101 its baseline is removed" hgs h baseline remove real
refused "... and it is not healthy any more" guard real attest --fresh
says NoBaseline "... for that reason"
check "T101 the host is removed" hgs h host remove real
refused "... and it is a stranger again" guard real attest --fresh
says UnauthorizedHost "... says UnauthorizedHost"

for name in attest boot ima keys size vms; do
	sub_end "$name" "$name"
done
# shellcheck disable=SC2317 # check calls it
bounded() { # bounded PID: its address space has stayed below 384 MiB
	local peak

	peak=$(awk '$1 == "VmPeak:" { print $2 }' "/proc/$1/status")
	printf '# VmPeak %s kB\n' "$peak"
	[ "$peak" -le $((384 << 10)) ] && [ "$peak" -gt $((64 << 10)) ]
}
check "T49 the reader of 64 MB is still the same, in bounded memory" \
	bounded "$(child_of size measure)"
t_done
