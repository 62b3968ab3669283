/* Small helpers over values, and the words of states. */
#include "service/internal.h"

#include <string.h>

#define CONTEXT_PLAIN_MAX 12 /* members that are found without an index */

const char *const case_state_names[] = {"draft",     "submitted", "correcting", "accepted", "reviewing",
                                        "suspended", "deciding",  "delivering", "closed"};
const char *const case_outcome_names[] = {"", "granted", "refused", "declined", "withdrawn", "lapsed"};
const char *const certificate_row_states[] = {"valid", "suspended", "revoked", "replaced", "expired"};
_Static_assert(COUNT_OF(case_state_names) == CASE_STATE_COUNT, "one name for each state");
_Static_assert(COUNT_OF(case_outcome_names) == OUTCOME_COUNT, "one name for each outcome");
_Static_assert(COUNT_OF(certificate_row_states) == CERT_STATE_COUNT, "one name for each state");

void view_init(struct view *self, struct arena *arena)
{
    context_builder_init(&self->members, arena);
}

void view_put(struct view *self, const char *name, struct value v)
{
    if (!value_is_null(v))
        context_builder_put(&self->members, str_of(name), v);
}

void view_text(struct view *self, const char *name, struct str s)
{
    if (s.len)
        view_put(self, name, value_string(s));
}

void view_int(struct view *self, const char *name, int64_t n)
{
    view_put(self, name, value_int(n));
}

struct value empty_context(struct arena *arena)
{
    struct view view;
    view_init(&view, arena);
    return view_done(&view);
}

struct value value_time(int64_t ms)
{
    return ms ? date_time_from_ms(ms, "Asia/Shanghai") : value_null;
}

void view_time(struct view *self, const char *name, int64_t ms)
{
    view_put(self, name, value_time(ms));
}

void view_flag(struct view *self, const char *name, bool b)
{
    view_put(self, name, value_boolean(b));
}

struct value view_done(struct view *self)
{
    return context_builder_done(&self->members);
}

struct value context_only(struct arena *arena, struct value context, struct value names)
{
    if (names.kind != VALUE_LIST || value_count(names) == 0)
        return context;
    struct view view;
    view_init(&view, arena);
    for (size_t i = 0; i < value_count(names); i++) {
        struct str name = value_text(value_at(names, i));
        struct value v;
        if (value_find(context, name, &v))
            context_builder_put(&view.members, name, v);
    }
    return view_done(&view);
}

/* Keys stay where they were, so an index over them stays right as long as none is added. */
struct value context_set(struct arena *arena, struct value context, const char *name, struct value v)
{
    struct str key = str_of(name);
    size_t count = context.kind == VALUE_CONTEXT ? context.context->count : 0;
    const struct member *old = count ? context.context->members : NULL;
    size_t at = 0;
    while (at < count && !str_equal(old[at].key, key))
        at++;
    struct member *members = arena_alloc_raw(arena, (count + 1) * sizeof *members);
    if (count)
        memcpy(members, old, count * sizeof *members);
    members[at] = (struct member){key, v};
    if (at == count && count >= CONTEXT_PLAIN_MAX) {
        struct context_builder builder;
        context_builder_init(&builder, arena);
        for (size_t i = 0; i <= count; i++)
            context_builder_put(&builder, members[i].key, members[i].value);
        return context_builder_done(&builder);
    }
    struct context *changed = arena_new(arena, struct context);
    *changed = (struct context){.count = at == count ? count + 1 : count,
                                .members = members,
                                .index = at < count ? context.context->index : NULL};
    return (struct value){.kind = VALUE_CONTEXT, .context = changed};
}

struct value list_add(struct arena *arena, struct value list, struct value item)
{
    size_t count = list.kind == VALUE_LIST ? value_count(list) : 0;
    struct list *longer = list_new(arena, count + 1);
    for (size_t i = 0; i < count; i++)
        longer->items[i] = value_at(list, i);
    longer->items[count] = item;
    return value_of_list(longer);
}

int64_t value_int_or(struct value v, int64_t otherwise)
{
    int64_t n;
    return value_to_int64(v, &n) ? n : otherwise;
}

int64_t value_instant(struct value v)
{
    int64_t ms;
    struct value parsed;
    if (v.kind == VALUE_NUMBER)
        return value_int_or(v, 0);
    if (v.kind == VALUE_STRING && date_time_parse(v.string, &parsed))
        v = parsed;
    return v.kind == VALUE_DATE_TIME && date_time_to_ms(v, &ms) ? ms : 0;
}

int64_t limit_between(int64_t wanted, int64_t otherwise, int64_t most)
{
    if (wanted <= 0)
        return otherwise;
    return wanted < most ? wanted : most;
}

enum status service_cursor(struct str cursor, int64_t *out, struct error *err)
{
    int64_t n = 0;
    if (cursor.len && !str_to_int64(cursor, &n)) {
        error_set(err, ERROR_INVALID, "bad-cursor", "The cursor is none that this list gave.");
        error_field(err, "cursor");
        return error_hint(err, "Start from the first page, without a cursor.");
    }
    *out = n;
    return OK;
}

int64_t name_index(const char *const *names, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(str_of(names[i]), name))
            return (int64_t)i;
    return -1;
}

struct feel_run service_feel(const struct service *self, struct arena *arena, const struct pack_set *packs,
                             int64_t now_ms)
{
    (void)self;
    return (struct feel_run){.arena = arena, .now_ms = now_ms, .calendar = pack_calendar(packs)};
}
