/* Audit: everything that can be recomputed is recomputed. What is found wrong is a row's key and one sentence.
 *
 *   sealed rows    open only where they were sealed, with every plain column as it was: a changed column shows
 *   event chains   each hash follows from the one before; the case's row holds length and last hash
 *   tally          the keyed sum over all events of a region: rows taken away, even the newest, even whole cases, show
 *   anchors        signed tallies of past days: a database put back to an older state shows
 *   certificates   signature and state; certificates that events tell of must be there
 *   ledgers        balances are the sums of their entries, postings add up to nothing
 *   models         the chain of what was done to each; an approved one's text is what its hash says */
#include "service/audit.h"

#include "clock/instant.h"
#include "feel/json.h"
#include "service/builtin.h"
#include "service/model_file.h"
#include "service/record_store.h"
#include "trust/jws.h"

#include <string.h>

#define PROBLEMS_MAX 1000
#define PAGE 200

struct auditing {
    const struct call *call;
    struct service *service;
    struct arena *keep;   /* for what is reported */
    struct arena scratch; /* for one page */
    struct db_tx *tx;
    struct service_audit found;
    VECTOR(struct service_audit_problem) problems;
    VECTOR(struct store_tally) sums; /* recomputed */
    const struct service_audit_watch *watch; /* or NULL */
};

static void problem(struct auditing *self, const char *table, struct str key, const char *message)
{
    if (self->problems.count < PROBLEMS_MAX)
        VECTOR_PUSH(self->keep, &self->problems,
                    ((struct service_audit_problem){str_of(table), arena_str(self->keep, key),
                                                    arena_str(self->keep, str_of(message))}));
}

static void add_sum(struct auditing *self, const struct store_tally *one)
{
    for (size_t i = 0; i < self->sums.count; i++) {
        struct store_tally *sum = &self->sums.items[i];
        if (sum->region == one->region && sum->slot == one->slot) {
            sum->n += one->n;
            sum->sum = (sum->sum + one->sum) & STORE_TALLY_MASK;
            return;
        }
    }
    VECTOR_PUSH(self->keep, &self->sums, *one);
}

/* ---- Cases and events ---- */

static enum status check_issued(struct auditing *self, struct value event, struct str no, struct error *err)
{
    struct store_certificate row;
    struct case_id id;
    bool found = false;
    struct str certificate = value_text(value_get(event, STR("no")));
    if (!str_equal(value_text(value_get(event, STR("type"))), STR("certificate.issued")))
        return OK;
    if (certificate_no_parse(certificate, &id) &&
        store_certificate_find(self->tx, &self->scratch, id.region, id.id, &row, &found, err) != OK)
        return FAILED;
    if (!found)
        problem(self, "certificate", certificate,
                arena_printf(&self->scratch, "Case %.*s issued it, but it is gone.", STR_ARGS(no)).data);
    return OK;
}

static enum status check_event(struct auditing *self, const struct store_event *row, struct str previous, struct str no,
                               struct error *err)
{
    unsigned char hash[HASH_SIZE];
    struct value body;
    struct error broken = ERROR_INIT;
    struct store_tally tally = tally_of_event(self->service, row);
    event_hash(&self->scratch, row, previous, hash);
    self->found.events++;
    add_sum(self, &tally);
    struct str key = arena_printf(&self->scratch, "%.*s/%" PRId64, STR_ARGS(no), row->seq);
    if (row->hash.len != HASH_SIZE || memcmp(hash, row->hash.data, HASH_SIZE) != 0) {
        problem(self, "event", key, "Its hash does not follow from its text and the event before it.");
        return OK;
    }
    if (service_unseal(self->service, &self->scratch, event_context(&self->scratch, row), row->body, &body, &broken) !=
        OK) {
        problem(self, "event", key, "It does not open: it was changed.");
        return OK;
    }
    struct value events = value_get(body, STR("events"));
    for (size_t i = 0; i < value_count(events); i++)
        if (check_issued(self, value_at(events, i), no, err) != OK)
            return FAILED;
    return OK;
}

static enum status check_chain(struct auditing *self, const struct store_case *row, struct str no, struct error *err)
{
    struct store_event *events;
    size_t count;
    struct str previous = STR_NONE;
    if (store_event_list(self->tx, &self->scratch, row->region, row->id, &events, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        if (events[i].seq != (int64_t)i + 1)
            problem(self, "event", arena_printf(&self->scratch, "%.*s/%zu", STR_ARGS(no), i + 1), "It is missing.");
        if (check_event(self, &events[i], previous, no, err) != OK)
            return FAILED;
        previous = events[i].hash;
    }
    if ((int64_t)count != row->events)
        problem(self, "event", no, "The case has another number of events than its row says.");
    else if (count && !str_equal(previous, row->head))
        problem(self, "event", no, "The last event is not the one that the case's row names.");
    return OK;
}

static enum status check_case(struct auditing *self, const struct store_case *row, struct error *err)
{
    struct arena *arena = &self->scratch;
    struct str no = case_no(arena, (struct case_id){row->region, row->id});
    struct value body;
    struct str instance;
    struct error broken = ERROR_INIT;
    self->found.cases++;
    if (service_unseal(self->service, arena, case_context(arena, row), row->body, &body, &broken) != OK) {
        problem(self, "cases", no, "It does not open: the row was changed.");
    } else {
        int64_t version = value_int_or(value_get(body, STR("instance_version")), 0);
        if (service_unseal_bytes(self->service, arena, instance_context(arena, row, version), row->instance, &instance,
                                 &broken) != OK)
            problem(self, "cases", no, "Its process does not open: the row was changed.");
    }
    return check_chain(self, row, no, err);
}

/* ---- Certificates, records, parties ---- */

static enum status check_certificate(struct auditing *self, const struct store_certificate *row, struct error *err)
{
    struct arena *arena = &self->scratch;
    struct str no = certificate_no(arena, (struct case_id){row->region, row->id});
    struct value body, payload;
    const struct key *signer;
    struct error broken = ERROR_INIT;
    (void)err;
    self->found.certificates++;
    if (service_unseal(self->service, arena, certificate_context(arena, row), row->body, &body, &broken) != OK) {
        problem(self, "certificate", no, "It does not open: the row was changed.");
        return OK;
    }
    struct str jws = value_text(value_get(body, STR("jws")));
    if (jws_verify(arena, service_key_set(self->service), jws, &payload, &signer, &broken) != OK)
        problem(self, "certificate", no, "Its signature does not hold.");
    else if (!value_identical(value_get(payload, STR("id")), value_get(body, STR("identifier"))) ||
             !str_equal(value_text(value_get(payload, STR("certificate_no"))), no))
        problem(self, "certificate", no, "It is not the one that was signed.");
    return OK;
}

static enum status check_document(struct auditing *self, const struct store_document *row, struct error *err)
{
    struct value body;
    struct error broken = ERROR_INIT;
    (void)err;
    self->found.records++;
    if (service_unseal(self->service, &self->scratch, document_context(&self->scratch, row), row->body, &body,
                       &broken) != OK)
        problem(self, "document", key_text(&self->scratch, row->id), "It does not open: the row was changed.");
    return OK;
}

/* ---- Walking ---- */

#define WALK(name, type, walk, check)                                                                                  \
    static enum status name(struct auditing *self, struct error *err)                                                  \
    {                                                                                                                  \
        int64_t region = 0, id = 0;                                                                                    \
        for (size_t count = PAGE; count == PAGE;) {                                                                    \
            type *rows;                                                                                                \
            arena_reset(&self->scratch);                                                                               \
            if (walk(self->tx, &self->scratch, region, id, PAGE, &rows, &count, err) != OK)                            \
                return FAILED;                                                                                         \
            for (size_t i = 0; i < count; i++) {                                                                       \
                if (check(self, &rows[i], err) != OK)                                                                  \
                    return FAILED;                                                                                     \
                region = rows[i].region;                                                                               \
                id = rows[i].id;                                                                                       \
            }                                                                                                          \
            if (self->watch)                                                                                           \
                self->watch->seen(self->watch->state, &self->found);                                                   \
        }                                                                                                              \
        return OK;                                                                                                     \
    }

WALK(walk_cases, struct store_case, store_case_walk, check_case)
WALK(walk_certificates, struct store_certificate, store_certificate_walk, check_certificate)
WALK(walk_documents, struct store_document, store_document_walk, check_document)

static enum status check_ledgers(struct auditing *self, struct error *err)
{
    struct store_ledger_problem *rows;
    size_t count;
    if (store_ledger_check(self->tx, &self->scratch, &self->found.entries, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++)
        problem(self, rows[i].table.data, key_text(&self->scratch, rows[i].key), "Its entries do not add up.");
    return OK;
}

/* ---- Tally and anchors ---- */

static enum status check_tally(struct auditing *self, struct error *err)
{
    struct store_tally *rows;
    size_t count;
    if (store_tally_list(self->tx, &self->scratch, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        struct store_tally sum = {0};
        for (size_t s = 0; s < self->sums.count; s++)
            if (self->sums.items[s].region == rows[i].region && self->sums.items[s].slot == rows[i].slot)
                sum = self->sums.items[s];
        struct str key = arena_printf(&self->scratch, "%06" PRId64 "/%" PRId64, rows[i].region, rows[i].slot);
        if (sum.n < rows[i].n)
            problem(self, "event", key, "Events of this region are missing.");
        else if (sum.n != rows[i].n || sum.sum != rows[i].sum)
            problem(self, "tally", key, "The events of this region are not those that were counted.");
    }
    for (size_t s = 0; s < self->sums.count; s++) {
        bool known = false;
        for (size_t i = 0; i < count && !known; i++)
            known = rows[i].region == self->sums.items[s].region && rows[i].slot == self->sums.items[s].slot;
        if (!known)
            problem(self, "tally", arena_printf(&self->scratch, "%06" PRId64, self->sums.items[s].region),
                    "Its tally is gone.");
    }
    return OK;
}

static int64_t region_total(const struct auditing *self, int64_t region)
{
    int64_t n = 0;
    for (size_t s = 0; s < self->sums.count; s++)
        if (self->sums.items[s].region == region)
            n += self->sums.items[s].n;
    return n;
}

static enum status check_anchors(struct auditing *self, struct error *err)
{
    struct store_anchor *rows;
    size_t count;
    if (store_anchor_list(self->tx, &self->scratch, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        struct value payload;
        const struct key *signer;
        struct error broken = ERROR_INIT;
        struct str key = key_text(&self->scratch, rows[i].at);
        self->found.anchors++;
        if (jws_verify(&self->scratch, service_key_set(self->service), rows[i].jws, &payload, &signer, &broken) != OK) {
            problem(self, "anchor", key, "Its signature does not hold.");
            continue;
        }
        struct value regions = value_get(payload, STR("regions"));
        for (size_t r = 0; r < value_count(regions); r++) {
            struct value one = value_at(regions, r);
            int64_t region = value_int_or(value_get(one, STR("region")), 0),
                    n = value_int_or(value_get(one, STR("events")), 0);
            if (region_total(self, region) < n)
                problem(
                    self, "anchor", key,
                    arena_printf(&self->scratch, "Region %06" PRId64 " had more events then than it has now.", region)
                        .data);
        }
    }
    return OK;
}

/* ---- Models ---- */

static enum status check_model_events(struct auditing *self, struct error *err)
{
    struct store_model_event *rows;
    size_t count;
    if (store_model_event_list(self->tx, &self->scratch, STR(""), STR(""), &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        const struct store_model_event *row = &rows[i], *before = i ? &rows[i - 1] : NULL;
        unsigned char hash[HASH_SIZE];
        bool first = !before || !str_equal(before->pack, row->pack) || !str_equal(before->path, row->path);
        model_event_hash(&self->scratch, row, first ? STR("") : before->hash, hash);
        if (row->hash.len != HASH_SIZE || !hash_equal(hash, row->hash.data, HASH_SIZE) ||
            row->seq != (first ? 1 : before->seq + 1))
            problem(
                self, "model_event",
                arena_printf(&self->scratch, "%.*s/%.*s %" PRId64, STR_ARGS(row->pack), STR_ARGS(row->path), row->seq),
                "The chain of this model's events is broken here.");
    }
    return OK;
}

static enum status check_model_texts(struct auditing *self, struct error *err)
{
    struct store_model *rows;
    size_t count;
    if (store_model_list(self->tx, &self->scratch, STR(""), STR(""), &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        struct store_model_text text;
        unsigned char hash[HASH_SIZE];
        if (store_model_text_get(self->tx, &self->scratch, &rows[i], &text, err) != OK)
            return FAILED;
        hash_sm3(text.content, hash);
        if (!str_equal(rows[i].hash, hex_encode(&self->scratch, hash, sizeof hash)))
            problem(self, "model",
                    arena_printf(&self->scratch, "%.*s/%.*s %" PRId64, STR_ARGS(rows[i].pack), STR_ARGS(rows[i].path),
                                 rows[i].number),
                    "The text is not what its hash says.");
    }
    return OK;
}

static enum status audit_all(struct db_tx *tx, void *arg, struct error *err)
{
    struct auditing *self = arg;
    self->tx = tx;
    self->found = (struct service_audit){0};
    self->problems.count = self->sums.count = 0;
    if (walk_cases(self, err) != OK || walk_certificates(self, err) != OK || walk_documents(self, err) != OK)
        return FAILED;
    if (check_ledgers(self, err) != OK || check_tally(self, err) != OK || check_model_events(self, err) != OK)
        return FAILED;
    return check_model_texts(self, err) == OK ? check_anchors(self, err) : FAILED;
}

#define FOUND_KEPT 50

static struct value found_view(struct arena *arena, const struct service_audit *found)
{
    struct list_builder list;
    list_builder_init(&list, arena);
    for (size_t i = 0; i < found->problem_count && i < FOUND_KEPT; i++) {
        struct view view;
        view_init(&view, arena);
        view_text(&view, "table", found->problems[i].table);
        view_text(&view, "key", found->problems[i].key);
        view_text(&view, "message", found->problems[i].message);
        list_builder_push(&list, view_done(&view));
    }
    return list_builder_done(&list);
}

/* What the desk shows of it. */
static enum status keep_result(const struct call *call, int64_t began, const struct service_audit *found,
                               struct error *err)
{
    struct view view;
    view_init(&view, call->arena);
    view_int(&view, "began", began);
    view_int(&view, "ended", service_now(call->service));
    view_int(&view, "cases", found->cases);
    view_int(&view, "events", found->events);
    view_int(&view, "certificates", found->certificates);
    view_int(&view, "records", found->records);
    view_int(&view, "entries", found->entries);
    view_int(&view, "anchors", found->anchors);
    view_int(&view, "problems", (int64_t)found->problem_count);
    view_put(&view, "found", found_view(call->arena, found));
    struct call system = *call;
    system.actor = &actor_system;
    return service_setting_put(&system, STR(AUDIT_LAST), json_text(call->arena, view_done(&view)), err);
}

enum status service_audit(const struct call *call, struct service_audit *out, struct error *err)
{
    return service_audit_watched(call, NULL, out, err);
}

enum status service_audit_watched(const struct call *call, const struct service_audit_watch *watch,
                                  struct service_audit *out, struct error *err)
{
    int64_t began = service_now(call->service);
    struct auditing self = {.call = call, .service = call->service, .keep = call->arena, .watch = watch};
    if (service_may(call, "audit.read", err) != OK)
        return FAILED;
    arena_init(&self.scratch);
    enum status status = db_read(call->service->db, audit_all, &self, err);
    arena_release(&self.scratch);
    if (status != OK)
        return FAILED;
    self.found.problems = self.problems.items;
    self.found.problem_count = self.problems.count;
    if (keep_result(call, began, &self.found, err) != OK)
        return FAILED;
    *out = self.found;
    return OK;
}

/* ---- Anchoring ---- */

struct anchoring {
    struct service *service;
    struct arena *arena;
    int64_t now, last;
    struct store_tally *rows;
    size_t count;
    struct str jws;
};

static enum status read_tally(struct db_tx *tx, void *arg, struct error *err)
{
    struct anchoring *a = arg;
    struct store_anchor *anchors;
    size_t count;
    if (store_anchor_list(tx, a->arena, &anchors, &count, err) != OK)
        return FAILED;
    a->last = count ? anchors[count - 1].at : 0;
    return store_tally_list(tx, a->arena, &a->rows, &a->count, err);
}

static struct value anchor_claims(const struct anchoring *a)
{
    struct list_builder regions;
    list_builder_init(&regions, a->arena);
    for (size_t i = 0; i < a->count;) {
        int64_t n = 0, sum = 0;
        size_t from = i;
        for (; i < a->count && a->rows[i].region == a->rows[from].region; i++) {
            n += a->rows[i].n;
            sum = (sum + a->rows[i].sum) & STORE_TALLY_MASK;
        }
        struct view view;
        view_init(&view, a->arena);
        view_int(&view, "region", a->rows[from].region);
        view_int(&view, "events", n);
        /* As a text: a JSON number may not hold 62 bits. */
        view_text(&view, "sum", key_text(a->arena, sum));
        list_builder_push(&regions, view_done(&view));
    }
    struct view view;
    view_init(&view, a->arena);
    view_text(&view, "anchor", STR("events"));
    view_int(&view, "iat", a->now / 1000);
    view_put(&view, "regions", list_builder_done(&regions));
    return view_done(&view);
}

static enum status insert_anchor(struct db_tx *tx, void *arg, struct error *err)
{
    const struct anchoring *a = arg;
    return store_anchor_insert(tx, a->now, a->jws, err);
}

static enum status anchor(struct service *self, int64_t now, int64_t not_within_ms, struct error *err)
{
    struct arena arena;
    arena_init(&arena);
    struct anchoring a = {.service = self, .arena = &arena, .now = now};
    enum status status = db_read(self->db, read_tally, &a, err);
    if (status == OK && a.count && now - a.last >= not_within_ms) {
        a.jws = jws_sign(&arena, service_signing_key(self), STR("JWT"), anchor_claims(&a));
        status = db_write(self->db, insert_anchor, &a, err);
    }
    arena_release(&arena);
    return status;
}

enum status service_anchor(struct service *self, struct error *err)
{
    return anchor(self, service_now(self), 0, err);
}

enum status service_anchor_daily(struct service *self, int64_t now_ms, struct error *err)
{
    return anchor(self, now_ms, CLOCK_DAY_MS, err);
}
