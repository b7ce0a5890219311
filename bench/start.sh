#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The rows that start a VM: makes one as its owner does, and the parts of a
# plain one beside it. Nothing of a guest is needed: what counts ends with its
# first instruction.
set -euo pipefail

SW_ROOT=${SW_ROOT:-$(cd "$(dirname "$0")/.." && pwd)}
SW_BUILD=${SW_BUILD:-$SW_ROOT/build}
PATH=$PATH:/usr/sbin:/sbin

for row in shielded_start_local owner_key_open; do
	[ $# -eq 0 ] || [[ " $* " == *" $row "* ]] || continue
	wanted=yes
done
[ -n "${wanted:-}" ] || exit 0
[ "$(id -u)" -eq 0 ] || {
	echo 'start: only root can start VMs: left out' >&2
	exit 0
}

OUT=$(mktemp -d "${TMPDIR:-/tmp}/shieldwall-bench.XXXXXX")
trap 'rm -rf "$OUT"' EXIT
export HOME=/root
CODE=/usr/share/OVMF/OVMF_CODE_4M.secboot.fd

shield() {
	"$SW_BUILD/src/ctl/shield/shield" "$@" --root "$OUT/tenant" \
		--passphrase-fd 3 3<"$OUT/passphrase" >>"$OUT/log" 2>&1 || {
		cat "$OUT/log" >&2
		exit 3
	}
}

echo 'a passphrase for the benchmark' >"$OUT/passphrase"
mkdir -p "$OUT/tenant" "$OUT/keys" "$OUT/plain/tpm"
truncate -s 64M "$OUT/disk.raw"
for name in PK KEK db; do
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=$name/" \
		-keyout "$OUT/keys/$name.key" -out "$OUT/keys/$name.crt" \
		2>>"$OUT/log"
done
shield guardian create tenant
shield guardian create fabric
shield vm protect "$OUT/disk.raw" --owner tenant --guardian fabric \
	--secure-boot "$OUT/keys" -o "$OUT/vm"

cp "$CODE" "$OUT/plain/code"
cp "$OUT/vm/nvram" "$OUT/plain/vars"
cp --sparse=always "$OUT/disk.raw" "$OUT/plain/disk"
swtpm_setup --tpm2 --tpmstate "$OUT/plain/tpm" --pcr-banks sha256 \
	>>"$OUT/log" 2>&1
"$SW_BUILD/bench/load-start" "$SW_BUILD/src/ctl/shield/shield" "$OUT/vm" \
	"$OUT/tenant" "$OUT/passphrase" "$OUT/plain" ${BENCH_STEPS:+steps}
