# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Part of tests/guardctl/run.sh: an update, whose baseline is predicted and
# registered before the host starts anew. The images are those of
# tests/data/efi, in the place of the recorded boot's.

EFI=$SW_ROOT/tests/data/efi

# nth_event PCR N: its digest in the recorded boot.
nth_event() {
	"$SW_BUILD/tests/tools/tcg-events" \
		"$BOOT/host-good/binary_bios_measurements" |
		sed -n "s/^$1:sha256=//p" | sed -n "$(($2 + 1))p"
}

sha() {
	sha256sum | cut -d' ' -f1
}

section() {
	objcopy --dump-section "$2=$SW_TMP/section" "$1" "$SW_TMP/copy" &&
		cat "$SW_TMP/section"
}

# What was signed: the messageDigest is of this, SpcIndirectDataContent has it.
signed_digest() {
	sbattach --detach "$SW_TMP/signature" "$1" 2>/dev/null
	openssl asn1parse -inform DER -in "$SW_TMP/signature" 2>/dev/null |
		sed -n 's/.*OCTET STRING *\[HEX DUMP\]:\([0-9A-F]\{64\}\)$/\1/p' |
		head -n 1 | tr A-F a-f
}

# boot_with IMAGE DIR: the recorded boot, of another image.
boot_with() {
	local image=$1 dir=$2 hex cmdline

	mkdir -p "$dir"
	cmdline=$(section "$image" .cmdline)
	printf '%s' "$cmdline" >"$dir/cmdline"
	hex=$(od -An -v -tx1 "$BOOT/host-good/binary_bios_measurements" |
		tr -d ' \n')
	sed -e "s/$(nth_event 4 2)/$(signed_digest "$image")/" \
		-e "s/$(nth_event 11 1)/$(section "$image" .linux | sha)/" \
		-e "s/$(nth_event 11 3)/$(section "$image" .osrel | sha)/" \
		-e "s/$(nth_event 11 5)/$(section "$image" .cmdline | sha)/" \
		-e "s/$(nth_event 11 7)/$(section "$image" .initrd | sha)/g" \
		-e "s/$(nth_event 9 0)/$({ printf '%s' "$cmdline" |
			iconv -t UTF-16LE; printf '\0\0'; } | sha)/" \
		<<<"$hex" | tr a-f A-F | basenc --base16 -d \
		>"$dir/binary_bios_measurements"
}

predict() {
	guard kvm2 baseline predict "$@"
}

boot_with "$EFI/uki-old" "$SW_TMP/boot-old"
boot_with "$EFI/uki-new" "$SW_TMP/boot-new"
host_new kvm2 "$SW_TMP/boot-new" "$HGS" >"$SW_TMP/kvm2.log" 2>&1 ||
	cat "$SW_TMP/kvm2.log"
# The host as it was before: the same TPM, another boot.
OLD=$SW_TMP/w/kvm2/boot
cp "$SW_TMP/boot-old/"* "$OLD/"
check "a host before its update: its baseline is captured" \
	guard kvm2 baseline capture --name before -o "$SW_TMP/before"
exits 2 "predict without a boot to start from: usage" \
	predict --uki "$EFI/uki-new" --name p -o "$SW_TMP/p"
exits 2 "or with two: usage" predict --from "$SW_TMP/before" \
	--from-running --uki "$EFI/uki-new" --name p -o "$SW_TMP/p"
exits 2 "or without a change: usage" predict --from-running -o "$SW_TMP/p"
exits 2 "or with an old file alone: usage" predict --from-running \
	--old-uki "$EFI/uki-old" -o "$SW_TMP/p"
refused "what the image takes the place of is not found" \
	predict --from-running --uki "$EFI/uki-new" --name p -o "$SW_TMP/p"
says "name the file with --old-uki" "and it is said how to name it"
refused "T38 an image that was not started is not the old one" predict \
	--from-running --uki "$EFI/uki-new" --old-uki "$EFI/uki-new" \
	--name p -o "$SW_TMP/p"
says "did not measure the old program in PCR 4" "and that is said"
refused "an image that somebody else signed is refused" predict \
	--from-running --uki "$EFI/uki-leaf" --old-uki "$EFI/uki-old" \
	--name p -o "$SW_TMP/p"
says "signed by somebody else" "with the reason"
refused "so is a kernel beside an image" predict --from-running \
	--kernel "$EFI/plain-self" --name p -o "$SW_TMP/p"
check "nothing was written" test ! -e "$SW_TMP/p"
mkdir -p "$OLD/efi/EFI/Linux"
cp "$EFI/uki-new" "$OLD/efi/EFI/Linux/another.efi"
echo none >"$OLD/efi/EFI/Linux/broken.efi"
cp "$EFI/uki-old" "$OLD/efi/EFI/Linux/this.efi"
check "the old image is found by its digest among others" predict \
	--from-running --uki "$EFI/uki-new" --name p1 -o "$SW_TMP/p1"
says "source            predicted from this host's boot: uki" \
	"and the baseline says where it is from"
says "panic=5" "with the command line that will be"
check "from a baseline, the files alone are needed" predict \
	--from "$SW_TMP/before" --uki "$EFI/uki-new" \
	--old-uki "$EFI/uki-old" --name p2 -o "$SW_TMP/p2"

# The update is installed, and the host starts anew.
cp "$SW_TMP/boot-new/"* "$OLD/"
guard kvm2 identity --name kvm2 -o "$SW_TMP/kvm2.id" >/dev/null
check "the HGS knows the host and the baseline before the update" \
	hgs hgs host add kvm2 "$SW_TMP/kvm2.id" --pin-ek --yes
check "by its capture" hgs hgs baseline add before "$SW_TMP/before"
refused "not predicted: the host is refused after the update" \
	guard kvm2 attest --fresh
check "the predicted baseline is registered" \
	hgs hgs baseline add p1 "$SW_TMP/p1"
check "predicted: the host passes" guard kvm2 attest --fresh
