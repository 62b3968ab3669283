/* What time does to certificates and to the codes that show them. */
#include "fixture.h"

#include "../trust/leaks.h"

#define DAY_MS INT64_C(86400000)

static struct str issue(struct fixture *f)
{
    struct value answer = open_case(f, &clerk, "stamp", FORM_A);
    return text_of(value_at(value_get(answer, STR("certificates")), 0), "no");
}

static struct value verify(struct fixture *f, const char *name, struct str text)
{
    struct call call = call_as(f, &actor_nobody);
    struct context_builder given;
    struct value out;
    struct error err = ERROR_INIT;
    context_builder_init(&given, &f->arena);
    context_builder_put(&given, str_of(name), value_string(text));
    if (service_certificate_verify(&call, context_builder_done(&given), &out, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    return out;
}

static size_t end_all(struct fixture *f)
{
    size_t done = 0;
    struct error err = ERROR_INIT;
    if (service_certificates_run(f->service, f->now, 10, &done, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    return done;
}

static void act(struct fixture *f, const struct actor *actor, struct str no, const char *action)
{
    struct call call = call_as(f, actor);
    struct value out;
    struct error err = ERROR_INIT;
    if (service_certificate_act(&call, no, str_of(action), json_of(f, "{\"reason\": \"依法\"}"), &out, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
}

static struct value wallet(struct fixture *f, const char *state)
{
    struct call call = call_as(f, &person_a);
    struct service_wallet_query query = {.state = str_of(state)};
    struct value out;
    struct error err = ERROR_INIT;
    if (service_wallet(&call, &query, &out, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    return value_get(out, STR("items"));
}

static void a_showing_code_ends_after_a_minute(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &person_a);
    struct value shown;
    struct error err = ERROR_INIT;
    struct str no = issue(f);
    assert_int_equal(service_certificate_show(&call, no, &shown, &err), OK);
    f->now += SERVICE_SHOW_MS - 1;
    struct str late = text_of(shown, "code");
    assert_int_equal(service_certificate_show(&call, no, &shown, &err), OK);
    assert_text(verify(f, "code", late), "result", "genuine");
    f->now += SERVICE_SHOW_MS;
    assert_text(verify(f, "code", text_of(shown, "code")), "result", "expired");
    f->now += 3 * DAY_MS;
    assert_int_equal(service_upkeep_run(f->service, f->now, &err), OK);
    assert_text(verify(f, "code", text_of(shown, "code")), "result", "expired");
}

static void what_nobody_wanted_renewed_expires(void **state)
{
    struct fixture *f = *state;
    struct str no = issue(f);
    assert_int_equal(end_all(f), 0);
    f->now += 366 * DAY_MS;
    assert_int_equal(end_all(f), 1);
    assert_int_equal(end_all(f), 0);
    assert_text(verify(f, "no", no), "state", "expired");
    assert_int_equal(value_count(wallet(f, "expired")), 1);
    assert_int_equal(audit_problems(f), 0);
}

static void a_renewal_that_nobody_decided_counts_as_granted_at_the_end(void **state)
{
    struct fixture *f = *state;
    struct str no = issue(f);
    f->now += 300 * DAY_MS;
    act(f, &person_a, no, "renew");
    f->now += 66 * DAY_MS;
    assert_int_equal(end_all(f), 1);
    assert_text(verify(f, "no", no), "state", "replaced");
    struct value fresh = value_at(wallet(f, "valid"), 0);
    assert_text(fresh, "valid_from", "2027-07-06");
    assert_text(fresh, "valid_to", "2028-07-05");
    assert_true(value_is_true(value_get(verify(f, "no", text_of(fresh, "no")), STR("valid"))));
    assert_int_equal(end_all(f), 0);
    assert_int_equal(audit_problems(f), 0);
}

static void a_refused_or_suspended_one_is_not_renewed_by_time(void **state)
{
    struct fixture *f = *state;
    struct str refused = issue(f);
    act(f, &person_a, refused, "renew");
    act(f, &chief, refused, "refuse-renewal");
    struct value answer = open_case(f, &clerk, "stamp", FORM_B);
    struct str suspended = text_of(value_at(value_get(answer, STR("certificates")), 0), "no");
    act(f, &person_b, suspended, "renew");
    act(f, &chief, suspended, "suspend");
    f->now += 366 * DAY_MS;
    assert_int_equal(end_all(f), 2);
    assert_text(verify(f, "no", refused), "state", "expired");
    assert_text(verify(f, "no", suspended), "state", "expired");
}

static void a_change_of_a_renewed_one_keeps_the_order_of_versions(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &chief);
    struct value out;
    struct error err = ERROR_INIT;
    struct str no = issue(f);
    for (int i = 0; i < 3; i++) {
        struct value face = json_of(f, "{\"reason\": \"更名\", \"face\": {\"name\": \"王壹\"}}");
        assert_int_equal(service_certificate_act(&call, no, STR("change"), face, &out, &err), OK);
        no = text_of(out, "no");
    }
    assert_true(str_find(text_of(out, "identifier"), STR(".004."), 0) > 0);
    assert_int_equal(value_count(wallet(f, "valid")), 1);
    assert_int_equal(value_count(wallet(f, "replaced")), 3);
    assert_int_equal(audit_problems(f), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        T(a_showing_code_ends_after_a_minute),
        T(what_nobody_wanted_renewed_expires),
        T(a_renewal_that_nobody_decided_counts_as_granted_at_the_end),
        T(a_refused_or_suspended_one_is_not_renewed_by_time),
        T(a_change_of_a_renewed_one_keeps_the_order_of_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
