/* What only the SQLite driver promises: durability of group commit, a full disk, backups. */
#include "fixture.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

static const struct db_migration migrations[] = {
    {1, "first",
     "CREATE TABLE parent (id BIGINT PRIMARY KEY);"
     "CREATE TABLE line (n BIGINT PRIMARY KEY, t TEXT, parent BIGINT REFERENCES parent (id))",
     NULL, NULL}};

DB_SQL(line_add, "INSERT INTO line (n, t) VALUES (?1, ?2)");
DB_SQL(line_count, "SELECT count(*) FROM line");
DB_SQL(line_has, "SELECT 1 FROM line WHERE n = ?1");

struct line {
    int64_t n;
    struct str text;
};

static enum status add_line(struct db_tx *tx, void *arg, struct error *err)
{
    const struct line *line = arg;
    return db_exec(tx, &line_add, P(P_INT(line->n), P_TEXT(line->text)), err);
}

static enum status read_count(struct db_tx *tx, void *arg, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &line_count, P_NONE, &rows, err))
        return FAILED;
    assert_true(db_next(&rows));
    *(int64_t *)arg = db_int64(&rows, 0);
    return OK;
}

static int64_t count_lines(struct db *db)
{
    struct error err = ERROR_INIT;
    int64_t n = -1;
    assert_ok(db_read(db, read_count, &n, &err));
    return n;
}

static int set_up(void **state)
{
    struct fixture *fixture = fixture_new(PLACE_FILE);
    struct error err = ERROR_INIT;
    assert_ok(db_migrate(fixture->db, migrations, 1, &err));
    *state = fixture;
    return 0;
}

/* ---- Kill -9 -------------------------------------------------------------------------------------------------------
 */

#define CRASH_THREADS 8
#define CRASH_LINES 20000

struct crash {
    _Atomic unsigned char acknowledged[CRASH_LINES]; /* shared with the child */
    atomic_int next;
    atomic_int count;
};
struct crash_writer {
    struct db *db;
    struct crash *crash;
};

static void *write_until_killed(void *arg)
{
    struct crash_writer *writer = arg;
    for (;;) {
        struct line line = {.n = atomic_fetch_add(&writer->crash->next, 1), .text = STR("x")};
        struct error err;
        if (line.n >= CRASH_LINES)
            return NULL;
        if (db_write(writer->db, add_line, &line, &err) == OK) {
            writer->crash->acknowledged[line.n] = 1;
            atomic_fetch_add(&writer->crash->count, 1);
        }
    }
}

static void write_in_child(const char *where, struct crash *crash)
{
    struct crash_writer writer = {.crash = crash};
    struct error err;
    if (db_open(where, NULL, &writer.db, &err))
        _exit(1);
    pthread_t threads[CRASH_THREADS];
    for (size_t i = 0; i < CRASH_THREADS; i++)
        pthread_create(&threads[i], NULL, write_until_killed, &writer);
    for (size_t i = 0; i < CRASH_THREADS; i++)
        pthread_join(threads[i], NULL);
    _exit(0);
}

static enum status check_acknowledged(struct db_tx *tx, void *arg, struct error *err)
{
    const struct crash *crash = arg;
    for (int64_t n = 0; n < CRASH_LINES; n++) {
        struct db_rows rows;
        if (!crash->acknowledged[n])
            continue;
        if (db_query(tx, db_tx_arena(tx), &line_has, P(P_INT(n)), &rows, err))
            return FAILED;
        assert_int_equal(rows.count, 1);
    }
    return OK;
}

static void every_acknowledged_row_survives_kill_9(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    struct crash *crash = mmap(NULL, sizeof(*crash), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(crash != MAP_FAILED);
    for (int round = 0; round < 5; round++) {
        db_close(fixture->db);
        fixture->db = NULL;
        int before = atomic_load(&crash->count);
        pid_t child = fork();
        if (child == 0)
            write_in_child(fixture->where, crash);
        while (atomic_load(&crash->count) < before + 300)
            usleep(500);
        kill(child, SIGKILL);
        int status;
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status));
        assert_ok(db_open(fixture->where, NULL, &fixture->db, &err));
        assert_ok(db_check(fixture->db, &err));
        assert_ok(db_read(fixture->db, check_acknowledged, crash, &err));
    }
    assert_true(count_lines(fixture->db) >= 1500);
    munmap(crash, sizeof(*crash));
}

/* ---- A full disk ------------------------------------------------------------------------------------------------ */

#define LARGE_TEXT 20000

/* Writes large lines until one fails; returns how many were acknowledged. */
static int64_t write_until_full(struct db *db, struct error *err)
{
    static char text[LARGE_TEXT];
    memset(text, 'x', sizeof(text));
    struct line line = {.text = {text, sizeof(text)}};
    while (line.n < 1000 && db_write(db, add_line, &line, err) == OK)
        line.n++;
    return line.n;
}

static void a_file_that_cannot_grow_harms_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    struct rlimit small = {1024 * 1024, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    struct line line = {.n = write_until_full(fixture->db, &err), .text = STR("room again")};
    setrlimit(RLIMIT_FSIZE, &before);
    assert_true(line.n > 0 && line.n < 1000);
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    assert_int_equal(count_lines(fixture->db), line.n);
    assert_ok(db_write(fixture->db, add_line, &line, &err));
    db_close(fixture->db);
    assert_ok(db_open(fixture->where, NULL, &fixture->db, &err));
    assert_ok(db_check(fixture->db, &err));
    assert_int_equal(count_lines(fixture->db), line.n + 1);
}

/* In a child with a mount namespace of its own; 77 when the system does not allow that. */
static int fill_small_disk(const char *folder)
{
    char path[200];
    struct error err = ERROR_INIT;
    struct db *db = NULL;
    if (unshare(CLONE_NEWNS | (geteuid() ? CLONE_NEWUSER : 0)) != 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || mount("none", folder, "tmpfs", 0, "size=2m") != 0)
        return 77;
    snprintf(path, sizeof(path), "%s/small.db", folder);
    if (db_open(path, NULL, &db, &err) || db_migrate(db, migrations, 1, &err))
        return 1;
    int64_t n = write_until_full(db, &err);
    if (n == 0 || strcmp(err.type, "db-full") != 0)
        return 2;
    int64_t found = -1;
    if (db_read(db, read_count, &found, &err) || found != n || db_check(db, &err))
        return 3;
    db_close(db);
    return 0;
}

static void a_full_disk_is_told_and_harms_nothing(void **state)
{
    struct fixture *fixture = *state;
    db_close(fixture->db);
    fixture->db = NULL;
    pid_t child = fork();
    if (child == 0)
        _exit(fill_small_disk(fixture->folder));
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- Group commit ----------------------------------------------------------------------------------------------- */

struct crowd {
    struct db *db;
    atomic_int next;
};

static void *add_many(void *arg)
{
    struct crowd *crowd = arg;
    for (int i = 0; i < 200; i++) {
        struct line line = {.n = atomic_fetch_add(&crowd->next, 1), .text = STR("y")};
        struct error err;
        assert_ok(db_write(crowd->db, add_line, &line, &err));
    }
    return NULL;
}

static void many_callers_share_one_commit(void **state)
{
    struct fixture *fixture = *state;
    struct crowd crowd = {.db = fixture->db};
    pthread_t threads[32];
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_create(&threads[i], NULL, add_many, &crowd);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
    struct db_stats stats;
    db_stats_get(fixture->db, &stats);
    assert_int_equal(count_lines(fixture->db), 6400);
    assert_true(stats.commit_us.count < 6400 / 2);
}

struct busy {
    struct crowd crowd;
    atomic_bool enough;
};

static void *add_until_enough(void *arg)
{
    struct busy *busy = arg;
    while (!busy->enough) {
        struct line line = {.n = atomic_fetch_add(&busy->crowd.next, 1), .text = STR("y")};
        struct error err;
        assert_ok(db_write(busy->crowd.db, add_line, &line, &err));
    }
    return NULL;
}

static void *add_giving_way(void *arg)
{
    struct busy *busy = arg;
    db_give_way();
    for (int i = 0; i < 5; i++) {
        struct line line = {.n = -1 - i, .text = STR("z")};
        struct error err;
        assert_ok(db_write(busy->crowd.db, add_line, &line, &err));
    }
    busy->enough = true;
    return NULL;
}

static void those_who_give_way_are_served_while_others_never_rest(void **state)
{
    struct fixture *fixture = *state;
    struct busy busy = {.crowd = {.db = fixture->db}};
    pthread_t threads[8], last;
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_create(&threads[i], NULL, add_until_enough, &busy);
    pthread_create(&last, NULL, add_giving_way, &busy);
    pthread_join(last, NULL);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(count_lines(fixture->db), busy.crowd.next + 5);
}

/* ---- Backup ----------------------------------------------------------------------------------------------------- */

static void *keep_writing(void *arg)
{
    return add_many(arg);
}

static void a_backup_is_whole_while_others_write(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    struct crowd crowd = {.db = fixture->db};
    char path[128];
    snprintf(path, sizeof(path), "%s/copy.db", fixture->folder);
    add_many(&crowd);
    pthread_t writer;
    pthread_create(&writer, NULL, keep_writing, &crowd);
    assert_ok(db_backup(fixture->db, path, &err));
    pthread_join(writer, NULL);
    assert_int_equal(db_backup(fixture->db, path, &err), FAILED);
    assert_string_equal(err.type, "file-exists");
    struct db *copy = NULL;
    assert_ok(db_open(path, NULL, &copy, &err));
    assert_ok(db_check(copy, &err));
    int64_t n = count_lines(copy);
    assert_true(n >= 200 && n <= 400);
    db_close(copy);
    assert_int_equal(count_lines(fixture->db), 400);
    assert_int_equal(db_backup(fixture->db, "/no/such/folder/copy.db", &err), FAILED);
}

static void damage_is_found(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    struct crowd crowd = {.db = fixture->db};
    add_many(&crowd);
    db_close(fixture->db);
    fixture->db = NULL;
    FILE *file = fopen(fixture->where + strlen("sqlite:"), "r+");
    assert_non_null(file);
    fseek(file, 4096 + 8, SEEK_SET);
    for (int i = 0; i < 4096 * 4; i++)
        fputc(0xA5, file);
    fclose(file);
    if (db_open(fixture->where, NULL, &fixture->db, &err) == OK)
        assert_int_equal(db_check(fixture->db, &err), FAILED);
    assert_string_equal(err.type, "db-corrupt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_acknowledged_row_survives_kill_9, set_up, fixture_free),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_grow_harms_nothing, set_up, fixture_free),
        cmocka_unit_test_setup_teardown(a_full_disk_is_told_and_harms_nothing, set_up, fixture_free),
        cmocka_unit_test_setup_teardown(many_callers_share_one_commit, set_up, fixture_free),
        cmocka_unit_test_setup_teardown(those_who_give_way_are_served_while_others_never_rest, set_up, fixture_free),
        cmocka_unit_test_setup_teardown(a_backup_is_whole_while_others_write, set_up, fixture_free),
        cmocka_unit_test_setup_teardown(damage_is_found, set_up, fixture_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
