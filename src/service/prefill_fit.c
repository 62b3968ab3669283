#include "service/prefill_fit.h"

#define ROWS_MAX 100

struct finding {
    struct str path;
    const struct form_component *component;
};

static bool find_component(void *state, const struct form_component *component, struct str path)
{
    struct finding *finding = state;
    if (component->type != FORM_GROUP && path.len && str_equal(path, finding->path))
        finding->component = component;
    return !finding->component;
}

const struct form_component *prefill_component(const struct form *form, struct arena *arena, struct str path)
{
    struct finding finding = {.path = path};
    if (form)
        form_walk(form, arena, find_component, &finding);
    return finding.component;
}

static size_t options_of(const struct pack_set *packs, const struct form_component *component,
                         const struct form_option **out)
{
    const struct pack_codes *codes = component->codes.len ? pack_codes_find(packs, component->codes) : NULL;
    *out = codes ? codes->options : component->options;
    return codes ? codes->count : component->option_count;
}

/* ---- Fitting ---- */

static struct value fit_option(const struct pack_set *packs, const struct form_component *component, struct str text)
{
    const struct form_option *options;
    size_t count = options_of(packs, component, &options);
    for (size_t i = 0; i < count; i++)
        if (str_equal(options[i].value, text) || (text.len && str_equal(options[i].label, text)))
            return value_string(options[i].value);
    return value_null;
}

static struct value fit_row(struct arena *arena, const struct pack_set *packs, const struct form_component *list,
                            struct value held, struct value row)
{
    for (size_t i = 0; i < list->child_count; i++) {
        const struct form_component *cell = &list->children[i];
        if (cell->type == FORM_GROUP) {
            row = fit_row(arena, packs, cell, held, row);
            continue;
        }
        struct value v = cell->key.len
                             ? prefill_fit(arena, packs, cell, value_path(held, arena_cstr(arena, cell->key)))
                             : value_null;
        if (!value_is_null(v))
            row = value_put_path(arena, row, cell->key, v);
    }
    return row;
}

static struct value fit_rows(struct arena *arena, const struct pack_set *packs, const struct form_component *list,
                             struct value held)
{
    size_t most = list->max_length >= 0 && list->max_length < ROWS_MAX ? (size_t)list->max_length : ROWS_MAX;
    struct list_builder rows;
    list_builder_init(&rows, arena);
    for (size_t i = 0; held.kind == VALUE_LIST && i < held.list->count && rows.items.count < most; i++) {
        struct value row = fit_row(arena, packs, list, held.list->items[i], value_null);
        if (!value_is_null(row))
            list_builder_push(&rows, row);
    }
    return rows.items.count ? list_builder_done(&rows) : value_null;
}

struct value prefill_fit(struct arena *arena, const struct pack_set *packs, const struct form_component *component,
                         struct value held)
{
    struct str text = value_text(held);
    switch (component->type) {
    case FORM_SELECT:
    case FORM_RADIO: return fit_option(packs, component, text);
    case FORM_NUMBER: return held.kind == VALUE_NUMBER ? held : value_null;
    case FORM_CHECKBOX: return held.kind == VALUE_BOOLEAN ? held : value_null;
    case FORM_TEXTFIELD:
    case FORM_TEXTAREA:
    case FORM_DATETIME:
        if (held.kind == VALUE_LIST || held.kind == VALUE_CONTEXT || held.kind == VALUE_BOOLEAN)
            return value_null;
        text = held.kind == VALUE_STRING ? held.string : value_is_null(held) ? STR("") : value_to_text(arena, held);
        return text.len ? value_string(text) : value_null;
    case FORM_DYNAMICLIST: return fit_rows(arena, packs, component, held);
    case FORM_CHECKLIST:
    case FORM_GROUP:
    case FORM_TEXT:
    case FORM_SEPARATOR: return value_null;
    }
    return value_null;
}

struct value prefill_without_cell(struct arena *arena, struct value rows, struct str within)
{
    ptrdiff_t close = str_find(within, STR("]."), 0);
    int64_t at = -1;
    if (close < 2 || !str_to_int64(str_part(within, 1, (size_t)close), &at) || at < 0 ||
        (size_t)at >= value_count(rows))
        return rows;
    struct list *kept = list_new(arena, value_count(rows));
    for (size_t i = 0; i < kept->count; i++)
        kept->items[i] = value_at(rows, i);
    kept->items[at] =
        value_put_path(arena, kept->items[at], str_part(within, (size_t)close + 2, within.len), value_null);
    return value_of_list(kept);
}

/* ---- Showing and comparing ---- */

static void show_row(struct buf *out, struct arena *arena, const struct pack_set *packs,
                     const struct form_component *list, struct value row)
{
    for (size_t i = 0; i < list->child_count; i++) {
        const struct form_component *cell = &list->children[i];
        if (cell->type == FORM_GROUP) {
            show_row(out, arena, packs, cell, row);
            continue;
        }
        struct str text = cell->key.len
                              ? prefill_shown(arena, packs, cell, value_path(row, arena_cstr(arena, cell->key)))
                              : STR("");
        bool first = out->len == 0 || str_ends(buf_str(out), STR("; "));
        if (text.len)
            buf_printf(out, "%s%.*s", first ? "" : ", ", STR_ARGS(text));
    }
}

static struct str show_rows(struct arena *arena, const struct pack_set *packs, const struct form_component *list,
                            struct value rows)
{
    struct buf out;
    buf_init(&out, 0);
    for (size_t i = 0; i < value_count(rows); i++) {
        if (out.len)
            buf_put(&out, STR("; "));
        show_row(&out, arena, packs, list, value_at(rows, i));
    }
    return arena_take(arena, &out);
}

struct str prefill_shown(struct arena *arena, const struct pack_set *packs, const struct form_component *component,
                         struct value v)
{
    if (component && component->type == FORM_DYNAMICLIST)
        return show_rows(arena, packs, component, v);
    const struct form_option *options = NULL;
    size_t count = component ? options_of(packs, component, &options) : 0;
    for (size_t i = 0; i < count; i++)
        if (v.kind == VALUE_STRING && str_equal(options[i].value, v.string))
            return options[i].label;
    return value_is_null(v) ? STR("") : value_to_text(arena, v);
}

static bool same_value(struct value a, struct value b)
{
    if (a.kind != VALUE_CONTEXT && b.kind != VALUE_CONTEXT)
        return value_is_true(value_equal(a, b));
    bool same = true;
    for (size_t i = 0; a.kind == VALUE_CONTEXT && i < a.context->count && same; i++)
        same = same_value(a.context->members[i].value, value_get(b, a.context->members[i].key));
    for (size_t i = 0; b.kind == VALUE_CONTEXT && i < b.context->count && same; i++)
        same = !value_is_null(value_get(a, b.context->members[i].key)) || value_is_null(b.context->members[i].value);
    return same;
}

bool prefill_same(const struct form_component *component, struct value held, struct value said)
{
    if (!component || component->type != FORM_DYNAMICLIST)
        return value_is_true(value_equal(held, said));
    bool same = value_count(held) == value_count(said);
    for (size_t i = 0; i < value_count(held) && same; i++)
        same = same_value(value_at(held, i), value_at(said, i));
    return same;
}
