/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files: bounded reads, atomic durable writes. Paths are taken relative to a
 * directory descriptor (AT_FDCWD for the current one).
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/secret.h"

/* A regular file of at most max bytes; refuses symlinks at the last step. */
MUST_CHECK int file_read(int dir_fd, const char *path, size_t max,
    struct buf *ret, struct diag *d);
/* Like file_read(), but of an open descriptor (file, pipe or "-"). */
MUST_CHECK int file_read_fd(int fd, const char *what, size_t max,
    struct buf *ret, struct diag *d);
/* A passphrase: the first line, without its end; 1 to 1024 bytes. */
MUST_CHECK int file_read_passphrase(int fd, const char *what,
    struct secret *ret, struct diag *d);
/*
 * Replaces or makes path with these contents: temporary file beside it, fsync,
 * rename, fsync of the folder. After a crash the old or the new file is there,
 * whole.
 */
MUST_CHECK int file_write_atomic(int dir_fd, const char *path, mode_t mode,
    struct bytes contents, struct diag *d);
/* Makes path with O_EXCL; ERR_EXISTS when it is there. Durable as above. */
MUST_CHECK int file_create(int dir_fd, const char *path, mode_t mode,
    struct bytes contents, struct diag *d);
MUST_CHECK int file_write_all(int fd, struct bytes contents, struct diag *d);
/* All n bytes at this offset; FileInvalid where the file ends before. */
MUST_CHECK int file_read_at(int fd, const char *what, uint64_t at, uint8_t *p,
    size_t n, struct diag *d);
MUST_CHECK int file_write_at(int fd, const char *what, uint64_t at,
    struct bytes contents, struct diag *d);
/* Makes each missing directory of path. */
MUST_CHECK int dir_make_all(const char *path, mode_t mode, struct diag *d);
/* A sealed, read-only memory file with these bytes (public data only). */
MUST_CHECK int memfd_sealed(const char *name, struct bytes contents,
    int *ret_fd, struct diag *d);
/* The same in pieces: file_write_all() what it holds, then seal it. */
MUST_CHECK int memfd_new(const char *name, int *ret_fd, struct diag *d);
MUST_CHECK int memfd_seal(int fd, struct diag *d);

#endif
