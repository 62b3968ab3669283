#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void a_file_is_replaced_whole(void **state)
{
    (void)state;
    char folder[] = "/tmp/tongban-world-XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct arena arena;
    arena_init(&arena);
    struct error err = ERROR_INIT;
    const char *path = arena_printf(&arena, "%s/file", folder).data;
    assert_int_equal(file_write(path, STR("first"), 0600, &err), OK);
    assert_int_equal(file_write(path, STR("second, longer"), 0600, &err), OK);
    struct str content;
    assert_int_equal(file_read(&arena, path, 100, &content, &err), OK);
    assert_true(str_equal(content, STR("second, longer")));
    assert_int_equal(file_read(&arena, path, 3, &content, &err), FAILED);
    assert_string_equal(err.type, "file-too-large");
    struct str *names;
    size_t count;
    assert_int_equal(folder_list(&arena, folder, "", &names, &count, &err), OK);
    assert_int_equal(count, 1); /* no temporary file is left */
    unlink(path);
    rmdir(folder);
    arena_release(&arena);
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct error err = ERROR_INIT;
    struct str content = STR("untouched");
    assert_int_equal(file_read(&arena, "/nonexistent/file", 10, &content, &err), FAILED);
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "/nonexistent/file"));
    assert_true(str_equal(content, STR("untouched")));
    arena_release(&arena);
}

static void an_error_is_cut_between_characters(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    char text[2000];
    for (size_t i = 0; i + 3 < sizeof(text); i += 3)
        memcpy(text + i, "通", 4);
    assert_int_equal(error_set(&err, ERROR_INVALID, "test", "%s", text), FAILED);
    assert_true(utf8_valid(str_of(err.message)));
    assert_in_range(strlen(err.message), sizeof(err.message) - 4, sizeof(err.message) - 1);
    error_prefix(&err, "名称");
    assert_true(utf8_valid(str_of(err.message)));
    assert_true(str_starts(str_of(err.message), STR("名称: 通")));
    error_field(&err, "form.%s", "id");
    error_hint(&err, "write it again");
    assert_string_equal(err.field, "form.id");
    assert_string_equal(err.hint, "write it again");
}

static void random_bytes_differ(void **state)
{
    (void)state;
    unsigned char a[16] = {0};
    unsigned char b[16] = {0};
    world_real.random(NULL, a, sizeof(a));
    world_real.random(NULL, b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    assert_true(world_real.now_ms(NULL) > 1700000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_replaced_whole),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(an_error_is_cut_between_characters),
        cmocka_unit_test(random_bytes_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
