#include "fixture.h"

#include <sqlite3.h>

/* A database on disk, so that the test can change it behind the service's back. */
static int open_on_disk(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    fixture_load_packs();
    arena_init(&f->arena);
    f->now = INT64_C(1783299600000);
    f->status = 200;
    f->reply = "{}";
    snprintf(f->folder, sizeof f->folder, "/tmp/tongban-test-XXXXXX");
    if (!mkdtemp(f->folder))
        return -1;
    fixture_start(f);
    *state = f;
    return 0;
}

static void remove_folder(const char *path)
{
    struct arena arena;
    struct str *names;
    size_t count;
    struct error err = ERROR_INIT;
    arena_init(&arena);
    if (folder_list(&arena, path, "", &names, &count, &err) == OK)
        for (size_t i = 0; i < count; i++) {
            const char *name = arena_printf(&arena, "%s/%.*s", path, STR_ARGS(names[i])).data;
            if (unlink(name) != 0)
                remove_folder(name);
        }
    rmdir(path);
    arena_release(&arena);
}

static int close_on_disk(void **state)
{
    struct fixture *f = *state;
    char folder[64];
    snprintf(folder, sizeof folder, "%s", f->folder);
    fixture_close(state);
    remove_folder(folder);
    return 0;
}

static void tamper(struct fixture *f, const char *sql)
{
    sqlite3 *db;
    char path[128], *message = NULL;
    snprintf(path, sizeof path, "%s/tongban.db", f->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s", message);
    assert_true(sqlite3_changes(db) > 0);
    sqlite3_close(db);
}

static void fill(struct fixture *f)
{
    open_case(f, &clerk, "stamp", FORM_A);
    open_case(f, &clerk, "stamp", FORM_B);
    open_case(f, &clerk, "permit", FORM_A);
    open_case(f, &clerk, "points", "{\"name\": \"王一\", \"id_number\": \"" PERSON_A "\", \"amount\": 30}");
    assert_int_equal(audit_problems(f), 0);
}

static void every_tampered_row_is_found(void **state)
{
    struct fixture *f = *state;
    fill(f);
    /* Each must be undone by the next to stand alone, so each is counted on top of the former. */
    static const char *const tampering[] = {
        "UPDATE cases SET outcome = 2 WHERE id = (SELECT min(id) FROM cases)",
        "UPDATE event SET body = body || x'00' WHERE rowid = (SELECT min(rowid) FROM event)",
        "UPDATE certificate SET state = 2 WHERE id = (SELECT min(id) FROM certificate)",
        "UPDATE document SET state = 2 WHERE id = (SELECT min(id) FROM document)",
        "UPDATE account SET balance = balance + 5 WHERE balance > 0",
        "UPDATE entry SET amount = amount + 1 WHERE seq = 1 AND amount > 0",
        "UPDATE tally SET n = n - 1",
    };
    size_t before = 0;
    for (size_t i = 0; i < COUNT_OF(tampering); i++) {
        tamper(f, tampering[i]);
        size_t now = audit_problems(f);
        if (now <= before)
            fail_msg("not found: %s", tampering[i]);
        before = now;
    }
}

static void taking_away_the_newest_event_is_found(void **state)
{
    struct fixture *f = *state;
    fill(f);
    tamper(f, "DELETE FROM event WHERE rowid = (SELECT max(rowid) FROM event)");
    assert_true(audit_problems(f) > 0);
}

static void taking_away_a_whole_case_with_its_events_is_found(void **state)
{
    struct fixture *f = *state;
    fill(f);
    tamper(f, "DELETE FROM event WHERE case_id = (SELECT max(id) FROM cases)");
    tamper(f, "DELETE FROM cases WHERE id = (SELECT max(id) FROM cases)");
    assert_true(audit_problems(f) > 0);
}

static void taking_away_a_certificate_is_found(void **state)
{
    struct fixture *f = *state;
    fill(f);
    tamper(f, "DELETE FROM certificate WHERE id = (SELECT max(id) FROM certificate)");
    assert_true(audit_problems(f) > 0);
}

static void a_database_put_back_is_found_by_its_anchors(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_INIT;
    fill(f);
    assert_int_equal(service_anchor(f->service, &err), OK);
    assert_int_equal(audit_problems(f), 0);
    tamper(f, "DELETE FROM event WHERE case_id = (SELECT max(id) FROM cases)");
    tamper(f, "DELETE FROM cases WHERE id = (SELECT max(id) FROM cases)");
    tamper(f, "DELETE FROM tally");
    assert_true(audit_problems(f) > 0);
}

static void nothing_personal_stands_in_the_database_file(void **state)
{
    struct fixture *f = *state;
    char path[128];
    struct str content;
    struct error err = ERROR_INIT;
    fill(f);
    service_close(f->service);
    snprintf(path, sizeof path, "%s/tongban.db", f->folder);
    assert_int_equal(file_read(&f->arena, path, 1 << 28, &content, &err), OK);
    assert_true(str_find(content, STR(PERSON_A), 0) < 0);
    assert_true(str_find(content, STR("王一"), 0) < 0);
    assert_true(str_find(content, STR("230100"), 0) >= 0);
    fixture_start(f);
}

static void a_backup_restores_to_a_server_that_knows_everything(void **state)
{
    struct fixture *f = *state;
    char copy[60], back[60];
    struct error err = ERROR_INIT;
    struct str no = text_of(open_case(f, &clerk, "permit", FORM_A), "no");
    snprintf(copy, sizeof copy, "%.40s/copy", f->folder);
    snprintf(back, sizeof back, "%.40s/back", f->folder);
    assert_int_equal(service_backup(f->service, copy, &err), OK);
    assert_refused(service_backup(f->service, copy, &err), err, "backup-exists");
    assert_refused(service_restore(copy, f->folder, &err), err, "restore-not-empty");
    assert_int_equal(service_restore(copy, back, &err), OK);
    service_close(f->service);
    char folder[64];
    memcpy(folder, f->folder, sizeof folder);
    snprintf(f->folder, sizeof f->folder, "%s", back);
    fixture_start(f);
    assert_text(get_case(f, &clerk, no), "state", "reviewing");
    assert_int_equal(audit_problems(f), 0);
    memcpy(f->folder, folder, sizeof folder);
}

static void a_restarted_server_goes_on_where_it_stopped(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &clerk);
    struct value answer;
    struct error err = ERROR_INIT;
    struct str no = arena_str(&f->arena, text_of(open_case(f, &clerk, "permit", FORM_A), "no"));
    service_close(f->service);
    fixture_start(f);
    call.service = f->service;
    struct value view = get_case(f, &clerk, no);
    struct str id = text_of(value_at(value_get(view, STR("tasks")), 0), "id");
    assert_int_equal(service_task_complete(&call, id, json_of(f, "{\"decision\": \"approve\"}"), &answer, &err), OK);
    assert_text(answer, "state", "closed");
    assert_false(str_equal(text_of(open_case(f, &clerk, "permit", FORM_A), "no"), no));
    assert_int_equal(audit_problems(f), 0);
}

/* The trial packs with one word of one file replaced. */
static const struct pack_set *packs_with(struct arena *arena, const char *path, const char *was, const char *becomes)
{
    size_t pack_count, count;
    const struct pack_set *out;
    struct error err = ERROR_INIT;
    const struct pack *const *packs = pack_set_packs(fixture_packs, &pack_count);
    const struct pack **changed = arena_array(arena, const struct pack *, pack_count);
    for (size_t p = 0; p < pack_count; p++) {
        const struct pack_file *files = pack_files(packs[p], &count);
        struct pack_file *copy = arena_array(arena, struct pack_file, count);
        for (size_t i = 0; i < count; i++) {
            copy[i] = files[i];
            ptrdiff_t at = str_equal(files[i].path, str_of(path)) ? str_find(files[i].text, str_of(was), 0) : -1;
            if (at >= 0)
                copy[i].text =
                    arena_printf(arena, "%.*s%s%.*s", (int)at, files[i].text.data, becomes,
                                 STR_ARGS(str_part(files[i].text, (size_t)at + strlen(was), files[i].text.len)));
        }
        if (pack_load_files(arena, copy, count, NULL, &changed[p], &err) != OK)
            fail_msg("%s", err.message);
    }
    if (pack_set_new(arena, changed, pack_count, NULL, &out, &err) != OK)
        fail_msg("%s", err.message);
    return out;
}

static void a_running_case_keeps_the_packs_it_was_opened_under(void **state)
{
    struct fixture *f = *state;
    const struct pack_set *before = fixture_packs;
    struct value answer, form = json_of(f, "{\"decision\": \"approve\"}");
    struct error err = ERROR_INIT;
    struct str old = text_of(open_case(f, &clerk, "permit", FORM_A), "no");
    struct str old_task = text_of(value_at(value_get(get_case(f, &clerk, old), STR("tasks")), 0), "id");
    service_close(f->service);
    fixture_packs = packs_with(&f->arena, "processes/permit.bpmn", "=decision = &quot;approve&quot;",
                               "=decision = &quot;refuse&quot;");
    fixture_start(f);
    struct call call = call_as(f, &clerk);
    struct str fresh = text_of(open_case(f, &clerk, "permit", FORM_B), "no");
    struct str fresh_task = text_of(value_at(value_get(get_case(f, &clerk, fresh), STR("tasks")), 0), "id");
    assert_int_equal(service_task_complete(&call, old_task, form, &answer, &err), OK);
    assert_text(answer, "outcome", "granted");
    assert_int_equal(service_task_complete(&call, fresh_task, form, &answer, &err), OK);
    assert_text(answer, "outcome", "refused");
    fixture_packs = before;
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_on_disk, close_on_disk)
    const struct CMUnitTest tests[] = {
        T(every_tampered_row_is_found),
        T(taking_away_the_newest_event_is_found),
        T(taking_away_a_whole_case_with_its_events_is_found),
        T(taking_away_a_certificate_is_found),
        T(a_database_put_back_is_found_by_its_anchors),
        T(nothing_personal_stands_in_the_database_file),
        T(a_backup_restores_to_a_server_that_knows_everything),
        T(a_restarted_server_goes_on_where_it_stopped),
        T(a_running_case_keeps_the_packs_it_was_opened_under),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
