/* Built-in jobs about ledgers, notices, exchanges and serial numbers. */
#include "feel/json.h"
#include "service/builtin.h"

/* ---- Ledger ---- */

/* Accounts whose name begins so are where value comes from: they alone may go below zero. */
#define SOURCE_PREFIX STR("source:")

struct moving {
    struct str name, index;
    int64_t amount;
};

/* What this work has queued for an account already. */
static int64_t queued_amount(const struct work *work, struct str index)
{
    int64_t sum = 0;
    for (size_t i = 0; i < work->changes.count; i++) {
        const struct store_entry *row = work->changes.items[i].row;
        if (work->changes.items[i].kind == CHANGE_ENTRY && str_equal(row->account, index))
            sum += row->amount;
    }
    return sum;
}

static enum status read_entry(struct work *work, struct value entry, struct moving *out, struct error *err)
{
    out->name = value_text(value_get(entry, STR("account")));
    if (out->name.len == 0 || out->name.len > 200 || !value_to_int64(value_get(entry, STR("amount")), &out->amount) ||
        out->amount > INT64_C(1000000000000000) || out->amount < -INT64_C(1000000000000000))
        return error_set(err, ERROR_INVALID, "ledger-entry", "An entry has an account and a whole amount.");
    out->index = service_index(work->service, work->arena, "account", out->name);
    return OK;
}

static enum status check_entry(struct work_case *of, const struct moving *moving, struct error *err)
{
    struct work *work = of->work;
    struct store_account account = {0};
    bool found;
    if (store_account_find(work->tx, work->arena, of->row.region, moving->index, &account, &found, err) != OK)
        return FAILED;
    bool source = str_starts(moving->name, SOURCE_PREFIX);
    int64_t balance = account.balance + queued_amount(work, moving->index) + moving->amount;
    if (balance < 0 && moving->amount < 0 && !source) {
        error_set(err, ERROR_CONFLICT, "ledger-insufficient", "The account does not hold enough.");
        return error_field(err, "entries");
    }
    if (!found) {
        struct str place = arena_printf(work->arena, "account:%" PRId64, of->row.region);
        work_change(work, CHANGE_ACCOUNT_OPEN,
                    WORK_ROW(work, store_account, .region = of->row.region, .id = moving->index,
                             .may_be_negative = source,
                             .name = service_seal_bytes(work->service, work->arena, place, moving->name)));
    }
    return OK;
}

enum status builtin_ledger_post(struct builtin_call *call, struct error *err)
{
    struct work_case *of = call->of;
    struct work *work = of->work;
    struct value entries = builtin_in(call, "entries");
    size_t count = value_count(entries);
    int64_t sum = 0, posting;
    if (entries.kind != VALUE_LIST || count < 2 || count > 100)
        return error_set(err, ERROR_INVALID, "ledger-entry", "A posting has 2 to 100 entries.");
    if (work_key(work, of->row.region, &posting, err) != OK)
        return FAILED;
    struct str memo =
        service_seal_bytes(work->service, work->arena, key_text(work->arena, posting), builtin_text(call, "memo"));
    for (size_t i = 0; i < count; i++) {
        struct moving moving;
        if (read_entry(work, value_at(entries, i), &moving, err) != OK || check_entry(of, &moving, err) != OK)
            return FAILED;
        sum += moving.amount;
        work_change(work, CHANGE_ENTRY,
                    WORK_ROW(work, store_entry, .region = of->row.region, .account = moving.index, .posting = posting,
                             .at = work->now, .amount = moving.amount, .case_id = of->row.id, .memo = memo));
    }
    if (sum != 0) {
        error_set(err, ERROR_INVALID, "ledger-unbalanced", "The entries of a posting must add up to nothing.");
        return error_field(err, "entries");
    }
    work_case_event(of, "ledger.posted", context_set(work->arena, value_null, "entries", value_int((int64_t)count)));
    return OK;
}

/* ---- Exchanges ---- */

enum status builtin_exchange_call(struct builtin_call *call, struct error *err)
{
    struct work_case *of = call->of;
    struct work *work = of->work;
    struct str id;
    if (builtin_need(call, "exchange", &id, err) != OK)
        return FAILED;
    const struct pack_exchange *exchange = pack_exchange_find(of->packs, id);
    if (!exchange)
        return error_set(err, ERROR_NOT_FOUND, "exchange-unknown", "There is no exchange %.*s.", STR_ARGS(id));
    bool waits = !str_equal(builtin_text(call, "mode"), STR("notify"));
    struct feel_run run = service_feel(work->service, work->arena, of->packs, work->now);
    struct value names = context_set(work->arena, value_null, "request", builtin_in(call, "request"));
    names = context_set(work->arena, names, "case", work_case_names(of));
    struct value request =
        exchange->request.source.data ? pack_evaluate(&exchange->request, names, &run) : builtin_in(call, "request");
    struct store_outbox *row = arena_new(work->arena, struct store_outbox);
    *row = (struct store_outbox){.region = of->row.region,
                                 .due = work->now,
                                 .case_id = of->row.id,
                                 .job = waits ? call->key : 0,
                                 .packs = of->row.packs,
                                 .exchange = id};
    if (work_key(work, row->region, &row->id, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, work->arena);
    view_put(&view, "request", request);
    view_put(&view, "given", builtin_in(call, "request"));
    view_text(&view, "case", of->no);
    row->body = service_seal(work->service, work->arena, key_text(work->arena, row->id), view_done(&view));
    work_change(work, CHANGE_OUTBOX_INSERT, row);
    struct value data = context_set(work->arena, value_null, "exchange", value_string(id));
    work_case_event(of, "exchange.queued",
                    context_set(work->arena, data, "id", value_string(key_text(work->arena, row->id))));
    call->waits = waits;
    return OK;
}

/* ---- Serial numbers ---- */

/* The next number of a series, from 1, without gaps: of two that take one at a time, one runs again. */
enum status serial_take(struct work *work, struct str series, int64_t *out, struct error *err)
{
    int64_t n = 0;
    struct str name = arena_printf(work->arena, "serial/%.*s", STR_ARGS(series));
    for (size_t i = work->changes.count; i-- > 0 && n == 0;) {
        const struct work_serial *taken = work->changes.items[i].row;
        if (work->changes.items[i].kind == CHANGE_SERIAL && str_equal(taken->name, name))
            n = taken->n + 1;
    }
    if (n == 0 && store_counter_peek(work->tx, name, &n, err) != OK)
        return FAILED;
    work_change(work, CHANGE_SERIAL, WORK_ROW(work, work_serial, .name = name, .n = n));
    *out = n;
    return OK;
}

enum status builtin_serial_next(struct builtin_call *call, struct error *err)
{
    struct str series;
    int64_t n;
    if (builtin_need(call, "series", &series, err) != OK || serial_take(call->of->work, series, &n, err) != OK)
        return FAILED;
    builtin_out(call, "n", value_int(n));
    return OK;
}
