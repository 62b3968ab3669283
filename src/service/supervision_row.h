/* What the files of supervision share, and what alerts put on its list. */
#pragma once

#include "service/work.h"
#include "store/supervision.h"

struct str supervision_place(struct arena *arena, const struct store_supervision *row);
/* What an event of the case tells of a step: member is its text's name. */
struct value supervision_told(struct work *work, const struct store_supervision *row, const char *member,
                              struct str text);

struct supervision_alert {
    const struct pack_alert *rule;
    struct str owner; /* a staff name; "", absent or unknown: the institution */
    int64_t due;
    int64_t region;     /* of an institution */
    struct str unit;    /* the same */
    struct value value; /* its figure */
};
/* Puts an open case on the list, or adds the alert to its open entry. */
MUST_USE enum status supervision_of_case(struct work_case *of, const struct supervision_alert *alert,
                                         struct error *err);
/* An entry about no case: its case_id is minus its own id. Noted in the access log. */
MUST_USE enum status supervision_of_unit(struct work *work, const struct supervision_alert *alert, struct error *err);
