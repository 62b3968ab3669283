/* Operations: who sees what, changes by two persons that are carried out once whatever fails, heat from a sample. */
#include "fixture.h"

#include "clock/instant.h"
#include "service/deployment.h"
#include "service/heat_count.h"
#include "service/indicator.h"
#include "service/operate.h"
#include "service/process.h"

static const struct actor keeper = {.kind = ACTOR_STAFF,
                                    .id = {"keeper-1", 8},
                                    .name = {"值守甲", 9},
                                    .role = {"keeper", 6},
                                    .region = {"230110", 6},
                                    .level = 3};
static const struct actor other_keeper = {.kind = ACTOR_STAFF,
                                          .id = {"keeper-2", 8},
                                          .name = {"值守乙", 9},
                                          .role = {"keeper", 6},
                                          .region = {"230110", 6},
                                          .level = 3};
static const struct actor far_keeper = {.kind = ACTOR_STAFF,
                                        .id = {"keeper-9", 8},
                                        .name = {"值守丙", 9},
                                        .role = {"keeper", 6},
                                        .region = {"230202", 6},
                                        .level = 3};

#define OK_OR_FAIL(expression)                                                                                         \
    do {                                                                                                               \
        if ((expression) != OK)                                                                                        \
            fail_msg("%s: %s %s", err.type, err.message, err.field);                                                   \
    } while (0)

static size_t items_in(struct value list)
{
    return value_count(value_get(list, STR("items")));
}

static struct value propose(struct fixture *f, const struct actor *actor, const char *text)
{
    struct error err = ERROR_INIT;
    struct call call = call_as(f, actor);
    struct value change = value_null;
    OK_OR_FAIL(service_change_propose(&call, json_of(f, text), &change, &err));
    return change;
}

static struct value change_as(struct fixture *f, const struct actor *actor, struct str id)
{
    struct error err = ERROR_INIT;
    struct call call = call_as(f, actor);
    struct value change = value_null;
    OK_OR_FAIL(service_change_get(&call, id, &change, &err));
    return change;
}

static void run_changes(struct fixture *f, size_t batch)
{
    struct error err = ERROR_INIT;
    for (size_t done = 1; done;)
        OK_OR_FAIL(service_changes_run(f->service, f->now, batch, &done, &err));
}

static size_t events_of_type(struct fixture *f, struct str no, const char *type)
{
    struct error err = ERROR_INIT;
    struct call call = call_as(f, &chief);
    struct value events = value_null;
    size_t n = 0;
    OK_OR_FAIL(service_case_events(&call, no, &events, &err));
    for (size_t i = 0; i < value_count(events); i++)
        n += str_equal(value_text(value_get(value_at(events, i), STR("type"))), str_of(type));
    return n;
}

/* "outside" asks an agency, then waits for a worker. */
static struct str open_waiting_for_worker(struct fixture *f)
{
    struct str no = text_of(open_case(f, &clerk, "outside", FORM_A), "no");
    run_outbox(f, 1);
    return no;
}

#define AWAY "{\"kind\": \"modify\", \"process\": \"permit\", \"version\": 1, \"reason\": \"误开\"," \
             " \"moves\": [{\"from\": \"review\", \"to\": \"end\"}]}"

/* Many such cases may be open about one person. */
#define MENDED "{\"kind\": \"modify\", \"process\": \"mend\", \"version\": 1, \"reason\": \"误开\"," \
               " \"moves\": [{\"from\": \"correct\", \"to\": \"end\"}]}"

static void count_due(struct fixture *f)
{
    struct error err = ERROR_INIT;
    for (size_t done = 1; done;)
        OK_OR_FAIL(service_indicators_run(f->service, f->now, 200, &done, &err));
}

static void only_what_is_in_the_region_is_seen_and_touched(void **state)
{
    struct fixture *f = *state;
    struct call here = call_as(f, &keeper), far = call_as(f, &far_keeper);
    struct service_job_list_query query = {.type = STR("outside.work")};
    struct service_version_query versions = {.process = STR("outside")};
    struct value list = value_null;
    struct error err = ERROR_INIT;
    open_waiting_for_worker(f);
    OK_OR_FAIL(service_job_list(&here, &query, &list, &err));
    assert_int_equal(items_in(list), 1);
    struct str job = arena_str(&f->arena, text_of(value_at(value_get(list, STR("items")), 0), "id"));
    OK_OR_FAIL(service_job_list(&far, &query, &list, &err));
    assert_int_equal(items_in(list), 0);
    assert_refused(service_job_retries(&far, job, 2, &err), err, "job-not-found");
    OK_OR_FAIL(service_job_retries(&here, job, 2, &err));
    count_due(f);
    OK_OR_FAIL(service_version_list(&here, &versions, &list, &err));
    assert_int_equal(number_of(value_at(value_get(list, STR("items")), 0), "running"), 1);
    OK_OR_FAIL(service_version_list(&far, &versions, &list, &err));
    assert_int_equal(number_of(value_at(value_get(list, STR("items")), 0), "running"), 0);
}

static void a_change_is_for_those_who_act_for_its_whole_scope(void **state)
{
    struct fixture *f = *state;
    struct call here = call_as(f, &other_keeper), far = call_as(f, &far_keeper), all = call_as(f, &chief);
    struct value list = value_null;
    struct error err = ERROR_INIT;
    open_case(f, &clerk, "permit", FORM_A);
    assert_refused(service_change_propose(&far, json_of(f, AWAY), &list, &err), err, "nothing-to-change");
    struct str id = text_of(propose(f, &keeper, AWAY), "id");
    struct str wide = text_of(propose(f, &chief, AWAY), "id");
    err = ERROR_INIT;
    assert_refused(service_change_decide(&far, id, true, STR(""), &list, &err), err, "change-not-found");
    err = ERROR_INIT;
    assert_refused(service_change_decide(&here, wide, true, STR(""), &list, &err), err, "change-not-found");
    OK_OR_FAIL(service_change_list(&here, STR(""), 0, STR(""), &list, &err));
    assert_int_equal(items_in(list), 1);
    OK_OR_FAIL(service_change_list(&all, STR("proposed"), 0, STR(""), &list, &err));
    assert_int_equal(items_in(list), 2);
}

static void who_proposes_cannot_approve(void **state)
{
    struct fixture *f = *state;
    struct call own = call_as(f, &keeper), system = call_as(f, &actor_system);
    struct value view = value_null;
    struct error err = ERROR_INIT;
    open_case(f, &clerk, "permit", FORM_A);
    struct str id = text_of(propose(f, &keeper, AWAY), "id");
    assert_refused(service_change_decide(&own, id, true, STR(""), &view, &err), err, "second-person-needed");
    err = ERROR_INIT;
    assert_refused(service_change_decide(&system, id, true, STR(""), &view, &err), err, "second-person-needed");
    assert_text(change_as(f, &keeper, id), "state", "proposed");
    run_changes(f, 10);
    assert_text(change_as(f, &keeper, id), "state", "proposed");
}

/* Every statement of carrying out fails once; each case has changed once all the same. */
static void a_change_is_carried_out_once_whatever_fails(void **state)
{
    struct error err = ERROR_INIT;
    enum { CASES = 5 };
    struct fixture *f = *state;
    struct call second = call_as(f, &other_keeper);
    struct value view = value_null;
    struct str no[CASES];
    for (int round = 1, struck = 1; struck; round++) {
        for (int i = 0; i < CASES; i++) {
            no[i] = text_of(open_case(f, &clerk, "mend", FORM_A), "no");
        }
        struct str id = text_of(propose(f, &keeper, MENDED), "id");
        OK_OR_FAIL(service_change_decide(&second, id, true, STR(""), &view, &err));
        db_fault(service_db(f->service), DB_FAULT_STATEMENT, round);
        for (size_t done = 1, tries = 0; done && tries < 100; tries++) {
            struct error failed = ERROR_INIT;
            if (service_changes_run(f->service, f->now, 2, &done, &failed) != OK)
                done = 1;
        }
        struck = db_fault_struck(service_db(f->service));
        db_fault(service_db(f->service), DB_FAULT_STATEMENT, 0);
        view = change_as(f, &keeper, id);
        assert_text(view, "state", "done");
        assert_int_equal(number_of(view, "done"), CASES);
        for (int i = 0; i < CASES; i++) {
            assert_text(get_case(f, &clerk, no[i]), "state", "closed");
            assert_int_equal(events_of_type(f, no[i], "process.modified"), 1);
        }
    }
    assert_int_equal(audit_problems(f), 0);
}

static void what_cannot_be_changed_is_told_and_does_not_hold_up_the_others(void **state)
{
    struct error err = ERROR_INIT;
    struct fixture *f = *state;
    struct call second = call_as(f, &other_keeper), worker = call_as(f, &clerk);
    struct value view = value_null;
    struct str first = text_of(open_case(f, &clerk, "permit", FORM_A), "no");
    struct str last = text_of(open_case(f, &clerk, "permit", FORM_B), "no");
    struct str text =
        arena_printf(&f->arena,
                     "{\"kind\": \"modify\", \"process\": \"permit\", \"version\": 1, \"reason\": \"误开\","
                     " \"cases\": [\"%.*s\", \"%.*s\"], \"moves\": [{\"from\": \"review\", \"to\": \"end\"}]}",
                     STR_ARGS(first), STR_ARGS(last));
    struct str id = text_of(propose(f, &keeper, arena_cstr(&f->arena, text)), "id");
    struct str task = text_of(value_at(value_get(get_case(f, &clerk, first), STR("tasks")), 0), "id");
    OK_OR_FAIL(service_task_complete(&worker, task, json_of(f, "{\"decision\": \"approve\"}"), &view, &err));
    OK_OR_FAIL(service_change_decide(&second, id, true, STR(""), &view, &err));
    run_changes(f, 10);
    view = change_as(f, &keeper, id);
    assert_int_equal(number_of(view, "done"), 1);
    assert_int_equal(number_of(view, "failed"), 1);
    assert_text(value_at(value_get(view, STR("problems")), 0), "type", "case-closed");
    assert_int_equal(events_of_type(f, last, "process.modified"), 1);
}

static struct value heat_as(struct fixture *f, const struct actor *actor)
{
    struct call call = call_as(f, actor);
    struct service_heat_query query = {.process = STR("mend")};
    struct value heat = value_null;
    struct error err = ERROR_INIT;
    OK_OR_FAIL(service_heat(&call, &query, &heat, &err));
    return heat;
}

static struct value element_in(struct value heat, const char *id)
{
    struct value elements = value_get(heat, STR("elements"));
    for (size_t i = 0; i < value_count(elements); i++)
        if (str_equal(text_of(value_at(elements, i), "element"), str_of(id)))
            return value_at(elements, i);
    return value_null;
}

static enum status spoil_heat(struct db_tx *tx, void *arg, struct error *err)
{
    return store_heat_add(tx, arg, err);
}

static int64_t sums_wrong(struct fixture *f, bool mend)
{
    struct call call = call_as(f, &actor_system);
    struct service_recount found;
    struct error err = ERROR_INIT;
    OK_OR_FAIL(service_recount(&call, mend, &found, &err));
    return found.sums_wrong + found.cases_wrong;
}

static void heat_of_items_is_told_from_sums(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &person_a);
    struct error err = ERROR_INIT;
    struct value view;
    int64_t stayed = 3 * 3600 * INT64_C(1000);
    for (int i = 0; i < 5; i++)
        open_case(f, i < 2 ? &far_clerk : &clerk, "mend", FORM_B);
    struct str no = text_of(open_case(f, &clerk, "mend", FORM_A), "no");
    assert_int_equal(number_of(heat_as(f, &chief), "running"), 0);
    count_due(f);
    struct value heat = heat_as(f, &chief), waits = element_in(heat, "correct");
    assert_int_equal(number_of(heat, "cases"), 6);
    assert_int_equal(number_of(heat, "running"), 6);
    assert_true(value_is_true(value_get(heat, STR("exact"))));
    assert_int_equal(number_of(waits, "waiting"), 6);
    assert_true(value_instant(value_get(waits, STR("oldest"))) == day_start(instant_day(f->now)));
    assert_int_equal(number_of(element_in(heat, "start"), "timed"), 6);
    assert_int_equal(number_of(element_in(heat_as(f, &keeper), "correct"), "waiting"), 4);
    assert_int_equal(number_of(element_in(heat_as(f, &far_keeper), "correct"), "waiting"), 2);
    f->now += stayed;
    OK_OR_FAIL(service_case_act(&call, no, STR("withdraw"), value_null, &view, &err));
    count_due(f);
    heat = heat_as(f, &chief);
    waits = element_in(heat, "correct");
    int64_t told = number_of(waits, "p90_ms");
    assert_int_equal(number_of(heat, "cases"), 6);
    assert_int_equal(number_of(heat, "running"), 5);
    assert_int_equal(number_of(waits, "waiting"), 5);
    assert_int_equal(number_of(waits, "timed"), 1);
    assert_true(told >= stayed - stayed / 16 && told <= stayed + stayed / 16);
}

static void sums_of_heat_are_counted_again_and_mended(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_INIT;
    struct store_heat wrong = {
        .region = 230100, .item = 1, .packs = 1, .period = STORE_HEAT_WAITING, .bucket = 20260706, .n = 3};
    for (int i = 0; i < 3; i++)
        open_case(f, &clerk, "mend", FORM_A);
    count_due(f);
    assert_int_equal(sums_wrong(f, false), 0);
    struct str before = json_text(&f->arena, value_get(heat_as(f, &chief), STR("elements")));
    OK_OR_FAIL(db_write(service_db(f->service), spoil_heat, &wrong, &err));
    assert_int_equal(sums_wrong(f, true), 1);
    assert_int_equal(sums_wrong(f, false), 0);
    struct str after = json_text(&f->arena, value_get(heat_as(f, &chief), STR("elements")));
    assert_true(str_equal(before, after));
}

static void stays_are_told_to_within_a_sixteenth(void **state)
{
    (void)state;
    for (int64_t ms = 0, step = 1; ms < INT64_C(100000000000); ms += step, step += step / 7 + 1) {
        int64_t told = heat_bucket_ms(heat_bucket_of(ms));
        assert_true(told <= ms + ms / 16 && told >= ms - ms / 16 - 1);
        assert_true(heat_bucket_of(ms) <= heat_bucket_of(ms + 1));
        assert_int_equal(heat_bucket_of(told), heat_bucket_of(ms));
    }
    assert_int_equal(heat_bucket_of(-5), 0);
    assert_true(heat_bucket_ms(heat_bucket_of(INT64_MAX)) > INT64_MAX / 16 * 14);
}

static const char waiting_model[] =
    "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' targetNamespace='b'>"
    "<process id='waiting' isExecutable='true'><startEvent id='begin'/>"
    "<sequenceFlow id='f0' sourceRef='begin' targetRef='wait'/><intermediateCatchEvent id='wait'>"
    "<timerEventDefinition><timeDuration>P3D</timeDuration></timerEventDefinition></intermediateCatchEvent>"
    "<sequenceFlow id='f1' sourceRef='wait' targetRef='end'/><endEvent id='end'/></process></definitions>";

static void heat_of_deployed_processes_opens_a_sample_and_scales_it_up(void **state)
{
    struct error err = ERROR_INIT;
    enum { CASES = 2300 };
    struct fixture *f = *state;
    struct actor analyst = chief;
    analyst.region = STR("230110");
    struct call call = call_as(f, &analyst);
    struct service_resource file = {STR("waiting.bpmn"), str_of(waiting_model)};
    struct service_heat_query query = {.process = STR("waiting")};
    struct value heat = value_null, out, problems = value_null;
    OK_OR_FAIL(service_deploy(&call, &file, 1, &out, &problems, &err));
    for (int i = 0; i < CASES; i++) {
        struct arena arena;
        arena_init(&arena);
        struct call one = {.service = f->service, .actor = &analyst, .arena = &arena};
        struct service_process_start begin = {.id = STR("waiting")};
        bool ended;
        f->now += i % 10 == 0 ? 60 * 1000 : 0;
        OK_OR_FAIL(service_process_start(&one, &begin, &out, &ended, &err));
        arena_release(&arena);
    }
    OK_OR_FAIL(service_heat(&call, &query, &heat, &err));
    int64_t sampled = number_of(heat, "sampled");
    assert_int_equal(number_of(heat, "cases"), CASES);
    assert_int_equal(number_of(heat, "running"), CASES);
    assert_true(sampled >= 300 && sampled <= 500);
    assert_false(value_is_true(value_get(heat, STR("exact"))));
    assert_int_equal(number_of(element_in(heat, "wait"), "waiting"), CASES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_what_is_in_the_region_is_seen_and_touched, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(a_change_is_for_those_who_act_for_its_whole_scope, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(who_proposes_cannot_approve, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(a_change_is_carried_out_once_whatever_fails, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(what_cannot_be_changed_is_told_and_does_not_hold_up_the_others, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(heat_of_items_is_told_from_sums, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(sums_of_heat_are_counted_again_and_mended, fixture_open, fixture_close),
        cmocka_unit_test(stays_are_told_to_within_a_sixteenth),
        cmocka_unit_test_setup_teardown(heat_of_deployed_processes_opens_a_sample_and_scales_it_up, fixture_open,
                                        fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
