/* From XML to compiled logic: the names in scope, and every boxed expression. */
#include "dmn/internal.h"

#define DEPTH_MAX 100

/* The name under which a boxed filter's list is known to its text; no model can say it. */
#define FILTERED "filtered__list"

/* ---- Names ---- */

/* An inner name hides an equal outer one: the outer one's entry becomes "", which no expression can say. */
size_t dmn_compiler_push(struct compiler *self, struct str name)
{
    VECTOR_PUSH(self->load->arena, &self->names, name);
    self->visible.names = NULL;
    if (self->names.count > self->slot_max)
        self->slot_max = self->names.count;
    return self->names.count - 1;
}

void dmn_compiler_pop(struct compiler *self, size_t count)
{
    CHECK(self->names.count >= count);
    self->names.count -= count;
    self->visible.names = NULL;
}

ptrdiff_t dmn_compiler_slot(const struct compiler *self, struct str text)
{
    for (size_t i = self->names.count; i-- > 0;)
        if (text.len && str_equal(self->names.items[i], text))
            return (ptrdiff_t)i;
    return -1;
}

static struct feel_scope_names visible_names(struct compiler *self)
{
    if (self->visible.names)
        return self->visible;
    struct names seen = {0};
    struct str *names = arena_array(self->load->arena, struct str, self->names.count);
    for (size_t i = self->names.count; i-- > 0;)
        if (self->names.items[i].len && dmn_names_put(&seen, self->load->arena, self->names.items[i], self))
            names[i] = self->names.items[i];
    self->visible = (struct feel_scope_names){names, self->names.count};
    return self->visible;
}

static struct feel_options feel_options(struct compiler *self, enum feel_syntax syntax)
{
    return (struct feel_options){.syntax = syntax,
                                 .scope = visible_names(self),
                                 .members = self->definitions->members,
                                 .types = self->definitions->named,
                                 .type_count = self->definitions->named_count,
                                 .external = dmn_java_function};
}

const struct feel_program *dmn_compile_feel(struct compiler *self, enum feel_syntax syntax, struct str text,
                                            const xmlNode *at, struct str *fault)
{
    self->says_partial |= str_find(text, STR("partial"), 0) >= 0;
    struct feel_options options = feel_options(self, syntax);
    const struct feel_program *program = NULL;
    struct error err = ERROR_INIT;
    if (feel_compile(self->load->arena, text, &options, &program, &err) == OK)
        return program;
    dmn_load_problem(self->load, DMN_ERROR, "dmn-expression", self->definitions, at,
                     "'%.*s' in '%.*s' cannot be read: %s (%s)", (int)(text.len < 60 ? text.len : 60),
                     text.data ? text.data : "", STR_ARGS(self->node->element.name), err.message, err.field);
    *fault = arena_printf(self->load->arena, "%s (%s)", err.message, err.field);
    return NULL;
}

/* ---- Boxed expressions ---- */

static struct expression *new_expression(struct compiler *self, enum expression_kind kind, const xmlNode *at)
{
    struct expression *expression = arena_new(self->load->arena, struct expression);
    expression->kind = kind;
    expression->id = dmn_xml_id(self->load->arena, at);
    expression->line = dmn_xml_line(at);
    expression->owner = self->node;
    struct str type = dmn_xml_name(self->load->arena, at, "typeRef");
    expression->type = dmn_types_resolve(self->load, self->definitions, type, at);
    return expression;
}

static struct expression *faulty(struct compiler *self, const xmlNode *at, const char *code, const char *why)
{
    struct expression *expression = new_expression(self, EXPRESSION_FAULTY, at);
    expression->fault =
        arena_printf(self->load->arena, "%s (%.*s, line %u)", why, STR_ARGS(expression->id), expression->line);
    dmn_load_problem(self->load, DMN_ERROR, code, self->definitions, at, "'%.*s': %s",
                     STR_ARGS(self->node->element.name), why);
    return expression;
}

static bool is_feel(struct str language)
{
    return !language.len || str_find(language, STR("FEEL"), 0) >= 0 || str_equal_nocase_ascii(language, STR("feel"));
}

/* A function that is an entry of a boxed context may call itself, as in FEEL's own {f: function(n) … f(n - 1) …}, and
 * so it is compiled as that. NULL: it is no such function. */
static const struct feel_program *compile_recursive(struct compiler *self, const xmlNode *at, struct str text)
{
    struct arena *arena = self->load->arena;
    const xmlNode *variable = dmn_xml_is(at->parent, "contextEntry") ? dmn_xml_child(at->parent, "variable") : NULL;
    struct str name = dmn_xml_name(arena, variable, "name");
    if (!name.len || !str_starts(text, STR("function")) || str_find(text, name, 0) < 0)
        return NULL;
    struct feel_options options = feel_options(self, FEEL_EXPRESSION);
    const struct feel_program *program = NULL;
    struct error ignored = ERROR_INIT;
    text = arena_printf(arena, "{%.*s: %.*s}.%.*s", STR_ARGS(name), STR_ARGS(text), STR_ARGS(name));
    return feel_compile(arena, text, &options, &program, &ignored) == OK ? program : NULL;
}

static const struct expression *compile_literal(struct compiler *self, const xmlNode *at)
{
    struct arena *arena = self->load->arena;
    if (!is_feel(dmn_xml_attribute(arena, at, "expressionLanguage")))
        return faulty(self, at, "dmn-unsupported", "only FEEL expressions can be evaluated");
    struct str text = str_trim(dmn_xml_child_text(arena, at, "text"));
    if (!text.len)
        return NULL;
    struct expression *expression = new_expression(self, EXPRESSION_LITERAL, at);
    expression->literal.slot = dmn_compiler_slot(self, text);
    self->says_partial |= str_equal(text, STR("partial"));
    if (expression->literal.slot >= 0)
        return expression;
    expression->literal.program = compile_recursive(self, at, text);
    if (!expression->literal.program)
        expression->literal.program = dmn_compile_feel(self, FEEL_EXPRESSION, text, at, &expression->fault);
    if (!expression->literal.program)
        expression->kind = EXPRESSION_FAULTY;
    return expression;
}

static const struct expression *compile_context(struct compiler *self, const xmlNode *at)
{
    struct arena *arena = self->load->arena;
    struct expression *expression = new_expression(self, EXPRESSION_CONTEXT, at);
    VECTOR(struct entry) entries = {0};
    size_t pushed = 0;
    for (const xmlNode *child = dmn_xml_child(at, "contextEntry"); child; child = dmn_xml_next(child, "contextEntry")) {
        const xmlNode *variable = dmn_xml_child(child, "variable");
        struct entry entry = {.name = variable ? dmn_xml_name(arena, variable, "name") : STR_NONE};
        if (variable)
            entry.type =
                dmn_types_resolve(self->load, self->definitions, dmn_xml_name(arena, variable, "typeRef"), variable);
        bool is_function = entry.name.len && dmn_xml_child(child, "functionDefinition");
        if (is_function) { /* it may call itself */
            entry.slot = dmn_compiler_push(self, entry.name);
            pushed++;
        }
        entry.expression = dmn_compile_child(self, child);
        if (entry.name.len && !is_function) {
            entry.slot = dmn_compiler_push(self, entry.name);
            pushed++;
        }
        VECTOR_PUSH(arena, &entries, entry);
    }
    dmn_compiler_pop(self, pushed);
    expression->context.entries = entries.items;
    expression->context.count = entries.count;
    return expression;
}

static const struct expression *compile_list(struct compiler *self, const xmlNode *at)
{
    struct expression *expression = new_expression(self, EXPRESSION_LIST, at);
    VECTOR(struct entry) entries = {0};
    for (const xmlNode *child = dmn_xml_child(at, NULL); child; child = dmn_xml_next(child, NULL)) {
        const struct expression *item = dmn_compile_expression(self, child);
        if (item || dmn_xml_is(child, "literalExpression"))
            VECTOR_PUSH(self->load->arena, &entries, ((struct entry){.expression = item}));
    }
    expression->context.entries = entries.items;
    expression->context.count = entries.count;
    return expression;
}

static const struct expression *compile_relation(struct compiler *self, const xmlNode *at)
{
    struct arena *arena = self->load->arena;
    struct expression *expression = new_expression(self, EXPRESSION_RELATION, at);
    VECTOR(struct str) columns = {0};
    VECTOR(const struct expression *) cells = {0};
    size_t row_count = 0;
    for (const xmlNode *column = dmn_xml_child(at, "column"); column; column = dmn_xml_next(column, "column"))
        VECTOR_PUSH(arena, &columns, dmn_xml_name(arena, column, "name"));
    for (const xmlNode *row = dmn_xml_child(at, "row"); row; row = dmn_xml_next(row, "row"), row_count++) {
        const xmlNode *cell = dmn_xml_child(row, NULL);
        for (size_t i = 0; i < columns.count; i++) {
            while (cell && !dmn_xml_is(cell, "literalExpression") && !dmn_compile_is_expression(cell))
                cell = dmn_xml_next(cell, NULL);
            VECTOR_PUSH(arena, &cells, cell ? dmn_compile_expression(self, cell) : NULL);
            cell = cell ? dmn_xml_next(cell, NULL) : NULL;
        }
    }
    expression->relation.columns = columns.items;
    expression->relation.column_count = columns.count;
    expression->relation.cells = cells.items;
    expression->relation.row_count = row_count;
    return expression;
}

static void read_parameters(struct compiler *self, const xmlNode *at, struct expression *into)
{
    struct arena *arena = self->load->arena;
    VECTOR(struct parameter) parameters = {0};
    VECTOR(struct str) names = {0};
    for (const xmlNode *child = dmn_xml_child(at, "formalParameter"); child;
         child = dmn_xml_next(child, "formalParameter")) {
        struct str name = dmn_xml_name(arena, child, "name");
        const struct feel_type *type =
            dmn_types_resolve(self->load, self->definitions, dmn_xml_name(arena, child, "typeRef"), child);
        VECTOR_PUSH(arena, &parameters, ((struct parameter){name, type}));
        VECTOR_PUSH(arena, &names, name);
    }
    into->function.parameters = parameters.items;
    into->function.names = names.items;
    into->function.count = parameters.count;
}

/* For `instance of`. */
static const struct feel_type *function_type(struct arena *arena, const struct expression *self)
{
    struct feel_type *type = arena_new(arena, struct feel_type);
    struct feel_type_member *members = arena_array(arena, struct feel_type_member, self->function.count);
    for (size_t i = 0; i < self->function.count; i++)
        members[i] = (struct feel_type_member){self->function.parameters[i].name, self->function.parameters[i].type};
    *type = (struct feel_type){.kind = FEEL_TYPE_FUNCTION, .members = members, .member_count = self->function.count};
    if (self->function.body)
        type->item = self->function.body->type;
    return type;
}

static const struct expression *compile_function(struct compiler *self, const xmlNode *at)
{
    struct str kind = dmn_xml_attribute(self->load->arena, at, "kind");
    bool is_java = str_equal_nocase_ascii(kind, STR("Java")) || str_equal(kind, STR("J"));
    if (kind.len && !is_java && !str_equal_nocase_ascii(kind, STR("FEEL")) && !str_equal(kind, STR("F")))
        return faulty(self, at, "dmn-unsupported", "PMML functions are not supported; write the function in FEEL");
    struct expression *expression = new_expression(self, is_java ? EXPRESSION_JAVA : EXPRESSION_FUNCTION, at);
    /* a function's typeRef is that of the function or, as many tools write it, of its result */
    expression->type = NULL;
    read_parameters(self, at, expression);
    expression->function.slot = self->names.count;
    for (size_t i = 0; i < expression->function.count; i++)
        dmn_compiler_push(self, expression->function.names[i]);
    expression->function.body = dmn_compile_child(self, at);
    dmn_compiler_pop(self, expression->function.count);
    expression->function.type = function_type(self->load->arena, expression);
    return expression;
}

static const struct expression *compile_invocation(struct compiler *self, const xmlNode *at)
{
    struct arena *arena = self->load->arena;
    struct expression *expression = new_expression(self, EXPRESSION_INVOCATION, at);
    expression->invocation.function = dmn_compile_child(self, at);
    VECTOR(struct entry) arguments = {0};
    for (const xmlNode *child = dmn_xml_child(at, "binding"); child; child = dmn_xml_next(child, "binding")) {
        const xmlNode *parameter = dmn_xml_child(child, "parameter");
        struct entry argument = {.name = dmn_xml_name(arena, parameter, "name"),
                                 .expression = dmn_compile_child(self, child)};
        if (parameter)
            argument.type =
                dmn_types_resolve(self->load, self->definitions, dmn_xml_name(arena, parameter, "typeRef"), parameter);
        VECTOR_PUSH(arena, &arguments, argument);
    }
    expression->invocation.arguments = arguments.items;
    expression->invocation.count = arguments.count;
    if (!expression->invocation.function)
        return faulty(self, at, "dmn-missing", "an invocation names no function");
    return expression;
}

static const struct expression *compile_part(struct compiler *self, const xmlNode *at, const char *part)
{
    const xmlNode *child = dmn_xml_child(at, part);
    return child ? dmn_compile_child(self, child) : NULL;
}

static const struct expression *compile_conditional(struct compiler *self, const xmlNode *at)
{
    struct expression *expression = new_expression(self, EXPRESSION_CONDITIONAL, at);
    expression->conditional.condition = compile_part(self, at, "if");
    expression->conditional.yes = compile_part(self, at, "then");
    expression->conditional.no = compile_part(self, at, "else");
    return expression;
}

/* A literal match means what it means in FEEL's own filter, so it becomes one. */
static const struct expression *compile_filter(struct compiler *self, const xmlNode *at)
{
    struct arena *arena = self->load->arena;
    struct expression *expression = new_expression(self, EXPRESSION_FILTER, at);
    expression->iteration.in = compile_part(self, at, "in");
    const xmlNode *match = dmn_xml_child(at, "match");
    const xmlNode *literal = match ? dmn_xml_child(match, "literalExpression") : NULL;
    if (literal) {
        expression->iteration.slot = dmn_compiler_push(self, STR(FILTERED));
        struct str text =
            arena_printf(arena, FILTERED "[%.*s]", STR_ARGS(str_trim(dmn_xml_child_text(arena, literal, "text"))));
        expression->iteration.filter = dmn_compile_feel(self, FEEL_EXPRESSION, text, literal, &expression->fault);
        if (!expression->iteration.filter)
            expression->kind = EXPRESSION_FAULTY;
    } else {
        expression->iteration.slot = dmn_compiler_push(self, STR("item"));
        expression->iteration.body = match ? dmn_compile_child(self, match) : NULL;
    }
    dmn_compiler_pop(self, 1);
    return expression;
}

static const struct expression *compile_iterator(struct compiler *self, const xmlNode *at)
{
    bool is_for = dmn_xml_is(at, "for");
    enum expression_kind kind = is_for ? EXPRESSION_FOR : dmn_xml_is(at, "some") ? EXPRESSION_SOME : EXPRESSION_EVERY;
    struct expression *expression = new_expression(self, kind, at);
    expression->iteration.in = compile_part(self, at, "in");
    expression->iteration.slot = dmn_compiler_push(self, dmn_xml_name(self->load->arena, at, "iteratorVariable"));
    dmn_compiler_push(self, is_for ? STR("partial") : STR(""));
    bool outer = self->says_partial;
    self->says_partial = false;
    expression->iteration.body = compile_part(self, at, is_for ? "return" : "satisfies");
    expression->iteration.uses_partial = self->says_partial;
    self->says_partial |= outer;
    dmn_compiler_pop(self, 2);
    return expression;
}

static const struct expression *compile_decision_table(struct compiler *self, const xmlNode *at)
{
    struct expression *expression = new_expression(self, EXPRESSION_TABLE, at);
    expression->table = dmn_compile_table(self, at);
    return expression;
}

static const struct {
    const char *name;
    const struct expression *(*compile)(struct compiler *self, const xmlNode *at);
} kinds[] = {
    {"literalExpression", compile_literal},
    {"decisionTable", compile_decision_table},
    {"context", compile_context},
    {"list", compile_list},
    {"relation", compile_relation},
    {"functionDefinition", compile_function},
    {"invocation", compile_invocation},
    {"conditional", compile_conditional},
    {"filter", compile_filter},
    {"for", compile_iterator},
    {"some", compile_iterator},
    {"every", compile_iterator},
};

bool dmn_compile_is_expression(const xmlNode *at)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (dmn_xml_is(at, kinds[i].name))
            return true;
    return false;
}

const struct expression *dmn_compile_expression(struct compiler *self, const xmlNode *at)
{
    if (self->depth >= DEPTH_MAX)
        return faulty(self, at, "dmn-unsupported", "boxed expressions are nested too deeply");
    const struct expression *expression = NULL;
    self->depth++;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (dmn_xml_is(at, kinds[i].name)) {
            expression = kinds[i].compile(self, at);
            break;
        }
    }
    self->depth--;
    return expression;
}

const struct expression *dmn_compile_child(struct compiler *self, const xmlNode *parent)
{
    for (const xmlNode *child = dmn_xml_child(parent, NULL); child; child = dmn_xml_next(child, NULL))
        if (dmn_compile_is_expression(child))
            return dmn_compile_expression(self, child);
    return NULL;
}

/* ---- Nodes ---- */

/* The binding for what is imported under this name, made when it is not there yet. */
static struct binding *import_binding(struct arena *arena, struct bindings *bindings, struct str name)
{
    for (size_t i = 0; i < bindings->items.count; i++)
        if (!bindings->items.items[i].node && str_equal(bindings->items.items[i].name, name))
            return &bindings->items.items[i];
    VECTOR_PUSH(arena, &bindings->items,
                ((struct binding){.name = name, .members = arena_new(arena, struct bindings)}));
    return &bindings->items.items[bindings->items.count - 1];
}

static void merge_bindings(struct arena *arena, struct bindings *into, const struct bindings *more)
{
    for (size_t i = 0; i < more->items.count; i++) {
        const struct binding *one = &more->items.items[i];
        if (one->node)
            VECTOR_PUSH(arena, &into->items, *one);
        else
            merge_bindings(arena, import_binding(arena, into, one->name)->members, one->members);
    }
}

/* What another file defines is seen under the name of its import, or of the imports that lead to it. False: no way
 * there. */
static bool add_imported(struct arena *arena, struct bindings *bindings, const struct definitions *from,
                         const struct node *node, int levels)
{
    for (size_t i = 0; i < from->import_count; i++) {
        const struct import *import = &from->imports[i];
        bool here = levels == 1 && import->definitions == node->definitions;
        if (!here && (levels == 1 || !import->definitions))
            continue;
        struct bindings inner = {0};
        if (here)
            VECTOR_PUSH(arena, &inner.items, ((struct binding){.name = node->variable, .node = node}));
        else if (!add_imported(arena, &inner, import->definitions, node, levels - 1))
            continue;
        struct bindings *into = import->name.len ? import_binding(arena, bindings, import->name)->members : bindings;
        merge_bindings(arena, into, &inner);
        return true;
    }
    return false;
}

static void add_binding(struct arena *arena, struct bindings *bindings, const struct node *owner,
                        const struct node *node)
{
    bool added = false;
    for (int levels = 1; levels <= IMPORT_LEVELS_MAX && !added && node->definitions != owner->definitions; levels++)
        added = add_imported(arena, bindings, owner->definitions, node, levels);
    if (!added)
        VECTOR_PUSH(arena, &bindings->items, ((struct binding){.name = node->variable, .node = node}));
}

static void bind(struct load *load, struct node *node)
{
    struct bindings bindings = {0};
    for (size_t i = 0; i < node->know_count; i++)
        add_binding(load->arena, &bindings, node, node->knows[i]);
    for (size_t i = 0; i < node->require_count; i++)
        add_binding(load->arena, &bindings, node, node->requires[i]);
    if (node->element.kind == DMN_KNOWLEDGE) { /* it may call itself without saying so */
        bool said = false;
        for (size_t i = 0; i < bindings.items.count; i++)
            said |= str_equal(bindings.items.items[i].name, node->variable);
        if (!said)
            add_binding(load->arena, &bindings, node, node);
    }
    node->bindings = bindings.items.items;
    node->binding_count = bindings.items.count;
}

/* The logic of a knowledge model: <encapsulatedLogic> is a function definition; DMN 1.1 let tools leave it out. */
static void compile_knowledge(struct compiler *self, struct node *node)
{
    const xmlNode *logic = dmn_xml_child(node->xml, "encapsulatedLogic");
    if (!logic) {
        dmn_load_problem(self->load, DMN_WARNING, "dmn-missing", node->definitions, node->xml, "'%.*s' has no logic",
                         STR_ARGS(node->element.name));
        return;
    }
    const struct expression *expression = compile_function(self, logic);
    node->logic = expression;
    if (expression->kind == EXPRESSION_FAULTY)
        return;
    node->parameters = expression->function.parameters;
    node->parameter_count = expression->function.count;
}

void dmn_compile_node(struct load *load, struct node *node)
{
    if (node->element.kind != DMN_DECISION && node->element.kind != DMN_KNOWLEDGE)
        return;
    bind(load, node);
    struct compiler compiler = {.load = load, .definitions = node->definitions, .node = node};
    for (size_t i = 0; i < node->binding_count; i++)
        dmn_compiler_push(&compiler, node->bindings[i].name);
    if (node->element.kind == DMN_KNOWLEDGE)
        compile_knowledge(&compiler, node);
    else
        node->logic = dmn_compile_child(&compiler, node->xml);
    node->slot_max = compiler.slot_max;
}
