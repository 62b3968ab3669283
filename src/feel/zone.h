/* Named time zones with their whole history, for feel's own files. */
#pragma once

#include "base/base.h"

struct zone;

/* By IANA name, exactly as written; NULL for unknown names, abbreviations of old systems and offsets in disguise. The
 * answer lives as long as the process. May be called by any thread. */
const struct zone *zone_find(struct str name);
/* Terminated; the one copy that values point to. */
const char *zone_name(const struct zone *self);
/* Seconds east of UTC at an instant (seconds since 1970 UTC). */
int32_t zone_offset_at(const struct zone *self, int64_t instant);
/* The offset at a local time. Of two (clocks went back) the earlier instant; a local time that never was (clocks went
 * forward) is moved on by the gap. */
int32_t zone_offset_local(const struct zone *self, int64_t *local);
/* The offset without summer time, which is what a time of day without a date gets. */
int32_t zone_offset_standard(const struct zone *self);
