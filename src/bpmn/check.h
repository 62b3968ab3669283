/* Static analysis of a loaded model: what can be known to be wrong before a case meets it. */
#pragma once

#include "bpmn/bpmn.h"

/* A set of names that exist; known = false: the caller cannot tell, and nothing is reported about it. */
struct bpmn_names {
    bool known;
    size_t count;
    const struct str *items;
};

struct bpmn_check_options {
    struct bpmn_names job_types, forms, decisions, processes;
    /* Variables that a start supplies. Only with known set are undefined variables reported. */
    struct bpmn_names variables;
    bool results_mapped; /* what jobs, people, messages and called processes bring comes in by output mappings only */
    bool
        limits_wanted; /* report user tasks without a due date, a zeebe:property "limit" or a timer on or around them */
};

/* Codes:
 *   unreachable-element, dead-end, gateway-blocked, condition-missing, default-missing, condition-on-default,
 *   deadlock, no-synchronisation, loop-without-wait, not-analysed,
 *   unknown-variable, unknown-job-type, unknown-form, unknown-decision, unknown-process, task-without-limit.
 * deadlock and no-synchronisation are exact for flows of exclusive, inclusive and parallel gateways, activities and
 * interrupting boundary events when any condition may hold or not, and come with the element where it shows;
 * not-analysed (a hint) names the scope that is too large, or the element that makes it impossible to tell.
 * unknown-variable is a hint where results that are not mapped may bring the name. Texts live in arena. */
void bpmn_check(struct arena *arena, const struct bpmn_process *process, const struct bpmn_check_options *options,
                struct bpmn_problems *out);
