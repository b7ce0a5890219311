#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Crashes, full disks, foreign hands and searches, with every part real: HGS,
# two hosts with software TPMs, QEMU, a guest that is killed before it booted.
#
# timeout: 900
set -euo pipefail

# shellcheck source=tests/t.sh
. "$SW_ROOT/tests/t.sh"
[ "$(id -u)" -eq 0 ] || {
	t_skip "crashes of the whole" "hosts and HGS start as root"
	t_done
}
for part in world kill hgs folder secrets restart; do
	# shellcheck source=/dev/null
	. "$SW_ROOT/tests/crash/$part.sh"
done
trap 'world_end; t_end' EXIT

at() {
	printf '# %d s: %s\n' "$SECONDS" "$1"
	"$@"
}

must() {
	local before=$t_failures

	check "$@"
	[ "$t_failures" -eq "$before" ] || t_done
}

must "the programs are installed" world_programs
must "an HGS serves" world_hgs
must "a host is healthy" world_host kvm1 --with-policies
must "so is another one" world_host kvm2
must "a VM is protected" world_vm
must "it is imported" guard kvm1 vm import "$W/web1"

at each_call dies_starting "a start" fsync rename,renameat,renameat2 \
	unlink,unlinkat sendmsg
at each_call dies_stopping "a stop" fsync rename,renameat,renameat2 sendmsg
at each_call key_dies "a release by hgs-key" sendmsg
at each_call store_dies "a release by hgs-store" fdatasync
check "T86 hgsd killed as a start begins" monitor_dies 0.05
check "T86 hgsd killed as it goes on" monitor_dies 0.3
at test_folder
at test_secrets
must "a second VM" world_second_vm
at test_two
at test_guardd
at test_frozen
at test_tpm
check "the audit log is whole to the end" hgs hgs audit verify
t_done
