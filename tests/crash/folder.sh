# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# A VM's folder on a full disk, with half-written files, with other people's
# rights, with links, with words in vm.json that are none.

# not_started REASON VM: refused with this code, nothing left behind.
not_started() {
	local rc=0 out

	out=$(start kvm1 "$2" 2>&1) || rc=$?
	echo "$out"
	[ "$rc" -eq 1 ] && grep -qF "$1" <<<"$out" &&
		wait_until 10 no_vm_process kvm1
}

# Room on the VMs' file system: N pages and no more.
leave_pages() {
	local fill
	fill=$(vms kvm1)/.fill

	rm -f "$fill"
	head -c "$(($(df --output=avail -B4096 "$(vms kvm1)" | tail -1) * 4096))" \
		/dev/zero >"$fill" 2>/dev/null || true
	truncate -s "-$(($1 * 4096))" "$fill"
}

full_start() {
	local pages=$1 dir rc=0

	dir=$(vms kvm1)/web1
	cp "$dir/protector" "$W/protector.before"
	leave_pages "$pages"
	start kvm1 web1 || rc=$?
	rm -f "$(vms kvm1)/.fill"
	# So much was free that it runs.
	[ "$rc" -ne 0 ] || return 1
	cmp "$W/protector.before" "$dir/protector" || return 2
	sound kvm1 web1 && recovers kvm1 web1 || return 2
}

full_starts() {
	local pages rc failed=0

	for ((pages = 0; pages < 64; pages++)); do
		rc=0
		full_start "$pages" || rc=$?
		[ "$rc" -ne 2 ] || return 1
		[ "$rc" -ne 1 ] || break
		failed=$((failed + 1))
	done
	end kvm1 web1
	echo "with $failed pages it started"
	[ "$failed" -gt 0 ] && [ "$failed" -lt 64 ] && sound kvm1 web1
}

full_stop() {
	local rc=0

	start kvm1 web1 && leave_pages 0 || return 1
	end kvm1 web1 || rc=$?
	rm -f "$(vms kvm1)/.fill"
	sound kvm1 web1 && recovers kvm1 web1
}

half_written() {
	local dir name

	dir=$(vms kvm1)/web1
	for name in protector protector.prev nvram; do
		head -c 100 "$dir/$name" >"$dir/$name.new"
	done
	recovers kvm1 web1
}

# changed REASON COMMAND...: in the folder, in a copy of it that is put back.
changed() {
	local reason=$1 dir rc=0

	shift
	dir=$(vms kvm1)
	cp -a "$dir/web1" "$W/kept"
	(cd "$dir/web1" && "$@") && not_started "$reason" web1 || rc=1
	rm -rf "$dir/web1" && cp -a "$W/kept" "$dir/web1" && rm -rf "$W/kept"
	return "$rc"
}

link_to() {
	mv "$1" "$W/elsewhere" && ln -s "$W/elsewhere" "$1"
}

edit() {
	jq -c "$1" vm.json >vm.json.x && cat vm.json.x >vm.json && rm vm.json.x
}

test_folder() {
	local name word

	check "a start with too little room is refused whole; with room it opens" \
		full_starts
	check "a stop on a full disk: the VM opens again, as after a crash" \
		full_stop
	check "what a crash left half-written is removed" half_written
	check "a folder that others may write: refused" \
		changed FileInvalid chmod 0777 .
	check "a folder of another user: refused" changed FileInvalid chown 1000 .
	for name in protector vm.json nvram disk0.img; do
		check "$name of another user: refused" \
			changed FileInvalid chown 1000 "$name"
		check "$name that others may write: refused" \
			changed FileInvalid chmod 0622 "$name"
	done
	for name in protector vm.json nvram vtpm; do
		check "$name is a link: refused" changed FileInvalid link_to "$name"
		rm -rf "$W/elsewhere"
	done
	check "T72 the disk is a link: refused" \
		changed ImageUnsafe link_to disk0.img
	rm -f "$W/elsewhere"
	for word in '.args = ["-serial", "stdio"]' '.serial = "pty"' \
		'.monitor = "stdio"' '.vnc = ":1"' '.kernel = "/boot/vmlinuz"' \
		'.disks[0].file = "../web2/disk0.img"' \
		'.disks[0].backing = "/etc/shadow"' '.cpus = "1 -gdb"' \
		'.cpus = 100000'; do
		check "T74 vm.json: $word: refused" changed FileInvalid edit "$word"
	done
	check "put back, it opens" recovers kvm1 web1
}
