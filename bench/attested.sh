#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# shielded_start_attested: an HGS, a host with a software TPM and a shielded
# VM; each start attests the host anew, since release_max_age is a second here.
# What a plain start takes is measured just before, by start.sh's program.
set -euo pipefail

SW_ROOT=${SW_ROOT:-$(cd "$(dirname "$0")/.." && pwd)}
SW_BUILD=${SW_BUILD:-$SW_ROOT/build}
ROW=shielded_start_attested
ROUNDS=9

[ $# -eq 0 ] || [[ " $* " == *" $ROW "* ]] || exit 0
[ "$(id -u)" -eq 0 ] || {
	echo 'attested: only root can start VMs: left out' >&2
	exit 0
}
# shellcheck source=tests/demo/lib.sh
. "$SW_ROOT/tests/demo/lib.sh"

OUT=$(mktemp -d "${TMPDIR:-/tmp}/shieldwall-bench.XXXXXX")
trap 'world_close; rm -rf "$OUT"' EXIT
export HOME=/root

quiet() {
	"$@" >>"$OUT/log" 2>&1 </dev/null || {
		tail -n 20 "$OUT/log" >&2
		exit 3
	}
}

tenant() {
	shield --root "$OUT/tenant" --passphrase-fd 4 "$@" 4<"$OUT/passphrase"
}

make_keys() {
	local name

	mkdir "$OUT/keys"
	for name in PK KEK db; do
		openssl req -x509 -newkey rsa:2048 -nodes -days 30 \
			-subj "/CN=$name/" -keyout "$OUT/keys/$name.key" \
			-out "$OUT/keys/$name.crt"
	done
}

world_open "$OUT"
quiet hgs_init hgs
mkdir -p "$OUT/hgs/etc/shieldwall/hgs.conf.d"
printf '[release]\nrelease_max_age = 1s\n' \
	>"$OUT/hgs/etc/shieldwall/hgs.conf.d/bench.conf"
quiet hgs_start hgs
quiet host_new kvm1 "$SW_ROOT/tests/data/boot/host-good" "${URL_hgs:-}"
quiet guard kvm1 enrol --name kvm1 -o "$OUT/kvm1.enrol"
quiet hgs hgs host add kvm1 "$OUT/kvm1.enrol" --with-policies --pin-ek --yes
mkdir "$OUT/tenant"
echo 'a passphrase for the benchmark' >"$OUT/passphrase"
truncate -s 64M "$OUT/disk.raw"
quiet make_keys
quiet tenant guardian create me
fingerprint=$(sed -n 's/^guardian fingerprint: //p' "$OUT/log")
quiet tenant guardian import "${URL_hgs:-}" --name fabric \
	--fingerprint "$fingerprint"
quiet tenant vm protect "$OUT/disk.raw" --owner me --guardian fabric \
	--secure-boot "$OUT/keys" -o "$OUT/web1"
quiet guard kvm1 vm import "$OUT/web1"

plain=$(bash "$SW_ROOT/bench/start.sh" shielded_start_local |
	jq -r 'select(.name == "shielded_start_local") | .peer')
for ((i = 0; i < ROUNDS; i++)); do
	sleep 1.5 # the last attestation is too old now
	begin=$(date +%s%N)
	quiet guard kvm1 vm start web1 --wait=60
	end=$(date +%s%N)
	echo $(((end - begin) / 1000))
	quiet guard kvm1 vm kill web1
done | sort -n >"$OUT/times"
jq -cn --argjson us "$(sed -n "$((ROUNDS / 2 + 1))p" "$OUT/times")" \
	--argjson plain "$plain" --arg name "$ROW" '{name: $name,
	unit: "ms over plain", ours: ($us / 1000 - $plain), peer: $plain,
	peer_name: "the plain start, in ms", limit: null,
	ratio_peer: (($us / 1000 - $plain) / $plain), ratio_limit: null}'
