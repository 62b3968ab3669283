/* A real service over SQLite in memory with the trial packs of test/golden/service; only the clock, chance and the
 * agencies are scripted. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "db/db.h"
#include "feel/json.h"
#include "pack/pack.h"
#include "service/account.h"
#include "service/audit.h"
#include "service/case.h"
#include "service/catalogue.h"
#include "service/certificate.h"
#include "service/exchange.h"
#include "service/job.h"
#include "service/party.h"
#include "service/task.h"

#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PERSON_A "230103197001011238"
#define PERSON_B "230110194005121020"

struct fixture {
    struct arena arena; /* one test */
    struct service *service;
    int64_t now;
    _Atomic uint64_t random;
    int status; /* what agencies answer */
    const char *reply;
    int delivered;
    char last_key[64];
    char folder[64]; /* "" in memory */
};

static struct arena fixture_packs_arena;
static const struct pack_set *fixture_packs;

static inline int64_t fixture_now(void *state)
{
    return ((struct fixture *)state)->now;
}

static inline void fixture_random(void *state, unsigned char *out, size_t n)
{
    struct fixture *f = state;
    for (size_t i = 0; i < n; i++)
        out[i] = (unsigned char)((atomic_fetch_add(&f->random, UINT64_C(0x9e3779b97f4a7c15)) *
                                  UINT64_C(6364136223846793005)) >>
                                 33);
}

static inline void fixture_deliver(void *state, struct arena *arena, struct service_delivery *items, size_t count)
{
    struct fixture *f = state;
    (void)arena;
    for (size_t i = 0; i < count; i++) {
        f->delivered++;
        snprintf(f->last_key, sizeof f->last_key, "%.*s", STR_ARGS(items[i].idempotency_key));
        items[i].status = f->status;
        items[i].reply = str_of(f->reply);
        if (f->status == 0)
            items[i].problem = STR("Timeout was reached");
    }
}

static inline void fixture_load_packs(void)
{
    static const char *const folders[] = {SOURCE_ROOT "/test/golden/service/base",
                                          SOURCE_ROOT "/test/golden/service/trial"};
    const struct pack *packs[2];
    struct error err = ERROR_INIT;
    if (fixture_packs)
        return;
    arena_init(&fixture_packs_arena);
    for (size_t i = 0; i < 2; i++)
        if (pack_load(&fixture_packs_arena, folders[i], NULL, &packs[i], &err) != OK)
            fail_msg("%s %s", err.message, err.field);
    if (pack_set_new(&fixture_packs_arena, packs, 2, NULL, &fixture_packs, &err) != OK)
        fail_msg("%s", err.message);
}

static inline void fixture_empty_postgres(const char *uri)
{
    PGconn *connection = PQconnectdb(uri);
    PGresult *result =
        PQexec(connection, "SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        fail_msg("%s", PQerrorMessage(connection));
    PQclear(result);
    PQfinish(connection);
}

static struct world fixture_world;
static struct service_transport fixture_transport;

static inline void fixture_start(struct fixture *f)
{
    struct error err = ERROR_INIT;
    fixture_world = (struct world){f, fixture_now, fixture_random};
    fixture_transport = (struct service_transport){f, fixture_deliver};
    struct service_options options = {.data = f->folder[0] ? f->folder : NULL,
                                      .db = f->folder[0] ? NULL : getenv("TONGBAN_PG"),
                                      .packs = fixture_packs,
                                      .world = &fixture_world,
                                      .transport = &fixture_transport,
                                      .algorithm = SERVICE_ES256};
    if (service_open(&options, &f->service, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
}

static inline int fixture_open(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    fixture_load_packs();
    arena_init(&f->arena);
    f->now = INT64_C(1783299600000); /* 2026-07-06T09:00:00+08:00 */
    f->status = 200;
    f->reply = "{\"known\": true}";
    if (getenv("TONGBAN_PG"))
        fixture_empty_postgres(getenv("TONGBAN_PG"));
    fixture_start(f);
    *state = f;
    return 0;
}

static inline int fixture_close(void **state)
{
    struct fixture *f = *state;
    service_close(f->service);
    arena_release(&f->arena);
    free(f);
    return 0;
}

static const struct actor clerk = {.kind = ACTOR_STAFF,
                                   .id = {"clerk-1", 7},
                                   .name = {"经办人甲", 12},
                                   .role = {"clerk", 5},
                                   .region = {"230110", 6},
                                   .unit = {"u1", 2},
                                   .unit_name = {"香坊局", 9},
                                   .uscc = {"11230110DEM000049W", 18},
                                   .level = 3};
static const struct actor other_clerk = {.kind = ACTOR_STAFF,
                                         .id = {"clerk-2", 7},
                                         .name = {"经办人乙", 12},
                                         .role = {"clerk", 5},
                                         .region = {"230110", 6},
                                         .unit = {"u1", 2},
                                         .uscc = {"11230110DEM000049W", 18},
                                         .level = 3};
static const struct actor far_clerk = {.kind = ACTOR_STAFF,
                                       .id = {"clerk-9", 7},
                                       .name = {"经办人丙", 12},
                                       .role = {"clerk", 5},
                                       .region = {"230202", 6},
                                       .unit = {"u9", 2},
                                       .uscc = {"11230202DEM000049W", 18},
                                       .level = 3};
static const struct actor chief = {.kind = ACTOR_STAFF,
                                   .id = {"chief", 5},
                                   .name = {"负责人", 9},
                                   .role = {"chief", 5},
                                   .region = {"230000", 6},
                                   .level = 3};
static const struct actor worker_actor = {.kind = ACTOR_STAFF,
                                          .id = {"worker", 6},
                                          .name = {"worker", 6},
                                          .role = {"worker", 6},
                                          .region = {"230000", 6},
                                          .level = 3};
static const struct actor person_a = {
    .kind = ACTOR_PERSON, .id = {PERSON_A, 18}, .name = {"王一", 6}, .region = {"230103", 6}, .level = 3};
static const struct actor person_b = {
    .kind = ACTOR_PERSON, .id = {PERSON_B, 18}, .name = {"李二", 6}, .region = {"230110", 6}, .level = 3};

static inline struct call call_as(struct fixture *f, const struct actor *actor)
{
    return (struct call){.service = f->service, .actor = actor, .arena = &f->arena};
}

static inline struct value json_of(struct fixture *f, const char *text)
{
    struct value v;
    struct error err = ERROR_INIT;
    if (json_parse(&f->arena, str_of(text), NULL, &v, &err) != OK)
        fail_msg("%s", err.message);
    return v;
}

static inline struct service_case_input input_of(struct fixture *f, const char *item, const char *form)
{
    return (struct service_case_input){.item = str_of(item), .form = json_of(f, form)};
}

#define FORM_A "{\"name\": \"王一\", \"id_number\": \"" PERSON_A "\"}"
#define FORM_B "{\"name\": \"李二\", \"id_number\": \"" PERSON_B "\"}"

static inline struct value open_case(struct fixture *f, const struct actor *actor, const char *item, const char *form)
{
    struct call call = call_as(f, actor);
    struct service_case_input input = input_of(f, item, form);
    struct value answer = value_null;
    struct error err = ERROR_INIT;
    if (service_case_open(&call, &input, &answer, &err) != OK)
        fail_msg("%s: %s %s", err.type, err.message, err.field);
    return answer;
}

static inline struct value get_case(struct fixture *f, const struct actor *actor, struct str no)
{
    struct call call = call_as(f, actor);
    struct value view = value_null;
    struct error err = ERROR_INIT;
    if (service_case_get(&call, no, &view, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    return view;
}

static inline struct str text_of(struct value v, const char *path)
{
    return value_text(value_path(v, path));
}

/* -1 when it is no whole number. */
static inline int64_t number_of(struct value v, const char *path)
{
    int64_t n = -1;
    return value_to_int64(value_path(v, path), &n) ? n : -1;
}

#define assert_text(v, path, wanted) assert_string_equal(arena_cstr(&f->arena, text_of((v), (path))), (wanted))
#define assert_refused(status, err, wanted)                                                                            \
    do {                                                                                                               \
        assert_int_equal((status), FAILED);                                                                            \
        assert_string_equal((err).type, (wanted));                                                                     \
    } while (0)

static inline size_t audit_problems(struct fixture *f)
{
    struct call call = call_as(f, &actor_system);
    struct service_audit audit;
    struct error err = ERROR_INIT;
    if (service_audit(&call, &audit, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    for (size_t i = 0; i < audit.problem_count; i++)
        print_message("audit: %.*s %.*s: %.*s\n", STR_ARGS(audit.problems[i].table), STR_ARGS(audit.problems[i].key),
                      STR_ARGS(audit.problems[i].message));
    return audit.problem_count;
}

static inline void run_outbox(struct fixture *f, size_t wanted)
{
    size_t done;
    struct error err = ERROR_INIT;
    if (service_outbox_run(f->service, f->now, 100, &done, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    assert_int_equal(done, wanted);
}
