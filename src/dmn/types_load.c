/* Item definitions from XML. First every name is declared, then each is defined, so that they may refer to each other.
 */
#include "dmn/internal.h"

#include <string.h>

#define DEPTH_MAX 64
#define ALIASES_MAX 200

void dmn_types_declare(struct load *load, struct definitions *definitions)
{
    for (const xmlNode *at = dmn_xml_child(definitions->xml, "itemDefinition"); at;
         at = dmn_xml_next(at, "itemDefinition")) {
        struct item *item = arena_new(load->arena, struct item);
        item->type = arena_new(load->arena, struct feel_type);
        item->xml = at;
        item->name = dmn_xml_name(load->arena, at, "name");
        if (!item->name.len)
            dmn_load_problem(load, DMN_ERROR, "dmn-missing", definitions, at, "An item definition has no name");
        else if (!dmn_names_put(&definitions->items, load->arena, item->name, item))
            dmn_load_problem(load, DMN_ERROR, "dmn-duplicate", definitions, at, "Type '%.*s' is defined twice",
                             STR_ARGS(item->name));
    }
}

/* "a.b" where a is a type with a field b, or with more of them. */
static const struct feel_type *find_field(const struct definitions *definitions, struct str name)
{
    for (size_t i = name.len; i-- > 1;) {
        if (name.data[i] != '.')
            continue;
        const struct item *item = dmn_names_get(&definitions->items, str_part(name, 0, i));
        const struct feel_type *type = item ? item->type : NULL;
        while (type && type->base)
            type = type->base;
        struct str rest = str_part(name, i + 1, name.len);
        for (size_t f = 0; type && f < type->member_count; f++)
            if (str_equal(type->members[f].name, rest))
                return type->members[f].type;
    }
    return NULL;
}

static const struct feel_type *types_find(const struct definitions *definitions, struct str name)
{
    const struct item *item = dmn_names_get(&definitions->items, name);
    if (item)
        return item->type;
    for (size_t i = 0; i < definitions->import_count; i++) {
        const struct import *import = &definitions->imports[i];
        if (!import->definitions || import->definitions == definitions)
            continue;
        bool prefixed = import->name.len && str_starts(name, import->name) && name.len > import->name.len + 1 &&
                        name.data[import->name.len] == '.';
        struct str rest = prefixed ? str_part(name, import->name.len + 1, name.len) : name;
        const struct item *imported = dmn_names_get(&import->definitions->items, rest);
        if ((prefixed || !import->name.len) && imported)
            return imported->type;
    }
    return find_field(definitions, name);
}

static void define_item(struct load *load, const struct definitions *definitions, struct item *item);

/* "a.b" needs a's fields, which may come later in the file. */
static void define_owners(struct load *load, const struct definitions *definitions, struct str name)
{
    for (size_t i = 1; i < name.len; i++) {
        struct item *item = name.data[i] == '.' ? dmn_names_get(&definitions->items, str_part(name, 0, i)) : NULL;
        if (item && load->type_depth < DEPTH_MAX)
            define_item(load, definitions, item);
    }
}

const struct feel_type *dmn_types_resolve(struct load *load, const struct definitions *definitions,
                                          struct str reference, const xmlNode *at)
{
    if (!reference.len)
        return NULL;
    const struct feel_type *type = dmn_type_builtin(reference);
    if (!type)
        define_owners(load, definitions, reference);
    if (!type)
        type = types_find(definitions, reference);
    ptrdiff_t colon = str_find(reference, STR(":"), 0);
    if (!type && colon >= 0) { /* DMN 1.1 wrote "feel:number" */
        struct str local = str_part(reference, (size_t)colon + 1, reference.len);
        type = dmn_type_builtin(local);
        if (!type)
            type = types_find(definitions, local);
    }
    if (!type)
        dmn_load_problem(load, DMN_ERROR, "dmn-unknown-type", definitions, at, "Type '%.*s' is not defined",
                         STR_ARGS(reference));
    return type;
}

static const struct feel_program *compile_allowed(struct load *load, const struct definitions *definitions,
                                                  const xmlNode *at)
{
    struct str text = at ? str_trim(dmn_xml_child_text(load->arena, at, "text")) : STR_NONE;
    if (!text.len)
        return NULL;
    struct feel_options options = {.syntax = FEEL_UNARY_TESTS};
    const struct feel_program *program = NULL;
    struct error err = ERROR_INIT;
    if (feel_compile(load->arena, text, &options, &program, &err) != OK)
        dmn_load_problem(load, DMN_ERROR, "dmn-expression", definitions, at,
                         "The allowed values cannot be read: %s (%s)", err.message, err.field);
    return program;
}

static void define(struct load *load, const struct definitions *definitions, const xmlNode *at, struct feel_type *type,
                   int depth);

static const struct feel_type *define_reference(struct load *load, const struct definitions *definitions,
                                                const xmlNode *at)
{
    const xmlNode *child = dmn_xml_child(at, "typeRef");
    if (!child)
        return NULL;
    struct str text = str_trim(dmn_xml_content(load->arena, child));
    return dmn_types_resolve(load, definitions, text, child);
}

static void define_members(struct load *load, const struct definitions *definitions, const xmlNode *at,
                           struct feel_type *type, int depth)
{
    VECTOR(struct feel_type_member) members = {0};
    for (const xmlNode *child = dmn_xml_child(at, "itemComponent"); child;
         child = dmn_xml_next(child, "itemComponent")) {
        struct feel_type *member = arena_new(load->arena, struct feel_type);
        define(load, definitions, child, member, depth + 1);
        VECTOR_PUSH(load->arena, &members,
                    ((struct feel_type_member){dmn_xml_name(load->arena, child, "name"), member}));
    }
    type->kind = FEEL_TYPE_CONTEXT;
    type->members = members.items;
    type->member_count = members.count;
}

static void define_function(struct load *load, const struct definitions *definitions, const xmlNode *at,
                            struct feel_type *type)
{
    VECTOR(struct feel_type_member) parameters = {0};
    for (const xmlNode *child = dmn_xml_child(at, "parameters"); child; child = dmn_xml_next(child, "parameters")) {
        struct str name = dmn_xml_name(load->arena, child, "name");
        struct str reference = dmn_xml_name(load->arena, child, "typeRef");
        VECTOR_PUSH(load->arena, &parameters,
                    ((struct feel_type_member){name, dmn_types_resolve(load, definitions, reference, child)}));
    }
    type->kind = FEEL_TYPE_FUNCTION;
    type->members = parameters.items;
    type->member_count = parameters.count;
    type->item = dmn_types_resolve(load, definitions, dmn_xml_name(load->arena, at, "outputTypeRef"), at);
}

/* The type without isCollection and typeConstraint: a structure, a function, or another type; with allowed values. */
static void define_base(struct load *load, const struct definitions *definitions, const xmlNode *at,
                        struct feel_type *type, int depth)
{
    const struct feel_program *allowed = compile_allowed(load, definitions, dmn_xml_child(at, "allowedValues"));
    struct feel_type *base = allowed ? arena_new(load->arena, struct feel_type) : type;
    const xmlNode *function = dmn_xml_child(at, "functionItem");
    if (dmn_xml_child(at, "itemComponent"))
        define_members(load, definitions, at, base, depth);
    else if (function)
        define_function(load, definitions, function, base);
    else
        base->base = define_reference(load, definitions, at);
    if (allowed) {
        type->base = base;
        type->allowed = allowed;
    }
}

static void define(struct load *load, const struct definitions *definitions, const xmlNode *at, struct feel_type *type,
                   int depth)
{
    if (depth > DEPTH_MAX) {
        dmn_load_problem(load, DMN_ERROR, "dmn-unsupported", definitions, at, "Types are nested deeper than %d levels",
                         DEPTH_MAX);
        return;
    }
    const struct feel_program *constraint = compile_allowed(load, definitions, dmn_xml_child(at, "typeConstraint"));
    struct feel_type *whole = constraint ? arena_new(load->arena, struct feel_type) : type;
    if (constraint) {
        type->base = whole;
        type->allowed = constraint;
    }
    struct str collection = dmn_xml_attribute(load->arena, at, "isCollection");
    if (str_equal(collection, STR("true")) || str_equal(collection, STR("1"))) {
        struct feel_type *item = arena_new(load->arena, struct feel_type);
        define_base(load, definitions, at, item, depth);
        whole->kind = FEEL_TYPE_LIST;
        whole->item = item;
        VECTOR_PUSH(load->arena, &load->types, item);
    } else {
        define_base(load, definitions, at, whole, depth);
    }
    VECTOR_PUSH(load->arena, &load->types, whole);
    VECTOR_PUSH(load->arena, &load->types, type);
}

static void define_item(struct load *load, const struct definitions *definitions, struct item *item)
{
    if (item->started)
        return;
    item->started = true;
    load->type_depth++;
    define(load, definitions, item->xml, item->type, 0);
    load->type_depth--;
}

/* A type that stands on another (base) takes over its kind and parts. It must come to an end: a = b, b = a is no type.
 */
void dmn_types_settle(struct load *load)
{
    for (size_t i = 0; i < load->types.count; i++) {
        struct feel_type *type = load->types.items[i];
        const struct feel_type *end = type;
        int links = 0;
        while (end->base && links++ < ALIASES_MAX)
            end = end->base;
        if (end->base) {
            type->base = NULL;
            type->kind = FEEL_TYPE_ANY;
        } else if (end != type) {
            type->kind = end->kind;
            type->item = end->item;
            type->members = end->members;
            type->member_count = end->member_count;
        }
    }
}

void dmn_types_define(struct load *load, struct definitions *definitions)
{
    for (const xmlNode *at = dmn_xml_child(definitions->xml, "itemDefinition"); at;
         at = dmn_xml_next(at, "itemDefinition")) {
        struct item *item = dmn_names_get(&definitions->items, dmn_xml_name(load->arena, at, "name"));
        if (item && item->xml == at)
            define_item(load, definitions, item);
    }
    for (const xmlNode *at = dmn_xml_child(definitions->xml, "itemDefinition"); at;
         at = dmn_xml_next(at, "itemDefinition")) {
        const struct item *item = dmn_names_get(&definitions->items, dmn_xml_name(load->arena, at, "name"));
        const struct feel_type *type = item && item->xml == at ? item->type : NULL;
        int links = 0;
        while (type && links++ <= ALIASES_MAX)
            type = type->base;
        if (type)
            dmn_load_problem(load, DMN_ERROR, "dmn-circular", definitions, at, "Type '%.*s' is defined by itself",
                             STR_ARGS(item->name));
    }
}

/* ---- What expressions may name ---- */

struct named {
    VECTOR(struct feel_named_type) items;
};

static void publish_items(struct load *load, const struct definitions *of, struct str prefix, struct named *into)
{
    for (const xmlNode *at = dmn_xml_child(of->xml, "itemDefinition"); at; at = dmn_xml_next(at, "itemDefinition")) {
        const struct item *item = dmn_names_get(&of->items, dmn_xml_name(load->arena, at, "name"));
        if (!item || item->xml != at)
            continue;
        struct str name = item->name;
        if (prefix.len)
            name = arena_printf(load->arena, "%.*s.%.*s", STR_ARGS(prefix), STR_ARGS(name));
        VECTOR_PUSH(load->arena, &into->items, ((struct feel_named_type){name, item->type}));
    }
}

/* A plain name is read without being declared. */
static bool is_plain(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        bool word =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80);
        if (!word)
            return false;
    }
    return true;
}

struct member_names {
    struct names seen;
    VECTOR(struct str) items;
};

/* Every name attribute in the file that is not plain: components, variables, outputs, columns. */
static void publish_names(struct load *load, const struct definitions *of, struct member_names *into)
{
    const xmlNode *root = of->xml;
    for (const xmlNode *node = root; node;) {
        struct str name =
            node->type == XML_ELEMENT_NODE && node != root ? dmn_xml_name(load->arena, node, "name") : STR_NONE;
        if (name.len && !is_plain(name) && dmn_names_put(&into->seen, load->arena, name, load))
            VECTOR_PUSH(load->arena, &into->items, name);
        if (node->type == XML_ELEMENT_NODE && node->children) {
            node = node->children;
            continue;
        }
        while (node != root && !node->next)
            node = node->parent;
        node = node == root ? NULL : node->next;
    }
}

void dmn_types_publish(struct load *load, struct definitions *definitions)
{
    struct named named = {0};
    struct member_names members = {0};
    publish_items(load, definitions, STR(""), &named);
    publish_names(load, definitions, &members);
    for (size_t i = 0; i < definitions->import_count; i++) {
        const struct import *import = &definitions->imports[i];
        if (!import->definitions || import->definitions == definitions)
            continue;
        publish_items(load, import->definitions, import->name, &named);
        publish_names(load, import->definitions, &members);
    }
    definitions->named = named.items.items;
    definitions->named_count = named.items.count;
    definitions->members = (struct feel_scope_names){members.items.items, members.items.count};
}
