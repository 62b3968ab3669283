/* Print: pages of the right size with text that can be searched, and nothing read from outside the SVG. */
#include "leaks.h"
#include "outside.h"
#include "trust/internal.h"
#include "trust/render.h"

#include <cairo-pdf.h>
#include <librsvg/rsvg.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../scratch.h"

#define SVG "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" "
static const struct render_options options = {
    .title = {"死亡证明", 12}, .author = {"卫健委", 9}, .created_ms = 1780000000000};

static struct str pdf_of(const struct str *pages, size_t count)
{
    struct str pdf;
    struct error err = ERROR_INIT;
    assert_int_equal(render_pdf(&arena, pages, count, &options, &pdf, &err), OK);
    assert_true(str_starts(pdf, STR("%PDF-")));
    return pdf;
}

/* The output of a poppler tool run on a PDF. */
static struct str look(struct str pdf, const char *tool, const char *last)
{
    const char *folder = outside_folder(&arena);
    const char *file = outside_write(&arena, folder, "file.pdf", pdf);
    const char *arguments[] = {tool, file, last, NULL};
    struct str output;
    int code = outside_run(&arena, folder, arguments, &output);
    outside_remove(&arena, folder);
    if (code == 127) {
        print_message("skipped: %s is not installed\n", tool);
        skip();
    }
    assert_int_equal(code, 0);
    return output;
}

static const struct str two_pages[] = {
    {.data = SVG "width=\"210mm\" height=\"297mm\" viewBox=\"0 0 210 297\"><text x=\"20\" y=\"40\" font-size=\"8\" "
                 "font-family=\"Noto Serif CJK SC\">居民死亡医学证明书</text></svg>",
     .len = 0},
    {.data = SVG "width=\"96\" height=\"48\"><text y=\"20\">second</text></svg>", .len = 0},
};

static const struct str *pages(void)
{
    struct str *out = arena_array(&arena, struct str, 2);
    for (size_t i = 0; i < 2; i++)
        out[i] = str_of(two_pages[i].data);
    return out;
}

static void text_can_be_searched_and_pages_have_their_size(void **state)
{
    (void)state;
    struct str pdf = pdf_of(pages(), 2);
    struct str text = look(pdf, "pdftotext", "-");
    assert_true(str_find(text, STR("居民死亡医学证明书"), 0) >= 0);
    assert_true(str_find(text, STR("second"), 0) >= 0);
    struct str info = look(pdf, "pdfinfo", "-isodates");
    assert_true(str_find(info, STR("Pages:           2"), 0) >= 0);
    assert_true(str_find(info, STR("(A4)"), 0) >= 0);
    assert_true(str_find(info, STR("死亡证明"), 0) >= 0);
    assert_true(str_find(info, STR("2026-05-28"), 0) >= 0);
    assert_true(str_find(pdf, STR("/MediaBox [ 0 0 72 36 ]"), 0) >= 0);
}

static void equal_input_gives_equal_bytes(void **state)
{
    (void)state;
    assert_true(str_equal(pdf_of(pages(), 2), pdf_of(pages(), 2)));
}

static cairo_status_t keep(void *closure, const unsigned char *data, unsigned len)
{
    buf_put(closure, (struct str){(const char *)data, len});
    return CAIRO_STATUS_SUCCESS;
}

/* The page as cairo itself writes it, with every subroutine of the font. */
static struct str pdf_of_cairo(struct str svg)
{
    struct buf bytes;
    buf_init(&bytes, 0);
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(keep, &bytes, 300, 300);
    cairo_t *cairo = cairo_create(surface);
    RsvgHandle *handle = rsvg_handle_new_from_data((const guint8 *)svg.data, svg.len, NULL);
    assert_non_null(handle);
    rsvg_handle_set_dpi(handle, 96);
    const RsvgRectangle page = {0, 0, 300, 300};
    assert_true(rsvg_handle_render_document(handle, cairo, &page, NULL));
    cairo_show_page(cairo);
    g_object_unref(handle);
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    return arena_take(&arena, &bytes);
}

/* With these three characters cairo embeds all 26,000 subroutines of the font. */
static void fonts_hold_what_is_printed_and_look_the_same(void **state)
{
    (void)state;
    static const char *const families[] = {"Noto Serif CJK SC", "Noto Sans CJK SC"};
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        struct str svg = arena_printf(&arena,
                                      SVG "width=\"400\" height=\"400\" font-family=\"%s\" font-size=\"40\">"
                                          "<text y=\"60\">兹亲在,gfty 2026</text>"
                                          "<text y=\"160\" font-weight=\"700\">死亡证明 ABC</text></svg>",
                                      families[i]);
        struct str large = pdf_of_cairo(svg), small = pdf_of(&svg, 1);
        assert_true(small.len < 30000);
        assert_true(large.len > 4 * small.len);
        struct str text = look(small, "pdftotext", "-");
        assert_true(str_find(text, STR("兹亲在"), 0) >= 0 && str_find(text, STR("死亡证明"), 0) >= 0);
        struct str picture = look(small, "pdftoppm", NULL);
        assert_true(picture.len > 100000);
        assert_true(str_equal(picture, look(large, "pdftoppm", NULL)));
    }
}

static void a_font_or_paper_of_another_make_stays_as_it_is(void **state)
{
    (void)state;
    struct str svg = str_of(two_pages[0].data), out = STR("untouched");
    struct str pdf = pdf_of_cairo(svg);
    for (size_t len = 0; len < pdf.len; len += 1 + pdf.len / 200) {
        struct str cut = str_part(pdf, 0, len);
        assert_true(str_equal(pdf_slim(&arena, cut), cut));
        assert_false(cff_flatten(&arena, cut, &out));
    }
    assert_true(str_equal(out, STR("untouched")));
}

static void pictures_have_the_width_asked_for(void **state)
{
    (void)state;
    struct str png;
    struct error err = ERROR_INIT;
    assert_int_equal(render_png(&arena, str_of(two_pages[1].data), 500, &png, &err), OK);
    assert_true(str_starts(png, STR("\x89PNG\r\n")));
    const unsigned char *size = (const unsigned char *)png.data + 16;
    assert_int_equal(size[2] << 8 | size[3], 500);
    assert_int_equal(size[6] << 8 | size[7], 250);
}

/* A red picture lies on disk. If any of these references were followed, the page would not be the same without it. */
static void nothing_outside_the_svg_is_read(void **state)
{
    (void)state;
    const char *folder = outside_folder(&arena);
    struct str red = STR(SVG "width=\"9\" height=\"9\"><rect id=\"r\" width=\"9\" height=\"9\" fill=\"red\"/></svg>");
    struct str red_png;
    struct error err = ERROR_INIT;
    assert_int_equal(render_png(&arena, red, 9, &red_png, &err), OK);
    const char *svg_file = outside_write(&arena, folder, "red.svg", red);
    const char *png_file = outside_write(&arena, folder, "red.png", red_png);
    outside_write(&arena, folder, "red.css", STR("* { fill: red }"));
    const struct str bodies[] = {
        arena_printf(&arena, "<image width=\"9\" height=\"9\" xlink:href=\"file://%s\"/>", png_file),
        arena_printf(&arena, "<image width=\"9\" height=\"9\" href=\"%s\"/>", png_file),
        arena_printf(&arena, "<image width=\"9\" height=\"9\" href=\"file://%s\"/>", svg_file),
        arena_printf(&arena, "<use xlink:href=\"file://%s#r\"/>", svg_file),
        arena_printf(&arena, "<rect width=\"9\" height=\"9\" fill=\"url(file://%s#r) white\"/>", svg_file),
        arena_printf(&arena,
                     "<style>@import url(file://%s/red.css);</style><rect width=\"9\" height=\"9\" fill=\"white\"/>",
                     folder),
        arena_printf(&arena,
                     "<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"file://%s\" parse=\"xml\"/>",
                     svg_file),
        STR("<image width=\"9\" height=\"9\" href=\"http://127.0.0.1:9/red.png\"/>"),
    };
    struct str empty = STR(SVG "width=\"9\" height=\"9\"><rect width=\"9\" height=\"9\" fill=\"white\"/></svg>");
    struct str white;
    assert_int_equal(render_png(&arena, empty, 9, &white, &err), OK);
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct str svg =
            arena_printf(&arena, SVG "width=\"9\" height=\"9\"><rect width=\"9\" height=\"9\" fill=\"white\"/>%s</svg>",
                         bodies[i].data);
        struct str png;
        assert_int_equal(render_png(&arena, svg, 9, &png, &err), OK);
        if (!str_equal(png, white))
            fail_msg("something was read: %s", bodies[i].data);
    }
    outside_remove(&arena, folder);
}

static void entities_of_files_stay_empty(void **state)
{
    (void)state;
    const char *folder = outside_folder(&arena);
    const char *file = outside_write(&arena, folder, "secret", STR("SECRETWORD"));
    struct str svg = arena_printf(&arena,
                                  "<!DOCTYPE svg [<!ENTITY x SYSTEM \"file://%s\">]>" SVG
                                  "width=\"300\" height=\"50\"><text y=\"20\">before &x; after</text></svg>",
                                  file);
    struct str pdf;
    struct error err = ERROR_INIT;
    if (render_pdf(&arena, &svg, 1, &options, &pdf, &err) == OK)
        assert_true(str_find(look(pdf, "pdftotext", "-"), STR("SECRETWORD"), 0) < 0);
    outside_remove(&arena, folder);
}

static void pictures_inside_the_svg_are_drawn(void **state)
{
    (void)state;
    struct str red = STR(SVG "width=\"9\" height=\"9\"><rect width=\"9\" height=\"9\" fill=\"red\"/></svg>");
    struct str red_png, png;
    struct error err = ERROR_INIT;
    assert_int_equal(render_png(&arena, red, 9, &red_png, &err), OK);
    struct str svg = arena_printf(
        &arena,
        SVG "width=\"9\" height=\"9\"><image width=\"9\" height=\"9\" href=\"data:image/png;base64,%s\"/></svg>",
        base64_encode(&arena, red_png.data, red_png.len).data);
    assert_int_equal(render_png(&arena, svg, 9, &png, &err), OK);
    assert_true(str_equal(png, red_png));
}

static void what_cannot_be_drawn_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "hello",
        "<svg",
        "<html/>",
        SVG "width=\"9\"",
        SVG "width=\"90000\" height=\"9\"/>",
        "\xff\xfe",
        "<!DOCTYPE s [<!ENTITY a \"xxxxxxxxxx\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c "
        "\"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\"><!ENTITY e "
        "\"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\"><!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;\"><!ENTITY g "
        "\"&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;\"><!ENTITY h \"&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;\">]>" SVG
        "><text>&h;&h;&h;</text></svg>",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct str svg = str_of(texts[i]);
        struct str out = STR("untouched");
        struct error err = ERROR_INIT;
        if (render_pdf(&arena, &svg, 1, &options, &out, &err) == OK)
            fail_msg("drawn: %.60s", texts[i]);
        assert_string_equal(err.type, "svg-invalid");
        assert_true(str_equal(out, STR("untouched")));
    }
    struct error err = ERROR_INIT;
    struct str out;
    const struct str second_bad[] = {str_of(two_pages[1].data), STR("hello")};
    assert_int_equal(render_pdf(&arena, second_bad, 2, &options, &out, &err), FAILED);
    assert_string_equal(err.field, "page 2");
    assert_int_equal(render_pdf(&arena, second_bad, 0, &options, &out, &err), FAILED);
    assert_int_equal(render_png(&arena, second_bad[0], 0, &out, &err), FAILED);
    struct str tall = STR(SVG "width=\"1\" height=\"20000\"/>");
    assert_int_equal(render_png(&arena, tall, 8000, &out, &err), FAILED);
}

static void *draw(void *wrong)
{
    struct arena own;
    arena_init(&own);
    for (int i = 0; i < 5; i++) {
        struct str page = str_of(two_pages[0].data);
        struct str pdf;
        struct error err = ERROR_INIT;
        if (render_pdf(&own, &page, 1, &options, &pdf, &err) != OK || pdf.len < 1000)
            *(int *)wrong = 1;
    }
    arena_release(&own);
    return NULL;
}

static void threads_draw_at_the_same_time(void **state)
{
    (void)state;
    pthread_t threads[4];
    int wrong[4] = {0};
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, draw, &wrong[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(wrong[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_can_be_searched_and_pages_have_their_size),
        cmocka_unit_test(equal_input_gives_equal_bytes),
        cmocka_unit_test(fonts_hold_what_is_printed_and_look_the_same),
        cmocka_unit_test(a_font_or_paper_of_another_make_stays_as_it_is),
        cmocka_unit_test(pictures_have_the_width_asked_for),
        cmocka_unit_test(nothing_outside_the_svg_is_read),
        cmocka_unit_test(entities_of_files_stay_empty),
        cmocka_unit_test(pictures_inside_the_svg_are_drawn),
        cmocka_unit_test(what_cannot_be_drawn_is_refused),
        cmocka_unit_test(threads_draw_at_the_same_time),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
