#include "service/indicator_sums.h"

#include <stdlib.h>
#include <string.h>

void indicator_sums_init(struct indicator_sums *self, struct arena *arena)
{
    *self = (struct indicator_sums){.arena = arena, .slot_count = 256};
    self->slots = arena_array(arena, size_t, self->slot_count);
}

static int by_key(const void *a, const void *b)
{
    const struct store_count *x = a, *y = b;
    const int64_t keys[][2] = {{x->region, y->region}, {x->item, y->item}, {x->period, y->period}};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (keys[i][0] != keys[i][1])
            return keys[i][0] < keys[i][1] ? -1 : 1;
    int units = str_compare(x->unit, y->unit);
    if (units != 0)
        return units;
    if (x->division != y->division)
        return x->division < y->division ? -1 : 1;
    return x->slot < y->slot ? -1 : x->slot > y->slot;
}

static size_t place_of(const struct indicator_sums *self, const struct store_count *key)
{
    uint64_t hash = str_hash(key->unit);
    const int64_t numbers[] = {key->region, key->item, key->period, key->division, key->slot};
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        hash = (hash ^ (uint64_t)numbers[i]) * UINT64_C(0x9e3779b97f4a7c15) ^ hash >> 29;
    size_t place = (size_t)hash & (self->slot_count - 1);
    while (self->slots[place] && by_key(&self->rows[self->slots[place] - 1], key) != 0)
        place = (place + 1) & (self->slot_count - 1);
    return place;
}

static void grow(struct indicator_sums *self)
{
    self->slot_count *= 2;
    self->slots = arena_array(self->arena, size_t, self->slot_count);
    for (size_t i = 0; i < self->count; i++)
        self->slots[place_of(self, &self->rows[i])] = i + 1;
}

void indicator_sums_row(struct indicator_sums *self, const struct store_count *row, int64_t sign)
{
    if (2 * self->count >= self->slot_count)
        grow(self);
    size_t place = place_of(self, row);
    if (self->slots[place] == 0) {
        if (self->count == self->row_capacity)
            self->rows = vector_grow(self->arena, self->rows, self->count, &self->row_capacity, sizeof *self->rows);
        struct store_count *fresh = &self->rows[self->count++];
        *fresh = *row;
        fresh->unit = arena_str(self->arena, row->unit);
        fresh->numerator = fresh->denominator = 0;
        self->slots[place] = self->count;
    }
    struct store_count *sum = &self->rows[self->slots[place] - 1];
    sum->numerator += sign * row->numerator;
    sum->denominator += sign * row->denominator;
}

void indicator_sums_add(struct indicator_sums *self, const struct store_fact *fact, const struct indicator_marks *marks,
                        int64_t sign)
{
    for (size_t i = 0; i < marks->list.count; i++) {
        const struct indicator_mark *mark = &marks->list.items[i];
        struct store_count row = {.region = fact->region,
                                  .period = mark->day,
                                  .unit = STR(""),
                                  .division = fact->division,
                                  .slot = mark->slot,
                                  .numerator = mark->numerator,
                                  .denominator = mark->denominator};
        indicator_sums_row(self, &row, sign);
        row.period = mark->day / 100;
        indicator_sums_row(self, &row, sign);
        row.item = fact->item;
        row.unit = fact->unit;
        indicator_sums_row(self, &row, sign);
    }
}

void indicator_sums_sort(struct indicator_sums *self)
{
    if (self->count)
        qsort(self->rows, self->count, sizeof *self->rows, by_key);
    memset(self->slots, 0, self->slot_count * sizeof *self->slots);
    for (size_t i = 0; i < self->count; i++)
        self->slots[place_of(self, &self->rows[i])] = i + 1;
}
