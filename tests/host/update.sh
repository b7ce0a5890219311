# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What an administrator, or whoever has the disk, changes of a host between two
# starts: its signed EFI program is taken apart and made anew. Sourced after
# tests/attack/hosts.sh.

# parts_of IMAGES: kernel, initrd and cmdline of that host, in $SW_TMP/parts.
parts_of() {
	local image=$1/host.img dir=$SW_TMP/parts at

	mkdir -p "$dir"
	at=$(($(sgdisk -i 1 "$image" |
		sed -n 's/^First sector: \([0-9]*\).*/\1/p') * 512))
	mcopy -n -o -i "$image@@$at" ::/EFI/BOOT/BOOTX64.EFI "$dir/uki" &&
		objcopy --dump-section ".linux=$dir/linux" \
			--dump-section ".initrd=$dir/initrd" \
			--dump-section ".cmdline=$dir/cmdline" \
			"$dir/uki" "$dir/copy" && rm "$dir/copy"
}

# The same kernel in other bytes: nothing reads what stands behind its image.
kernel_built_anew() {
	cp "$SW_TMP/parts/linux" "$1" && printf '%s' "$2" >>"$1"
}

# cmdline_with OUT SED-SCRIPT
cmdline_with() {
	sed "$2" "$SW_TMP/parts/cmdline" >"$1" &&
		! cmp -s "$1" "$SW_TMP/parts/cmdline"
}

# initrd_without OUT FILE
initrd_without() {
	local dir=$SW_TMP/unpacked

	rm -rf "$dir"
	mkdir -p "$dir"
	(cd "$dir" && zstd -dcq "$SW_TMP/parts/initrd" | cpio -id --quiet &&
		test -e "$2" && rm "$2" &&
		find . | cpio -o -H newc --quiet) | zstd -q -9 -T2 >"$1"
	rm -rf "$dir"
}

# uki_of OUT KERNEL INITRD CMDLINE: signed by the key of the host's db.
uki_of() {
	# shellcheck disable=SC2016 # the inner shell's
	bash -c 'set -euo pipefail
		. "$SW_ROOT/tools/guestlib.sh"
		make_uki "$2" "$3" "$4" "$5" "$1"' uki "$@" \
		"$SW_TMP/image/keys"
}

# installed NAME UKI: while the machine is off.
installed() {
	edit_esp "$1" EFI/BOOT/BOOTX64.EFI cp "$2"
}

# Software emulation beside other work: what takes a minute may take ten.
STARTS_WITHIN=900

# back_again NAME: the same machine, until its agent answers.
back_again() {
	host_start "$SW_TMP/$1" &&
		host_wait "$SW_TMP/$1" 'guard-tpm is process|NOT GUARDED' \
			"$STARTS_WITHIN" &&
		host_run "$SW_TMP/$1" \
			'until guardctl status >/dev/null 2>&1; do sleep 0.5; done' \
			"$STARTS_WITHIN"
}

# new_machine NAME VARIABLES: with the built disk, until its agent answers.
new_machine() {
	host_new "$SW_TMP/$1" "$SW_TMP/image/host.img" "$2" && back_again "$1"
}

# diff_of NAME: as it is told in $SW_TMP/diff; keeps its digest in DIFF.
diff_of() {
	check "the difference is told in words" hgs hgs baseline diff "$1"
	cp "$SW_TMP/t.out" "$SW_TMP/diff"
	# shellcheck disable=SC2034 # for run.sh
	DIFF=$(sed -n 's/^diff: //p' "$SW_TMP/diff")
}

# differs_in WORDS: these components, and no other.
differs_in() {
	check "it names what changed: $1" grep -xF -e "differs in: $1" \
		"$SW_TMP/diff"
}

# sub_statuses NAME CODE...: these of its last refusal, and no other.
sub_statuses() {
	local name=$1

	shift
	check "its sub-statuses are $*" test "$*" = "$(hgs hgs --json host show \
		"$name" | jq -r '.data.sub_status | sort | join(" ")')"
}

# baseline_of NAME BASELINE: what the host measured, in $SW_TMP/BASELINE.base.
baseline_of() {
	on "$1" "guardctl baseline capture --name $2 -o /run/$2 \
			--skip-validation" &&
		fetch "$1" "/run/$2" "$SW_TMP/$2.base"
}

# baseline_as NAME BASELINE: whatever it measured is registered.
baseline_as() {
	baseline_of "$1" "$2" &&
		hgs hgs baseline add "$2" "$SW_TMP/$2.base" --yes
}

# admitted_by NAME BASELINE: at its last attestation.
admitted_by() {
	check "it is baseline $2 that admits it" test "$2" = \
		"$(hgs hgs --json host show "$1" | jq -r .data.baseline)"
}
