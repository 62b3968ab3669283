/* Drawing the next command by chance. */
#pragma once

#include "sim.h"

/* False: nothing came of it this time. */
bool sim_draw(struct sim *self, struct arena *arena, struct command *out);
/* How long nothing happens. */
int64_t sim_draw_pause(struct sim *self);
