/* What a case without an item notes down during one work, and starting such a case; shared by the files about
 * processes. */
#pragma once

#include "service/deployed.h"
#include "service/work.h"

struct process_notes {
    bool changed;            /* state or incidents */
    VECTOR(int64_t) entered; /* element instances that began in this work and are not over */
    struct str business, tags;
};
/* For a case that is new. */
void process_note_start(struct work_case *of, struct str business, struct str tags);

/* For a case that now runs another definition. */
void process_note_moved(struct work_case *of);

/* A new instance of a deployed process: process_start.c. */
struct process_opening {
    const struct deployed *what;
    struct str element; /* the start event that fired; "" the plain one */
    struct value variables;
    struct str business, tags;
    struct str unique;        /* blind index: only one instance may live under it; absent: none */
    int64_t region, division; /* 0: the actor's */
};
MUST_USE enum status process_open(struct work *work, const struct process_opening *opening, struct work_case **out,
                                  struct error *err);
/* The element whose token holds this job or wait, as bpmn_instance_view shows it; null when there is none. */
struct value token_awaiting(const struct work_case *of, int64_t key);
/* The definition that an element is in: the case's own, that of a called process, or an empty one (a pack's). */
MUST_USE enum status process_definition(const struct work_case *of, const struct bpmn_process *process,
                                        const struct store_definition **out, struct error *err);
/* process_task.c: may the actor see and work on it? Its region must be in scope; then who manages tasks may, and
 * whoever it is assigned to or meant for (by user name or role), and everybody when it is meant for nobody in
 * particular. */
bool user_task_seen(const struct call *call, const struct store_user_task *row);
/* The deployed form of a user task, or NULL; the task as a value. */
MUST_USE enum status user_task_form(struct work *work, const struct store_user_task *row, const struct deployed **out,
                                    struct error *err);
MUST_USE enum status user_task_whole(struct work *work, const struct store_user_task *row, struct value *out,
                                     struct error *err);
/* When a timer start event fires next; 0 for never. */
MUST_USE enum status process_start_due(const struct service *service, struct arena *arena, const struct deployed *what,
                                       const struct store_start *start, int64_t *out, struct error *err);
