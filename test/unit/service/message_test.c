/* Messages and those who wait for them meet, whoever comes first, however close. */
#include "fixture.h"

#define HOUR_MS INT64_C(3600000)

/* The processes of the simulation wait for messages in every way. */
static int load_packs(void **state)
{
    struct error err = ERROR_INIT;
    const struct pack *pack;
    (void)state;
    arena_init(&fixture_packs_arena);
    if (pack_load(&fixture_packs_arena, SOURCE_ROOT "/test/sim/pack", NULL, &pack, &err) != OK ||
        pack_set_new(&fixture_packs_arena, &pack, 1, NULL, &fixture_packs, &err) != OK)
        fail_msg("%s %s", err.message, err.field);
    return 0;
}

static const struct actor ann = {.kind = ACTOR_STAFF,
                                 .id = {"ann", 3},
                                 .name = {"Ann", 3},
                                 .role = {"clerk", 5},
                                 .region = {"230100", 6},
                                 .unit = {"one", 3}};
static const struct actor bob = {.kind = ACTOR_STAFF,
                                 .id = {"bob", 3},
                                 .name = {"Bob", 3},
                                 .role = {"clerk", 5},
                                 .region = {"230200", 6},
                                 .unit = {"two", 3}};

static struct str open_one(struct fixture *f, const char *item, const char *ref, int64_t n)
{
    struct call call = {.service = f->service, .actor = &ann, .arena = &f->arena};
    struct service_case_input input = {.item = str_of(item), .form = json_of(f, "{}")};
    struct error err = ERROR_INIT;
    struct value out;
    const char *form = arena_printf(&f->arena, "{\"ref\": \"%s\", \"n\": %" PRId64 "}", ref, n).data;
    input.form = json_of(f, form);
    if (service_case_open(&call, &input, &out, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    return value_text(value_get(out, STR("no")));
}

static struct value publish(struct fixture *f, const struct actor *actor, const struct service_message *message)
{
    struct call call = {.service = f->service, .actor = actor, .arena = &f->arena};
    struct error err = ERROR_INIT;
    struct value out;
    if (service_message_publish(&call, message, &out, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    return out;
}

static struct service_message message_of(struct fixture *f, const char *name, const char *key, int mark)
{
    return (struct service_message){.name = str_of(name),
                                    .correlation_key = str_of(key),
                                    .ttl_ms = HOUR_MS,
                                    .variables = json_of(f, arena_printf(&f->arena, "{\"mark\": %d}", mark).data)};
}

static struct value look(struct fixture *f, struct str no)
{
    struct call call = {.service = f->service, .actor = &actor_system, .arena = &f->arena};
    struct error err = ERROR_INIT;
    struct value view;
    if (service_case_get(&call, no, &view, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    return view;
}

static struct str outcome_of(struct fixture *f, struct str no)
{
    return value_text(value_get(look(f, no), STR("outcome")));
}

static int64_t mark_of(struct fixture *f, struct str no)
{
    struct call call = {.service = f->service, .actor = &actor_system, .arena = &f->arena};
    struct error err = ERROR_INIT;
    struct value view;
    int64_t mark;
    assert_int_equal(service_case_process(&call, no, &view, &err), OK);
    assert_true(value_to_int64(value_path(view, "variables.mark"), &mark));
    return mark;
}

static void complete_first(struct fixture *f, struct str no)
{
    struct call call = {.service = f->service, .actor = &ann, .arena = &f->arena};
    struct error err = ERROR_INIT;
    struct value task = value_at(value_get(look(f, no), STR("tasks")), 0), out;
    if (service_task_complete(&call, value_text(value_get(task, STR("id"))), json_of(f, "{}"), &out, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
}

static void complete_work(struct fixture *f)
{
    struct call call = {.service = f->service, .actor = &ann, .arena = &f->arena};
    struct service_job_query query = {.type = STR("do"), .worker = STR("w"), .limit = 10, .fetch = value_null};
    struct error err = ERROR_INIT;
    struct value jobs;
    assert_int_equal(service_job_activate(&call, &query, &jobs, &err), OK);
    for (size_t i = 0; i < value_count(jobs); i++)
        assert_int_equal(
            service_job_complete(&call, value_text(value_get(value_at(jobs, i), STR("id"))), value_null, &err), OK);
}

static void a_message_that_comes_early_is_taken_once(void **state)
{
    struct fixture *f = *state;
    struct service_message early = message_of(f, "case.withdrawn", "r1", 1);
    assert_true(value_is_true(value_get(publish(f, &ann, &early), STR("buffered"))));
    assert_true(str_equal(outcome_of(f, open_one(f, "review", "r1", 0)), STR("withdrawn")));
    assert_true(value_is_null(value_get(look(f, open_one(f, "review", "r1", 0)), STR("outcome"))));
}

static void a_message_that_has_run_out_is_not_taken(void **state)
{
    struct fixture *f = *state;
    struct service_message early = message_of(f, "case.withdrawn", "r1", 1);
    publish(f, &ann, &early);
    f->now += HOUR_MS + 1;
    assert_true(value_is_null(value_get(look(f, open_one(f, "review", "r1", 0)), STR("outcome"))));
}

static void two_early_messages_reach_two_waits_of_one_step(void **state)
{
    struct fixture *f = *state;
    struct service_message first = message_of(f, "each", "r1", 1), second = message_of(f, "each", "r1", 2);
    publish(f, &ann, &first);
    publish(f, &ann, &second);
    struct str no = open_one(f, "each", "r1", 1);
    complete_first(f, no);
    complete_work(f);
    struct value tasks = value_get(look(f, no), STR("tasks"));
    assert_int_equal(value_count(tasks), 2);
    assert_true(str_equal(value_text(value_get(value_at(tasks, 0), STR("element"))), STR("row-look")));
}

static void the_older_message_is_taken_first_wherever_it_came_from(void **state)
{
    struct fixture *f = *state;
    struct service_message older = message_of(f, "case.withdrawn", "r1", 1),
                           younger = message_of(f, "case.withdrawn", "r1", 2);
    publish(f, &bob, &older);
    publish(f, &ann, &younger);
    assert_int_equal(mark_of(f, open_one(f, "review", "r1", 0)), 1);
    older.correlation_key = younger.correlation_key = STR("r2");
    publish(f, &ann, &older);
    publish(f, &bob, &younger);
    assert_int_equal(mark_of(f, open_one(f, "review", "r2", 0)), 1);
}

static void a_second_message_with_an_id_that_is_kept_is_dropped(void **state)
{
    struct fixture *f = *state;
    struct service_message first = message_of(f, "case.withdrawn", "r1", 1),
                           second = message_of(f, "case.withdrawn", "r1", 2);
    first.id = second.id = STR("the-same");
    publish(f, &ann, &first);
    assert_false(value_is_true(value_get(publish(f, &ann, &second), STR("buffered"))));
    assert_int_equal(mark_of(f, open_one(f, "review", "r1", 0)), 1);
}

/* Even before upkeep has swept the first one away. */
static void a_message_id_is_free_again_when_the_first_has_run_out(void **state)
{
    struct fixture *f = *state;
    struct service_message first = message_of(f, "case.withdrawn", "r1", 1),
                           second = message_of(f, "case.withdrawn", "r1", 2);
    first.id = second.id = STR("the-same");
    publish(f, &ann, &first);
    f->now += HOUR_MS + 1;
    assert_true(value_is_true(value_get(publish(f, &ann, &second), STR("buffered"))));
    assert_int_equal(mark_of(f, open_one(f, "review", "r1", 0)), 2);
}

/* ---- At the same moment: what one command does between another's reading and writing ---- */

static void (*meanwhile)(struct fixture *f);

static void do_meanwhile(void *state)
{
    void (*now)(struct fixture * f) = meanwhile;
    meanwhile = NULL;
    if (now)
        now(state);
}

static void between_reading_and_writing(struct fixture *f, void (*what)(struct fixture *f))
{
    /* Takes the blocks of numbers first, which are writes of their own. */
    open_one(f, "small", "first", 0);
    meanwhile = what;
    db_before_write(service_db(f->service), do_meanwhile, f);
}

static void publish_withdrawal(struct fixture *f)
{
    struct service_message message = message_of(f, "case.withdrawn", "r1", 1);
    assert_true(value_is_true(value_get(publish(f, &ann, &message), STR("buffered"))));
}

static struct str opened;

static void open_review(struct fixture *f)
{
    opened = open_one(f, "review", "r1", 0);
}

static void a_message_kept_while_somebody_begins_to_wait_is_not_missed(void **state)
{
    struct fixture *f = *state;
    between_reading_and_writing(f, publish_withdrawal);
    struct str no = open_one(f, "review", "r1", 0);
    assert_null(meanwhile);
    assert_true(str_equal(outcome_of(f, no), STR("withdrawn")));
}

static void a_wait_that_begins_while_a_message_is_kept_is_not_missed(void **state)
{
    struct fixture *f = *state;
    struct service_message message = message_of(f, "case.withdrawn", "r1", 1);
    between_reading_and_writing(f, open_review);
    struct value answer = publish(f, &ann, &message);
    assert_null(meanwhile);
    assert_true(value_identical(value_get(answer, STR("delivered")), value_int(1)));
    assert_true(str_equal(outcome_of(f, opened), STR("withdrawn")));
}

int main(void)
{
    log_set_level(LOG_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_message_that_comes_early_is_taken_once, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(a_message_that_has_run_out_is_not_taken, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(two_early_messages_reach_two_waits_of_one_step, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(the_older_message_is_taken_first_wherever_it_came_from, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(a_second_message_with_an_id_that_is_kept_is_dropped, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(a_message_id_is_free_again_when_the_first_has_run_out, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(a_message_kept_while_somebody_begins_to_wait_is_not_missed, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(a_wait_that_begins_while_a_message_is_kept_is_not_missed, fixture_open,
                                        fixture_close),
    };
    return cmocka_run_group_tests(tests, load_packs, NULL);
}
