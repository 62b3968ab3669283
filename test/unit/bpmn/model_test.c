/* What a loaded model tells about itself, and when processes start by themselves. */
#include "bpmn/bpmn.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD                                                                                                           \
    "<bpmn:definitions xmlns:bpmn=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" "                                    \
    "xmlns:zeebe=\"http://camunda.org/schema/zeebe/1.0\"><bpmn:process id=\"p\" isExecutable=\"true\">\n"
#define TAIL "</bpmn:process></bpmn:definitions>"

static int64_t instant(const char *text)
{
    struct value value;
    int64_t ms = 0;
    assert_true(date_time_parse(str_of(text), &value));
    assert_true(date_time_to_ms(value, &ms));
    return ms;
}

static const struct bpmn_process *load(struct arena *arena, const char *xml)
{
    const struct bpmn_model *model;
    struct error err = ERROR_INIT;
    struct bpmn_load_options options = {.version = 7};
    if (bpmn_model_load(arena, str_of(xml), &options, NULL, &model, &err) != OK)
        fail_msg("%s (%s)", err.message, err.field);
    assert_int_equal(bpmn_model_count(model), 1);
    return bpmn_model_at(model, 0);
}

static void assert_text(struct str found, const char *expected)
{
    if (!str_equal(found, str_of(expected)))
        fail_msg("'%.*s' is not '%s'", STR_ARGS(found), expected);
}

static void a_model_describes_its_elements(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    char path[] = SOURCE_ROOT "/test/golden/bpmn/core.bpmn";
    struct str text;
    struct error err = ERROR_INIT;
    const struct bpmn_model *model;
    assert_int_equal(file_read(&arena, path, 1 << 20, &text, &err), OK);
    assert_int_equal(bpmn_model_load(&arena, text, NULL, NULL, &model, &err), OK);
    const struct bpmn_process *process = bpmn_model_find(model, STR("core"));
    const struct bpmn_process_info *info = bpmn_process_info(process);
    assert_text(info->version_tag, "v1");
    assert_text(info->properties.items[0].value, "test");
    assert_true(info->documentation.len > 10);
    assert_int_equal(info->start_count, 1);
    assert_int_equal(info->element_count, 8);
    const struct bpmn_element_info *review = bpmn_process_element(process, STR("review"));
    assert_text(review->form_id, "review-form");
    assert_text(review->name, "Review");
    assert_int_equal(review->type, BPMN_USER_TASK);
    assert_int_equal(review->line, 16);
    const struct bpmn_element_info *pay = bpmn_process_element(process, STR("pay"));
    assert_text(pay->job_type, "=\"pay-\" + currency");
    assert_text(pay->headers.items[0].value, "icbc");
    assert_text(bpmn_process_element(process, STR("late"))->attached_to, "review");
    assert_null(bpmn_process_element(process, STR("core")));
    assert_null(bpmn_process_element(process, STR("nothing")));
    assert_null(bpmn_model_find(model, STR("nothing")));
    arena_release(&arena);
}

static void drawings_and_other_vendors_extensions_are_passed_over(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const struct bpmn_process *process = load(
        &arena, HEAD "<bpmn:laneSet><bpmn:lane id='l'><bpmn:flowNodeRef>s</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>"
                     "<bpmn:startEvent id='s'><bpmn:extensionElements><x:y xmlns:x='urn:x'/></bpmn:extensionElements></bpmn:startEvent>"
                     "<bpmn:dataObject id='d'/><bpmn:dataObjectReference id='r' dataObjectRef='d'/><bpmn:dataStoreReference id='t'/>"
                     "<bpmn:textAnnotation id='a'><bpmn:text>note</bpmn:text></bpmn:textAnnotation><bpmn:group id='g'/>"
                     "<bpmn:association id='o' sourceRef='s' targetRef='a'/>" TAIL);
    assert_int_equal(bpmn_process_info(process)->element_count, 1);
    arena_release(&arena);
}

/* One timer start event with this timeCycle, timeDate or timeDuration. */
static const struct bpmn_process *timer_process(struct arena *arena, const char *kind, const char *text)
{
    struct str xml = arena_printf(arena,
                                  HEAD "<bpmn:startEvent id='s'><bpmn:timerEventDefinition><bpmn:%s>%s</bpmn:%s>"
                                       "</bpmn:timerEventDefinition></bpmn:startEvent>" TAIL,
                                  kind, text, kind);
    return load(arena, xml.data);
}

static void timer_starts_are_due(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *text, *now, *after;
        int64_t count;
        const char *due; /* "" for never again, NULL for refused */
    } cases[] = {
        {"timeCycle", "R3/PT10M", "2026-07-06T09:00:00+08:00", NULL, 0, "2026-07-06T09:10:00+08:00"},
        {"timeCycle", "R3/PT10M", "2026-07-06T09:10:01+08:00", "2026-07-06T09:10:00+08:00", 1, "2026-07-06T09:20:00+08:00"},
        {"timeCycle", "R3/PT10M", "2026-07-06T09:30:01+08:00", "2026-07-06T09:30:00+08:00", 3, ""},
        {"timeCycle", "R/P1D", "2026-07-09T12:00:00+08:00", "2026-07-06T09:00:00+08:00", 50, "2026-07-10T12:00:00+08:00"},
        {"timeCycle", "R/2026-07-01T08:00:00+08:00/P1D", "2026-07-06T09:00:00+08:00", NULL, 0, "2026-07-07T08:00:00+08:00"},
        {"timeCycle", "0 0 9-17/4 * * MON-FRI", "2026-07-06T09:00:00+08:00", NULL, 0, "2026-07-06T13:00:00+08:00"},
        {"timeCycle", "0 30 8 1 * *", "2026-07-06T09:00:00+08:00", NULL, 0, "2026-08-01T08:30:00+08:00"},
        {"timeCycle", "*/15 * * * * SUN", "2026-07-06T09:00:00+08:00", NULL, 0, "2026-07-12T00:00:00+08:00"},
        {"timeCycle", "0 0 0 29 FEB ?", "2026-07-06T09:00:00+08:00", NULL, 0, "2028-02-29T00:00:00+08:00"},
        {"timeCycle", "@daily", "2026-07-06T09:00:00+08:00", NULL, 0, "2026-07-07T00:00:00+08:00"},
        {"timeDate", "2026-08-01T10:00:00Z", "2026-07-06T09:00:00+08:00", NULL, 0, "2026-08-01T18:00:00+08:00"},
        {"timeDate", "2026-08-01T10:00:00Z", "2026-08-02T09:00:00+08:00", "2026-08-01T18:00:00+08:00", 1, ""},
        {"timeDuration", "=duration(\"P1M\")", "2026-01-31T09:00:00+08:00", NULL, 0, "2026-02-28T09:00:00+08:00"},
        {"timeCycle", "0 0 25 * * *", "2026-07-06T09:00:00+08:00", NULL, 0, NULL},
        {"timeCycle", "0 0 0 30 2 *", "2026-07-06T09:00:00+08:00", NULL, 0, NULL},
        {"timeCycle", "R/PT0S", "2026-07-06T09:00:00+08:00", NULL, 0, NULL},
        {"timeCycle", "R0/PT1S", "2026-07-06T09:00:00+08:00", NULL, 0, NULL},
        {"timeCycle", "weekly", "2026-07-06T09:00:00+08:00", NULL, 0, NULL},
        {"timeDate", "soon", "2026-07-06T09:00:00+08:00", NULL, 0, NULL},
        {"timeDuration", "P3WD", "2026-07-06T09:00:00+08:00", NULL, 0, NULL},
        {"timeDuration", "P99999999D", "2026-07-06T09:00:00+08:00", NULL, 0, NULL},
        {"timeDuration", "=null", "2026-07-06T09:00:00+08:00", NULL, 0, NULL},
    };
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bpmn_env env = {.now_ms = instant(cases[i].now)};
        struct error err = ERROR_INIT;
        int64_t due = -1;
        enum status status = bpmn_start_due(timer_process(&arena, cases[i].kind, cases[i].text), STR("s"), &env,
                                            cases[i].after ? instant(cases[i].after) : 0, cases[i].count, &due, &err);
        int64_t expected = !cases[i].due ? -1 : cases[i].due[0] ? instant(cases[i].due) : 0;
        if ((status == OK) != (cases[i].due != NULL) || due != expected)
            fail_msg("%s: %s %" PRId64 " instead of %" PRId64, cases[i].text, err.message, due, expected);
    }
    arena_release(&arena);
}

static void conditional_starts_hold_or_not(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const struct bpmn_process *process =
        load(&arena, HEAD "<bpmn:startEvent id='s'><bpmn:conditionalEventDefinition><bpmn:condition>=stock &lt; 5</bpmn:condition>"
                          "</bpmn:conditionalEventDefinition></bpmn:startEvent>" TAIL);
    assert_int_equal(bpmn_process_info(process)->starts[0].event, BPMN_EVENT_CONDITIONAL);
    struct bpmn_env env = {0};
    for (int stock = 3; stock < 7; stock++) {
        struct context_builder variables;
        context_builder_init(&variables, &arena);
        context_builder_put(&variables, STR("stock"), value_int(stock));
        assert_int_equal(bpmn_start_holds(&arena, process, STR("s"), &env, context_builder_done(&variables)), stock < 5);
    }
    assert_false(bpmn_start_holds(&arena, process, STR("s"), &env, value_null));
    assert_false(bpmn_start_holds(&arena, process, STR("nothing"), &env, value_null));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_describes_its_elements),
        cmocka_unit_test(drawings_and_other_vendors_extensions_are_passed_over),
        cmocka_unit_test(timer_starts_are_due),
        cmocka_unit_test(conditional_starts_hold_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
