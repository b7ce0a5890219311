# shellcheck shell=bash disable=SC2317
# SPDX-License-Identifier: Apache-2.0
#
# For run.sh: `shield vm run`, the VM at its owner's without an HGS. It needs
# what run.sh has made: guest, guardians, shield(), protect(), adopt().

LOCAL=$SW_TMP/local
FLOCAL=$LOCAL/fabric/var/lib/shieldwall/vms

stranger() {
	HOME=/root "$SHIELD" "$@" --root "$LOCAL/stranger" --passphrase-fd 3 \
		3<"$SW_TMP/passphrase"
}

# run_quick FOLDER ARGUMENT...: until the guest runs, which then is ended.
run_quick() {
	run_begin "$@" || return
	kill -INT "$RUN_PID"
	sleep 0.3
	kill -INT "$RUN_PID"
	run_end
	[ "$RUN_RC" -eq 1 ] && grep -q 'before it had shut down' "$RUN_OUT"
}

# The first words come before QEMU starts, "running" when the guest does.
run_begin() {
	RUN_OUT=$SW_TMP/run.$RANDOM
	: >"$RUN_OUT"
	HOME=/root "$SHIELD" vm run "$@" --root "$SW_TMP/tenant" \
		--passphrase-fd 3 3<"$SW_TMP/passphrase" >"$RUN_OUT" 2>&1 \
		</dev/null &
	RUN_PID=$!
	t_pids+=("$RUN_PID")
	t_wait 60 grep -q '^running, in ' "$RUN_OUT" && return
	cat "$RUN_OUT"
	return 1
}

run_end() {
	RUN_RC=0
	wait "$RUN_PID" || RUN_RC=$?
	cat "$RUN_OUT"
}

# The three below one shield: guard-vm, swtpm, QEMU.
below() {
	local vm

	vm=$(pgrep -P "$1" | head -n 1)
	echo "$vm" "$(pgrep -P "$vm" | tr '\n' ' ')"
}

gone() {
	local pid

	for pid; do
		[ ! -e "/proc/$pid" ] || grep -q '^State:.*Z' "/proc/$pid/status" ||
			return 1
	done
}

# flip FILE OFFSET: the lowest bit of one byte.
flip() {
	local byte

	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	printf '%b' "\\x$(printf %x $((byte ^ 1)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

generation() {
	shield --json protector show "$1" | jq .data.generation
}

# tampered FILE OFFSET REASON SENTENCE
tampered() {
	flip "$LOCAL/one/$1" "$2"
	refused "$4" shield --json vm run "$LOCAL/one"
	says "\"$3\"" "by its reason"
	flip "$LOCAL/one/$1" "$2"
}

local_refusals() {
	exits 2 "E6 without root no VM is run, and it is said why" \
		setpriv --reuid 65534 --clear-groups "$SHIELD" vm run "$LOCAL/one"
	says "only root" "by who may"
	check "(a stranger's guardian)" stranger guardian create stranger
	refused "D5 with another's guardian: refused" \
		stranger vm run "$LOCAL/one"
	says "is the owner" "as not the owner's"
	cp "$KEYS/fabric.key" \
		"$LOCAL/stranger/root/.local/share/shieldwall/guardians/"
	refused "E6 a guardian that is granted is not the owner: refused" \
		stranger vm run "$LOCAL/one"
	says "is the owner" "as not the owner's"

	chmod g+w "$LOCAL/one"
	refused "a folder that others may write: refused" shield vm run \
		"$LOCAL/one"
	says "chmod -R go-w" "with what to do"
	chmod g-w "$LOCAL/one"
	ln -s one "$LOCAL/link"
	refused "a link to a folder: refused" shield vm run "$LOCAL/link"
	rm "$LOCAL/link"

	tampered protector 2000 ProtectorInvalid \
		"T63 one bit of the protector changed: refused"
	tampered vtpm/tpm2-00.permall 2000 VmStateTampered \
		"T73 one bit of the TPM's state changed: refused"
	tampered nvram 400000 VmStateTampered \
		"T75 one bit of the firmware's variables changed: refused"
	tampered disk0.img 100000 VmStateTampered \
		"T70 one bit of the disk's key material changed: refused"
	cp -p "$LOCAL/one/protector" "$LOCAL/kept"
	cp -p "$LOCAL/two/protector" "$LOCAL/one/protector"
	refused "T65 another VM's protector in place: refused" \
		shield vm run "$LOCAL/one"
	cp -p "$LOCAL/kept" "$LOCAL/one/protector"
}

local_deaths() {
	local pids

	check "E6 it runs" run_begin "$LOCAL/one"
	refused "T79 a second run of a running VM: refused" \
		shield --json vm run "$LOCAL/one"
	says '"VmRunning"' "by its reason"
	read -r -a pids < <(below "$RUN_PID")
	check "guard-vm, QEMU and swtpm are there" test ${#pids[@]} -eq 3
	kill -KILL "${pids[0]}"
	check "guard-vm is killed: shield says so" \
		bash -c "tail -f --pid=$RUN_PID /dev/null; grep -q \
			'ended by signal 9' '$RUN_OUT'"
	run_end >/dev/null
	check "and refuses" test "$RUN_RC" -eq 1
	check "QEMU and swtpm are gone" t_wait 10 gone "${pids[@]}"

	check "it runs again" run_begin "$LOCAL/one"
	check "and says that the stop was not in order" \
		grep -q 'not in order' "$RUN_OUT"
	read -r -a pids < <(below "$RUN_PID")
	kill -KILL "$(pgrep -P "${pids[0]}" -f qemu-system)"
	run_end >/dev/null
	check "QEMU is killed: refused" test "$RUN_RC" -eq 1
	check "and guard-vm and swtpm are gone" t_wait 10 gone "${pids[@]}"
	check "and again" run_quick "$LOCAL/one"
	check "each run is a generation" test "$(generation "$LOCAL/one")" -ge 4
}

# The one guest that boots; it is asked until it hears.
local_boot() {
	local before

	before=$(generation "$LOCAL/one")
	check "E6 a guest boots at home and shuts down when it is asked to" \
		shield --json vm run "$LOCAL/one" --timeout 20 --restore-ticket
	check "its answer is one JSON object" jq -e \
		".ok and .data.generation == $before + 1 and .data.ticket" \
		"$SW_TMP/t.out"
	check "its generation grew, by the owner's hand" test \
		"$(generation "$LOCAL/one")" -eq $((before + 1))
	check "the ticket is for root's eyes" test \
		"$(stat -c %a "$LOCAL/one/restore-ticket")" = 600
	check "D5 the image can be had back" shield vm recover "$LOCAL/one" \
		-o "$LOCAL/image"
	check "D5 and is the guest's" grep -qaF 'a marker to look for' \
		"$LOCAL/image"
	rm "$LOCAL/image"
}

mkdir -p "$LOCAL" "$FLOCAL"
check "shield makes a VM to run at home" protect "$LOCAL/one"
check "and one to leave alone" protect "$LOCAL/two"
check "and one for both" protect "$FLOCAL/both"
check "E6 a VM that never was on a fabric runs by its owner's keys" \
	run_begin "$LOCAL/two"
TWO=$RUN_PID
read -r -a TWO_BELOW < <(below "$TWO")
kill -KILL "$TWO"
wait "$TWO" 2>/dev/null || true

check "E6 another runs" run_quick "$LOCAL/one"
local_refusals
local_deaths
check "E6 at home and on a fabric" \
	within 600 "$SW_BUILD/tests/vm/vm-local" "$LOCAL/fabric" both \
	"$SW_BUILD/src/guard/vm/guard-vm" "$KEYS/fabric.key" \
	"$KEYS/tenant.key" "$SW_TMP/passphrase" "$SHIELD" "$SW_TMP/tenant"
adopt
local_boot
# By now the minute is over that a VM left alone has.
check "shield is killed: guard-vm, QEMU and swtpm end as well" \
	t_wait 90 gone "${TWO_BELOW[@]}"
check "what it left starts again" run_quick "$LOCAL/two"
refused "T63 the marker is in no file of those folders" \
	grep -raqF 'a marker to look for' "$LOCAL"
