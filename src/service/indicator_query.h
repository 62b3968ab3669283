/* A question to the indicators, read and bound to the asker's scope. */
#pragma once

#include "service/indicator_sums.h"

struct indicator_spans { /* periods: single days before the first and after the last whole month, and those months */
    struct {
        int64_t from, to;
    } items[3];
    size_t count;
};

struct indicator_question {
    const struct service_indicator_query *query;
    const struct pack_indicator *indicator; /* NULL: all */
    struct division_range range;
    struct str unit;                /* absent: any */
    const int64_t *items;           /* item.id of every version of the item asked for */
    size_t item_count;
    bool by_item;                   /* item asked for */
    enum store_count_by by;
    int32_t from, to;               /* days, both included */
    bool whole_months;
};
MUST_USE enum status indicator_question_read(const struct call *call, const struct service_indicator_query *query,
                                             struct indicator_question *out, struct error *err);
struct indicator_spans indicator_spans_of(int32_t from, int32_t to);
/* Where item.id must lie: of the n-th item asked for; all of them without one. */
void indicator_items_of(const struct indicator_question *self, size_t n, int64_t *from, int64_t *to);
size_t indicator_item_runs(const struct indicator_question *self);
/* The end of the third working day from today, Asia/Shanghai: what is due before it is due soon. */
int64_t indicator_soon(const struct service *service, int64_t now);
/* What waits now within the question's bounds; region and items are the caller's. */
struct store_waiting_query indicator_waiting(const struct work *work, const struct indicator_question *self);
struct str indicator_date(struct arena *arena, int32_t day);
/* {…} of the definition, in the asker's language. */
void indicator_define(const struct call *call, const struct pack_indicator *indicator, struct view *view);
/* When the figures stood so. */
MUST_USE enum status indicator_as_of(struct work *work, int64_t *out, struct error *err);
/* numerator, denominator (not of counts) and value of sums in thousandths. */
void indicator_put_amounts(struct view *view, const struct pack_indicator *indicator, int64_t numerator,
                           int64_t denominator);
/* Over how many cases the figure is. */
int64_t indicator_cases_of(const struct pack_indicator *indicator, int64_t numerator, int64_t denominator);
struct str indicator_text(const struct call *call, struct str text);
