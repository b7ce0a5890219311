#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The rows that need a running HGS: starts one, and load-hgs, which is a host
# with a software TPM. What counts is the CPU time of the HGS's processes.
set -euo pipefail

SW_ROOT=${SW_ROOT:-$(cd "$(dirname "$0")/.." && pwd)}
SW_BUILD=${SW_BUILD:-$SW_ROOT/build}
export SW_ROOT SW_BUILD

ROWS=()
for row in attest_tpm_full release_keepalive attest_tpm_incremental_service; do
	[ $# -eq 0 ] || [[ " $* " == *" $row "* ]] || continue
	ROWS+=("$row")
done
[ ${#ROWS[@]} -ne 0 ] || exit 0

# shellcheck source=tests/demo/lib.sh
. "$SW_ROOT/tests/demo/lib.sh"
OUT=$(mktemp -d "${TMPDIR:-/tmp}/shieldwall-bench.XXXXXX")
finish() {
	world_close
	rm -rf "$OUT"
}
trap finish EXIT

world_open "$OUT"
hgs_init hgs >"$OUT/init.log" 2>&1 || {
	cat "$OUT/init.log" >&2
	exit 3
}
# One address makes all of the load.
mkdir -p "$OUT/hgs/etc/shieldwall/hgs.conf.d"
printf '[attestation]\nrate_per_peer = 1000000\n' \
	>"$OUT/hgs/etc/shieldwall/hgs.conf.d/bench.conf"
hgs_start hgs || {
	cat "$OUT/hgs.log" >&2
	exit 3
}
HGSCTL=$(command -v hgsctl)
export HGSCTL
# shellcheck disable=SC2154 # set by hgs_init and hgs_start
"$SW_BUILD/bench/load-hgs" "$OUT/hgs" "$URL_hgs" "$PID_hgs" "${ROWS[@]}" || {
	cat "$OUT/hgs.log" >&2
	exit 3
}
