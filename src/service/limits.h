/* The legal clock's units of what packs declare, and how much is left of it. */
#pragma once

#include "clock/limit.h"
#include "pack/pack.h"

enum limit_unit limits_unit_of(enum pack_unit unit);

struct work;
struct work_case;
/* {n, unit (limit_unit_code), paused}: n is 0 on the last day, negative when late. Null when the case is closed or no
 * clock runs. */
struct value limits_left(const struct work_case *self);
/* The same in working days, for one instant; null for 0. */
struct value limits_left_until(const struct work *work, int64_t due);
