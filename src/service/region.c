/* Divisions as numbers: twelve digits in rows, six digits of the prefecture as shard. */
#include "service/internal.h"

static size_t digits_in(struct str code)
{
    size_t n = 0;
    while (n < code.len && code.data[n] >= '0' && code.data[n] <= '9')
        n++;
    return n == code.len ? n : 0;
}

int64_t division_of(struct str code)
{
    size_t n = digits_in(code);
    if (n < 2 || n > 12)
        return 0;
    int64_t number = 0;
    for (size_t i = 0; i < 12; i++)
        number = number * 10 + (i < n ? code.data[i] - '0' : 0);
    return number;
}

struct str division_text(struct arena *arena, int64_t division)
{
    char text[12];
    digits_put(text, sizeof text, division);
    return arena_str(arena, (struct str){text, division % 1000 ? 12 : division % 1000000 ? 9 : 6});
}

int64_t region_of(const struct pack_set *packs, struct str code)
{
    int64_t region;
    struct str prefecture = pack_division_prefecture(packs, code);
    if (prefecture.data && str_to_int64(prefecture, &region))
        return region;
    int64_t division = division_of(code);
    return division / 100000000 * 100;
}

/* How many of the twelve digits say something: provinces 2, prefectures 4, counties 6, townships 9, villages 12. */
static int significant(int64_t division)
{
    if (division % 10000000000 == 0)
        return 2;
    if (division % 100000000 == 0)
        return 4;
    if (division % 1000000 == 0)
        return 6;
    return division % 1000 == 0 ? 9 : 12;
}

struct division_range division_range(struct str code)
{
    int64_t from = division_of(code);
    if (from == 0)
        return (struct division_range){0, code.len == 0 ? INT64_MAX : 0};
    int64_t width = 1;
    for (int i = significant(from); i < 12; i++)
        width *= 10;
    return (struct division_range){from, from + width};
}

void region_note(struct service *self, int64_t region)
{
    size_t count = atomic_load_explicit(&self->region_count, memory_order_acquire);
    for (size_t i = 0; i < count; i++)
        if (self->regions[i] == region)
            return;
    pthread_mutex_lock(&self->lock);
    count = self->region_count;
    bool known = region == 0 || count == COUNT_OF(self->regions);
    for (size_t i = 0; i < count && !known; i++)
        known = self->regions[i] == region;
    if (!known) {
        self->regions[count] = region;
        atomic_store_explicit(&self->region_count, count + 1, memory_order_release);
    }
    pthread_mutex_unlock(&self->lock);
}

size_t region_list(const struct service *self, struct division_range range, struct arena *arena, int64_t **out)
{
    size_t count = atomic_load_explicit(&self->region_count, memory_order_acquire);
    int64_t *list = arena_array(arena, int64_t, count);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        /* A prefecture's divisions: [region, region + 100) * 10^6; a range may be smaller or larger than that. */
        int64_t from = self->regions[i] * 1000000;
        int64_t to = from + (self->regions[i] % 100 == 0 ? 100000000 : 1000000);
        if (range.to <= from || range.from >= to)
            continue;
        size_t at = n++;
        for (; at > 0 && list[at - 1] > self->regions[i]; at--)
            list[at] = list[at - 1];
        list[at] = self->regions[i];
    }
    *out = list;
    return n;
}
