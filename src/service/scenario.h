/* Plays a pack's stories on the real engine: SQLite in memory, a clock that only the story moves, scripted agencies. */
#pragma once

#include "service/service.h"

/* What happened to one scenario. */
struct scenario_result {
    bool passed;
    struct str report; /* when it failed: the step, what was expected, what was found; several lines */
};

/* Plays one. Everything lives in arena. */
void scenario_run(struct arena *arena, const struct pack_set *packs, const struct pack_scenario *scenario,
                  struct scenario_result *out);
