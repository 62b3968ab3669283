#include "service/record_store.h"

#include "service/builtin.h"

const char *const record_state_names[] = {"current", "replaced", "void"};

struct str document_context(struct arena *arena, const struct store_document *row)
{
    const int64_t key[] = {row->region, row->id}, rest[] = {row->case_id, row->state, row->version};
    const struct str parts[] = {arena_numbers(arena, "document", key, COUNT_OF(key)),
                                STR(":"),
                                row->kind,
                                STR(":"),
                                hex_encode(arena, row->subject.data, row->subject.len),
                                STR(":"),
                                arena_numbers(arena, "", rest, COUNT_OF(rest))};
    return arena_join(arena, parts, COUNT_OF(parts));
}

static enum status record_load(struct work *work, struct str id, struct store_document *out, struct value *body,
                               struct error *err)
{
    int64_t key;
    bool found = false;
    if (key_parse(id, &key)) {
        /* Written in this very work? */
        for (size_t i = work->changes.count; i-- > 0 && !found;) {
            const struct work_change *change = &work->changes.items[i];
            const struct store_document *row = change->row;
            if ((change->kind == CHANGE_DOCUMENT_INSERT || change->kind == CHANGE_DOCUMENT_UPDATE) && row->id == key) {
                *out = *row;
                found = true;
            }
        }
        if (!found && store_document_find(work->tx, work->arena, store_key_region(key), key, out, &found, err) != OK)
            return FAILED;
    }
    if (!found)
        return error_set(err, ERROR_NOT_FOUND, "record-not-found", "There is no record %.*s.", STR_ARGS(id));
    return service_unseal(work->service, work->arena, document_context(work->arena, out), out->body, body, err);
}

static enum status record_move(struct work *work, struct str id, enum store_document_state state, struct str reason,
                               struct store_document *out, struct error *err)
{
    struct value body;
    struct store_document *row = arena_new(work->arena, struct store_document);
    if (record_load(work, id, row, &body, err) != OK)
        return FAILED;
    if (row->state != STORE_DOCUMENT_CURRENT) {
        return error_set(err, ERROR_CONFLICT, "record-state", "The record %.*s is %s already.", STR_ARGS(id),
                         record_state_names[row->state]);
    }
    int64_t version_was = row->version++;
    row->state = state;
    if (reason.len)
        body = context_set(work->arena, body, "reason", value_string(reason));
    row->body = service_seal(work->service, work->arena, document_context(work->arena, row), body);
    work_change_from(work, CHANGE_DOCUMENT_UPDATE, row, version_was);
    *out = *row;
    return OK;
}

enum status record_write(struct work_case *of, const struct record_writing *what, struct str *id, struct error *err)
{
    struct work *work = of->work;
    struct arena *arena = work->arena;
    if (!pack_record_find(of->packs, what->record))
        return error_set(err, ERROR_NOT_FOUND, "record-unknown", "There is no kind of record %.*s.",
                         STR_ARGS(what->record));
    struct store_document *row = arena_new(arena, struct store_document);
    *row = (struct store_document){.region = of->row.region,
                                   .subject = party_index(work->service, arena, what->subject),
                                   .kind = what->record,
                                   .case_region = of->row.region,
                                   .case_id = of->row.id,
                                   .written = work->now,
                                   .version = 1};
    struct store_document replaced;
    if (what->replaces.len &&
        record_move(work, what->replaces, STORE_DOCUMENT_REPLACED, STR_NONE, &replaced, err) != OK)
        return FAILED;
    if (work_key(work, row->region, &row->id, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, arena);
    view_text(&view, "subject", what->subject);
    view_put(&view, "content", what->content);
    view_text(&view, "replaces", what->replaces);
    row->body = service_seal(work->service, arena, document_context(arena, row), view_done(&view));
    work_change(work, CHANGE_DOCUMENT_INSERT, row);
    *id = key_text(arena, row->id);
    struct value line = context_set(arena, value_null, "id", value_string(*id));
    line = context_set(arena, line, "record", value_string(what->record));
    work_case_set(of, "records", list_add(arena, work_case_get(of, "records"), line));
    work_case_event(of, "record.written", line);
    return OK;
}

enum status record_void(struct work_case *of, struct str id, struct str reason, struct error *err)
{
    struct work *work = of->work;
    struct store_document row;
    if (record_move(work, id, STORE_DOCUMENT_VOID, reason, &row, err) != OK)
        return FAILED;
    struct value data = context_set(work->arena, value_null, "id", value_string(id));
    work_case_event(of, "record.voided",
                    context_set(work->arena, data, "reason", value_string(reason.len ? reason : STR(""))));
    return OK;
}

enum status record_view(struct work *work, const struct store_document *row, struct value *out, struct error *err)
{
    struct arena *arena = work->arena;
    struct value body;
    if (service_unseal(work->service, arena, document_context(arena, row), row->body, &body, err) != OK)
        return FAILED;
    const struct pack_record *kind = pack_record_find(work->service->packs, row->kind);
    struct view view;
    view_init(&view, arena);
    view_text(&view, "id", key_text(arena, row->id));
    view_text(&view, "record", row->kind);
    view_text(&view, "title", kind ? kind->title : row->kind);
    view_text(&view, "case", case_no(arena, (struct case_id){row->case_region, row->case_id}));
    view_text(&view, "state", str_of(record_state_names[row->state]));
    view_time(&view, "written", row->written);
    view_put(&view, "replaces", value_get(body, STR("replaces")));
    view_put(&view, "reason", value_get(body, STR("reason")));
    view_put(&view, "content", value_get(body, STR("content")));
    *out = view_done(&view);
    return OK;
}

/* This work is about to replace or void it. */
static bool superseded(const struct work *work, int64_t id)
{
    for (size_t i = 0; i < work->changes.count; i++)
        if (work->changes.items[i].kind == CHANGE_DOCUMENT_UPDATE &&
            ((const struct store_document *)work->changes.items[i].row)->id == id)
            return true;
    return false;
}

/* Rows that this work is about to write are newer than all stored ones. */
static enum status push_queued(struct work *work, struct str record, struct str index, struct list_builder *items,
                               struct error *err)
{
    for (size_t i = work->changes.count; i-- > 0;) {
        const struct store_document *row = work->changes.items[i].row;
        struct value view;
        if (work->changes.items[i].kind != CHANGE_DOCUMENT_INSERT || superseded(work, row->id) ||
            !str_equal(row->subject, index) || (record.len && !str_equal(row->kind, record)))
            continue;
        if (record_view(work, row, &view, err) != OK)
            return FAILED;
        list_builder_push(items, view);
    }
    return OK;
}

enum status records_of(struct work *work, struct str record, struct str subject, struct value *out, struct error *err)
{
    struct list_builder items;
    list_builder_init(&items, work->arena);
    struct store_document_filter filter = {.subject = party_index(work->service, work->arena, subject),
                                           .kind = record.len ? record : STR_NONE,
                                           .limit = 100};
    struct store_document *rows;
    size_t count;
    if (push_queued(work, record, filter.subject, &items, err) != OK ||
        store_document_list(work->tx, work->arena, &filter, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        struct value view;
        if (superseded(work, rows[i].id))
            continue;
        if (record_view(work, &rows[i], &view, err) != OK)
            return FAILED;
        list_builder_push(&items, view);
    }
    *out = list_builder_done(&items);
    return OK;
}
