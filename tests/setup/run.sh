#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 900
#
# guardctl setup on systems below a folder: what it writes for each kind of
# boot, what it refuses, what is left after a crash, and that undo restores
# every file to the byte.

# shellcheck source=/dev/null
. "$SW_ROOT/tests/t.sh"
# shellcheck source=/dev/null
. "$SW_ROOT/tests/setup/tree.sh"
# shellcheck source=/dev/null
. "$SW_ROOT/tests/setup/debian.sh"

if [ "$(id -u)" -ne 0 ]; then
	t_skip "guardctl setup" "needs root"
	t_done
fi

GUARDCTL=$SW_BUILD/src/ctl/guardctl/guardctl
HGS=http://hgs.example.org
DROPIN=etc/default/grub.d/50-shieldwall.cfg
WORDS="lockdown=confidentiality secretmem.enable=1"
WORDS+=" sysctl.kernel.yama.ptrace_scope=3"
WORDS+=" sysctl.kernel.kexec_load_disabled=1"
WORDS+=" sysctl.kernel.unprivileged_bpf_disabled=1 intel_iommu=on"
WORDS+=" iommu.strict=1 iommu.passthrough=0 efi=disable_early_pci_dma"
WORDS+=" nohibernate panic=5 init_on_free=1"
WORDS+=" $(grep ^module_blacklist= "$SW_ROOT/initramfs/command-line")"

setup() {
	"$GUARDCTL" --root "$T" setup "$@"
}

# A picture of the whole tree: names, kinds, modes, owners, contents, targets.
picture() {
	(cd "$T" && find . -printf '%p %y %m %U:%G %l\n' | sort &&
		find . -type f -print0 | sort -z | xargs -0 sha256sum)
}
keep() {
	picture >"$T.before"
}
unchanged() {
	picture >"$T.now"
	diff "$T.before" "$T.now"
}

says_not() {
	if grep -qF -e "$1" "$SW_TMP/t.out"; then
		t_not_ok "$2" "$SW_TMP/t.out"
	else
		t_ok "$2"
	fi
}

# What a shell makes of GRUB's settings, as grub-mkconfig reads them.
grub_words() (
	set +eu
	# shellcheck source=/dev/null
	. "$T/etc/default/grub" 2>/dev/null
	for f in "$T"/etc/default/grub.d/*.cfg; do
		# shellcheck source=/dev/null
		[ ! -e "$f" ] || . "$f"
	done
	printf '%s %s\n' "$GRUB_CMDLINE_LINUX" "$GRUB_CMDLINE_LINUX_DEFAULT"
)
each_once() {
	local words=$1 word

	for word in $WORDS; do
		[ "$(tr ' ' '\n' <<<"$words" | grep -cxF -e "$word")" -eq 1 ] ||
			{ echo "$word: not once"; return 1; }
	done
}
grub_has_each() {
	each_once "$(grub_words)"
}

# --- a GRUB host, from first run to undo ------------------------------------

tree_new grub
tree_grub
tree_initramfs_tools
keep
exits 2 "without an HGS: usage" setup
check "and nothing was written" unchanged
check "--dry-run on a fresh GRUB host" setup --hgs $HGS --dry-run
says "would write $T/$DROPIN" "says what it would write"
check "and changes nothing" unchanged
refused "--check before setup" setup --check
check "changes nothing" unchanged
check "setup" setup --hgs $HGS --name kvm1
says "undo: rm $T/$DROPIN" "each change says how to undo it"
says "to do   chroot $T /usr/sbin/update-grub" \
	"below a root, programs are not run but said"
says "to do   chroot $T /usr/sbin/update-initramfs -u -k all" \
	"the initramfs's, too"
says "reboot  for the command line: lockdown=confidentiality" \
	"says what needs a reboot"
says "no containers" "and what it costs"
check "a shell reads each word once from GRUB's settings" grub_has_each
modules() {
	grep -v '^#' "$T/etc/modules-load.d/shieldwall.conf" >"$SW_TMP/m"
	diff "$SW_TMP/m" - <<-END
	kvm_intel
	tun
	bridge
	END
}
check "the modules that this kernel has load at boot" modules
unit() {
	[ "$(readlink "$T/etc/systemd/system/multi-user.target.wants/guardd.service")" \
		= /usr/lib/systemd/system/guardd.service ]
}
check "guardd starts at boot" unit
no_sysctl() {
	[ ! -e "$T/etc/sysctl.d" ]
}
check "no sysctl.d file: it would be no evidence" no_sysctl
record_private() {
	[ "$(stat -c '%a %u' "$T/var/lib/shieldwall/setup.json")" = "600 0" ]
}
check "the record is root's alone" record_private
keep
check "setup again, without options" setup
says "nothing to change" "finds nothing to change"
check "and changes nothing" unchanged
refused "--check: grub.cfg was not made yet" setup --check
says "failed  grub.cfg" "says so"
printf 'menuentry x {\n\tlinux /vmlinuz root=UUID=1 ro %s\n}\n' \
	"$(grub_words)" >"$T/boot/grub/grub.cfg"
check "--check with the new grub.cfg" setup --check
check "as JSON" setup --check --json
json_rows() {
	"$GUARDCTL" --root "$T" setup --check --json |
		jq -e '.ok and (.data.checks | map(select(.check == "grub.cfg"))
			== [{"check": "grub.cfg", "state": "ok",
			"text": "has every word", "have": "has every word",
			"want": "every word"}])'
}
check "with item, have and want" json_rows
rm "$T/boot/grub/grub.cfg"
check "--undo --dry-run" setup --undo --dry-run
check "undo" setup --undo
tree_new fresh
tree_grub
tree_initramfs_tools
keep
mv "$T.before" "$SW_TMP/grub.before"
T=$SW_TMP/grub
restored_first() {
	unchanged | grep -v lib/shieldwall
	[ "${PIPESTATUS[0]}" -eq 0 ]
}
check "every file and folder is as it was before setup" restored_first
check "undo again" setup --undo
says "nothing to undo" "has nothing to do"

# --- what an administrator wrote stays ---------------------------------------

tree_new amended
tree_grub
tree_initramfs_tools
mkdir "$T/etc/shieldwall"
printf '# mine\n[vm]\naccel = tcg\n\n[hgs]\nurl = http://old\n' \
	>"$T/etc/shieldwall/guard.conf"
chmod 0640 "$T/etc/shieldwall/guard.conf"
sed -i 's/^GRUB_CMDLINE_LINUX=.*/GRUB_CMDLINE_LINUX="console=ttyS0 nohibernate panic=30"/' \
	"$T/etc/default/grub"
# shellcheck disable=SC2016 # it is for the shell that reads it
echo 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX intel_iommu=on"' \
	>"$T/etc/default/grub.d/60-mine.cfg"
keep
check "setup where drop-ins and guard.conf are there already" \
	setup --hgs $HGS --fallback http://b
conf_kept() {
	diff "$T/etc/shieldwall/guard.conf" - <<-END
	# mine
	[vm]
	accel = tcg

	[hgs]
	url = http://hgs.example.org
	fallback = http://b
	END
}
check "guard.conf: comments and other keys stay" conf_kept
not_doubled() {
	local word

	for word in nohibernate intel_iommu=on panic=; do
		[ "$(grub_words | grep -oF -e "$word" | wc -l)" -eq 1 ] ||
			return 1
	done
}
check "words that stand already are not doubled" not_doubled
check "its address changes" setup --hgs http://new
check "undo after two runs" setup --undo
check "restores what was there before the first, mode and all" unchanged
check "setup once more" setup --hgs $HGS
echo '# a note of mine' >>"$T/$DROPIN"
check "undo when one file was changed since" setup --undo
says "left     $T/$DROPIN: it was changed after setup wrote it" "says so"
check "and leaves it" grep -q 'a note of mine' "$T/$DROPIN"
check "others are restored" grep -q 'url = http://old' \
	"$T/etc/shieldwall/guard.conf"
head -n -1 "$T/$DROPIN" >"$SW_TMP/d"
cat "$SW_TMP/d" >"$T/$DROPIN"
check "when it is as setup wrote it, undo takes it, too" setup --undo
check "and all is as before" unchanged

# --- other ways to boot -------------------------------------------------------

tree_new uki
tree_initramfs_tools
mkdir "$T/etc/kernel"
echo 'root=UUID=1 ro quiet' >"$T/etc/kernel/cmdline"
keep
check "a host with unified images" setup --hgs $HGS
uki_line() {
	each_once "$(cat "$T/etc/kernel/cmdline")" &&
		[ "$(wc -l <"$T/etc/kernel/cmdline")" -eq 1 ] &&
		grep -q '^root=UUID=1 ro quiet lockdown=' "$T/etc/kernel/cmdline"
}
says "kernel-install add" "says what is to be run"
check "its /etc/kernel/cmdline has each word once, on one line" uki_line
no_grub() {
	[ ! -e "$T/etc/default" ]
}
check "and no file for GRUB" no_grub
check "again" setup
says "nothing to change" "finds nothing to change"
check "--check: all as wanted" setup --check
check "undo" setup --undo
check "restores it to the byte" unchanged

tree_new sdboot
tree_initramfs_tools
mkdir -p "$T/boot/efi/loader/entries"
refused "systemd-boot, but no command line to add to" setup --hgs $HGS
says "write root=" "says what to do"
echo 'initrd=\initrd BOOT_IMAGE=/vmlinuz root=UUID=1 ro' >"$T/proc/cmdline"
check "when it runs, its own is taken" setup --hgs $HGS
check "without what the loader adds" grep -q '^root=UUID=1 ro lockdown=' \
	"$T/etc/kernel/cmdline"

tree_new dropins
tree_dracut
mkdir -p "$T/etc/cmdline.d"
echo 'root=UUID=1' >"$T/etc/cmdline.d/10-root.conf"
keep
check "a dracut host with cmdline.d" setup --hgs $HGS
says "chroot $T /usr/bin/dracut --force --regenerate-all" \
	"says what is to be run"
folder_words() {
	each_once "$(cat "$T"/etc/cmdline.d/*.conf | tr '\n' ' ')"
}
check "its drop-ins have each word once" folder_words
check "dracut is told of the module" grep -q 'add_dracutmodules+=" shieldwall "' \
	"$T/etc/dracut.conf.d/50-shieldwall.conf"
check "undo" setup --undo
check "restores all" unchanged

tree_new amd
tree_grub
tree_initramfs_tools
echo 'vendor_id : AuthenticAMD' >"$T/proc/cpuinfo"
check "a host of AMD's" setup --hgs $HGS
amd() {
	grub_words | grep -q amd_iommu=force_isolation &&
		! grub_words | grep -q intel_iommu &&
		grep -qx kvm_amd "$T/etc/modules-load.d/shieldwall.conf"
}
check "has AMD's words and modules" amd
echo 'vendor_id : Unknown' >"$T/proc/cpuinfo"
refused "a processor that the HGS does not know" setup --hgs $HGS
check "--cpu says what it is" setup --hgs $HGS --cpu intel
check "and the word changes with it" grub_has_each

tree_new nohook
tree_grub
mkdir -p "$T/usr/share/initramfs-tools"
touch "$T/usr/share/initramfs-tools/hook-functions"
check "without the product's hook setup does what it can" setup --hgs $HGS
says "initramfs hook not installed" "and says what is missing"
says_not update-initramfs "an initramfs without it is not made"

# --- contradictions -----------------------------------------------------------

tree_new against
tree_grub
tree_initramfs_tools
for word in lsm=landlock iommu=pt mitigations=off resume=UUID=1 \
	crashkernel=256M intel_iommu=off panic=0 preempt=full init=/bin/sh \
	lockdown=integrity; do
	sed -i "s|^GRUB_CMDLINE_LINUX_DEFAULT=.*|GRUB_CMDLINE_LINUX_DEFAULT=\"quiet $word\"|" \
		"$T/etc/default/grub"
	keep
	refused "$word is refused" setup --hgs $HGS
	says "$word: " "by its name"
	check "and nothing was written" unchanged
done
tree_grub
# shellcheck disable=SC2016 # it is for the shell that reads it
echo 'GRUB_CMDLINE_LINUX="quiet"' >"$T/etc/default/grub.d/70-last.cfg"
refused "a later drop-in that forgets ours" setup --hgs $HGS
says "comes after 50-shieldwall.cfg" "is named as the cause"
# shellcheck disable=SC2016 # it is for the shell that reads it
echo 'GRUB_CMDLINE_LINUX="$(cat /x)"' >"$T/etc/default/grub.d/70-last.cfg"
refused "a command line that takes a shell to know" setup --hgs $HGS
says "/etc/default/grub.d/70-last.cfg:1: " "is refused with file and line"
rm "$T/etc/default/grub.d/70-last.cfg"
printf '[hgs]\nno_such_key = 1\n' >"$SW_TMP/guard.conf"
mkdir -p "$T/etc/shieldwall"
cp "$SW_TMP/guard.conf" "$T/etc/shieldwall/"
keep
exits 2 "a guard.conf that cannot be read" setup --hgs $HGS
check "is not touched, nor anything else" unchanged

# --- the running system --------------------------------------------------------

# early_boot: guard-early's record and guard-tpm are not here; those two fail.
checks_fail() {
	local want=$1

	"$GUARDCTL" --root "$T" setup --check --json >"$SW_TMP/c.json" &&
		return 1
	jq -r '.data.checks[] | select(.state == "failed") | .check' \
		"$SW_TMP/c.json" >"$SW_TMP/failed"
	[ "$(grep -vxE 'early boot|tpm' "$SW_TMP/failed" | paste -sd,)" = \
		"$want" ] || { cat "$SW_TMP/failed"; return 1; }
}
tree_new running
tree_initramfs_tools
mkdir "$T/etc/kernel"
echo 'root=UUID=1 ro' >"$T/etc/kernel/cmdline"
tree_runs "root=UUID=1 ro $WORDS"
setup --hgs $HGS >/dev/null
check "--check of a system that runs as wanted" checks_fail ""
tree_runs "root=UUID=1 ro ${WORDS/nohibernate /} panic=5 iommu=pt"
check "a word missing, one twice, one against" \
	checks_fail "nohibernate,panic=5,command line,command line"
tree_runs "root=UUID=1 ro $WORDS"
echo 'none [integrity] confidentiality' >"$T/sys/kernel/security/lockdown"
check "lockdown of another kind" checks_fail lockdown
tree_runs "root=UUID=1 ro $WORDS"
echo lockdown,yama,mybpf >"$T/sys/kernel/security/lsm"
check "no bpf among the LSMs" checks_fail lsm
tree_runs "root=UUID=1 ro $WORDS"
echo 6.10.3-amd64 >"$T/proc/sys/kernel/osrelease"
check "another kernel" checks_fail kernel
tree_runs "root=UUID=1 ro $WORDS"
echo DMA-FQ >"$T/sys/kernel/iommu_groups/0/type"
check "a lazy IOMMU" checks_fail iommu
rm -r "$T/sys/kernel/iommu_groups/0"
check "no IOMMU" checks_fail iommu
tree_runs "root=UUID=1 ro $WORDS"
echo N >"$T/sys/module/secretmem/parameters/enable"
echo 0 >"$T/proc/sys/kernel/modules_disabled"
rm "$T/dev/tpmrm0"
check "no secret memory, open modules, no TPM" \
	checks_fail "tpm device,secretmem,modules closed"
tree_runs "root=UUID=1 ro $WORDS"
printf '\x06\0\0\0\0' \
	>"$T/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
check "Secure Boot off" checks_fail "secure boot"
tree_runs "root=UUID=1 ro $WORDS"
echo '/dev/dm-3 partition 1 0 -2' >>"$T/proc/swaps"
check "swap that is not encrypted" checks_fail swap
mkdir -p "$T/sys/class/block/dm-3/dm"
echo CRYPT-PLAIN-swap >"$T/sys/class/block/dm-3/dm/uuid"
check "swap that is" checks_fail ""
echo 'UUID=3 none swap sw 0 0' >"$T/etc/fstab"
echo 8:2 >"$T/sys/power/resume"
tree_runs_swap() {
	tree_runs "root=UUID=1 ro $WORDS"
	echo 8:2 >"$T/sys/power/resume"
}
tree_runs_swap
check "swap at the next boot, and something to resume from" \
	checks_fail "swap,hibernation"

# --- when writing fails --------------------------------------------------------

# In a mount namespace of its own: what is mounted goes with it.
# shellcheck disable=SC2016 # it is for the shell that is started
on_read_only() {
	unshare -m sh -c 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" &&
		shift && exec "$@"' sh "$T" "$GUARDCTL" --root "$T" setup \
		--hgs $HGS
}
tree_new readonly
tree_grub
tree_initramfs_tools
keep
exits 3 "a read-only file system" on_read_only
says "Read-only file system" "is named"
check "and nothing has changed" unchanged

# fill BYTES: leaves so much room on a small file system with the tree on it.
# shellcheck disable=SC2016 # it is for the shell that is started
on_full() {
	unshare -m bash -c 'set -e; T=$1 room=$2 ctl=$3
		mount -t tmpfs -o size=512k,mode=755 tmpfs "$T/mnt"
		cp -a "$T/tree/." "$T/mnt/"
		dd if=/dev/zero of="$T/mnt/fill" bs=4096 2>/dev/null || true
		truncate -s -$((room * 4096)) "$T/mnt/fill"
		(cd "$T/mnt" && find . ! -name fill -printf "%p %y %m %U:%G\n" |
			sort) >"$T/a"
		rc=0
		"$ctl" --root "$T/mnt" setup --hgs http://h || rc=$?
		(cd "$T/mnt" && find . ! -name fill -printf "%p %y %m %U:%G\n" |
			sort) >"$T/b"
		if [ $rc -eq 0 ]; then exit 0; fi
		diff "$T/a" "$T/b" || exit 9
		exit $rc' bash "$SW_TMP/full" "$1" "$GUARDCTL"
}
mkdir -p "$SW_TMP/full/mnt"
tree_new full/tree
tree_grub
tree_initramfs_tools
disk_full() {
	local room rc n_failed=0

	for room in 0 1 2 3 4 5 6 7 8 10 12 16 24; do
		rc=0
		on_full "$room" || rc=$?
		echo "room for $room pages: $rc"
		case $rc in
		0) [ "$n_failed" -gt 0 ] && return 0 ;;
		3) n_failed=$((n_failed + 1)) ;;
		*) return 1 ;;
		esac
	done
	return 1
}
check "a full disk: each time nothing has changed, until there is room" \
	disk_full

# killed CALL N COMMAND...: SIGKILL in its N-th such call; 1 if it had fewer.
killed() {
	local call=$1 n=$2 rc=0

	shift 2
	strace -o "$SW_TMP/strace" -e "trace=$call" \
		-e "inject=$call:signal=KILL:when=$n" "$@" >/dev/null 2>&1 ||
		rc=$?
	[ "$rc" -eq 137 ]
}
# Memory is as good a disk here, and fsync costs nothing.
SHM=$(mktemp -d /dev/shm/shieldwall.XXXXXX)
trap 'rm -rf "$SHM"; t_end' EXIT
SW_TMP=$SHM tree_new crash
tree_grub
tree_initramfs_tools
mkdir "$T/etc/shieldwall"
printf '# mine\n[hgs]\nurl = http://old\n' >"$T/etc/shieldwall/guard.conf"
cp -a "$T" "$T.clean"
keep
# Files are whole whenever it ends: each is its old or its new self.
whole() {
	local f=$T/etc/shieldwall/guard.conf

	grep -qx '# mine' "$f" && [ "$(wc -l <"$f")" -eq 3 ] || return 1
	[ ! -e "$T/$DROPIN" ] || grep_last "$T/$DROPIN"
}
grep_last() {
	tail -n 1 "$1" | grep -q 'tpm_vtpm_proxy"$'
}
# Before the record is renamed into place, only its own temporary file is there.
clean_up() {
	rm -rf "$T"
	cp -a "$T.clean" "$T"
}
crash_each() {
	local call n_all=0 n first=$1

	for call in mkdir,mkdirat fsync rename,renameat symlink \
		unlink,unlinkat; do
		for ((n = 1; n < 60; n++)); do
			clean_up
			killed "$call" "$n" "$GUARDCTL" --root "$T" setup \
				--hgs $HGS || break
			whole || { echo "$call $n: not whole"; return 1; }
			n_all=$((n_all + 1))
			"$first" || { echo "$call $n"; return 1; }
		done
	done
	echo "$n_all places"
	[ "$n_all" -gt 15 ]
}
then_undo() {
	setup --undo && unchanged
}
then_again() {
	setup --hgs $HGS && grub_has_each && setup --undo && unchanged
}
check "killed anywhere, undo restores all" crash_each then_undo
check "killed anywhere, setup goes on, and undo restores all" \
	crash_each then_again
undo_killed() {
	local call n n_all=0

	for call in unlink,unlinkat rename,renameat fsync rmdir; do
		for ((n = 1; n < 60; n++)); do
			clean_up
			setup --hgs $HGS >/dev/null || return 1
			killed "$call" "$n" "$GUARDCTL" --root "$T" setup \
				--undo || break
			n_all=$((n_all + 1))
			setup --undo || return 1
			unchanged | grep '^[<>].* [fl] ' && return 1
		done
	done
	echo "$n_all places"
	[ "$n_all" -gt 5 ]
}
check "undo killed anywhere, undo again restores every file" undo_killed

# --- a real system --------------------------------------------------------------

debian_suite

t_done
