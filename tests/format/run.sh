#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 300
#
# Other people's tools agree with our files: each tests/format/NAME.sh is one
# directory's part, sourced here.
set -uo pipefail

. "$SW_ROOT/tests/t.sh"

for part in "$SW_ROOT"/tests/format/*.sh; do
	case $part in
	*/run.sh) ;;
	*)
		# shellcheck source=/dev/null
		. "$part"
		;;
	esac
done
t_done
