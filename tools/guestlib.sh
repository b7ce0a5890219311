# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What mkguest, mkstock and record-boot share: Debian packages by name, an
# initramfs, a signed unified kernel image (UKI) and a disk image. No root, no
# loop device, no device-mapper. Meant to be sourced; the caller has
# `set -euo pipefail`.

STUB=/usr/lib/systemd/boot/efi/linuxx64.efi.stub
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C
# A die inside $(...) must end the script, however deep.
shopt -s inherit_errexit

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 3
}

say() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# need PROGRAM...: all of them, or one message that names what is missing.
need() {
	local p missing=()
	for p in "$@"; do
		command -v "$p" >/dev/null || missing+=("$p")
	done
	[ ${#missing[@]} -eq 0 ] ||
	    die "missing programs: ${missing[*]} (see packages.txt)"
}

# Where downloaded packages stay: the named place, the system's or the user's.
cache_dir() {
	local d
	for d in "${SHIELDWALL_CACHE:-/var/cache/shieldwall}" \
	    "${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/shieldwall"; do
		if mkdir -p "$d" 2>/dev/null && [ -w "$d" ]; then
			printf '%s\n' "$d"
			return
		fi
	done
	die "no writable cache directory; set SHIELDWALL_CACHE"
}

# refresh_lists: only where it is allowed.
refresh_lists() {
	[ "$(id -u)" -eq 0 ] || return 1
	say "updating the package lists"
	apt-get -qq -o DPkg::Lock::Timeout=120 update >/dev/null 2>&1
}

# newest_cached PATTERN: the file of the highest version in the cache, if any.
newest_cached() {
	find "$(cache_dir)" -maxdepth 1 -type f -name "$1" | sort -V | tail -n 1
}

# download_package NAME VERSION: into the cache.
download_package() {
	local tmp rc=0
	say "downloading $1 $2"
	tmp=$(mktemp -d "$(cache_dir)/get.XXXXXX")
	(cd "$tmp" && apt-get -qq download "$1=$2") 2>/dev/null || rc=1
	[ $rc -ne 0 ] || mv "$tmp"/*.deb "$(cache_dir)/"
	rm -rf "$tmp"
	return $rc
}

# wanted_package NAME: the .deb of the version that apt would install,
# downloaded once; nothing if that cannot be had.
wanted_package() {
	local version pattern
	version=$(apt-cache show --no-all-versions "$1" 2>/dev/null |
	    awk '/^Version: / { v = $2 } END { print v }' || true)
	[ -n "$version" ] || return 0
	pattern=${1}_${version//:/%3a}_'*.deb'
	if [ -z "$(newest_cached "$pattern")" ]; then
		download_package "$1" "$version" || return 0
	fi
	newest_cached "$pattern"
}

# fetch_package NAME: the lists may be missing, or older than the mirror;
# without them, or without a network, the newest one in the cache has to do.
fetch_package() {
	local file
	file=$(wanted_package "$1")
	if [ -z "$file" ] && refresh_lists; then
		file=$(wanted_package "$1")
	fi
	[ -n "$file" ] || file=$(newest_cached "${1}_*.deb")
	[ -n "$file" ] ||
	    die "cannot download $1: run apt-get update, or fill $(cache_dir)"
	printf '%s\n' "$file"
}

# unpack_package NAME: the folder with the package's files, unpacked once.
unpack_package() {
	local deb dir tmp
	deb=$(fetch_package "$1")
	dir=${deb%.deb}.d
	if [ ! -d "$dir" ]; then
		tmp=$(mktemp -d "$dir.XXXXXX")
		dpkg -x "$deb" "$tmp"
		# Two runs at once: the one that comes second throws its copy away.
		mv -T "$tmp" "$dir" 2>/dev/null || rm -rf "$tmp"
	fi
	printf '%s\n' "$dir"
}

# listed_kernel: what the cloud kernel's metapackage depends on, or nothing.
listed_kernel() {
	apt-cache depends linux-image-cloud-amd64 2>/dev/null |
	    awk '$1 == "Depends:" && $2 ~ /^linux-image-[0-9]/ { name = $2 }
		END { print name }' || true
}

# kernel_package: its name; without package lists, the newest in the cache.
kernel_package() {
	local name
	name=$(listed_kernel)
	if [ -z "$name" ] && refresh_lists; then
		name=$(listed_kernel)
	fi
	[ -n "$name" ] || name=$(newest_cached \
	    'linux-image-[0-9]*-cloud-amd64_*.deb' |
	    sed -n 's|^.*/\(linux-image-[^_]*\)_.*|\1|p')
	[ -n "$name" ] ||
	    die "linux-image-cloud-amd64 is unknown here: run apt-get update"
	printf '%s\n' "$name"
}

# kernel_tree: unpacks the kernel; prints its folder.
kernel_tree() {
	local dir name version
	name=$(kernel_package)
	dir=$(unpack_package "$name")
	version=${name#linux-image-}
	[ -d "$dir/lib/modules" ] || ln -sfn usr/lib "$dir/lib"
	[ -f "$dir/lib/modules/$version/modules.dep.bin" ] ||
	    depmod -b "$dir" "$version"
	printf '%s\n' "$dir"
}

# kernel_version TREE
kernel_version() {
	basename "$1"/boot/vmlinuz-* | sed 's/^vmlinuz-//'
}

# new_root DIR: an empty root with busybox and its applets' names.
new_root() {
	local dir=$1 applet box
	box=$(command -v busybox) || die "missing busybox (busybox-static)"
	if ldd "$box" >/dev/null 2>&1; then
		die "$box is not static: install busybox-static"
	fi
	mkdir -p "$dir"/{bin,sbin,proc,sys,dev,run,tmp,data,etc,var,modules}
	install -m 755 "$box" "$dir/bin/busybox"
	for applet in $("$box" --list); do
		[ "$applet" = busybox ] || ln -s busybox "$dir/bin/$applet"
	done
}

# add_program DIR FILE: an executable and the libraries that it is linked to.
add_program() {
	local dir=$1 file=$2 lib libs
	install -D -m 755 "$file" "$dir/bin/$(basename "$file")"
	libs=$(ldd "$file")
	if grep -q 'not found' <<<"$libs"; then
		die "$file needs$(sed -n 's/^\t\(.*\) => not found/ \1/p' \
		    <<<"$libs" | tr -d '\n')"
	fi
	while read -r lib; do
		[ -e "$dir$lib" ] || install -D -m 755 "$lib" "$dir$lib"
	done < <(grep -o '/[^ ]*' <<<"$libs")
}

# add_modules DIR KERNEL_TREE MODULE...: in the order in which they load.
add_modules() {
	local dir=$1 tree=$2 version list i=100 file name
	shift 2
	version=$(kernel_version "$tree")
	list=$(for m in "$@"; do
		modprobe -d "$tree" -S "$version" --show-depends "$m" ||
		    die "kernel $version has no module $m"
	done | sed -n 's/^insmod \([^ ]*\).*$/\1/p' | awk '!seen[$0]++')
	for file in $list; do
		name=$(basename "$file")
		case $name in
		*.xz) xz -dc "$file" >"$dir/modules/$i-${name%.xz}" ;;
		*) cp "$file" "$dir/modules/$i-$name" ;;
		esac
		i=$((i + 1))
	done
}

# pack_root DIR OUT
pack_root() {
	# The same files give the same bytes: no order, owners or times of today.
	find "$1" -exec touch -h -d @0 {} +
	(cd "$1" && find . -print0 | LC_ALL=C sort -z |
	    cpio --null -o -H newc -R 0:0 --reproducible --quiet) |
	    zstd -q -12 -f -o "$2"
}

# make_key DIR NAME: a self-signed RSA-2048 certificate, kept if there already.
# DER beside PEM, for what goes into the firmware's variables.
make_key() {
	local dir=$1 name=$2
	if [ ! -s "$dir/$name.key" ] || [ ! -s "$dir/$name.crt" ]; then
		(umask 077 && openssl req -x509 -newkey rsa:2048 -nodes -sha256 \
		    -days 3650 -subj "/CN=Shieldwall test $name/" \
		    -keyout "$dir/$name.key" -out "$dir/$name.crt" 2>/dev/null) ||
		    die "openssl cannot make the key $name"
		chmod 644 "$dir/$name.crt"
	fi
	openssl x509 -in "$dir/$name.crt" -outform DER -out "$dir/$name.crt.der"
}

# make_keys DIR: PK, KEK and db.
make_keys() {
	local name
	mkdir -p "$1"
	for name in PK KEK db; do
		make_key "$1" "$name"
	done
}

page_up() {
	echo $((($1 + 0xfff) & ~0xfff))
}

# Where the stub's last section ends: ours go behind it.
stub_end() {
	local end=0 size vma
	while read -r size vma; do
		if [ $((0x$size + 0x$vma)) -gt "$end" ]; then
			end=$((0x$size + 0x$vma))
		fi
	done < <(objdump -h "$STUB" | awk '$2 ~ /^\./ { print $3, $4 }')
	[ "$end" -gt 0 ] || die "$STUB has no sections"
	page_up "$end"
}

# make_uki KERNEL INITRD CMDLINE_FILE KEYS OUT: stub + sections, signed by db.
make_uki() {
	local kernel=$1 initrd=$2 cmdline=$3 keys=$4 out=$5
	local osrel=$out.osrel at file name args=()
	[ -r "$STUB" ] || die "$STUB is missing (systemd-boot-efi)"
	printf 'ID=shieldwall\nPRETTY_NAME="Shieldwall test guest"\nVERSION_ID=1\n' \
	    >"$osrel"
	at=$(stub_end)
	for name in osrel cmdline linux initrd; do
		case $name in
		osrel) file=$osrel ;;
		cmdline) file=$cmdline ;;
		linux) file=$kernel ;;
		initrd) file=$initrd ;;
		esac
		args+=(--add-section ".$name=$file"
		    --change-section-vma ".$name=$(printf '0x%x' "$at")")
		at=$(page_up $((at + $(stat -c %s "$file"))))
	done
	objcopy "${args[@]}" "$STUB" "$out.unsigned"
	# sbsign warns about gaps between sections, which are meant to be there.
	sbsign --key "$keys/db.key" --cert "$keys/db.crt" --output "$out" \
	    "$out.unsigned" >"$out.log" 2>&1 ||
	    { cat "$out.log" >&2; die "sbsign failed"; }
	sbverify --cert "$keys/db.crt" "$out" >/dev/null 2>&1 ||
	    die "$out: the signature does not verify"
	rm -f "$osrel" "$out.unsigned" "$out.log"
}

# make_data_partition TREE OUT MIB: ext4 filled from a folder, all root's.
make_data_partition() {
	truncate -s "$3M" "$2"
	mke2fs -q -F -t ext4 -L data -E root_owner=0:0 -d "$1" "$2" ||
	    die "mke2fs failed"
}

# start_disk ESP_MIB PARTITION NAME OUT: GPT; 1 = an empty ESP, 2 = the partition.
# The identifiers never change: the partition table is measured into PCR 5.
start_disk() {
	local esp=$1 partition=$2 name=$3 out=$4 size log
	local id=5d1e1d00-0000-4000-8000-00000000000
	size=$((($(stat -c %s "$partition") + 1048575) / 1048576))
	rm -f "$out"
	truncate -s $((1 + esp + size + 1))M "$out"
	log=$(sgdisk -o -n "1:2048:+${esp}M" -t 1:ef00 -c 1:esp \
	    -n "2:0:+${size}M" -t 2:8300 -c "2:$name" -U "${id}0" \
	    -u "1:${id}1" -u "2:${id}2" "$out" 2>&1) ||
	    die "sgdisk: $log"
	mformat -i "$out@@1M" -T $((esp * 2048)) -h 64 -s 32 -v ESP ::
	dd if="$partition" of="$out" bs=1M seek=$((esp + 1)) \
	    conv=notrunc,sparse status=none
	log=$(sgdisk -v "$out") || die "sgdisk: $log"
}

# make_disk UKI DATA OUT: the UKI is what the firmware starts.
make_disk() {
	local uki=$1 data=$2 out=$3
	start_disk $(($(stat -c %s "$uki") / 1048576 + 8)) "$data" data "$out"
	mmd -i "$out@@1M" ::/EFI ::/EFI/BOOT
	mcopy -i "$out@@1M" "$uki" ::/EFI/BOOT/BOOTX64.EFI
}
