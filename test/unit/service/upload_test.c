/* Files that come in parts. */
#include "fixture.h"

#include "service/upload.h"

#define PART (64 * 1024)

static struct str begin(struct fixture *f, const struct actor *actor, const char *name, int64_t size)
{
    struct call call = call_as(f, actor);
    struct service_upload wanted = {str_of(name), STR("application/pdf"), size};
    struct value view = value_null;
    struct error err = ERROR_INIT;
    if (service_upload_begin(&call, &wanted, &view, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    return text_of(view, "id");
}

/* n bytes of a file that begins with head. */
static struct str bytes(struct fixture *f, const char *head, size_t n)
{
    char *data = arena_alloc(&f->arena, n + 1);
    memset(data, 'x', n);
    memcpy(data, head, strlen(head));
    return (struct str){data, n};
}

static enum status part(struct fixture *f, const struct actor *actor, struct str id, int64_t offset, struct str content,
                        struct value *out, struct error *err)
{
    struct call call = call_as(f, actor);
    return service_upload_part(&call, id, offset, content, out, err);
}

static int64_t stands_at(struct fixture *f, struct str id)
{
    struct call call = call_as(f, &clerk);
    struct value view = value_null;
    struct error err = ERROR_INIT;
    int64_t offset = -1;
    if (service_upload_get(&call, id, &view, &err) != OK ||
        !value_to_int64(value_get(view, STR("offset")), &offset))
        return -1;
    return offset;
}

static void parts_become_one_file(void **state)
{
    struct fixture *f = *state;
    struct str whole = bytes(f, "%PDF-1.7", 2 * PART + 5);
    struct str id = begin(f, &clerk, "a.pdf", 2 * PART + 5);
    struct value view;
    struct error err = ERROR_INIT;
    for (size_t at = 0; at < 2 * PART; at += PART) {
        assert_int_equal(part(f, &clerk, id, (int64_t)at, str_part(whole, at, at + PART), &view, &err), OK);
        assert_int_equal(stands_at(f, id), at + PART);
        assert_true(value_is_null(value_get(view, STR("file"))));
    }
    assert_int_equal(part(f, &clerk, id, 2 * PART, str_part(whole, 2 * PART, whole.len), &view, &err), OK);
    struct call call = call_as(f, &clerk);
    struct service_file file;
    assert_int_equal(service_file_get(&call, text_of(value_get(view, STR("file")), "id"), &file, &err), OK);
    assert_true(str_equal(file.content, whole));
    assert_text(value_get(view, STR("file")), "name", "a.pdf");
    assert_int_equal(stands_at(f, id), -1);
}

static void a_part_in_the_wrong_place_or_of_the_wrong_size_is_refused(void **state)
{
    struct fixture *f = *state;
    struct str id = begin(f, &clerk, "a.pdf", 3 * PART);
    struct value view;
    struct error err = ERROR_INIT;
    assert_int_equal(part(f, &clerk, id, 0, bytes(f, "%PDF-1.7", PART), &view, &err), OK);
    static const struct {
        int64_t offset;
        size_t n;
        const char *type;
    } bad[] = {{0, PART, "upload-offset"},      {2 * PART, PART, "upload-offset"}, {-1, PART, "upload-offset"},
               {PART, 3 * PART, "upload-part"}, {PART, PART - 1, "upload-part"},   {PART, 0, "upload-part"}};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct error refused = ERROR_INIT;
        assert_refused(part(f, &clerk, id, bad[i].offset, bytes(f, "", bad[i].n), &view, &refused), refused,
                       bad[i].type);
        assert_int_equal(stands_at(f, id), PART);
    }
}

static void what_is_wrong_with_the_whole_ends_the_upload(void **state)
{
    struct fixture *f = *state;
    struct str id = begin(f, &clerk, "a.pdf", PART);
    struct value view;
    struct error err = ERROR_INIT;
    assert_refused(part(f, &clerk, id, 0, bytes(f, "MZ", PART), &view, &err), err, "file-type");
    assert_int_equal(stands_at(f, id), -1);
}

static void another_owner_sees_nothing_of_it(void **state)
{
    struct fixture *f = *state;
    struct str id = begin(f, &clerk, "a.pdf", PART);
    struct value view;
    struct error err = ERROR_INIT;
    assert_refused(part(f, &chief, id, 0, bytes(f, "%PDF-1.7", PART), &view, &err), err, "upload-not-found");
    assert_int_equal(stands_at(f, id), 0);
}

static void a_size_beyond_the_bounds_is_refused(void **state)
{
    struct fixture *f = *state;
    static const int64_t sizes[] = {0, -1, 20 * 1024 * 1024 + 1, INT64_MAX};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct call call = call_as(f, &clerk);
        struct service_upload wanted = {STR("a.pdf"), STR("application/pdf"), sizes[i]};
        struct value view;
        struct error err = ERROR_INIT;
        assert_refused(service_upload_begin(&call, &wanted, &view, &err), err, "file-invalid");
    }
}

static void the_fifth_unfinished_one_takes_the_place_of_the_oldest(void **state)
{
    struct fixture *f = *state;
    struct str ids[5];
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        ids[i] = begin(f, &clerk, "a.pdf", PART);
        f->now += 1000;
    }
    assert_int_equal(stands_at(f, ids[0]), -1);
    for (size_t i = 1; i < COUNT_OF(ids); i++)
        assert_int_equal(stands_at(f, ids[i]), 0);
}

static void upkeep_throws_away_what_nothing_comes_for(void **state)
{
    struct fixture *f = *state;
    struct str id = begin(f, &clerk, "a.pdf", 2 * PART);
    struct value view;
    struct error err = ERROR_INIT;
    assert_int_equal(part(f, &clerk, id, 0, bytes(f, "%PDF-1.7", PART), &view, &err), OK);
    f->now += INT64_C(23) * 3600000;
    assert_int_equal(service_upkeep_run(f->service, f->now, &err), OK);
    assert_int_equal(stands_at(f, id), PART);
    f->now += INT64_C(2) * 3600000;
    assert_int_equal(service_upkeep_run(f->service, f->now, &err), OK);
    assert_int_equal(stands_at(f, id), -1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        T(parts_become_one_file),
        T(a_part_in_the_wrong_place_or_of_the_wrong_size_is_refused),
        T(what_is_wrong_with_the_whole_ends_the_upload),
        T(another_owner_sees_nothing_of_it),
        T(a_size_beyond_the_bounds_is_refused),
        T(the_fifth_unfinished_one_takes_the_place_of_the_oldest),
        T(upkeep_throws_away_what_nothing_comes_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
