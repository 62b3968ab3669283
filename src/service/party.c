/* Parties, records, ledgers and notices for those who may see them. */
#include "service/party.h"

#include "service/builtin.h"
#include "service/record_store.h"

#include <stdlib.h>
#include <string.h>

/* ---- Parties ---- */

struct party_arg {
    struct str id;
    struct value set, view;
};

static struct value party_full(struct work *work, const struct party_held *held)
{
    return context_set(work->arena, held->body, "version", value_int(held->row.version));
}

static bool is_self(const struct call *call, struct str id)
{
    bool party = (call->actor->kind == ACTOR_PERSON || call->actor->kind == ACTOR_ORGANISATION) && !call->actor->acting;
    return party && id.len && str_equal_nocase_ascii(call->actor->id, id);
}

static enum status get_command(struct work *work, void *arg, struct error *err)
{
    struct party_arg *a = arg;
    struct party_held held;
    if (!is_self(work->call, a->id) && service_may(work->call, "party.read", err) != OK)
        return FAILED;
    if (party_find(work, a->id, &held, err) != OK)
        return FAILED;
    if (!held.found)
        return error_set(err, ERROR_NOT_FOUND, "party-not-found", "Nobody is registered under this number.");
    a->view = party_full(work, &held);
    return work_access(work, "party.read", a->id, NULL, err);
}

enum status service_party_get(const struct call *call, struct str id, struct value *out, struct error *err)
{
    struct party_arg arg = {.id = id};
    if (work_run(call, get_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}

static enum status put_command(struct work *work, void *arg, struct error *err)
{
    struct party_arg *a = arg;
    struct party_held held;
    if (party_write(work, a->id, a->set, &held, err) != OK)
        return FAILED;
    a->view = party_full(work, &held);
    return OK;
}

enum status service_party_put(const struct call *call, struct value set, struct value *out, struct error *err)
{
    struct party_arg arg = {.id = value_text(value_get(set, STR("id"))), .set = set};
    if (service_may(call, "party.write", err) != OK)
        return FAILED;
    if (arg.id.len == 0) {
        error_set(err, ERROR_INVALID, "party-invalid", "A party has an id.");
        return error_field(err, "id");
    }
    if (work_run(call, put_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}

struct load_arg {
    struct store_party *rows;
    size_t count;
};

static enum status load_rows(struct db_tx *tx, void *arg, struct error *err)
{
    const struct load_arg *a = arg;
    for (size_t i = 0; i < a->count; i++) {
        bool added;
        if (store_party_insert(tx, &a->rows[i], &added, err) != OK)
            return FAILED;
    }
    return OK;
}

#define LOAD_AT_ONCE 1000

enum status service_party_load(const struct call *call, struct value parties, struct error *err)
{
    size_t count = value_count(parties);
    if (service_may(call, "party.write", err) != OK)
        return FAILED;
    for (size_t from = 0; from < count; from += LOAD_AT_ONCE) {
        struct arena_mark mark = arena_mark(call->arena);
        size_t n = count - from < LOAD_AT_ONCE ? count - from : LOAD_AT_ONCE;
        struct load_arg arg = {arena_array(call->arena, struct store_party, n), n};
        for (size_t i = 0; i < n; i++)
            if (party_row(call->service, call->arena, value_at(parties, from + i), &arg.rows[i], err) != OK)
                return error_prefix(err, "party %zu", from + i + 1);
        if (db_write(call->service->db, load_rows, &arg, err) != OK)
            return FAILED;
        arena_rewind(call->arena, mark);
    }
    return OK;
}

/* ---- Records ---- */

struct record_arg {
    const struct service_record_query *query;
    struct str id;
    struct value view;
};

static bool may_read_record(const struct call *call, struct str kind)
{
    const struct pack_record *record = pack_record_find(call->service->packs, kind);
    if (call->actor->kind == ACTOR_SYSTEM)
        return true;
    if (!record || !service_can(call, "record.read"))
        return false;
    for (size_t i = 0; i < record->read_role_count; i++)
        if (str_equal(record->read_roles[i], call->actor->role))
            return true;
    return false;
}

static enum status records_command(struct work *work, void *arg, struct error *err)
{
    struct record_arg *a = arg;
    struct value all;
    struct list_builder items;
    list_builder_init(&items, work->arena);
    bool own = is_self(work->call, a->query->subject);
    if (!own && service_may(work->call, "record.read", err) != OK)
        return FAILED;
    if (records_of(work, a->query->record, a->query->subject, &all, err) != OK)
        return FAILED;
    for (size_t i = 0; i < value_count(all); i++)
        if (own || may_read_record(work->call, value_text(value_get(value_at(all, i), STR("record")))))
            list_builder_push(&items, value_at(all, i));
    a->view = context_set(work->arena, value_null, "items", list_builder_done(&items));
    return work_access(work, "record.list", a->query->subject, NULL, err);
}

enum status service_record_list(const struct call *call, const struct service_record_query *query, struct value *out,
                                struct error *err)
{
    struct record_arg arg = {.query = query};
    if (work_run(call, records_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}

static enum status record_command(struct work *work, void *arg, struct error *err)
{
    struct record_arg *a = arg;
    struct store_document row;
    int64_t key;
    bool found = false;
    if (key_parse(a->id, &key) &&
        store_document_find(work->tx, work->arena, store_key_region(key), key, &row, &found, err) != OK)
        return FAILED;
    struct str me = actor_index(work->call);
    bool mine = found && me.data && str_equal(me, row.subject);
    if (!found || (!mine && !may_read_record(work->call, row.kind)))
        return error_set(err, ERROR_NOT_FOUND, "record-not-found", "There is no record %.*s that you may see.",
                         STR_ARGS(a->id));
    if (record_view(work, &row, &a->view, err) != OK)
        return FAILED;
    return work_access(work, "record.read", STR_NONE, NULL, err);
}

enum status service_record_get(const struct call *call, struct str id, struct value *out, struct error *err)
{
    struct record_arg arg = {.id = id};
    if (work_run(call, record_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}

/* ---- Ledgers ---- */

struct ledger_arg {
    struct str account;
    int64_t limit;
    struct value view;
};

static enum status push_entries(struct work *work, const struct store_account *account, int64_t limit,
                                struct list_builder *items, struct error *err)
{
    struct store_entry *rows;
    size_t count;
    if (store_entry_list(work->tx, work->arena, account->region, account->id, limit, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        struct str memo;
        if (service_unseal_bytes(work->service, work->arena, key_text(work->arena, rows[i].posting), rows[i].memo,
                                 &memo, err) != OK)
            return FAILED;
        struct view view;
        view_init(&view, work->arena);
        view_time(&view, "at", rows[i].at);
        view_int(&view, "amount", rows[i].amount);
        view_int(&view, "balance", rows[i].balance);
        view_text(&view, "memo", memo);
        view_text(&view, "case", case_no(work->arena, (struct case_id){rows[i].region, rows[i].case_id}));
        list_builder_push(items, view_done(&view));
    }
    return OK;
}

static enum status ledger_command(struct work *work, void *arg, struct error *err)
{
    struct ledger_arg *a = arg;
    struct list_builder items;
    int64_t *regions, balance = 0;
    struct str index = service_index(work->service, work->arena, "account", a->account);
    size_t count = region_list(work->service, (struct division_range){0, INT64_MAX}, work->arena, &regions);
    list_builder_init(&items, work->arena);
    for (size_t r = 0; index.data && r < count; r++) {
        struct store_account account;
        bool found;
        if (store_account_find(work->tx, work->arena, regions[r], index, &account, &found, err) != OK)
            return FAILED;
        if (!found)
            continue;
        balance += account.balance;
        if (push_entries(work, &account, a->limit, &items, err) != OK)
            return FAILED;
    }
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "account", a->account);
    view_int(&view, "balance", balance);
    view_put(&view, "entries", list_builder_done(&items));
    a->view = view_done(&view);
    return OK;
}

enum status service_ledger_get(const struct call *call, struct str account, int64_t limit, struct value *out,
                               struct error *err)
{
    struct ledger_arg arg = {.account = account, .limit = limit_between(limit, 50, 200)};
    /* An account whose name ends in a person's number is that person's. */
    bool own = call->actor->kind == ACTOR_PERSON && !call->actor->acting && call->actor->id.len &&
               str_ends(account, call->actor->id);
    if ((!own && service_may(call, "party.read", err) != OK) || work_read(call, ledger_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}

/* ---- Notices ---- */

struct notice_arg {
    int64_t before, limit, id;
    bool changed;
    const struct call *call;
    struct value view;
};

static int newest_first(const void *a, const void *b)
{
    const struct store_notice *x = a, *y = b;
    if (x->sent != y->sent)
        return x->sent > y->sent ? -1 : 1;
    return x->id > y->id ? -1 : x->id < y->id;
}

static enum status notice_view(struct work *work, const struct store_notice *row, struct list_builder *items,
                               struct error *err)
{
    struct value body;
    struct str id = key_text(work->arena, row->id);
    if (service_unseal(work->service, work->arena, id, row->body, &body, err) != OK)
        return FAILED;
    struct value view = context_set(work->arena, body, "id", value_string(id));
    view = context_set(work->arena, view, "sent", value_time(row->sent));
    list_builder_push(items, context_set(work->arena, view, "read", value_boolean(row->read != 0)));
    return OK;
}

static enum status notices_command(struct work *work, void *arg, struct error *err)
{
    struct notice_arg *a = arg;
    struct str me = actor_index(work->call);
    int64_t *regions, unread = 0;
    VECTOR(struct store_notice) all = {0};
    size_t region_count = region_list(work->service, (struct division_range){0, INT64_MAX}, work->arena, &regions);
    for (size_t r = 0; me.data && r < region_count; r++) {
        struct store_notice *rows;
        size_t count;
        int64_t n;
        if (store_notice_list(work->tx, work->arena, regions[r], me, a->before, a->limit, &rows, &count, err) != OK ||
            store_notice_unread(work->tx, regions[r], me, &n, err) != OK)
            return FAILED;
        unread += n;
        for (size_t i = 0; i < count; i++)
            VECTOR_PUSH(work->arena, &all, rows[i]);
    }
    if (all.count)
        qsort(all.items, all.count, sizeof *all.items, newest_first);
    struct list_builder items;
    list_builder_init(&items, work->arena);
    size_t n = all.count < (size_t)a->limit ? all.count : (size_t)a->limit;
    for (size_t i = 0; i < n; i++)
        if (notice_view(work, &all.items[i], &items, err) != OK)
            return FAILED;
    struct view view;
    view_init(&view, work->arena);
    view_put(&view, "items", list_builder_done(&items));
    view_int(&view, "unread", unread);
    if (n && all.count >= (size_t)a->limit)
        view_text(&view, "next", key_text(work->arena, all.items[n - 1].id));
    a->view = view_done(&view);
    return OK;
}

enum status service_notice_list(const struct call *call, int64_t limit, struct str cursor, struct value *out,
                                struct error *err)
{
    struct notice_arg arg = {.limit = limit_between(limit, 50, 200)};
    if (!key_parse(cursor, &arg.before))
        arg.before = 0;
    if (work_read(call, notices_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}

static enum status notice_read(struct db_tx *tx, void *arg, struct error *err)
{
    struct notice_arg *a = arg;
    struct store_notice key = {.region = store_key_region(a->id), .id = a->id, .party = actor_index(a->call)};
    if (!key.party.data)
        return OK;
    return store_notice_read(tx, &key, service_now(a->call->service), &a->changed, err);
}

enum status service_notice_read(const struct call *call, struct str id, struct error *err)
{
    struct notice_arg arg = {.call = call};
    if (key_parse(id, &arg.id) && db_write(call->service->db, notice_read, &arg, err) != OK)
        return FAILED;
    return arg.changed ? OK : error_set(err, ERROR_NOT_FOUND, "notice-not-found", "There is no such notice for you.");
}
