/* The nth statement fails, for n = 1, 2, … until none does: a clean error and nothing half-written. And many at once.
 */
#include "fixture.h"

#include <pthread.h>

typedef enum status command(struct fixture *f, struct error *err);

static enum status open_stamp(struct fixture *f, struct error *err)
{
    struct call call = call_as(f, &clerk);
    struct service_case_input input = input_of(f, "stamp", FORM_A);
    struct value answer;
    call.idempotency = STR("one");
    return service_case_open(&call, &input, &answer, err);
}

static enum status open_permit(struct fixture *f, struct error *err)
{
    struct call call = call_as(f, &clerk);
    struct service_case_input input = input_of(f, "permit", FORM_A);
    struct value answer;
    return service_case_open(&call, &input, &answer, err);
}

static enum status send_out(struct fixture *f, struct error *err)
{
    size_t done;
    f->now += INT64_C(7200000); /* what was taken or postponed is due again */
    return service_outbox_run(f->service, f->now, 10, &done, err);
}

static enum status complete_first(struct fixture *f, struct error *err)
{
    struct call call = call_as(f, &clerk);
    struct value list, answer;
    struct service_task_query query = {.limit = 1};
    if (service_task_list(&call, &query, &list, err) != OK)
        return FAILED;
    struct str id = text_of(value_at(value_get(list, STR("items")), 0), "id");
    return service_task_complete(&call, id, json_of(f, "{\"decision\": \"approve\"}"), &answer, err);
}

static enum status fire(struct fixture *f, struct error *err)
{
    size_t fired;
    f->now += INT64_C(11) * 86400000;
    return service_timers_run(f->service, f->now, 10, &fired, err);
}

static int64_t rows(struct fixture *f)
{
    struct call call = call_as(f, &actor_system);
    struct service_audit audit;
    struct error err = ERROR_INIT;
    assert_int_equal(service_audit(&call, &audit, &err), OK);
    assert_int_equal(audit.problem_count, 0);
    return audit.cases * 1000000 + audit.events * 1000 + audit.certificates * 10 + audit.records;
}

/* After every failure the database is as before; afterwards the command still works. */
static void survives_every_fault(struct fixture *f, command *run, enum db_fault_point point)
{
    for (int64_t n = 1; n < 1000; n++) {
        struct error err = ERROR_INIT;
        int64_t before = rows(f), now = f->now;
        db_fault(service_db(f->service), point, n);
        enum status status = run(f, &err);
        bool struck = db_fault_struck(service_db(f->service));
        db_fault(service_db(f->service), point, 0);
        if (!struck) {
            assert_int_equal(status, OK);
            assert_true(n > 1);
            return;
        }
        if (status == FAILED && err.kind == ERROR_NONE)
            fail_msg("fault %" PRId64 " failed without saying why", n);
        /* A command of several transactions may have done its first ones. */
        if (status == FAILED && rows(f) != before && point == DB_FAULT_STATEMENT)
            print_message("fault %" PRId64 ": the earlier transactions stand\n", n);
        if (run != send_out)
            f->now = now;
    }
    fail_msg("faults never end");
}

static void opening_an_instant_case_is_all_or_nothing(void **state)
{
    survives_every_fault(*state, open_stamp, DB_FAULT_STATEMENT);
    assert_int_equal(rows(*state), 1001011);
}

static void opening_a_case_that_waits_is_all_or_nothing(void **state)
{
    survives_every_fault(*state, open_permit, DB_FAULT_STATEMENT);
    survives_every_fault(*state, complete_first, DB_FAULT_STATEMENT);
    assert_int_equal(rows(*state) / 1000000, 1);
}

static void a_commit_that_fails_leaves_nothing(void **state)
{
    survives_every_fault(*state, open_stamp, DB_FAULT_COMMIT);
    assert_int_equal(rows(*state), 1001011);
}

static void firing_timers_is_all_or_nothing(void **state)
{
    struct fixture *f = *state;
    open_case(f, &clerk, "permit", FORM_A);
    survives_every_fault(f, fire, DB_FAULT_STATEMENT);
}

static void exchanges_come_again_after_a_fault(void **state)
{
    struct fixture *f = *state;
    open_case(f, &clerk, "stamp", FORM_A);
    survives_every_fault(f, send_out, DB_FAULT_STATEMENT);
    assert_true(f->delivered >= 1);
}

/* ---- At once ---- */

#define RACERS 8

struct racer {
    struct fixture *f;
    struct str id;
    _Atomic int *won, *lost;
};

static void *race(void *arg)
{
    struct racer *racer = arg;
    struct arena arena;
    arena_init(&arena);
    struct call call = {.service = racer->f->service, .actor = &clerk, .arena = &arena};
    struct value form, answer;
    struct error err = ERROR_INIT;
    if (json_parse(&arena, STR("{\"decision\": \"approve\"}"), NULL, &form, &err) == OK &&
        service_task_complete(&call, racer->id, form, &answer, &err) == OK)
        atomic_fetch_add(racer->won, 1);
    else if (strcmp(err.type, "task-already-completed") == 0)
        atomic_fetch_add(racer->lost, 1);
    arena_release(&arena);
    return NULL;
}

static void of_many_who_complete_at_once_one_wins(void **state)
{
    struct fixture *f = *state;
    struct str no = text_of(open_case(f, &clerk, "permit", FORM_A), "no");
    struct str id = text_of(value_at(value_get(get_case(f, &clerk, no), STR("tasks")), 0), "id");
    pthread_t threads[RACERS];
    _Atomic int won = 0, lost = 0;
    struct racer racer = {f, id, &won, &lost};
    for (int i = 0; i < RACERS; i++)
        pthread_create(&threads[i], NULL, race, &racer);
    for (int i = 0; i < RACERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(won, 1);
    assert_int_equal(lost, RACERS - 1);
    assert_int_equal(audit_problems(f), 0);
}

static void *same_key(void *arg)
{
    struct racer *racer = arg;
    struct arena arena;
    arena_init(&arena);
    struct call call = {.service = racer->f->service, .actor = &clerk, .arena = &arena, .idempotency = STR("same")};
    struct value form, answer;
    struct error err = ERROR_INIT;
    if (json_parse(&arena, STR(FORM_A), NULL, &form, &err) == OK) {
        struct service_case_input input = {.item = STR("stamp"), .form = form};
        if (service_case_open(&call, &input, &answer, &err) == OK)
            atomic_fetch_add(racer->won, 1);
    }
    arena_release(&arena);
    return NULL;
}

static void many_with_one_key_open_one_case(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[RACERS];
    _Atomic int won = 0, lost = 0;
    struct racer racer = {f, STR_NONE, &won, &lost};
    for (int i = 0; i < RACERS; i++)
        pthread_create(&threads[i], NULL, same_key, &racer);
    for (int i = 0; i < RACERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(won, RACERS);
    assert_int_equal(rows(f), 1001011);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        T(opening_an_instant_case_is_all_or_nothing), T(opening_a_case_that_waits_is_all_or_nothing),
        T(a_commit_that_fails_leaves_nothing),        T(firing_timers_is_all_or_nothing),
        T(exchanges_come_again_after_a_fault),        T(of_many_who_complete_at_once_one_wins),
        T(many_with_one_key_open_one_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
