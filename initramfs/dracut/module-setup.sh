#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# dracut's module for a guarded host: guard-early as a unit of the initrd, the
# sealed image, and the root on dm-verity. dracut sources this and sets
# initdir, systemdsystemunitdir and moddir.
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
	    dm_verity sha256_ssse3 erofs overlay ext4
}

install() {
	inst_multiple /usr/libexec/shieldwall/guard-early \
	    /usr/lib/shieldwall/verity-root veritysetup udevadm reboot sleep \
	    cat mkdir mount modprobe
	inst_multiple -o e2fsck
	inst_simple "$systemdsystemunitdir/guard-early.service"
	$SYSTEMCTL -q --root "$initdir" enable guard-early.service
	inst_hook cmdline 30 "$moddir/set-root.sh"
	inst_hook pre-mount 30 "$moddir/open-root.sh"
	inst_hook pre-pivot 30 "$moddir/mount-writable.sh"
	/usr/lib/shieldwall/sealed-image "$initdir/guard" ||
	    { derror "sealed-image failed"; return 1; }
}
