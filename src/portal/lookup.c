/* How far is it (P11): a case by its number and the telephone given in it, without signing in. */
#include "portal/internal.h"

#include "service/lookup.h"

static enum status show_lookup(struct http_request *request, struct value one, const struct error *refused,
                               struct error *err)
{
    struct context_builder data;
    context_builder_init(&data, request->arena);
    struct str no = refused ? portal_field(request, "no") : http_query(request, "no");
    context_builder_put(&data, STR("no"), value_string(no.data ? no : STR("")));
    context_builder_put(&data, STR("found"), value_boolean(!value_is_null(one)));
    if (!value_is_null(one)) {
        struct value pause = value_get(one, STR("suspension")), correction = value_get(one, STR("correction"));
        context_builder_put(&data, STR("case"), portal_case_row(request, portal_translate_all(request, one)));
        context_builder_put(&data, STR("events"), portal_public_events(request, value_get(one, STR("steps"))));
        context_builder_put(&data, STR("deadline_why"),
                            portal_deadline_why(request, value_get(one, STR("deadline_explanation"))));
        context_builder_put(&data, STR("suspended"), value_boolean(!value_is_null(pause)));
        context_builder_put(&data, STR("correcting"), value_boolean(!value_is_null(correction)));
        context_builder_put(&data, STR("correct_until"), portal_time(request, value_get(correction, STR("until"))));
    }
    context_builder_put(&data, STR("refused"), value_string(refused ? portal_problem(request, refused) : STR("")));
    context_builder_put(&data, STR("wrong"), value_cstr(refused && refused->field[0] ? refused->field : "no"));
    return portal_page(request, refused ? http_status_of(refused) : 200, "lookup", context_builder_done(&data), err);
}

enum status portal_lookup(struct http_request *request, struct error *err)
{
    return show_lookup(request, value_null, NULL, err);
}

enum status portal_lookup_post(struct http_request *request, struct error *err)
{
    struct call call;
    struct value one;
    struct error refused = ERROR_INIT;
    if (http_cross_site(request))
        return error_set(err, ERROR_FORBIDDEN, "csrf-failed", "a page of another site sent this request");
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    if (service_case_lookup(&call, portal_field(request, "no"), portal_field(request, "phone"), &one, &refused) == OK)
        return show_lookup(request, one, NULL, err);
    if (refused.kind == ERROR_NOT_FOUND) /* the words do not tell which of the two was wrong */
        (void)error_set(&refused, ERROR_NOT_FOUND, "lookup-not-found",
                        "This number and this telephone belong to no case.");
    if (refused.kind == ERROR_INTERNAL || refused.kind == ERROR_UNAVAILABLE) {
        *err = refused;
        return FAILED;
    }
    return show_lookup(request, value_null, &refused, err);
}
