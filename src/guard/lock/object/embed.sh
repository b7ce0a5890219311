#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# embed.sh object|digest FILE: a header with the file's bytes or its SHA-256.
set -euo pipefail

# Two hexadecimal digits each become "0x12,", twelve on a line.
octets() {
	fold -w 2 | sed 's/.*/0x&,/' | paste -d ' ' - - - - - - - - - - - - |
		sed 's/^/	/; s/ *$//'
}

printf '/* Made from %s. */\n' "${2##*/}"
case $1 in
object)
	printf '#include <stdint.h>\n\n%s\n' \
		'static const uint8_t lock_object[] __attribute__((aligned(8))) = {'
	od -An -v -tx1 "$2" | tr -d ' \n' | octets
	echo '};'
	;;
digest)
	sum=$(sha256sum <"$2")
	printf '#define LOCK_OBJECT_DIGEST { %s }\n' \
		"$(printf '%s' "${sum%% *}" | octets | tr -d '\n\t')"
	;;
esac
