/* What the files of this module share. */
#pragma once

#include "camunda/camunda.h"
#include "feel/json.h"
#include "gate/gate.h"
#include "service/service.h"

/* The release whose API this is. */
#define CAMUNDA_LEVEL "8.9.0"

/* Whether the setting camunda.optional asks for answers as clients of 8.8 want them. */
bool camunda_for_older(struct http_request *request);
/* Answers with JSON. Members without a value are null, or left out where the setting camunda.optional is "absent". */
enum status camunda_reply(struct http_request *request, int status, struct value view);
/* Answers with a problem; errors is a list put beside it, or null. */
enum status camunda_problem(struct http_request *request, const struct error *err, int status, struct str detail,
                            struct value errors);

/* The call, and the body as an object (empty: an empty object). */
MUST_USE enum status camunda_begin(struct http_request *request, struct call *call, struct value *body,
                                   struct error *err);
MUST_USE enum status camunda_text(struct value body, const char *name, struct str *out, struct error *err);
/* The same for a text that must be there and not empty. */
MUST_USE enum status camunda_need(struct value body, const char *name, struct str *out, struct error *err);
/* A whole number, as a number or as text; absent or null: fallback. */
MUST_USE enum status camunda_int(struct value body, const char *name, int64_t fallback, int64_t *out,
                                 struct error *err);
/* A key, as text or as a number; absent or null: the absent text. */
MUST_USE enum status camunda_key(struct http_request *request, struct value body, const char *name, struct str *out,
                                 struct error *err);
MUST_USE enum status camunda_flag(struct value body, const char *name, bool fallback, bool *out, struct error *err);
/* An object, or null. */
MUST_USE enum status camunda_object(struct value body, const char *name, struct value *out, struct error *err);
MUST_USE enum status camunda_list(struct value body, const char *name, struct value *out, struct error *err);
/* Refuses what this server does not do, when the client asks for it (not null, not an empty list). */
MUST_USE enum status camunda_without(struct value body, const char *name, struct error *err);

/* Topics that requests wait for. */
struct str camunda_job_topic(struct arena *arena, struct str type);
struct str camunda_instance_topic(struct arena *arena, struct str key);
struct str camunda_task_topic(struct arena *arena, struct str key);
/* The change of a user task as the service takes it: null leaves a field out, an empty text clears it. */
struct value camunda_task_change(struct http_request *request, struct value change);

/* Handlers, one row each in camunda.c. */
#define CAMUNDA_HANDLERS(row)                                                                                          \
    row(topology) row(status) row(token) row(deploy) row(delete_resource) row(search_processes) row(get_process)       \
        row(get_process_xml) row(get_start_form) row(search_decisions) row(get_decision) row(get_decision_xml)         \
            row(search_requirements) row(get_requirements) row(get_requirements_xml) row(evaluate_decision)            \
                row(start_instance) row(search_instances) row(get_instance) row(cancel_instance) row(search_elements)  \
                    row(get_element) row(activate_ad_hoc) row(set_variables) row(search_variables) row(activate_jobs)  \
                        row(complete_job) row(fail_job) row(throw_error) row(update_job) row(search_tasks)             \
                            row(get_task) row(update_task) row(assign_task) row(unassign_task) row(complete_task)      \
                                row(get_task_form) row(search_task_variables) row(search_effective_variables)          \
                                    row(publish_message) row(correlate_message) row(broadcast_signal)                  \
                                        row(search_incidents) row(search_instance_incidents) row(get_incident)         \
                                            row(resolve_incident)
#define CAMUNDA_DECLARE(name) enum status camunda_##name(struct http_request *request, struct error *err);
CAMUNDA_HANDLERS(CAMUNDA_DECLARE)
#undef CAMUNDA_DECLARE
