/* A fresh database for each test: a SQLite file, SQLite in memory, or a database in a private PostgreSQL cluster that
 * the program starts by tools/pg (or finds in TONGBAN_PG). */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/db.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum place { PLACE_FILE, PLACE_MEMORY, PLACE_POSTGRES };

struct fixture {
    enum place place;
    struct db *db;
    char where[400];
    char folder[64];
};

static char cluster_folder[64];
static char cluster_uri[300]; /* "" when there is no PostgreSQL */

#define assert_ok(call)                                                                                                \
    do {                                                                                                               \
        if ((call) != OK)                                                                                              \
            fail_msg("%s: %s: %s", #call, err.type, err.message);                                                      \
    } while (0)

static void remove_folder(const char *folder)
{
    pid_t child = fork();
    if (child == 0) {
        execlp("rm", "rm", "-rf", "--", folder, (char *)NULL);
        _exit(127);
    }
    waitpid(child, NULL, 0);
}

/* Runs tools/pg with two arguments and reads the line it prints. */
static int run_pg(const char *verb, const char *argument, char *line, size_t size)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl(SOURCE_ROOT "/tools/pg", "pg", verb, argument, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    size_t len = 0;
    ssize_t got;
    while (len < size - 1 && (got = read(ends[0], line + len, size - 1 - len)) > 0)
        len += (size_t)got;
    close(ends[0]);
    line[len] = 0;
    line[strcspn(line, "\n")] = 0;
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static __attribute__((unused)) void start_cluster(void)
{
    if (getenv("TONGBAN_PG")) {
        snprintf(cluster_uri, sizeof(cluster_uri), "%s", getenv("TONGBAN_PG"));
        return;
    }
    strcpy(cluster_folder, "/tmp/tongban-pg.XXXXXX");
    if (!mkdtemp(cluster_folder))
        abort();
    int code = run_pg("start", cluster_folder, cluster_uri, sizeof(cluster_uri));
    if (code != 0)
        cluster_uri[0] = 0;
    if (code != 0 && code != 77)
        abort();
}

static __attribute__((unused)) void stop_cluster(void)
{
    char line[16];
    if (cluster_folder[0])
        run_pg("stop", cluster_folder, line, sizeof(line));
}

/* Creates an empty database in the cluster; fixture->where becomes its URI. */
static void create_postgres(struct fixture *fixture)
{
    static int serial;
    char sql[100];
    char name[64];
    snprintf(name, sizeof(name), "t%ld_%d", (long)getpid(), serial++);
    snprintf(sql, sizeof(sql), "CREATE DATABASE %s", name);
    PGconn *connection = PQconnectdb(cluster_uri);
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        fail_msg("%s", PQerrorMessage(connection));
    PQclear(result);
    PQfinish(connection);
    const char *slashes = strstr(cluster_uri, "///");
    const char *rest = strchr(cluster_uri, '?');
    assert_true(slashes && rest);
    snprintf(fixture->where, sizeof(fixture->where), "postgresql:///%s%s", name, rest);
}

static struct fixture *fixture_new(enum place place)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    fixture->place = place;
    if (place == PLACE_POSTGRES) {
        create_postgres(fixture);
    } else if (place == PLACE_MEMORY) {
        strcpy(fixture->where, ":memory:");
    } else {
        strcpy(fixture->folder, "/tmp/tongban-db.XXXXXX");
        assert_non_null(mkdtemp(fixture->folder));
        snprintf(fixture->where, sizeof(fixture->where), "sqlite:%s/test.db", fixture->folder);
    }
    struct error err = ERROR_INIT;
    struct db_options options = {.statement_timeout_ms = 2000, .lock_timeout_ms = 20000};
    assert_ok(db_open(fixture->where, &options, &fixture->db, &err));
    return fixture;
}

static int fixture_free(void **state)
{
    struct fixture *fixture = *state;
    db_close(fixture->db);
    if (fixture->folder[0])
        remove_folder(fixture->folder);
    free(fixture);
    return 0;
}
