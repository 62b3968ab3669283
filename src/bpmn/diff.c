/* Elements by id, each with its attributes and those of its nameless insides, compared version by version. */
#include "bpmn/diff.h"

#include "bpmn/load.h"

#include <stdlib.h>
#include <string.h>

struct property {
    struct str name, value;
};

struct entry {
    struct str id, type, name, parent, within;
    bool drawn; /* stands in the diagram, not in the model */
    size_t order;
    int64_t position; /* among siblings of its type that both versions have; from 1 */
    const struct entry *twin; /* in the other version */
    VECTOR(struct property) properties;
};

struct side {
    struct loader loader; /* its arena is all that reading XML needs */
    VECTOR(struct entry *) entries; /* in the order of the file */
    struct entry **sorted;          /* by id */
};

/* ---- Reading one version ---- */

static bool is_drawing(const xmlNode *node)
{
    const char *name = (const char *)node->name;
    return strcmp(name, "BPMNDiagram") == 0 || strcmp(name, "DMNDI") == 0;
}

/* What follows from other elements. */
static bool is_derived(const xmlNode *node)
{
    const char *name = (const char *)node->name;
    return strcmp(name, "incoming") == 0 || strcmp(name, "outgoing") == 0;
}

static bool has_children(const xmlNode *node)
{
    for (const xmlNode *child = node->children; child; child = child->next)
        if (child->type == XML_ELEMENT_NODE)
            return true;
    return false;
}

static struct str joined(struct side *self, struct str path, struct str name)
{
    return path.len ? arena_printf(self->loader.arena, "%.*s.%.*s", STR_ARGS(path), STR_ARGS(name)) : name;
}

static void add_property(struct side *self, struct entry *entry, struct str name, struct str value)
{
    struct property property = {name, value};
    VECTOR_PUSH(self->loader.arena, &entry->properties, property);
}

/* What an attribute means that is not written: editors leave it out or not as they like. */
static bool says_nothing(struct str name, struct str value)
{
    static const struct {
        const char *name, *value;
    } defaults[] = {{"hitPolicy", "UNIQUE"},       {"preferredOrientation", "Rule-as-Row"},
                    {"cancelActivity", "true"},    {"isInterrupting", "true"},
                    {"triggeredByEvent", "false"}, {"isForCompensation", "false"},
                    {"isSequential", "false"},     {"instantiate", "false"},
                    {"parallelMultiple", "false"}, {"gatewayDirection", "Unspecified"}};
    for (size_t i = 0; i < COUNT_OF(defaults); i++)
        if (str_equal(name, str_of(defaults[i].name)) && str_equal(value, str_of(defaults[i].value)))
            return true;
    return false;
}

static void read_attributes(struct side *self, struct entry *entry, const xmlNode *node, struct str path)
{
    for (const xmlAttr *one = node->properties; one; one = one->next) {
        struct str name = arena_str(self->loader.arena, str_of((const char *)one->name));
        if (one->ns == NULL && str_equal(name, STR("id")))
            continue;
        xmlChar *text = xmlNodeGetContent((const xmlNode *)one);
        struct str value = arena_str(self->loader.arena, str_of(text ? (const char *)text : ""));
        xmlFree(text);
        if (!says_nothing(name, value))
            add_property(self, entry, joined(self, path, name), value);
    }
}

/* "input[subject]": what tells twins of one name apart. */
static struct str step_name(struct side *self, const xmlNode *node)
{
    static const char *const keys[] = {"target", "key", "name"};
    struct str name = arena_str(self->loader.arena, str_of((const char *)node->name));
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct str key = bpmn_xml_attribute(&self->loader, node, keys[i]);
        if (key.len)
            return arena_printf(self->loader.arena, "%.*s[%.*s]", STR_ARGS(name), STR_ARGS(key));
    }
    int before = 0;
    for (const xmlNode *other = node->prev; other; other = other->prev)
        before += other->type == XML_ELEMENT_NODE && xmlStrEqual(other->name, node->name);
    return before ? arena_printf(self->loader.arena, "%.*s[%d]", STR_ARGS(name), before + 1) : name;
}

static void read_node(struct side *self, const xmlNode *node, struct entry *around, struct str path, bool drawn);

static void read_children(struct side *self, const xmlNode *node, struct entry *around, struct str path, bool drawn)
{
    if (!has_children(node)) {
        struct str text = bpmn_xml_content(&self->loader, node);
        if (text.len)
            add_property(self, around, path.len ? path : STR("text"), text);
        return;
    }
    for (const xmlNode *child = node->children; child; child = child->next)
        if (child->type == XML_ELEMENT_NODE && !is_derived(child))
            read_node(self, child, around, path, drawn || is_drawing(child));
}

static void read_node(struct side *self, const xmlNode *node, struct entry *around, struct str path, bool drawn)
{
    struct arena *arena = self->loader.arena;
    struct str id = bpmn_xml_attribute(&self->loader, node, "id");
    if (!id.len) {
        /* extensionElements only says that what it holds is not BPMN's own. */
        bool wrapper = strcmp((const char *)node->name, "extensionElements") == 0;
        struct str inner = wrapper ? path : joined(self, path, step_name(self, node));
        if (!wrapper)
            read_attributes(self, around, node, inner);
        read_children(self, node, around, inner, drawn);
        return;
    }
    struct entry *entry = arena_new(arena, struct entry);
    *entry = (struct entry){.id = id,
                            .type = arena_str(arena, str_of((const char *)node->name)),
                            .name = bpmn_xml_attribute(&self->loader, node, "name"),
                            .parent = around->id,
                            .within = around->name.len     ? around->name
                                      : around->within.len ? around->within
                                                           : around->id,
                            .drawn = drawn,
                            .order = self->entries.count};
    VECTOR_PUSH(arena, &self->entries, entry);
    read_attributes(self, entry, node, STR(""));
    read_children(self, node, entry, STR(""), drawn);
}

static int by_id(const void *a, const void *b)
{
    const struct entry *x = *(const struct entry *const *)a;
    const struct entry *y = *(const struct entry *const *)b;
    int order = str_compare(x->id, y->id);
    return order ? order : x->order < y->order ? -1 : x->order > y->order;
}

static enum status read_side(struct arena *arena, struct str xml, struct side *self, struct error *err)
{
    self->loader.arena = arena;
    xmlDoc *doc = bpmn_xml_read(xml, err);
    if (!doc)
        return FAILED;
    struct entry top = {.id = STR("")};
    const xmlNode *root = xmlDocGetRootElement(doc);
    read_node(self, root, &top, STR(""), false);
    xmlFreeDoc(doc);
    self->sorted = arena_array(arena, struct entry *, self->entries.count);
    for (size_t i = 0; i < self->entries.count; i++)
        self->sorted[i] = self->entries.items[i];
    if (self->entries.count)
        qsort(self->sorted, self->entries.count, sizeof *self->sorted, by_id);
    return OK;
}

static const struct entry *find(const struct side *self, struct str id)
{
    size_t low = 0, high = self->entries.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(self->sorted[middle]->id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < self->entries.count && str_equal(self->sorted[low]->id, id) ? self->sorted[low] : NULL;
}

static void pair(struct side *self, const struct side *other)
{
    int64_t position = 0;
    const struct entry *last = NULL;
    for (size_t i = 0; i < self->entries.count; i++) {
        struct entry *entry = self->entries.items[i];
        const struct entry *twin = find(other, entry->id);
        entry->twin = twin && str_equal(twin->type, entry->type) ? twin : NULL;
        if (!entry->twin || !str_equal(entry->type, STR("rule")))
            continue;
        position = last && str_equal(last->parent, entry->parent) ? position + 1 : 1;
        entry->position = position;
        last = entry;
    }
}

/* ---- Telling ---- */

struct telling {
    struct arena *arena;
    struct list_builder changes;
    int64_t moved;
};

static void put(struct telling *self, struct context_builder *to, const char *name, struct str text)
{
    (void)self;
    if (text.len)
        context_builder_put(to, str_of(name), value_string(text));
}

static void tell(struct telling *self, const struct entry *entry, const char *what, int64_t more,
                 struct value attributes)
{
    struct context_builder one;
    context_builder_init(&one, self->arena);
    context_builder_put(&one, STR("what"), value_cstr(what));
    put(self, &one, "element", entry->id);
    put(self, &one, "type", entry->type);
    put(self, &one, "name", entry->name);
    put(self, &one, "within", entry->within);
    put(self, &one, "parent", entry->parent);
    if (more)
        context_builder_put(&one, STR("more"), value_int(more));
    if (value_count(attributes))
        context_builder_put(&one, STR("attributes"), attributes);
    list_builder_push(&self->changes, context_builder_done(&one));
}

static void add_attribute(struct telling *self, struct list_builder *list, struct str name, struct value from,
                          struct value to)
{
    struct context_builder one;
    context_builder_init(&one, self->arena);
    context_builder_put(&one, STR("name"), value_string(name));
    context_builder_put(&one, STR("from"), from);
    context_builder_put(&one, STR("to"), to);
    list_builder_push(list, context_builder_done(&one));
}

static const struct property *property_of(const struct entry *entry, struct str name)
{
    for (size_t i = 0; i < entry->properties.count; i++)
        if (str_equal(entry->properties.items[i].name, name))
            return &entry->properties.items[i];
    return NULL;
}

static struct value compare(struct telling *self, const struct entry *from, const struct entry *to)
{
    struct list_builder list;
    list_builder_init(&list, self->arena);
    for (size_t i = 0; i < to->properties.count; i++) {
        const struct property *now = &to->properties.items[i], *was = property_of(from, now->name);
        if (!was || !str_equal(was->value, now->value))
            add_attribute(self, &list, now->name, was ? value_string(was->value) : value_null,
                          value_string(now->value));
    }
    for (size_t i = 0; i < from->properties.count; i++)
        if (!property_of(to, from->properties.items[i].name))
            add_attribute(self, &list, from->properties.items[i].name, value_string(from->properties.items[i].value),
                          value_null);
    if (!str_equal(from->parent, to->parent))
        add_attribute(self, &list, STR("parent"), value_string(from->parent), value_string(to->parent));
    if (from->position != to->position)
        add_attribute(self, &list, STR("position"), value_int(from->position), value_int(to->position));
    return list_builder_done(&list);
}

static bool stands_alone(const struct side *self, const struct entry *entry)
{
    const struct entry *parent = find(self, entry->parent);
    return !parent || parent->twin || parent->drawn != entry->drawn;
}

/* An element that only one version has, told once with how many stand in it. */
static void tell_lonely(struct telling *self, const struct side *side, const struct entry *entry, const char *what)
{
    int64_t more = 0;
    if (!stands_alone(side, entry))
        return;
    for (size_t i = entry->order + 1; i < side->entries.count; i++) {
        const struct entry *inner = side->entries.items[i];
        if (inner->twin || stands_alone(side, inner))
            break;
        more++;
    }
    tell(self, entry, what, more, value_null);
}

enum status bpmn_diff(struct arena *arena, struct str from, struct str to, struct value *out, int *side,
                      struct error *err)
{
    struct side old = {0}, new = {0};
    struct telling telling = {.arena = arena};
    list_builder_init(&telling.changes, arena);
    int at = 0;
    enum status status = read_side(arena, from, &old, err);
    if (status == OK) {
        at = 1;
        status = read_side(arena, to, &new, err);
    }
    if (side)
        *side = at;
    if (status != OK)
        return FAILED;
    pair(&old, &new);
    pair(&new, &old);
    for (size_t i = 0; i < new.entries.count; i++) {
        const struct entry *entry = new.entries.items[i];
        struct value attributes = entry->twin ? compare(&telling, entry->twin, entry) : value_null;
        if (entry->drawn)
            telling.moved += !entry->twin || value_count(attributes);
        else if (!entry->twin)
            tell_lonely(&telling, &new, entry, "added");
        else if (value_count(attributes))
            tell(&telling, entry, "changed", 0, attributes);
    }
    for (size_t i = 0; i < old.entries.count; i++)
        if (!old.entries.items[i]->twin && !old.entries.items[i]->drawn)
            tell_lonely(&telling, &old, old.entries.items[i], "removed");
    struct context_builder view;
    context_builder_init(&view, arena);
    context_builder_put(&view, STR("changes"), list_builder_done(&telling.changes));
    context_builder_put(&view, STR("moved"), value_int(telling.moved));
    *out = context_builder_done(&view);
    return OK;
}
