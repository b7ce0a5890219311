# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Small systems for guardctl setup: the files that it looks at, as Debian 12
# has them. Sourced by run.sh.

# tree_new NAME: a system without boot loader or initramfs; its folder is in $T.
tree_new() {
	T=$SW_TMP/$1
	mkdir -p "$T"/{etc,proc,run,boot/grub} "$T"/usr/{bin,sbin} \
		"$T"/usr/lib/{modules/6.1.0-57-amd64,systemd/system} \
		"$T"/var/lib/shieldwall
	printf 'ID=debian\nVERSION_ID="12"\n' >"$T/etc/os-release"
	printf 'root:x:0:0::/root:/bin/sh\n_guard:x:901:902::/:/bin/false\n' \
		>"$T/etc/passwd"
	printf 'root:x:0:\n_guard:x:902:\nshieldwall-fabric:x:903:\n' \
		>"$T/etc/group"
	printf '%s\n' 'processor	: 0' 'vendor_id	: GenuineIntel' \
		>"$T/proc/cpuinfo"
	printf '%s\n' 'kernel/arch/x86/kvm/kvm-intel.ko: kernel/virt/kvm.ko' \
		'kernel/arch/x86/kvm/kvm-amd.ko:' 'kernel/drivers/net/tun.ko:' \
		'kernel/net/bridge/bridge.ko:' \
		>"$T/usr/lib/modules/6.1.0-57-amd64/modules.dep"
	cp "$SW_ROOT"/units/{guardd,shieldwall-vms}.service \
		"$T/usr/lib/systemd/system/"
}

# The files by which setup knows them, and the hook that the product installs.
tree_initramfs_tools() {
	local dir=$T/usr/share/initramfs-tools

	mkdir -p "$dir/hooks" "$dir/scripts/init-top" "$T/etc/initramfs-tools"
	touch "$dir/hook-functions" "$dir/hooks/shieldwall" \
		"$dir/scripts/init-top/guard-early"
}
tree_dracut() {
	local dir=$T/usr/lib/dracut

	mkdir -p "$dir/modules.d/90shieldwall" "$T/etc/dracut.conf.d"
	touch "$dir/dracut-functions.sh" \
		"$dir/modules.d/90shieldwall/module-setup.sh"
}

tree_grub() {
	mkdir -p "$T/etc/default/grub.d"
	cat >"$T/etc/default/grub" <<-'END'
	# If you change this file, run 'update-grub' afterwards.
	GRUB_DEFAULT=0
	GRUB_TIMEOUT=5
	GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`
	GRUB_CMDLINE_LINUX_DEFAULT="quiet"
	GRUB_CMDLINE_LINUX=""
	END
}

# tree_runs WORDS...: the system runs, with this command line.
tree_runs() {
	local efi=$T/sys/firmware/efi/efivars
	local id=8be4df61-93ca-11d2-aa0d-00e098032b8c

	mkdir -p "$T/proc/sys/kernel" "$T/dev" "$efi" \
		"$T"/sys/{power,kernel/security} \
		"$T/sys/kernel/iommu_groups/0" \
		"$T/sys/module/secretmem/parameters"
	printf '%s\n' "$*" >"$T/proc/cmdline"
	printf 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n' \
		>"$T/proc/swaps"
	echo 6.1.0-57-amd64 >"$T/proc/sys/kernel/osrelease"
	echo 1 >"$T/proc/sys/kernel/modules_disabled"
	echo 'none integrity [confidentiality]' \
		>"$T/sys/kernel/security/lockdown"
	echo lockdown,capability,landlock,yama,apparmor,bpf \
		>"$T/sys/kernel/security/lsm"
	echo DMA >"$T/sys/kernel/iommu_groups/0/type"
	echo Y >"$T/sys/module/secretmem/parameters/enable"
	echo 0:0 >"$T/sys/power/resume"
	printf '\x06\0\0\0\x01' >"$efi/SecureBoot-$id"
	printf '\x06\0\0\0\0' >"$efi/SetupMode-$id"
	touch "$T/dev/tpmrm0"
}
