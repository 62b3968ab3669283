#include "fixture.h"

#include "service/user.h"

static void add_user(struct fixture *f)
{
    struct call call = call_as(f, &actor_system);
    struct error err = ERROR_INIT;
    struct service_user user = {.name = STR("zhang"),
                                .title = STR("张经办"),
                                .role = STR("clerk"),
                                .region = STR("230110"),
                                .password = STR("correct horse")};
    if (service_user_add(&call, &user, &err) != OK)
        fail_msg("%s", err.message);
}

static void a_password_opens_a_session_and_the_cookie_finds_it(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &actor_nobody);
    struct service_session session, found;
    struct error err = ERROR_INIT;
    add_user(f);
    assert_int_equal(service_sign_in(&call, STR("zhang"), STR("correct horse"), &session, &err), OK);
    assert_int_equal(service_session_find(&call, session.secret, &found, &err), OK);
    assert_true(str_equal(found.actor.role, STR("clerk")));
    assert_true(str_equal(found.csrf, session.csrf));
    assert_int_equal(service_sign_out(&call, session.secret, &err), OK);
    assert_refused(service_session_find(&call, session.secret, &found, &err), err, "unauthenticated");
}

static void a_session_ends_without_use_and_after_half_a_day(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &actor_nobody);
    struct service_session session, found;
    struct error err = ERROR_INIT;
    add_user(f);
    assert_int_equal(service_sign_in(&call, STR("zhang"), STR("correct horse"), &session, &err), OK);
    for (int i = 0; i < 28; i++) {
        f->now += INT64_C(25) * 60000;
        assert_int_equal(service_session_find(&call, session.secret, &found, &err), OK);
    }
    f->now += INT64_C(25) * 60000;
    assert_refused(service_session_find(&call, session.secret, &found, &err), err, "unauthenticated");
    assert_int_equal(service_sign_in(&call, STR("zhang"), STR("correct horse"), &session, &err), OK);
    f->now += INT64_C(31) * 60000;
    assert_refused(service_session_find(&call, session.secret, &found, &err), err, "unauthenticated");
}

static void a_session_at_a_kiosk_ends_after_three_minutes_and_what_takes_its_place_is_at_the_kiosk(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &actor_nobody);
    struct service_session session, kiosk, found;
    struct error err = ERROR_INIT;
    add_user(f);
    assert_int_equal(service_sign_in(&call, STR("zhang"), STR("correct horse"), &session, &err), OK);
    assert_refused(service_session_kiosk(&call, session.secret, true, &kiosk, &err), err, "unauthenticated");
    struct call own = call_as(f, &session.actor);
    assert_int_equal(service_session_kiosk(&own, session.secret, true, &kiosk, &err), OK);
    assert_refused(service_session_find(&call, session.secret, &found, &err), err, "unauthenticated");
    for (int i = 0; i < 5; i++) {
        f->now += INT64_C(150000);
        assert_int_equal(service_session_find(&call, kiosk.secret, &found, &err), OK);
        assert_true(found.kiosk);
    }
    f->now += INT64_C(181000);
    assert_refused(service_session_find(&call, kiosk.secret, &found, &err), err, "unauthenticated");
    struct actor person = {.kind = ACTOR_PERSON, .id = STR("230110198003150010"), .name = STR("李明"), .level = 3};
    struct call theirs = call_as(f, &person);
    assert_int_equal(service_sign_in_party(&call, &person, STR_NONE, &session, &err), OK);
    assert_int_equal(service_session_kiosk(&theirs, session.secret, true, &kiosk, &err), OK);
    assert_refused(service_session_kiosk(&theirs, kiosk.secret, false, &session, &err), err, "forbidden");
}

static void five_failures_close_the_account_for_a_while(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &actor_nobody);
    struct service_session session;
    struct error err = ERROR_INIT;
    add_user(f);
    for (int i = 0; i < 5; i++)
        assert_refused(service_sign_in(&call, STR("zhang"), STR("wrong"), &session, &err), err, "sign-in-failed");
    assert_refused(service_sign_in(&call, STR("zhang"), STR("correct horse"), &session, &err), err,
                   "too-many-attempts");
    f->now += 61000;
    assert_int_equal(service_sign_in(&call, STR("zhang"), STR("correct horse"), &session, &err), OK);
    assert_refused(service_sign_in(&call, STR("nobody-such"), STR("x"), &session, &err), err, "sign-in-failed");
}

static void bad_users_are_refused_with_their_field(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &actor_system), clerk_call = call_as(f, &clerk);
    struct error err = ERROR_INIT;
    struct service_user user = {.name = STR("Zhang!"), .role = STR("clerk"), .region = STR("230110")};
    assert_refused(service_user_add(&call, &user, &err), err, "user-invalid");
    user.name = STR("zhang");
    user.role = STR("emperor");
    assert_refused(service_user_add(&call, &user, &err), err, "role-unknown");
    user.role = STR("clerk");
    user.region = STR("x");
    assert_refused(service_user_add(&call, &user, &err), err, "region-unknown");
    user.region = STR("230110");
    user.password = STR("short");
    assert_refused(service_user_add(&call, &user, &err), err, "password-invalid");
    user.password = STR_NONE;
    assert_refused(service_user_add(&clerk_call, &user, &err), err, "forbidden");
    assert_int_equal(service_user_add(&call, &user, &err), OK);
    assert_refused(service_user_add(&call, &user, &err), err, "user-exists");
}

static void a_token_speaks_for_its_user_until_it_ends(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &actor_system);
    struct actor actor;
    struct str token;
    struct error err = ERROR_INIT;
    add_user(f);
    assert_refused(service_token_create(&call, STR("nobody"), 0, &token, &err), err, "user-not-found");
    assert_int_equal(service_token_create(&call, STR("zhang"), 60000, &token, &err), OK);
    assert_int_equal(service_token_find(&call, token, &actor, &err), OK);
    assert_true(str_equal(actor.id, STR("zhang")));
    assert_refused(service_token_find(&call, STR("tb_rubbish"), &actor, &err), err, "unauthenticated");
    f->now += 60001;
    assert_refused(service_token_find(&call, token, &actor, &err), err, "unauthenticated");
}

static void a_disabled_user_is_out_at_once(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &actor_system);
    struct service_session session, found;
    struct error err = ERROR_INIT;
    add_user(f);
    assert_int_equal(service_sign_in(&call, STR("zhang"), STR("correct horse"), &session, &err), OK);
    struct value view;
    assert_refused(service_user_act(&call, STR("zhang"), STR("lock"), STR(" "), &view, &err), err, "reason-missing");
    assert_int_equal(service_user_act(&call, STR("zhang"), STR("lock"), STR("离职"), &view, &err), OK);
    assert_refused(service_session_find(&call, session.secret, &found, &err), err, "unauthenticated");
    assert_refused(service_sign_in(&call, STR("zhang"), STR("correct horse"), &session, &err), err, "sign-in-failed");
}

static void a_vouched_person_signs_in_with_its_level(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &actor_nobody);
    struct service_session session, found;
    struct error err = ERROR_INIT;
    assert_int_equal(service_sign_in_party(&call, &person_a, STR_NONE, &session, &err), OK);
    assert_int_equal(service_session_find(&call, session.secret, &found, &err), OK);
    assert_int_equal(found.actor.kind, ACTOR_PERSON);
    assert_int_equal(found.actor.level, 3);
    assert_refused(service_sign_in_demo(&call, STR(PERSON_A), 3, STR_NONE, &session, &err), err, "forbidden");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        T(a_password_opens_a_session_and_the_cookie_finds_it), T(a_session_ends_without_use_and_after_half_a_day),
        T(a_session_at_a_kiosk_ends_after_three_minutes_and_what_takes_its_place_is_at_the_kiosk),
        T(five_failures_close_the_account_for_a_while),        T(bad_users_are_refused_with_their_field),
        T(a_token_speaks_for_its_user_until_it_ends),          T(a_disabled_user_is_out_at_once),
        T(a_vouched_person_signs_in_with_its_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
