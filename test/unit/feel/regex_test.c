/* Plain patterns, which are matched byte by byte, against ICU, which gets the same pattern in a group that is not plain. */
#include "expressions.h"

#include "feel/regex_plain.h"

static uint64_t chance = 88172645463325252u;

static size_t below(size_t n)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return (size_t)(chance % n);
}

static void put_way(struct buf *out)
{
    static const char *const atoms[] = {"a", "b", "-", "1", "[ab]", "[0-3]", "[a-c1]", "/"};
    for (size_t n = 1 + below(3); n > 0; n--)
        buf_put(out, str_of(atoms[below(COUNT_OF(atoms))]));
}

/* body is "a|b[ab]" or "ab"; the pattern stands around it. */
static void put_body(struct buf *out, bool several)
{
    put_way(out);
    for (size_t n = several ? below(3) : 0; n > 0; n--) {
        buf_put_char(out, '|');
        put_way(out);
    }
}

static struct str random_text(struct arena *arena)
{
    static const char *const letters[] = {"a", "b", "c", "1", "2", "-", "/", "根"};
    struct str text = STR("");
    for (size_t n = below(5); n > 0; n--)
        text = arena_printf(arena, "%.*s%s", STR_ARGS(text), letters[below(COUNT_OF(letters))]);
    return text;
}

static bool icu_says(struct arena *arena, struct str text, const char *start, struct str body, const char *end)
{
    struct str call =
        arena_printf(arena, "matches(\"%.*s\", \"%s(?:%.*s)%s\")", STR_ARGS(text), start, STR_ARGS(body), end);
    struct outcome out = evaluate(arena, FEEL_EXPRESSION, value_null, call);
    assert_true(out.compiled);
    assert_int_equal(out.value.kind, VALUE_BOOLEAN);
    return out.value.boolean;
}

static void plain_patterns_match_as_icu_says(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    int matched = 0;
    for (int i = 0; i < 3000; i++) {
        struct buf body, pattern;
        bool several = below(2);
        const char *start = below(2) ? "^" : "", *end = below(2) ? "$" : "";
        buf_init(&body, 0);
        buf_init(&pattern, 0);
        put_body(&body, several);
        buf_printf(&pattern, several ? "%s(%.*s)%s" : "%s%.*s%s", start, STR_ARGS(buf_str(&body)), end);
        struct regex_plain *plain = regex_plain_new(buf_str(&pattern));
        struct str text = random_text(&arena);
        if (!plain)
            fail_msg("%.*s is not plain", STR_ARGS(buf_str(&pattern)));
        bool found = regex_plain_matches(plain, text);
        if (found != icu_says(&arena, text, start, buf_str(&body), end))
            fail_msg("'%.*s' in '%.*s': %d", STR_ARGS(buf_str(&pattern)), STR_ARGS(text), found);
        matched += found;
        heap_free(plain);
        buf_release(&pattern);
        buf_release(&body);
        arena_reset(&arena);
    }
    assert_in_range(matched, 200, 2700);
    arena_release(&arena);
}

static void other_patterns_are_left_to_icu(void **state)
{
    (void)state;
    static const char *const others[] = {"",   "a*",  "a|b",  "^a|b$", "[^a]",  "[a-c-[b]]", "\\d", ".",   "(a", "a)",
                                         "[a", "a{2}", "(a)(b)", "(a|)", "[b-a]", "根",        "a^",  "$a", "^",  "[]"};
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (regex_plain_new(str_of(others[i])))
            fail_msg("%s counts as plain", others[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_patterns_match_as_icu_says),
        cmocka_unit_test(other_patterns_are_left_to_icu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
