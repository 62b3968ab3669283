/* Cases in memory: loading, events, and the places that sealed parts are bound to.
 *
 * The sealed body of a case is a context with these members (absent when there is nothing to say):
 *   title, form, materials, party {kind, id, name}, applicant {kind, id, name, level}, staff {…}, region
 *   agent {kind, id, name, unit_name, mandate}   who applied in the applicant's place
 *   prefilled [{field, from, held, said, differs, …}]   what was filled in beforehand: prefill.h
 *   accepted, decided               instants
 *   tasks                           how many user tasks wait
 *   correction {job, items, until}  the applicant must supplement
 *   suspended {…}, suspensions [{from, to, planned, ground, notice}], extension {n, at}
 *   reasons [text], certificates [{no, certificate, title, number, identifier}], records [{id, record}]
 *   documents [{no, certificate, title, number, identifier}]   notices and decisions about the case
 *   corrections [text]              all that the applicant was ever asked to correct
 *   done_by {element: [staff id]}   who completed which task
 *   waiter {no, job}                the case and its job that go on when this one closes
 *   change                          key of the last change by two persons that it has had
 *   grants [{no, to}], rating {grade, text, at}, parent, children [no], instance_version */
#include "service/work.h"

#include "service/deployed.h"

#include <string.h>

/* ---- Places ---- */

static struct str hex(struct arena *arena, struct str bytes)
{
    return hex_encode(arena, bytes.data, bytes.len);
}

/* Every plain column is in it, so that a row changed behind the server's back does not open. */
struct str case_context(struct arena *arena, const struct store_case *row)
{
    const int64_t numbers[] = {row->region, row->id,     row->item,     row->packs,  row->division, row->state,
                               row->outcome, row->opened, row->deadline, row->closed, row->version,  row->events};
    const struct str parts[] = {arena_numbers(arena, "case", numbers, COUNT_OF(numbers)),
                                STR(":"),
                                hex(arena, row->head),
                                STR(":"),
                                hex(arena, row->party),
                                STR(":"),
                                hex(arena, row->applicant),
                                STR(":"),
                                row->unit};
    return arena_join(arena, parts, COUNT_OF(parts));
}

struct str instance_context(struct arena *arena, const struct store_case *row, int64_t version)
{
    return arena_numbers(arena, "instance", (const int64_t[]){row->region, row->id, version}, 3);
}

struct str event_context(struct arena *arena, const struct store_event *row)
{
    return arena_numbers(arena, "event", (const int64_t[]){row->region, row->case_id, row->seq, row->at}, 4);
}

void event_hash(struct arena *arena, const struct store_event *row, struct str previous, unsigned char out[HASH_SIZE])
{
    unsigned char before[HASH_SIZE] = {0};
    if (previous.len == HASH_SIZE)
        memcpy(before, previous.data, HASH_SIZE);
    const struct str parts[] = {event_context(arena, row), row->body};
    hash_chain(before, arena_join(arena, parts, COUNT_OF(parts)), out);
}

struct store_tally tally_of_event(const struct service *service, const struct store_event *row)
{
    unsigned char mac[HASH_SIZE];
    uint64_t bits;
    hash_hmac(HASH_SM3, service->audit_key, row->hash, mac);
    memcpy(&bits, mac, sizeof bits);
    return (struct store_tally){.region = row->region,
                                .slot = row->case_id % STORE_TALLY_SLOTS,
                                .n = 1,
                                .sum = (int64_t)(bits & (uint64_t)STORE_TALLY_MASK)};
}

/* ---- Loading ---- */

static enum status not_found(struct str no, struct error *err)
{
    error_set(err, ERROR_NOT_FOUND, "case-not-found", "There is no case %.*s that you may see.", STR_ARGS(no));
    return error_hint(err, "Check the number; its last character guards against slips.");
}

static struct work_case *held(struct work *self, struct case_id id)
{
    for (size_t i = 0; i < self->cases.count; i++)
        if (self->cases.items[i]->row.region == id.region && self->cases.items[i]->row.id == id.id)
            return self->cases.items[i];
    return NULL;
}

static struct work_case *make(struct work *self, const struct store_case *row)
{
    struct work_case *of = arena_new(self->arena, struct work_case);
    of->work = self;
    of->row = *row;
    of->no = case_no(self->arena, (struct case_id){row->region, row->id});
    of->version_was = row->version;
    of->state_was = row->state;
    list_builder_init(&of->events, self->arena);
    bpmn_effects_init(&of->effects, self->arena);
    return of;
}

static enum status find_deployed(struct work_case *of, struct error *err)
{
    int64_t key = case_definition(&of->row);
    if (deployed_by_key(of->work->service, of->work->tx, key, &of->deployed, err) != OK)
        return FAILED;
    if (!of->deployed || !of->deployed->process)
        return error_set(err, ERROR_INTERNAL, "definition-missing", "The process definition %" PRId64 " is not there.",
                         key);
    of->item = &of->deployed->item;
    return OK;
}

static enum status find_item(struct work_case *of, struct error *err)
{
    const struct store_item *item = service_item_of(of->work->service, of->row.item);
    of->packs = service_packs_of(of->work->service, of->work->tx, of->row.packs, err);
    if (!of->packs)
        return FAILED;
    if (case_definition(&of->row))
        return find_deployed(of, err);
    of->item = item ? pack_item_version(of->packs, item->code, item->version) : NULL;
    if (!of->item)
        return error_set(err, ERROR_INTERNAL, "item-missing", "The item of case %.*s is in no pack.", STR_ARGS(of->no));
    return OK;
}

enum status work_case_look(struct work *self, const struct store_case *row, struct work_case **out, struct error *err)
{
    struct work_case *of = make(self, row);
    if (find_item(of, err) != OK)
        return FAILED;
    if (service_unseal(self->service, self->arena, case_context(self->arena, row), row->body, &of->body, err) != OK)
        return error_prefix(err, "case %.*s", STR_ARGS(of->no));
    *out = of;
    return OK;
}

enum status work_case_process(struct work_case *self, struct error *err)
{
    struct work *work = self->work;
    struct str bytes, place = instance_context(work->arena, &self->row,
                                               value_int_or(work_case_get(self, "instance_version"), 0));
    struct bpmn_env env;
    engine_env(self, &env);
    if (service_unseal_bytes(work->service, work->arena, place, self->row.instance, &bytes, err) != OK ||
        bpmn_instance_decode(work->arena, bytes, &env, &self->instance, err) != OK || work_lost(work, err))
        return error_prefix(err, "case %.*s", STR_ARGS(self->no));
    return OK;
}

enum status work_case_load(struct work *self, struct case_id id, struct work_case **out, struct error *err)
{
    struct work_case *of = held(self, id);
    if (of) {
        *out = of;
        return OK;
    }
    struct store_case row;
    bool found;
    if (store_case_find(self->tx, self->arena, id.region, id.id, &row, &found, err) != OK)
        return FAILED;
    if (!found)
        return not_found(case_no(self->arena, id), err);
    if (work_case_look(self, &row, &of, err) != OK || work_case_process(of, err) != OK)
        return FAILED;
    VECTOR_PUSH(self->arena, &self->cases, of);
    *out = of;
    return OK;
}

enum status work_case_new(struct work *self, const struct store_case *row, struct work_case **out, struct error *err)
{
    struct work_case *of = make(self, row);
    of->is_new = of->touched = true;
    of->body = context_set(self->arena, value_null, "tasks", value_int(0));
    if (find_item(of, err) != OK)
        return FAILED;
    VECTOR_PUSH(self->arena, &self->cases, of);
    region_note(self->service, row->region);
    *out = of;
    return OK;
}

/* ---- Changing ---- */

void work_case_event(struct work_case *self, const char *type, struct value data)
{
    struct value event = context_set(self->work->arena, value_null, "type", value_cstr(type));
    list_builder_push(&self->events, value_merge(self->work->arena, event, data));
    self->touched = true;
}

void work_case_set(struct work_case *self, const char *name, struct value v)
{
    self->body = context_set(self->work->arena, self->body, name, v);
    self->touched = true;
}

struct value work_case_get(const struct work_case *self, const char *name)
{
    return value_get(self->body, str_of(name));
}

struct value work_case_names(const struct work_case *self)
{
    struct arena *arena = self->work->arena;
    struct view view;
    view_init(&view, arena);
    view_text(&view, "no", self->no);
    view_text(&view, "item", self->item->code);
    view_text(&view, "item_title", self->item->title);
    view_put(&view, "title", work_case_get(self, "title"));
    view_text(&view, "region", division_text(arena, self->row.division));
    view_time(&view, "opened", self->row.opened);
    view_time(&view, "deadline", self->row.deadline);
    view_text(&view, "state", str_of(case_state_names[self->row.state]));
    if (self->row.outcome)
        view_text(&view, "outcome", str_of(case_outcome_names[self->row.outcome]));
    return view_done(&view);
}
