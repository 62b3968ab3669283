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
        row.state = id % 2 ? STORE_CASE_CLOSED : 4;
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

#define REGION 230100
#define MIXED 600

/* Two items of which one is rare and has two versions, three counties, two units or none, every state, four persons. */
static struct store_case mixed_case(int64_t id)
{
    static const char *const persons[] = {"p0", "p1", "p2", "p3"};
    static const char *const units[] = {NULL, "u1", "u2"};
    struct store_case row = a_case(REGION, id);
    row.item = id % 12 < 9 ? 1 : 2 + id % 2;
    row.division = (REGION + 1 + id / 7 % 3) * 1000000 + id % 2 * 1000;
    row.state = id / 5 % STORE_CASE_STATES;
    row.closed = row.state == STORE_CASE_CLOSED;
    row.party = str_of(persons[id / 3 % 4]);
    row.applicant = str_of(persons[id / 11 % 4]);
    row.unit = units[id / 13 % 3] ? str_of(units[id / 13 % 3]) : STR_NONE;
    return row;
}

static bool in_list(const struct store_case_filter *filter, const struct store_case *row)
{
    bool about = !filter->party.data && !filter->applicant.data;
    about |= filter->party.data && str_equal(filter->party, row->party);
    about |= filter->applicant.data && str_equal(filter->applicant, row->applicant);
    int64_t versions = filter->item == 2 ? 3 : filter->item; /* items 2 and 3 are one in two versions */
    bool item = !filter->item || row->item == filter->item || (filter->item_versions && row->item == versions);
    return about && item && (!filter->before_id || row->id < filter->before_id) &&
           row->division >= filter->division_from && row->division < filter->division_to &&
           (!filter->unit.data || str_equal(filter->unit, row->unit)) &&
           (filter->state < 0 || row->state == filter->state) && (!filter->open_only || row->state != STORE_CASE_CLOSED);
}

static void check_list(struct db_tx *tx, struct fixture *f, const struct store_case_filter *filter)
{
    struct store_case *rows;
    size_t count, n = 0;
    struct error err = ERROR_INIT;
    if (store_case_list(tx, &f->arena, filter, &rows, &count, &err) != OK)
        fail_msg("%s", err.message);
    for (int64_t id = MIXED; id > 0 && n < (size_t)filter->limit; id--) {
        struct store_case row = mixed_case(id);
        if (!in_list(filter, &row))
            continue;
        assert_true(n < count);
        assert_int_equal(rows[n].id, id);
        n++;
    }
    assert_int_equal(count, n);
}

static void check_ways(struct db_tx *tx, struct fixture *f, struct store_case_filter filter)
{
    static const char *const ways[][3] = {{NULL, NULL, NULL}, {"p1", NULL, NULL}, {NULL, "p2", NULL},
                                          {"p1", "p1", NULL}, {NULL, NULL, "u1"}, {"p3", "p3", "u2"}};
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        filter.party = ways[i][0] ? str_of(ways[i][0]) : STR_NONE;
        filter.applicant = ways[i][1] ? str_of(ways[i][1]) : STR_NONE;
        filter.unit = ways[i][2] ? str_of(ways[i][2]) : STR_NONE;
        for (filter.item = 0; filter.item < 4; filter.item++) {
            filter.item_versions = filter.item == 2;
            check_list(tx, f, &filter);
        }
    }
}

static enum status every_list(struct db_tx *tx, void *arg, struct error *err)
{
    struct fixture *f = arg;
    static const int64_t divisions[][2] = {{0, INT64_MAX},
                                           {INT64_C(230100000000), INT64_C(230200000000)},
                                           {INT64_C(230102000000), INT64_C(230103000000)},
                                           {INT64_C(230102001000), INT64_C(230102002000)}};
    bool added;
    assert_int_equal(store_item_add(tx, STR("a"), 1, err), OK);
    assert_int_equal(store_item_add(tx, STR("b"), 1, err), OK);
    assert_int_equal(store_item_add(tx, STR("b"), 2, err), OK);
    for (int64_t id = 1; id <= MIXED; id++) {
        struct store_case row = mixed_case(id);
        assert_int_equal(store_case_insert(tx, &row, &added, err), OK);
    }
    for (size_t d = 0; d < COUNT_OF(divisions); d++)
        for (int64_t state = -2; state < STORE_CASE_STATES; state++)
            for (int64_t before = 0; before <= 300; before += 300)
                check_ways(tx, f, (struct store_case_filter){.region = REGION,
                                                             .before_id = before,
                                                             .division_from = divisions[d][0],
                                                             .division_to = divisions[d][1],
                                                             .open_only = state == -2,
                                                             .state = state < 0 ? -1 : state,
                                                             .limit = before ? 200 : 7});
    return OK;
}

static void every_list_gives_what_looking_at_all_cases_gives(void **state)
{
    within(state, every_list);
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

static enum status task_scopes(struct db_tx *tx, void *arg, struct error *err)
{
    struct fixture *f = arg;
    int64_t region = REGION;
    struct store_task *rows;
    size_t count;
    for (int64_t i = 1; i <= 60; i++) {
        struct store_task row = {.id = region << STORE_KEY_BITS | i,
                                 .case_id = i,
                                 .item = 1 + i % 2,
                                 .division = (region + 1 + i % 3) * 1000000,
                                 .unit = i % 4 ? STR_NONE : STR("u1"),
                                 .element = STR("e"),
                                 .name = STR("n"),
                                 .form = STR("f"),
                                 .roles = STR("a"),
                                 .due = 100 - i};
        assert_int_equal(store_task_insert(tx, &row, err), OK);
    }
    struct store_task_filter filter = {.region = region, .role = STR("a"), .after_due = INT64_MIN, .limit = 100};
    filter.division_from = (region + 1) * 1000000;
    filter.division_to = (region + 2) * 1000000;
    assert_int_equal(store_task_list(tx, &f->arena, &filter, &rows, &count, err), OK);
    assert_int_equal(count, 20);
    assert_int_equal(rows[0].case_id, 60);
    filter.after_due = rows[9].due;
    filter.after_id = rows[9].id;
    assert_int_equal(store_task_list(tx, &f->arena, &filter, &rows, &count, err), OK);
    assert_int_equal(count, 10);
    filter = (struct store_task_filter){
        .region = region, .role = STR("a"), .division_to = INT64_MAX, .after_due = INT64_MIN, .limit = 100, .unit = STR("u1")};
    assert_int_equal(store_task_list(tx, &f->arena, &filter, &rows, &count, err), OK);
    assert_int_equal(count, 15);
    filter.unit = STR_NONE;
    filter.item = 2;
    assert_int_equal(store_task_list(tx, &f->arena, &filter, &rows, &count, err), OK);
    assert_int_equal(count, 30);
    struct store_task moved = {.id = rows[0].id, .item = 1, .element = STR("other")};
    assert_int_equal(store_task_move(tx, &moved, err), OK);
    assert_int_equal(store_task_set_due(tx, moved.id, 1, err), OK);
    assert_int_equal(store_task_list(tx, &f->arena, &filter, &rows, &count, err), OK);
    assert_int_equal(count, 29);
    filter.item = 1;
    assert_int_equal(store_task_list(tx, &f->arena, &filter, &rows, &count, err), OK);
    assert_int_equal(count, 31);
    assert_int_equal(rows[0].id, moved.id);
    return OK;
}

static void tasks_are_listed_by_county_unit_and_item(void **state)
{
    within(state, task_scopes);
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
        T(tasks_are_listed_by_role_most_urgent_first), T(every_list_gives_what_looking_at_all_cases_gives),
        T(tasks_are_listed_by_county_unit_and_item),
    };
    return cmocka_run_group_tests(all, NULL, NULL);
}
