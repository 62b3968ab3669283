/* The real clock, the system's random generator, and files. */
#include "base/base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int64_t real_now_ms(void *state)
{
    (void)state;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void real_random(void *state, unsigned char *out, size_t n)
{
    (void)state;
    while (n) {
        ssize_t got = getrandom(out, n, 0);
        if (got < 0) {
            CHECK(errno == EINTR);
            continue;
        }
        out += got;
        n -= (size_t)got;
    }
}

const struct world world_real = {NULL, real_now_ms, real_random};

int64_t monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static enum status file_error(struct error *err, const char *path, const char *verb)
{
    int code = errno;
    enum error_kind kind = code == ENOENT ? ERROR_NOT_FOUND : ERROR_UNAVAILABLE;
    return error_set(err, kind, code == ENOENT ? "file-not-found" : "file-error", "cannot %s %s: %s", verb, path,
                     strerror(code));
}

enum status file_read(struct arena *arena, const char *path, size_t max, struct str *out, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return file_error(err, path, "open");
    struct buf content;
    buf_init(&content, 0);
    char block[65536];
    ssize_t got = 0;
    while (content.len <= max && (got = read(fd, block, sizeof(block))) > 0)
        buf_put(&content, (struct str){block, (size_t)got});
    int failed = got < 0 ? errno : 0;
    close(fd);
    enum status status = OK;
    if (failed) {
        errno = failed;
        status = file_error(err, path, "read");
    } else if (content.len > max || content.overflowed) {
        status = error_set(err, ERROR_TOO_LARGE, "file-too-large", "%s is larger than %zu bytes", path, max);
    } else {
        *out = arena_str(arena, buf_str(&content));
    }
    buf_release(&content);
    return status;
}

static bool write_all(int fd, struct str content)
{
    while (content.len) {
        ssize_t done = write(fd, content.data, content.len);
        if (done < 0) {
            if (errno == EINTR)
                continue;
            return false;
        }
        content.data += done;
        content.len -= (size_t)done;
    }
    return fsync(fd) == 0;
}

enum status file_write(const char *path, struct str content, int mode, struct error *err)
{
    struct buf temporary;
    buf_init(&temporary, 0);
    buf_printf(&temporary, "%s.new-%ld", path, (long)getpid());
    int fd = open(temporary.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    enum status status = OK;
    if (fd < 0) {
        status = file_error(err, temporary.data, "create");
    } else {
        bool written = write_all(fd, content);
        if (close(fd) != 0 || !written || rename(temporary.data, path) != 0) {
            status = file_error(err, path, "write");
            unlink(temporary.data);
        }
    }
    buf_release(&temporary);
    return status;
}

static int compare_names(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

enum status folder_list(struct arena *arena, const char *path, const char *suffix, struct str **out, size_t *count,
                        struct error *err)
{
    DIR *folder = opendir(path);
    if (!folder)
        return file_error(err, path, "list");
    VECTOR(struct str) names = {0};
    for (struct dirent *entry; (entry = readdir(folder));) {
        struct str name = str_of(entry->d_name);
        if (name.data[0] != '.' && str_ends(name, str_of(suffix)))
            VECTOR_PUSH(arena, &names, arena_str(arena, name));
    }
    closedir(folder);
    if (names.count)
        qsort(names.items, names.count, sizeof(*names.items), compare_names);
    *out = names.items;
    *count = names.count;
    return OK;
}
