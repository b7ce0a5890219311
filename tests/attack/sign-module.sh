#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# sign-module.sh KEY CERTIFICATE MODULE OUT: takes a kernel module's signature
# off and puts one of our own there, in the kernel's format (PKCS#7 without the
# certificate, then struct module_signature and the mark). With a MOK, or a key
# of the firmware's db, the kernel takes such a module.
set -euo pipefail

key=$1 certificate=$2 module=$3 out=$4
mark='~Module signature appended~'
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

case $module in
*.xz) xz -dc "$module" >"$tmp/module" ;;
*) cp "$module" "$tmp/module" ;;
esac
# The length of the signature stands in the last 4 of the 12 bytes before it.
if [ "$(tail -c 28 "$tmp/module")" = "$mark" ]; then
	size=$(stat -c %s "$tmp/module")
	old=$(tail -c 32 "$tmp/module" | head -c 4 | od -An -tu1 |
		awk '{ print (($1 * 256 + $2) * 256 + $3) * 256 + $4 }')
	truncate -s $((size - 40 - old)) "$tmp/module"
fi
openssl cms -sign -binary -in "$tmp/module" -signer "$certificate" \
	-inkey "$key" -outform DER -noattr -nocerts -md sha256 \
	-out "$tmp/signature"
size=$(stat -c %s "$tmp/signature")
{
	cat "$tmp/module" "$tmp/signature"
	# struct module_signature: id_type 2 is PKCS#7, the rest is 0.
	printf '\0\0\2\0\0\0\0\0'
	# shellcheck disable=SC2059 # the bytes of the length are the format
	printf "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $((size >> 24)) \
		$((size >> 16 & 255)) $((size >> 8 & 255)) $((size & 255)))"
	printf '%s\n' "$mark"
} >"$out"
