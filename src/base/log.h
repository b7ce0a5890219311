/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines for the journal, written by programs only (never by libraries): to
 * standard error with a <N> priority prefix as systemd reads it. Outside
 * strings must be escaped by the caller (text_escape()).
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/base.h"

enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7
};

/* program: static text; journal: write the <N> prefix. */
void log_open(const char *program, enum log_level most, bool journal);
void log_line(enum log_level level, const char *fmt, ...) PRINTF(2, 3);
#define log_error(...)   log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...)  log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)    log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
