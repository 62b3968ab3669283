/* A decision as it was drawn, for people: the texts of its table's cells. Read from the file, as a compiled model keeps
 * programs instead of texts. */
#include "dmn/internal.h"

static void put_text(struct context_builder *builder, const char *key, struct str s)
{
    context_builder_put(builder, str_of(key), s.data ? value_string(s) : value_null);
}

static struct str trimmed(struct arena *arena, const xmlNode *at)
{
    return at ? str_trim(dmn_xml_child_text(arena, at, "text")) : STR("");
}

static struct value describe_input(struct arena *arena, const xmlNode *at)
{
    const xmlNode *expression = dmn_xml_child(at, "inputExpression");
    struct str label = dmn_xml_name(arena, at, "label");
    struct str text = trimmed(arena, expression);
    const xmlNode *values = dmn_xml_child(at, "inputValues");
    struct context_builder builder;
    context_builder_init(&builder, arena);
    put_text(&builder, "id", dmn_xml_attribute(arena, at, "id"));
    put_text(&builder, "label", label.len ? label : text);
    put_text(&builder, "expression", text);
    put_text(&builder, "type", dmn_xml_name(arena, expression, "typeRef"));
    put_text(&builder, "values", values ? trimmed(arena, values) : STR_NONE);
    return context_builder_done(&builder);
}

/* A table's only output may have no name: it is then the decision's. */
static struct value describe_output(struct arena *arena, const xmlNode *at, struct str decision)
{
    struct str label = dmn_xml_name(arena, at, "label");
    struct str name = dmn_xml_name(arena, at, "name");
    const xmlNode *values = dmn_xml_child(at, "outputValues");
    struct context_builder builder;
    context_builder_init(&builder, arena);
    put_text(&builder, "id", dmn_xml_attribute(arena, at, "id"));
    put_text(&builder, "label", label.len ? label : name.len ? name : decision);
    put_text(&builder, "name", name.len ? name : decision);
    put_text(&builder, "type", dmn_xml_name(arena, at, "typeRef"));
    put_text(&builder, "values", values ? trimmed(arena, values) : STR_NONE);
    return context_builder_done(&builder);
}

static struct value describe_cells(struct arena *arena, const xmlNode *rule, const char *name)
{
    struct list_builder cells;
    list_builder_init(&cells, arena);
    for (const xmlNode *at = dmn_xml_child(rule, name); at; at = dmn_xml_next(at, name))
        list_builder_push(&cells, value_string(trimmed(arena, at)));
    return list_builder_done(&cells);
}

/* Annotations stand in their own entries; before DMN 1.2, in the rule's description. */
static struct str annotation_of(struct arena *arena, const xmlNode *rule)
{
    struct str all = STR_NONE;
    for (const xmlNode *at = dmn_xml_child(rule, "annotationEntry"); at; at = dmn_xml_next(at, "annotationEntry")) {
        struct str text = trimmed(arena, at);
        if (text.len)
            all = all.data ? arena_printf(arena, "%.*s; %.*s", STR_ARGS(all), STR_ARGS(text)) : text;
    }
    return all.data ? all : dmn_xml_child_text(arena, rule, "description");
}

static struct value describe_rule(struct arena *arena, const xmlNode *at, int64_t index)
{
    struct context_builder builder;
    context_builder_init(&builder, arena);
    context_builder_put(&builder, STR("index"), value_int(index));
    put_text(&builder, "id", dmn_xml_attribute(arena, at, "id"));
    context_builder_put(&builder, STR("inputs"), describe_cells(arena, at, "inputEntry"));
    context_builder_put(&builder, STR("outputs"), describe_cells(arena, at, "outputEntry"));
    put_text(&builder, "annotation", annotation_of(arena, at));
    return context_builder_done(&builder);
}

static struct str policy_of(struct arena *arena, const xmlNode *table)
{
    struct str policy = dmn_xml_name(arena, table, "hitPolicy");
    struct str aggregation = dmn_xml_name(arena, table, "aggregation");
    if (!policy.len)
        policy = STR("UNIQUE");
    if (!aggregation.len || !str_equal(policy, STR("COLLECT")))
        return policy;
    return arena_printf(arena, "COLLECT %.*s", STR_ARGS(aggregation));
}

static void describe_table(struct arena *arena, const xmlNode *table, struct str name, struct context_builder *out)
{
    struct list_builder inputs, outputs, rules;
    list_builder_init(&inputs, arena);
    list_builder_init(&outputs, arena);
    list_builder_init(&rules, arena);
    for (const xmlNode *at = dmn_xml_child(table, "input"); at; at = dmn_xml_next(at, "input"))
        list_builder_push(&inputs, describe_input(arena, at));
    for (const xmlNode *at = dmn_xml_child(table, "output"); at; at = dmn_xml_next(at, "output"))
        list_builder_push(&outputs, describe_output(arena, at, name));
    int64_t index = 0;
    for (const xmlNode *at = dmn_xml_child(table, "rule"); at; at = dmn_xml_next(at, "rule"))
        list_builder_push(&rules, describe_rule(arena, at, ++index));
    put_text(out, "hit_policy", policy_of(arena, table));
    context_builder_put(out, STR("inputs"), list_builder_done(&inputs));
    context_builder_put(out, STR("outputs"), list_builder_done(&outputs));
    context_builder_put(out, STR("rules"), list_builder_done(&rules));
}

/* By id, else by name; decisions and knowledge models, whose logic stands one level deeper. */
static const xmlNode *find_owner(struct arena *arena, const xmlNode *root, struct str wanted)
{
    static const char *const kinds[] = {"decision", "businessKnowledgeModel"};
    static const char *const keys[] = {"id", "name"};
    for (size_t key = 0; key < COUNT_OF(keys); key++)
        for (size_t kind = 0; kind < COUNT_OF(kinds); kind++)
            for (const xmlNode *at = dmn_xml_child(root, kinds[kind]); at; at = dmn_xml_next(at, kinds[kind]))
                if (str_equal(dmn_xml_name(arena, at, keys[key]), wanted))
                    return at;
    return NULL;
}

static struct value describe_owner(struct arena *arena, const xmlNode *owner)
{
    const xmlNode *logic = dmn_xml_child(owner, "encapsulatedLogic");
    const xmlNode *table = dmn_xml_child(logic ? logic : owner, "decisionTable");
    const xmlNode *literal = dmn_xml_child(logic ? logic : owner, "literalExpression");
    struct str name = dmn_xml_name(arena, owner, "name");
    struct context_builder builder;
    context_builder_init(&builder, arena);
    put_text(&builder, "id", dmn_xml_attribute(arena, owner, "id"));
    put_text(&builder, "name", name);
    put_text(&builder, "question", dmn_xml_child_text(arena, owner, "question"));
    if (table)
        describe_table(arena, table, name, &builder);
    else if (literal)
        put_text(&builder, "expression", trimmed(arena, literal));
    return context_builder_done(&builder);
}

enum status dmn_describe(struct arena *arena, const struct dmn_source *source, struct str decision, struct value *out,
                         struct error *err)
{
    xmlDoc *document = NULL;
    if (dmn_xml_open(source, NULL, &document, err) != OK)
        return FAILED;
    const xmlNode *owner = find_owner(arena, xmlDocGetRootElement(document), decision);
    struct value view = owner ? describe_owner(arena, owner) : value_null;
    xmlFreeDoc(document);
    if (!owner)
        return error_set(err, ERROR_NOT_FOUND, "dmn-unknown-decision", "%.*s has no decision '%.*s'.",
                         STR_ARGS(source->name), STR_ARGS(decision));
    *out = view;
    return OK;
}
