/* Tasks: what a case waits for a person to do. */
#pragma once

#include "service/service.h"

/*   waiting --claim--> claimed --complete--> (gone; told as event)
 *      ^------release----'                                              */

struct service_task_query {
    struct str role;   /* staff with task.manage may look at another role's list; "" the actor's */
    struct str region; /* "" the actor's scope */
    struct str item;
    struct str case_no;
    struct str stand_in_for; /* staff name of somebody who is away: their list, as delegation.h allows */
    bool mine; /* claimed by the actor */
    bool unclaimed;
    int64_t limit; /* 0: 50; at most 200 */
    struct str cursor;
};
/* {items [{id, element, name, case, item, item_title, title (masked), state, assignee, created, due, light, roles,
 * priority, on_behalf {name, title} of who is away}], next}, most urgent first. */
MUST_USE enum status service_task_list(const struct call *call, const struct service_task_query *query,
                                       struct value *out, struct error *err);
/* The same with form (the form-js schema's id), data (what the form shows), case (service_case_get), and conflict
 * (separate-persons) when the actor did an earlier step that bars them. task-not-found. */
MUST_USE enum status service_task_get(const struct call *call, struct str id, struct value *out, struct error *err);

/* Refusals: task-claimed-by-other, task-already-completed, task-not-found. Claiming twice by the same person is no
 * error. */
MUST_USE enum status service_task_claim(const struct call *call, struct str id, struct value *out, struct error *err);
MUST_USE enum status service_task_release(const struct call *call, struct str id, struct value *out, struct error *err);

/* Completes with the task's form filled in. The case as it then stands (view of service_case_open). form-invalid (*out
 * is then the list of problems, as service_case_check gives them), task-already-completed, task-claimed-by-other. */
MUST_USE enum status service_task_complete(const struct call *call, struct str id, struct value form, struct value *out,
                                           struct error *err);

/* Gives many tasks to one member of staff (absent: the actor), with a note in each case and a message to them. Needs
 * task.work for oneself, task.manage for others. {done [id], refused [{id, type, detail}]}; one that cannot be given
 * does not hold the others up. assign-invalid with the field. */
struct service_assignment {
    struct value tasks; /* list of ids, at most 200 */
    struct str to, note;
};
MUST_USE enum status service_task_assign(const struct call *call, const struct service_assignment *wanted,
                                         struct value *out, struct error *err);
