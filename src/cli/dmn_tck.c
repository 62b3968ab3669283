/* tongban dmn tck DIR…: runs the test files of the DMN Technology Compatibility Kit found below the folders. Prints a
 * line for each failing case, how many checks there were, and 'N passed, N failed'. Numbers must be equal; only those
 * that the kit wrote with eight decimals or more, rounded by their author, are compared within 1e-8, as the kit's
 * runners do. */
#include "cli/dmn.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_BYTES_MAX ((size_t)32 * 1024 * 1024)
#define FOLDER_DEPTH_MAX 16
#define ROUNDED_DECIMALS 8

struct tally {
    size_t passed, failed;
    size_t checks, not_null;
};

/* An expected or given value. Text without a type is what it is compared with, or what its input's type makes of it. */
struct kit_value {
    struct value value;
    bool untyped; /* some text inside has no type */
};

/* ---- Reading test files ---- */

static xmlNode *element_from(xmlNode *node, const char *name)
{
    for (; node; node = node->next)
        if (node->type == XML_ELEMENT_NODE && (!name || strcmp((const char *)node->name, name) == 0))
            return node;
    return NULL;
}

static xmlNode *child_of(const xmlNode *node, const char *name)
{
    return node ? element_from(node->children, name) : NULL;
}

static xmlNode *sibling_of(const xmlNode *node, const char *name)
{
    return element_from(node->next, name);
}

static struct str attribute(struct arena *arena, const xmlNode *node, const char *name)
{
    xmlChar *text = xmlGetProp(node, (const xmlChar *)name);
    if (!text)
        return STR_NONE;
    struct str copy = arena_str(arena, str_of((const char *)text));
    xmlFree(text);
    return copy;
}

static struct str content(struct arena *arena, const xmlNode *node)
{
    xmlChar *text = xmlNodeGetContent(node);
    struct str copy = arena_str(arena, str_of(text ? (const char *)text : ""));
    xmlFree(text);
    return copy;
}

static struct value number_of(struct str text)
{
    struct error err = ERROR_INIT;
    struct value v = value_null;
    return value_number_parse(str_trim(text), &v, &err) == OK ? v : value_null;
}

static struct value typed_value(struct str type, struct str text)
{
    ptrdiff_t colon = str_find(type, STR(":"), 0);
    struct str name = colon < 0 ? type : str_part(type, (size_t)colon + 1, type.len);
    struct str trimmed = str_trim(text);
    struct value v = value_null;
    bool known = true;
    if (str_equal(name, STR("string")))
        return value_string(text);
    if (str_equal(name, STR("boolean")))
        return value_boolean(str_equal(trimmed, STR("true")) || str_equal(trimmed, STR("1")));
    if (str_equal(name, STR("date")))
        known = date_parse(trimmed, &v);
    else if (str_equal(name, STR("time")))
        known = time_parse(trimmed, &v);
    else if (str_equal(name, STR("dateTime")))
        known = date_time_parse(trimmed, &v);
    else if (str_find(name, STR("uration"), 0) >= 0)
        known = duration_parse(trimmed, &v);
    else
        known = !value_is_null(v = number_of(trimmed));
    return known ? v : value_string(trimmed);
}

static struct kit_value read_value(struct arena *arena, const xmlNode *holder);

static struct kit_value read_components(struct arena *arena, xmlNode *first)
{
    struct kit_value result = {0};
    struct context_builder builder;
    context_builder_init(&builder, arena);
    for (const xmlNode *at = first; at; at = sibling_of(at, "component")) {
        struct kit_value member = read_value(arena, at);
        result.untyped |= member.untyped;
        context_builder_put(&builder, attribute(arena, at, "name"), member.value);
    }
    result.value = context_builder_done(&builder);
    return result;
}

static struct kit_value read_list(struct arena *arena, const xmlNode *list)
{
    struct kit_value result = {0};
    struct list_builder builder;
    list_builder_init(&builder, arena);
    for (const xmlNode *at = child_of(list, "item"); at; at = sibling_of(at, "item")) {
        struct kit_value item = read_value(arena, at);
        result.untyped |= item.untyped;
        list_builder_push(&builder, item.value);
    }
    result.value = list_builder_done(&builder);
    return result;
}

static bool is_nil(struct arena *arena, const xmlNode *node)
{
    struct str nil = attribute(arena, node, "nil");
    return str_equal(nil, STR("true")) || str_equal(nil, STR("1"));
}

/* What stands inside an inputNode, expected, component or item. */
static struct kit_value read_value(struct arena *arena, const xmlNode *holder)
{
    const xmlNode *value = child_of(holder, "value");
    const xmlNode *list = child_of(holder, "list");
    xmlNode *component = child_of(holder, "component");
    if (is_nil(arena, holder) || (list && is_nil(arena, list)) || (value && is_nil(arena, value)))
        return (struct kit_value){.value = value_null};
    if (list)
        return read_list(arena, list);
    if (component)
        return read_components(arena, component);
    if (!value)
        return (struct kit_value){.value = value_null};
    struct str type = attribute(arena, value, "type");
    struct str text = content(arena, value);
    if (type.len)
        return (struct kit_value){.value = typed_value(type, text)};
    if (!text.len)
        return (struct kit_value){.value = value_null};
    return (struct kit_value){.value = value_string(text), .untyped = true};
}

/* ---- Comparing ---- */

static size_t decimals_of(struct str text)
{
    ptrdiff_t dot = str_find(text, STR("."), 0);
    return dot < 0 ? 0 : text.len - (size_t)dot - 1;
}

/* The kit's authors rounded long results: eight decimals or more are met by what is less than one unit of the last
 * away. */
static bool same_number(struct arena *arena, struct value expected, struct value actual)
{
    struct value difference = value_null;
    struct value unit = value_null;
    struct error err = ERROR_INIT;
    if (number_compare(expected, actual) == 0)
        return true;
    size_t decimals = decimals_of(value_to_text(arena, expected));
    if (decimals < ROUNDED_DECIMALS || !number_subtract(expected, actual, &difference) ||
        value_number_parse(STR("1e-8"), &unit, &err) != OK)
        return false;
    return number_compare(difference, unit) < 0 && number_compare(number_negate(difference), unit) < 0;
}

static bool same(struct arena *arena, struct kit_value expected, struct value actual);

static bool same_members(struct arena *arena, struct kit_value expected, struct value actual)
{
    if (value_count(expected.value) != value_count(actual))
        return false;
    for (size_t i = 0; i < value_count(actual); i++) {
        struct value member = value_null;
        if (!value_find(expected.value, actual.context->members[i].key, &member) ||
            !same(arena, (struct kit_value){member, expected.untyped}, actual.context->members[i].value))
            return false;
    }
    return true;
}

/* Text without a type means whatever the actual value is. */
static struct value read_as(struct str text, struct value actual)
{
    struct value v = value_string(text);
    if (actual.kind == VALUE_NUMBER)
        return number_of(text);
    if (actual.kind == VALUE_BOOLEAN)
        return value_boolean(str_equal(text, STR("true")));
    if (actual.kind != VALUE_STRING && temporal_parse(str_trim(text), &v))
        return v;
    return value_string(text);
}

static bool same(struct arena *arena, struct kit_value expected, struct value actual)
{
    if (expected.untyped && expected.value.kind == VALUE_STRING)
        expected = (struct kit_value){.value = read_as(expected.value.string, actual)};
    if (expected.value.kind != actual.kind)
        return false;
    if (actual.kind == VALUE_NUMBER)
        return same_number(arena, expected.value, actual);
    if (actual.kind == VALUE_CONTEXT)
        return same_members(arena, expected, actual);
    if (actual.kind == VALUE_LIST) {
        if (value_count(expected.value) != value_count(actual))
            return false;
        for (size_t i = 0; i < value_count(actual); i++)
            if (!same(arena, (struct kit_value){value_at(expected.value, i), expected.untyped}, value_at(actual, i)))
                return false;
        return true;
    }
    return value_identical(expected.value, actual) || value_is_true(value_equal(expected.value, actual));
}

/* ---- Running ---- */

struct test_file {
    const char *path;
    const struct dmn_model *model; /* NULL: it could not be loaded */
    struct error err;
    struct tally *tally;
};

/* A given text without a type is a number where it looks like one; dates are read by the input's type. */
static struct value guess(struct arena *arena, struct value v)
{
    if (v.kind == VALUE_STRING) {
        struct value number = number_of(v.string);
        return value_is_null(number) ? v : number;
    }
    if (v.kind == VALUE_LIST) {
        struct list *list = list_new(arena, v.list->count);
        for (size_t i = 0; i < v.list->count; i++)
            list->items[i] = guess(arena, v.list->items[i]);
        return value_of_list(list);
    }
    if (v.kind != VALUE_CONTEXT)
        return v;
    struct context_builder builder;
    context_builder_init(&builder, arena);
    for (size_t i = 0; i < v.context->count; i++)
        context_builder_put(&builder, v.context->members[i].key, guess(arena, v.context->members[i].value));
    return context_builder_done(&builder);
}

static struct kit_value read_inputs(struct arena *arena, const xmlNode *test)
{
    struct kit_value result = {0};
    struct context_builder builder;
    context_builder_init(&builder, arena);
    for (const xmlNode *at = child_of(test, "inputNode"); at; at = sibling_of(at, "inputNode")) {
        struct kit_value input = read_value(arena, at);
        result.untyped |= input.untyped;
        context_builder_put(&builder, attribute(arena, at, "name"),
                            input.untyped ? guess(arena, input.value) : input.value);
    }
    result.value = context_builder_done(&builder);
    return result;
}

static struct value evaluate(struct arena *arena, const struct test_file *file, struct str name,
                             struct kit_value inputs, struct str *reason)
{
    struct dmn_run run = {
        .feel = {.arena = arena, .now_ms = world_real.now_ms(NULL)},
        .input_form = inputs.untyped ? DMN_INPUTS_JSON : DMN_INPUTS_TYPED,
    };
    struct error err = ERROR_INIT;
    struct value v = value_null;
    if (dmn_evaluate(file->model, name, inputs.value, &run, &v, &err) != OK)
        *reason = arena_str(arena, str_of(err.message));
    else if (run.feel.note_count)
        *reason = run.feel.notes[0].text;
    return v;
}

static bool run_check(struct arena *arena, const struct test_file *file, const xmlNode *test, const xmlNode *result,
                      struct kit_value inputs)
{
    struct str service = attribute(arena, test, "invocableName");
    struct str name = attribute(arena, result, "name");
    struct kit_value expected = read_value(arena, child_of(result, "expected"));
    struct str reason = STR_NONE;
    struct value actual = value_null;
    file->tally->checks++;
    file->tally->not_null += !value_is_null(expected.value);
    if (file->model)
        actual = evaluate(arena, file, service.len ? service : name, inputs, &reason);
    else
        reason = str_of(file->err.message);
    struct value member = value_null;
    if (service.len && value_find(actual, name, &member))
        actual = member;
    if (file->model && same(arena, expected, actual))
        return true;
    printf("%s: %.*s: %.*s is %.*s, expected %.*s%s%.*s\n", file->path, STR_ARGS(attribute(arena, test, "id")),
           STR_ARGS(name), STR_ARGS(value_to_text(arena, actual)), STR_ARGS(value_to_text(arena, expected.value)),
           reason.len ? ": " : "", STR_ARGS(reason));
    return false;
}

static void run_case(const struct test_file *file, const xmlNode *test)
{
    struct arena arena;
    arena_init(&arena);
    struct kit_value inputs = read_inputs(&arena, test);
    bool passed = true;
    for (const xmlNode *result = child_of(test, "resultNode"); result; result = sibling_of(result, "resultNode"))
        passed &= run_check(&arena, file, test, result, inputs);
    if (passed)
        file->tally->passed++;
    else
        file->tally->failed++;
    arena_release(&arena);
}

static void run_file(const char *folder, const char *name, struct tally *tally)
{
    struct arena arena;
    arena_init(&arena);
    struct str path = arena_printf(&arena, "%s/%s", folder, name);
    struct str text = STR_NONE;
    struct error err = ERROR_INIT;
    xmlDoc *document = NULL;
    if (file_read(&arena, path.data, FILE_BYTES_MAX, &text, &err) == OK)
        document = xmlReadMemory(text.data, (int)text.len, NULL, NULL,
                                 XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    const xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;
    if (root && strcmp((const char *)root->name, "testCases") == 0) {
        struct test_file file = {.path = path.data, .tally = tally};
        const xmlNode *model_name = child_of(root, "modelName");
        struct str model = arena_printf(&arena, "%s/%.*s", folder, STR_ARGS(str_trim(content(&arena, model_name))));
        if (cli_dmn_load(&arena, model.data, DMN_TOLERANT, &file.model, &file.err) != OK)
            file.model = NULL;
        for (const xmlNode *test = child_of(root, "testCase"); test; test = sibling_of(test, "testCase"))
            run_case(&file, test);
    }
    xmlFreeDoc(document);
    arena_release(&arena);
}

static void run_folder(const char *folder, int depth, struct tally *tally)
{
    struct arena arena;
    arena_init(&arena);
    struct str *names = NULL;
    size_t count = 0;
    struct error err = ERROR_INIT;
    if (folder_list(&arena, folder, "", &names, &count, &err) != OK) {
        cli_dmn_report("tck", &err);
        tally->failed++;
    }
    for (size_t i = 0; i < count; i++) {
        struct str path = arena_printf(&arena, "%s/%.*s", folder, STR_ARGS(names[i]));
        struct stat status;
        if (stat(path.data, &status) == 0 && S_ISDIR(status.st_mode) && depth < FOLDER_DEPTH_MAX)
            run_folder(path.data, depth + 1, tally);
        else if (str_ends(names[i], STR(".xml")))
            run_file(folder, arena_cstr(&arena, names[i]), tally);
    }
    arena_release(&arena);
}

int cli_dmn_tck(struct arena *arena, int argc, char **argv)
{
    (void)arena;
    if (argc < 2)
        return 2;
    struct tally tally = {0};
    for (int i = 1; i < argc; i++)
        run_folder(argv[i], 0, &tally);
    printf("%zu checks, %zu of them of something other than null\n", tally.checks, tally.not_null);
    printf("%zu passed, %zu failed\n", tally.passed, tally.failed);
    return tally.failed > 0 || tally.passed == 0;
}
