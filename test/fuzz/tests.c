/* Unary tests: any text is refused, or is true, false or null for values of every kind; its shape never contradicts it.
 */
#include "feel/feel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the shape says of v: an interval test by hand. */
static bool in_shape(const struct range *range, struct value v, bool *unclear)
{
    int order = 0;
    if (!value_is_null(range->start)) {
        if (!value_compare(v, range->start, &order)) {
            struct value equal = value_equal(v, range->start);
            *unclear |= equal.kind != VALUE_BOOLEAN || !range->start_included || !range->end_included;
            return value_is_true(equal);
        }
        if (order < 0 || (order == 0 && !range->start_included))
            return false;
    }
    if (value_is_null(range->end))
        return true;
    if (!value_compare(v, range->end, &order)) {
        *unclear = true;
        return false;
    }
    return order < 0 || (order == 0 && range->end_included);
}

static void agree(const struct feel_program *program, struct value v, struct value found)
{
    struct feel_tests_shape shape = feel_tests_shape(program);
    bool unclear = false;
    bool inside = shape.kind == FEEL_TEST_ANY;
    for (size_t i = 0; i < shape.count; i++)
        inside |= in_shape(&shape.ranges[i], v, &unclear);
    if (shape.kind == FEEL_TEST_OTHER || unclear || found.kind != VALUE_BOOLEAN)
        return;
    CHECK(found.boolean == (inside != (shape.kind == FEEL_TEST_NOT)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct error err = ERROR_INIT;
    const struct feel_program *program = NULL;
    arena_init(&arena);
    struct str names[] = {STR("limit"), STR("list")};
    struct value one = value_int(1);
    struct value slots[] = {value_int(5), value_list(&arena, &one, 1)};
    struct value date;
    CHECK(date_parse(STR("2026-07-01"), &date));
    const struct value tested[] = {value_null, value_true, value_int(5), value_string(STR("a")), slots[1], date};
    struct feel_options options = {.syntax = FEEL_UNARY_TESTS, .scope = {names, COUNT_OF(names)}};
    if (feel_compile(&arena, (struct str){(const char *)data, size}, &options, &program, &err) == OK) {
        for (size_t i = 0; i < COUNT_OF(tested); i++) {
            struct feel_run run = {
                .arena = &arena, .steps_max = 20000, .list_max = 2000, .depth_max = 64, .regex_ms = 5};
            struct feel_input input = {.slots = slots, .tested = &tested[i]};
            struct value found = feel_evaluate(program, &input, &run);
            CHECK(found.kind == VALUE_BOOLEAN || value_is_null(found));
            agree(program, tested[i], found);
        }
    } else {
        CHECK(err.kind != ERROR_NONE && err.message[0]);
    }
    arena_release(&arena);
    return 0;
}
