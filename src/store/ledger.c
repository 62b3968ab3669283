/* Accounts and entries. */
#include "store/result.h"

#include "store/internal.h"

DB_SQL(account_find, "SELECT region, id, balance, entries, floor, name FROM account WHERE region = ?1 AND id = ?2");
DB_SQL(account_open, "INSERT INTO account (region, id, balance, entries, floor, name) VALUES (?1, ?2, 0, 0, ?3, ?4)"
                     " ON CONFLICT DO NOTHING");
DB_SQL(account_move, "UPDATE account SET balance = balance + ?3, entries = entries + 1 WHERE region = ?1 AND id = ?2"
                     " AND (floor IS NULL OR ?3 >= 0 OR balance + ?3 >= floor) RETURNING balance, entries");
DB_SQL(entry_insert, "INSERT INTO entry (region, account, seq, posting, at, amount, balance, case_id, memo)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
DB_SQL(entry_list, "SELECT region, account, seq, posting, at, amount, balance, case_id, memo FROM entry"
                   " WHERE region = ?1 AND account = ?2 ORDER BY seq DESC LIMIT ?3");
DB_SQL(entry_count, "SELECT CAST(count(*) AS BIGINT) FROM entry");
DB_SQL(account_check,
       "SELECT a.region, a.entries FROM account a LEFT JOIN entry e ON e.region = a.region AND e.account = a.id"
       " GROUP BY a.region, a.id, a.balance, a.entries"
       " HAVING CAST(coalesce(sum(e.amount), 0) AS BIGINT) <> a.balance OR count(e.seq) <> a.entries LIMIT 1000");
DB_SQL(posting_check,
       "SELECT region, posting FROM entry GROUP BY region, posting HAVING CAST(sum(amount) AS BIGINT) <> 0"
       " LIMIT 1000");

enum status store_account_find(struct db_tx *tx, struct arena *arena, int64_t region, struct str id,
                               struct store_account *out, bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &account_find, P(P_INT(region), P_BLOB(id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        *out = (struct store_account){.region = db_int64(&rows, 0),
                                      .id = db_blob(&rows, 1),
                                      .balance = db_int64(&rows, 2),
                                      .entries = db_int64(&rows, 3),
                                      .may_be_negative = db_is_null(&rows, 4),
                                      .name = db_blob(&rows, 5)};
    return OK;
}

enum status store_account_open(struct db_tx *tx, const struct store_account *row, struct error *err)
{
    return db_exec(tx, &account_open,
                   P(P_INT(row->region), P_BLOB(row->id), P_INT_OR_NULL(!row->may_be_negative, 0), P_BLOB(row->name)),
                   err);
}

enum status store_account_move(struct db_tx *tx, int64_t region, struct str id, int64_t amount,
                               struct store_account *after, bool *moved, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &account_move, P(P_INT(region), P_BLOB(id), P_INT(amount)), &rows, err) != OK)
        return FAILED;
    *moved = db_next(&rows);
    if (*moved) {
        after->balance = db_int64(&rows, 0);
        after->entries = db_int64(&rows, 1);
    }
    return OK;
}

enum status store_entry_insert(struct db_tx *tx, const struct store_entry *row, struct error *err)
{
    return db_exec_later(tx, &entry_insert,
                         P(P_INT(row->region), P_BLOB(row->account), P_INT(row->seq), P_INT(row->posting),
                           P_INT(row->at), P_INT(row->amount), P_INT(row->balance), P_INT(row->case_id),
                           P_BLOB(row->memo)),
                         err);
}

static void read_entry(struct db_rows *rows, struct store_entry *out)
{
    *out = (struct store_entry){.region = db_int64(rows, 0),
                                .account = db_blob(rows, 1),
                                .seq = db_int64(rows, 2),
                                .posting = db_int64(rows, 3),
                                .at = db_int64(rows, 4),
                                .amount = db_int64(rows, 5),
                                .balance = db_int64(rows, 6),
                                .case_id = db_int64(rows, 7),
                                .memo = db_blob(rows, 8)};
}

enum status store_entry_list(struct db_tx *tx, struct arena *arena, int64_t region, struct str account, int64_t limit,
                             struct store_entry **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &entry_list, P(P_INT(region), P_BLOB(account), P_INT(limit)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_entry, read_entry, out, count);
    return OK;
}

enum status store_ledger_check(struct db_tx *tx, struct arena *arena, int64_t *entries,
                               struct store_ledger_problem **out, size_t *count, struct error *err)
{
    struct db_rows accounts, postings, total;
    if (db_query(tx, arena, &account_check, P_NONE, &accounts, err) != OK ||
        db_query(tx, arena, &posting_check, P_NONE, &postings, err) != OK ||
        db_query(tx, arena, &entry_count, P_NONE, &total, err) != OK)
        return FAILED;
    *entries = db_next(&total) ? db_int64(&total, 0) : 0;
    struct store_ledger_problem *problems =
        arena_array(arena, struct store_ledger_problem, accounts.count + postings.count);
    size_t n = 0;
    while (db_next(&accounts))
        problems[n++] = (struct store_ledger_problem){STR("account"), db_int64(&accounts, 0), db_int64(&accounts, 1)};
    while (db_next(&postings))
        problems[n++] = (struct store_ledger_problem){STR("entry"), db_int64(&postings, 0), db_int64(&postings, 1)};
    *out = problems;
    *count = n;
    return OK;
}
