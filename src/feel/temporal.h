/* What the two files of temporal values share: temporal.c computes, temporal_text.c reads and writes. */
#pragma once

#include "feel/value.h"
#include "feel/zone.h"

#define DAY INT64_C(86400)
#define NANOS 1000000000
#define OFFSET_MAX 64800 /* 18 hours */

struct value temporal_make(enum value_kind kind, int64_t seconds, int32_t nanos);
/* Gives v a zone; offset is for ZONE_OFFSET, zone for ZONE_NAMED. A date-time's offset is settled at its local time
 * (which moves when the zone skipped it), a time's is the zone's standard one. */
void temporal_adopt_zone(struct value *v, enum zone_kind kind, int32_t offset, const struct zone *zone);
void temporal_set_offset(struct value *v, int32_t offset);
bool temporal_in_range(int64_t seconds);
