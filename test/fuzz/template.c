/* Templates: any text is refused with a position, or renders within its limits; what is escaped holds no markup. */
#include "feel/template.h"
#include "feel/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char context_text[] = "{\"name\":\"<b>&\\\"'\",\"n\":3,\"rows\":[{\"a\":1,\"b\":[1,2]},{\"a\":\"x\"},null,"
                                   "5],\"empty\":[],\"c\":{\"d\":{\"e\":\"中\"}}}";

/* A partial that is the template itself, which must be refused, and one that is not. */
static bool partial(void *state, struct str name, struct str *out)
{
    *out = str_equal(name, STR("self")) ? *(struct str *)state : STR("[{{name}}]");
    return str_equal(name, STR("self")) || str_equal(name, STR("other"));
}

static void render(struct arena *arena, const struct template *template)
{
    struct error err = ERROR_INIT;
    struct value context = value_null;
    struct buf out;
    buf_init(&out, (size_t)1 << 20);
    CHECK(json_parse(arena, str_of(context_text), NULL, &context, &err) == OK);
    struct feel_run run = {.arena = arena, .steps_max = 20000, .list_max = 1000};
    if (template_render(template, context, &run, &out, &err) != OK)
        CHECK(err.kind == ERROR_LIMIT && err.message[0]);
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct error err = ERROR_INIT;
    struct str source = {(const char *)data, size};
    const struct template *template = NULL;
    arena_init(&arena);
    if (utf8_valid(source)) {
        struct template_options options = {.kind = TEMPLATE_HTML, .partial = partial, .partial_state = &source};
        if (template_compile(&arena, source, &options, &template, &err) == OK)
            render(&arena, template);
        else
            CHECK(err.kind != ERROR_NONE && err.message[0] && err.field[0]);
    }
    arena_release(&arena);
    return 0;
}
