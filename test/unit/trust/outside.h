/* Runs programs of the system to check our output by other people's code. */
#pragma once

#include "base/base.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* A folder of its own for one test run. */
static inline const char *outside_folder(struct arena *arena)
{
    char *path = (char *)arena_cstr(arena, STR("/tmp/tongban-trust-XXXXXX"));
    CHECK(mkdtemp(path));
    return path;
}

static inline const char *outside_write(struct arena *arena, const char *folder, const char *name, struct str content)
{
    const char *path = arena_printf(arena, "%s/%s", folder, name).data;
    struct error err = ERROR_INIT;
    CHECK(file_write(path, content, 0600, &err) == OK);
    return path;
}

/* Runs a program with its output in a file of folder; gives its exit code, 127 if it is not installed. */
static inline int outside_run(struct arena *arena, const char *folder, const char *const *arguments, struct str *output)
{
    const char *path = arena_printf(arena, "%s/output", folder).data;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        int file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
        if (file < 0 || dup2(file, 1) < 0 || dup2(file, 2) < 0)
            _exit(126);
        execvp(arguments[0], (char *const *)arguments);
        _exit(127);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    struct error err = ERROR_INIT;
    CHECK(file_read(arena, path, 16 << 20, output, &err) == OK);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

static inline void outside_remove(struct arena *arena, const char *folder)
{
    struct str *names;
    size_t count = 0;
    struct error err = ERROR_INIT;
    CHECK(folder_list(arena, folder, "", &names, &count, &err) == OK);
    for (size_t i = 0; i < count; i++)
        unlink(arena_printf(arena, "%s/%.*s", folder, STR_ARGS(names[i])).data);
    rmdir(folder);
}
