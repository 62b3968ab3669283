/* Plays a pack's stories on the real engine: SQLite in memory, a clock that only the story moves, scripted agencies. */
#pragma once

#include "service/service.h"

/* What happened to one scenario. */
struct scenario_result {
    bool passed;
    struct str report; /* when it failed: the step, what was expected, what was found; several lines */
};

/* Looks on while a story is played. */
struct scenario_moment {
    size_t step;          /* from 0 */
    struct value json;    /* the step */
    int64_t at_ms;
    struct str problem;   /* what was not as it should be; absent when the step went well */
};
struct scenario_watch {
    void *state;
    int rounds_max; /* of timers and exchanges, in all */
    void (*moved)(void *state, const struct service_move *move);
    void (*stepped)(void *state, struct service *service, const struct scenario_moment *moment);
};

/* Plays one. Everything lives in arena. watch may be NULL. */
void scenario_watch_run(struct arena *arena, const struct pack_set *packs, const struct pack_scenario *scenario,
                        const struct scenario_watch *watch, struct scenario_result *out);
/* The same with nobody looking on. */
void scenario_run(struct arena *arena, const struct pack_set *packs, const struct pack_scenario *scenario,
                  struct scenario_result *out);
