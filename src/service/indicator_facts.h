/* What a case, or an item, says to the indicators. */
#pragma once

#include "service/indicator.h"
#include "service/work.h"
#include "store/indicator.h"

/* Amounts are kept in thousandths. */
#define INDICATOR_SCALE 1000

struct indicator_mark {
    int64_t slot, day; /* yyyymmdd */
    int64_t numerator, denominator;
};
struct indicator_marks {
    VECTOR(struct indicator_mark) list;
};
struct indicator_counted {
    const struct work_case *of;
    struct store_fact fact;
    struct indicator_marks marks;
    struct value names;
};
/* Definitions over cases and over staff, and their slots, in one order. */
struct indicator_slots {
    const struct pack_indicator **indicators;
    int64_t *slots;
    size_t count;
    bool stale; /* a definition is new or has changed */
    const struct store_slot *stored;
    size_t stored_count;
};
MUST_USE enum status indicator_slots_read(struct work *work, struct indicator_slots *out, struct error *err);
/* -1 when it has none yet. */
int64_t indicator_slot_of(const struct indicator_slots *self, struct str id);

/* Counted case by case, under a slot. */
bool indicator_is_counted(const struct pack_indicator *indicator);

/* {case, item, events, certificates} of the case as its events tell it. */
MUST_USE enum status indicator_case_names(struct work *work, const struct work_case *of, struct value *out,
                                          struct error *err);
/* What names add to a figure, on which day of the fact; false: nothing. */
bool indicator_mark_of(const struct pack_indicator *indicator, const struct store_fact *fact, struct value names,
                       struct feel_run *run, struct indicator_mark *out);
/* What this case adds, from its events. fact->marks is its text, fact->staff that of what its staff add. *names is what
 * indicator_case_names gives. */
MUST_USE enum status indicator_facts(struct work *work, const struct store_case *row,
                                     const struct indicator_slots *slots, struct indicator_counted *out,
                                     struct error *err);
MUST_USE enum status indicator_marks_parse(struct arena *arena, struct str text, struct indicator_marks *out,
                                           struct error *err);
/* What an item adds to a figure over items: false when its condition does not hold. */
bool indicator_of_item(struct work *work, const struct pack_indicator *indicator, const struct pack_item *item,
                       struct indicator_mark *out);
int64_t indicator_day(int64_t instant); /* yyyymmdd */
