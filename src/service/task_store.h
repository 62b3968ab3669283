/* Tasks as rows and values, shared by the use cases about cases and about tasks. */
#pragma once

#include "service/work.h"

/* {id, element, name, state, assignee, created, due, roles, form, priority} */
struct value task_line(struct work *work, const struct store_task *row);
/* May the actor work on it? Staff by role and scope; persons when it is for the applicant or names them. */
bool task_for_actor(struct work *work, const struct store_task *row, const struct work_case *of);
/* Some waiting task of the case is for the actor, who then sees the case. */
MUST_USE enum status task_visible_in_case(struct work *work, const struct work_case *of, bool *out, struct error *err);
/* The whole case as service_case_get shows it. */
MUST_USE enum status case_view(struct work_case *of, struct value *out, struct error *err);
