# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# T62, T76: where a VM's secrets are not. The owner's key tells what to look
# for; find-secret looks for it raw, as hex and as base64.

# Of the protector as it is now; a start rolls the transport key.
collect_secrets() {
	"$TOOLS/vm-keys" keys "$(vms kvm1)/web1/protector" \
		"$W/tenant/root/.local/share/shieldwall/guardians/me.key" \
		"$W/tenant/passphrase" >>"$W/secrets" &&
		sort -u -o "$W/secrets" "$W/secrets" &&
		[ "$(grep -c ^tk "$W/secrets")" -ge 1 ] &&
		[ "$(grep -c ^disk "$W/secrets")" -eq 1 ] &&
		[ "$(grep -c ^vtpm "$W/secrets")" -eq 2 ]
}

# nowhere FILE...: all can be read, and none holds a secret.
nowhere() {
	local rc=0

	[ $# -gt 1 ] || { echo "only $# files to look at" && return 1; }
	"$TOOLS/find-secret" "$W/secrets" "$@" || rc=$?
	echo "$# files"
	[ "$rc" -eq 1 ]
}

# The search would find them: each form of each secret, planted.
search_finds() {
	local form hex

	hex=$(awk '$1 == "disk" { print $2 }' "$W/secrets")
	for form in "printf %s $hex" "printf %s ${hex^^}" \
		"printf \\\\x${hex:0:2}" "base64" "base64x" "raw"; do
		case $form in
		raw) unhex "$hex" ;;
		base64) unhex "$hex" | base64 -w0 ;;
		base64x) (printf x && unhex "$hex") | base64 -w0 ;;
		printf\ \\*) continue ;;
		*) $form ;;
		esac >"$W/planted"
		"$TOOLS/find-secret" "$W/secrets" "$W/planted" || return 1
	done
	rm "$W/planted"
}

unhex() {
	local i

	for ((i = 0; i < ${#1}; i += 2)); do
		# shellcheck disable=SC2059 # a byte at a time
		printf "\\x${1:i:2}"
	done
}

in_folder() {
	local -a files=()

	mapfile -t files < <(find "$(vms kvm1)/web1" -type f)
	nowhere "${files[@]}"
}

in_world() {
	local -a files=()

	mapfile -t files < <(find "$W" -type f -not -path "$STAGE/*" \
		-not -path "$W/guest/*" -not -name secrets -not -path '*/vms/*')
	nowhere "${files[@]}"
}

in_store() {
	local -a files=()

	mapfile -t files < <(find "$W/hgs/var/lib/shieldwall" -type f)
	printf '%s\n' "${files[@]}"
	printf '%s\n' "${files[@]}" | grep -q 'store.db-wal$' || return 1
	nowhere "${files[@]}"
}

in_proc() {
	local -a files

	# The first process is not this world's, and a container hides it.
	mapfile -t files < <(printf '%s\n' /proc/[0-9]*/{cmdline,environ} |
		grep -v '^/proc/1/')
	nowhere "${files[@]}"
}

# holders: "pid comm" of the processes that hold a secret, or could.
holders() {
	local pid name

	vm_processes kvm1 | while read -r pid _; do
		echo "$pid $(<"/proc/$pid/comm")"
	done
	guard_vm_pid kvm1 web1 | while read -r pid; do
		echo "$pid guard-vm"
	done
	ps -eo pid=,args= | awk -v root="root=$W/kvm1" '
		$2 ~ /guard-tpm$/ && index($0, root) { print $1, "guard-tpm" }'
	for name in hgs-key hgs-attest; do
		echo "$(hgs_process "$name") $name"
	done
}

each_holder() {
	local pid name n=0

	while read -r pid name; do
		"$@" "$pid" "$name" || { echo "$pid $name" && return 1; }
		n=$((n + 1))
	done < <(holders)
	echo "$n processes"
	[ "$n" -eq 6 ]
}

no_core() {
	grep -Eq '^Max core file size +0 +0 ' "/proc/$1/limits"
}

# A process that can be dumped owns its files in /proc; others' are root's. Of
# one that root runs that says nothing: the core file's flags do.
not_dumpable() {
	local uid

	uid=$(awk '$1 == "Uid:" { print $2 }' "/proc/$1/status")
	if [ "$uid" -ne 0 ]; then
		[ "$(stat -c %u "/proc/$1/fd")" -eq 0 ] &&
			[ "$(stat -c %u "/proc/$1/mem")" -eq 0 ]
		return
	fi
	not_readable_by_like "$1"
}

# Another root without ptrace's capability is let in by the kernel if and only
# if the process is dumpable.
not_readable_by_like() {
	! setpriv --bounding-set -sys_ptrace --inh-caps -sys_ptrace \
		readlink "/proc/$1/exe" >/dev/null 2>&1
}

no_new_privs() {
	grep -Eq '^NoNewPrivs:[[:space:]]*1$' "/proc/$1/status"
}

# Pipes and memory files can be opened again by way of /proc: no pipe that
# came from another process, and in the memory files nothing.
no_pipe() {
	local fd to all

	all=$(readlink "/proc/$1/fd"/* || true)
	for fd in "/proc/$1/fd"/*; do
		to=$(readlink "$fd") || continue
		case $to in
		pipe:*)
			[ "$(grep -cxF "$to" <<<"$all")" -ge 2 ] ||
				{ echo "$fd: $to" && return 1; }
			;;
		/memfd:*) echo "$fd" >>"$W/memfds" ;;
		esac
	done
}

in_memory_files() {
	local -a files=()

	mapfile -t files <"$W/memfds"
	nowhere "${files[@]}"
}

test_secrets() {
	check "the secrets of the protector before" collect_secrets
	check "a VM runs" start kvm1 web1
	check "the owner's key tells the disk's, the TPM's and the transport key" \
		collect_secrets
	check "the search finds what is planted" search_finds
	sleep 3
	check "T76 while it runs: in no argument and no environment" in_proc
	check "T76 nor in its folder" in_folder
	rm -f "$W/memfds"
	check "T76 no pipe of a process that holds them" each_holder no_pipe
	check "T76 nor in a memory file" in_memory_files
	check "T76 none may leave a core" each_holder no_core
	check "T76 none can be looked into by its own user" \
		each_holder not_dumpable
	check "T76 none can gain rights" each_holder no_new_privs
	check "T62 nor in the HGS's store and what it writes ahead" in_store
	check "it stops" end kvm1 web1
	check "T76 after the stop: not in its folder" in_folder
	check "T62 nor in any log, file or database of the world" in_world
}
