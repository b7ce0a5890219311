#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# compile.sh CLANG STRIP SRC OUT: the lock's programs. The HGS and a host agree
# on the lock by the digest of these bytes, so nothing of the place where they
# are built may get into them: the compiler sees relative paths only.
set -euo pipefail

clang=$1 strip=$2 src=$3 out=$(realpath "$4")

cd "$src"
"$clang" -target bpf -mcpu=v3 -O2 -g -ffreestanding -Wall -Wextra -Werror \
	-Wno-unused-parameter -fdebug-compilation-dir=. -I. \
	-c guard/lock/lock.bpf.c -o "$out"
# Debugging information goes, type information (BTF) stays.
"$strip" -g "$out"
