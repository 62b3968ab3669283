#include "fixture.h"

#include "service/indicator.h"
#include "store/indicator.h"

static void count_due(struct fixture *f)
{
    struct error err = ERROR_INIT;
    for (size_t done = 1; done;)
        if (service_indicators_run(f->service, f->now, 2, &done, &err) != OK)
            fail_msg("%s: %s", err.type, err.message);
}

static struct value ask(struct fixture *f, const struct actor *actor, struct service_indicator_query query)
{
    struct call call = call_as(f, actor);
    struct value view = value_null;
    struct error err = ERROR_INIT;
    query.id = STR("granted-share");
    if (service_indicator_get(&call, &query, &view, &err) != OK)
        fail_msg("%s: %s %s", err.type, err.message, err.field);
    return view;
}

static double number_at(struct value v, const char *path)
{
    return value_to_double(value_path(v, path));
}

static size_t asked_cases(struct fixture *f, const char *part, struct str cursor, struct str *next)
{
    struct call call = call_as(f, &chief);
    struct value view;
    struct error err = ERROR_INIT;
    struct service_indicator_cases_query query = {
        .figure = {.id = STR("granted-share")}, .part = str_of(part), .limit = 2, .cursor = cursor};
    if (service_indicator_cases(&call, &query, &view, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    *next = text_of(view, "next");
    return value_count(value_get(view, STR("items")));
}

static void recount(struct fixture *f, bool mend, struct service_recount *out)
{
    struct call call = call_as(f, &actor_system);
    struct error err = ERROR_INIT;
    if (service_recount(&call, mend, out, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
}

static void a_figure_is_counted_by_region_item_unit_and_month(void **state)
{
    struct fixture *f = *state;
    open_case(f, &clerk, "stamp", FORM_A);
    open_case(f, &far_clerk, "stamp", FORM_B);
    open_case(f, &clerk, "permit", FORM_A);
    assert_true(value_is_null(value_get(ask(f, &chief, (struct service_indicator_query){0}), STR("value"))));
    count_due(f);
    struct value view = ask(f, &chief, (struct service_indicator_query){0});
    assert_true(number_at(view, "numerator") == 2 && number_at(view, "denominator") == 3);
    assert_true(number_at(view, "value") == 0.666667);
    assert_int_equal(value_count(value_get(view, STR("rows"))), 2);
    view = ask(f, &chief, (struct service_indicator_query){.by = STR("item")});
    assert_int_equal(value_count(value_get(view, STR("rows"))), 2);
    view = ask(f, &chief, (struct service_indicator_query){.by = STR("month")});
    assert_text(value_at(value_get(view, STR("rows")), 0), "key", "2026-07");
    view = ask(f, &chief, (struct service_indicator_query){.unit = STR("u9")});
    assert_true(number_at(view, "denominator") == 1);
    view = ask(f, &chief, (struct service_indicator_query){.item = STR("permit")});
    assert_true(number_at(view, "numerator") == 0 && number_at(view, "denominator") == 1);
    view = ask(f, &chief, (struct service_indicator_query){.region = STR("230200")});
    assert_true(number_at(view, "value") == 1);
    assert_text(view, "from", "2026-07-01");
}

static void a_case_that_moves_on_is_counted_once(void **state)
{
    struct fixture *f = *state;
    struct str no = text_of(open_case(f, &clerk, "permit", FORM_A), "no");
    struct call call = call_as(f, &person_a);
    struct value view;
    struct error err = ERROR_INIT;
    count_due(f);
    assert_true(number_at(ask(f, &chief, (struct service_indicator_query){0}), "denominator") == 1);
    assert_int_equal(service_case_act(&call, no, STR("withdraw"), value_null, &view, &err), OK);
    count_due(f);
    view = ask(f, &chief, (struct service_indicator_query){0});
    assert_true(number_at(view, "denominator") == 1 && number_at(view, "numerator") == 0);
}

static void a_period_is_put_together_from_days_and_months(void **state)
{
    struct fixture *f = *state;
    static const int after[] = {0, 20, 40, 80};
    int64_t start = f->now;
    for (size_t i = 0; i < COUNT_OF(after); i++) {
        f->now = start + after[i] * INT64_C(86400000);
        open_case(f, &clerk, i % 2 ? "permit" : "stamp", i / 2 ? FORM_B : FORM_A);
    }
    count_due(f);
    static const struct {
        const char *from, *to;
        double n;
    } wanted[] = {{"2026-07-06", "2026-09-24", 4}, {"2026-07-07", "2026-09-24", 3}, {"2026-07-06", "2026-09-23", 3},
                  {"2026-07-07", "2026-07-26", 1}, {"2026-08-01", "2026-08-31", 1}, {"2025-12-31", "2026-07-06", 1}};
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        struct value view =
            ask(f, &chief, (struct service_indicator_query){.from = str_of(wanted[i].from), .to = str_of(wanted[i].to)});
        assert_true(number_at(view, "denominator") == wanted[i].n);
    }
}

static void the_cases_behind_a_figure_are_paged(void **state)
{
    struct fixture *f = *state;
    struct str next;
    open_case(f, &clerk, "stamp", FORM_A);
    open_case(f, &far_clerk, "stamp", FORM_B);
    open_case(f, &clerk, "permit", FORM_A);
    count_due(f);
    assert_int_equal(asked_cases(f, "numerator", STR(""), &next), 2);
    size_t seen = asked_cases(f, "denominator", STR(""), &next);
    for (; next.len; seen += asked_cases(f, "denominator", next, &next))
        continue;
    assert_int_equal(seen, 3);
}

static enum status spoil(struct db_tx *tx, void *arg, struct error *err)
{
    return store_count_add(tx, arg, err);
}

static void recounting_gives_the_same_and_mends_what_differs(void **state)
{
    struct fixture *f = *state;
    struct service_recount found;
    open_case(f, &clerk, "stamp", FORM_A);
    open_case(f, &far_clerk, "stamp", FORM_B);
    open_case(f, &clerk, "permit", FORM_A);
    count_due(f);
    recount(f, false, &found);
    assert_int_equal(found.cases, 3);
    assert_true(found.sums > 0);
    assert_int_equal(found.cases_wrong + found.sums_wrong, 0);
    open_case(f, &clerk, "permit", FORM_B);
    recount(f, false, &found);
    assert_int_equal(found.cases_wrong + found.sums_wrong, 0);
    count_due(f);
    struct value before = ask(f, &chief, (struct service_indicator_query){.by = STR("item")});
    struct store_count wrong = {.region = 230100, .period = 202607, .unit = STR(""), .division = 1, .slot = 3, .numerator = 5};
    struct error err = ERROR_INIT;
    assert_int_equal(db_write(service_db(f->service), spoil, &wrong, &err), OK);
    recount(f, false, &found);
    assert_int_equal(found.sums_wrong, 1);
    recount(f, true, &found);
    recount(f, false, &found);
    assert_int_equal(found.cases_wrong + found.sums_wrong, 0);
    struct value after = ask(f, &chief, (struct service_indicator_query){.by = STR("item")});
    assert_true(value_identical(value_get(before, STR("rows")), value_get(after, STR("rows"))));
}

static enum status spoil_past(struct db_tx *tx, void *arg, struct error *err)
{
    const struct store_past *stray = arg;
    struct store_staff_count staff = {.region = 230100, .division = 1, .period = 202607, .unit = STR("u1"), .staff = STR("x"),
                                      .slot = 3, .numerator = 7};
    struct store_past *none;
    size_t count;
    assert_int_equal(store_past_strays(tx, db_tx_arena(tx), 230100, &none, &count, err), OK);
    assert_int_equal(count, 0);
    return store_past_put(tx, stray, 0, 0, err) == OK ? store_staff_count_add(tx, &staff, err) : FAILED;
}

static enum status forget_past(struct db_tx *tx, void *arg, struct error *err)
{
    const struct store_past *key = arg;
    struct store_past found;
    bool there;
    assert_int_equal(store_past_find(tx, db_tx_arena(tx), key, &found, &there, err), OK);
    assert_true(there);
    return store_past_delete(tx, key, err);
}

static enum status take_key(const struct store_past *row, void *arg, struct error *err)
{
    (void)err;
    *(struct store_past *)arg = *row;
    return OK;
}

static enum status first_past(struct db_tx *tx, void *arg, struct error *err)
{
    struct store_past *out = arg;
    for (int64_t item = 1; item < 10 && !out->id; item++) {
        struct store_past_range range = {
            .region = 230100, .item = item, .before = INT64_MAX, .division_to = INT64_MAX, .limit = 1};
        if (store_past_scan(tx, &range, take_key, out, err) != OK)
            return FAILED;
    }
    return OK;
}

static void recounting_finds_and_mends_the_past_and_what_staff_did(void **state)
{
    struct fixture *f = *state;
    struct service_recount found;
    struct error err = ERROR_INIT;
    struct store_past kept = {0};
    open_case(f, &clerk, "stamp", FORM_A);
    open_case(f, &clerk, "permit", FORM_A);
    count_due(f);
    assert_int_equal(db_read(service_db(f->service), first_past, &kept, &err), OK);
    assert_true(kept.id > 0);
    struct store_past stray = {.region = 230100, .item = 1, .closed = 5, .id = 77, .unit = STR(""), .pauses = STR("")};
    assert_int_equal(db_write(service_db(f->service), spoil_past, &stray, &err), OK);
    assert_int_equal(db_write(service_db(f->service), forget_past, &kept, &err), OK);
    recount(f, false, &found);
    assert_int_equal(found.cases_wrong, 2);
    assert_int_equal(found.sums_wrong, 1);
    recount(f, true, &found);
    count_due(f);
    recount(f, false, &found);
    assert_int_equal(found.cases_wrong + found.sums_wrong, 0);
    assert_int_equal(db_write(service_db(f->service), forget_past, &kept, &err), OK);
}

static void late_cases_are_told_by_institution(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &chief);
    struct value view, row;
    struct error err = ERROR_INIT;
    open_case(f, &clerk, "permit", FORM_A);
    count_due(f);
    f->now += 60 * INT64_C(86400000);
    open_case(f, &clerk, "permit", FORM_B);
    count_due(f);
    assert_int_equal(service_indicator_deadlines(&call, STR(""), &view, &err), OK);
    assert_int_equal(value_count(value_get(view, STR("items"))), 1);
    row = value_at(value_get(view, STR("items")), 0);
    assert_text(row, "unit", "u1");
    assert_true(number_at(row, "overdue") == 1);
    assert_int_equal(service_indicator_deadlines(&call, STR("230200"), &view, &err), OK);
    assert_int_equal(value_count(value_get(view, STR("items"))), 0);
}

static void small_numbers_are_left_out_of_open_texts(void **state)
{
    struct fixture *f = *state;
    open_case(f, &far_clerk, "stamp", FORM_B);
    for (int i = 0; i < 4; i++)
        open_case(f, &clerk, "stamp", FORM_A);
    count_due(f);
    struct value rows = value_get(ask(f, &chief, (struct service_indicator_query){.open = true}), STR("rows"));
    assert_int_equal(value_count(rows), 2);
    for (size_t i = 0; i < 2; i++) {
        assert_true(value_is_true(value_get(value_at(rows, i), STR("suppressed"))));
        assert_true(value_is_null(value_get(value_at(rows, i), STR("numerator"))));
    }
    rows = value_get(ask(f, &chief, (struct service_indicator_query){0}), STR("rows"));
    assert_true(value_is_null(value_get(value_at(rows, 0), STR("suppressed"))));
}

static void wrong_questions_are_refused(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &chief), worker_call = call_as(f, &worker_actor);
    struct value view;
    struct error err = ERROR_INIT;
    static const struct service_indicator_query wrong[] = {
        {.id = {"granted-share", 13}, .by = {"moon", 4}},
        {.id = {"granted-share", 13}, .from = {"yesterday", 9}},
        {.id = {"granted-share", 13}, .from = {"2026-07-06", 10}, .to = {"2026-07-05", 10}},
        {.id = {"granted-share", 13}, .from = {"2001-01-01", 10}},
        {.id = {"granted-share", 13}, .item = {"nothing", 7}}};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_refused(service_indicator_get(&call, &wrong[i], &view, &err), err, "filter-invalid");
    struct service_indicator_query query = {.id = STR("no-such")};
    assert_refused(service_indicator_get(&call, &query, &view, &err), err, "indicator-not-found");
    assert_refused(service_indicator_get(&worker_call, &query, &view, &err), err, "forbidden");
    struct service_indicator_cases_query cases = {.figure = {.id = STR("granted-share")}, .part = STR("half")};
    assert_refused(service_indicator_cases(&call, &cases, &view, &err), err, "filter-invalid");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        T(a_figure_is_counted_by_region_item_unit_and_month), T(a_case_that_moves_on_is_counted_once),
        T(a_period_is_put_together_from_days_and_months),     T(the_cases_behind_a_figure_are_paged),
        T(recounting_gives_the_same_and_mends_what_differs),  T(late_cases_are_told_by_institution),
        T(recounting_finds_and_mends_the_past_and_what_staff_did),
        T(small_numbers_are_left_out_of_open_texts),
        T(wrong_questions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
