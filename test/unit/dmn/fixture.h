/* What the tests of this folder share: reading golden files, loading models from text, evaluating to JSON text. */
#pragma once

#include "dmn/dmn.h"
#include "feel/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GOLDEN SOURCE_ROOT "/test/golden/dmn/"

static inline struct str fixture_file(struct arena *arena, const char *name)
{
    struct str path = arena_printf(arena, "%s%s", GOLDEN, name);
    struct str text = STR_NONE;
    struct error err = ERROR_INIT;
    if (file_read(arena, path.data, 16 * 1024 * 1024, &text, &err) != OK)
        fail_msg("%s", err.message);
    return text;
}

static inline struct value fixture_json(struct arena *arena, struct str text)
{
    struct value v = value_null;
    struct error err = ERROR_INIT;
    if (json_parse(arena, str_trim(text), NULL, &v, &err) != OK)
        fail_msg("%.*s: %s", STR_ARGS(text), err.message);
    return v;
}

static inline const struct dmn_model *fixture_load(struct arena *arena, struct str name, struct str text,
                                                   enum dmn_strictness strictness)
{
    struct dmn_source source = {name, text};
    struct dmn_options options = {.strictness = strictness};
    const struct dmn_model *model = NULL;
    struct error err = ERROR_INIT;
    if (dmn_load(arena, &source, 1, &options, &model, &err) != OK)
        fail_msg("%.*s: %s (%s)", STR_ARGS(name), err.message, err.field);
    return model;
}

/* Evaluates with JSON inputs; *reason becomes the notes, one after the other. */
static inline struct value fixture_evaluate(struct arena *arena, const struct dmn_model *model, struct str decision,
                                            struct value input, struct str *reason)
{
    struct dmn_run run = {.feel = {.arena = arena}, .input_form = DMN_INPUTS_JSON};
    struct value v = value_null;
    struct error err = ERROR_INIT;
    if (dmn_evaluate(model, decision, input, &run, &v, &err) != OK) {
        *reason = arena_str(arena, str_of(err.message));
        return value_null;
    }
    *reason = STR("");
    for (size_t i = 0; i < run.feel.note_count; i++)
        *reason = arena_printf(arena, "%.*s%.*s; ", STR_ARGS(*reason), STR_ARGS(run.feel.notes[i].text));
    return v;
}

/* Equal as JSON: dates are their texts, numbers are numbers. */
static inline bool fixture_same(struct arena *arena, struct value answer, struct value expected)
{
    return value_identical(fixture_json(arena, json_text(arena, answer)), expected);
}
