#include "service/mine.h"

#include "service/acting.h"
#include "service/audit.h"
#include "service/case.h"
#include "service/certificate.h"
#include "service/message.h"
#include "service/party.h"
#include "service/session.h"
#include "service/work.h"
#include "store/session.h"

#define PAGE 100

static enum status need_oneself(const struct call *call, struct error *err)
{
    bool party = call->actor->kind == ACTOR_PERSON || call->actor->kind == ACTOR_ORGANISATION;
    if (call->actor->kind == ACTOR_NOBODY)
        return service_may(call, "", err);
    if (party && !call->actor->acting)
        return OK;
    error_set(err, ERROR_FORBIDDEN, "forbidden", "This is shown to the person or organisation itself only.");
    return error_hint(err, "End acting for others, or sign in as the one it is about.");
}

/* ---- Sessions ---- */

struct sessions {
    const struct call *call;
    struct str here, id; /* hash; what is to be ended */
    struct store_session *rows;
    size_t count, ended;
};

static enum status read_sessions(struct db_tx *tx, void *arg, struct error *err)
{
    struct sessions *self = arg;
    struct str owner = actor_index(self->call);
    return store_session_of_owner(tx, self->call->arena, owner, &self->rows, &self->count, err);
}

static struct value session_line(const struct sessions *self, const struct store_session *row)
{
    const struct call *call = self->call;
    struct value body = value_null;
    struct error broken = ERROR_INIT;
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "id", session_id(call->arena, row->hash));
    view_time(&view, "began", row->created);
    view_time(&view, "seen", row->seen);
    view_flag(&view, "here", str_equal(row->hash, self->here));
    if (service_unseal(call->service, call->arena, STR("session"), row->body, &body, &broken) != OK)
        return view_done(&view);
    view_put(&view, "device", value_get(body, STR("device")));
    view_flag(&view, "kiosk", value_is_true(value_get(body, STR("kiosk"))));
    if (!value_is_null(value_get(body, STR("acting"))))
        view_put(&view, "acting", value_get(body, STR("name")));
    return view_done(&view);
}

enum status service_mine_sessions(const struct call *call, struct str secret, struct value *out, struct error *err)
{
    struct sessions self = {.call = call, .here = secret_hash(call->arena, secret)};
    struct list_builder items;
    if (need_oneself(call, err) != OK || db_read(call->service->db, read_sessions, &self, err) != OK)
        return FAILED;
    list_builder_init(&items, call->arena);
    for (size_t i = 0; i < self.count; i++)
        list_builder_push(&items, session_line(&self, &self.rows[i]));
    *out = context_set(call->arena, value_null, "items", list_builder_done(&items));
    return OK;
}

static enum status end_sessions(struct db_tx *tx, void *arg, struct error *err)
{
    struct sessions *self = arg;
    bool others = str_equal(self->id, STR("others"));
    self->ended = 0;
    if (read_sessions(tx, self, err) != OK)
        return FAILED;
    for (size_t i = 0; i < self->count; i++) {
        struct str hash = self->rows[i].hash;
        if (others ? str_equal(hash, self->here) : !str_equal(session_id(self->call->arena, hash), self->id))
            continue;
        if (store_session_delete(tx, hash, err) != OK)
            return FAILED;
        self->ended++;
    }
    return OK;
}

enum status service_mine_session_end(const struct call *call, struct str secret, struct str id, struct error *err)
{
    struct sessions self = {.call = call, .here = secret_hash(call->arena, secret), .id = id};
    if (need_oneself(call, err) != OK || db_write(call->service->db, end_sessions, &self, err) != OK)
        return FAILED;
    if (self.ended || str_equal(id, STR("others")))
        return OK;
    return error_set(err, ERROR_NOT_FOUND, "session-not-found", "This session has ended already.");
}

/* ---- Taking all along ---- */

typedef enum status page_reader(const struct call *call, struct str cursor, struct value *out, struct error *err);
typedef enum status one_reader(const struct call *call, struct str no, struct value *out, struct error *err);

static enum status page_of_cases(const struct call *call, struct str cursor, struct value *out, struct error *err)
{
    struct service_case_query query = {.mine = true, .limit = PAGE, .cursor = cursor};
    return service_case_list(call, &query, out, err);
}

static enum status page_of_certificates(const struct call *call, struct str cursor, struct value *out,
                                        struct error *err)
{
    struct service_wallet_query query = {.limit = PAGE, .cursor = cursor};
    return service_wallet(call, &query, out, err);
}

static enum status page_of_records(const struct call *call, struct str cursor, struct value *out, struct error *err)
{
    struct service_record_query query = {.subject = call->actor->id, .limit = PAGE, .cursor = cursor};
    return service_record_list(call, &query, out, err);
}

static enum status page_of_notices(const struct call *call, struct str cursor, struct value *out, struct error *err)
{
    return service_notice_list(call, PAGE, cursor, out, err);
}

static enum status page_of_looks(const struct call *call, struct str cursor, struct value *out, struct error *err)
{
    struct service_access_query query = {.limit = PAGE, .cursor = cursor};
    return service_access_list(call, &query, out, err);
}

static const struct {
    const char *name;
    page_reader *page;
    one_reader *whole; /* NULL: the lines say all */
} sections[] = {
    {"certificates", page_of_certificates, service_certificate_get},
    {"cases", page_of_cases, service_case_get},
    {"records", page_of_records, NULL},
    {"notices", page_of_notices, NULL},
    {"looks", page_of_looks, NULL},
};

/* All pages of a section, at most SERVICE_MINE_MAX entries. */
static enum status read_section(const struct call *call, size_t section, struct value *out, bool *more,
                                struct error *err)
{
    struct list_builder all;
    struct str cursor = STR("");
    list_builder_init(&all, call->arena);
    do {
        struct value page, lines;
        if (sections[section].page(call, cursor, &page, err) != OK)
            return FAILED;
        lines = value_get(page, STR("items"));
        for (size_t i = 0; i < value_count(lines); i++) {
            struct value one = value_at(lines, i);
            if (sections[section].whole &&
                sections[section].whole(call, value_text(value_get(one, STR("no"))), &one, err) != OK)
                return FAILED;
            list_builder_push(&all, one);
        }
        cursor = value_text(value_get(page, STR("next")));
    } while (cursor.len && all.items.count < SERVICE_MINE_MAX);
    *more = cursor.len > 0;
    *out = list_builder_done(&all);
    return OK;
}

static enum status put_sections(const struct call *call, struct view *view, struct error *err)
{
    struct list_builder left_out;
    list_builder_init(&left_out, call->arena);
    for (size_t i = 0; i < COUNT_OF(sections); i++) {
        struct value lines;
        bool more;
        if (read_section(call, i, &lines, &more, err) != OK)
            return FAILED;
        view_put(view, sections[i].name, lines);
        if (more)
            list_builder_push(&left_out, value_cstr(sections[i].name));
    }
    view_put(view, "left_out", list_builder_done(&left_out));
    return OK;
}

static enum status put_register(const struct call *call, struct view *view, struct error *err)
{
    struct value one = value_null;
    struct error missing = ERROR_INIT;
    if (service_party_get(call, call->actor->id, &one, &missing) != OK && missing.kind != ERROR_NOT_FOUND) {
        *err = missing;
        return FAILED;
    }
    view_put(view, "register", one);
    return OK;
}

static enum status note_export(struct work *work, void *arg, struct error *err)
{
    const struct call *call = arg;
    struct work_note note = {.what = "mine.export", .subject_id = call->actor->id};
    return work_access_note(work, &note, err);
}

enum status service_mine_export(const struct call *call, struct str secret, struct value *out, struct error *err)
{
    struct value drafts, mandates, wishes, open;
    struct call own = *call; /* reads and notes only: the caller's key is not theirs */
    own.idempotency = STR_NONE;
    own.if_version = 0;
    struct view view;
    view_init(&view, call->arena);
    if (need_oneself(call, err) != OK || work_run(&own, note_export, &own, err) != OK)
        return FAILED;
    view_time(&view, "made", service_now(call->service));
    view_put(&view, "about", actor_value(call));
    if (put_register(&own, &view, err) != OK || put_sections(&own, &view, err) != OK ||
        service_draft_list(&own, &drafts, err) != OK || service_mandate_list(&own, &mandates, err) != OK ||
        service_preference_get(&own, &wishes, err) != OK || service_mine_sessions(&own, secret, &open, err) != OK)
        return FAILED;
    view_put(&view, "drafts", drafts);
    view_put(&view, "mandates", mandates);
    view_put(&view, "preferences", wishes);
    view_put(&view, "sessions", value_get(open, STR("items")));
    *out = view_done(&view);
    return OK;
}
