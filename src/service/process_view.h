/* Deployed things as values in the words of the Zeebe REST API; see deployment.h. */
#pragma once

#include "service/deployed.h"
#include "service/work.h"

/* Unlike view_put these keep null. */
void zeebe_put(struct view *view, const char *name, struct value v);
void zeebe_text(struct view *view, const char *name, struct str s); /* "" and absent: null */
void zeebe_key(struct view *view, const char *name, int64_t key);   /* 0: null */
void zeebe_time(struct view *view, const char *name, int64_t ms);   /* 0: null; else a date-time in UTC */
void zeebe_tenant(struct view *view);

/* One member of a deployment's list, and one line of a search. parent: of decisions, their requirements; else NULL. */
struct value deployment_view(struct arena *arena, const struct store_definition *row,
                             const struct store_definition *parent);
struct value definition_view(struct arena *arena, const struct deployed *what, const struct store_definition *parent);
struct value instance_view(struct arena *arena, const struct store_instance *row, const struct deployed *what);
struct value user_task_view(struct arena *arena, const struct store_user_task *row, const struct deployed *what,
                            int64_t form_key);
struct value incident_view(struct arena *arena, const struct store_incident *row, struct str message);
struct value form_view(struct arena *arena, const struct deployed *form);
/* Variables of an instance: [{name, value (JSON text), isTruncated, variableKey, scopeKey, processInstanceKey,
 * tenantId}], those of the process first. */
struct value variables_view(struct arena *arena, const struct bpmn_instance *instance);
/* Element instances that are active, the process first. */
struct value elements_view(struct arena *arena, const struct bpmn_instance *instance, const struct deployed *what);
