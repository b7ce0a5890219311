#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# check-manual.sh PROGRAM PAGE: every command and option that the program's
# table has stands in its manual page. Prints what does not; exit status 1.
set -euo pipefail

program=$1
page=$2
# Macro arguments lose their quoting marks: "Fl -name" is --name.
text=$(mandoc -T utf8 -O width=200 "$page" |
	sed 's,.\x08,,g' | tr '\n' ' ' | tr -s ' ')
missing=0

miss() {
	printf '%s: nothing of %s\n' "$page" "$1"
	missing=1
}

while read -r line; do
	words=${line%% -*}
	grep -qF -e "$words" <<<"$text" || miss "$words"
	for option in ${line#"$words"}; do
		grep -qE -e "(^|[^-[:alnum:]])$option($|[^-[:alnum:]])" \
			<<<"$text" || miss "$words $option"
	done
done < <("$program" commands)
exit "$missing"
