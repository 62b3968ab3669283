/* Models as analysts work on them: the processes, decisions, forms and items of the packs, their drafts, and the way of
 * a draft into force.
 *
 *     draft <-> tested -> proposed -> approved -> in-force -> replaced | rolled-back
 *                            |            (a second person, from a day on)
 *                            +-> rejected | withdrawn
 *
 * A model is a file of a pack; its id is "<pack>.<file name>", as "death.death-report.bpmn". Its versions are numbered
 * from 1; number 0 is the pack's own file. What is in force replaces that file for cases that are opened from then on;
 * running cases keep what they were opened under. A newer pack whose own file differs supersedes what was drawn from
 * the older one. Every step is an event in a chain of hashes.
 *
 * An item needs no trial, only a check without errors. Approved, it gets the next version of its item (item_version)
 * and its day, and stays beside the older versions. It is suspended and resumed on the same way: such a number has a
 * step and no content.
 *
 * Looking, checking and trying need model.read; drafting, proposing and withdrawing model.draft; deciding
 * model.approve, by somebody who neither drew nor proposed that version. */
#pragma once

#include "service/service.h"

/* In every view a version is {number, state, author, proposer, approver (user names), reason, created, changed,
 * decided, from (in force from this instant), rollback_of, hash, tested, running (open cases that keep it), revision
 * (for If-Match), pack_version (number 0)}; people {user name: name} is beside them. */

/* Without items, which item_desk.h lists. {items [{id, kind process | decision | form, pack, pack_title, file, title,
 * names [{id, name}], in_force (number), running, versions [version], drafts (how many are on their way)}]}, by pack
 * and file. */
MUST_USE enum status service_model_list(const struct call *call, struct value *out, struct error *err);

#define MODEL_IN_FORCE INT64_C(-1)
/* One version: its members with id, kind, pack, file, title, names, in_force, source, tests [value], versions
 * [version], events [{seq, at, number, what, who, reason, …}] newest first, and may [text]: what the actor may do with
 * it now. number MODEL_IN_FORCE: the one in force. model-not-found. */
MUST_USE enum status service_model_get(const struct call *call, struct str id, int64_t number, struct value *out,
                                       struct error *err);

struct service_model_input {
    struct str id;     /* of a model that is there, or a new one in a pack that is there */
    int64_t from;      /* number to begin with; MODEL_IN_FORCE */
    struct str source; /* absent: that of `from` */
    struct value tests; /* list; null: those of `from` */
};
/* A new draft: the view of service_model_get. model-not-found, model-unreadable (no model of its kind),
 * model-too-large. */
MUST_USE enum status service_model_create(const struct call *call, const struct service_model_input *input,
                                          struct value *out, struct error *err);
/* Changes a draft; source or tests may be absent. Needs if_version: if-match-required, if-match-failed. model-state
 * when it is no draft any more. */
MUST_USE enum status service_model_save(const struct call *call, struct str id, int64_t number,
                                        const struct service_model_input *input, struct value *out, struct error *err);

/* What is wrong with a version, or with a text in its place: {errors, warnings, problems [{element, severity error |
 * warning | note, code, message, line, example, file}], form_view}. file only when the problem shows in another file of
 * the packs; form_view, the empty form as it is shown, only of a form that can be loaded. */
MUST_USE enum status service_model_check(const struct call *call, struct str id, int64_t number, struct str source,
                                         struct value *out, struct error *err);

/* bpmn_diff's view between two versions, with from and to (numbers) and from_source; forms by component. source:
 * compared in place of the version's own text. */
struct service_model_compared {
    int64_t number, against; /* MODEL_IN_FORCE */
    struct str source;
};
MUST_USE enum status service_model_diff(const struct call *call, struct str id,
                                        const struct service_model_compared *what, struct value *out,
                                        struct error *err);

/* Tries a version, or a text in its place, over a copy of the packs in memory; nothing of it is kept, but that a saved
 * draft which did well counts as tested. Decisions and forms: input {tests, now}; answer {passed, failed, items [{name,
 * good, output, expect, steps (dmn_explanation's decisions), errors, problem}]}. Processes: input {scenario (file name
 * in the pack) | story {clock, given, parties, staff, agencies, steps}}; answer {good, problem, steps [{index, does,
 * at, problem, walk [{at, what, element, process, case}], cases [{name, no, state, outcome, deadline, tasks
 * [{element, name, roles, due}], waits [wait], incidents}], decisions [explanation]}], elements [{element, entered,
 * spent_ms, due}], spent_ms, tested}. */
MUST_USE enum status service_model_try(const struct call *call, struct str id, int64_t number, struct value input,
                                       struct value *out, struct error *err);
/* The stories of a model's pack that a process can be tried with: {items [{file, title, story}]}. */
MUST_USE enum status service_model_stories(const struct call *call, struct str id, struct value *out,
                                           struct error *err);

/* propose {from (a date, today at the earliest), reason}, approve {reason}, reject {reason}, withdraw {reason},
 * rollback {from, reason}: proposes what was in force before. suspend, resume {from, reason}: of items. The view of
 * service_model_get. number: the version, or MODEL_IN_FORCE for rollback. model-state, model-invalid (errors in its
 * check), model-untested, model-date-past (field from), model-same-person, model-no-previous, item-date-order (field
 * from), reason-missing. */
struct service_model_step {
    struct str action, from, reason;
    int64_t number;
};
MUST_USE enum status service_model_act(const struct call *call, struct str id, const struct service_model_step *step,
                                       struct value *out, struct error *err);

/* Looks whether others have released something; what has come into force is then in service_packs. */
MUST_USE enum status service_models_look(struct service *self, struct error *err);
