/* Lists of cases: first the keys, from the indexes alone, then the rows that are shown.
 *
 * Every index of a list ends in (state, id). What is asked of some states goes through one lane for each of them,
 * newest first, and the lanes are put together; so no list steps over the cases that it does not show. */
#include "store/case.h"

#include "store/internal.h"

#include <assert.h>
#include <stdlib.h>

/* ?6: the wanted state, -1: any, -2: any but closed. */
#define LANE(where, number)                                                                                            \
    "SELECT id FROM (SELECT id FROM cases WHERE region = ?1 AND id < ?2 AND state = " number                           \
    " AND (?6 = -1 OR ?6 = " number " OR (?6 = -2 AND " number " < 8)) AND " where                                     \
    " ORDER BY id DESC LIMIT ?7) AS lane" number
#define LANES(where)                                                                                                   \
    LANE(where, "0") " UNION ALL " LANE(where, "1") " UNION ALL " LANE(where, "2") " UNION ALL " LANE(where, "3")      \
    " UNION ALL " LANE(where, "4") " UNION ALL " LANE(where, "5") " UNION ALL " LANE(where, "6")                       \
    " UNION ALL " LANE(where, "7") " UNION ALL " LANE(where, "8") " ORDER BY id DESC LIMIT ?7"
#define SCOPE "division >= ?3 AND division < ?4 AND (?5 IS NULL OR unit = ?5)"

static_assert(STORE_CASE_STATES == 9 && STORE_CASE_CLOSED == 8, "one lane for each state");

DB_SQL(keys_all, "SELECT id FROM cases WHERE region = ?1 AND id < ?2 AND " SCOPE " ORDER BY id DESC LIMIT ?6");
DB_SQL(keys_state, LANES(SCOPE));
DB_SQL(keys_county, LANES("(division / 1000000) = ?8 AND " SCOPE));
DB_SQL(keys_item_county, LANES("(division / 1000000) = ?8 AND item = ?9 AND " SCOPE));
DB_SQL(keys_item, LANES("item = ?8 AND " SCOPE));
DB_SQL(keys_unit, LANES("unit = ?5 AND division >= ?3 AND division < ?4 AND (?8 = 0 OR item = ?8)"));
DB_SQL(keys_party, LANES("party = ?8 AND " SCOPE " AND (?9 = 0 OR item = ?9)"));
DB_SQL(keys_applicant, LANES("applicant = ?8 AND " SCOPE " AND (?9 = 0 OR item = ?9)"));
DB_SQL(few_of_item, "SELECT CAST(count(*) AS BIGINT) FROM (SELECT id FROM cases WHERE region = ?1 AND item = ?2"
                    " LIMIT ?3) AS few");
DB_SQL(item_versions, "SELECT b.id FROM item a JOIN item b ON b.code = a.code WHERE a.id = ?1");

#define FEW 300 /* cases that are sooner looked at one by one than sought among a county's */

struct keys {
    struct db_tx *tx;
    struct arena *arena;
    const struct store_case_filter *filter;
    VECTOR(int64_t) ids;
};

static enum status add_keys(struct keys *self, const struct db_statement *statement, struct db_params params,
                            struct error *err)
{
    struct db_rows rows;
    if (db_query(self->tx, self->arena, statement, params, &rows, err) != OK)
        return FAILED;
    while (db_next(&rows))
        VECTOR_PUSH(self->arena, &self->ids, db_int64(&rows, 0));
    return OK;
}

/* A county's, of one item (0: any): an item that is rare in the region is the shorter lane. */
static enum status keys_of_county(struct keys *self, int64_t county, int64_t item, struct db_param p[9],
                                  struct error *err)
{
    struct db_rows rows;
    p[7] = P_INT(county);
    if (!item)
        return add_keys(self, &keys_county, (struct db_params){p, 8}, err);
    p[8] = P_INT(item);
    if (db_query(self->tx, self->arena, &few_of_item, P(p[0], p[8], P_INT(FEW)), &rows, err) != OK)
        return FAILED;
    if (db_next(&rows) && db_int64(&rows, 0) == FEW)
        return add_keys(self, &keys_item_county, (struct db_params){p, 9}, err);
    p[7] = P_INT(item);
    return add_keys(self, &keys_item, (struct db_params){p, 8}, err);
}

/* The narrowest way: a person's cases, a unit's, a county's, an item's, a state's, all. item 0: any. */
static enum status keys_of_item(struct keys *self, int64_t item, struct error *err)
{
    const struct store_case_filter *filter = self->filter;
    int64_t state = filter->open_only && filter->state < 0 ? -2 : filter->state;
    struct db_param p[9] = {P_INT(filter->region),        P_INT(filter->before_id ? filter->before_id : INT64_MAX),
                            P_INT(filter->division_from), P_INT(filter->division_to),
                            P_TEXT(filter->unit),         P_INT(state),
                            P_INT(filter->limit)};
    struct db_params params = {p, 9};
    p[8] = P_INT(item);
    if (filter->party.data || filter->applicant.data) {
        p[7] = P_BLOB(filter->party);
        if (filter->party.data && add_keys(self, &keys_party, params, err) != OK)
            return FAILED;
        p[7] = P_BLOB(filter->applicant);
        return filter->applicant.data ? add_keys(self, &keys_applicant, params, err) : OK;
    }
    int64_t county;
    if (!filter->unit.data && store_one_county(filter->region, filter->division_from, filter->division_to, &county))
        return keys_of_county(self, county, item, p, err);
    p[7] = P_INT(item);
    params.count = 8;
    if (filter->unit.data)
        return add_keys(self, &keys_unit, params, err);
    if (item)
        return add_keys(self, &keys_item, params, err);
    params.count = 7;
    if (state != -1)
        return add_keys(self, &keys_state, params, err);
    p[5] = P_INT(filter->limit);
    params.count = 6;
    return add_keys(self, &keys_all, params, err);
}

static enum status keys_of_versions(struct keys *self, struct error *err)
{
    struct db_rows versions;
    if (!self->filter->item || !self->filter->item_versions)
        return keys_of_item(self, self->filter->item, err);
    if (db_query(self->tx, self->arena, &item_versions, P(P_INT(self->filter->item)), &versions, err) != OK)
        return FAILED;
    while (db_next(&versions))
        if (keys_of_item(self, db_int64(&versions, 0), err) != OK)
            return FAILED;
    return OK;
}

static int newest_first(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? 1 : -(x > y);
}

enum status store_case_keys(struct db_tx *tx, struct arena *arena, const struct store_case_filter *filter,
                            int64_t **out, size_t *count, struct error *err)
{
    struct keys self = {.tx = tx, .arena = arena, .filter = filter};
    if (keys_of_versions(&self, err) != OK)
        return FAILED;
    size_t n = 0;
    if (self.ids.count)
        qsort(self.ids.items, self.ids.count, sizeof *self.ids.items, newest_first);
    for (size_t i = 0; i < self.ids.count && n < (size_t)filter->limit; i++)
        if (n == 0 || self.ids.items[i] != self.ids.items[n - 1])
            self.ids.items[n++] = self.ids.items[i];
    *out = self.ids.items;
    *count = n;
    return OK;
}

enum status store_case_list(struct db_tx *tx, struct arena *arena, const struct store_case_filter *filter,
                            struct store_case **out, size_t *count, struct error *err)
{
    int64_t *ids;
    size_t n;
    if (store_case_keys(tx, arena, filter, &ids, &n, err) != OK)
        return FAILED;
    struct store_case *rows = arena_array(arena, struct store_case, n);
    for (size_t i = 0; i < n; i++) {
        bool found;
        if (store_case_find(tx, arena, filter->region, ids[i], &rows[i], &found, err) != OK)
            return FAILED;
        CHECK(found); /* one snapshot gave the key and the row */
    }
    *out = rows;
    *count = n;
    return OK;
}
