/* FEEL expressions: any text is refused with a position, or evaluates within its limits to a value that can be written.
 */
#include "feel/feel.h"
#include "feel/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char context_text[] =
    "{\"x\":5,\"y\":null,\"s\":\"text\",\"b\":true,\"list\":[1,2,{\"a\":1,\"first name\":\"N\"},null],"
    "\"ctx\":{\"a\":{\"b\":[1]},\"pre-tax sum\":2},\"a-b\":7,\"date of birth\":\"1990-01-01\"}";

static uint64_t chance(void *state)
{
    (void)state;
    return 42;
}

static void evaluate(struct arena *arena, const struct feel_program *program, const struct feel_input *input)
{
    struct feel_run run = {
        .arena = arena, .steps_max = 20000, .list_max = 2000, .depth_max = 64, .regex_ms = 5, .random = chance};
    struct value value = feel_evaluate(program, input, &run);
    struct buf out;
    buf_init(&out, (size_t)1 << 24);
    json_write(&out, value);
    buf_release(&out);
    CHECK(!run.stopped || (value_is_null(value) && run.note_count > 0));
    const struct str *names = NULL;
    feel_free_names(program, &names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct error err = ERROR_INIT;
    struct value context = value_null;
    const struct feel_program *program = NULL;
    arena_init(&arena);
    CHECK(json_parse(&arena, str_of(context_text), NULL, &context, &err) == OK);
    struct str names[8];
    struct value slots[8];
    size_t count = value_count(context);
    CHECK(count == COUNT_OF(names));
    for (size_t i = 0; i < count; i++) {
        names[i] = context.context->members[i].key;
        slots[i] = context.context->members[i].value;
    }
    struct feel_options options = {.scope = {names, count}};
    struct feel_input input = {.slots = slots, .context = context};
    if (feel_compile(&arena, (struct str){(const char *)data, size}, &options, &program, &err) == OK)
        evaluate(&arena, program, &input);
    else
        CHECK(err.kind != ERROR_NONE && err.message[0]);
    arena_release(&arena);
    return 0;
}
