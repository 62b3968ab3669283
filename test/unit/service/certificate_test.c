#include "fixture.h"

#include "../trust/leaks.h"

static struct str issue(struct fixture *f)
{
    struct value answer = open_case(f, &clerk, "stamp", FORM_A);
    return text_of(value_at(value_get(answer, STR("certificates")), 0), "no");
}

static struct value verify(struct fixture *f, const char *name, struct str text)
{
    struct call call = call_as(f, &actor_nobody);
    struct context_builder builder;
    struct value out;
    struct error err = ERROR_INIT;
    context_builder_init(&builder, &f->arena);
    context_builder_put(&builder, str_of(name), value_string(text));
    if (service_certificate_verify(&call, context_builder_done(&builder), &out, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    return out;
}

static struct value look(struct fixture *f, const struct actor *actor, struct str no)
{
    struct call call = call_as(f, actor);
    struct value out;
    struct error err = ERROR_INIT;
    if (service_certificate_get(&call, no, &out, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    return out;
}

static void a_certificate_is_genuine_by_number_identifier_code_and_signature(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &clerk);
    struct str no = issue(f), jws;
    struct error err = ERROR_INIT;
    struct value view = look(f, &person_a, no);
    assert_int_equal(service_certificate_render(&call, no, STR_NONE, SERVICE_JWS, &jws, &err), OK);
    assert_text(verify(f, "no", no), "result", "genuine");
    assert_text(verify(f, "identifier", text_of(view, "identifier")), "result", "genuine");
    assert_text(verify(f, "code", text_of(view, "code")), "result", "genuine");
    assert_text(verify(f, "jws", jws), "result", "genuine");
}

static void strangers_see_masked_faces_only(void **state)
{
    struct fixture *f = *state;
    struct value view = verify(f, "no", issue(f));
    struct value labels = value_get(view, STR("labels"));
    assert_int_equal(value_count(labels), 1);
    assert_text(value_at(labels, 0), "value", "王*");
    assert_true(value_is_null(value_get(view, STR("face"))));
    assert_true(value_is_null(value_get(view, STR("holder"))));
}

static void an_altered_signature_or_code_is_not_genuine(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &clerk);
    struct str no = issue(f), jws;
    struct error err = ERROR_INIT;
    assert_int_equal(service_certificate_render(&call, no, STR_NONE, SERVICE_JWS, &jws, &err), OK);
    char *altered = (char *)(uintptr_t)arena_str(&f->arena, jws).data;
    altered[jws.len - 10] = altered[jws.len - 10] == 'A' ? 'B' : 'A';
    assert_text(verify(f, "jws", (struct str){altered, jws.len}), "result", "not-genuine");
    assert_text(verify(f, "code", STR("C23010020260706000002800000000")), "result", "not-genuine");
    assert_text(verify(f, "identifier", STR("1.2.3")), "result", "unknown");
}

static void a_certificate_is_not_for_strangers(void **state)
{
    struct fixture *f = *state;
    struct call stranger = call_as(f, &person_b), nobody = call_as(f, &actor_nobody), far = call_as(f, &far_clerk);
    struct value view;
    struct error err = ERROR_INIT;
    struct str no = issue(f);
    assert_refused(service_certificate_get(&stranger, no, &view, &err), err, "certificate-not-found");
    assert_refused(service_certificate_get(&nobody, no, &view, &err), err, "unauthenticated");
    assert_refused(service_certificate_get(&far, no, &view, &err), err, "certificate-not-found");
}

static void a_grant_lets_one_party_in_until_it_ends(void **state)
{
    struct fixture *f = *state;
    struct call holder = call_as(f, &person_a), other = call_as(f, &person_b);
    struct value view;
    struct error err = ERROR_INIT;
    struct str no = issue(f);
    assert_int_equal(service_certificate_act(&holder, no, STR("grant"),
                                             json_of(f, "{\"to\": \"" PERSON_B "\", \"days\": 1}"), &view, &err),
                     OK);
    look(f, &person_b, no);
    f->now += INT64_C(2) * 86400000;
    assert_refused(service_certificate_get(&other, no, &view, &err), err, "certificate-not-found");
}

static void states_change_by_those_who_may_with_a_reason(void **state)
{
    struct fixture *f = *state;
    struct call clerk_call = call_as(f, &clerk), call = call_as(f, &chief);
    struct value view, reason = json_of(f, "{\"reason\": \"核查\"}"), none = json_of(f, "{}");
    struct error err = ERROR_INIT;
    struct str no = issue(f);
    assert_refused(service_certificate_act(&clerk_call, no, STR("suspend"), reason, &view, &err), err, "forbidden");
    assert_refused(service_certificate_act(&call, no, STR("suspend"), none, &view, &err), err, "reason-missing");
    assert_refused(service_certificate_act(&call, no, STR("resume"), reason, &view, &err), err, "certificate-state");
    assert_int_equal(service_certificate_act(&call, no, STR("suspend"), reason, &view, &err), OK);
    assert_text(verify(f, "no", no), "state", "suspended");
    assert_false(value_is_true(value_get(verify(f, "no", no), STR("valid"))));
    assert_int_equal(service_certificate_act(&call, no, STR("resume"), reason, &view, &err), OK);
    assert_int_equal(service_certificate_act(&call, no, STR("revoke"), reason, &view, &err), OK);
    assert_text(verify(f, "no", no), "state", "revoked");
    assert_int_equal(audit_problems(f), 0);
}

static void a_certificate_expires_by_its_date(void **state)
{
    struct fixture *f = *state;
    struct str no = issue(f);
    assert_true(value_is_true(value_get(verify(f, "no", no), STR("valid"))));
    f->now += INT64_C(366) * 86400000;
    assert_text(verify(f, "no", no), "state", "expired");
    assert_false(value_is_true(value_get(verify(f, "no", no), STR("valid"))));
}

static void it_is_drawn_as_svg_pdf_and_png(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &person_a);
    struct str no = issue(f), out;
    struct error err = ERROR_INIT;
    assert_int_equal(service_certificate_render(&call, no, STR_NONE, SERVICE_SVG, &out, &err), OK);
    assert_true(str_find(out, STR("王一"), 0) > 0 && str_find(out, STR("<path"), 0) > 0);
    assert_int_equal(service_certificate_render(&call, no, STR_NONE, SERVICE_PDF, &out, &err), OK);
    assert_true(str_starts(out, STR("%PDF")));
    assert_int_equal(service_certificate_render(&call, no, STR("page"), SERVICE_PNG, &out, &err), OK);
    assert_true(str_starts(out, STR("\x89PNG")));
    assert_refused(service_certificate_render(&call, no, STR("no-such"), SERVICE_SVG, &out, &err), err,
                   "page-not-found");
}

static void facts_open_it_for_a_relative_and_five_failures_close_the_way(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &actor_nobody), system = call_as(f, &actor_system);
    struct value view, good = json_of(f, "{\"holder_id\": \"" PERSON_A "\", \"opener_id\": \"" PERSON_B "\"}");
    struct value bad = json_of(f, "{\"holder_id\": \"" PERSON_A "\", \"opener_id\": \"11\"}");
    struct error err = ERROR_INIT;
    issue(f);
    assert_refused(service_certificate_open(&call, good, &view, &err), err, "certificate-not-found");
    struct value relative =
        json_of(f, "{\"id\": \"" PERSON_A "\", \"relatives\": [{\"id\": \"" PERSON_B "\", \"relation\": \"3\"}]}");
    assert_int_equal(service_party_put(&system, relative, &view, &err), OK);
    assert_int_equal(service_certificate_open(&call, good, &view, &err), OK);
    assert_text(view, "face.name", "王一");
    for (int i = 0; i < 4; i++)
        assert_refused(service_certificate_open(&call, bad, &view, &err), err, "certificate-not-found");
    assert_refused(service_certificate_open(&call, good, &view, &err), err, "too-many-attempts");
    f->now += INT64_C(61) * 60000;
    assert_int_equal(service_certificate_open(&call, good, &view, &err), OK);
}

static void old_certificates_hold_after_a_change_of_keys(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &chief);
    struct error err = ERROR_INIT;
    struct str no = issue(f);
    assert_int_equal(service_keys_rotate(&call, &err), OK);
    assert_text(verify(f, "no", no), "result", "genuine");
    struct str kid = text_of(look(f, &chief, no), "kid");
    struct value answer = open_case(f, &clerk, "stamp", FORM_B);
    struct str second = text_of(value_at(value_get(answer, STR("certificates")), 0), "no");
    assert_false(str_equal(kid, text_of(look(f, &chief, second), "kid")));
    assert_int_equal(audit_problems(f), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        T(a_certificate_is_genuine_by_number_identifier_code_and_signature),
        T(strangers_see_masked_faces_only),
        T(an_altered_signature_or_code_is_not_genuine),
        T(a_certificate_is_not_for_strangers),
        T(a_grant_lets_one_party_in_until_it_ends),
        T(states_change_by_those_who_may_with_a_reason),
        T(a_certificate_expires_by_its_date),
        T(it_is_drawn_as_svg_pdf_and_png),
        T(facts_open_it_for_a_relative_and_five_failures_close_the_way),
        T(old_certificates_hold_after_a_change_of_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
