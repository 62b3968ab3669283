/* Reading form-js JSON. Whatever the subset of docs/PACKS.md does not have is refused with the component's id, so that
 * a form drawn in a modeller never means one thing there and another here. */
#include "form/form.h"

#include "feel/json.h"
#include "form/internal.h"

#include <string.h>

static const struct {
    const char *name;
    enum form_type type;
} types[] = {
    {"textfield", FORM_TEXTFIELD},     {"textarea", FORM_TEXTAREA},   {"number", FORM_NUMBER},
    {"datetime", FORM_DATETIME},       {"select", FORM_SELECT},       {"radio", FORM_RADIO},
    {"checkbox", FORM_CHECKBOX},       {"checklist", FORM_CHECKLIST}, {"group", FORM_GROUP},
    {"dynamiclist", FORM_DYNAMICLIST}, {"text", FORM_TEXT},           {"separator", FORM_SEPARATOR},
};

/* Members of a component that are read; those marked "" only tell an editor how to draw. */
static const char *const component_members[] = {
    "id",
    "type",
    "key",
    "label",
    "description",
    "path",
    "subtype",
    "values",
    "properties",
    "validate",
    "conditional",
    "defaultValue",
    "readonly",
    "components",
    "text",
    "dateLabel",
    "timeLabel",
    "decimalDigits",
    "layout",
    "appearance",
    "showOutline",
    "verticalAlignment",
    "isRepeating",
    "allowAddRemove",
    "defaultRepetitions",
    "use24h",
    "timeSerializingFormat",
    "timeInterval",
    "searchable",
};
static const char *const property_members[] = {"codes", "format",  "prefill", "sensitivity",
                                               "unit",  "integer", "past",    "placeholder"};
static const char *const validate_members[] = {"required", "minLength", "maxLength", "min", "max", "pattern"};
static const char *const conditional_members[] = {"hide"};
static const char *const form_members[] = {"type",
                                           "id",
                                           "title",
                                           "schemaVersion",
                                           "components",
                                           "exporter",
                                           "$schema",
                                           "executionPlatform",
                                           "executionPlatformVersion",
                                           "versionTag"};

struct loader {
    struct arena *arena;
    struct error *err;
    size_t total;
    VECTOR(struct str) ids;
};

/* One component being read. place is where it stands in the file: "components[2].components[0]". */
struct reading {
    struct loader *loader;
    struct value json;
    struct str place;
    struct form_component *out;
    struct form_rules *rules;
};

bool form_has_value(enum form_type type)
{
    return type != FORM_GROUP && type != FORM_TEXT && type != FORM_SEPARATOR && type != FORM_DYNAMICLIST;
}

const char *form_type_name(enum form_type type)
{
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (types[i].type == type)
            return types[i].name;
    return "";
}

static bool is_one_of(struct str name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(name, str_of(names[i])))
            return true;
    return false;
}

static enum status refuse(const struct reading *r, const char *member, const char *message)
{
    (void)error_set(r->loader->err, ERROR_INVALID, "form-invalid", "component '%.*s': %s", STR_ARGS(r->out->id),
                    message);
    return error_field(r->loader->err, "%.*s%s%s", STR_ARGS(r->place), member[0] ? "." : "", member);
}

static enum status members_known(const struct reading *r, struct value object, const char *const *names, size_t count,
                                 const char *where)
{
    if (value_is_null(object))
        return OK;
    if (object.kind != VALUE_CONTEXT)
        return refuse(r, where, "must be an object");
    for (size_t i = 0; i < object.context->count; i++) {
        struct str key = object.context->members[i].key;
        if (is_one_of(key, names, count))
            continue;
        struct str message = arena_printf(r->loader->arena, "'%.*s' is not in the supported subset", STR_ARGS(key));
        return refuse(r, where, message.data);
    }
    return OK;
}

/* A text member: absent or a string that is no expression. */
static enum status read_text(const struct reading *r, struct value object, const char *member, struct str *out)
{
    struct value v = value_get(object, str_of(member));
    if (value_is_null(v))
        return OK;
    if (v.kind != VALUE_STRING)
        return refuse(r, member, "must be text");
    if (str_starts(v.string, STR("=")))
        return refuse(r, member, "expressions are only supported in conditional.hide and properties.prefill");
    *out = v.string;
    return OK;
}

static enum status read_flag(const struct reading *r, struct value object, const char *member, bool *out)
{
    struct value v = value_get(object, str_of(member));
    if (value_is_null(v))
        return OK;
    if (v.kind != VALUE_BOOLEAN)
        return refuse(r, member, "must be true or false");
    *out = v.boolean;
    return OK;
}

static enum status read_length(const struct reading *r, struct value object, const char *member, int64_t *out)
{
    struct value v = value_get(object, str_of(member));
    *out = -1;
    if (value_is_null(v))
        return OK;
    if (!value_to_int64(v, out) || *out < 0) {
        *out = -1;
        return refuse(r, member, "must be a whole number from 0");
    }
    return OK;
}

static enum status read_expression(const struct reading *r, struct value v, const char *member, struct str *source,
                                   const struct feel_program **out)
{
    if (value_is_null(v))
        return OK;
    if (v.kind != VALUE_STRING || !str_starts(v.string, STR("=")))
        return refuse(r, member, "must be a FEEL expression that begins with '='");
    *source = str_part(v.string, 1, v.string.len);
    struct feel_options options = {.syntax = FEEL_EXPRESSION};
    struct error why = ERROR_INIT;
    if (feel_compile(r->loader->arena, *source, &options, out, &why) == OK)
        return OK;
    struct str message = arena_printf(r->loader->arena, "%s %s", why.message, why.field);
    return refuse(r, member, message.data);
}

/* Quotes a pattern as a FEEL string and compiles matches(value, "…"). */
static enum status read_pattern(const struct reading *r, struct str pattern)
{
    if (!str_starts(pattern, STR("^")) || !str_ends(pattern, STR("$")))
        return refuse(r, "validate.pattern", "must begin with ^ and end with $, so that it means the same everywhere");
    struct buf text;
    buf_init(&text, 0);
    buf_put(&text, STR("matches(value, \""));
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.data[i] == '\\' || pattern.data[i] == '"')
            buf_put_char(&text, '\\');
        buf_put_char(&text, pattern.data[i]);
    }
    buf_put(&text, STR("\")"));
    static const struct str names[] = {{"value", 5}};
    struct feel_options options = {.syntax = FEEL_EXPRESSION, .scope = {names, 1}};
    struct error why = ERROR_INIT;
    enum status status =
        feel_compile(r->loader->arena, arena_str(r->loader->arena, buf_str(&text)), &options, &r->rules->pattern, &why);
    buf_release(&text);
    if (status != OK)
        return refuse(r, "validate.pattern", "cannot be compiled");
    r->out->pattern = pattern;
    /* A pattern that is no regular expression gives null for every text. */
    struct feel_run run = {.arena = r->loader->arena};
    struct value probe = value_cstr("");
    struct feel_input input = {.slots = &probe};
    if (feel_evaluate(r->rules->pattern, &input, &run).kind != VALUE_BOOLEAN)
        return refuse(r, "validate.pattern", "is not a regular expression");
    return OK;
}

static enum status read_bound(const struct reading *r, struct value v, const char *member, struct value *out)
{
    if (value_is_null(v))
        return OK;
    if (r->out->type == FORM_NUMBER && v.kind == VALUE_NUMBER) {
        *out = v;
        return OK;
    }
    if (r->out->type == FORM_DATETIME && v.kind == VALUE_STRING && date_parse(v.string, out))
        return OK;
    return refuse(r, member,
                  r->out->type == FORM_DATETIME ? "must be a date, like \"1900-01-01\"" : "must be a number");
}

static enum status read_validate(const struct reading *r)
{
    struct value rules = value_get(r->json, STR("validate"));
    struct form_component *c = r->out;
    if (members_known(r, rules, validate_members, COUNT_OF(validate_members), "validate") != OK)
        return FAILED;
    struct str pattern = STR_NONE;
    if (read_flag(r, rules, "required", &c->required) != OK ||
        read_length(r, rules, "minLength", &c->min_length) != OK ||
        read_length(r, rules, "maxLength", &c->max_length) != OK || read_text(r, rules, "pattern", &pattern) != OK)
        return FAILED;
    if (read_bound(r, value_get(rules, STR("min")), "validate.min", &c->min) != OK ||
        read_bound(r, value_get(rules, STR("max")), "validate.max", &c->max) != OK)
        return FAILED;
    bool text = c->type == FORM_TEXTFIELD || c->type == FORM_TEXTAREA;
    if (!text && c->type != FORM_DYNAMICLIST && (c->min_length >= 0 || c->max_length >= 0))
        return refuse(r, "validate", "a length only makes sense for text and lists");
    if (pattern.len > 0 && !text)
        return refuse(r, "validate.pattern", "only makes sense for text");
    return pattern.len > 0 ? read_pattern(r, pattern) : OK;
}

static enum status read_properties(const struct reading *r)
{
    struct value properties = value_get(r->json, STR("properties"));
    struct form_component *c = r->out;
    if (members_known(r, properties, property_members, COUNT_OF(property_members), "properties") != OK)
        return FAILED;
    if (read_text(r, properties, "codes", &c->codes) != OK || read_text(r, properties, "format", &c->format) != OK ||
        read_text(r, properties, "sensitivity", &c->sensitivity) != OK ||
        read_text(r, properties, "unit", &c->unit) != OK ||
        read_text(r, properties, "placeholder", &c->placeholder) != OK)
        return FAILED;
    if (read_flag(r, properties, "integer", &c->integer) != OK || read_flag(r, properties, "past", &c->past) != OK)
        return FAILED;
    if (c->format.len > 0 && (c->type != FORM_TEXTFIELD || !form_format_known(c->format)))
        return refuse(r, "properties.format", "is no known format of a textfield");
    if (c->sensitivity.len > 0 && !str_equal(c->sensitivity, STR("personal")) &&
        !str_equal(c->sensitivity, STR("health")))
        return refuse(r, "properties.sensitivity", "must be personal or health");
    if (c->past && (c->type != FORM_DATETIME || c->subtype == FORM_TIME))
        return refuse(r, "properties.past", "only makes sense for dates");
    return read_expression(r, value_get(properties, STR("prefill")), "properties.prefill", &c->prefill,
                           &r->rules->prefill);
}

static enum status read_values(const struct reading *r)
{
    struct value values = value_get(r->json, STR("values"));
    struct form_component *c = r->out;
    bool choice = c->type == FORM_SELECT || c->type == FORM_RADIO || c->type == FORM_CHECKLIST;
    if (value_is_null(values)) {
        if (choice && c->codes.len == 0)
            return refuse(r, "values", "a choice needs values or properties.codes");
        if (!choice && c->codes.len > 0 && c->type != FORM_TEXTFIELD)
            return refuse(r, "properties.codes", "only makes sense for choices and text fields");
        return OK;
    }
    if (!choice || values.kind != VALUE_LIST || c->codes.len > 0)
        return refuse(r, "values", "must be a list, on a choice without properties.codes");
    size_t count = value_count(values);
    struct form_option *options = arena_array(r->loader->arena, struct form_option, count);
    for (size_t i = 0; i < count; i++) {
        struct value one = value_at(values, i);
        options[i].value = value_text(value_get(one, STR("value")));
        options[i].label = value_text(value_get(one, STR("label")));
        if (options[i].value.len == 0 || options[i].label.len == 0)
            return refuse(r, "values", "every value needs a text 'value' and a 'label'");
        for (size_t j = 0; j < i; j++)
            if (str_equal(options[j].value, options[i].value))
                return refuse(r, "values", "the same value stands there twice");
    }
    c->options = options;
    c->option_count = count;
    return OK;
}

static bool key_valid(struct str key)
{
    bool start = true;
    for (size_t i = 0; i < key.len; i++) {
        char ch = key.data[i];
        bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_';
        bool digit = ch >= '0' && ch <= '9';
        if (ch == '.' && !start) {
            start = true;
            continue;
        }
        if (!letter && (start || !digit))
            return false;
        start = false;
    }
    return !start;
}

static enum status read_subtype(const struct reading *r)
{
    struct str subtype = STR_NONE;
    struct form_component *c = r->out;
    if (read_text(r, r->json, "subtype", &subtype) != OK)
        return FAILED;
    if (c->type != FORM_DATETIME)
        return subtype.len == 0 ? OK : refuse(r, "subtype", "only datetime has one");
    if (subtype.len == 0 || str_equal(subtype, STR("date")))
        c->subtype = FORM_DATE;
    else if (str_equal(subtype, STR("time")))
        c->subtype = FORM_TIME;
    else if (str_equal(subtype, STR("datetime")))
        c->subtype = FORM_DATE_TIME;
    else
        return refuse(r, "subtype", "must be date, time or datetime");
    if (c->label.len > 0)
        return OK;
    return read_text(r, r->json, c->subtype == FORM_TIME ? "timeLabel" : "dateLabel", &c->label);
}

static enum status read_identity(struct reading *r)
{
    struct form_component *c = r->out;
    c->id = value_text(value_get(r->json, STR("id")));
    struct str type = value_text(value_get(r->json, STR("type")));
    size_t i = 0;
    while (i < COUNT_OF(types) && !str_equal(type, str_of(types[i].name)))
        i++;
    if (i == COUNT_OF(types))
        return refuse(r, "type", "is no supported type of component");
    c->type = types[i].type;
    if (c->id.len == 0)
        return refuse(r, "id", "is missing");
    for (size_t j = 0; j < r->loader->ids.count; j++)
        if (str_equal(r->loader->ids.items[j], c->id))
            return refuse(r, "id", "is used twice");
    VECTOR_PUSH(r->loader->arena, &r->loader->ids, c->id);
    if (members_known(r, r->json, component_members, COUNT_OF(component_members), "") != OK)
        return FAILED;
    if (read_text(r, r->json, "key", &c->key) != OK || read_text(r, r->json, "path", &c->path) != OK ||
        read_text(r, r->json, "label", &c->label) != OK ||
        read_text(r, r->json, "description", &c->description) != OK || read_text(r, r->json, "text", &c->text) != OK ||
        read_flag(r, r->json, "readonly", &c->read_only) != OK)
        return FAILED;
    if (form_has_value(c->type) ? !key_valid(c->key) : c->key.len > 0)
        return refuse(r, "key",
                      "must be names of letters, digits and _ joined by dots, on components with a value only");
    bool container = c->type == FORM_GROUP || c->type == FORM_DYNAMICLIST;
    if (c->path.len > 0 ? !container || !key_valid(c->path) : c->type == FORM_DYNAMICLIST)
        return refuse(r, "path", "must be names joined by dots, on groups and (always) on dynamic lists");
    return OK;
}

static enum status read_default(const struct reading *r)
{
    struct value v = value_get(r->json, STR("defaultValue"));
    if (value_is_null(v))
        return OK;
    if (!form_has_value(r->out->type))
        return refuse(r, "defaultValue", "only makes sense on components with a value");
    r->out->default_value = v;
    return OK;
}

static enum status load_list(struct loader *loader, struct value list, struct str place,
                             const struct form_component *parent, const struct form_component **out);

static enum status load_component(struct loader *loader, struct value json, struct str place,
                                  const struct form_component *parent, struct form_component *out)
{
    struct form_rules *rules = arena_new(loader->arena, struct form_rules);
    *rules = (struct form_rules){.index = loader->total++, .parent = parent};
    out->rules = rules;
    out->min_length = out->max_length = -1;
    struct reading r = {loader, json, place, out, rules};
    if (json.kind != VALUE_CONTEXT)
        return refuse(&r, "", "must be an object");
    if (loader->total > FORM_COMPONENTS_MAX)
        return refuse(&r, "", "the form has too many components");
    if (read_identity(&r) != OK || read_subtype(&r) != OK || read_properties(&r) != OK || read_validate(&r) != OK ||
        read_values(&r) != OK || read_default(&r) != OK)
        return FAILED;
    struct value conditional = value_get(json, STR("conditional"));
    if (members_known(&r, conditional, conditional_members, COUNT_OF(conditional_members), "conditional") != OK)
        return FAILED;
    if (read_expression(&r, value_get(conditional, STR("hide")), "conditional.hide", &out->hide, &rules->hide) != OK)
        return FAILED;
    struct value digits = value_get(json, STR("decimalDigits"));
    int64_t n = 0;
    if (!value_is_null(digits) && (out->type != FORM_NUMBER || !value_to_int64(digits, &n) || n != 0))
        return refuse(&r, "decimalDigits", "may only be 0, on a number");
    out->integer |= !value_is_null(digits);

    struct value children = value_get(json, STR("components"));
    if (out->type != FORM_GROUP && out->type != FORM_DYNAMICLIST)
        return value_is_null(children) ? OK : refuse(&r, "components", "only groups and dynamic lists have components");
    if (out->type == FORM_DYNAMICLIST)
        for (const struct form_component *p = parent; p; p = p->rules->parent)
            if (p->type == FORM_DYNAMICLIST)
                return refuse(&r, "", "a dynamic list inside a dynamic list is not supported");
    out->child_count = value_count(children);
    return load_list(loader, children, place, out, &out->children);
}

static enum status load_list(struct loader *loader, struct value list, struct str place,
                             const struct form_component *parent, const struct form_component **out)
{
    int depth = 0;
    for (const struct form_component *p = parent; p; p = p->rules->parent)
        depth++;
    if (list.kind != VALUE_LIST || depth > FORM_DEPTH_MAX) {
        (void)error_set(loader->err, ERROR_INVALID, "form-invalid", "components must be a list, at most %d deep",
                        FORM_DEPTH_MAX);
        return error_field(loader->err, "%.*s", STR_ARGS(place));
    }
    size_t count = value_count(list);
    struct form_component *components = arena_array(loader->arena, struct form_component, count);
    for (size_t i = 0; i < count; i++) {
        struct str here =
            arena_printf(loader->arena, "%.*s%scomponents[%zu]", STR_ARGS(place), place.len ? "." : "", i);
        if (load_component(loader, value_at(list, i), here, parent, &components[i]) != OK)
            return FAILED;
    }
    *out = components;
    return OK;
}

/* ---- The shape of the data ---- */

static struct form_shape *shape_child(struct arena *arena, struct form_shape *at, struct str name)
{
    for (size_t i = 0; i < at->children.count; i++)
        if (str_equal(at->children.items[i]->name, name))
            return at->children.items[i];
    struct form_shape *child = arena_new(arena, struct form_shape);
    child->name = name;
    const char *joint = at->path.len == 0 ? "" : at->component ? "[]." : ".";
    child->path = arena_printf(arena, "%.*s%s%.*s", STR_ARGS(at->path), joint, STR_ARGS(name));
    VECTOR_PUSH(arena, &at->children, child);
    return child;
}

/* NULL when a value already stands on the way or at the end. */
static struct form_shape *shape_reach(struct arena *arena, struct form_shape *at, struct str path)
{
    while (at && path.len > 0) {
        at = shape_child(arena, at, str_cut(&path, '.'));
        if (at->component)
            at = NULL;
    }
    return at;
}

static enum status shape_add(struct loader *loader, struct form_shape *at, const struct form_component *components,
                             size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct form_component *c = &components[i];
        struct form_shape *place = at;
        struct str path = form_has_value(c->type) ? c->key : c->path;
        if (path.len > 0)
            place = shape_reach(loader->arena, at, path);
        bool own = form_has_value(c->type) || c->type == FORM_DYNAMICLIST;
        if (!place || (own && place->children.count > 0)) {
            (void)error_set(loader->err, ERROR_INVALID, "form-invalid",
                            "component '%.*s': another component already uses '%.*s' for something else",
                            STR_ARGS(c->id), STR_ARGS(path));
            return error_field(loader->err, "%.*s", STR_ARGS(path));
        }
        if (own)
            place->component = c;
        if (c->child_count > 0 && shape_add(loader, place, c->children, c->child_count) != OK)
            return FAILED;
    }
    return OK;
}

enum status form_load(struct arena *arena, struct str json, const struct form **out, struct error *err)
{
    struct form *form = arena_new(arena, struct form);
    if (json_parse(arena, json, NULL, &form->schema, err) != OK)
        return FAILED;
    form->id = value_text(value_get(form->schema, STR("id")));
    form->title = value_text(value_get(form->schema, STR("title")));
    int64_t schema_version = 0;
    if (form->id.len == 0 || !str_equal(value_text(value_get(form->schema, STR("type"))), STR("default")))
        return error_set(err, ERROR_INVALID, "form-invalid", "A form needs an id and the type 'default'.");
    if (!value_to_int64(value_get(form->schema, STR("schemaVersion")), &schema_version) || schema_version > 19)
        return error_set(err, ERROR_INVALID, "form-invalid", "A form needs a schemaVersion of at most 19.");
    for (size_t i = 0; i < form->schema.context->count; i++) {
        struct str key = form->schema.context->members[i].key;
        if (!is_one_of(key, form_members, COUNT_OF(form_members)))
            return error_set(err, ERROR_INVALID, "form-invalid", "'%.*s' is not in the supported subset.",
                             STR_ARGS(key));
    }
    struct loader loader = {.arena = arena, .err = err};
    struct value list = value_get(form->schema, STR("components"));
    if (load_list(&loader, list, STR_NONE, NULL, &form->components) != OK)
        return FAILED;
    form->count = value_count(list);
    form->total = loader.total;
    if (shape_add(&loader, &form->shape, form->components, form->count) != OK)
        return FAILED;
    *out = form;
    return OK;
}

/* ---- Asking ---- */

struct str form_id(const struct form *self)
{
    return self->id;
}

struct value form_schema(const struct form *self)
{
    return self->schema;
}

const struct form_component *form_components(const struct form *self, size_t *count)
{
    *count = self->count;
    return self->components;
}

struct walk {
    struct arena *arena;
    form_visit *visit;
    void *state;
};

static bool walk_list(const struct walk *w, const struct form_component *components, size_t count, struct str base)
{
    for (size_t i = 0; i < count; i++) {
        const struct form_component *c = &components[i];
        struct str own = form_has_value(c->type) ? c->key : c->path;
        const char *joint = base.len > 0 && own.len > 0 ? "." : "";
        struct str path =
            own.len > 0 ? arena_printf(w->arena, "%.*s%s%.*s", STR_ARGS(base), joint, STR_ARGS(own)) : base;
        bool carries = form_has_value(c->type) || c->type == FORM_DYNAMICLIST;
        if (!w->visit(w->state, c, carries ? path : STR("")))
            return false;
        if (c->type == FORM_DYNAMICLIST)
            path = arena_printf(w->arena, "%.*s[]", STR_ARGS(path));
        if (!walk_list(w, c->children, c->child_count, path))
            return false;
    }
    return true;
}

void form_walk(const struct form *self, struct arena *scratch, form_visit *visit, void *state)
{
    struct walk w = {scratch, visit, state};
    (void)walk_list(&w, self->components, self->count, STR_NONE);
}
