#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# dracut's module for a guarded host: guard-early as a unit of the initrd, the
# sealed image, and the root on dm-verity, which needs
# root=/dev/mapper/shieldwall-root on the command line. dracut sources this and
# sets initdir, systemdsystemunitdir and moddir.
# shellcheck disable=SC2154

check() {
	require_binaries veritysetup || return 1
	[ -x /usr/libexec/shieldwall/guard-early ]
}

depends() {
	echo systemd dm
}

installkernel() {
	hostonly='' instmods tpm_crb tpm_tis tpm_tis_spi tpm_tis_i2c \
	    efivarfs dm_verity sha256_ssse3 erofs overlay ext4 dm_crypt xts ecb \
	    aesni_intel algif_skcipher
}

install() {
	local unit

	inst_multiple /usr/libexec/shieldwall/guard-early \
	    /usr/lib/shieldwall/verity-root veritysetup udevadm reboot sleep \
	    cat mkdir mount umount modprobe cp dd tr readlink rm
	inst_multiple -o e2fsck cryptsetup dmsetup mkfs.ext4 systemd-cryptenroll \
	    /etc/mke2fs.conf
	# They are opened by name, so nothing lists them.
	inst_libdir_file "cryptsetup/libcryptsetup-token-systemd-tpm2.so" \
	    "libtss2-esys.so.0" "libtss2-mu.so.0" "libtss2-rc.so.0" \
	    "libtss2-tcti-device.so.0"
	inst_simple "$systemdsystemunitdir/guard-early.service"
	$SYSTEMCTL -q --root "$initdir" enable guard-early.service
	for unit in verity writable; do
		inst_simple "$moddir/shieldwall-$unit.service" \
		    "$systemdsystemunitdir/shieldwall-$unit.service"
	done
	$SYSTEMCTL -q --root "$initdir" add-wants \
	    initrd-root-fs.target shieldwall-verity.service
	$SYSTEMCTL -q --root "$initdir" add-wants \
	    initrd.target shieldwall-writable.service
	/usr/lib/shieldwall/sealed-image "$initdir/guard" ||
	    { derror "sealed-image failed"; return 1; }
}
