/* The legal clock: when a step must be done, why, and how much time is left. Pure functions over instants.
 * Rules: Administrative Licensing Law art. 32(4), 42, 45, 82; Civil Code art. 200-203.
 *
 *   start day     1     2     3            day 1 is the first counted day after the start day
 *   ----|---------+-----+-----+
 *    event                    ^ due_ms: the last instant that is still in time (24:00, or office close) */
#pragma once

#include "base/base.h"
#include "clock/calendar.h"

enum limit_unit {
    LIMIT_WORKING_DAYS,
    LIMIT_NATURAL_DAYS,  /* a last day that is a rest day moves on to the next working day */
    LIMIT_MONTHS,        /* to the same day of the month, or its last day; then as natural days */
    LIMIT_HOURS,         /* round the clock, from the instant of the event */
    LIMIT_WORKING_HOURS, /* office hours only */
};
/* "working-days", "natural-days", "months", "hours", "working-hours"; FAILED for other texts. */
MUST_USE enum status limit_unit_parse(struct str code, enum limit_unit *out, struct error *err);
const char *limit_unit_code(enum limit_unit unit);

/* What counts as received when it arrives while the office is closed. */
enum limit_intake {
    LIMIT_INTAKE_NEXT_WORKING_DAY, /* outside office hours: the next working day; before opening it is that same working
                                      day */
    LIMIT_INTAKE_AS_SENT,          /* the day it was sent, even a day off */
};

/* House rules of an office; minutes are since midnight. */
struct limit_rules {
    int open_minute, close_minute;
    int break_minute, resume_minute; /* midday break, for working hours; equal: none */
    bool ends_at_close;              /* the last day ends at office close instead of 24:00 */
    bool rest_day_counts; /* natural days and months may end on a rest day (against the Civil Code's default) */
    enum limit_intake intake;
    int amber_percent; /* amber from the day on which at most this share is left ... */
    int amber_days;    /* ... or at most so many counted days */
};
/* 08:30-12:00, 13:00-17:30; ends at 24:00; amber at half or on the last day but one. */
extern const struct limit_rules limit_rules_default;
/* Refuses hours that are out of order or outside the day, and percentages outside 0-100. */
MUST_USE enum status limit_rules_check(const struct limit_rules *self, struct error *err);

/* Why the clock may stand still: the eight of art. 45, or a ground that the item's own law gives (basis then cites it).
 */
enum limit_ground {
    LIMIT_GROUND_HEARING,
    LIMIT_GROUND_BIDDING,
    LIMIT_GROUND_AUCTION,
    LIMIT_GROUND_INSPECTION,
    LIMIT_GROUND_TESTING,
    LIMIT_GROUND_QUARANTINE,
    LIMIT_GROUND_APPRAISAL,
    LIMIT_GROUND_EXPERT_REVIEW,
    LIMIT_GROUND_OTHER_LAW,
};
/* "hearing", "bidding", "auction", "inspection", "testing", "quarantine", "appraisal", "expert-review", "other-law". */
MUST_USE enum status limit_ground_parse(struct str code, enum limit_ground *out, struct error *err);
const char *limit_ground_code(enum limit_ground ground);
const char *limit_ground_zh(enum limit_ground ground);
const char *limit_ground_en(enum limit_ground ground);

#define LIMIT_NEVER INT64_MAX

/* The days from that of from_ms to that of to_ms, both included, do not count; for hours the exact time does not. */
struct limit_suspension {
    int64_t from_ms;
    int64_t to_ms;      /* LIMIT_NEVER while it lasts */
    int64_t planned_ms; /* the end told to the applicant, used while it lasts; LIMIT_NEVER if none was told */
    enum limit_ground ground;
    struct str basis;  /* the law, required for LIMIT_GROUND_OTHER_LAW */
    struct str notice; /* number of the written notice */
};

struct limit_extension {
    int64_t amount; /* in the limit's unit; 0: none */
    int64_t granted_ms;
    struct str basis;
};

/* All that a deadline depends on. Texts may be absent; the rest is required except where noted. */
struct limit {
    enum limit_unit unit;
    int64_t amount; /* 0: done on the spot, due on the start day itself */
    int64_t start_ms;
    bool start_is_intake;                       /* start_ms is an arrival, to which the intake rule applies */
    struct str event_zh, event_en;              /* what starts the clock: "受理", "acceptance"; used in sentences */
    struct str basis;                           /* the law or promise that sets the limit */
    const struct limit_suspension *suspensions; /* in any order; overlaps count once */
    size_t suspension_count;
    struct limit_extension extension;
    int64_t extension_max;           /* the most that the law allows; 0: no extension */
    const struct limit_rules *rules; /* NULL: limit_rules_default */
    const struct calendar *calendar;
};
#define LIMIT_AMOUNT_MAX 36500

struct limit_due {
    int32_t start_day; /* not counted */
    int32_t due_day;   /* the last day; INT32_MAX while suspended without a planned end */
    int64_t due_ms;    /* the last instant in time, always within due_day; LIMIT_NEVER likewise */
    int64_t amber_ms;  /* office opening (for hours: the instant) when the limit turns amber; LIMIT_NEVER if unknown */
    int64_t orange_ms; /* office opening of the last day; for hours when a tenth is left */
    int64_t red_ms;    /* the first instant that is late */
    int64_t total;     /* counted days, or hours, in all, extension included */
    int64_t suspended; /* counted days taken out by suspensions up to due_day; for hours whole hours */
    int64_t rolled;    /* natural days added because the last day was a rest day */
    bool provisional;  /* a year on the way has no published calendar, or the end of a suspension is only planned */
    bool open;         /* a suspension lasts */
};

/* Type "limit-invalid" for an amount below 0 or above LIMIT_AMOUNT_MAX, more extension than the law allows, or an
 * instant that no calendar reaches. The functions below expect a limit that this one accepts. */
MUST_USE enum status limit_compute(const struct limit *self, struct limit_due *out, struct error *err);

/* Counted days (begun hours) since the start, suspensions taken out: net handling time. */
int64_t limit_used(const struct limit *self, int64_t now_ms);
/* due.total + due.rolled - used: 0 on the last day, negative when late. Stands still while suspended. */
int64_t limit_remaining(const struct limit *self, const struct limit_due *due, int64_t now_ms);

enum limit_light { LIMIT_GREEN, LIMIT_AMBER, LIMIT_ORANGE, LIMIT_RED };
/* By days: amber and orange from the first minute of their day, red from red_ms. Green while suspended, unless late
 * before. */
enum limit_light limit_light(const struct limit *self, const struct limit_due *due, int64_t now_ms);
const char *limit_light_name(enum limit_light light); /* "green", "amber", "orange", "red" */

/* ---- May it be stopped, may it be extended ---- */

/* Refuses a suspension without legal ground or written notice, before the start, after the due instant, running
 * backwards, or overlapping another. Types "suspension-ground", "suspension-notice", "suspension-time". */
MUST_USE enum status limit_suspend_check(const struct limit *self, const struct limit_suspension *wanted,
                                         struct error *err);
/* Refuses a second extension, more than extension_max, or one granted too late. Types "extension-repeated",
 * "extension-too-long", "extension-late". */
MUST_USE enum status limit_extend_check(const struct limit *self, const struct limit_extension *wanted,
                                        struct error *err);

/* ---- Receipt and deemed acceptance (art. 32(4)) ---- */

/* The day on which something that arrives at an instant counts as received. */
int32_t limit_received_day(const struct calendar *calendar, const struct limit_rules *rules, int64_t arrived_ms);

struct limit_deemed {
    int32_t received_day; /* the day of acceptance if it is deemed */
    int32_t last_day;     /* the last day to tell the applicant what to correct */
    int64_t due_ms;       /* last instant of it: afterwards acceptance is deemed */
    bool provisional;
};
/* days: 5 by law. */
struct limit_deemed limit_deemed(const struct calendar *calendar, const struct limit_rules *rules, int64_t arrived_ms,
                                 int days);

/* ---- Why is this my deadline ---- */

enum limit_step_kind {
    LIMIT_STEP_RECEIVED,    /* arrived out of hours: received on to_day */
    LIMIT_STEP_START,       /* the start day, not counted */
    LIMIT_STEP_COUNT,       /* the limit itself: days counted from from_day */
    LIMIT_STEP_REST,        /* weekends, days in all */
    LIMIT_STEP_HOLIDAY,     /* a run of days off that is more than a weekend */
    LIMIT_STEP_MAKEUP,      /* a weekend day that is worked and counts */
    LIMIT_STEP_SUSPENSION,  /* days taken out */
    LIMIT_STEP_EXTENSION,   /* days added */
    LIMIT_STEP_ROLL,        /* the last day was a rest day: moved on */
    LIMIT_STEP_PROVISIONAL, /* the calendar of year from_day is not published yet */
    LIMIT_STEP_END,         /* due_day */
};
const char *limit_step_name(enum limit_step_kind kind); /* "received", "start", ... */

struct limit_step {
    enum limit_step_kind kind;
    int32_t from_day, to_day;
    int64_t days; /* hours for hour limits */
    struct str zh, en;
};
struct limit_explanation {
    const struct limit_step *steps;
    size_t step_count;
    struct str zh, en; /* one plain sentence */
};
/* At most 64 holiday and make-up steps are listed. Fails as limit_compute does. */
MUST_USE enum status limit_explain(struct arena *arena, const struct limit *self, struct limit_explanation *out,
                                   struct error *err);

/* "2025年8月14日(星期四)" and "14 August 2025 (Thursday)". */
struct str day_text_zh(struct arena *arena, int32_t day);
struct str day_text_en(struct arena *arena, int32_t day);
