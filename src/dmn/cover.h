/* The geometry of a decision table: one axis per input expression, cut into classes of values that no test tells apart.
 * A rule is a box: on each axis a set of classes. Questions about boxes have exact answers, within a budget. */
#pragma once

#include "dmn/internal.h"

/* One class of values of an axis: on it, every decided test is constant. */
struct axis_class {
    struct value example;
};

struct axis {
    struct str text; /* the input expression; columns with the same one share an axis */
    enum value_kind kind;
    struct axis_class *classes;
    size_t class_count;
    size_t words; /* of a set of classes */
};

/* A rule's sets of classes, one per axis, each axis->words long. open: a test could not be decided, and counts as
 * holding everywhere. */
struct box {
    uint64_t **sets;
    bool open;
    bool empty; /* on some axis no class is left: the rule never matches */
};

struct space {
    const struct table *table;
    struct axis *axes;
    size_t axis_count;
    struct box *boxes; /* per rule */
    struct box whole;
    bool exact; /* false: too large, nothing but boxes' emptiness may be asked */
};

void dmn_space_build(struct arena *arena, const struct table *table, struct space *out);
/* A class of every axis that both boxes share; false when they do not meet. */
bool dmn_space_meet(const struct space *self, const struct box *a, const struct box *b, size_t *classes);

enum cover { COVERED, UNCOVERED, COVER_UNKNOWN /* the budget was spent */ };
/* Whether the rules (indexes) cover the box; if not, classes is a place that none of them covers. */
enum cover dmn_space_cover(struct arena *arena, const struct space *self, const struct box *box, const uint32_t *rules,
                           size_t count, size_t *classes);
/* The place as inputs by name. */
struct value dmn_space_example(struct arena *arena, const struct space *self, const size_t *classes);
