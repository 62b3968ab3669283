/* The route table of the API and what its handlers share. */
#include "api/internal.h"

#include "form/form.h"
#include "pack/pack.h"

#include <stdio.h>
#include <string.h>

#define V "/api/v1"
#define BODY HTTP_JSON
#define SMALL (64 * 1024)
#define MODEL (16 * 1024 * 1024)

static const struct http_route routes[] = {
    {HTTP_POST, V "/session", api_sign_in, BODY, SMALL, 10, NULL},
    {HTTP_GET, V "/session", api_who_am_i, 0, 0, 0, NULL},
    {HTTP_DELETE, V "/session", api_sign_out, 0, 0, 0, NULL},
    {HTTP_GET, V "/session/totp", api_get_totp, 0, 0, 0, NULL},
    {HTTP_POST, V "/session/totp", api_begin_totp, BODY, SMALL, 10, NULL},
    {HTTP_POST, V "/session/totp/confirm", api_confirm_totp, BODY, SMALL, 10, NULL},
    {HTTP_POST, V "/session/totp/remove", api_remove_totp, BODY, SMALL, 10, NULL},
    {HTTP_POST, V "/session/password", api_set_password, BODY, SMALL, 10, NULL},
    {HTTP_POST, V "/session/acting", api_act_for, BODY, SMALL, 5, NULL},
    {HTTP_PUT, V "/session/kiosk", api_set_kiosk, BODY, SMALL, 0, NULL},
    {HTTP_POST, V "/session/assist", api_assist, BODY, SMALL, 10, NULL},
    {HTTP_GET, V "/mandates", api_list_mandates, 0, 0, 0, NULL},
    {HTTP_POST, V "/mandates", api_grant_mandate, BODY, SMALL, 5, NULL},
    {HTTP_POST, V "/mandates/{id}/end", api_end_mandate, BODY, SMALL, 0, NULL},
    {HTTP_POST, V "/persons/find", api_find_person, BODY, SMALL, 2, NULL},
    {HTTP_GET, V "/calendar/count", api_count_days, 0, 0, 0, NULL},
    {HTTP_GET, V "/calendar/{year}", api_get_calendar, 0, 0, 0, NULL},
    {HTTP_PUT, V "/cases/{no}/watch", api_watch_case, 0, 0, 0, NULL},
    {HTTP_DELETE, V "/cases/{no}/watch", api_unwatch_case, 0, 0, 0, NULL},
    {HTTP_GET, V "/watched", api_list_watched, 0, 0, 2, NULL},
    {HTTP_GET, V "/delegations", api_list_delegations, 0, 0, 0, NULL},
    {HTTP_POST, V "/delegations", api_make_delegation, BODY, SMALL, 0, NULL},
    {HTTP_POST, V "/delegations/{id}/end", api_end_delegation, BODY, SMALL, 0, NULL},
    {HTTP_GET, V "/colleagues", api_list_colleagues, 0, 0, 0, NULL},
    {HTTP_GET, V "/handovers", api_list_handovers, 0, 0, 0, NULL},
    {HTTP_GET, V "/remedies", api_list_remedies, 0, 0, 2, NULL},
    {HTTP_GET, V "/drafts", api_list_drafts, 0, 0, 0, NULL},
    {HTTP_POST, V "/drafts", api_create_draft, BODY, 0, 0, NULL},
    {HTTP_GET, V "/drafts/{id}", api_get_draft, 0, 0, 0, NULL},
    {HTTP_PUT, V "/drafts/{id}", api_save_draft, BODY, 0, 0, NULL},
    {HTTP_DELETE, V "/drafts/{id}", api_delete_draft, 0, 0, 0, NULL},
    {HTTP_GET, V "/drafts/{id}/materials", api_list_draft_materials, 0, 0, 0, NULL},
    {HTTP_GET, V "/notices", api_list_notices, 0, 0, 0, NULL},
    {HTTP_POST, V "/notices/{id}/read", api_read_notice, BODY, SMALL, 0, NULL},
    {HTTP_GET, V "/preferences", api_get_preferences, 0, 0, 0, NULL},
    {HTTP_PUT, V "/preferences", api_set_preferences, BODY, SMALL, 0, NULL},
    {HTTP_GET, V "/items", api_list_items, 0, 0, 0, NULL},
    {HTTP_GET, V "/items/{code}", api_get_item, 0, 0, 0, NULL},
    {HTTP_GET, V "/items/{code}/prefill", api_list_prefill, 0, 0, 0, NULL},
    {HTTP_GET, V "/items/{code}/eligibility", api_get_eligibility, 0, 0, 0, NULL},
    {HTTP_POST, V "/items/{code}/eligibility", api_judge_eligibility, BODY, SMALL, 0, NULL},
    {HTTP_GET, V "/items/{code}/bulk.csv", api_get_bulk_template, 0, 0, 0, NULL},
    {HTTP_POST, V "/items/{code}/bulk", api_start_bulk, BODY | HTTP_TEXT, 20 * 1024 * 1024, 20, NULL},
    {HTTP_GET, V "/bulk", api_list_bulks, 0, 0, 0, NULL},
    {HTTP_GET, V "/bulk/items", api_list_bulk_items, 0, 0, 0, NULL},
    {HTTP_GET, V "/bulk/{id}", api_get_bulk, 0, 0, 0, NULL},
    {HTTP_DELETE, V "/bulk/{id}", api_cancel_bulk, 0, 0, 0, NULL},
    {HTTP_GET, V "/bulk/{id}/rows", api_list_bulk_rows, 0, 0, 0, NULL},
    {HTTP_GET, V "/bulk/{id}/exceptions.csv", api_get_bulk_exceptions, 0, 0, 10, NULL},
    {HTTP_GET, V "/bulk/{id}/results.csv", api_get_bulk_results, 0, 0, 10, NULL},
    {HTTP_GET, V "/items/{code}/versions", api_list_item_versions, 0, 0, 0, NULL},
    {HTTP_GET, V "/catalogue", api_list_catalogue, 0, 0, 2, NULL},
    {HTTP_GET, V "/catalogue/export", api_export_catalogue, 0, 0, 5, NULL},
    {HTTP_POST, V "/catalogue/import", api_import_catalogue, BODY | HTTP_TEXT, MODEL, 20, NULL},
    {HTTP_POST, V "/catalogue/actions/{action}", api_act_on_items, BODY, SMALL, 20, NULL},
    {HTTP_GET, V "/codes", api_list_codes, 0, 0, 0, NULL},
    {HTTP_GET, V "/codes/{table}", api_get_codes, 0, 0, 0, NULL},
    {HTTP_POST, V "/cases", api_open_case, BODY, 0, 0, NULL},
    {HTTP_POST, V "/cases/lookup", api_look_up_case, BODY, SMALL, 10, NULL},
    {HTTP_POST, V "/cases/check", api_check_case, BODY, 0, 0, NULL},
    {HTTP_GET, V "/cases", api_list_cases, 0, 0, 0, NULL},
    {HTTP_GET, V "/cases/{no}", api_get_case, 0, 0, 0, NULL},
    {HTTP_GET, V "/cases/{no}/events", api_list_events, 0, 0, 0, NULL},
    {HTTP_GET, V "/cases/{no}/related", api_list_related, 0, 0, 0, NULL},
    {HTTP_GET, V "/cases/{no}/diagram", api_get_diagram, 0, 0, 0, NULL},
    {HTTP_GET, V "/cases/{no}/decisions", api_list_explanations, 0, 0, 0, NULL},
    {HTTP_POST, V "/cases/{no}/actions/{action}", api_act_on_case, BODY, 0, 0, NULL},
    {HTTP_GET, V "/tasks", api_list_tasks, 0, 0, 0, NULL},
    {HTTP_POST, V "/tasks/assign", api_assign_tasks, BODY, SMALL, 5, NULL},
    {HTTP_GET, V "/tasks/{id}", api_get_task, 0, 0, 0, NULL},
    {HTTP_POST, V "/tasks/{id}/claim", api_claim_task, BODY, SMALL, 0, NULL},
    {HTTP_POST, V "/tasks/{id}/release", api_release_task, BODY, SMALL, 0, NULL},
    {HTTP_POST, V "/tasks/{id}/complete", api_complete_task, BODY, 0, 0, NULL},
    {HTTP_GET, V "/certificates", api_list_certificates, 0, 0, 0, NULL},
    {HTTP_GET, V "/certificates/{no}", api_get_certificate, 0, 0, 0, NULL},
    {HTTP_GET, V "/certificates/{no}.svg", api_get_certificate_svg, 0, 0, 2, NULL},
    {HTTP_GET, V "/certificates/{no}.pdf", api_get_certificate_pdf, 0, 0, 5, NULL},
    {HTTP_GET, V "/certificates/{no}.png", api_get_certificate_png, 0, 0, 5, NULL},
    {HTTP_GET, V "/certificates/{no}.jws", api_get_certificate_jws, 0, 0, 0, NULL},
    {HTTP_POST, V "/certificates/verify", api_verify_certificate, BODY, SMALL, 2, NULL},
    {HTTP_POST, V "/certificates/{no}/actions/{action}", api_act_on_certificate, BODY, SMALL, 0, NULL},
    {HTTP_POST, V "/certificates/verify-batch", api_verify_certificates, BODY, MODEL, 20, NULL},
    {HTTP_GET, V "/certificates/{no}/uses", api_list_certificate_uses, 0, 0, 0, NULL},
    {HTTP_POST, V "/certificates/{no}/show", api_show_certificate, BODY, SMALL, 2, NULL},
    {HTTP_POST, V "/certificates/{no}/offer", api_offer_credential, BODY, SMALL, 2, NULL},
    {HTTP_POST, V "/certificates/{no}/use", api_use_certificate, BODY, SMALL, 0, NULL},
    {HTTP_GET, V "/certificate-kinds", api_list_certificate_kinds, 0, 0, 0, NULL},
    {HTTP_GET, V "/certificate-kinds/{kind}/preview", api_preview_certificate, 0, 0, 2, NULL},
    {HTTP_POST, V "/certificate-kinds/{kind}/preview", api_preview_certificate_with, BODY, SMALL, 2, NULL},
    {HTTP_GET, V "/wallet", api_get_wallet, 0, 0, 0, NULL},
    {HTTP_POST, V "/decisions/check", api_check_decision, BODY, MODEL, 5, NULL},
    {HTTP_GET, V "/decisions/{id}", api_get_decision, 0, 0, 0, NULL},
    {HTTP_POST, V "/decisions/{id}/evaluate", api_evaluate_decision, BODY, 0, 0, NULL},
    {HTTP_POST, V "/decisions/{id}/sweep", api_start_sweep, BODY, MODEL, 10, NULL},
    {HTTP_GET, V "/sweeps/{id}", api_get_sweep, 0, 0, 0, NULL},
    {HTTP_DELETE, V "/sweeps/{id}", api_stop_sweep, 0, 0, 0, NULL},
    {HTTP_GET, V "/models", api_list_models, 0, 0, 0, NULL},
    {HTTP_POST, V "/models", api_create_model, BODY, MODEL, 5, NULL},
    {HTTP_GET, V "/models/{id}", api_get_model, 0, 0, 0, NULL},
    {HTTP_PUT, V "/models/{id}", api_save_model, BODY, MODEL, 5, NULL},
    {HTTP_POST, V "/models/{id}/check", api_check_model, BODY, MODEL, 5, NULL},
    {HTTP_GET, V "/models/{id}/diff", api_diff_model, 0, 0, 2, NULL},
    {HTTP_POST, V "/models/{id}/diff", api_diff_text, BODY, MODEL, 5, NULL},
    {HTTP_POST, V "/models/{id}/try", api_try_model, BODY, MODEL, 10, NULL},
    {HTTP_GET, V "/models/{id}/stories", api_list_stories, 0, 0, 0, NULL},
    {HTTP_POST, V "/models/{id}/actions/{action}", api_act_on_model, BODY, SMALL, 5, NULL},
    {HTTP_GET, V "/indicators", api_list_indicators, 0, 0, 0, NULL},
    {HTTP_GET, V "/indicators/{id}", api_get_indicator, 0, 0, 0, NULL},
    {HTTP_GET, V "/indicators/{id}/cases", api_list_indicator_cases, 0, 0, 2, NULL},
    {HTTP_GET, V "/deadlines", api_list_deadlines, 0, 0, 0, NULL},
    {HTTP_GET, V "/benchmarks", api_list_benchmarks, 0, 0, 0, NULL},
    {HTTP_GET, V "/benchmarks/materials", api_list_same_materials, 0, 0, 2, NULL},
    {HTTP_POST, V "/benchmarks/import", api_import_benchmarks, BODY | HTTP_TEXT, 8 * 1024 * 1024, 10, NULL},
    {HTTP_PUT, V "/benchmarks/{item}", api_plan_benchmark, BODY, SMALL, 0, NULL},
    {HTTP_GET, V "/benchmarks/{item}/what-if", api_ask_what_if, 0, 0, 10, NULL},
    {HTTP_GET, V "/benchmarks/{item}/what-if/cases", api_list_what_if_cases, 0, 0, 5, NULL},
    {HTTP_GET, V "/assessments", api_get_assessment, 0, 0, 2, NULL},
    {HTTP_GET, V "/supervisions", api_list_supervisions, 0, 0, 0, NULL},
    {HTTP_POST, V "/supervisions", api_open_supervision, BODY, SMALL, 0, NULL},
    {HTTP_POST, V "/supervisions/{id}/actions/{action}", api_act_on_supervision, BODY, SMALL, 0, NULL},
    {HTTP_GET, V "/bulletins", api_list_bulletins, 0, 0, 0, NULL},
    {HTTP_POST, V "/bulletins", api_make_bulletin, BODY, SMALL, 5, NULL},
    {HTTP_GET, V "/bulletins/{id}", api_get_bulletin, 0, 0, 0, NULL},
    {HTTP_PUT, V "/bulletins/{id}", api_change_bulletin, BODY, 0, 0, NULL},
    {HTTP_POST, V "/bulletins/{id}/publish", api_publish_bulletin, BODY, 0, 0, NULL},
    {HTTP_POST, V "/files", api_upload_file, BODY | HTTP_FORM | HTTP_MULTIPART | HTTP_TEXT, 20 * 1024 * 1024, 5, NULL},
    {HTTP_GET, V "/files/{id}", api_get_file, 0, 0, 0, NULL},
    {HTTP_POST, V "/uploads", api_begin_upload, BODY, SMALL, 2, NULL},
    {HTTP_GET, V "/uploads/{id}", api_get_upload, 0, 0, 0, NULL},
    {HTTP_PATCH, V "/uploads/{id}", api_put_part, BODY | HTTP_TEXT, 4 * 1024 * 1024, 2, NULL},
    {HTTP_DELETE, V "/uploads/{id}", api_drop_upload, 0, 0, 0, NULL},
    {HTTP_POST, V "/jobs/activate", api_activate_jobs, BODY, SMALL, 0, NULL},
    {HTTP_POST, V "/jobs/{id}/complete", api_complete_job, BODY, 0, 0, NULL},
    {HTTP_POST, V "/jobs/{id}/fail", api_fail_job, BODY, 0, 0, NULL},
    {HTTP_POST, V "/jobs/{id}/error", api_throw_error, BODY, 0, 0, NULL},
    {HTTP_POST, V "/messages", api_publish_message, BODY, 0, 0, NULL},
    {HTTP_GET, V "/outbox", api_list_outbox, 0, 0, 0, NULL},
    {HTTP_POST, V "/outbox/{id}/retry", api_retry_outbox, BODY, SMALL, 0, NULL},
    {HTTP_GET, V "/incidents", api_list_incidents, 0, 0, 0, NULL},
    {HTTP_POST, V "/incidents/{id}/retry", api_retry_incident, BODY, 0, 0, NULL},
    {HTTP_POST, V "/incidents/{id}/skip", api_skip_incident, BODY, 0, 0, NULL},
    {HTTP_GET, V "/timers", api_list_timers, 0, 0, 0, NULL},
    {HTTP_GET, V "/jobs", api_list_jobs, 0, 0, 0, NULL},
    {HTTP_POST, V "/jobs/{id}/retries", api_give_retries, BODY, SMALL, 0, NULL},
    {HTTP_GET, V "/processes", api_list_processes, 0, 0, 2, NULL},
    {HTTP_GET, V "/processes/{id}/heat", api_get_heat, 0, 0, 10, NULL},
    {HTTP_GET, V "/instances/changes", api_list_changes, 0, 0, 0, NULL},
    {HTTP_POST, V "/instances/changes", api_propose_change, BODY, 0, 5, NULL},
    {HTTP_GET, V "/instances/changes/{id}", api_get_change, 0, 0, 0, NULL},
    {HTTP_POST, V "/instances/changes/{id}/approve", api_approve_change, BODY, SMALL, 0, NULL},
    {HTTP_POST, V "/instances/changes/{id}/reject", api_reject_change, BODY, SMALL, 0, NULL},
    {HTTP_GET, V "/subjects", api_list_subjects, 0, 0, 2, NULL},
    {HTTP_GET, V "/subjects/{key}", api_get_subject, 0, 0, 5, NULL},
    {HTTP_GET, V "/access-log", api_list_access, 0, 0, 0, NULL},
    {HTTP_GET, V "/me/data", api_export_mine, 0, 0, 20, NULL},
    {HTTP_GET, V "/me/sessions", api_list_my_sessions, 0, 0, 0, NULL},
    {HTTP_DELETE, V "/me/sessions/{id}", api_end_my_session, 0, 0, 0, NULL},
    {HTTP_GET, V "/figures", api_get_figures, 0, 0, 0, NULL},
    {HTTP_POST, V "/access-log/export", api_export_access, BODY, SMALL, 20, NULL},
    {HTTP_GET, V "/audit", api_get_audit_state, 0, 0, 0, NULL},
    {HTTP_POST, V "/audit", api_ask_audit, BODY, SMALL, 5, NULL},
    {HTTP_GET, V "/users", api_list_users, 0, 0, 0, NULL},
    {HTTP_POST, V "/users", api_create_user, BODY, SMALL, 0, NULL},
    {HTTP_GET, V "/users/{name}", api_get_user, 0, 0, 0, NULL},
    {HTTP_PUT, V "/users/{name}", api_change_user, BODY, SMALL, 0, NULL},
    {HTTP_POST, V "/users/{name}/actions/{action}", api_act_on_user, BODY, SMALL, 0, NULL},
    {HTTP_DELETE, V "/users/{name}/sessions/{id}", api_end_session, 0, 0, 0, NULL},
    {HTTP_DELETE, V "/users/{name}/tokens/{id}", api_revoke_token, 0, 0, 0, NULL},
    {HTTP_GET, V "/roles", api_list_roles, 0, 0, 0, NULL},
    {HTTP_GET, V "/integrations", api_list_integrations, 0, 0, 2, NULL},
    {HTTP_POST, V "/integrations/{id}/test", api_test_integration, BODY, SMALL, 10, NULL},
    {HTTP_GET, V "/settings", api_list_settings, 0, 0, 0, NULL},
    {HTTP_PUT, V "/settings/{name}", api_change_setting, BODY, SMALL, 0, NULL},
    {HTTP_GET, V "/notice-kinds", api_list_notice_kinds, 0, 0, 0, NULL},
    {HTTP_POST, V "/notice-kinds/{id}/preview", api_preview_notice, BODY, SMALL, 0, NULL},
    {HTTP_GET, "/api/openapi.json", api_get_description, HTTP_OPEN, 0, 0, NULL},
    {HTTP_GET, "/.well-known/jwks.json", api_get_keys, HTTP_OPEN, 0, 0, NULL},
    {HTTP_GET, "/.well-known/openid-credential-issuer", api_get_credential_issuer, HTTP_OPEN, 0, 0, NULL},
    {HTTP_GET, "/.well-known/oauth-authorization-server", api_get_authorization_server, HTTP_OPEN, 0, 0, NULL},
    {HTTP_GET, "/.well-known/jwt-vc-issuer", api_get_credential_keys, HTTP_OPEN, 0, 0, NULL},
    {HTTP_GET, "/credentials/types/{kind}", api_get_credential_type, HTTP_OPEN, 0, 0, NULL},
    {HTTP_GET, "/credentials/status/{region}/{list}", api_get_status_list, HTTP_OPEN, 0, 5, NULL},
    {HTTP_POST, "/credentials/token", api_make_token, HTTP_OPEN | HTTP_FORM, SMALL, 5, NULL},
    {HTTP_POST, "/credentials/nonce", api_make_nonce, HTTP_OPEN | HTTP_JSON | HTTP_TEXT, SMALL, 2, NULL},
    {HTTP_POST, "/credentials/credential", api_issue_credential, HTTP_OPEN | BODY, SMALL, 5, NULL},
    {HTTP_GET, "/healthz", api_is_alive, HTTP_OPEN | HTTP_INLINE | HTTP_QUIET | HTTP_UNLIMITED, 0, 0, NULL},
    {HTTP_GET, "/readyz", api_is_ready, HTTP_OPEN | HTTP_QUIET | HTTP_UNLIMITED, 0, 0, NULL},
    {HTTP_GET, "/metrics", api_get_metrics, HTTP_OPEN | HTTP_QUIET | HTTP_UNLIMITED, 0, 0, NULL},
};

struct http_routes api_routes(void)
{
    return (struct http_routes){routes, COUNT_OF(routes)};
}

struct str api_language(const struct http_request *request)
{
    return gate_caller_of(request)->language;
}

enum status api_reply_plain(struct http_request *request, int status, struct value view)
{
    http_set_header(request, "Cache-Control", STR("no-cache"));
    struct buf body;
    buf_init(&body, 0);
    json_write(&body, value_with_offsets(request->arena, view));
    return http_reply_buf(request, status, "application/json", &body);
}

enum status api_reply(struct http_request *request, int status, struct value view)
{
    int64_t version = 0;
    if (request->method == HTTP_GET && value_to_int64(value_get(view, STR("version")), &version) && version > 0 &&
        http_etag(request, arena_printf(request->arena, "%" PRId64, version)))
        return OK;
    if (version > 0 && request->method != HTTP_GET)
        http_set_header(request, "ETag", arena_printf(request->arena, "\"%" PRId64 "\"", version));
    return api_reply_plain(request, status, view);
}

enum status api_body(struct http_request *request, struct value *out, struct error *err)
{
    if (request->body.len == 0) {
        struct context_builder empty;
        context_builder_init(&empty, request->arena);
        *out = context_builder_done(&empty);
        return OK;
    }
    static const struct json_limits limits = {.max_depth = 64, .refuse_duplicates = true};
    struct value body = value_null;
    if (json_parse(request->arena, request->body, &limits, &body, err) != OK) {
        err->kind = ERROR_INVALID;
        snprintf(err->type, sizeof(err->type), "bad-body");
        return FAILED;
    }
    if (body.kind != VALUE_CONTEXT)
        return error_set(err, ERROR_INVALID, "bad-body", "the body must be a JSON object, it is %s",
                         value_kind_name(body.kind));
    *out = body;
    return OK;
}

enum status api_only(struct value body, const char *const *names, struct error *err)
{
    for (size_t i = 0; body.kind == VALUE_CONTEXT && i < body.context->count; i++) {
        struct str key = body.context->members[i].key;
        size_t n = 0;
        while (names[n] && !str_equal(key, str_of(names[n])))
            n++;
        if (names[n])
            continue;
        error_set(err, ERROR_INVALID, "unknown-field", "there is no field \"%.*s\"", STR_ARGS(key));
        error_field(err, "%.*s", STR_ARGS(key));
        return error_hint(err, "see /api/openapi.json for the fields of this request");
    }
    return OK;
}

static enum status wrong_type(const char *name, struct value found, const char *wanted, struct error *err)
{
    error_set(err, ERROR_INVALID, "invalid-type", "%s must be %s, it is %s", name, wanted, value_kind_name(found.kind));
    return error_field(err, "%s", name);
}

enum status api_text(struct value body, const char *name, struct str *out, struct error *err)
{
    struct value found = value_get(body, str_of(name));
    if (found.kind != VALUE_NULL && found.kind != VALUE_STRING)
        return wrong_type(name, found, "text", err);
    *out = value_text(found);
    return OK;
}

enum status api_object(struct value body, const char *name, struct value *out, struct error *err)
{
    struct value found = value_get(body, str_of(name));
    if (found.kind != VALUE_NULL && found.kind != VALUE_CONTEXT)
        return wrong_type(name, found, "an object", err);
    *out = found;
    return OK;
}

enum status api_int(struct value body, const char *name, int64_t fallback, int64_t *out, struct error *err)
{
    struct value found = value_get(body, str_of(name));
    int64_t n = fallback;
    if (found.kind != VALUE_NULL && !value_to_int64(found, &n))
        return wrong_type(name, found, "a whole number", err);
    *out = n;
    return OK;
}

enum status api_limit(struct http_request *request, int64_t *out, struct error *err)
{
    struct str text = http_query(request, "limit");
    int64_t n = 20;
    if (text.len && (!str_to_int64(text, &n) || n < 1 || n > 100)) {
        error_set(err, ERROR_INVALID, "bad-query", "limit must be a number from 1 to 100");
        return error_field(err, "limit");
    }
    *out = n;
    return OK;
}

bool api_query_true(struct http_request *request, const char *name)
{
    struct str text = http_query(request, name);
    return str_equal(text, STR("true")) || str_equal(text, STR("1"));
}

struct value api_with(struct http_request *request, struct value base, const char *key, struct value v)
{
    struct context_builder one;
    context_builder_init(&one, request->arena);
    context_builder_put(&one, str_of(key), v);
    return value_merge(request->arena, base, context_builder_done(&one));
}

const struct pack_set *api_packs_of(struct http_request *request, struct value view)
{
    int64_t number = 0;
    return value_to_int64(value_get(view, STR("packs")), &number) ? service_packs_numbered(request->context, number)
                                                                  : packs_of(request);
}

struct value api_describe_form(struct http_request *request, struct value of, struct str form_id, struct value data)
{
    const struct pack_set *packs = api_packs_of(request, of);
    const struct pack_form *form = pack_form_find(packs, form_id);
    if (!form)
        return value_null;
    struct pack_texts texts = {packs, api_language(request)};
    struct feel_run run = {.arena = request->arena, .now_ms = service_now(request->context)};
    struct form_env env = {&run, pack_form_codes(packs), pack_form_texts(&texts)};
    return form_describe(form->form, form_null_fill(form->form, request->arena, data), NULL, 0, &env);
}

static const struct pack_item *newest_item(const struct pack_set *packs, struct str code)
{
    size_t count;
    const struct pack_item *const *versions = pack_item_versions(packs, code, &count);
    return count ? versions[count - 1] : NULL;
}

/* One member's name in the caller's language: region -> region_name, item_title and task names translated. */
static struct value name_one(struct http_request *request, struct value view)
{
    const struct pack_set *packs = packs_of(request);
    struct context_builder more;
    context_builder_init(&more, request->arena);
    struct str region = value_text(value_get(view, STR("region")));
    if (region.len)
        context_builder_put(&more, STR("region_name"),
                            value_string(pack_division_full_name(packs, request->arena, region)));
    struct str code = value_text(value_get(view, STR("item")));
    if (code.len && value_is_null(value_get(view, STR("item_title")))) {
        const struct pack_item *item = newest_item(packs, code);
        if (item)
            context_builder_put(&more, STR("item_title"),
                                value_string(pack_text(packs, api_language(request), item->title)));
    }
    static const char *const translated[] = {"item_title", "name", "title"};
    for (size_t i = 0; i < COUNT_OF(translated); i++) {
        struct str text = value_text(value_get(view, str_of(translated[i])));
        if (text.len && pack_text_known(packs, api_language(request), text))
            context_builder_put(&more, str_of(translated[i]),
                                value_string(pack_text(packs, api_language(request), text)));
    }
    return value_merge(request->arena, view, context_builder_done(&more));
}

struct value api_named(struct http_request *request, struct value view)
{
    struct value items = value_get(view, STR("items"));
    if (items.kind != VALUE_LIST)
        return view.kind == VALUE_CONTEXT ? name_one(request, view) : view;
    struct list *named = list_new(request->arena, items.list->count);
    for (size_t i = 0; i < items.list->count; i++)
        named->items[i] = name_one(request, items.list->items[i]);
    return api_with(request, view, "items", value_of_list(named));
}

const struct pack_set *packs_of(const struct http_request *request)
{
    return service_packs(request->context);
}

/* The title of a problem in the caller's language; the base pack's texts hold "problem.<type>". */
static struct str problem_title(struct http_request *request, const struct error *err)
{
    struct str key = arena_printf(request->arena, "problem.%s", err->type);
    struct str title = pack_text(packs_of(request), api_language(request), key);
    return str_equal(title, key) ? str_of(err->message) : title;
}

static struct value problem_value(struct http_request *request, const struct error *err, struct value errors)
{
    struct context_builder problem;
    context_builder_init(&problem, request->arena);
    context_builder_put(&problem, STR("type"), value_cstr(err->type));
    context_builder_put(&problem, STR("title"), value_string(problem_title(request, err)));
    context_builder_put(&problem, STR("status"), value_int(http_status_of(err)));
    context_builder_put(&problem, STR("detail"), value_string(api_sentence(request, str_of(err->message))));
    if (err->field[0])
        context_builder_put(&problem, STR("field"), value_cstr(err->field));
    if (err->hint[0])
        context_builder_put(&problem, STR("hint"), value_string(api_sentence(request, str_of(err->hint))));
    if (errors.kind == VALUE_LIST)
        context_builder_put(&problem, STR("errors"), errors);
    context_builder_put(&problem, STR("request"), value_string(request->id));
    return context_builder_done(&problem);
}

enum status api_reply_errors(struct http_request *request, const struct error *err, struct value errors)
{
    struct buf body;
    buf_init(&body, 0);
    json_write(&body, problem_value(request, err, errors));
    return http_reply_buf(request, http_status_of(err), "application/problem+json", &body);
}

bool api_error_page(struct http_request *request, const struct error *err)
{
    bool ours = str_starts(request->path, STR("/api/")) || str_starts(request->path, STR("/.well-known/")) ||
                str_starts(request->path, STR("/credentials/"));
    return ours && api_reply_errors(request, err, value_null) == OK;
}
