/* Errors, checks and the log. */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void check_failed(const char *fact, const char *file, int line)
{
    fprintf(stderr, "tongban: bug: %s:%d: not true: %s\n", file, line, fact);
    abort();
}

/* vsnprintf that never leaves half a UTF-8 sequence at a cut. */
static void print_cut(char *out, size_t size, const char *format, va_list arguments)
{
    int len = vsnprintf(out, size, format, arguments);
    if (len < 0)
        out[0] = 0;
    if (len < (int)size)
        return;
    size_t end = size - 1;
    while (end && ((unsigned char)out[end - 1] & 0xC0) == 0x80)
        end--;
    if (end && (unsigned char)out[end - 1] >= 0xC0)
        end--;
    out[end] = 0;
}

enum status error_set(struct error *err, enum error_kind kind, const char *type, const char *format, ...)
{
    if (!err)
        return FAILED;
    va_list arguments;
    va_start(arguments, format);
    *err = (struct error){.kind = kind};
    snprintf(err->type, sizeof(err->type), "%s", type);
    print_cut(err->message, sizeof(err->message), format, arguments);
    va_end(arguments);
    return FAILED;
}

enum status error_field(struct error *err, const char *format, ...)
{
    if (!err)
        return FAILED;
    va_list arguments;
    va_start(arguments, format);
    print_cut(err->field, sizeof(err->field), format, arguments);
    va_end(arguments);
    return FAILED;
}

enum status error_hint(struct error *err, const char *format, ...)
{
    if (!err)
        return FAILED;
    va_list arguments;
    va_start(arguments, format);
    print_cut(err->hint, sizeof(err->hint), format, arguments);
    va_end(arguments);
    return FAILED;
}

enum status error_prefix(struct error *err, const char *format, ...)
{
    if (!err)
        return FAILED;
    char prefix[sizeof(err->message)];
    char whole[sizeof(err->message) * 2 + 4];
    va_list arguments;
    va_start(arguments, format);
    print_cut(prefix, sizeof(prefix), format, arguments);
    va_end(arguments);
    snprintf(whole, sizeof(whole), "%s: %s", prefix, err->message);
    size_t end = strlen(whole);
    if (end >= sizeof(err->message)) {
        end = sizeof(err->message) - 1;
        while (end && ((unsigned char)whole[end] & 0xC0) == 0x80)
            end--;
    }
    memcpy(err->message, whole, end);
    err->message[end] = 0;
    return FAILED;
}

static enum log_level log_threshold = LOG_INFO; /* set once at start-up, read by all threads */

void log_set_level(enum log_level level)
{
    log_threshold = level;
}

static void log_put_json(struct buf *line, struct str s)
{
    buf_put_char(line, '"');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if (c < 0x20)
            buf_printf(line, "\\u%04x", c);
        else if (c == '"' || c == '\\')
            buf_printf(line, "\\%c", c);
        else
            buf_put_char(line, (char)c);
    }
    buf_put_char(line, '"');
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    if (level < log_threshold)
        return;
    char pairs[1024];
    va_list arguments;
    va_start(arguments, format);
    print_cut(pairs, sizeof(pairs), format, arguments);
    va_end(arguments);

    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct buf line;
    buf_init(&line, 4096);
    buf_printf(&line, "{\"t\":%lld,\"level\":\"%s\",\"event\":", (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000,
               names[level]);
    log_put_json(&line, str_of(event));
    struct str rest = str_of(pairs);
    while (rest.len) {
        struct str pair = str_cut(&rest, ' ');
        if (!pair.len)
            continue;
        struct str key = str_cut(&pair, '=');
        buf_put_char(&line, ',');
        log_put_json(&line, key);
        buf_put_char(&line, ':');
        log_put_json(&line, pair);
    }
    buf_put(&line, STR("}\n"));
    ssize_t written = write(STDERR_FILENO, line.data, line.len); /* one write: lines of threads do not mix */
    (void)written; /* nowhere to report it */
    buf_release(&line);
}
