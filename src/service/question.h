/* What a sweep asks of one resident, compiled: immutable and shared by its threads. */
#pragma once

#include "dmn/dmn.h"
#include "service/sweep.h"

struct question_input {
    const struct feel_program *program; /* over the resident's members; NULL: the member in slot */
    size_t slot;
};

/* One version of the decision with its inputs in the plan's order. */
struct question_version {
    const struct dmn_plan *plan;
    const struct question_input *inputs;
    size_t input_count;
};

struct question {
    const struct pack_decision *decision;
    const struct str *names; /* members of a resident that are read, each once; programs have them as slots */
    size_t name_count;
    const struct feel_program *cohort; /* NULL: everybody */
    struct question_version in_force, proposed;
    bool compared;
    const struct calendar *calendar;
    int64_t now_ms;
};

/* Lives in arena; borrows from packs only. now_ms and calendar are for every evaluation. */
MUST_USE enum status question_compile(struct arena *arena, const struct pack_set *packs,
                                      const struct service_sweep_input *input, struct question *out, struct error *err);

/* members are the values of names. Memory comes from arena. *stopped is set when a limit was met: there is no answer
 * then. *reason is why the answer is null; absent otherwise. */
bool question_includes(const struct question *self, const struct value *members, struct arena *arena, bool *stopped);
struct value question_ask(const struct question *self, const struct question_version *version,
                          const struct value *members, struct arena *arena, bool *stopped, struct str *reason);
