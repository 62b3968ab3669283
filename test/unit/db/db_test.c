/* The seam's promises, the same tests on every driver. */
#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>

static const struct db_migration migrations[] = {
    {1, "first",
     "CREATE TABLE counter (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, n BIGINT NOT NULL CHECK (n >= 0));"
     "CREATE TABLE thing (id BIGINT PRIMARY KEY, i INTEGER, t TEXT, b BLOB, r REAL);"
     "INSERT INTO counter (name, n) VALUES ('a', 0);",
     NULL, NULL},
    {2, "second", "CREATE TABLE line (region TEXT NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (region, n)) WITHOUT ROWID",
     NULL, NULL},
};

DB_SQL(counter_get, "SELECT n FROM counter WHERE name = ?1");
DB_SQL(counter_set, "UPDATE counter SET n = ?2 WHERE name = ?1");
DB_SQL(counter_put, "INSERT INTO counter (name, n) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET n = excluded.n");
DB_SQL(counter_try, "INSERT INTO counter (name, n) VALUES (?1, 1) ON CONFLICT (name) DO NOTHING");
DB_SQL(counter_new, "INSERT INTO counter (name, n) VALUES (?1, 7) RETURNING id, name");
DB_SQL(counter_sum, "SELECT CAST(sum(n) AS BIGINT), count(*), sum(n) FROM counter");
DB_SQL(thing_add, "INSERT INTO thing (id, i, t, b, r) VALUES (?1, ?2, ?3, ?4, ?5)");
DB_SQL(thing_get, "SELECT i, t, b, r FROM thing WHERE id = ?1");
DB_SQL(line_add, "INSERT INTO line (region, n) VALUES (?1, ?2)");
DB_SQL(line_count, "SELECT count(*) FROM line");
DB_SQL(line_list, "SELECT region, n FROM line ORDER BY region, n LIMIT ?1 OFFSET ?2");
DB_SQL(wrong_statement, "SELECT no_such_column FROM counter");

static void migrate(struct fixture *fixture)
{
    struct error err = ERROR_INIT;
    assert_ok(db_migrate(fixture->db, migrations, COUNT_OF(migrations), &err));
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

static int64_t count_lines(struct fixture *fixture)
{
    struct error err = ERROR_INIT;
    int64_t n = -1;
    assert_ok(db_read(fixture->db, read_count, &n, &err));
    return n;
}

static enum status add_line(struct db_tx *tx, void *arg, struct error *err)
{
    return db_exec(tx, &line_add, P(P_LIT("a"), P_INT(*(int64_t *)arg)), err);
}

/* ---- Migrations ------------------------------------------------------------------------------------------------- */

static void each_migration_is_applied_once(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    int version = -1;
    assert_ok(db_version(fixture->db, &version, &err));
    assert_int_equal(version, 0);
    assert_ok(db_migrate(fixture->db, migrations, 1, &err));
    assert_ok(db_version(fixture->db, &version, &err));
    assert_int_equal(version, 1);
    migrate(fixture);
    migrate(fixture);
    assert_ok(db_version(fixture->db, &version, &err));
    assert_int_equal(version, 2);
    assert_int_equal(count_lines(fixture), 0);
}

static void a_newer_or_changed_database_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    migrate(fixture);
    assert_int_equal(db_migrate(fixture->db, migrations, 1, &err), FAILED);
    assert_string_equal(err.type, "db-too-new");
    struct db_migration changed[] = {migrations[0], migrations[1]};
    changed[1].sql = "CREATE TABLE other (n BIGINT)";
    assert_int_equal(db_migrate(fixture->db, changed, 2, &err), FAILED);
    assert_string_equal(err.type, "db-migration-changed");
}

static void a_failing_migration_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    const struct db_migration bad[] = {
        migrations[0], {2, "bad", "CREATE TABLE half (n BIGINT); CREATE TABLE half (n BIGINT)", NULL, NULL}};
    assert_int_equal(db_migrate(fixture->db, bad, 2, &err), FAILED);
    assert_non_null(strstr(err.message, "migration 2 (bad)"));
    const struct db_migration good[] = {migrations[0], {2, "good", "CREATE TABLE half (n BIGINT)", NULL, NULL}};
    assert_ok(db_migrate(fixture->db, good, 2, &err));
}

/* ---- Values ----------------------------------------------------------------------------------------------------- */

static enum status write_values(struct db_tx *tx, void *arg, struct error *err)
{
    (void)arg;
    if (db_exec(
            tx, &thing_add,
            P(P_INT(1), P_INT(INT64_MIN), P_TEXT(STR("健康")), P_BLOB(((struct str){"\0\xff\x01", 3})), P_DOUBLE(-0.5)),
            err))
        return FAILED;
    if (db_exec(tx, &thing_add, P(P_INT(2), P_INT(INT64_MAX), P_TEXT(STR("")), P_BLOB(STR("")), P_DOUBLE(1e300)), err))
        return FAILED;
    if (db_exec(tx, &thing_add, P(P_INT(3), P_INT_OR_NULL(false, 5), P_TEXT(STR_NONE), P_BLOB(STR_NONE), P_NULL), err))
        return FAILED;
    return db_exec(tx, &thing_add, P(P_INT(4), P_NULL, P_NULL, P_NULL, P_NULL), err);
}

static enum status read_values(struct db_tx *tx, void *arg, struct error *err)
{
    (void)arg;
    struct db_rows rows;
    struct arena *arena = db_tx_arena(tx);
    if (db_query(tx, arena, &thing_get, P(P_INT(1)), &rows, err))
        return FAILED;
    assert_true(db_next(&rows));
    assert_true(db_int64(&rows, 0) == INT64_MIN);
    assert_true(str_equal(db_text(&rows, 1), STR("健康")));
    assert_true(str_equal(db_blob(&rows, 2), ((struct str){"\0\xff\x01", 3})));
    assert_true(db_double(&rows, 3) == -0.5);
    assert_false(db_next(&rows));
    if (db_query(tx, arena, &thing_get, P(P_INT(2)), &rows, err))
        return FAILED;
    assert_true(db_next(&rows));
    assert_true(db_int64(&rows, 0) == INT64_MAX);
    assert_true(db_text(&rows, 1).data && db_text(&rows, 1).len == 0);
    assert_true(!db_is_null(&rows, 2) && db_blob(&rows, 2).len == 0);
    assert_true(db_double(&rows, 3) == 1e300);
    for (int64_t id = 3; id <= 4; id++) {
        if (db_query(tx, arena, &thing_get, P(P_INT(id)), &rows, err))
            return FAILED;
        assert_true(db_next(&rows));
        for (size_t i = 0; i < 4; i++)
            assert_true(db_is_null(&rows, i));
        assert_true(db_int64(&rows, 0) == 0 && !db_text(&rows, 1).data);
    }
    return OK;
}

static void values_come_back_as_they_went(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    migrate(fixture);
    assert_ok(db_write(fixture->db, write_values, NULL, &err));
    assert_ok(db_read(fixture->db, read_values, NULL, &err));
}

static enum status use_dialect(struct db_tx *tx, void *arg, struct error *err)
{
    (void)arg;
    struct db_rows rows;
    int64_t changed = -1;
    if (db_exec(tx, &counter_put, P(P_LIT("a"), P_INT(4)), err) ||
        db_exec(tx, &counter_put, P(P_LIT("b"), P_INT(5)), err))
        return FAILED;
    if (db_exec_count(tx, &counter_try, P(P_LIT("a")), &changed, err))
        return FAILED;
    assert_int_equal(changed, 0);
    if (db_exec_count(tx, &counter_try, P(P_LIT("c")), &changed, err))
        return FAILED;
    assert_int_equal(changed, 1);
    if (db_query(tx, db_tx_arena(tx), &counter_new, P(P_LIT("d")), &rows, err))
        return FAILED;
    assert_true(db_next(&rows) && db_int64(&rows, 0) > 0 && str_equal(db_text(&rows, 1), STR("d")));
    if (db_query(tx, db_tx_arena(tx), &counter_sum, P_NONE, &rows, err))
        return FAILED;
    assert_true(db_next(&rows));
    assert_int_equal(db_int64(&rows, 0), 17);
    assert_int_equal(db_int64(&rows, 1), 4);
    assert_int_equal(db_int64(&rows, 2), 17); /* PostgreSQL's sum is a numeric */
    return OK;
}

static void upsert_returning_and_sums_work(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    migrate(fixture);
    assert_ok(db_write(fixture->db, use_dialect, NULL, &err));
}

static enum status add_names(struct db_tx *tx, void *arg, struct error *err)
{
    (void)arg;
    static const char *const names[] = {"é", "a", "Z", "z", "中", "_"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (db_exec(tx, &line_add, P(P_TEXT(str_of(names[i])), P_INT(1)), err))
            return FAILED;
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &line_list, P(P_INT(5), P_INT(1)), &rows, err))
        return FAILED;
    static const char *const expected[] = {"_", "a", "z", "é", "中"};
    assert_int_equal(rows.count, 5);
    for (size_t i = 0; db_next(&rows); i++)
        assert_string_equal(db_text(&rows, 0).data, expected[i]);
    return OK;
}

static void texts_are_ordered_by_bytes(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    migrate(fixture);
    assert_ok(db_write(fixture->db, add_names, NULL, &err));
}

static enum status add_nul(struct db_tx *tx, void *arg, struct error *err)
{
    (void)arg;
    return db_exec(tx, &line_add, P(P_TEXT(((struct str){"a\0b", 3})), P_INT(1)), err);
}

static void a_text_with_a_zero_byte_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    migrate(fixture);
    assert_int_equal(db_write(fixture->db, add_nul, NULL, &err), FAILED);
    assert_string_equal(err.type, "bad-text");
    assert_int_equal(err.kind, ERROR_INVALID);
}

/* ---- Errors ----------------------------------------------------------------------------------------------------- */

static enum status add_twice(struct db_tx *tx, void *arg, struct error *err)
{
    int64_t one = 1;
    (void)arg;
    return add_line(tx, &one, err) ? FAILED : add_line(tx, &one, err);
}

static enum status break_check(struct db_tx *tx, void *arg, struct error *err)
{
    (void)arg;
    return db_exec(tx, &counter_set, P(P_LIT("a"), P_INT(-1)), err);
}

static enum status use_wrong_statement(struct db_tx *tx, void *arg, struct error *err)
{
    (void)arg;
    return db_exec(tx, &wrong_statement, P_NONE, err);
}

static void failures_are_told_apart(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    migrate(fixture);
    assert_int_equal(db_write(fixture->db, add_twice, NULL, &err), FAILED);
    assert_string_equal(err.type, "db-unique");
    assert_int_equal(err.kind, ERROR_CONFLICT);
    assert_non_null(strstr(err.field, "line"));
    assert_true(db_error_is_unique(&err));
    assert_int_equal(db_write(fixture->db, break_check, NULL, &err), FAILED);
    assert_string_equal(err.type, "db-constraint");
    assert_int_equal(db_write(fixture->db, use_wrong_statement, NULL, &err), FAILED);
    assert_string_equal(err.type, "db-statement");
    int64_t n = 9;
    assert_int_equal(db_read(fixture->db, add_line, &n, &err), FAILED);
    assert_string_equal(err.type, "db-read-only");
    assert_int_equal(count_lines(fixture), 0);
    assert_ok(db_write(fixture->db, add_line, &n, &err));
    assert_int_equal(count_lines(fixture), 1);
}

/* Goes on after a failed statement and claims success: the transaction must fail all the same. */
static enum status ignore_failure(struct db_tx *tx, void *arg, struct error *err)
{
    struct error inner;
    assert_int_equal(add_twice(tx, arg, &inner), FAILED);
    int64_t two = 2;
    assert_int_equal(add_line(tx, &two, &inner), FAILED);
    assert_string_equal(inner.type, "db-aborted");
    (void)err;
    return OK;
}

static void nothing_can_follow_a_failed_statement(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    migrate(fixture);
    assert_int_equal(db_write(fixture->db, ignore_failure, NULL, &err), FAILED);
    assert_string_equal(err.type, "db-unique");
    assert_int_equal(count_lines(fixture), 0);
}

static void count_up(void *arg)
{
    ++*(int *)arg;
}

static enum status hook_and_fail(struct db_tx *tx, void *arg, struct error *err)
{
    db_after_commit(tx, count_up, arg);
    return add_twice(tx, NULL, err);
}

static enum status try_parts(struct db_tx *tx, void *arg, struct error *err)
{
    int64_t lines[] = {10, 11};
    struct error inner;
    db_after_commit(tx, count_up, arg);
    if (db_try(tx, add_line, &lines[0], err))
        return FAILED;
    assert_int_equal(db_try(tx, hook_and_fail, arg, &inner), FAILED);
    assert_string_equal(inner.type, "db-unique");
    assert_int_equal(db_try(tx, ignore_failure, NULL, &inner), FAILED);
    assert_string_equal(inner.type, "db-unique");
    return add_line(tx, &lines[1], err);
}

static void db_try_undoes_only_its_own_part(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    int hooks = 0;
    migrate(fixture);
    assert_ok(db_write(fixture->db, try_parts, &hooks, &err));
    assert_int_equal(count_lines(fixture), 2);
    assert_int_equal(hooks, 1);
    assert_int_equal(db_write(fixture->db, hook_and_fail, &hooks, &err), FAILED);
    assert_int_equal(hooks, 1);
}

static enum status refuse_after_writing(struct db_tx *tx, void *arg, struct error *err)
{
    if (add_line(tx, arg, err))
        return FAILED;
    return error_set(err, ERROR_CONFLICT, "case-closed", "The case is closed.");
}

static void a_refusal_keeps_its_error_and_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    int64_t n = 1;
    migrate(fixture);
    assert_int_equal(db_write(fixture->db, refuse_after_writing, &n, &err), FAILED);
    assert_string_equal(err.type, "case-closed");
    assert_int_equal(count_lines(fixture), 0);
}

static enum status add_later(struct db_tx *tx, void *arg, struct error *err)
{
    for (int64_t i = 0; i < *(int64_t *)arg; i++)
        if (db_exec_later(tx, &line_add, P(P_LIT("later"), P_INT(i)), err))
            return FAILED;
    return OK;
}

static enum status add_later_twice(struct db_tx *tx, void *arg, struct error *err)
{
    int64_t one = 1;
    (void)arg;
    return add_later(tx, &one, err) ? FAILED : add_later(tx, &one, err);
}

static void statements_run_later_are_done_by_the_commit_or_fail_it(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    migrate(fixture);
    assert_int_equal(db_write(fixture->db, add_later_twice, NULL, &err), FAILED);
    assert_string_equal(err.type, "db-unique");
    int64_t n = 500;
    assert_ok(db_write(fixture->db, add_later, &n, &err));
    assert_int_equal(count_lines(fixture), 500);
}

/* ---- Results ------------------------------------------------------------------------------------------------------
 */

struct scan {
    int64_t rows;
    int64_t stop_at;
};

static enum status scan_line(const struct db_rows *row, void *arg, struct error *err)
{
    struct scan *scan = arg;
    assert_true(str_equal(db_text(row, 0), STR("later")));
    assert_int_equal(db_int64(row, 1), scan->rows);
    if (++scan->rows == scan->stop_at)
        return error_set(err, ERROR_LIMIT, "enough", "Enough.");
    return OK;
}

static enum status scan_lines(struct db_tx *tx, void *arg, struct error *err)
{
    return db_scan(tx, &line_list, P(P_INT(1000000), P_INT(0)), (struct db_row_sink){scan_line, arg}, err);
}

static void a_scan_gives_each_row_and_stops_when_told(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    migrate(fixture);
    int64_t n = 3000;
    assert_ok(db_write(fixture->db, add_later, &n, &err));
    struct scan all = {0};
    assert_ok(db_read(fixture->db, scan_lines, &all, &err));
    assert_int_equal(all.rows, 3000);
    struct scan some = {.stop_at = 10};
    assert_int_equal(db_read(fixture->db, scan_lines, &some, &err), FAILED);
    assert_string_equal(err.type, "enough");
    assert_int_equal(some.rows, 10);
    assert_int_equal(count_lines(fixture), 3000);
}

/* ---- Concurrency ----------------------------------------------------------------------------------------------------
 */

static enum status increment(struct db_tx *tx, void *arg, struct error *err)
{
    struct db_rows rows;
    (void)arg;
    if (db_query(tx, db_tx_arena(tx), &counter_get, P(P_LIT("a")), &rows, err))
        return FAILED;
    assert_true(db_next(&rows));
    return db_exec(tx, &counter_set, P(P_LIT("a"), P_INT(db_int64(&rows, 0) + 1)), err);
}

struct crowd {
    struct fixture *fixture;
    atomic_int next;
    atomic_int done;
};

static void *increment_often(void *arg)
{
    struct crowd *crowd = arg;
    for (int i = 0; i < 25; i++) {
        struct error err = ERROR_INIT;
        if (db_write(crowd->fixture->db, increment, NULL, &err) == OK)
            atomic_fetch_add(&crowd->done, 1);
    }
    return NULL;
}

static void run_crowd(struct crowd *crowd, void *(*fn)(void *), int threads)
{
    pthread_t ids[64];
    for (int i = 0; i < threads; i++)
        assert_int_equal(pthread_create(&ids[i], NULL, fn, crowd), 0);
    for (int i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
}

static enum status read_counter(struct db_tx *tx, void *arg, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &counter_get, P(P_LIT("a")), &rows, err))
        return FAILED;
    assert_true(db_next(&rows));
    *(int64_t *)arg = db_int64(&rows, 0);
    return OK;
}

static void no_increment_is_lost_among_threads(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    migrate(fixture);
    struct crowd crowd = {.fixture = fixture};
    run_crowd(&crowd, increment_often, 8);
    int64_t n = -1;
    assert_ok(db_read(fixture->db, read_counter, &n, &err));
    assert_true(crowd.done > 0);
    assert_int_equal(n, crowd.done);
}

/* Every third function fails after it has written. */
static void *add_or_refuse(void *arg)
{
    struct crowd *crowd = arg;
    for (int i = 0; i < 30; i++) {
        int64_t n = atomic_fetch_add(&crowd->next, 1);
        struct error err = ERROR_INIT;
        enum status status = db_write(crowd->fixture->db, n % 3 == 0 ? refuse_after_writing : add_line, &n, &err);
        if (status == OK)
            atomic_fetch_add(&crowd->done, 1);
        else
            assert_string_equal(err.type, n % 3 == 0 ? "case-closed" : "never");
    }
    return NULL;
}

static void a_failing_neighbour_harms_nobody(void **state)
{
    struct fixture *fixture = *state;
    migrate(fixture);
    struct crowd crowd = {.fixture = fixture};
    run_crowd(&crowd, add_or_refuse, 8);
    assert_int_equal(crowd.done, 160);
    assert_int_equal(count_lines(fixture), 160);
}

/* ---- Snapshots -------------------------------------------------------------------------------------------------- */

struct overlap {
    struct fixture *fixture;
    atomic_int step;
    int64_t before;
    int64_t after;
};

static void wait_step(struct overlap *overlap, int step)
{
    while (atomic_load(&overlap->step) < step)
        usleep(200);
}

static enum status write_slowly(struct db_tx *tx, void *arg, struct error *err)
{
    struct overlap *overlap = arg;
    int64_t n = 1;
    if (add_line(tx, &n, err))
        return FAILED;
    atomic_store(&overlap->step, 1); /* written, not committed */
    wait_step(overlap, 2);           /* the reader has read */
    return OK;
}

static void *slow_writer(void *arg)
{
    struct overlap *overlap = arg;
    struct error err = ERROR_INIT;
    assert_ok(db_write(overlap->fixture->db, write_slowly, overlap, &err));
    atomic_store(&overlap->step, 3);
    return NULL;
}

static enum status read_twice(struct db_tx *tx, void *arg, struct error *err)
{
    struct overlap *overlap = arg;
    if (read_count(tx, &overlap->before, err))
        return FAILED;
    atomic_store(&overlap->step, 2);
    wait_step(overlap, 3); /* committed */
    return read_count(tx, &overlap->after, err);
}

static void a_reader_keeps_its_snapshot_and_never_waits_for_the_writer(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    migrate(fixture);
    struct overlap overlap = {.fixture = fixture};
    pthread_t writer;
    assert_int_equal(pthread_create(&writer, NULL, slow_writer, &overlap), 0);
    wait_step(&overlap, 1);
    assert_ok(db_read(fixture->db, read_twice, &overlap, &err));
    pthread_join(writer, NULL);
    assert_int_equal(overlap.before, 0);
    assert_int_equal(overlap.after, 0);
    assert_int_equal(count_lines(fixture), 1);
}

/* ---- Faults ----------------------------------------------------------------------------------------------------- */

static enum status add_three(struct db_tx *tx, void *arg, struct error *err)
{
    (void)arg;
    for (int64_t i = 1; i <= 3; i++)
        if (add_line(tx, &i, err))
            return FAILED;
    return OK;
}

static void whichever_statement_fails_nothing_is_half_written(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    migrate(fixture);
    int64_t nth = 1;
    for (;; nth++) {
        db_fault(fixture->db, DB_FAULT_STATEMENT, nth);
        if (db_write(fixture->db, add_three, NULL, &err) == OK)
            break;
        assert_true(db_fault_struck(fixture->db));
        assert_string_equal(err.type, "db-fault");
        assert_int_equal(count_lines(fixture), 0);
    }
    assert_int_equal(nth, 4);
    db_fault(fixture->db, DB_FAULT_STATEMENT, 0);
    assert_int_equal(count_lines(fixture), 3);
}

static void a_failed_commit_acknowledges_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    migrate(fixture);
    db_fault(fixture->db, DB_FAULT_COMMIT, 1);
    int64_t n = 1;
    assert_int_equal(db_write(fixture->db, add_line, &n, &err), FAILED);
    assert_string_equal(err.type, "db-fault");
    assert_int_equal(count_lines(fixture), 0);
    assert_ok(db_write(fixture->db, add_line, &n, &err));
    struct db_stats stats;
    db_stats_get(fixture->db, &stats);
    assert_int_equal(stats.queued, 0);
    assert_true(stats.writes >= 3 && stats.failed == 1 && stats.commit_us.count >= 3);
    struct buf metrics;
    buf_init(&metrics, 0);
    db_metrics_write(fixture->db, &metrics);
    assert_non_null(strstr(metrics.data, "db_write_failures_total 1\n"));
    buf_release(&metrics);
}

DB_SQL(endless,
       "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000) SELECT count(*) FROM n",
       "SELECT pg_sleep(60)");

static enum status run_endless(struct db_tx *tx, void *arg, struct error *err)
{
    (void)arg;
    return db_exec(tx, &endless, P_NONE, err);
}

static void a_statement_that_takes_too_long_is_stopped(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    assert_int_equal(db_read(fixture->db, run_endless, NULL, &err), FAILED);
    assert_string_equal(err.type, "db-timeout");
    assert_ok(db_ping(fixture->db, &err));
    assert_ok(db_check(fixture->db, &err));
}

static void an_unreachable_database_is_a_clear_error(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct db *db = NULL;
    assert_int_equal(db_open("sqlite:/no/such/folder/x.db", NULL, &db, &err), FAILED);
    assert_string_equal(err.type, "db-unavailable");
    assert_int_equal(db_open("postgres:///x?host=/no/such/folder", NULL, &db, &err), FAILED);
    assert_string_equal(err.type, "db-unavailable");
    assert_int_equal(db_open("", NULL, &db, &err), FAILED);
    assert_string_equal(err.type, "db-address");
    assert_null(db);
}

/* ---- PostgreSQL only -------------------------------------------------------------------------------------------- */

DB_SQL(end_connection, "SELECT 1", "SELECT 1 FROM (SELECT pg_terminate_backend(pg_backend_pid())) AS ended");

static enum status lose_connection_once(struct db_tx *tx, void *arg, struct error *err)
{
    int *runs = arg;
    int64_t n = 1;
    if (add_line(tx, &n, err))
        return FAILED;
    return ++*runs == 1 ? db_exec(tx, &end_connection, P_NONE, err) : OK;
}

static void a_lost_connection_is_replaced_and_the_function_runs_again(void **state)
{
    struct fixture *fixture = *state;
    struct error err = ERROR_INIT;
    migrate(fixture);
    int runs = 0;
    assert_ok(db_write(fixture->db, lose_connection_once, &runs, &err));
    assert_int_equal(runs, 2);
    assert_int_equal(count_lines(fixture), 1);
    assert_int_equal(db_backup(fixture->db, "/tmp/never", &err), FAILED);
    assert_non_null(strstr(err.hint, "pg_dump"));
}

static int set_up_file(void **state)
{
    *state = fixture_new(PLACE_FILE);
    return 0;
}
static int set_up_memory(void **state)
{
    *state = fixture_new(PLACE_MEMORY);
    return 0;
}
static int set_up_postgres(void **state)
{
    *state = fixture_new(PLACE_POSTGRES);
    return 0;
}

#define ON(set_up, test) cmocka_unit_test_setup_teardown(test, set_up, fixture_free)
#define ALONE_OR_SHARED(set_up)                                                                                        \
    ON(set_up, each_migration_is_applied_once), ON(set_up, a_newer_or_changed_database_is_refused),                    \
        ON(set_up, a_failing_migration_leaves_nothing), ON(set_up, values_come_back_as_they_went),                     \
        ON(set_up, upsert_returning_and_sums_work), ON(set_up, texts_are_ordered_by_bytes),                            \
        ON(set_up, a_text_with_a_zero_byte_is_refused), ON(set_up, failures_are_told_apart),                           \
        ON(set_up, nothing_can_follow_a_failed_statement), ON(set_up, db_try_undoes_only_its_own_part),                \
        ON(set_up, a_refusal_keeps_its_error_and_leaves_nothing),                                                      \
        ON(set_up, statements_run_later_are_done_by_the_commit_or_fail_it),                                            \
        ON(set_up, a_scan_gives_each_row_and_stops_when_told), ON(set_up, no_increment_is_lost_among_threads),         \
        ON(set_up, a_failing_neighbour_harms_nobody), ON(set_up, whichever_statement_fails_nothing_is_half_written),   \
        ON(set_up, a_failed_commit_acknowledges_nothing), ON(set_up, a_statement_that_takes_too_long_is_stopped)
#define SHARED(set_up) ALONE_OR_SHARED(set_up), ON(set_up, a_reader_keeps_its_snapshot_and_never_waits_for_the_writer)

int main(void)
{
    const struct CMUnitTest sqlite[] = {SHARED(set_up_file), ALONE_OR_SHARED(set_up_memory),
                                        cmocka_unit_test(an_unreachable_database_is_a_clear_error)};
    const struct CMUnitTest postgres[] = {
        SHARED(set_up_postgres), ON(set_up_postgres, a_lost_connection_is_replaced_and_the_function_runs_again)};
    int failed = cmocka_run_group_tests_name("sqlite", sqlite, NULL, NULL);
    start_cluster();
    if (cluster_uri[0])
        failed += cmocka_run_group_tests_name("postgres", postgres, NULL, NULL);
    else
        puts("skipped: PostgreSQL is not installed");
    stop_cluster();
    return failed;
}
