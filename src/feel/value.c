/* Values: making, asking, merging, copying, comparing. Numbers and temporal values have files of their own. */
#include "feel/value.h"

#include "feel/number.h"

#include <stdlib.h>
#include <string.h>

/* Contexts with more members than this are given a sorted index. */
#define INDEX_ABOVE 32

const struct value value_null = {.kind = VALUE_NULL};
const struct value value_true = {.kind = VALUE_BOOLEAN, .boolean = true};
const struct value value_false = {.kind = VALUE_BOOLEAN, .boolean = false};

/* ---- Making ---- */

struct value value_string(struct str borrowed)
{
    return (struct value){.kind = VALUE_STRING, .string = borrowed};
}

struct value value_string_copy(struct arena *arena, struct str s)
{
    return value_string(arena_str(arena, s));
}

struct value value_cstr(const char *terminated_borrowed)
{
    return value_string(str_of(terminated_borrowed));
}

struct list *list_new(struct arena *arena, size_t count)
{
    CHECK(count < SIZE_MAX / 4 / sizeof(struct value));
    struct list *list = arena_alloc(arena, sizeof(*list) + count * sizeof(struct value));
    list->count = count;
    return list;
}

struct value value_of_list(const struct list *list)
{
    CHECK(list);
    return (struct value){.kind = VALUE_LIST, .list = list};
}

struct value value_list(struct arena *arena, const struct value *items, size_t count)
{
    CHECK(count < SIZE_MAX / 4 / sizeof(struct value));
    struct list *list = arena_alloc_raw(arena, sizeof(*list) + count * sizeof(struct value));
    list->count = count;
    if (count)
        memcpy(list->items, items, count * sizeof(struct value));
    return value_of_list(list);
}

void list_builder_init(struct list_builder *self, struct arena *arena)
{
    *self = (struct list_builder){.arena = arena};
}

void list_builder_push(struct list_builder *self, struct value value)
{
    VECTOR_PUSH(self->arena, &self->items, value);
}

struct value list_builder_done(struct list_builder *self)
{
    return value_list(self->arena, self->items.items, self->items.count);
}

/* ---- Contexts ---- */

/* A cheap total order for look-ups: length first, then bytes. */
static inline int key_compare(struct str a, struct str b)
{
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return a.len ? memcmp(a.data, b.data, a.len) : 0;
}

/* Most keys of one length differ in their first or last byte already. */
static inline bool key_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || a.data == b.data ||
                              (a.data[0] == b.data[0] && a.data[a.len - 1] == b.data[a.len - 1] &&
                               memcmp(a.data, b.data, a.len) == 0));
}

static int position_compare(const void *left, const void *right, void *members)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    const struct member *all = members;
    int order = key_compare(all[a].key, all[b].key);
    return order ? order : (a > b) - (a < b);
}

/* Moves the last value of each key to its first position and drops the rest; returns how many members remain. */
static size_t unique_small(struct member *members, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        size_t first = 0;
        while (first < kept && !key_equal(members[first].key, members[i].key))
            first++;
        if (first < kept)
            members[first].value = members[i].value;
        else
            members[kept++] = members[i];
    }
    return kept;
}

static uint32_t *sorted_positions(struct arena *arena, struct member *members, size_t count)
{
    CHECK(count < UINT32_MAX);
    uint32_t *index = arena_alloc_raw(arena, count * sizeof(*index));
    for (size_t i = 0; i < count; i++)
        index[i] = (uint32_t)i;
    qsort_r(index, count, sizeof(*index), position_compare, members);
    return index;
}

/* The same for many members, by way of the sorted index, which is right afterwards when nothing was dropped. */
static size_t unique_large(struct member *members, size_t count, const uint32_t *index)
{
    size_t dropped = 0;
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && key_equal(members[index[i]].key, members[index[end]].key))
            end++;
        members[index[i]].value = members[index[end - 1]].value;
        for (size_t k = i + 1; k < end; k++, dropped++)
            members[index[k]].key = STR_NONE;
        i = end;
    }
    if (!dropped)
        return count;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (members[i].key.data)
            members[kept++] = members[i];
    return kept;
}

struct value context_of_members(struct arena *arena, struct member *members, size_t count)
{
    uint32_t *index = NULL;
    if (count <= INDEX_ABOVE) {
        count = unique_small(members, count);
    } else {
        for (size_t i = 0; i < count; i++)
            if (!members[i].key.data)
                members[i].key = STR("");
        index = sorted_positions(arena, members, count);
        size_t kept = unique_large(members, count, index);
        if (kept < count)
            index = kept > INDEX_ABOVE ? sorted_positions(arena, members, kept) : NULL;
        count = kept;
    }
    struct context *context = arena_alloc_raw(arena, sizeof(*context));
    *context = (struct context){.count = count, .members = members, .index = index};
    return (struct value){.kind = VALUE_CONTEXT, .context = context};
}

void context_builder_init(struct context_builder *self, struct arena *arena)
{
    *self = (struct context_builder){.arena = arena};
}

void context_builder_put(struct context_builder *self, struct str key, struct value value)
{
    VECTOR_PUSH(self->arena, &self->members, ((struct member){key, value}));
}

struct value context_builder_done(struct context_builder *self)
{
    return context_of_members(self->arena, self->members.items, self->members.count);
}

static const struct member *context_find(const struct context *self, struct str key)
{
    if (!self->index) {
        for (size_t i = 0; i < self->count; i++)
            if (key_equal(self->members[i].key, key))
                return &self->members[i];
        return NULL;
    }
    size_t low = 0;
    size_t high = self->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct member *member = &self->members[self->index[middle]];
        int order = key_compare(key, member->key);
        if (order == 0)
            return member;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* ---- Asking ---- */

bool value_find(struct value v, struct str key, struct value *out)
{
    if (v.kind != VALUE_CONTEXT)
        return false;
    const struct member *member = context_find(v.context, key);
    if (!member)
        return false;
    *out = member->value;
    return true;
}

struct value value_get(struct value v, struct str key)
{
    struct value found = value_null;
    return value_find(v, key, &found) ? found : value_null;
}

struct value value_path(struct value v, const char *path)
{
    for (struct str rest = str_of(path); rest.data;)
        v = value_get(v, str_cut(&rest, '.'));
    return v;
}

struct str value_text(struct value v)
{
    return v.kind == VALUE_STRING ? v.string : STR_NONE;
}

size_t value_count(struct value v)
{
    if (v.kind == VALUE_LIST)
        return v.list->count;
    return v.kind == VALUE_CONTEXT ? v.context->count : 0;
}

struct value value_at(struct value list, size_t i)
{
    return list.kind == VALUE_LIST && i < list.list->count ? list.list->items[i] : value_null;
}

const char *value_kind_name(enum value_kind kind)
{
    static const char *const names[] = {
        [VALUE_NULL] = "null",
        [VALUE_BOOLEAN] = "boolean",
        [VALUE_NUMBER] = "number",
        [VALUE_STRING] = "string",
        [VALUE_DATE] = "date",
        [VALUE_TIME] = "time",
        [VALUE_DATE_TIME] = "date and time",
        [VALUE_YEARS_MONTHS] = "years and months duration",
        [VALUE_DAYS_TIME] = "days and time duration",
        [VALUE_LIST] = "list",
        [VALUE_CONTEXT] = "context",
        [VALUE_RANGE] = "range",
        [VALUE_FUNCTION] = "function",
    };
    CHECK((size_t)kind < COUNT_OF(names));
    return names[kind];
}

/* ---- Changing, that is: making anew ---- */

struct value value_merge(struct arena *arena, struct value base, struct value over)
{
    size_t below = base.kind == VALUE_CONTEXT ? base.context->count : 0;
    size_t above = over.kind == VALUE_CONTEXT ? over.context->count : 0;
    if (!above && base.kind == VALUE_CONTEXT)
        return base;
    struct member *members = arena_alloc_raw(arena, (below + above) * sizeof(*members));
    if (below)
        memcpy(members, base.context->members, below * sizeof(*members));
    if (above)
        memcpy(members + below, over.context->members, above * sizeof(*members));
    return context_of_members(arena, members, below + above);
}

struct value value_with_offsets(struct arena *arena, struct value v)
{
    if (v.kind == VALUE_DATE_TIME && v.zone == ZONE_NAMED) {
        v.zone = ZONE_OFFSET;
        v.temporal.zone = NULL;
        return v;
    }
    if (v.kind == VALUE_LIST) {
        struct list *copy = list_new(arena, v.list->count);
        for (size_t i = 0; i < v.list->count; i++)
            copy->items[i] = value_with_offsets(arena, v.list->items[i]);
        return value_of_list(copy);
    }
    if (v.kind != VALUE_CONTEXT)
        return v;
    struct context_builder copy;
    context_builder_init(&copy, arena);
    for (size_t i = 0; i < v.context->count; i++)
        context_builder_put(&copy, v.context->members[i].key, value_with_offsets(arena, v.context->members[i].value));
    return context_builder_done(&copy);
}

static struct value put_path(struct arena *arena, struct value base, struct str path, struct value v, int depth)
{
    struct str rest = path;
    struct str key = depth < VALUE_DEPTH_MAX ? str_cut(&rest, '.') : path;
    if (rest.data && depth < VALUE_DEPTH_MAX)
        v = put_path(arena, value_get(base, key), rest, v, depth + 1);
    struct member *member = arena_new(arena, struct member);
    *member = (struct member){arena_str(arena, key), v};
    struct context over = {.count = 1, .members = member};
    return value_merge(arena, base, (struct value){.kind = VALUE_CONTEXT, .context = &over});
}

struct value value_put_path(struct arena *arena, struct value base, struct str path, struct value v)
{
    return put_path(arena, base, path, v, 1);
}

static struct value copy(struct arena *arena, struct value v, int depth);

static struct value copy_list(struct arena *arena, const struct list *list, int depth)
{
    struct list *made = list_new(arena, list->count);
    for (size_t i = 0; i < list->count; i++)
        made->items[i] = copy(arena, list->items[i], depth + 1);
    return value_of_list(made);
}

static struct value copy_context(struct arena *arena, const struct context *context, int depth)
{
    struct member *members = arena_alloc_raw(arena, context->count * sizeof(*members));
    for (size_t i = 0; i < context->count; i++) {
        members[i].key = arena_str(arena, context->members[i].key);
        members[i].value = copy(arena, context->members[i].value, depth + 1);
    }
    return context_of_members(arena, members, context->count);
}

static struct value copy_range(struct arena *arena, const struct range *range, int depth)
{
    struct range *made = arena_new(arena, struct range);
    *made = *range;
    made->start = copy(arena, range->start, depth + 1);
    made->end = copy(arena, range->end, depth + 1);
    return (struct value){.kind = VALUE_RANGE, .range = made};
}

static struct value copy(struct arena *arena, struct value v, int depth)
{
    if (depth > VALUE_DEPTH_MAX)
        return value_null;
    switch ((enum value_kind)v.kind) {
    case VALUE_NUMBER:
        if (v.number_text)
            v.number_text = arena_str(arena, (struct str){v.number_text, v.text_len}).data;
        return v;
    case VALUE_STRING: return value_string_copy(arena, v.string);
    case VALUE_LIST: return copy_list(arena, v.list, depth);
    case VALUE_CONTEXT: return copy_context(arena, v.context, depth);
    case VALUE_RANGE: return copy_range(arena, v.range, depth);
    case VALUE_FUNCTION: return value_null;
    case VALUE_NULL:
    case VALUE_BOOLEAN:
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATE_TIME:
    case VALUE_YEARS_MONTHS:
    case VALUE_DAYS_TIME:
    default: return v;
    }
}

struct value value_copy(struct arena *arena, struct value v)
{
    return copy(arena, v, 0);
}

/* ---- Comparing ---- */

/* FEEL's `=` and identity walk values alike; they differ in how scalars of one kind are compared. */
typedef bool scalar_equal(struct value a, struct value b);

static bool same(struct value a, struct value b, scalar_equal *scalars, int depth);

static bool same_list(const struct list *a, const struct list *b, scalar_equal *scalars, int depth)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!same(a->items[i], b->items[i], scalars, depth + 1))
            return false;
    return true;
}

static bool same_context(const struct context *a, const struct context *b, scalar_equal *scalars, int depth)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct member *other = context_find(b, a->members[i].key);
        if (!other || !same(a->members[i].value, other->value, scalars, depth + 1))
            return false;
    }
    return true;
}

static bool same_range(const struct range *a, const struct range *b, scalar_equal *scalars, int depth)
{
    return a->by_operator == b->by_operator && a->start_included == b->start_included &&
           a->end_included == b->end_included && same(a->start, b->start, scalars, depth + 1) &&
           same(a->end, b->end, scalars, depth + 1);
}

static bool same(struct value a, struct value b, scalar_equal *scalars, int depth)
{
    if (a.kind != b.kind || depth > VALUE_DEPTH_MAX)
        return false;
    switch ((enum value_kind)a.kind) {
    case VALUE_NULL: return true;
    case VALUE_BOOLEAN: return a.boolean == b.boolean;
    case VALUE_NUMBER: return number_compare_quick(a, b) == 0;
    case VALUE_STRING: return key_equal(a.string, b.string);
    case VALUE_LIST: return a.list == b.list || same_list(a.list, b.list, scalars, depth);
    case VALUE_CONTEXT: return a.context == b.context || same_context(a.context, b.context, scalars, depth);
    case VALUE_RANGE: return a.range == b.range || same_range(a.range, b.range, scalars, depth);
    case VALUE_FUNCTION: return a.function == b.function;
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATE_TIME:
    case VALUE_YEARS_MONTHS:
    case VALUE_DAYS_TIME:
    default: return scalars(a, b);
    }
}

static bool is_clock(struct value v)
{
    return v.kind == VALUE_TIME || v.kind == VALUE_DATE_TIME;
}

/* Times and date-times can be compared when both have a zone or neither has. */
static bool clocks_comparable(struct value a, struct value b)
{
    return (a.zone == ZONE_NONE) == (b.zone == ZONE_NONE);
}

static int compare_int(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_temporal(struct value a, struct value b)
{
    switch ((enum value_kind)a.kind) {
    case VALUE_YEARS_MONTHS: return compare_int(a.months, b.months);
    case VALUE_DAYS_TIME: {
        int order = compare_int(a.span.seconds, b.span.seconds);
        return order ? order : compare_int(a.span.nanos, b.span.nanos);
    }
    case VALUE_DATE: return compare_int(a.temporal.seconds, b.temporal.seconds);
    case VALUE_NULL:
    case VALUE_BOOLEAN:
    case VALUE_NUMBER:
    case VALUE_STRING:
    case VALUE_TIME:
    case VALUE_DATE_TIME:
    case VALUE_LIST:
    case VALUE_CONTEXT:
    case VALUE_RANGE:
    case VALUE_FUNCTION:
    default: {
        int order = compare_int(a.temporal.seconds - a.temporal.offset, b.temporal.seconds - b.temporal.offset);
        return order ? order : compare_int(a.temporal.nanos, b.temporal.nanos);
    }
    }
}

/* The specification compares times and date-times by their whole seconds. */
static bool temporal_equal(struct value a, struct value b)
{
    if (!is_clock(a))
        return compare_temporal(a, b) == 0;
    return clocks_comparable(a, b) && a.temporal.seconds - a.temporal.offset == b.temporal.seconds - b.temporal.offset;
}

static bool temporal_identical(struct value a, struct value b)
{
    if (!is_clock(a))
        return compare_temporal(a, b) == 0;
    if (a.zone != b.zone || a.temporal.seconds != b.temporal.seconds || a.temporal.nanos != b.temporal.nanos)
        return false;
    return a.zone == ZONE_NAMED ? strcmp(a.temporal.zone, b.temporal.zone) == 0
                                : a.temporal.offset == b.temporal.offset;
}

struct value value_equal(struct value a, struct value b)
{
    if (a.kind != b.kind)
        return value_is_null(a) || value_is_null(b) ? value_false : value_null;
    if (a.kind == VALUE_NUMBER)
        return value_boolean(number_compare_quick(a, b) == 0);
    if (is_clock(a) && !clocks_comparable(a, b))
        return value_null;
    return value_boolean(same(a, b, temporal_equal, 0));
}

bool value_identical(struct value a, struct value b)
{
    return same(a, b, temporal_identical, 0);
}

bool value_compare(struct value a, struct value b, int *out)
{
    if (a.kind != b.kind)
        return false;
    switch ((enum value_kind)a.kind) {
    case VALUE_NUMBER: *out = number_compare_quick(a, b); return true;
    case VALUE_STRING: *out = str_compare(a.string, b.string); return true;
    case VALUE_TIME:
    case VALUE_DATE_TIME:
        if (!clocks_comparable(a, b))
            return false;
        *out = compare_temporal(a, b);
        return true;
    case VALUE_DATE:
    case VALUE_YEARS_MONTHS:
    case VALUE_DAYS_TIME: *out = compare_temporal(a, b); return true;
    case VALUE_NULL:
    case VALUE_BOOLEAN:
    case VALUE_LIST:
    case VALUE_CONTEXT:
    case VALUE_RANGE:
    case VALUE_FUNCTION:
    default: return false;
    }
}
