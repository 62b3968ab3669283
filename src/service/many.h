/* What is done for many at once: one that cannot be done does not hold the others up, but is named. */
#pragma once

#include "service/service.h"

/* {id, type, detail} of one that was refused. */
struct value many_refused(struct arena *arena, struct str id, const struct error *err);
