# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# guardctl setup as the root of a real Debian 12: its update-grub makes
# grub.cfg, its update-initramfs the initramfs. Sourced by run.sh.

# debian_tree DIR: unpacked from the cache; made by mmdebstrap the first time.
debian_tree() {
	local cache=${SHIELDWALL_CACHE:-/var/cache/shieldwall}
	local include=initramfs-tools,linux-image-cloud-amd64,grub2-common
	local tar

	include+=,systemd,zstd,libssl3,libjansson4,libinih1
	mkdir -p "$cache" "$1"
	tar=$cache/setup-$(sha256sum <<<"$include" | head -c 16).tar.zst
	# Two runs at once wait for one another.
	exec 9>"$cache/setup.lock"
	flock -w 900 9 || return 1
	if [ ! -s "$tar" ]; then
		mmdebstrap --quiet --variant=apt --include="$include" \
			bookworm "$1/new.tar" || return 1
		zstd -q -1 "$1/new.tar" -o "$tar.new" || return 1
		rm "$1/new.tar"
		mv "$tar.new" "$tar"
	fi
	exec 9>&-
	tar -C "$1" -xf "$tar" --exclude='./dev/*'
}

# The product's files, with a hook that stands for the real one's place: what
# the real one puts in is the boot tests' subject.
debian_product() {
	local dir=$1/usr/share/initramfs-tools

	cp "$GUARDCTL" "$1/usr/sbin/guardctl"
	cp "$SW_ROOT"/units/{guardd,shieldwall-vms}.service \
		"$1/usr/lib/systemd/system/"
	cp "$SW_ROOT/units/sysusers.conf" "$1/usr/lib/sysusers.d/shieldwall.conf"
	systemd-sysusers --root "$1" >/dev/null 2>&1 || return 1
	mkdir -p "$dir/hooks" "$dir/scripts/init-top" "$1/boot/grub"
	cat >"$dir/hooks/shieldwall" <<-'END'
	#!/bin/sh
	[ "$1" != prereqs ] || exit 0
	. /usr/share/initramfs-tools/hook-functions
	copy_exec /bin/true /usr/libexec/shieldwall/guard-early
	[ ! -e /etc/shieldwall/guard.conf ] ||
		cp /etc/shieldwall/guard.conf "$DESTDIR/guard.conf"
	END
	printf '#!/bin/sh\n' >"$dir/scripts/init-top/guard-early"
	chmod 0755 "$dir/hooks/shieldwall" "$dir/scripts/init-top/guard-early"
	cp "$1/usr/share/grub/default/grub" "$1/etc/default/grub"
}

# inside COMMAND...: as the root of that system.
# shellcheck disable=SC2016 # it is for the shell that is started
inside() {
	unshare -m sh -c 'mount -t proc proc "$1/proc" &&
		mount --rbind /dev "$1/dev" && exec chroot "$@"' \
		sh "$D" "$@"
}

cfg_has_each() {
	local line

	line=$(grep -m 1 -P '^\tlinux\t' "$D/boot/grub/grub.cfg") &&
		each_once "${line/amd_iommu=force_isolation/intel_iommu=on}"
}

# The names in the initramfs, and guard.conf as it is in there.
initramfs() {
	local image

	image=$(echo "$D"/boot/initrd.img-*)
	zstd -dcq "$image" 2>/dev/null | cpio --quiet -t
}

debian_suite() {
	local D=$SW_TMP/debian n

	if ! debian_tree "$D" >"$SW_TMP/debootstrap" 2>&1; then
		tail -n 3 "$SW_TMP/debootstrap" | sed 's/^/# /'
		t_skip "setup inside a Debian 12" "cannot be made here"
		return
	fi
	check "a Debian 12 with the product's files" debian_product "$D"
	rm -rf "$D/boot/grub"
	exits 3 "setup where update-grub fails" \
		inside guardctl setup --hgs "$HGS" --no-initramfs
	says "cannot create /boot/grub/grub.cfg.new" "shows what it said"
	says "to do   /usr/sbin/update-initramfs -u -k all" \
		"--no-initramfs says what is left to do"
	mkdir "$D/boot/grub"
	check "again, once that is mended" \
		inside guardctl setup --no-initramfs
	check "its own grub.cfg has each word once" cfg_has_each
	check "then with the initramfs" inside guardctl setup
	says "ran     /usr/sbin/update-initramfs" "which is made anew"
	n=$(wc -l <"$SW_TMP/t.out")
	if [ "$n" -lt 40 ]; then
		t_ok "without the long output of a success"
	else
		t_not_ok "without the long output of a success" "$SW_TMP/t.out"
	fi
	initramfs >"$SW_TMP/initramfs"
	check "it has guard-early" \
		grep -q libexec/shieldwall/guard-early "$SW_TMP/initramfs"
	check "and guard.conf" grep -qx guard.conf "$SW_TMP/initramfs"
	check "once more" inside guardctl setup
	says "nothing to change" "there is nothing to change"
	check "another address" inside guardctl setup --hgs http://new
	says "ran     /usr/sbin/update-initramfs" \
		"makes the initramfs anew: it holds guard.conf"
	says_not "ran     /usr/sbin/update-grub" "and not grub.cfg"
	check "undo" inside guardctl setup --undo
	undone() {
		! grep -q lockdown= "$D/boot/grub/grub.cfg" &&
			[ ! -e "$D/etc/shieldwall" ] &&
			[ ! -e "$D/var/lib/shieldwall" ] &&
			initramfs >"$SW_TMP/initramfs" &&
			! grep -qx guard.conf "$SW_TMP/initramfs"
	}
	check "grub.cfg and initramfs are as without setup" undone
}
