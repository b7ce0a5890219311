# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The world of the suite crash: an HGS, two healthy hosts, one guest protected
# once, and what must hold after every crash. For run.sh.

# shellcheck source=tests/demo/lib.sh
. "$SW_ROOT/tests/demo/lib.sh"

# The services of the world run as users of their own.
chmod 0755 "$SW_TMP"
W=$SW_TMP/world
TOOLS=$SW_BUILD/tests/crash
# Users of this world's VMs, and of nobody else's on this machine.
UIDS_kvm1=$((1500000000 + ($$ % 4000) * 100000))
# shellcheck disable=SC2034 # by way of its name
UIDS_kvm2=$((UIDS_kvm1 + 200000000))

# Each host's VM folders.
vms() {
	echo "$W/$1/var/lib/shieldwall/vms"
}

# The programs, with "traced" before guard-vm (tests/crash/traced.c).
world_programs() {
	world_open "$W" &&
		mv "$LIBEXEC/guard-vm" "$LIBEXEC/guard-vm.real" &&
		cp "$TOOLS/traced" "$LIBEXEC/guard-vm" &&
		chmod 0755 "$LIBEXEC/guard-vm"
}

# crash_at SYSCALL N: the next guard-vm that starts is killed there.
crash_at() {
	printf '%s\n' -o "$W/strace.log" -e "trace=$1" \
		-e "inject=$1:signal=KILL:when=$2" >"$LIBEXEC/inject"
}

crash_never() {
	rm -f "$LIBEXEC/inject"
}

world_hgs() {
	hgs_init hgs && printf '[release]\nstart_lease = 30s\n' \
		>>"$W/hgs/etc/shieldwall/hgs.conf" && hgs_start hgs
}

# world_host NAME POLICIES: a host with the boot that the first one registers.
world_host() {
	local name=$1 uids="UIDS_$1"

	shift
	mkdir -p "$W/$name/etc/shieldwall/guard.conf.d"
	if [ "$name" = kvm1 ]; then
		# Of its own size, to be filled.
		mkdir -p "$(vms kvm1)" && mount -t tmpfs \
			-o size=256m,mode=0755 tmpfs "$(vms kvm1)" || return 1
	fi
	printf '[vm]\nuid_base = %s\n' "${!uids}" \
		>"$W/$name/etc/shieldwall/guard.conf.d/users.conf"
	# shellcheck disable=SC2154 # set by hgs_init
	host_new "$name" "$SW_ROOT/tests/data/boot/host-good" "$URL_hgs" &&
		guard "$name" enrol --name "$name" -o "$W/$name.enrol" &&
		hgs hgs host add "$name" "$W/$name.enrol" "$@" --pin-ek --yes &&
		guard "$name" attest
}

# What is started meanwhile is ended by its own id, and the file system let go.
world_end() {
	local host pid

	for host in kvm1 kvm2; do
		for pid in $(guard_vm_pid "$host" web1) $(guard_vm_pid "$host" web2); do
			kill -KILL "$pid" 2>/dev/null || true
		done
	done
	world_close
	umount "$(vms kvm1)" 2>/dev/null || true
}

tenant() {
	shield --root "$W/tenant" --passphrase-fd 4 "$@" 4<"$W/tenant/passphrase"
}

world_vm() {
	mkdir -p "$W/tenant"
	(umask 077 && head -c 24 /dev/urandom | base64 >"$W/tenant/passphrase")
	"$SW_ROOT/tools/mkguest" "$W/guest" && tenant guardian create me &&
		tenant guardian import "$URL_hgs" --name fabric --fingerprint \
			"$(hgs hgs status --json | jq -r .data.fingerprint)" &&
		tenant vm protect "$W/guest/guest.img" --owner me \
			--guardian fabric --secure-boot "$W/guest/keys" \
			-o "$W/web1"
}

world_second_vm() {
	tenant vm protect "$W/guest/guest.img" --owner me --guardian fabric \
		--secure-boot "$W/guest/keys" -o "$W/web2" &&
		guard kvm1 vm import "$W/web2" && copy_vm kvm1 kvm2
}

# --- what happens ------------------------------------------------------------

start() {
	guard "$1" vm start "$2" --wait=60
}

end() {
	guard "$1" vm kill "$2"
}

phase() {
	guard "$1" vm status "$2" --json | jq -r .data.phase
}

is_phase() {
	[ "$(phase "$1" "$2")" = "$3" ]
}

# guard_vm_pid HOST VM: of the guard-vm that guard-tpm started for it.
guard_vm_pid() {
	ps -eo pid=,args= | awk -v name=" name=$2 " -v root=" root=$W/$1" '
		index($0 " ", root " ") && index($0, name) &&
		$2 ~ /guard-vm(\.real)?$/ { print $1 }'
}

# --- what must hold ----------------------------------------------------------

# vm_processes HOST: of its VMs' users, not counting what only waits to be
# collected.
vm_processes() {
	local from="UIDS_$1"

	ps -eo pid=,uid=,state=,args= | awk -v from="${!from}" '
		$2 >= from && $2 < from + 60000 && $3 != "Z"'
}

no_vm_process() {
	[ -z "$(vm_processes "$1")" ]
}

# Only the names of doc/FORMAT.vm-folder; right after a crash also what was
# being written.
known_names() {
	local name rc=0

	while read -r name; do
		case $name in
		vm.json | protector | protector.prev | nvram | disk0.img | \
			vtpm | vtpm/tpm2-00.permall | .lock | vtpm/.lock) ;;
		protector.new | protector.prev.new | nvram.new | \
			vtpm/TMP2-00.* | vtpm/tpm2-00.permall.new)
			[ "${2:-}" = crashed ] || rc=1
			;;
		*) rc=1 ;;
		esac
		[ "$rc" -eq 0 ] || { echo "unknown file: $name" && return 1; }
	done < <(cd "$1" && find . -mindepth 1 -printf '%P\n')
}

# T86: whoever could open this seal's keys was written down before.
seals_audited() {
	local file seal generation list

	list=$(hgs hgs audit list --all 2>/dev/null || hgs hgs audit list)
	for file in "$1"/protector "$1"/protector.prev; do
		[ -e "$file" ] || continue
		read -r seal generation _ < <("$TOOLS/vm-keys" seal "$file") ||
			{ echo "$file: half-written" && return 1; }
		[ "$generation" = 1 ] && continue
		grep -F "seal=$seal" <<<"$list" | grep -qF offered ||
			{ echo "$file: $seal was never offered" && return 1; }
	done
}

# sound HOST VM [crashed]
sound() {
	local folder

	folder=$(vms "$1")/$2
	wait_until 10 no_vm_process "$1" ||
		{ echo "processes left: $(vm_processes "$1")" && return 1; }
	known_names "$folder" "${3:-}" && seals_audited "$folder" &&
		hgs hgs audit verify
}
