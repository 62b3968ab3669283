/* The tables through their functions: migration, guards by version, unique keys, order and paging. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/case.h"
#include "store/result.h"
#include "store/schema.h"
#include "store/system.h"
#include "store/wait.h"

#include <stdlib.h>
#include <string.h>

struct fixture {
    struct db *db;
    struct arena arena;
};

static int open_db(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct error err = ERROR_INIT;
    arena_init(&f->arena);
    if (db_open(":memory:", NULL, &f->db, &err) != OK || store_migrate(f->db, &err) != OK)
        fail_msg("%s", err.message);
    *state = f;
    return 0;
}

static int close_db(void **state)
{
    struct fixture *f = *state;
    db_close(f->db);
    arena_release(&f->arena);
    free(f);
    return 0;
}

/* A test's body runs inside one transaction. */
static void within(void **state, db_function fn)
{
    struct fixture *f = *state;
    struct error err = ERROR_INIT;
    if (db_write(f->db, fn, f, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
}

static struct store_case a_case(int64_t region, int64_t id)
{
    return (struct store_case){.region = region,
                               .id = id,
                               .item = 1,
                               .packs = 1,
                               .division = region * 1000000,
                               .applicant = STR("applicant"),
                               .opened = 1,
                               .version = 1,
                               .head = STR("h"),
                               .body = STR("b"),
                               .instance = STR("i")};
}

static enum status unique_keys(struct db_tx *tx, void *arg, struct error *err)
{
    (void)arg;
    bool added;
    int64_t region, id;
    struct store_case one = a_case(230100, 1), two = a_case(230100, 2);
    one.unique_key = two.unique_key = STR("key");
    assert_int_equal(store_case_insert(tx, &one, &added, err), OK);
    assert_true(added);
    assert_int_equal(store_case_insert(tx, &two, &added, err), OK);
    assert_false(added);
    assert_int_equal(store_case_unique(tx, STR("key"), &region, &id, err), OK);
    assert_int_equal(id, 1);
    one.unique_key = STR_NONE;
    one.version = 2;
    assert_int_equal(store_case_update(tx, &one, 1, &added, err), OK);
    assert_true(added);
    assert_int_equal(store_case_insert(tx, &two, &added, err), OK);
    assert_true(added);
    return OK;
}

static void a_unique_key_is_held_until_it_is_cleared(void **state)
{
    within(state, unique_keys);
}

static enum status versions(struct db_tx *tx, void *arg, struct error *err)
{
    struct fixture *f = arg;
    bool done, found;
    struct store_case row = a_case(230100, 1), read;
    assert_int_equal(store_case_insert(tx, &row, &done, err), OK);
    row.version = 2;
    assert_int_equal(store_case_update(tx, &row, 1, &done, err), OK);
    assert_true(done);
    assert_int_equal(store_case_update(tx, &row, 1, &done, err), OK);
    assert_false(done);
    assert_int_equal(store_case_find(tx, &f->arena, 230100, 1, &read, &found, err), OK);
    assert_true(found);
    assert_int_equal(read.version, 2);
    assert_int_equal(store_case_find(tx, &f->arena, 230200, 1, &read, &found, err), OK);
    assert_false(found);
    return OK;
}

static void an_old_version_changes_nothing(void **state)
{
    within(state, versions);
}

static enum status lists(struct db_tx *tx, void *arg, struct error *err)
{
    struct fixture *f = arg;
    struct store_case *rows;
    size_t count;
    bool added;
    for (int64_t id = 1; id <= 5; id++) {
        struct store_case row = a_case(230100, id);
        row.closed = id % 2;
        assert_int_equal(store_case_insert(tx, &row, &added, err), OK);
    }
    struct store_case_filter filter = {.region = 230100, .division_to = INT64_MAX, .state = -1, .limit = 2};
    assert_int_equal(store_case_list(tx, &f->arena, &filter, &rows, &count, err), OK);
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].id, 5);
    filter.before_id = 4;
    filter.open_only = true;
    assert_int_equal(store_case_list(tx, &f->arena, &filter, &rows, &count, err), OK);
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].id, 2);
    return OK;
}

static void lists_are_newest_first_and_paged(void **state)
{
    within(state, lists);
}

static enum status counters(struct db_tx *tx, void *arg, struct error *err)
{
    int64_t first, next;
    bool taken;
    (void)arg;
    assert_int_equal(store_counter_take(tx, STR("a"), 10, 0, &first, err), OK);
    assert_int_equal(first, 1);
    assert_int_equal(store_counter_take(tx, STR("a"), 5, 0, &first, err), OK);
    assert_int_equal(first, 11);
    assert_int_equal(store_counter_peek(tx, STR("b"), &next, err), OK);
    assert_int_equal(next, 1);
    assert_int_equal(store_counter_advance(tx, STR("b"), 1, &taken, err), OK);
    assert_true(taken);
    assert_int_equal(store_counter_advance(tx, STR("b"), 1, &taken, err), OK);
    assert_false(taken);
    assert_int_equal(store_counter_peek(tx, STR("b"), &next, err), OK);
    assert_int_equal(next, 2);
    return OK;
}

static void counters_never_give_a_number_twice(void **state)
{
    within(state, counters);
}

static enum status ledger(struct db_tx *tx, void *arg, struct error *err)
{
    (void)arg;
    bool moved;
    struct store_account after, plain = {.region = 230100, .id = STR("a"), .name = STR("n")};
    struct store_account source = {.region = 230100, .id = STR("s"), .name = STR("n"), .may_be_negative = true};
    assert_int_equal(store_account_open(tx, &plain, err), OK);
    assert_int_equal(store_account_open(tx, &source, err), OK);
    assert_int_equal(store_account_move(tx, 230100, STR("a"), -1, &after, &moved, err), OK);
    assert_false(moved);
    assert_int_equal(store_account_move(tx, 230100, STR("s"), -5, &after, &moved, err), OK);
    assert_true(moved);
    assert_int_equal(after.balance, -5);
    assert_int_equal(store_account_move(tx, 230100, STR("a"), 5, &after, &moved, err), OK);
    assert_int_equal(store_account_move(tx, 230100, STR("a"), -5, &after, &moved, err), OK);
    assert_true(moved);
    assert_int_equal(after.balance, 0);
    assert_int_equal(after.entries, 2);
    return OK;
}

static void an_account_stays_at_zero_or_above(void **state)
{
    within(state, ledger);
}

static enum status outbox(struct db_tx *tx, void *arg, struct error *err)
{
    struct fixture *f = arg;
    struct store_outbox row = {.region = 230100, .due = 5, .id = 7, .exchange = STR("x"), .body = STR("b")}, *rows;
    size_t count;
    bool moved;
    assert_int_equal(store_outbox_insert(tx, &row, err), OK);
    assert_int_equal(store_outbox_due(tx, &f->arena, 230100, 4, 10, &rows, &count, err), OK);
    assert_int_equal(count, 0);
    assert_int_equal(store_outbox_due(tx, &f->arena, 230100, 5, 10, &rows, &count, err), OK);
    assert_int_equal(count, 1);
    assert_int_equal(store_outbox_move(tx, &row, 50, 1, &moved, err), OK);
    assert_true(moved);
    assert_int_equal(store_outbox_move(tx, &row, 60, 2, &moved, err), OK);
    assert_false(moved);
    return OK;
}

static void a_row_of_the_outbox_is_taken_by_one(void **state)
{
    within(state, outbox);
}

static enum status tasks(struct db_tx *tx, void *arg, struct error *err)
{
    struct fixture *f = arg;
    int64_t region = 230100;
    struct store_task *rows;
    size_t count;
    bool changed;
    for (int64_t i = 1; i <= 3; i++) {
        struct store_task row = {.id = region << STORE_KEY_BITS | i,
                                 .case_id = 1,
                                 .item = 1,
                                 .division = 230110000000,
                                 .element = STR("e"),
                                 .name = STR("n"),
                                 .form = STR("f"),
                                 .roles = i == 2 ? STR("a,b") : STR("a"),
                                 .due = i == 3 ? 0 : 10 - i};
        assert_int_equal(store_task_insert(tx, &row, err), OK);
    }
    struct store_task_filter filter = {
        .region = region, .role = STR("a"), .division_to = INT64_MAX, .after_due = INT64_MIN, .limit = 10};
    assert_int_equal(store_task_list(tx, &f->arena, &filter, &rows, &count, err), OK);
    assert_int_equal(count, 3);
    assert_int_equal(rows[0].id & 7, 2);
    assert_int_equal(rows[2].id & 7, 3);
    filter.role = STR("b");
    assert_int_equal(store_task_list(tx, &f->arena, &filter, &rows, &count, err), OK);
    assert_int_equal(count, 1);
    assert_int_equal(store_task_assign(tx, rows[0].id, STR_NONE, STR("me"), &changed, err), OK);
    assert_true(changed);
    assert_int_equal(store_task_assign(tx, rows[0].id, STR_NONE, STR("you"), &changed, err), OK);
    assert_false(changed);
    assert_int_equal(store_task_delete(tx, rows[0].id, err), OK);
    assert_int_equal(store_task_list(tx, &f->arena, &filter, &rows, &count, err), OK);
    assert_int_equal(count, 0);
    return OK;
}

static void tasks_are_listed_by_role_most_urgent_first(void **state)
{
    within(state, tasks);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_db, close_db)
    const struct CMUnitTest all[] = {
        T(a_unique_key_is_held_until_it_is_cleared),   T(an_old_version_changes_nothing),
        T(lists_are_newest_first_and_paged),           T(counters_never_give_a_number_twice),
        T(an_account_stays_at_zero_or_above),          T(a_row_of_the_outbox_is_taken_by_one),
        T(tasks_are_listed_by_role_most_urgent_first),
    };
    return cmocka_run_group_tests(all, NULL, NULL);
}
