/* Staff, sessions and tokens. */
#include "store/session.h"

#include "store/internal.h"

#define STAFF_COLUMNS "id, name, title, role, region, unit, unit_name, uscc, password, failures, locked, disabled"

DB_SQL(staff_insert,
       "INSERT INTO staff (name, title, role, region, unit, unit_name, uscc, password, failures, locked, disabled)"
       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, 0, 0) ON CONFLICT DO NOTHING");
DB_SQL(staff_update, "UPDATE staff SET title = ?2, role = ?3, region = ?4, password = ?5, failures = ?6, locked = ?7,"
                     " disabled = ?8, unit = ?9, unit_name = ?10, uscc = ?11 WHERE name = ?1");
DB_SQL(staff_find, "SELECT " STAFF_COLUMNS " FROM staff WHERE name = ?1");
DB_SQL(staff_page, "SELECT " STAFF_COLUMNS " FROM staff WHERE name > ?1 ORDER BY name LIMIT ?2");
DB_SQL(staff_others, "SELECT CAST(count(*) AS BIGINT) FROM staff WHERE role = ?1 AND disabled = 0 AND name <> ?2");

static struct db_param text(struct str s)
{
    return P_TEXT(s.data ? s : STR(""));
}

enum status store_staff_insert(struct db_tx *tx, const struct store_staff *row, bool *added, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &staff_insert,
                      P(text(row->name), text(row->title), text(row->role), text(row->region), text(row->unit),
                        text(row->unit_name), text(row->uscc), P_TEXT(row->password)),
                      &n, err) != OK)
        return FAILED;
    *added = n == 1;
    return OK;
}

enum status store_staff_update(struct db_tx *tx, const struct store_staff *row, struct error *err)
{
    return db_exec(tx, &staff_update,
                   P(text(row->name), text(row->title), text(row->role), text(row->region), P_TEXT(row->password),
                     P_INT(row->failures), P_INT(row->locked), P_BOOL(row->disabled), text(row->unit),
                     text(row->unit_name), text(row->uscc)),
                   err);
}

static void read_staff(struct db_rows *rows, struct store_staff *out)
{
    *out = (struct store_staff){.id = db_int64(rows, 0),
                                .name = db_text(rows, 1),
                                .title = db_text(rows, 2),
                                .role = db_text(rows, 3),
                                .region = db_text(rows, 4),
                                .unit = db_text(rows, 5),
                                .unit_name = db_text(rows, 6),
                                .uscc = db_text(rows, 7),
                                .password = db_text(rows, 8),
                                .failures = db_int64(rows, 9),
                                .locked = db_int64(rows, 10),
                                .disabled = db_bool(rows, 11)};
}

enum status store_staff_find(struct db_tx *tx, struct arena *arena, struct str name, struct store_staff *out,
                             bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &staff_find, P(P_TEXT(name)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        read_staff(&rows, out);
    return OK;
}

enum status store_staff_page(struct db_tx *tx, struct arena *arena, struct str after, int64_t limit,
                             struct store_staff **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &staff_page, P(text(after), P_INT(limit)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_staff, read_staff, out, count);
    return OK;
}

enum status store_staff_others(struct db_tx *tx, struct str role, struct str but, int64_t *out, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &staff_others, P(P_TEXT(role), P_TEXT(but)), &rows, err) != OK)
        return FAILED;
    *out = db_next(&rows) ? db_int64(&rows, 0) : 0;
    return OK;
}

DB_SQL(session_insert, "INSERT INTO session (hash, staff, csrf, created, seen, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
DB_SQL(session_find, "SELECT hash, staff, csrf, body, created, seen FROM session WHERE hash = ?1");
DB_SQL(session_of_staff, "SELECT hash, staff, csrf, body, created, seen FROM session WHERE staff = ?1"
                         " ORDER BY seen DESC, hash LIMIT 100");
DB_SQL(session_own, "UPDATE session SET owner = ?2 WHERE hash = ?1");
DB_SQL(session_of_owner, "SELECT hash, staff, csrf, body, created, seen FROM session WHERE owner = ?1"
                         " ORDER BY seen DESC, hash LIMIT 100");
DB_SQL(session_touch, "UPDATE session SET seen = ?2 WHERE hash = ?1");
DB_SQL(session_delete, "DELETE FROM session WHERE hash = ?1");
DB_SQL(session_delete_staff, "DELETE FROM session WHERE staff = ?1");
DB_SQL(session_expire, "DELETE FROM session WHERE seen < ?1 OR created < ?2");
DB_SQL(token_insert, "INSERT INTO token (hash, staff, created, expires) VALUES (?1, ?2, ?3, ?4)");
DB_SQL(token_of_staff,
       "SELECT hash, created, expires FROM token WHERE staff = ?1 ORDER BY created DESC, hash LIMIT 100");
DB_SQL(token_delete, "DELETE FROM token WHERE hash = ?1");
DB_SQL(token_find, "SELECT staff FROM token WHERE hash = ?1 AND expires > ?2");

enum status store_session_insert(struct db_tx *tx, const struct store_session *row, struct error *err)
{
    return db_exec(tx, &session_insert,
                   P(P_BLOB(row->hash), P_TEXT(row->staff), P_TEXT(row->csrf), P_INT(row->created), P_INT(row->seen),
                     P_BLOB(row->body)),
                   err);
}

static void read_session(struct db_rows *rows, struct store_session *out)
{
    *out = (struct store_session){db_blob(rows, 0), db_text(rows, 1),  db_text(rows, 2),
                                  db_blob(rows, 3), db_int64(rows, 4), db_int64(rows, 5)};
}

enum status store_session_find(struct db_tx *tx, struct arena *arena, struct str hash, struct store_session *out,
                               bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &session_find, P(P_BLOB(hash)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        read_session(&rows, out);
    return OK;
}

enum status store_session_of_staff(struct db_tx *tx, struct arena *arena, struct str staff, struct store_session **out,
                                   size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &session_of_staff, P(P_TEXT(staff)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_session, read_session, out, count);
    return OK;
}

enum status store_session_own(struct db_tx *tx, struct str hash, struct str owner, struct error *err)
{
    return db_exec(tx, &session_own, P(P_BLOB(hash), P_BLOB(owner)), err);
}

enum status store_session_of_owner(struct db_tx *tx, struct arena *arena, struct str owner, struct store_session **out,
                                   size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &session_of_owner, P(P_BLOB(owner)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_session, read_session, out, count);
    return OK;
}

enum status store_session_touch(struct db_tx *tx, struct str hash, int64_t seen, struct error *err)
{
    return db_exec(tx, &session_touch, P(P_BLOB(hash), P_INT(seen)), err);
}

enum status store_session_delete(struct db_tx *tx, struct str hash, struct error *err)
{
    return db_exec(tx, &session_delete, P(P_BLOB(hash)), err);
}

enum status store_session_delete_staff(struct db_tx *tx, struct str staff, struct error *err)
{
    return db_exec(tx, &session_delete_staff, P(P_TEXT(staff)), err);
}

enum status store_session_expire(struct db_tx *tx, int64_t seen_before, int64_t created_before, struct error *err)
{
    return db_exec(tx, &session_expire, P(P_INT(seen_before), P_INT(created_before)), err);
}

enum status store_token_insert(struct db_tx *tx, struct str hash, struct str staff, int64_t now, int64_t expires,
                               struct error *err)
{
    return db_exec(tx, &token_insert, P(P_BLOB(hash), P_TEXT(staff), P_INT(now), P_INT(expires)), err);
}

enum status store_token_find(struct db_tx *tx, struct arena *arena, struct str hash, int64_t now, struct str *staff,
                             struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &token_find, P(P_BLOB(hash), P_INT(now)), &rows, err) != OK)
        return FAILED;
    *staff = db_next(&rows) ? db_text(&rows, 0) : STR_NONE;
    return OK;
}

static void read_token(struct db_rows *rows, struct store_token *out)
{
    *out = (struct store_token){db_blob(rows, 0), db_int64(rows, 1), db_int64(rows, 2)};
}

enum status store_token_of_staff(struct db_tx *tx, struct arena *arena, struct str staff, struct store_token **out,
                                 size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &token_of_staff, P(P_TEXT(staff)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_token, read_token, out, count);
    return OK;
}

enum status store_token_delete(struct db_tx *tx, struct str hash, struct error *err)
{
    return db_exec(tx, &token_delete, P(P_BLOB(hash)), err);
}

/* ---- one-time codes for a new password ---- */

DB_SQL(staff_code_put, "INSERT INTO staff_code (name, hash, expires, tries) VALUES (?1, ?2, ?3, 0)"
                       " ON CONFLICT (name) DO UPDATE SET hash = excluded.hash, expires = excluded.expires, tries = 0");
DB_SQL(staff_code_find, "SELECT hash, expires, tries FROM staff_code WHERE name = ?1");
DB_SQL(staff_code_try, "UPDATE staff_code SET tries = tries + 1 WHERE name = ?1");
DB_SQL(staff_code_take, "DELETE FROM staff_code WHERE name = ?1 AND hash = ?2");

enum status store_staff_code_put(struct db_tx *tx, const struct store_staff_code *row, struct error *err)
{
    return db_exec(tx, &staff_code_put, P(P_TEXT(row->name), P_BLOB(row->hash), P_INT(row->expires)), err);
}

enum status store_staff_code_find(struct db_tx *tx, struct arena *arena, struct str name, struct store_staff_code *out,
                                  bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &staff_code_find, P(P_TEXT(name)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        *out = (struct store_staff_code){name, db_blob(&rows, 0), db_int64(&rows, 1), db_int64(&rows, 2)};
    return OK;
}

enum status store_staff_code_try(struct db_tx *tx, struct str name, struct error *err)
{
    return db_exec(tx, &staff_code_try, P(P_TEXT(name)), err);
}

enum status store_staff_code_take(struct db_tx *tx, const struct store_staff_code *row, bool *taken, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &staff_code_take, P(P_TEXT(row->name), P_BLOB(row->hash)), &n, err) != OK)
        return FAILED;
    *taken = n == 1;
    return OK;
}

/* ---- second factors ---- */

DB_SQL(totp_put, "INSERT INTO staff_totp (name, secret, confirmed, used) VALUES (?1, ?2, ?3, ?4)"
                 " ON CONFLICT (name) DO UPDATE SET secret = excluded.secret, confirmed = excluded.confirmed,"
                 " used = excluded.used");
DB_SQL(totp_find, "SELECT secret, confirmed, used FROM staff_totp WHERE name = ?1");
DB_SQL(totp_use, "UPDATE staff_totp SET used = ?2, confirmed = ?3 WHERE name = ?1 AND used < ?2");
DB_SQL(totp_delete, "DELETE FROM staff_totp WHERE name = ?1");

enum status store_totp_put(struct db_tx *tx, const struct store_totp *row, struct error *err)
{
    return db_exec(tx, &totp_put, P(P_TEXT(row->name), P_BLOB(row->secret), P_INT(row->confirmed), P_INT(row->used)),
                   err);
}

enum status store_totp_find(struct db_tx *tx, struct arena *arena, struct str name, struct store_totp *out, bool *found,
                            struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &totp_find, P(P_TEXT(name)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        *out = (struct store_totp){name, db_blob(&rows, 0), db_int64(&rows, 1), db_int64(&rows, 2)};
    return OK;
}

enum status store_totp_use(struct db_tx *tx, const struct store_totp *row, bool *used, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &totp_use, P(P_TEXT(row->name), P_INT(row->used), P_INT(row->confirmed)), &n, err) != OK)
        return FAILED;
    *used = n == 1;
    return OK;
}

enum status store_totp_delete(struct db_tx *tx, struct str name, struct error *err)
{
    return db_exec(tx, &totp_delete, P(P_TEXT(name)), err);
}
