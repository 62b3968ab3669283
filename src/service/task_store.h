/* Tasks as rows and values, shared by the use cases about cases and about tasks. */
#pragma once

#include "service/work.h"

/* {id, element, name, state, assignee, created, due, roles, form, priority} */
struct value task_line(struct work *work, const struct store_task *row);
/* Loads a task that the actor may work on, and says in whose place (work->behalf). task-not-found,
 * task-already-completed. */
MUST_USE enum status task_load(struct work *work, struct str text, struct store_task *row, struct work_case **of,
                               struct error *err);
/* Queues a new assignee (absent: nobody). */
/* Where the task has listeners for that change, the case notes that they are asked: data {element, task, …}. False: it
 * has none. */
bool task_asks(struct work_case *of, int64_t key, const char *event, struct value data);
MUST_USE enum status task_give(struct work_case *of, const struct store_task *row, struct str to, struct error *err);
bool task_has_role(struct str roles, struct str role);
/* May this member of staff work on it, by role and scope? */
bool task_for_staff(const struct work *work, const struct actor *staff, const struct store_task *row);
/* May the actor work on it? Staff by role and scope; persons when it is for the applicant or names them. */
bool task_for_actor(struct work *work, const struct store_task *row, const struct work_case *of);
/* Some waiting task of the case is for the actor, who then sees the case. */
MUST_USE enum status task_visible_in_case(struct work *work, const struct work_case *of, bool *out, struct error *err);
/* case_list.c: a line of service_case_list. */
struct value case_line(struct work *work, const struct work_case *of);
/* Those that wait, as task_line. */
MUST_USE enum status case_tasks(struct work *work, const struct work_case *of, struct value *out, struct error *err);
/* The whole case as service_case_get shows it. */
MUST_USE enum status case_view(struct work_case *of, struct value *out, struct error *err);
