/* What the files of the API share. */
#pragma once

#include "api/api.h"
#include "feel/json.h"
#include "feel/value.h"
#include "gate/gate.h"
#include "service/service.h"

/* Answers with a JSON value. A view that has a version gets it as ETag. */
enum status api_reply(struct http_request *request, int status, struct value view);
/* The same for a view whose version is not its own but that of what it is about. */
enum status api_reply_plain(struct http_request *request, int status, struct value view);
/* The body as a JSON object; an empty body is an empty object. bad-body (400), with line and column. */
MUST_USE enum status api_body(struct http_request *request, struct value *out, struct error *err);
/* Refuses members of an object that are not named in the zero-ended list: unknown-field, with the path. */
MUST_USE enum status api_only(struct value body, const char *const *names, struct error *err);
/* A member that must be text (absent: STR_NONE); type "invalid-type" names the field. */
MUST_USE enum status api_text(struct value body, const char *name, struct str *out, struct error *err);
/* A member that must be an object (absent: null). */
MUST_USE enum status api_object(struct value body, const char *name, struct value *out, struct error *err);
MUST_USE enum status api_int(struct value body, const char *name, int64_t fallback, int64_t *out, struct error *err);
/* ?limit=, 1…100, default 20. */
MUST_USE enum status api_limit(struct http_request *request, int64_t *out, struct error *err);
bool api_query_true(struct http_request *request, const char *name);
/* {user, must_enrol, acting, csrf, demo} of the request's session. */
enum status api_reply_session(struct http_request *request, int status);
/* The caller's language. */
struct str api_language(const struct http_request *request);
/* base with one more member. */
struct value api_with(struct http_request *request, struct value base, const char *key, struct value v);
/* A problem with a list of field errors; answers the request. */
enum status api_reply_errors(struct http_request *request, const struct error *err, struct value errors);
/* The packs that a case was opened under, by its view; those in force for null. */
const struct pack_set *api_packs_of(struct http_request *request, struct value view);
/* A form's description in the caller's language, filled with data, everything read-only when only shown. of: the case's
 * view. */
struct value api_describe_form(struct http_request *request, struct value of, struct str form_id, struct value data);
/* What C says in English, in the caller's language: pack/sentence.h. */
struct str api_sentence(struct http_request *request, struct str said);
/* The same for the messages of a view, of its items, problems, tokens and incidents. */
struct value api_said(struct http_request *request, struct value view);
/* A view of a case or task or list of them with names of regions and items added in the caller's language. */
struct value api_named(struct http_request *request, struct value view);

/* Handlers, one row each in api.c. */
#define API_HANDLERS(row)                                                                                              \
    row(list_related)                                                                                                  \
    row(sign_in) row(who_am_i) row(sign_out) row(list_items) row(get_item) row(get_codes) row(open_case)               \
        row(check_case) row(look_up_case) row(set_kiosk) row(get_eligibility) row(judge_eligibility) row(list_cases)   \
            row(get_case) row(list_events) row(get_diagram) row(list_explanations) row(act_on_case) row(list_tasks)    \
                row(get_task) row(claim_task) row(release_task) row(complete_task) row(list_certificates) row(         \
                    get_certificate) row(get_certificate_svg) row(get_certificate_pdf) row(get_certificate_png)        \
                    row(get_certificate_jws) row(verify_certificate) row(act_on_certificate) row(evaluate_decision)    \
                        row(get_indicator) row(upload_file) row(get_file) row(activate_jobs) row(complete_job)         \
                            row(fail_job) row(throw_error) row(publish_message) row(get_description) row(get_keys)     \
                                row(is_alive) row(is_ready) row(get_metrics) row(list_outbox) row(retry_outbox)        \
                                    row(get_decision) row(check_decision) row(start_sweep) row(get_sweep)              \
                                        row(stop_sweep) row(list_incidents) row(retry_incident) row(skip_incident)     \
                                            row(list_timers) row(list_jobs) row(give_retries) row(list_processes)      \
                                                row(get_heat) row(list_changes) row(propose_change) row(get_change)    \
                                                    row(approve_change) row(reject_change) row(list_models)            \
                                                        row(get_model) row(create_model) row(save_model)               \
                                                            row(check_model) row(list_item_versions)                   \
                                                                row(list_catalogue) row(export_catalogue)              \
                                                                    row(import_catalogue) row(act_on_items)            \
                                                                        row(diff_model) row(diff_text) row(try_model)  \
                                                                            row(list_stories) row(act_on_model)
/* What the applying side adds. */
#define API_APPLY_HANDLERS(row)                                                                                        \
    row(get_totp) row(begin_totp) row(confirm_totp) row(remove_totp) row(list_mandates) row(grant_mandate) row(        \
        end_mandate) row(act_for) row(assist) row(list_drafts) row(create_draft) row(save_draft) row(get_draft)        \
        row(delete_draft) row(list_prefill) row(list_draft_materials) row(begin_upload) row(get_upload) row(put_part)  \
            row(drop_upload) row(list_notices) row(read_notice) row(get_preferences) row(set_preferences)              \
                row(list_indicators) row(list_indicator_cases) row(list_deadlines) row(list_supervisions)              \
                    row(open_supervision) row(act_on_supervision) row(list_bulletins) row(make_bulletin)               \
                        row(get_bulletin) row(change_bulletin) row(publish_bulletin) row(list_benchmarks)              \
                            row(list_same_materials) row(import_benchmarks) row(plan_benchmark) row(ask_what_if)       \
                                row(list_what_if_cases) row(get_assessment) row(verify_certificates) row(get_wallet)   \
                                    row(list_certificate_uses) row(show_certificate) row(offer_credential)             \
                                        row(use_certificate) row(list_certificate_kinds) row(preview_certificate)      \
                                            row(preview_certificate_with) row(get_credential_issuer)                   \
                                                row(get_authorization_server) row(get_credential_keys)                 \
                                                    row(get_credential_type) row(get_status_list) row(make_token)      \
                                                        row(make_nonce) row(issue_credential) row(list_bulk_items)     \
                                                            row(get_bulk_template) row(start_bulk) row(list_bulks)     \
                                                                row(get_bulk) row(list_bulk_rows)                      \
                                                                    row(get_bulk_exceptions) row(get_bulk_results)     \
                                                                        row(cancel_bulk)
/* What the desk adds: desk.c. */
#define API_DESK_HANDLERS(row)                                                                                         \
    row(find_person) row(assign_tasks) row(get_calendar) row(count_days) row(list_delegations) row(make_delegation)    \
        row(end_delegation) row(watch_case) row(unwatch_case) row(list_watched) row(list_colleagues)                   \
            row(list_handovers) row(list_remedies)
/* What auditors and administrators look after. */
#define API_ADMINISTER_HANDLERS(row)                                                                                   \
    row(export_mine) row(list_my_sessions) row(end_my_session) row(get_figures) row(list_subjects) row(get_subject)    \
        row(list_access) row(export_access) row(get_audit_state) row(ask_audit) row(list_users) row(create_user)       \
            row(get_user) row(change_user) row(act_on_user) row(end_session) row(revoke_token) row(set_password)       \
                row(list_roles) row(list_integrations) row(test_integration) row(list_settings) row(change_setting)    \
                    row(list_notice_kinds) row(preview_notice) row(list_codes)
#define API_DECLARE(name) enum status api_##name(struct http_request *request, struct error *err);
API_HANDLERS(API_DECLARE)
API_APPLY_HANDLERS(API_DECLARE)
API_ADMINISTER_HANDLERS(API_DECLARE)
API_DESK_HANDLERS(API_DECLARE)
#undef API_DECLARE

struct pack_set;
const struct pack_set *packs_of(const struct http_request *request);
