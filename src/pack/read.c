/* Typed members of JSON declarations. Each reader says what is wrong and lets the others go on, so that an author sees
 * all. */
#include "pack/internal.h"

#include "feel/json.h"

struct pack_reading pack_reading(struct pack_loader *loader, struct value object, struct str place)
{
    return (struct pack_reading){loader, object, place};
}

struct str pack_place(const struct pack_reading *r, const char *member)
{
    return arena_printf(r->loader->arena, "%.*s%s%s", STR_ARGS(r->place), r->place.len > 0 && member[0] ? "." : "",
                        member);
}

static bool member_of(const struct pack_reading *r, const char *member, struct value *out)
{
    *out = value_get(r->object, str_of(member));
    return !value_is_null(*out);
}

static bool member_needed(const struct pack_reading *r, const char *member, enum pack_need need, struct value *out)
{
    if (member_of(r, member, out))
        return true;
    if (need == PACK_REQUIRED)
        pack_wrong(r->loader, pack_place(r, member), "is missing");
    return false;
}

void pack_read_members(const struct pack_reading *r, const char *const *names, size_t count)
{
    if (r->object.kind != VALUE_CONTEXT) {
        pack_wrong(r->loader, r->place, "must be an object");
        return;
    }
    for (size_t i = 0; i < r->object.context->count; i++) {
        struct str key = r->object.context->members[i].key;
        bool known = false;
        for (size_t k = 0; k < count && !known; k++)
            known = str_equal(key, str_of(names[k]));
        if (!known)
            pack_wrong(r->loader, pack_place(r, arena_cstr(r->loader->arena, key)), "is not a known member here");
    }
}

void pack_read_text(const struct pack_reading *r, const char *member, enum pack_need need, struct str *out)
{
    struct value v;
    if (!member_needed(r, member, need, &v))
        return;
    if (v.kind != VALUE_STRING)
        pack_wrong(r->loader, pack_place(r, member), "must be text");
    else if (need == PACK_REQUIRED && v.string.len == 0)
        pack_wrong(r->loader, pack_place(r, member), "must not be empty");
    else
        *out = v.string;
}

void pack_read_id(const struct pack_reading *r, const char *member, struct str *out)
{
    struct str id = STR_NONE;
    pack_read_text(r, member, PACK_REQUIRED, &id);
    for (size_t i = 0; i < id.len; i++) {
        char ch = id.data[i];
        bool letter = ch >= 'a' && ch <= 'z';
        bool other = (ch >= '0' && ch <= '9') || ch == '-' || ch == '.';
        if (!letter && (i == 0 || !other)) {
            pack_wrong(r->loader, pack_place(r, member),
                       "must be lower-case letters, digits, - and . and begin with a letter");
            return;
        }
    }
    *out = id;
}

void pack_read_int(const struct pack_reading *r, const char *member, int64_t least, int64_t *out)
{
    struct value v;
    int64_t n = 0;
    if (!member_of(r, member, &v))
        return;
    if (!value_to_int64(v, &n) || n < least)
        pack_wrong(r->loader, pack_place(r, member), "must be a whole number from %" PRId64, least);
    else
        *out = n;
}

void pack_read_flag(const struct pack_reading *r, const char *member, bool *out)
{
    struct value v;
    if (!member_of(r, member, &v))
        return;
    if (v.kind != VALUE_BOOLEAN)
        pack_wrong(r->loader, pack_place(r, member), "must be true or false");
    else
        *out = v.boolean;
}

void pack_read_texts(const struct pack_reading *r, const char *member, const struct str **out, size_t *count)
{
    struct value v;
    if (!member_of(r, member, &v))
        return;
    size_t n = value_count(v);
    if (v.kind != VALUE_LIST || n > PACK_LIST_MAX) {
        pack_wrong(r->loader, pack_place(r, member), "must be a list of texts");
        return;
    }
    struct str *texts = arena_array(r->loader->arena, struct str, n);
    for (size_t i = 0; i < n; i++) {
        texts[i] = value_text(value_at(v, i));
        if (texts[i].len == 0)
            pack_wrong(r->loader, arena_printf(r->loader->arena, "%.*s[%zu]", STR_ARGS(pack_place(r, member)), i),
                       "must be text");
    }
    *out = texts;
    *count = n;
}

bool pack_read_object(struct pack_loader *loader, const char *const *names, size_t count, struct pack_reading *out)
{
    struct value json;
    if (!pack_read_json(loader, &json))
        return false;
    *out = pack_reading(loader, json, STR(""));
    pack_read_members(out, names, count);
    return true;
}

bool pack_read_head(struct pack_loader *loader, const char *const *names, size_t count, struct str *id,
                    struct str *title, struct pack_reading *out)
{
    if (!pack_read_object(loader, names, count, out))
        return false;
    pack_read_id(out, "id", id);
    pack_read_text(out, "title", PACK_REQUIRED, title);
    return true;
}

bool pack_read_list(struct pack_loader *loader, struct value *out)
{
    struct value json;
    if (!pack_read_json(loader, &json))
        return false;
    if (json.kind != VALUE_LIST) {
        pack_wrong(loader, STR(""), "must be a list");
        return false;
    }
    *out = json;
    return true;
}

int pack_read_choice(const struct pack_reading *r, const char *member, enum pack_need need, const char *const *choices,
                     size_t count)
{
    struct value v;
    if (!member_needed(r, member, need, &v))
        return -1;
    struct buf all;
    buf_init(&all, 0);
    for (size_t i = 0; i < count; i++) {
        if (v.kind == VALUE_STRING && str_equal(v.string, str_of(choices[i]))) {
            buf_release(&all);
            return (int)i;
        }
        buf_printf(&all, "%s%s", i > 0 ? ", " : "", choices[i]);
    }
    pack_wrong(r->loader, pack_place(r, member), "must be one of %s", all.data ? all.data : "");
    buf_release(&all);
    return -1;
}

void pack_compile(const struct pack_reading *r, const char *member, struct value v, struct pack_expression *out)
{
    out->constant = v;
    out->source = value_text(v);
    if (!str_starts(out->source, STR("=")))
        return;
    struct feel_options options = {.syntax = FEEL_EXPRESSION};
    struct error err = ERROR_INIT;
    if (feel_compile(r->loader->arena, str_part(out->source, 1, out->source.len), &options, &out->program, &err) != OK)
        pack_wrong(r->loader, pack_place(r, member), "%s (%s)", err.message, err.field);
}

void pack_read_expression(const struct pack_reading *r, const char *member, struct pack_expression *out)
{
    struct value v;
    if (member_of(r, member, &v))
        pack_compile(r, member, v, out);
}

struct pack_reading *pack_read_objects(const struct pack_reading *r, const char *member, size_t *count)
{
    struct value v;
    *count = 0;
    if (!member_of(r, member, &v))
        return NULL;
    if (v.kind != VALUE_LIST || value_count(v) > PACK_LIST_MAX) {
        pack_wrong(r->loader, pack_place(r, member), "must be a list");
        return NULL;
    }
    *count = value_count(v);
    struct pack_reading *objects = arena_array(r->loader->arena, struct pack_reading, *count);
    for (size_t i = 0; i < *count; i++) {
        struct str place = arena_printf(r->loader->arena, "%.*s[%zu]", STR_ARGS(pack_place(r, member)), i);
        objects[i] = pack_reading(r->loader, value_at(v, i), place);
    }
    return objects;
}

struct value pack_evaluate(const struct pack_expression *self, struct value names, struct feel_run *run)
{
    return self->program ? feel_evaluate_in(self->program, names, run) : self->constant;
}
