#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (size_t size = 0; size < 300; size += 7) {
        unsigned char *p = arena_alloc(&arena, size);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xAA, size);
    }
    arena_release(&arena);
}

static void rewinding_gives_back_what_came_after_the_mark(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    char *before = arena_alloc(&arena, 10);
    memcpy(before, "keep this", 10);
    struct arena_mark mark = arena_mark(&arena);
    size_t used = arena.used;
    for (int i = 0; i < 100; i++)
        arena_alloc(&arena, 100000);
    arena_rewind(&arena, mark);
    assert_int_equal(arena.used, used);
    assert_string_equal(before, "keep this");
    arena_release(&arena);
}

static void rewinding_to_an_empty_mark_empties_the_arena(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct arena_mark mark = arena_mark(&arena);
    arena_alloc(&arena, 100000);
    arena_rewind(&arena, mark);
    assert_int_equal(arena.used, 0);
    assert_non_null(arena_alloc(&arena, 8));
    arena_release(&arena);
}

static void a_limit_tells_when_to_stop(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    arena.limit = 1000;
    arena_alloc(&arena, 900);
    assert_false(arena_exhausted(&arena));
    arena_alloc(&arena, 200);
    assert_true(arena_exhausted(&arena));
    arena_release(&arena);
}

static void a_buffer_keeps_what_fits(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 5);
    buf_put(&buf, STR("abc"));
    buf_printf(&buf, "%d", 1234);
    assert_true(buf.overflowed);
    assert_string_equal(buf.data, "abc12");
    buf_reset(&buf);
    assert_false(buf.overflowed);
    assert_int_equal(buf_str(&buf).len, 0);
    buf_release(&buf);
}

static void a_vector_grows_in_its_arena(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    VECTOR(int) numbers = {0};
    for (int i = 0; i < 1000; i++)
        VECTOR_PUSH(&arena, &numbers, i);
    assert_int_equal(numbers.count, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(numbers.items[i], i);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(rewinding_gives_back_what_came_after_the_mark),
        cmocka_unit_test(rewinding_to_an_empty_mark_empties_the_arena),
        cmocka_unit_test(a_limit_tells_when_to_stop),
        cmocka_unit_test(a_buffer_keeps_what_fits),
        cmocka_unit_test(a_vector_grows_in_its_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
