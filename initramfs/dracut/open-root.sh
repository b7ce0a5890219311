#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
/usr/lib/shieldwall/verity-root open
