/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a fuzz target defines: fuzz/fuzz_<parser>.c, one per parser. With clang
 * libFuzzer calls it; with gcc replay.c does, with every file of the corpus.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* Optional: called once before the first input. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

#endif
