#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Sourced by dracut: a verity root needs no root= on the command line.
# shellcheck disable=SC2034 # dracut reads these
if getarg shieldwall.verity= >/dev/null; then
	root=block:/dev/mapper/shieldwall-root
	rootok=1
fi
