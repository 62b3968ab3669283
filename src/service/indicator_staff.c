#include "service/indicator_staff.h"

#include "feel/json.h"

#include <stdlib.h>

#define PARTS 6 /* of one mark: staff, unit, slot, month, numerator, denominator */

/* ---- Deeds ---- */

static struct staff_deeds *deeds_of(struct arena *arena, staff_deeds_list *all, struct value by)
{
    struct str id = value_text(value_get(by, STR("id")));
    struct str unit = value_text(value_get(by, STR("unit_id")));
    for (size_t i = 0; i < all->count; i++)
        if (str_equal(all->items[i].id, id))
            return &all->items[i];
    struct staff_deeds fresh = {.id = id, .unit = unit.data ? unit : STR("")};
    VECTOR_PUSH(arena, all, fresh);
    return &all->items[all->count - 1];
}

/* A task of this element is completed once more behind this event. */
static bool done_again(struct value events, size_t from, struct value element)
{
    for (size_t i = from + 1; i < value_count(events); i++)
        if (str_equal(value_text(value_get(value_at(events, i), STR("type"))), STR("task.completed")) &&
            str_equal(value_text(value_get(value_at(events, i), STR("element"))), value_text(element)))
            return true;
    return false;
}

void staff_deeds_read(struct arena *arena, struct value events, staff_deeds_list *out)
{
    *out = (staff_deeds_list){0};
    for (size_t i = 0; i < value_count(events); i++) {
        struct value event = value_at(events, i), by = value_get(event, STR("by"));
        struct str type = value_text(value_get(event, STR("type")));
        bool task = str_equal(type, STR("task.completed")), correction = str_equal(type, STR("case.correction"));
        bool decision = str_equal(type, STR("case.decided"));
        if (!(task || correction || decision) || value_text(value_get(by, STR("id"))).len == 0)
            continue;
        struct staff_deeds *deeds = deeds_of(arena, out, by);
        deeds->tasks += task;
        deeds->corrections += correction;
        deeds->decisions += decision;
        deeds->returned += task && done_again(events, i, value_get(event, STR("element")));
    }
}

static struct value deeds_value(struct arena *arena, const struct staff_deeds *self)
{
    struct view view;
    view_init(&view, arena);
    view_text(&view, "id", self->id);
    view_text(&view, "unit", self->unit);
    view_int(&view, "tasks", self->tasks);
    view_int(&view, "corrections", self->corrections);
    view_int(&view, "decisions", self->decisions);
    view_int(&view, "returned", self->returned);
    return view_done(&view);
}

/* ---- Marks ---- */

static void push_mark(struct list_builder *out, const struct staff_deeds *deeds, const struct indicator_mark *mark)
{
    const struct value parts[PARTS] = {value_string(deeds->id),  value_string(deeds->unit),
                                       value_int(mark->slot),    value_int(mark->day / 100),
                                       value_int(mark->numerator), value_int(mark->denominator)};
    for (size_t i = 0; i < PARTS; i++)
        list_builder_push(out, parts[i]);
}

struct str staff_marks_text(struct arena *arena, const staff_deeds_list *all, const struct indicator_slots *slots,
                            const struct store_fact *fact, struct value names, struct feel_run *run)
{
    struct list_builder out;
    list_builder_init(&out, arena);
    for (size_t i = 0; i < all->count; i++) {
        struct value who = context_set(arena, names, "staff", deeds_value(arena, &all->items[i]));
        for (size_t k = 0; k < slots->count; k++) {
            struct indicator_mark mark = {.slot = slots->slots[k]};
            if (slots->indicators[k]->of == PACK_OF_STAFF &&
                indicator_mark_of(slots->indicators[k], fact, who, run, &mark))
                push_mark(&out, &all->items[i], &mark);
        }
    }
    return json_text(arena, list_builder_done(&out));
}

/* ---- Sums ---- */

enum status staff_sums_add(struct arena *arena, staff_sums *sums, const struct store_fact *fact, int64_t sign,
                           struct error *err)
{
    struct value list;
    if (!fact->staff.len)
        return OK;
    if (json_parse(arena, fact->staff, NULL, &list, err) != OK)
        return FAILED;
    for (size_t i = 0; i + PARTS <= value_count(list); i += PARTS) {
        struct store_staff_count row = {.region = fact->region,
                                        .division = fact->division,
                                        .staff = value_text(value_at(list, i)),
                                        .unit = value_text(value_at(list, i + 1)),
                                        .slot = value_int_or(value_at(list, i + 2), 0),
                                        .period = value_int_or(value_at(list, i + 3), 0),
                                        .numerator = sign * value_int_or(value_at(list, i + 4), 0),
                                        .denominator = sign * value_int_or(value_at(list, i + 5), 0)};
        VECTOR_PUSH(arena, sums, row);
    }
    return OK;
}

static int by_key(const void *a, const void *b)
{
    const struct store_staff_count *x = a, *y = b;
    const int64_t keys[][2] = {
        {x->region, y->region}, {x->period, y->period}, {x->division, y->division}, {x->slot, y->slot}};
    int units = str_compare(x->unit, y->unit), names = str_compare(x->staff, y->staff);
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (keys[i][0] != keys[i][1])
            return keys[i][0] < keys[i][1] ? -1 : 1;
    return units ? units : names;
}

void staff_sums_merge(staff_sums *sums)
{
    size_t kept = 0;
    if (sums->count)
        qsort(sums->items, sums->count, sizeof *sums->items, by_key);
    for (size_t i = 0, n; i < sums->count; i += n) {
        struct store_staff_count row = sums->items[i];
        for (n = 1; i + n < sums->count && by_key(&row, &sums->items[i + n]) == 0; n++) {
            row.numerator += sums->items[i + n].numerator;
            row.denominator += sums->items[i + n].denominator;
        }
        if (row.numerator || row.denominator)
            sums->items[kept++] = row;
    }
    sums->count = kept;
}

enum status staff_sums_write(struct db_tx *tx, staff_sums *sums, struct error *err)
{
    staff_sums_merge(sums);
    for (size_t i = 0; i < sums->count; i++)
        if (store_staff_count_add(tx, &sums->items[i], err) != OK)
            return FAILED;
    return OK;
}
