/* JSON: what is read and written again is the same value, and its text does not change a second time. */
#include "feel/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct value read_again(struct arena *arena, struct str text)
{
    struct error err = ERROR_INIT;
    struct value v = value_null;
    CHECK(json_parse(arena, text, NULL, &v, &err) == OK);
    return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct error err = ERROR_INIT;
    struct value v = value_null;
    arena_init(&arena);
    if (json_parse(&arena, (struct str){(const char *)data, size}, NULL, &v, &err) == OK) {
        struct str text = json_text(&arena, v);
        struct value again = read_again(&arena, text);
        CHECK(value_identical(v, again));
        CHECK(value_identical(v, value_copy(&arena, v)));
        CHECK(str_equal(text, json_text(&arena, again)));
        struct str canonical = json_canonical(&arena, v);
        again = read_again(&arena, canonical);
        CHECK(value_identical(v, again));
        CHECK(str_equal(canonical, json_canonical(&arena, again)));
        CHECK(value_to_text(&arena, v).data || value_text(v).len == 0);
    } else {
        CHECK(err.kind != ERROR_NONE && err.message[0] && err.field[0]);
    }
    arena_release(&arena);
    return 0;
}
