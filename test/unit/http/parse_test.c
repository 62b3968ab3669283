/* What requests carry, read and refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/parse.h"

#include <string.h>

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}
static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void percent_encoding_is_decoded_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        bool plus;
        const char *to; /* NULL: refused */
    } lines[] = {
        {"", false, ""},
        {"a%20b", false, "a b"},
        {"a+b", false, "a+b"},
        {"a+b", true, "a b"},
        {"%E5%81%A5%e5%ba%b7", false, "健康"},
        {"%2F%2e%2E", false, "/.."},
        {"a%0D%0Ab%09", false, "a\r\nb\t"},
        {"%", false, NULL},
        {"%4", false, NULL},
        {"%41", false, "A"},
        {"%4g", false, NULL},
        {"%%41", false, NULL},
        {"%00", false, NULL},
        {"%07", false, NULL},
        {"%7F", false, NULL},
        {"%FF", false, NULL},
        {"%C0%AF", false, NULL},
        {"%ED%A0%80", false, NULL},
        {"%E5%81", false, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct error err = ERROR_INIT;
        struct str out = STR_NONE;
        enum status status = http_percent_decode(&arena, str_of(lines[i].from), lines[i].plus, &out, &err);
        if (lines[i].to) {
            assert_int_equal(status, OK);
            assert_string_equal(out.data, lines[i].to);
        } else {
            assert_int_equal(status, FAILED);
            assert_string_equal(err.type, "bad-encoding");
        }
    }
}

/* Pairs as "name=value;" text. */
static const char *shown(const struct http_pairs *pairs)
{
    struct str text = STR("");
    for (size_t i = 0; i < pairs->count; i++)
        text = arena_printf(&arena, "%.*s%.*s=%.*s;", STR_ARGS(text), STR_ARGS(pairs->items[i].name),
                            STR_ARGS(pairs->items[i].value));
    return arena_cstr(&arena, text);
}

static void queries_are_read_in_order(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        const char *to;
    } lines[] = {
        {"", ""},
        {"a=1&b=2", "a=1;b=2;"},
        {"a=1&a=2&a", "a=1;a=2;a=;"},
        {"&&a=1&", "a=1;"},
        {"a=b=c", "a=b=c;"},
        {"=x", "=x;"},
        {"%E5%90%8D=a%26b+c", "名=a&b c;"},
        {"a=%zz", NULL},
        {"%FF=1", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct error err = ERROR_INIT;
        struct http_pairs pairs = {0};
        enum status status = http_parse_query(&arena, str_of(lines[i].from), &pairs, &err);
        assert_int_equal(status, lines[i].to ? OK : FAILED);
        if (lines[i].to)
            assert_string_equal(shown(&pairs), lines[i].to);
    }
    struct error err = ERROR_INIT;
    struct http_pairs pairs;
    assert_int_equal(http_parse_query(&arena, STR("good=1&bad=%"), &pairs, &err), FAILED);
    assert_string_equal(err.field, "bad");
}

static void too_many_or_too_long_fields_are_refused(void **state)
{
    (void)state;
    struct buf text;
    struct error err = ERROR_INIT;
    struct http_pairs pairs;
    buf_init(&text, 0);
    for (int i = 0; i < HTTP_PAIRS_MAX; i++)
        buf_put(&text, STR("a&"));
    assert_int_equal(http_parse_query(&arena, buf_str(&text), &pairs, &err), OK);
    assert_int_equal(pairs.count, HTTP_PAIRS_MAX);
    buf_put(&text, STR("a"));
    assert_int_equal(http_parse_query(&arena, buf_str(&text), &pairs, &err), FAILED);
    assert_string_equal(err.type, "too-many-fields");
    buf_reset(&text);
    for (int i = 0; i <= HTTP_NAME_MAX; i++)
        buf_put_char(&text, 'n');
    assert_int_equal(http_parse_query(&arena, buf_str(&text), &pairs, &err), FAILED);
    assert_string_equal(err.type, "field-name-too-long");
    buf_release(&text);
}

static void cookies_are_read_and_rubbish_is_skipped(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        const char *to;
    } lines[] = {
        {"", ""},
        {"session=abc", "session=abc;"},
        {"a=1; b=\"two\";c=3", "a=1;b=two;c=3;"},
        {"novalue; =x; a=1;;", "a=1;"},
        {"a=b=c", "a=b=c;"},
        {"a=\xff; b=2", "b=2;"},
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct http_pairs pairs;
        http_parse_cookies(&arena, str_of(lines[i].from), &pairs);
        assert_string_equal(shown(&pairs), lines[i].to);
    }
}

/* ---- Multipart -------------------------------------------------------------------------------------------------- */

static void multipart_bodies_are_read(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct http_multipart parts;
    struct str body = STR("preamble\r\n--B\r\n"
                          "Content-Disposition: form-data; name=\"title\"\r\n\r\n"
                          "\xe5\x81\xa5 --B\r\n--Bx \r\n"
                          "--B\r\n"
                          "content-disposition: form-data; name=\"file%22\"; filename=\"C:\\dir\\\xe8\xaf\x81.pdf\"\r\n"
                          "Content-Type: Application/PDF; x=y\r\n\r\n"
                          "\0\xff\r\n--\r\n\r\n"
                          "--B--\r\nepilogue");
    /* "--Bx" begins a line: by the rules it is a boundary, and a wrong one. */
    assert_int_equal(http_parse_multipart(&arena, body, STR("B"), &parts, &err), FAILED);
    body = STR("--B\r\n"
               "Content-Disposition: form-data; name=\"title\"\r\n\r\n"
               "\xe5\x81\xa5 --B\r\n- -B \r\n"
               "--B\r\n"
               "content-disposition: form-data; name=\"file%22\"; filename=\"C:\\dir\\\xe8\xaf\x81.pdf\"\r\n"
               "Content-Type: Application/PDF; x=y\r\n\r\n"
               "\0\xff\r\n--\r\n\r\n"
               "--B\r\nContent-Disposition: form-data; name=empty\r\n\r\n\r\n"
               "--B--\r\nepilogue");
    assert_int_equal(http_parse_multipart(&arena, body, STR("B"), &parts, &err), OK);
    assert_int_equal(parts.count, 3);
    assert_true(str_equal(parts.items[0].name, STR("title")));
    assert_true(str_equal(parts.items[0].content, STR("\xe5\x81\xa5 --B\r\n- -B ")));
    assert_null(parts.items[0].file_name.data);
    const struct http_part *file = http_multipart_find(&parts, STR("file\""));
    assert_non_null(file);
    assert_true(str_equal(file->file_name, STR("\xe8\xaf\x81.pdf")));
    assert_true(str_equal(file->content_type, STR("application/pdf")));
    assert_true(str_equal(file->content, STR("\0\xff\r\n--\r\n")));
    assert_int_equal(parts.items[2].content.len, 0);
    assert_int_equal(http_parse_multipart(&arena, STR("--B--"), STR("B"), &parts, &err), OK);
    assert_int_equal(parts.count, 0);
}

static void broken_multipart_bodies_are_refused(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "",
        "nothing",
        "--B",
        "--B\r\n",
        "--B\r\nContent-Disposition: form-data; name=a\r\n\r\nno end",
        "--B\r\nContent-Disposition: form-data; name=a\r\nno end of headers\r\n--B--",
        "--B\r\nContent-Type: text/plain\r\n\r\nx\r\n--B--",
        "--B\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--B--",
        "--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b\r\n\r\nx\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n\xff\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a; filename=\"\xff\"\r\n\r\nx\r\n--B--",
        "--B trailing\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--B--",
    };
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct error err = ERROR_INIT;
        struct http_multipart parts;
        if (http_parse_multipart(&arena, str_of(bodies[i]), STR("B"), &parts, &err) == OK)
            fail_msg("line %zu was taken", i);
        assert_int_equal(err.kind, ERROR_INVALID);
    }
    struct error err;
    struct http_multipart parts;
    assert_int_equal(http_parse_multipart(&arena, STR("----"), STR(""), &parts, &err), FAILED);
}

/* ---- Headers ---------------------------------------------------------------------------------------------------- */

static void media_types_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        const char *type; /* NULL: refused */
        const char *charset;
    } lines[] = {
        {"application/json", "application/json", NULL},
        {" Text/HTML ; Charset=\"UTF-8\" ;x=1", "text/html", "UTF-8"},
        {"text/html;", "text/html", NULL},
        {"text/html; a=\"x;y,\\\"\"; charset=b", "text/html", "b"},
        {"form-data; charset=\"\"", "form-data", ""},
        {"", NULL, NULL},
        {"/json", NULL, NULL},
        {"text/", NULL, NULL},
        {"text/html charset=x", NULL, NULL},
        {"text/html; charset", NULL, NULL},
        {"text/html; charset=\"open", NULL, NULL},
        {"text/html; =x", NULL, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct str type = STR_NONE;
        struct str charset = STR_NONE;
        bool read = http_parse_media_type(&arena, str_of(lines[i].header), "charset", &type, &charset);
        if (read != (lines[i].type != NULL))
            fail_msg("%s", lines[i].header);
        if (!read)
            continue;
        assert_true(str_equal(type, str_of(lines[i].type)));
        assert_true(str_equal(charset, str_of(lines[i].charset)) && !charset.data == !lines[i].charset);
    }
}

static void qualities_follow_the_most_specific_entry(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        const char *token;
        int quality;
    } lines[] = {
        {"gzip, br", "br", 1000},
        {"gzip;q=0.5, br;q=0.25", "br", 250},
        {"*", "br", 1000},
        {"*;q=0.1, br;q=0", "br", 0},
        {"br;q=0, *;q=0.1", "br", 0},
        {"gzip", "br", -1},
        {"", "br", -1},
        {"brr", "br", -1},
        {"text/html, */*;q=0.1", "application/json", 100},
        {"application/*;q=0.3, */*;q=0.1", "application/json", 300},
        {"application/json;v=1;q=0.9", "application/json", 900},
        {"BR;Q=1.000", "br", 1000},
        {"br;q=2", "br", 0},
        {"br;q=x", "br", 0},
        {"br;q=0.1234", "br", 0},
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        if (http_accept_quality(str_of(lines[i].header), str_of(lines[i].token)) != lines[i].quality)
            fail_msg("%s: %s", lines[i].header, lines[i].token);
}

static void entity_tags_are_found_in_lists(void **state)
{
    (void)state;
    assert_true(http_tag_listed(STR("\"a\""), STR("a"), false));
    assert_true(http_tag_listed(STR("\"x\" , \"a\""), STR("a"), false));
    assert_true(http_tag_listed(STR("W/\"a\""), STR("a"), true));
    assert_false(http_tag_listed(STR("W/\"a\""), STR("a"), false));
    assert_true(http_tag_listed(STR(" * "), STR("a"), false));
    assert_false(http_tag_listed(STR("a"), STR("a"), false));
    assert_false(http_tag_listed(STR("\"ab\""), STR("a"), false));
    assert_false(http_tag_listed(STR(""), STR(""), false));
}

/* ---- Addresses -------------------------------------------------------------------------------------------------- */

static void the_client_is_the_last_address_that_no_trusted_proxy_has(void **state)
{
    (void)state;
    static const struct {
        const char *peer;
        const char *forwarded;
        const char *client;
    } lines[] = {
        {"203.0.113.9", "198.51.100.1", "203.0.113.9"},
        {"127.0.0.1", "198.51.100.1", "198.51.100.1"},
        {"127.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"},
        {"127.0.0.1", "198.51.100.1, 10.1.2.3", "198.51.100.1"},
        {"127.0.0.1", "10.1.2.3, 10.9.9.9", "10.1.2.3"},
        {"127.0.0.1", "", "127.0.0.1"},
        {"127.0.0.1", "198.51.100.1, rubbish", "127.0.0.1"},
        {"127.0.0.1", "198.51.100.1:8080", "198.51.100.1"},
        {"::1", "[2001:db8::7]:99", "2001:db8::7"},
        {"::1", "2001:db8::7", "2001:db8::7"},
        {"2001:db8::8", "1.1.1.1", "2001:db8::8"},
    };
    struct error err = ERROR_INIT;
    struct http_network *trusted = NULL;
    size_t count = 0;
    assert_int_equal(http_parse_networks(&arena, STR("127.0.0.1, 10.0.0.0/8 ::1"), &trusted, &count, &err), OK);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        unsigned char peer[16];
        unsigned char client[16];
        assert_true(http_parse_address(str_of(lines[i].peer), peer));
        http_client_address(peer, str_of(lines[i].forwarded), trusted, count, client);
        assert_string_equal(http_address_text(&arena, client).data, lines[i].client);
    }
}

static void wrong_networks_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"x",       "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/",
                                        "::1/129", "10.0.0.256",  "1.2.3.4/8x"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct error err = ERROR_INIT;
        struct http_network *networks;
        size_t count;
        if (http_parse_networks(&arena, str_of(texts[i]), &networks, &count, &err) == OK)
            fail_msg("%s was taken", texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(percent_encoding_is_decoded_or_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(queries_are_read_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_many_or_too_long_fields_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cookies_are_read_and_rubbish_is_skipped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(multipart_bodies_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(broken_multipart_bodies_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(media_types_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(qualities_follow_the_most_specific_entry, set_up, tear_down),
        cmocka_unit_test_setup_teardown(entity_tags_are_found_in_lists, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_client_is_the_last_address_that_no_trusted_proxy_has, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_networks_are_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
