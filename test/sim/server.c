/* The server's world: clock, chance, agencies, disk. */
#include "disk.h"
#include "sim.h"

#include "db/db.h"
#include "feel/json.h"
#include "service/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATABASE "/sim/tongban.db"
#define REGISTRY "http://registry"
#define TOKEN "secret"
#define START_MS INT64_C(1767576600000) /* 2026-01-05 09:30 in Shanghai, a Monday */

const struct actor sim_actors[SIM_ACTORS] = {
    {.kind = ACTOR_STAFF,
     .id = {"ann", 3},
     .name = {"Ann", 3},
     .role = {"clerk", 5},
     .region = {"230100", 6},
     .unit = {"one", 3},
     .unit_name = {"One", 3},
     .uscc = {"1", 1},
     .level = 3},
    {.kind = ACTOR_STAFF,
     .id = {"bob", 3},
     .name = {"Bob", 3},
     .role = {"clerk", 5},
     .region = {"230200", 6},
     .unit = {"two", 3},
     .unit_name = {"Two", 3},
     .uscc = {"2", 1},
     .level = 3},
    {.kind = ACTOR_STAFF,
     .id = {"eve", 3},
     .name = {"Eve", 3},
     .role = {"guest", 5},
     .region = {"230100", 6},
     .unit = {"no", 2},
     .unit_name = {"No", 2},
     .uscc = {"3", 1},
     .level = 3},
};

void (*sim_interleave)(struct sim *self);

/* ---- Clock and chance ---- */

static uint64_t mix(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t x = *state;
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

uint64_t sim_random(struct sim *self)
{
    return mix(&self->chance);
}

int64_t sim_below(struct sim *self, int64_t n)
{
    return (int64_t)(sim_random(self) % (uint64_t)n);
}

bool sim_chance(struct sim *self, int64_t n)
{
    return sim_below(self, n) == 0;
}

static int64_t now_ms(void *state)
{
    return ((const struct sim *)state)->now;
}

static void random_bytes(void *state, unsigned char *out, size_t n)
{
    struct sim *self = state;
    for (size_t i = 0; i < n; i++)
        out[i] = (unsigned char)(mix(&self->noise) >> 56);
}

static void before_write(void *state)
{
    struct sim *self = state;
    if (sim_interleave)
        sim_interleave(self);
}

/* ---- Agencies ---- */

static struct told *told_find(struct sim *self, const struct service_delivery *item)
{
    for (size_t i = 0; i < self->told.count; i++)
        if (str_equal(self->told.items[i].key, item->idempotency_key))
            return &self->told.items[i];
    struct told fresh = {.key = arena_str(&self->arena, item->idempotency_key),
                         .exchange = arena_str(&self->arena, item->exchange),
                         .ref = arena_str(&self->arena, value_text(value_get(item->request, STR("ref"))))};
    VECTOR_PUSH(&self->arena, &self->told, fresh);
    return &self->told.items[self->told.count - 1];
}

static void reply(struct service_delivery *item, int status, struct str text)
{
    item->status = status;
    item->reply = text;
    if (status == 0)
        item->problem = STR("Timeout was reached");
}

/* Good answers are the same for the same key, as an agency that keeps its word about idempotency gives them. */
static void answer(struct sim *self, struct service_delivery *item)
{
    struct told *told = told_find(self, item);
    told->times++;
    if (!str_starts(item->url, STR(REGISTRY "/")) || !str_equal(item->token, STR(TOKEN)))
        sim_wrong(self, "an exchange went to %.*s with the token '%.*s'", STR_ARGS(item->url), STR_ARGS(item->token));
    bool fine = str_hash(told->ref) % 3 != 0 || told->times % 2 == 0;
    int64_t mood = self->calm ? 0 : sim_below(self, 10);
    if (told->done)
        mood = mood < 7 ? 0 : mood;
    if (mood < 6) {
        told->done = true;
        reply(item, 200, fine ? STR("{\"fine\": true}") : STR("{\"fine\": false}"));
    } else if (mood == 6) {
        reply(item, 500, STR("{}"));
    } else if (mood == 7) {
        reply(item, 200, STR("<html>not what you asked"));
    } else if (mood == 8) {
        reply(item, 0, STR_NONE);
    } else {
        reply(item, 404, STR("{\"type\": \"no\"}"));
    }
}

static void note_sending(struct sim *self, const struct service_delivery *item)
{
    struct command *command = self->sending;
    if (!command)
        return;
    command->id = arena_str(&self->arena, item->idempotency_key);
    command->name = arena_str(&self->arena, item->exchange);
    command->ref = arena_str(&self->arena, value_text(value_get(item->request, STR("ref"))));
    command->n = item->status;
    command->text = arena_str(&self->arena, item->reply);
}

static void deliver(void *state, struct arena *arena, struct service_delivery *items, size_t count)
{
    struct sim *self = state;
    (void)arena;
    for (size_t i = 0; i < count; i++) {
        struct service_delivery *item = &items[i];
        if (self->replaying) {
            CHECK(str_equal(item->idempotency_key, self->replaying->id));
            reply(item, (int)self->replaying->n, self->replaying->text);
            continue;
        }
        answer(self, item);
        note_sending(self, item);
    }
    if (!self->replaying && sim_interleave && !self->calm)
        sim_interleave(self);
}

/* ---- The empty database ---- */

static struct {
    struct arena arena;
    char folder[64];
    struct str database;
} prepared;

static enum status open_at(struct sim *self, struct error *err)
{
    struct service_options options = {.data = prepared.folder,
                                      .db = "sqlite:" DATABASE,
                                      .packs = self->packs,
                                      .world = &self->world,
                                      .transport = &self->transport,
                                      .agencies = "http://somebody-else",
                                      .algorithm = SERVICE_ES256};
    self->service = NULL;
    return service_open(&options, &self->service, err);
}

static bool load_packs(const char *folder, const struct pack_set **packs)
{
    struct error err = ERROR_INIT;
    struct pack_problems problems = {.arena = &prepared.arena};
    const struct pack *pack;
    if (pack_load(&prepared.arena, folder, &problems, &pack, &err) == OK &&
        pack_set_new(&prepared.arena, &pack, 1, &problems, packs, &err) == OK)
        return true;
    fprintf(stderr, "sim: %s: %s\n", folder, err.message);
    return false;
}

bool server_prepare(const char *folder, const struct pack_set **packs)
{
    const char *temporary = getenv("TMPDIR");
    arena_init(&prepared.arena);
    snprintf(prepared.folder, sizeof prepared.folder, "%s/sim.XXXXXX",
             temporary && strlen(temporary) < 40 ? temporary : "/tmp");
    if (!mkdtemp(prepared.folder) || !load_packs(folder, packs))
        return false;
    disk_register();
    disk_reset(1);
    struct sim self = {.packs = *packs, .noise = 1, .now = START_MS};
    self.world = (struct world){&self, now_ms, random_bytes};
    self.transport = (struct service_transport){&self, deliver};
    struct error err = ERROR_INIT;
    if (open_at(&self, &err) != OK) {
        fprintf(stderr, "sim: the server does not open: %s\n", err.message);
        return false;
    }
    struct call call = sim_call(&self, &actor_system, &prepared.arena);
    if (service_setting_put(&call, STR("agency.registry"), STR(REGISTRY), &err) != OK ||
        service_setting_put(&call, STR("agency.registry.token"), STR(TOKEN), &err) != OK) {
        fprintf(stderr, "sim: the agency cannot be set: %s\n", err.message);
        return false;
    }
    service_close(self.service);
    prepared.database = arena_str(&prepared.arena, disk_get(DATABASE));
    return true;
}

void server_unprepare(void)
{
    static const char *const files[] = {"master.key", "audit.key", "signing.json"};
    char path[100];
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        snprintf(path, sizeof path, "%s/%s", prepared.folder, files[i]);
        unlink(path);
    }
    rmdir(prepared.folder);
    disk_reset(0);
    arena_release(&prepared.arena);
}

/* ---- One history's server ---- */

void sim_init(struct sim *self, const struct pack_set *packs, uint64_t seed)
{
    *self = (struct sim){.seed = seed, .chance = seed, .noise = seed ^ 0x5157, .now = START_MS, .packs = packs};
    arena_init(&self->arena);
    buf_init(&self->report, 0);
    self->world = (struct world){self, now_ms, random_bytes};
    self->transport = (struct service_transport){self, deliver};
    disk_reset(seed);
    disk_put(DATABASE, prepared.database);
}

void sim_release(struct sim *self)
{
    disk_cut(DISK_KILL); /* nobody needs what closing would write */
    service_close(self->service);
    buf_release(&self->report);
    arena_release(&self->arena);
}

enum status server_open(struct sim *self)
{
    struct error err = ERROR_INIT;
    if (open_at(self, &err) == OK) {
        db_before_write(service_db(self->service), before_write, self);
        return OK;
    }
    self->service = NULL;
    return disk_is_cut() ? FAILED : sim_wrong(self, "the server does not open: %s: %s", err.type, err.message);
}

struct call sim_call(struct sim *self, const struct actor *actor, struct arena *arena)
{
    return (struct call){.service = self->service, .actor = actor, .arena = arena};
}

/* ---- What the database holds, in one line ---- */

#define ONE(sql) "coalesce(CAST((SELECT " sql ") AS TEXT), '-') || ' ' || "
DB_SQL(print_all, "SELECT " ONE("count(*) FROM cases") ONE("sum(version) FROM cases") ONE("count(*) FROM event")
                      ONE("count(*) FROM task") ONE("count(assignee) FROM task") ONE("count(*) FROM task_done")
                          ONE("count(*) FROM task_role") ONE("count(*) FROM timer") ONE("sum(due % 1000003) FROM timer")
                              ONE("count(*) FROM job") ONE("sum(retries) FROM job") ONE("count(*) FROM subscription")
                                  ONE("count(*) FROM message") ONE("sum(expires % 1000003) FROM message")
                                      ONE("count(*) FROM outbox") ONE("count(*) FROM entry")
                                          ONE("count(*) FROM account") ONE("count(*) FROM notice")
                                              ONE("count(*) FROM document") ONE("count(*) FROM idempotency") "'.'");

struct printing {
    struct arena *arena;
    struct str text;
};

static enum status read_print(struct db_tx *tx, void *arg, struct error *err)
{
    struct printing *printing = arg;
    struct db_rows rows;
    if (db_query(tx, printing->arena, &print_all, P_NONE, &rows, err) != OK)
        return FAILED;
    printing->text = db_next(&rows) ? db_text(&rows, 0) : STR_NONE;
    return OK;
}

struct str server_print(struct sim *self, struct arena *arena)
{
    struct printing printing = {.arena = arena};
    return sim_read(self, read_print, &printing) == OK ? printing.text : STR_NONE;
}
