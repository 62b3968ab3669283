/* Several packs as one immutable set: indexes by id, merged roles, texts and places. */
#include "pack/internal.h"

#include "pack/prefill.h"
#include "trust/hash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- Index ---- */

/* Every declaration begins with its id. */
static struct str id_of(const void *declaration)
{
    return *(const struct str *)declaration;
}

static int by_id(const void *a, const void *b)
{
    return str_compare(id_of(*(const void *const *)a), id_of(*(const void *const *)b));
}

struct pack_index pack_index_new(struct arena *arena, size_t count)
{
    return (struct pack_index){.items = arena_array(arena, const void *, count)};
}

void pack_index_sort(struct pack_index *self)
{
    qsort(self->items, self->count, sizeof *self->items, by_id);
}

const void *pack_index_find(const struct pack_index *self, struct str id)
{
    size_t low = 0;
    size_t high = self->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(id_of(self->items[middle]), id);
        if (order == 0)
            return self->items[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

struct joining {
    struct arena *arena;
    struct pack_set *set;
    struct pack_problems *problems;
};

/* Joins one vector of every pack; ids must differ. */
#define JOIN(j, index, vector, kind)                                                                                   \
    do {                                                                                                               \
        size_t total_ = 0;                                                                                             \
        for (size_t i_ = 0; i_ < (j)->set->pack_count; i_++)                                                           \
            total_ += (j)->set->packs[i_]->vector.count;                                                               \
        (j)->set->index = pack_index_new((j)->arena, total_);                                                          \
        for (size_t i_ = 0; i_ < (j)->set->pack_count; i_++)                                                           \
            for (size_t k_ = 0; k_ < (j)->set->packs[i_]->vector.count; k_++)                                          \
                (j)->set->index.items[(j)->set->index.count++] = (j)->set->packs[i_]->vector.items[k_];                \
        pack_index_sort(&(j)->set->index);                                                                             \
        refuse_twins(j, &(j)->set->index, kind);                                                                       \
    } while (0)

static void refuse_twins(const struct joining *j, const struct pack_index *index, const char *kind)
{
    if (!kind)
        return;
    for (size_t i = 1; i < index->count; i++) {
        struct str id = id_of(index->items[i]);
        if (str_equal(id, id_of(index->items[i - 1])))
            pack_problem_add(j->problems, str_of(kind), id, STR("is declared twice; ids are unique over all packs"),
                             false);
    }
}

/* ---- Items: by code, then version ---- */

static int by_code_and_version(const void *a, const void *b)
{
    const struct pack_item *x = *(const struct pack_item *const *)a;
    const struct pack_item *y = *(const struct pack_item *const *)b;
    int order = str_compare(x->code, y->code);
    return order != 0 ? order : x->version < y->version ? -1 : x->version > y->version;
}

static void join_items(const struct joining *j)
{
    JOIN(j, items, items, NULL);
    struct pack_index *items = &j->set->items;
    qsort(items->items, items->count, sizeof *items->items, by_code_and_version);
    for (size_t i = 1; i < items->count; i++) {
        const struct pack_item *before = items->items[i - 1];
        const struct pack_item *item = items->items[i];
        if (!str_equal(before->code, item->code))
            continue;
        if (before->version == item->version || before->pack != item->pack)
            pack_problem_add(j->problems, STR("items"), item->code,
                             STR("is declared twice with the same version, or by two packs"), false);
        else if (before->effective > item->effective)
            pack_problem_add(j->problems, STR("items"), item->code,
                             STR("a higher version must not be effective earlier"), false);
    }
}

/* ---- Roles: a pack may give more rights to a role declared by another ---- */

static void join_roles(const struct joining *j)
{
    JOIN(j, roles, roles, NULL);
    struct pack_index merged = pack_index_new(j->arena, j->set->roles.count);
    for (size_t i = 0; i < j->set->roles.count;) {
        struct pack_role *role = arena_new(j->arena, struct pack_role);
        VECTOR(struct str) may = {0};
        size_t titles = 0;
        struct str id = id_of(j->set->roles.items[i]);
        for (; i < j->set->roles.count && str_equal(id_of(j->set->roles.items[i]), id); i++) {
            const struct pack_role *part = j->set->roles.items[i];
            if (part->title.len > 0) {
                *role = *part;
                titles++;
            }
            for (size_t k = 0; k < part->may_count; k++)
                VECTOR_PUSH(j->arena, &may, part->may[k]);
        }
        if (titles != 1)
            pack_problem_add(j->problems, STR("roles.json"), id, STR("must be declared with a title exactly once"),
                             false);
        role->id = id;
        role->may = may.items;
        role->may_count = may.count;
        merged.items[merged.count++] = role;
    }
    j->set->roles = merged;
}

/* ---- Texts ---- */

static int by_key(const void *a, const void *b)
{
    return str_compare(((const struct pack_text_entry *)a)->key, ((const struct pack_text_entry *)b)->key);
}

/* Later packs win; the entries are few enough for one stable order: sorted by key, the last of equal keys kept. */
static struct pack_language join_language(const struct joining *j, struct str id)
{
    struct value joined = value_null;
    for (size_t i = 0; i < j->set->pack_count; i++)
        for (size_t k = 0; k < j->set->packs[i]->texts.count; k++)
            if (str_equal(j->set->packs[i]->texts.items[k].language, id))
                joined = value_is_null(joined) ? j->set->packs[i]->texts.items[k].texts
                                               : value_merge(j->arena, joined, j->set->packs[i]->texts.items[k].texts);
    struct pack_language out = {.id = id, .count = value_count(joined)};
    out.entries = arena_array(j->arena, struct pack_text_entry, out.count);
    for (size_t i = 0; i < out.count; i++)
        out.entries[i] =
            (struct pack_text_entry){joined.context->members[i].key, value_text(joined.context->members[i].value)};
    qsort(out.entries, out.count, sizeof *out.entries, by_key);
    out.sentences = arena_array(j->arena, const struct pack_text_entry *, out.count);
    for (size_t i = 0; i < out.count; i++)
        if (str_find(out.entries[i].key, STR("{1}"), 0) >= 0)
            out.sentences[out.sentence_count++] = &out.entries[i];
    return out;
}

static void join_texts(const struct joining *j)
{
    VECTOR(struct str) names = {0};
    VECTOR(struct pack_language) tables = {0};
    VECTOR_PUSH(j->arena, &names, STR("zh-CN"));
    for (size_t i = 0; i < j->set->pack_count; i++)
        for (size_t k = 0; k < j->set->packs[i]->texts.count; k++) {
            struct str language = j->set->packs[i]->texts.items[k].language;
            bool known = false;
            for (size_t n = 0; n < names.count && !known; n++)
                known = str_equal(names.items[n], language);
            if (!known)
                VECTOR_PUSH(j->arena, &names, language);
        }
    for (size_t i = 0; i < names.count; i++) {
        struct pack_language table = join_language(j, names.items[i]);
        VECTOR_PUSH(j->arena, &tables, table);
    }
    j->set->languages = names.items;
    j->set->tables = tables.items;
    j->set->language_count = names.count;
}

static bool text_in(const struct pack_set *self, struct str language, struct str text, struct str *out)
{
    for (size_t i = 0; i < self->language_count; i++) {
        if (!str_equal(self->tables[i].id, language) || self->tables[i].count == 0)
            continue;
        struct pack_text_entry wanted = {.key = text};
        const struct pack_text_entry *found =
            bsearch(&wanted, self->tables[i].entries, self->tables[i].count, sizeof wanted, by_key);
        if (found) {
            *out = found->text;
            return true;
        }
    }
    return false;
}

struct str pack_text(const struct pack_set *self, struct str language, struct str text)
{
    struct str out = text;
    if (!text_in(self, language, text, &out))
        (void)text_in(self, STR("zh-CN"), text, &out);
    return out;
}

bool pack_text_known(const struct pack_set *self, struct str language, struct str text)
{
    struct str out;
    return text_in(self, language, text, &out);
}

const struct pack_text_entry *const *pack_sentences(const struct pack_set *self, struct str language, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < self->language_count; i++)
        if (str_equal(self->tables[i].id, language)) {
            *count = self->tables[i].sentence_count;
            return self->tables[i].sentences;
        }
    return NULL;
}

const struct str *pack_languages(const struct pack_set *self, size_t *count)
{
    *count = self->language_count;
    return self->languages;
}

static struct str find_text(void *state, struct str text)
{
    const struct pack_texts *texts = state;
    return pack_text(texts->set, texts->language, text);
}

struct form_texts pack_form_texts(const struct pack_texts *texts)
{
    return (struct form_texts){(void *)(uintptr_t)texts, find_text};
}

/* ---- Making ---- */

static void check_needs(const struct joining *j)
{
    for (size_t i = 0; i < j->set->pack_count; i++) {
        const struct pack *pack = j->set->packs[i];
        struct str file = arena_printf(j->arena, "%.*s/pack.json", STR_ARGS(pack->id));
        for (size_t k = 0; k < pack->need_count; k++) {
            bool there = false;
            for (size_t n = 0; n < j->set->pack_count && !there; n++)
                there = str_equal(j->set->packs[n]->id, pack->needs[k]);
            if (!there)
                pack_problem_add(j->problems, file, pack->needs[k], STR("the pack that is needed is not there"), false);
        }
        for (size_t n = 0; n < i; n++)
            if (str_equal(j->set->packs[n]->id, pack->id))
                pack_problem_add(j->problems, file, pack->id, STR("two packs have this id"), false);
    }
}

static struct str hash_set(struct arena *arena, const struct pack_set *set)
{
    unsigned char digest[HASH_SIZE];
    struct hash *all = hash_new(HASH_SM3);
    for (size_t i = 0; i < set->pack_count; i++) {
        hash_put(all, set->packs[i]->id);
        hash_put(all, STR("\n"));
        hash_put(all, set->packs[i]->hash);
        hash_put(all, STR("\n"));
    }
    hash_done(all, digest);
    hash_free(all);
    return hex_encode(arena, digest, sizeof digest);
}

static int by_pack_id(const void *a, const void *b)
{
    return str_compare((*(const struct pack *const *)a)->id, (*(const struct pack *const *)b)->id);
}

enum status pack_set_new(struct arena *arena, const struct pack *const *packs, size_t count,
                         struct pack_problems *problems, const struct pack_set **out, struct error *err)
{
    struct pack_set *set = arena_new(arena, struct pack_set);
    struct pack_problems own = {.arena = arena};
    problems = problems ? problems : &own;
    size_t told = problems->list.count;
    const struct pack **sorted = arena_array(arena, const struct pack *, count);
    if (count > 0)
        memcpy(sorted, packs, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_pack_id);
    set->packs = sorted;
    set->pack_count = count;
    set->hash = hash_set(arena, set);

    struct joining j = {arena, set, problems};
    check_needs(&j);
    join_items(&j);
    JOIN(&j, forms, forms, "forms");
    JOIN(&j, processes, processes, "processes");
    JOIN(&j, decisions, decisions, "decisions");
    JOIN(&j, certificates, certificates, "certificates");
    JOIN(&j, exchanges, exchanges, "exchanges");
    JOIN(&j, records, records, "records");
    JOIN(&j, notices, notices, "notices");
    JOIN(&j, indicators, indicators, "indicators");
    JOIN(&j, alerts, alerts, "alerts");
    JOIN(&j, prefills, prefills, "prefills");
    JOIN(&j, codes, codes, "codes");
    JOIN(&j, scenarios, scenarios, NULL);
    join_roles(&j);
    join_texts(&j);
    pack_places_join(arena, set, problems);
    pack_places_codes(arena, set);
    if (problems->list.count == told) {
        *out = set;
        return OK;
    }
    const struct pack_problem *first = &problems->list.items[told];
    (void)error_set(err, ERROR_INVALID, "pack-invalid", "%.*s: %.*s %.*s", STR_ARGS(first->file),
                    STR_ARGS(first->place), STR_ARGS(first->message));
    return FAILED;
}

enum status pack_set_load(struct arena *arena, const char *root, struct pack_problems *problems,
                          const struct pack_set **out, struct error *err)
{
    struct str *names = NULL;
    size_t count = 0;
    if (folder_list(arena, root, "", &names, &count, err) != OK)
        return FAILED;
    VECTOR(const struct pack *) packs = {0};
    bool failed = false;
    for (size_t i = 0; i < count; i++) {
        struct str folder = arena_printf(arena, "%s/%.*s", root, STR_ARGS(names[i]));
        struct str manifest = arena_printf(arena, "%.*s/pack.json", STR_ARGS(folder));
        struct stat info;
        const struct pack *pack = NULL;
        struct error why = ERROR_INIT;
        if (stat(manifest.data, &info) != 0)
            continue;
        if (pack_load(arena, folder.data, problems, &pack, &why) == OK) {
            VECTOR_PUSH(arena, &packs, pack);
            continue;
        }
        if (!failed)
            *err = why;
        failed = true;
    }
    if (failed)
        return FAILED;
    if (packs.count == 0)
        return error_set(err, ERROR_NOT_FOUND, "pack-not-found", "There is no pack in %s.", root);
    return pack_set_new(arena, packs.items, packs.count, problems, out, err);
}

/* ---- Asking ---- */

const struct pack *const *pack_set_packs(const struct pack_set *self, size_t *count)
{
    *count = self->pack_count;
    return self->packs;
}

struct str pack_set_hash(const struct pack_set *self)
{
    return self->hash;
}

const struct pack_item *const *pack_item_versions(const struct pack_set *self, struct str code, size_t *count)
{
    size_t low = 0, high = self->items.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(id_of(self->items.items[middle]), code) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (high = low; high < self->items.count && str_equal(id_of(self->items.items[high]), code);)
        high++;
    *count = high - low;
    return (const struct pack_item *const *)self->items.items + low;
}

const struct pack_item *pack_item_find(const struct pack_set *self, struct str code, int32_t day)
{
    const struct pack_item *found = NULL;
    size_t count;
    const struct pack_item *const *versions = pack_item_versions(self, code, &count);
    for (size_t i = 0; i < count; i++)
        if (versions[i]->effective <= day)
            found = versions[i];
    return found;
}

const struct pack_item *pack_item_version(const struct pack_set *self, struct str code, int64_t version)
{
    size_t count;
    const struct pack_item *const *versions = pack_item_versions(self, code, &count);
    for (size_t i = 0; i < count; i++)
        if (versions[i]->version == version)
            return versions[i];
    return NULL;
}

#define FIND(noun, index)                                                                                              \
    const struct pack_##noun *pack_##noun##_find(const struct pack_set *self, struct str id)                           \
    {                                                                                                                  \
        return pack_index_find(&self->index, id);                                                                      \
    }
#define ALL(noun, plural, index)                                                                                       \
    const struct pack_##noun *const *plural(const struct pack_set *self, size_t *count)                                \
    {                                                                                                                  \
        *count = self->index.count;                                                                                    \
        return (const struct pack_##noun *const *)self->index.items;                                                   \
    }

ALL(item, pack_items, items)
FIND(form, forms)
ALL(form, pack_forms, forms)
FIND(process, processes)
ALL(process, pack_processes, processes)
ALL(decision, pack_decisions, decisions)
FIND(certificate, certificates)
ALL(certificate, pack_certificates, certificates)
FIND(exchange, exchanges)
ALL(exchange, pack_exchanges, exchanges)
FIND(record, records)
ALL(record, pack_records, records)
FIND(notice, notices)
ALL(notice, pack_notices, notices)
FIND(indicator, indicators)
ALL(indicator, pack_indicators, indicators)
FIND(alert, alerts)
ALL(alert, pack_alerts, alerts)
ALL(prefill, pack_prefills, prefills)
FIND(codes, codes)
ALL(codes, pack_codes_all, codes)
FIND(role, roles)
ALL(role, pack_roles, roles)
ALL(scenario, pack_scenarios, scenarios)

const struct pack_decision *pack_decision_find(const struct pack_set *self, struct str id)
{
    const struct pack_decision *found = pack_index_find(&self->decisions, id);
    for (size_t i = 0; !found && i < self->decisions.count; i++) {
        const struct pack_decision *one = self->decisions.items[i];
        found = str_equal(one->name, id) ? one : NULL;
    }
    return found;
}

struct value pack_staff(const struct pack_set *self)
{
    for (size_t i = 0; i < self->pack_count; i++)
        if (!value_is_null(self->packs[i]->staff))
            return self->packs[i]->staff;
    return value_null;
}

/* ---- Codes ---- */

struct str pack_code_label(const struct pack_set *self, struct str table, struct str value)
{
    const struct pack_codes *codes = pack_codes_find(self, table);
    for (size_t i = 0; codes && i < codes->count; i++)
        if (str_equal(codes->options[i].value, value))
            return codes->options[i].label;
    return STR_NONE;
}

static bool form_code_find(void *state, struct str table, struct str value, struct str *label)
{
    struct str found = pack_code_label(state, table, value);
    if (!found.data)
        return false;
    *label = found;
    return true;
}

static size_t form_code_list(void *state, struct str table, const struct form_option **out)
{
    const struct pack_codes *codes = pack_codes_find(state, table);
    *out = codes ? codes->options : NULL;
    return codes ? codes->count : 0;
}

struct form_codes pack_form_codes(const struct pack_set *self)
{
    return (struct form_codes){(void *)(uintptr_t)self, form_code_find, form_code_list};
}
