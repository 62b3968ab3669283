#include "pack/bulk.h"

#include "pack/internal.h"

#define ROWS_USUAL 20000
#define ROWS_MOST 50000
#define REPEAT_USUAL 365

/* ---- Reading the declaration ---- */

static void read_columns(const struct pack_reading *bulk, struct pack_bulk *out)
{
    static const char *const members[] = {"title", "path", "example"};
    struct pack_reading *objects = pack_read_objects(bulk, "columns", &out->column_count);
    struct pack_bulk_column *columns = arena_array(bulk->loader->arena, struct pack_bulk_column, out->column_count);
    for (size_t i = 0; i < out->column_count; i++) {
        pack_read_members(&objects[i], members, COUNT_OF(members));
        pack_read_text(&objects[i], "title", PACK_REQUIRED, &columns[i].title);
        pack_read_text(&objects[i], "path", PACK_REQUIRED, &columns[i].path);
        pack_read_text(&objects[i], "example", PACK_OPTIONAL, &columns[i].example);
    }
    if (out->column_count == 0)
        pack_wrong(bulk->loader, pack_place(bulk, "columns"), "is missing");
    out->columns = columns;
}

void pack_read_bulk(const struct pack_reading *r, struct pack_item *item)
{
    static const char *const members[] = {"columns", "set", "materials", "rows_max", "repeat_days"};
    struct value declared = value_get(r->object, STR("bulk"));
    if (value_is_null(declared))
        return;
    struct pack_reading inner = pack_reading(r->loader, declared, STR("bulk"));
    struct pack_bulk *out = arena_new(r->loader->arena, struct pack_bulk);
    *out = (struct pack_bulk){.set = value_get(declared, STR("set")),
                              .materials = value_get(declared, STR("materials")),
                              .rows_max = ROWS_USUAL,
                              .repeat_days = REPEAT_USUAL};
    pack_read_members(&inner, members, COUNT_OF(members));
    read_columns(&inner, out);
    pack_read_int(&inner, "rows_max", 1, &out->rows_max);
    pack_read_int(&inner, "repeat_days", 0, &out->repeat_days);
    if (out->rows_max > ROWS_MOST)
        pack_wrong(r->loader, STR("bulk.rows_max"), "is at most %d", ROWS_MOST);
    if (!value_is_null(out->set) && out->set.kind != VALUE_CONTEXT)
        pack_wrong(r->loader, STR("bulk.set"), "must be an object");
    if (!value_is_null(out->materials) && out->materials.kind != VALUE_LIST)
        pack_wrong(r->loader, STR("bulk.materials"), "must be a list");
    item->bulk = out;
}

/* ---- Finding fields ---- */

struct finding {
    struct str path;
    const struct form_component *found;
};

static bool look_at(void *state, const struct form_component *component, struct str path)
{
    struct finding *self = state;
    bool group = component->type == FORM_GROUP || component->type == FORM_DYNAMICLIST;
    if (!group && str_equal(path, self->path) && str_find(path, STR("[]"), 0) < 0)
        self->found = component;
    return !self->found;
}

const struct form_component *pack_bulk_field(const struct pack_set *set, const struct pack_item *item, struct str path,
                                             struct arena *scratch)
{
    const struct pack_form *form = pack_form_find(set, item->form);
    struct finding self = {.path = path};
    if (form && path.len)
        form_walk(form->form, scratch, look_at, &self);
    return self.found;
}

/* ---- Reading cells ---- */

/* The value of what a cell says: a value itself, a label, or the end of one label alone ("香坊区"). */
static struct str value_of_label(const struct form_option *options, size_t count, struct str text)
{
    const struct form_option *ending = NULL;
    size_t endings = 0;
    for (size_t i = 0; i < count; i++) {
        if (str_equal(options[i].value, text) || str_equal(options[i].label, text))
            return options[i].value;
        if (str_ends(options[i].label, text)) {
            ending = &options[i];
            endings++;
        }
    }
    return endings == 1 ? ending->value : text;
}

static struct str option_of(const struct pack_set *set, const struct form_component *field, struct str text)
{
    const struct pack_codes *codes = field->codes.len ? pack_codes_find(set, field->codes) : NULL;
    if (text.len == 0)
        return text;
    if (codes)
        return value_of_label(codes->options, codes->count, text);
    return value_of_label(field->options, field->option_count, text);
}

/* "2026/7/5", "2026-7-5" and "2026年7月5日" as spreadsheets write them: 2026-07-05. */
static struct str date_of_cell(struct arena *arena, struct str text)
{
    int64_t parts[3] = {0};
    size_t n = 0, digits = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool digit = text.data[i] >= '0' && text.data[i] <= '9';
        if (digit && (n == 3 || ++digits > 4))
            return text;
        if (digit)
            parts[n] = parts[n] * 10 + (text.data[i] - '0');
        else if (digits)
            n++, digits = 0;
    }
    n += digits > 0;
    struct value date;
    if (n != 3 || !date_make(parts[0], parts[1], parts[2], &date))
        return text;
    return temporal_text(arena, date);
}

static bool is_one_of(struct str text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal_nocase_ascii(text, str_of(words[i])))
            return true;
    return false;
}

/* "true" or "false"; any other text is no answer. */
static struct str box_of_cell(struct str text)
{
    static const char *const yes[] = {"是", "1", "true", "yes", "√", "y"};
    static const char *const no[] = {"否", "0", "false", "no", "", "n"};
    if (is_one_of(text, yes, COUNT_OF(yes)))
        return STR("true");
    return is_one_of(text, no, COUNT_OF(no)) ? STR("false") : STR_NONE;
}

struct pairs {
    struct arena *arena;
    VECTOR(struct form_pair) list;
    struct value wrong; /* cells that are no answer to their field, as they are */
};

static void put_choices(struct pairs *self, const struct pack_set *set, const struct form_component *field,
                        struct str path, struct str text)
{
    static const char *const separators[] = {"、", ";", "；", "，"};
    while (text.len) {
        ptrdiff_t end = -1;
        size_t width = 0;
        for (size_t i = 0; i < COUNT_OF(separators); i++) {
            ptrdiff_t at = str_find(text, str_of(separators[i]), 0);
            if (at >= 0 && (end < 0 || at < end)) {
                end = at;
                width = str_of(separators[i]).len;
            }
        }
        struct str one = str_trim(end < 0 ? text : str_part(text, 0, (size_t)end));
        VECTOR_PUSH(self->arena, &self->list, ((struct form_pair){path, option_of(set, field, one)}));
        text = end < 0 ? STR_NONE : str_part(text, (size_t)end + width, text.len);
    }
}

static void put_cell(struct pairs *self, const struct pack_set *set, const struct form_component *field,
                     struct str path, struct str text)
{
    struct form_pair pair = {path, text};
    switch (field->type) {
    case FORM_CHECKLIST: put_choices(self, set, field, path, text); return;
    case FORM_CHECKBOX:
        pair.value = box_of_cell(text);
        if (!pair.value.data) {
            self->wrong = value_put_path(self->arena, self->wrong, path, value_string(text));
            return;
        }
        break;
    case FORM_SELECT:
    case FORM_RADIO:
    case FORM_TEXTFIELD:
        /* Spreadsheets mark long numbers that are to stay text with an apostrophe. */
        if (str_starts(text, STR("'")))
            pair.value = str_part(text, 1, text.len);
        if (field->codes.len || field->option_count)
            pair.value = option_of(set, field, pair.value);
        break;
    case FORM_DATETIME:
        if (field->subtype == FORM_DATE)
            pair.value = date_of_cell(self->arena, text);
        break;
    case FORM_TEXTAREA:
    case FORM_NUMBER:
    case FORM_GROUP:
    case FORM_DYNAMICLIST:
    case FORM_TEXT:
    case FORM_SEPARATOR: break;
    }
    VECTOR_PUSH(self->arena, &self->list, pair);
}

/* over's leaves laid over base. */
static struct value lay_over(struct arena *arena, struct value base, struct value over)
{
    for (size_t i = 0; over.kind == VALUE_CONTEXT && i < over.context->count; i++) {
        const struct member *member = &over.context->members[i];
        struct value inner = member->value;
        if (inner.kind == VALUE_CONTEXT)
            inner = lay_over(arena, value_get(base, member->key), inner);
        struct context_builder one;
        context_builder_init(&one, arena);
        context_builder_put(&one, member->key, inner);
        base = value_merge(arena, base, context_builder_done(&one));
    }
    return base;
}

struct value pack_bulk_form(const struct pack_set *set, const struct pack_item *item,
                            const struct form_component *const *fields, const struct str *cells, struct arena *arena)
{
    const struct pack_bulk *bulk = item->bulk;
    const struct pack_form *form = pack_form_find(set, item->form);
    struct pairs pairs = {.arena = arena, .wrong = value_null};
    if (!form)
        return bulk->set;
    for (size_t i = 0; i < bulk->column_count; i++)
        if (fields[i] && cells[i].data)
            put_cell(&pairs, set, fields[i], bulk->columns[i].path, str_trim(cells[i]));
    struct value data = form_from_post(form->form, arena, pairs.list.items, pairs.list.count, value_null, -1);
    return lay_over(arena, lay_over(arena, data, bulk->set), pairs.wrong);
}
