/* The legal clock's units of what packs declare. */
#pragma once

#include "clock/limit.h"
#include "pack/pack.h"

enum limit_unit limits_unit_of(enum pack_unit unit);
