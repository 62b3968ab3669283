/* From files to a model: definitions, nodes, references, order. What is wrong is collected; strict loading refuses the
 * first error, tolerant loading gives faulty nodes the value null. */
#include "dmn/internal.h"

#include <libxml/parser.h>
#include <stdio.h>
#include <string.h>

#define CHAIN_MAX 400 /* decisions requiring each other in a row */

void dmn_load_problem(struct load *load, enum dmn_severity severity, const char *code,
                      const struct definitions *definitions, const xmlNode *at, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    struct str id = at ? dmn_xml_id(load->arena, at) : STR_NONE;
    struct dmn_problem problem = {
        .severity = severity,
        .code = code,
        .file = definitions->file,
        .element = id,
        .line = at ? dmn_xml_line(at) : 0,
        .message = arena_printf(load->arena, "%s.", text),
        .example = value_null,
    };
    VECTOR_PUSH(load->arena, &load->problems, problem);
}

/* ---- Definitions and nodes ---- */

static void read_imports(struct load *load, struct definitions *definitions)
{
    VECTOR(struct import) imports = {0};
    for (const xmlNode *at = dmn_xml_child(definitions->xml, "import"); at; at = dmn_xml_next(at, "import")) {
        struct import import = {dmn_xml_name(load->arena, at, "name"), dmn_xml_attribute(load->arena, at, "namespace"),
                                NULL};
        VECTOR_PUSH(load->arena, &imports, import);
    }
    definitions->imports = imports.items;
    definitions->import_count = imports.count;
}

static bool is_dmn_import(struct str type)
{
    return !type.len || str_find(type, STR("DMN"), 0) >= 0;
}

static void link_imports(struct load *load, struct definitions *definitions)
{
    size_t i = 0;
    for (const xmlNode *at = dmn_xml_child(definitions->xml, "import"); at; at = dmn_xml_next(at, "import"), i++) {
        struct import *import = &definitions->imports[i];
        for (size_t f = 0; f < load->model->file_count; f++)
            if (str_equal(load->model->files[f]->namespace_, import->namespace_))
                import->definitions = load->model->files[f];
        struct str type = dmn_xml_attribute(load->arena, at, "importType");
        if (!is_dmn_import(type))
            dmn_load_problem(load, DMN_ERROR, "dmn-unsupported", definitions, at,
                             "Import '%.*s' is of type '%.*s'; only DMN models can be imported", STR_ARGS(import->name),
                             STR_ARGS(type));
        else if (!import->definitions)
            dmn_load_problem(load, DMN_ERROR, "dmn-unknown-reference", definitions, at,
                             "Import '%.*s' wants namespace '%.*s', which no given file defines",
                             STR_ARGS(import->name), STR_ARGS(import->namespace_));
    }
}

static bool node_kind(const xmlNode *at, enum dmn_kind *out)
{
    static const struct {
        const char *name;
        enum dmn_kind kind;
    } kinds[] = {
        {"decision", DMN_DECISION},
        {"inputData", DMN_INPUT},
        {"businessKnowledgeModel", DMN_KNOWLEDGE},
        {"decisionService", DMN_SERVICE},
    };
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (dmn_xml_is(at, kinds[i].name)) {
            *out = kinds[i].kind;
            return true;
        }
    }
    return false;
}

static struct node *read_node(struct load *load, struct definitions *definitions, const xmlNode *at, enum dmn_kind kind)
{
    struct arena *arena = load->arena;
    struct node *node = arena_new(arena, struct node);
    const xmlNode *variable = dmn_xml_child(at, "variable");
    struct str variable_name = variable ? dmn_xml_name(arena, variable, "name") : STR_NONE;
    struct str type = variable ? dmn_xml_name(arena, variable, "typeRef") : STR_NONE;
    struct str name = dmn_xml_name(arena, at, "name");
    *node = (struct node){
        .element = {.kind = kind,
                    .id = dmn_xml_attribute(arena, at, "id"),
                    .name = name.len ? name : variable_name,
                    .type = type,
                    .namespace_ = definitions->namespace_,
                    .file = definitions->file,
                    .line = dmn_xml_line(at)},
        .definitions = definitions,
        .xml = at,
        .variable = variable_name.len ? variable_name : name,
        .function = value_null,
    };
    node->element.has_table = dmn_xml_child(at, "decisionTable") != NULL;
    if (!node->element.name.len)
        dmn_load_problem(load, DMN_ERROR, "dmn-missing", definitions, at, "A <%s> has no name", (const char *)at->name);
    return node;
}

struct references {
    VECTOR(struct node *) nodes;
};

static void read_nodes(struct load *load, struct definitions *definitions, struct references *into)
{
    for (const xmlNode *at = dmn_xml_child(definitions->xml, NULL); at; at = dmn_xml_next(at, NULL)) {
        enum dmn_kind kind;
        if (!node_kind(at, &kind))
            continue;
        struct node *node = read_node(load, definitions, at, kind);
        node->index = into->nodes.count;
        VECTOR_PUSH(load->arena, &into->nodes, node);
        if (node->element.id.len && !dmn_names_put(&definitions->ids, load->arena, node->element.id, node))
            dmn_load_problem(load, DMN_ERROR, "dmn-duplicate", definitions, at, "The id '%.*s' is used twice",
                             STR_ARGS(node->element.id));
        if (node->element.name.len && !dmn_names_put(&definitions->nodes, load->arena, node->element.name, node))
            dmn_load_problem(load, DMN_WARNING, "dmn-duplicate", definitions, at, "The name '%.*s' is used twice",
                             STR_ARGS(node->element.name));
    }
}

/* ---- References ---- */

/* "#id" in this file, "namespace#id" in another. */
static struct node *find_reference(struct load *load, const struct definitions *definitions, struct str href)
{
    ptrdiff_t hash = str_find(href, STR("#"), 0);
    if (hash < 0)
        return dmn_names_get(&definitions->ids, href);
    struct str namespace_ = str_part(href, 0, (size_t)hash);
    struct str id = str_part(href, (size_t)hash + 1, href.len);
    if (!namespace_.len || str_equal(namespace_, definitions->namespace_))
        return dmn_names_get(&definitions->ids, id);
    for (size_t i = 0; i < load->model->file_count; i++)
        if (str_equal(load->model->files[i]->namespace_, namespace_))
            return dmn_names_get(&load->model->files[i]->ids, id);
    return NULL;
}

static void node_fault(struct load *load, struct node *node, const char *what, struct str detail)
{
    if (!node->fault.len)
        node->fault = arena_printf(load->arena, "%.*s (%.*s, line %u): %s%.*s", STR_ARGS(node->element.name),
                                   STR_ARGS(node->element.id), node->element.line, what, STR_ARGS(detail));
}

/* What an element may refer to, by the name of the referring element. */
static bool may_refer(const xmlNode *at, const struct node *to)
{
    static const struct {
        const char *name;
        enum dmn_kind kinds[2];
    } rows[] = {
        {"requiredInput", {DMN_INPUT, DMN_INPUT}},
        {"requiredDecision", {DMN_DECISION, DMN_DECISION}},
        {"requiredKnowledge", {DMN_KNOWLEDGE, DMN_SERVICE}},
        {"inputData", {DMN_INPUT, DMN_INPUT}},
        {"inputDecision", {DMN_DECISION, DMN_DECISION}},
        {"outputDecision", {DMN_DECISION, DMN_DECISION}},
        {"encapsulatedDecision", {DMN_DECISION, DMN_DECISION}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (dmn_xml_is(at, rows[i].name))
            return to->element.kind == rows[i].kinds[0] || to->element.kind == rows[i].kinds[1];
    return false;
}

static void add_reference(struct load *load, struct node *node, const xmlNode *at, struct references *into)
{
    struct str href = dmn_xml_attribute(load->arena, at, "href");
    struct node *found = href.len ? find_reference(load, node->definitions, href) : NULL;
    if (found && may_refer(at, found)) {
        VECTOR_PUSH(load->arena, &into->nodes, found);
        return;
    }
    if (found) {
        dmn_load_problem(load, DMN_ERROR, "dmn-unknown-reference", node->definitions, at,
                         "'%.*s' refers to '%.*s' as <%s>, which it is not", STR_ARGS(node->element.name),
                         STR_ARGS(found->element.name), (const char *)at->name);
        node_fault(load, node, "refers to something of another kind: ", found->element.name);
        return;
    }
    dmn_load_problem(load, DMN_ERROR, "dmn-unknown-reference", node->definitions, at,
                     "'%.*s' refers to '%.*s', which does not exist", STR_ARGS(node->element.name), STR_ARGS(href));
    node_fault(load, node, "refers to what does not exist: ", href);
}

static void add_children(struct load *load, struct node *node, const char *child, struct references *into)
{
    for (const xmlNode *at = dmn_xml_child(node->xml, child); at; at = dmn_xml_next(at, child))
        add_reference(load, node, at, into);
}

static void add_required(struct load *load, struct node *node, const char *outer, const char *inner,
                         struct references *into)
{
    for (const xmlNode *at = dmn_xml_child(node->xml, outer); at; at = dmn_xml_next(at, outer)) {
        const xmlNode *target = dmn_xml_child(at, inner);
        if (target)
            add_reference(load, node, target, into);
    }
}

static void link_service(struct load *load, struct node *node)
{
    struct references given = {0};
    struct references outputs = {0};
    struct references inside = {0};
    add_children(load, node, "inputData", &given);
    add_children(load, node, "inputDecision", &given);
    add_children(load, node, "outputDecision", &outputs);
    add_children(load, node, "encapsulatedDecision", &inside);
    node->inside = inside.nodes.items;
    node->inside_count = inside.nodes.count;
    node->given = given.nodes.items;
    node->parameter_count = given.nodes.count;
    node->outputs = outputs.nodes.items;
    node->output_count = outputs.nodes.count;
    if (outputs.nodes.count == 0)
        dmn_load_problem(load, DMN_ERROR, "dmn-missing", node->definitions, node->xml,
                         "Service '%.*s' has no output decision", STR_ARGS(node->element.name));
}

static void link_node(struct load *load, struct node *node)
{
    struct references requires = {0};
    struct references knows = {0};
    add_required(load, node, "informationRequirement", "requiredInput", &requires);
    add_required(load, node, "informationRequirement", "requiredDecision", &requires);
    add_required(load, node, "knowledgeRequirement", "requiredKnowledge", &knows);
    node->requires = requires.nodes.items;
    node->require_count = requires.nodes.count;
    node->knows = knows.nodes.items;
    node->know_count = knows.nodes.count;
    if (node->element.kind == DMN_SERVICE)
        link_service(load, node);
    node->type = dmn_types_resolve(load, node->definitions, node->element.type, node->xml);
}

/* ---- Order: no decision may need itself ---- */

enum mark { MARK_NEW, MARK_OPEN, MARK_DONE };

static void note_circle(struct load *load, struct node *node, struct node *again)
{
    dmn_load_problem(load, DMN_ERROR, "dmn-circular", node->definitions, node->xml,
                     "'%.*s' requires '%.*s', which requires it in turn", STR_ARGS(node->element.name),
                     STR_ARGS(again->element.name));
    node_fault(load, node, "requires itself by way of ", again->element.name);
}

static void visit(struct load *load, struct node *node, int depth)
{
    node->mark = MARK_OPEN;
    for (size_t i = 0; i < node->require_count; i++) {
        struct node *next = node->requires[i];
        if (next->mark == MARK_OPEN) {
            note_circle(load, node, next);
        } else if (next->mark == MARK_NEW && depth >= CHAIN_MAX) {
            dmn_load_problem(load, DMN_ERROR, "dmn-unsupported", node->definitions, node->xml,
                             "More than %d decisions require each other in a row", CHAIN_MAX);
            node_fault(load, node, "the chain of required decisions is too long", STR(""));
        } else if (next->mark == MARK_NEW) {
            visit(load, next, depth + 1);
        }
        if (next->depth >= node->depth)
            node->depth = next->depth + 1;
    }
    if (node->depth > CHAIN_MAX)
        node_fault(load, node, "the chain of required decisions is too long", STR(""));
    node->mark = MARK_DONE;
}

/* ---- All together ---- */

static enum status add_file(struct load *load, const struct dmn_source *source, const xmlDoc *document,
                            struct error *err)
{
    const xmlNode *root = xmlDocGetRootElement(document);
    struct definitions *definitions = arena_new(load->arena, struct definitions);
    *definitions = (struct definitions){
        .model = load->model,
        .file = arena_str(load->arena, source->name),
        .namespace_ = dmn_xml_attribute(load->arena, root, "namespace"),
        .id = dmn_xml_attribute(load->arena, root, "id"),
        .name = dmn_xml_name(load->arena, root, "name"),
        .xml = root,
    };
    for (size_t i = 0; i < load->model->file_count; i++) {
        const struct definitions *other = load->model->files[i];
        if (!str_equal(other->namespace_, definitions->namespace_))
            continue;
        error_set(err, ERROR_INVALID, "dmn-model", "%.*s and %.*s both define namespace '%.*s'.", STR_ARGS(other->file),
                  STR_ARGS(definitions->file), STR_ARGS(definitions->namespace_));
        error_field(err, "%.*s, line %u", STR_ARGS(dmn_xml_id(load->arena, root)), dmn_xml_line(root));
        return error_hint(err, "Give each model its own namespace.");
    }
    load->model->files[load->model->file_count++] = definitions;
    return OK;
}

static void build(struct load *load)
{
    struct dmn_model *model = load->model;
    struct references all = {0};
    for (size_t i = 0; i < model->file_count; i++) {
        read_imports(load, model->files[i]);
        dmn_types_declare(load, model->files[i]);
    }
    for (size_t i = 0; i < model->file_count; i++)
        link_imports(load, model->files[i]);
    for (size_t i = 0; i < model->file_count; i++)
        dmn_types_define(load, model->files[i]);
    dmn_types_settle(load);
    for (size_t i = 0; i < model->file_count; i++) {
        dmn_types_publish(load, model->files[i]);
        read_nodes(load, model->files[i], &all);
    }
    struct node **nodes = all.nodes.items;
    size_t count = all.nodes.count;
    model->nodes = nodes;
    model->node_count = count;
    model->elements = arena_array(load->arena, const struct dmn_element *, count);
    for (size_t i = 0; i < count; i++) {
        model->elements[i] = &nodes[i]->element;
        link_node(load, nodes[i]);
    }
    for (size_t i = 0; i < count; i++)
        if (nodes[i]->mark == MARK_NEW)
            visit(load, nodes[i], 0);
    for (size_t i = 0; i < count; i++)
        dmn_compile_node(load, nodes[i]);
    for (size_t i = 0; i < count; i++)
        nodes[i]->function = dmn_node_function(load->arena, nodes[i]);
    for (size_t i = 0; i < count; i++)
        nodes[i]->xml = NULL;
    model->tables = load->tables.items;
    model->table_count = load->tables.count;
    model->problems = load->problems.items;
    model->problem_count = load->problems.count;
}

static enum status refuse_first_error(const struct dmn_model *model, struct error *err)
{
    for (size_t i = 0; i < model->problem_count; i++) {
        const struct dmn_problem *problem = &model->problems[i];
        if (problem->severity != DMN_ERROR)
            continue;
        error_set(err, ERROR_INVALID, problem->code, "%.*s: %.*s", STR_ARGS(problem->file), STR_ARGS(problem->message));
        return error_field(err, "%.*s, line %u", STR_ARGS(problem->element), problem->line);
    }
    return OK;
}

static enum status load_documents(struct load *load, const struct dmn_source *sources, size_t count,
                                  const struct dmn_options *options, xmlDoc **documents, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (dmn_xml_open(&sources[i], options, &documents[i], err) != OK)
            return FAILED;
        if (add_file(load, &sources[i], documents[i], err) != OK)
            return FAILED;
    }
    build(load);
    return options && options->strictness == DMN_TOLERANT ? OK : refuse_first_error(load->model, err);
}

enum status dmn_load(struct arena *arena, const struct dmn_source *sources, size_t count,
                     const struct dmn_options *options, const struct dmn_model **out, struct error *err)
{
    CHECK(count > 0);
    struct dmn_model *model = arena_new(arena, struct dmn_model);
    model->files = arena_array(arena, struct definitions *, count);
    struct load load = {.arena = arena, .model = model};
    xmlDoc **documents = arena_array(arena, xmlDoc *, count);
    enum status status = load_documents(&load, sources, count, options, documents, err);
    for (size_t i = 0; i < count; i++)
        if (documents[i])
            xmlFreeDoc(documents[i]);
    if (status == OK)
        *out = model;
    return status;
}

enum status dmn_peek(struct arena *arena, const struct dmn_source *source, const struct dmn_options *options,
                     struct dmn_peek *out, struct error *err)
{
    xmlDoc *document = NULL;
    if (dmn_xml_open(source, options, &document, err) != OK)
        return FAILED;
    const xmlNode *root = xmlDocGetRootElement(document);
    VECTOR(struct str) imports = {0};
    for (const xmlNode *at = dmn_xml_child(root, "import"); at; at = dmn_xml_next(at, "import"))
        VECTOR_PUSH(arena, &imports, dmn_xml_attribute(arena, at, "namespace"));
    *out = (struct dmn_peek){dmn_xml_attribute(arena, root, "namespace"), imports.items, imports.count};
    xmlFreeDoc(document);
    return OK;
}

/* ---- Asking a model ---- */

size_t dmn_elements(const struct dmn_model *model, const struct dmn_element *const **out)
{
    *out = model->elements;
    return model->node_count;
}

struct str dmn_model_name(const struct dmn_model *model)
{
    return model->files[0]->name;
}

struct str dmn_model_id(const struct dmn_model *model)
{
    return model->files[0]->id;
}

const struct dmn_element *dmn_find(const struct dmn_model *model, enum dmn_kind kind, struct str id_or_name)
{
    for (size_t i = 0; i < model->file_count; i++) {
        const struct node *node = dmn_names_get(&model->files[i]->ids, id_or_name);
        if (node && node->element.kind == kind)
            return &node->element;
    }
    for (size_t i = 0; i < model->node_count; i++)
        if (model->nodes[i]->element.kind == kind && str_equal(model->nodes[i]->element.name, id_or_name))
            return &model->nodes[i]->element;
    return NULL;
}

struct collected {
    struct arena *arena;
    uint8_t *seen;
    VECTOR(const struct dmn_element *) inputs;
};

static void collect_inputs(const struct node *node, struct collected *into)
{
    if (into->seen[node->index] || node->fault.len)
        return;
    into->seen[node->index] = 1;
    if (node->element.kind == DMN_INPUT)
        VECTOR_PUSH(into->arena, &into->inputs, &node->element);
    for (size_t i = 0; i < node->require_count; i++)
        collect_inputs(node->requires[i], into);
    for (size_t i = 0; node->element.kind == DMN_SERVICE && i < node->parameter_count; i++)
        if (node->given[i]->element.kind == DMN_INPUT)
            collect_inputs(node->given[i], into);
}

size_t dmn_inputs_of(struct arena *arena, const struct dmn_model *model, const struct dmn_element *element,
                     const struct dmn_element *const **out)
{
    struct collected collected = {.arena = arena, .seen = arena_array(arena, uint8_t, model->node_count)};
    collect_inputs((const struct node *)element, &collected);
    *out = collected.inputs.items;
    return collected.inputs.count;
}
