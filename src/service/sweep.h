/* A decision asked of every resident in the store, or of a cohort: how often each answer comes, whom it concerns, and
 * what a proposed new version would change. Runs in threads of its own that only read; kept in memory until the server
 * stops or eight newer ones have ended. */
#pragma once

#include "service/service.h"

#define SWEEP_LIST_MAX 100000

struct service_sweep_input {
    struct str decision;  /* id or name */
    struct str cohort;    /* FEEL over a resident's members, true for those to be asked; absent: everybody */
    struct value inputs;  /* {input name: FEEL text over a resident}; inputs not named, and null: the member of the
                             input's name */
    struct str compare;   /* a proposed version as DMN XML; absent: none */
    struct value outcome; /* lists only residents with this answer (when comparing: with this new answer) */
    bool outcome_given;
    int64_t
        list_max; /* residents listed at most: when comparing those whose answer changes, else all asked; < 0: 1,000 */
    bool in_background; /* the threads give way to everything else */
};

/* Persons whose division lies in the actor's scope are asked, under the model in force and the instant of the start.
 * Needs decision.evaluate and party.read over a region or province; noted in the access log. The view is
 * service_sweep_get's without items. decision-not-found, sweep-busy (two run at once), feel-syntax with field cohort or
 * inputs.NAME, the errors of dmn_load with field compare, sweep-input (no such input). */
MUST_USE enum status service_sweep_start(const struct call *call, const struct service_sweep_input *input,
                                         struct value *out, struct error *err);

/* {id, decision, name, model, cohort, state running | done | cancelled | failed, problem {type, detail}, done, total
 * (parties looked at, parties in the store), residents (asked), stopped (a limit stopped their evaluation), unreadable
 * (rows whose seal does not open), outcomes [{value, count, proposed}] most frequent first and at most 10,000 (a last
 * one without value is all others), changed {count, items [{from, to, count}]}, reasons [text] (why answers were null:
 * the first few), listed (to be listed in all), items [{id, name, region, outcome, was}], next, started, took_ms}.
 * changed, proposed and was only when comparing. Seen by who started it; looking at items is noted in the access log
 * for each resident. sweep-not-found. No items with limit 0 and while it runs. */
MUST_USE enum status service_sweep_get(const struct call *call, struct str id, struct str cursor, int64_t limit,
                                       struct value *out, struct error *err);

/* Stops it; what was counted stays. One that has ended is left as it is. */
MUST_USE enum status service_sweep_stop(const struct call *call, struct str id, struct error *err);
