/* Divisions and the working calendar. */
#include "pack/internal.h"

#include "clock/instant.h"

#include <stdlib.h>

static const char *const levels[] = {[PACK_PROVINCE] = "province",
                                     [PACK_PREFECTURE] = "prefecture",
                                     [PACK_COUNTY] = "county",
                                     [PACK_TOWNSHIP] = "township",
                                     [PACK_VILLAGE] = "village"};

void pack_read_divisions(struct pack_loader *loader)
{
    static const char *const members[] = {"code", "name", "level", "parent", "note"};
    struct value json;
    if (!pack_read_list(loader, &json))
        return;
    for (size_t i = 0; i < value_count(json); i++) {
        struct pack_division one = {0};
        struct str parent = STR_NONE;
        struct pack_reading r = pack_reading(loader, value_at(json, i), arena_printf(loader->arena, "[%zu]", i));
        pack_read_members(&r, members, COUNT_OF(members));
        pack_read_text(&r, "code", PACK_REQUIRED, &one.code);
        pack_read_text(&r, "name", PACK_REQUIRED, &one.name);
        pack_read_text(&r, "parent", PACK_OPTIONAL, &parent);
        int level = pack_read_choice(&r, "level", PACK_REQUIRED, levels, COUNT_OF(levels));
        one.level = level < 0 ? PACK_COUNTY : (enum pack_level)level;
        VECTOR_PUSH(loader->arena, &loader->pack->divisions, one);
        VECTOR_PUSH(loader->arena, &loader->pack->division_parents, parent);
    }
}

/* ---- Calendar ---- */

static bool read_day(struct pack_loader *loader, struct str text, int year, struct str place, int32_t *out)
{
    struct value date;
    if (!date_parse(text, &date) || temporal_civil(date).year != year) {
        pack_wrong(loader, place, "'%.*s' is not a date of that year", STR_ARGS(text));
        return false;
    }
    struct civil civil = temporal_civil(date);
    *out = (int32_t)day_of_date(civil.year, civil.month, civil.day);
    return true;
}

static void read_year(struct pack_loader *loader, struct str name, struct value json)
{
    int64_t year = 0;
    if (!str_to_int64(name, &year) || year < 1949 || year > 9999) {
        pack_wrong(loader, name, "is no year");
        return;
    }
    struct value off = value_get(json, STR("off"));
    struct value makeup = value_get(json, STR("makeup"));
    size_t off_max = off.kind == VALUE_CONTEXT ? off.context->count : 0;
    int32_t *off_days = arena_array(loader->arena, int32_t, off_max);
    int32_t *makeup_days = arena_array(loader->arena, int32_t, value_count(makeup));
    struct calendar_year out = {.year = (int)year, .off = off_days, .makeup = makeup_days};
    for (size_t i = 0; i < off_max; i++)
        if (read_day(loader, off.context->members[i].key, (int)year, name, &off_days[out.off_count]))
            out.off_count++;
    for (size_t i = 0; i < value_count(makeup); i++)
        if (read_day(loader, value_text(value_at(makeup, i)), (int)year, name, &makeup_days[out.makeup_count]))
            out.makeup_count++;
    VECTOR_PUSH(loader->arena, &loader->pack->years, out);
}

void pack_read_calendar(struct pack_loader *loader)
{
    struct value json;
    if (!pack_read_json(loader, &json))
        return;
    if (json.kind != VALUE_CONTEXT)
        pack_wrong(loader, STR(""), "must be an object {year: {off, makeup}}");
    for (size_t i = 0; json.kind == VALUE_CONTEXT && i < json.context->count; i++)
        read_year(loader, json.context->members[i].key, json.context->members[i].value);
}

/* ---- Joining ---- */

struct row {
    struct pack_division division;
    struct str parent;
    const struct pack *pack;
};

static int by_code(const void *a, const void *b)
{
    return str_compare(((const struct row *)a)->division.code, ((const struct row *)b)->division.code);
}

static int by_division_code(const void *a, const void *b)
{
    return str_compare(((const struct pack_division *)a)->code, ((const struct pack_division *)b)->code);
}

static void join_divisions(struct arena *arena, struct pack_set *set, struct pack_problems *problems)
{
    size_t total = 0;
    for (size_t i = 0; i < set->pack_count; i++)
        total += set->packs[i]->divisions.count;
    struct row *rows = arena_array(arena, struct row, total);
    size_t n = 0;
    for (size_t i = 0; i < set->pack_count; i++)
        for (size_t k = 0; k < set->packs[i]->divisions.count; k++)
            rows[n++] = (struct row){set->packs[i]->divisions.items[k], set->packs[i]->division_parents.items[k],
                                     set->packs[i]};
    qsort(rows, total, sizeof *rows, by_code);
    set->divisions = arena_array(arena, struct pack_division, total);
    set->division_count = total;
    for (size_t i = 0; i < total; i++)
        set->divisions[i] = rows[i].division;
    for (size_t i = 0; i < total; i++) {
        struct str file = arena_printf(arena, "%.*s/divisions.json", STR_ARGS(rows[i].pack->id));
        if (i > 0 && str_equal(rows[i].division.code, rows[i - 1].division.code))
            pack_problem_add(problems, file, rows[i].division.code, STR("stands there twice"), false);
        if (rows[i].parent.len == 0)
            continue;
        set->divisions[i].parent = pack_division_find(set, rows[i].parent);
        if (!set->divisions[i].parent || set->divisions[i].parent->level >= set->divisions[i].level)
            pack_problem_add(problems, file, rows[i].division.code, STR("its parent is not there, or not above it"),
                             false);
    }
}

void pack_places_join(struct arena *arena, struct pack_set *set, struct pack_problems *problems)
{
    join_divisions(arena, set, problems);
    VECTOR(struct calendar_year) years = {0};
    for (size_t i = 0; i < set->pack_count; i++)
        for (size_t k = 0; k < set->packs[i]->years.count; k++)
            VECTOR_PUSH(arena, &years, set->packs[i]->years.items[k]);
    set->calendar = calendar_new(arena, years.items, years.count);
}

static const struct pack_codes *division_codes(struct arena *arena, const struct pack_set *set, enum pack_level level,
                                               struct str id, struct str title)
{
    struct form_option *options = arena_array(arena, struct form_option, set->division_count);
    size_t count = 0;
    for (size_t i = 0; i < set->division_count; i++)
        if (set->divisions[i].level == level) {
            struct str code = set->divisions[i].code;
            options[count++] = (struct form_option){code, pack_division_full_name(set, arena, code)};
        }
    struct pack_codes *out = arena_new(arena, struct pack_codes);
    *out =
        (struct pack_codes){.id = id, .title = title, .source = STR("GB/T 2260"), .options = options, .count = count};
    return out;
}

void pack_places_codes(struct arena *arena, struct pack_set *set)
{
    struct pack_index all = pack_index_new(arena, set->codes.count + 2);
    for (size_t i = 0; i < set->codes.count; i++)
        all.items[all.count++] = set->codes.items[i];
    if (!pack_index_find(&set->codes, STR("county")))
        all.items[all.count++] = division_codes(arena, set, PACK_COUNTY, STR("county"), STR("县级区划"));
    if (!pack_index_find(&set->codes, STR("prefecture")))
        all.items[all.count++] = division_codes(arena, set, PACK_PREFECTURE, STR("prefecture"), STR("市级区划"));
    pack_index_sort(&all);
    set->codes = all;
}

/* ---- Asking ---- */

const struct pack_division *pack_division_find(const struct pack_set *self, struct str code)
{
    struct pack_division wanted = {.code = code};
    if (self->division_count == 0)
        return NULL;
    return bsearch(&wanted, self->divisions, self->division_count, sizeof wanted, by_division_code);
}

/* The listed division that a code lies in: itself, else the nine or six digits it begins with. */
static const struct pack_division *nearest(const struct pack_set *self, struct str code)
{
    static const size_t lengths[] = {12, 9, 6};
    for (size_t i = 0; i < COUNT_OF(lengths); i++)
        if (code.len >= lengths[i]) {
            const struct pack_division *found = pack_division_find(self, str_part(code, 0, lengths[i]));
            if (found)
                return found;
        }
    return NULL;
}

const struct pack_division *pack_divisions(const struct pack_set *self, size_t *count)
{
    *count = self->division_count;
    return self->divisions;
}

bool pack_division_within(const struct pack_set *self, struct str code, struct str area)
{
    if (area.len == 0)
        return true;
    const struct pack_division *at = nearest(self, code);
    if (!at)
        return false;
    /* A township that is not listed still lies in itself. */
    if (area.len >= 9 && str_starts(code, area))
        return true;
    for (; at; at = at->parent)
        if (str_equal(at->code, area))
            return true;
    return false;
}

struct str pack_division_full_name(const struct pack_set *self, struct arena *arena, struct str code)
{
    struct str name = STR_NONE;
    for (const struct pack_division *at = nearest(self, code); at; at = at->parent)
        name = arena_printf(arena, "%.*s%.*s", STR_ARGS(at->name), STR_ARGS(name));
    return name;
}

struct str pack_division_prefecture(const struct pack_set *self, struct str code)
{
    const struct pack_division *at = nearest(self, code);
    while (at && at->level > PACK_COUNTY)
        at = at->parent;
    if (!at)
        return STR_NONE;
    return at->level == PACK_COUNTY && at->parent && at->parent->level == PACK_PREFECTURE ? at->parent->code : at->code;
}

const struct calendar *pack_calendar(const struct pack_set *self)
{
    return self->calendar;
}
