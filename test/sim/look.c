/* What a case waits for. */
#include "sim.h"

#include "feel/json.h"
#include "service/work.h"

struct looking {
    struct case_id id;
    struct arena *arena;
    struct sight *out;
};

bool sim_is_builtin(struct str job_type)
{
    return builtin_job(job_type) != NULL;
}

static enum status look_command(struct work *work, void *arg, struct error *err)
{
    struct looking *looking = arg;
    struct sight *out = looking->out;
    struct work_case *of;
    *out = (struct sight){0};
    if (work_case_load(work, looking->id, &of, err) != OK)
        return FAILED;
    out->ref = value_text(value_path(of->body, "form.ref"));
    out->no = of->no;
    out->item = of->item->code;
    out->region = of->row.region;
    out->id = of->row.id;
    out->state = of->row.state;
    out->correction = value_int_or(value_path(of->body, "correction.job"), 0);
    out->instance = of->instance;
    out->view = bpmn_instance_view(work->arena, of->instance);
    out->bytes = bpmn_instance_encode(work->arena, of->instance);
    out->closed =
        bpmn_instance_state(of->instance) == BPMN_COMPLETED || bpmn_instance_state(of->instance) == BPMN_TERMINATED;
    sim_see(work->arena, of->instance, out);
    return OK;
}

enum status sim_look(struct sim *self, struct arena *arena, int64_t region, int64_t id, struct sight *out)
{
    struct call call = sim_call(self, &actor_system, arena);
    struct looking looking = {.id = {region, id}, .arena = arena, .out = out};
    struct error err = ERROR_INIT;
    for (int attempt = 0; attempt < 2; attempt++) {
        err = ERROR_INIT;
        if (work_read(&call, look_command, &looking, &err) == OK)
            return OK;
        if (!str_equal(str_of(err.type), STR("db-fault")))
            break;
    }
    return sim_wrong(self, "case %.*s cannot be read: %s: %s", STR_ARGS(case_no(arena, looking.id)), err.type,
                     err.message);
}

enum status sim_read(struct sim *self, enum status (*fn)(struct db_tx *tx, void *arg, struct error *err), void *arg)
{
    struct error err = ERROR_INIT;
    for (int attempt = 0; attempt < 2; attempt++) {
        err = ERROR_INIT;
        if (db_read(service_db(self->service), fn, arg, &err) == OK)
            return OK;
        if (!str_equal(str_of(err.type), STR("db-fault")))
            break;
    }
    return sim_wrong(self, "the database cannot be read: %s: %s", err.type, err.message);
}

DB_SQL(list_cases, "SELECT region, id FROM cases ORDER BY opened, region, id");

struct listing {
    struct arena *arena;
    struct known_case *items;
    size_t count;
};

static enum status read_list(struct db_tx *tx, void *arg, struct error *err)
{
    struct listing *listing = arg;
    struct db_rows rows;
    if (db_query(tx, listing->arena, &list_cases, P_NONE, &rows, err) != OK)
        return FAILED;
    listing->items = arena_array(listing->arena, struct known_case, rows.count);
    listing->count = 0;
    while (db_next(&rows))
        listing->items[listing->count++] = (struct known_case){.region = db_int64(&rows, 0), .id = db_int64(&rows, 1)};
    return OK;
}

enum status sim_list(struct sim *self, struct arena *arena, struct known_case **out, size_t *count)
{
    struct listing listing = {.arena = arena};
    if (sim_read(self, read_list, &listing) != OK)
        return FAILED;
    for (size_t i = 0; i < listing.count; i++)
        listing.items[i].ref = sim_ref(self, listing.items[i].region, listing.items[i].id);
    *out = listing.items;
    *count = listing.count;
    return sim_is_wrong(self) ? FAILED : OK;
}

struct str sim_ref(struct sim *self, int64_t region, int64_t id)
{
    for (size_t i = 0; i < self->cases.count; i++)
        if (self->cases.items[i].region == region && self->cases.items[i].id == id)
            return self->cases.items[i].ref;
    struct arena arena;
    struct sight sight;
    struct str ref = STR_NONE;
    arena_init(&arena);
    if (sim_look(self, &arena, region, id, &sight) == OK) {
        struct known_case fresh = {arena_str(&self->arena, sight.ref), arena_str(&self->arena, sight.no), region, id};
        VECTOR_PUSH(&self->arena, &self->cases, fresh);
        ref = fresh.ref;
    }
    arena_release(&arena);
    return ref;
}

const struct known_case *sim_case(struct sim *self, struct str ref)
{
    for (size_t i = 0; i < self->cases.count; i++)
        if (str_equal(self->cases.items[i].ref, ref))
            return &self->cases.items[i];
    return NULL;
}
