/* Built-ins that look into lists and make new ones: 10.3.4.4 without the sums, which are in builtins_aggregate.c. */
#include "feel/builtins.h"

#include <string.h>

int64_t position_index(int64_t position, size_t count)
{
    int64_t n = (int64_t)count;
    if (position >= 1 && position <= n)
        return position - 1;
    return position <= -1 && position >= -n ? n + position : -1;
}

bool values_match(struct value a, struct value b)
{
    return value_is_true(value_equal(a, b));
}

static struct value no_position(const char *function, struct frame *frame)
{
    return note_null(frame, "%s(): the list has no such position", function);
}

static bool list_position(struct value list, struct value position, int64_t *out)
{
    int64_t whole = 0;
    if (!take_whole(position, &whole))
        return false;
    *out = position_index(whole, list.list->count);
    return *out >= 0;
}

static bool list_has(const struct value *items, size_t count, struct value wanted)
{
    for (size_t i = 0; i < count; i++)
        if (values_match(items[i], wanted))
            return true;
    return false;
}

static struct value call_list_contains(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    if (!run_spend(frame->run, a[0].list->count / 4))
        return value_null;
    return value_boolean(list_has(a[0].list->items, a[0].list->count, a[1]));
}

static struct value call_sublist(const struct value *a, size_t count, struct frame *frame)
{
    int64_t from = 0;
    if (!list_position(a[0], a[1], &from))
        return no_position("sublist", frame);
    int64_t left = (int64_t)a[0].list->count - from;
    int64_t length = left;
    if (count > 2 && !value_is_null(a[2]) && (!take_whole(a[2], &length) || length < 1 || length > left))
        return note_null(frame, "sublist(): the list has fewer items behind that position");
    return value_list(frame->run->arena, a[0].list->items + from, (size_t)length);
}

/* Lists one after another. */
static struct value joined(const struct list *lists, struct frame *frame)
{
    uint64_t total = 0;
    for (size_t i = 0; i < lists->count; i++)
        total += value_count(lists->items[i]);
    if (!run_list_allowed(frame->run, total))
        return value_null;
    struct list *out = list_new(frame->run->arena, (size_t)total);
    size_t at = 0;
    for (size_t i = 0; i < lists->count; i++) {
        const struct list *list = lists->items[i].list;
        memcpy(out->items + at, list->items, list->count * sizeof out->items[0]);
        at += list->count;
    }
    return value_of_list(out);
}

static struct value call_append(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    return joined(value_list(frame->run->arena, (struct value[]){a[0], a[1]}, 2).list, frame);
}

/* The arguments of concatenate() and union(): a scalar counts as a list of itself, null does not. */
static const struct list *lists_of(const struct list *arguments, const char *function, struct frame *frame)
{
    struct list *out = list_new(frame->run->arena, arguments->count);
    for (size_t i = 0; i < arguments->count; i++) {
        struct value v = arguments->items[i];
        if (value_is_null(v)) {
            note_null(frame, "%s() needs lists, not null", function);
            return NULL;
        }
        out->items[i] = v.kind == VALUE_LIST ? v : value_list(frame->run->arena, &v, 1);
    }
    return out;
}

static struct value call_concatenate(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    const struct list *lists = lists_of(a[0].list, "concatenate", frame);
    return lists ? joined(lists, frame) : value_null;
}

static struct value distinct(const struct list *list, struct frame *frame)
{
    struct list_builder out;
    list_builder_init(&out, frame->run->arena);
    for (size_t i = 0; i < list->count; i++) {
        if (!run_spend(frame->run, out.items.count / 4))
            return value_null;
        if (!list_has(out.items.items, out.items.count, list->items[i]))
            list_builder_push(&out, list->items[i]);
    }
    return list_builder_done(&out);
}

static struct value call_distinct_values(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    return distinct(a[0].list, frame);
}

static struct value call_union(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    const struct list *lists = lists_of(a[0].list, "union", frame);
    if (!lists)
        return value_null;
    struct value all = joined(lists, frame);
    return value_is_null(all) ? all : distinct(all.list, frame);
}

static struct value call_duplicate_values(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    const struct list *list = a[0].list;
    struct list_builder out;
    list_builder_init(&out, frame->run->arena);
    for (size_t i = 0; i < list->count; i++) {
        if (!run_spend(frame->run, list->count / 4))
            return value_null;
        struct value item = list->items[i];
        if (list_has(list->items + i + 1, list->count - i - 1, item) &&
            !list_has(out.items.items, out.items.count, item))
            list_builder_push(&out, item);
    }
    return list_builder_done(&out);
}

/* The list with `cut` items at `at` taken out and one put in, when put is given. */
static struct value spliced(struct value list, size_t at, size_t cut, const struct value *put, struct frame *frame)
{
    size_t count = list.list->count - cut + (put ? 1 : 0);
    if (!run_list_allowed(frame->run, count))
        return value_null;
    struct list *out = list_new(frame->run->arena, count);
    memcpy(out->items, list.list->items, at * sizeof out->items[0]);
    size_t next = at;
    if (put)
        out->items[next++] = *put;
    memcpy(out->items + next, list.list->items + at + cut, (list.list->count - at - cut) * sizeof out->items[0]);
    return value_of_list(out);
}

static struct value call_insert_before(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    int64_t at = 0;
    if (!list_position(a[0], a[1], &at))
        return no_position("insert before", frame);
    return spliced(a[0], (size_t)at, 0, &a[2], frame);
}

static struct value call_remove(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    int64_t at = 0;
    if (!list_position(a[0], a[1], &at))
        return no_position("remove", frame);
    return spliced(a[0], (size_t)at, 1, NULL, frame);
}

static struct value call_list_replace(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    int64_t at = 0;
    if (!list_position(a[0], a[1], &at))
        return no_position("list replace", frame);
    return spliced(a[0], (size_t)at, 1, &a[2], frame);
}

/* list replace(list, match, newItem): match(item, newItem) says which items are replaced. */
static struct value call_list_replace_matching(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    const struct list *list = a[0].list;
    struct list *out = list_new(frame->run->arena, list->count);
    for (size_t i = 0; i < list->count; i++) {
        struct value pair[] = {list->items[i], a[2]};
        struct value found = function_call(a[1].function, pair, 2, frame);
        if (found.kind != VALUE_BOOLEAN)
            return note_null(frame, "list replace(): 'match' must give a boolean");
        out->items[i] = found.boolean ? a[2] : list->items[i];
    }
    return value_of_list(out);
}

static struct value call_reverse(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    const struct list *list = a[0].list;
    if (!run_list_allowed(frame->run, list->count))
        return value_null;
    struct list *out = list_new(frame->run->arena, list->count);
    for (size_t i = 0; i < list->count; i++)
        out->items[i] = list->items[list->count - 1 - i];
    return value_of_list(out);
}

static struct value call_index_of(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct list_builder out;
    list_builder_init(&out, frame->run->arena);
    if (!run_spend(frame->run, a[0].list->count / 4))
        return value_null;
    for (size_t i = 0; i < a[0].list->count; i++)
        if (values_match(a[0].list->items[i], a[1]))
            list_builder_push(&out, value_int((int64_t)i + 1));
    return list_builder_done(&out);
}

static bool flatten_into(struct list_builder *out, const struct list *list, struct frame *frame, int depth)
{
    if (depth > VALUE_DEPTH_MAX || !run_list_allowed(frame->run, out->items.count + list->count))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].kind != VALUE_LIST)
            list_builder_push(out, list->items[i]);
        else if (!flatten_into(out, list->items[i].list, frame, depth + 1))
            return false;
    }
    return true;
}

static struct value call_flatten(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct list_builder out;
    list_builder_init(&out, frame->run->arena);
    return flatten_into(&out, a[0].list, frame, 0) ? list_builder_done(&out) : value_null;
}

static struct value call_is_empty(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    return value_boolean(a[0].list->count == 0);
}

static struct value call_partition(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    int64_t size = 0;
    if (!take_whole(a[1], &size) || size < 1)
        return note_null(frame, "partition(): the size must be at least 1");
    const struct list *list = a[0].list;
    if (!run_list_allowed(frame->run, list->count))
        return value_null;
    struct list_builder out;
    list_builder_init(&out, frame->run->arena);
    for (size_t at = 0; at < list->count;) {
        size_t part = (uint64_t)size < list->count - at ? (size_t)size : list->count - at;
        list_builder_push(&out, value_list(frame->run->arena, list->items + at, part));
        at += part;
    }
    return list_builder_done(&out);
}

/* ---- sort() ---- */

struct sorting {
    const struct function *precedes; /* NULL: the natural order */
    struct frame *frame;
    bool failed;
};

/* Does b have to stand before a? */
static bool must_swap(struct sorting *self, struct value a, struct value b)
{
    if (self->precedes) {
        struct value pair[] = {b, a};
        struct value answer = function_call(self->precedes, pair, 2, self->frame);
        self->failed |= answer.kind != VALUE_BOOLEAN;
        return value_is_true(answer);
    }
    int order = 0;
    self->failed |= !value_compare(a, b, &order) || !run_spend(self->frame->run, 1);
    return order > 0;
}

/* Stable merge of two sorted halves. */
static void merge(struct sorting *self, struct value *items, size_t middle, size_t count, struct value *room)
{
    memcpy(room, items, middle * sizeof *room);
    size_t left = 0;
    size_t right = middle;
    for (size_t at = 0; left < middle && !self->failed; at++) {
        bool take_right = right < count && must_swap(self, room[left], items[right]);
        items[at] = take_right ? items[right++] : room[left++];
    }
}

static void merge_sort(struct sorting *self, struct value *items, size_t count, struct value *room)
{
    if (count < 2 || self->failed)
        return;
    size_t middle = count / 2;
    merge_sort(self, items, middle, room);
    merge_sort(self, items + middle, count - middle, room);
    merge(self, items, middle, count, room);
}

static struct value call_sort(const struct value *a, size_t count, struct frame *frame)
{
    struct sorting sorting = {.frame = frame};
    if (count > 1 && a[1].kind == VALUE_FUNCTION)
        sorting.precedes = a[1].function;
    const struct list *list = a[0].list;
    if (!run_list_allowed(frame->run, list->count))
        return value_null;
    struct list *sorted = list_new(frame->run->arena, list->count);
    memcpy(sorted->items, list->items, list->count * sizeof sorted->items[0]);
    merge_sort(&sorting, sorted->items, list->count, arena_array(frame->run->arena, struct value, list->count));
    if (sorting.failed)
        return note_null(frame, "sort(): the items cannot be put in order");
    return value_of_list(sorted);
}

#define LIST_ROW(text, call, ...)                                                                                      \
    {                                                                                                                  \
        text, call, 0, FEEL_TYPE_LIST, __VA_ARGS__                                                                     \
    }
#define LIST P("list", TAKE_LIST)
#define POSITION P("position", TAKE_NUMBER)

const struct builtin builtins_list[] = {
    {"list contains", call_list_contains, 0, FEEL_TYPE_BOOLEAN, {LIST, P("element", TAKE_ANY)}},
    LIST_ROW("sublist", call_sublist,
             {LIST, P("start position", TAKE_NUMBER), P("length", TAKE_NUMBER | TAKE_OPTIONAL)}),
    {"append", call_append, BUILTIN_TAIL, FEEL_TYPE_LIST, {LIST, P("item", TAKE_LIST)}},
    {"concatenate", call_concatenate, BUILTIN_TAIL, FEEL_TYPE_LIST, {LIST}},
    {"union", call_union, BUILTIN_TAIL, FEEL_TYPE_LIST, {LIST}},
    LIST_ROW("distinct values", call_distinct_values, {LIST}),
    LIST_ROW("duplicate values", call_duplicate_values, {LIST}),
    LIST_ROW("insert before", call_insert_before, {LIST, POSITION, P("newItem", TAKE_ANY)}),
    LIST_ROW("remove", call_remove, {LIST, POSITION}),
    LIST_ROW("list replace", call_list_replace, {LIST, POSITION, P("newItem", TAKE_ANY)}),
    LIST_ROW("list replace", call_list_replace_matching, {LIST, P("match", TAKE_FUNCTION), P("newItem", TAKE_ANY)}),
    LIST_ROW("reverse", call_reverse, {LIST}),
    LIST_ROW("index of", call_index_of, {LIST, P("match", TAKE_ANY)}),
    LIST_ROW("flatten", call_flatten, {LIST}),
    LIST_ROW("partition", call_partition, {LIST, P("size", TAKE_NUMBER)}),
    LIST_ROW("sort", call_sort, {LIST, P("precedes", TAKE_FUNCTION | TAKE_OPTIONAL)}),
    {"is empty", call_is_empty, 0, FEEL_TYPE_BOOLEAN, {LIST}},
    {0},
};
