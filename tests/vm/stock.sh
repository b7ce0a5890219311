# shellcheck shell=bash disable=SC2317
# SPDX-License-Identifier: Apache-2.0
#
# For run.sh: a stock Debian, under Microsoft's Secure Boot keys (vm-stock.c). It
# needs what run.sh has made: guardians, shield(), adopt().

STOCK=$SW_TMP/stock

# change_kernel IMAGE: one letter of the version that it shows. Debian's
# signature covers it; a machine that did not look at that would boot.
change_kernel() {
	local at fs path

	fs="$1?offset=$(($(sgdisk -i 2 "$1" |
		sed -n 's/^First sector: \([0-9]*\).*/\1/p') * 512))"
	path=$(debugfs -R 'stat /vmlinuz' "$fs" |
		sed -n 's/^Fast link dest: "\(.*\)"$/\1/p')
	debugfs -R "dump /$path $STOCK/kernel" "$fs"
	at=$(LC_ALL=C grep -obUaF -m 1 '(debian-kernel@' "$STOCK/kernel" |
		head -n 1 | cut -d: -f1)
	printf D | dd of="$STOCK/kernel" bs=1 seek=$((at + 1)) conv=notrunc
	debugfs -w -f /dev/stdin "$fs" <<-END
		rm vmlinuz
		write $STOCK/kernel vmlinuz
	END
}

protect_stock() {
	shield vm protect "$STOCK/stock.img" --owner tenant \
		--guardian fabric --secure-boot microsoft -o "$1"
}

check "mkstock installs Debian on a disk" \
	"$SW_ROOT/tools/mkstock" "$STOCK" --marker 'a marker in stock Debian'
check "its disk holds the marker" \
	grep -qaF 'a marker in stock Debian' "$STOCK/stock.img"
check "shield makes a VM of it" protect_stock "$FOLDERS/stock"
check "its kernel is changed" change_kernel "$STOCK/stock.img"
check "shield makes a VM of that, too" protect_stock "$FOLDERS/changed"
rm -f "$STOCK/stock.img"
check "guard-vm: a stock Debian boots, a changed one does not" \
	within 600 "$SW_BUILD/tests/vm/vm-stock" "$SW_TMP/root" stock \
	"$SW_BUILD/src/guard/vm/guard-vm" "$KEYS/fabric.key" \
	"$SW_TMP/passphrase" changed
adopt
refused "T63 its marker is not in any file of those folders" \
	grep -raqF 'a marker in stock Debian' "$FOLDERS"
