/* QR codes: other people's reader must read them back. */
#include "leaks.h"
#include "outside.h"
#include "trust/qr.h"
#include "trust/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include "../scratch.h"

/* Reads a picture with zbarimg. */
static struct str scan(struct str png)
{
    const char *folder = outside_folder(&arena);
    const char *file = outside_write(&arena, folder, "code.png", png);
    const char *arguments[] = {"zbarimg", "-q", "--raw", "--nodbus", file, NULL};
    struct str output;
    int code = outside_run(&arena, folder, arguments, &output);
    outside_remove(&arena, folder);
    if (code == 127) {
        print_message("skipped: zbarimg is not installed\n");
        skip();
    }
    return str_trim(output);
}

static void a_scanner_reads_our_pictures(void **state)
{
    (void)state;
    static const char *const texts[] = {"https://example.gov.cn/v/C230100202607060000028ABCDEFGH", "1",
                                        "通办:证照核验"};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        for (int level = QR_LOW; level <= QR_HIGH; level++) {
            struct str png;
            struct error err = ERROR_INIT;
            assert_int_equal(qr_png(&arena, str_of(texts[i]), (enum qr_level)level, 200, &png, &err), OK);
            assert_true(str_starts(png, STR("\x89PNG\r\n")));
            assert_string_equal(scan(png).data ? arena_cstr(&arena, scan(png)) : "", texts[i]);
        }
}

static void a_scanner_reads_our_paths(void **state)
{
    (void)state;
    struct qr_path path;
    struct error err = ERROR_INIT;
    assert_int_equal(qr_svg_path(&arena, STR("https://example.gov.cn/v/ABC"), QR_MEDIUM, &path, &err), OK);
    assert_int_equal((path.size - 8 - 17) % 4, 0);
    struct str svg =
        arena_printf(&arena,
                     "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"300\" height=\"300\" viewBox=\"0 0 %d %d\">"
                     "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/><path d=\"%s\"/></svg>",
                     path.size, path.size, path.d.data);
    struct str png;
    assert_int_equal(render_png(&arena, svg, 300, &png, &err), OK);
    assert_string_equal(arena_cstr(&arena, scan(png)), "https://example.gov.cn/v/ABC");
}

static void texts_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    struct str out = STR("untouched");
    struct qr_path path;
    struct error err = ERROR_INIT;
    char text[QR_TEXT_MAX + 1];
    memset(text, 'x', sizeof(text));
    assert_int_equal(qr_png(&arena, (struct str){text, sizeof(text)}, QR_LOW, 100, &out, &err), FAILED);
    assert_string_equal(err.type, "qr-too-long");
    assert_int_equal(qr_svg_path(&arena, (struct str){text, 1300}, QR_HIGH, &path, &err), FAILED);
    assert_int_equal(qr_svg_path(&arena, (struct str){text, 1200}, QR_HIGH, &path, &err), OK);
    assert_int_equal(qr_svg_path(&arena, STR(""), QR_HIGH, &path, &err), FAILED);
    assert_int_equal(qr_png(&arena, STR("x"), QR_LOW, 0, &out, &err), FAILED);
    assert_int_equal(qr_png(&arena, STR("x"), QR_LOW, 5000, &out, &err), FAILED);
    assert_true(str_equal(out, STR("untouched")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scanner_reads_our_pictures),
        cmocka_unit_test(a_scanner_reads_our_paths),
        cmocka_unit_test(texts_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
