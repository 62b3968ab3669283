/* What the files of pack share. */
#pragma once

#include "pack/pack.h"

#define PACK_FILE_MAX ((size_t)64 * 1024 * 1024)
#define PACK_LIST_MAX 10000

struct pack_texts_table {
    struct str language;
    struct value texts; /* a context */
    const struct pack_file *file;
};

struct pack {
    struct str id, version, title, hash;
    struct value manifest;
    const struct str *needs;
    size_t need_count;
    struct pack_file *files; /* sorted by path */
    size_t file_count;
    VECTOR(struct pack_item *) items;
    VECTOR(struct pack_form *) forms;
    VECTOR(struct pack_process *) processes;
    VECTOR(struct pack_decision *) decisions;
    VECTOR(struct pack_certificate *) certificates;
    VECTOR(struct pack_exchange *) exchanges;
    VECTOR(struct pack_record *) records;
    VECTOR(struct pack_notice *) notices;
    VECTOR(struct pack_indicator *) indicators;
    VECTOR(struct pack_alert *) alerts;
    VECTOR(struct pack_prefill *) prefills; /* prefill.h */
    VECTOR(struct pack_codes *) codes;
    VECTOR(struct pack_role *) roles;
    VECTOR(struct pack_texts_table) texts;
    VECTOR(struct pack_division) divisions; /* parent not yet set: parents by code */
    VECTOR(struct str) division_parents;    /* as many as divisions */
    VECTOR(struct calendar_year) years;
    VECTOR(struct pack_scenario *) scenarios;
    struct value staff;
};

/* Pointers to declarations, each of which begins with its id (struct str); sorted by it. */
struct pack_index {
    const void **items;
    size_t count;
};

struct pack_text_entry {
    struct str key, text;
};
struct pack_language {
    struct str id;
    struct pack_text_entry *entries; /* sorted by key */
    size_t count;
    const struct pack_text_entry **sentences; /* entries with arguments: sentence.h */
    size_t sentence_count;
};

struct pack_set {
    const struct pack *const *packs;
    size_t pack_count;
    struct str hash;
    struct pack_index items, forms, processes, decisions, certificates, exchanges, records, notices, indicators, alerts,
        codes, roles, scenarios, prefills;
    const struct str *languages;
    const struct pack_language *tables; /* one a language */
    size_t language_count;
    struct pack_division *divisions; /* sorted by code */
    size_t division_count;
    const struct calendar *calendar;
};

/* ---- problem.c: telling what is wrong ---- */

void pack_problem_add(struct pack_problems *problems, struct str file, struct str place, struct str message,
                      bool warning);

/* ---- load.c: reading one pack ---- */

/* What a reader of one file works with. */
struct pack_loader {
    struct arena *arena;
    struct pack *pack;
    struct pack_problems *problems;
    const struct pack_file *file; /* the one being read */
    size_t errors;
};
void pack_wrong(struct pack_loader *loader, struct str place, const char *format, ...) PRINTF_LIKE(3, 4);
/* The file's JSON; false, and told, when it is not readable. */
MUST_USE bool pack_read_json(struct pack_loader *loader, struct value *out);

/* ---- read.c: typed members of JSON objects. What is wrong is told; the output then stays as it is ---- */

struct pack_reading {
    struct pack_loader *loader;
    struct value object;
    struct str place; /* of the object in the file; "" for the whole file */
};
struct pack_reading pack_reading(struct pack_loader *loader, struct value object, struct str place);
enum pack_need { PACK_OPTIONAL, PACK_REQUIRED };
/* The file's JSON with these members; false, and told, when it is not readable. */
MUST_USE bool pack_read_object(struct pack_loader *loader, const char *const *names, size_t count,
                               struct pack_reading *out);
/* The same of a declaration, with its members id and title. */
MUST_USE bool pack_read_head(struct pack_loader *loader, const char *const *names, size_t count, struct str *id,
                             struct str *title, struct pack_reading *out);
/* The file's JSON, a list; false, and told, when it is none. */
MUST_USE bool pack_read_list(struct pack_loader *loader, struct value *out);
void pack_read_members(const struct pack_reading *r, const char *const *names, size_t count);
void pack_read_text(const struct pack_reading *r, const char *member, enum pack_need need, struct str *out);
/* An id: [a-z0-9.-]+, beginning with a letter. */
void pack_read_id(const struct pack_reading *r, const char *member, struct str *out);
void pack_read_int(const struct pack_reading *r, const char *member, int64_t least, int64_t *out);
void pack_read_flag(const struct pack_reading *r, const char *member, bool *out);
void pack_read_texts(const struct pack_reading *r, const char *member, const struct str **out, size_t *count);
/* One of choices: its position, or -1 when absent (told if required) or not one of them (told). */
int pack_read_choice(const struct pack_reading *r, const char *member, enum pack_need need, const char *const *choices,
                     size_t count);
void pack_read_expression(const struct pack_reading *r, const char *member, struct pack_expression *out);
void pack_compile(const struct pack_reading *r, const char *member, struct value v, struct pack_expression *out);
/* The items of a list member; NULL with *count 0 when absent. Each must be an object, otherwise it is told and null. */
struct pack_reading *pack_read_objects(const struct pack_reading *r, const char *member, size_t *count);
struct str pack_place(const struct pack_reading *r, const char *member);
/* The member "bulk" of an item: bulk.c. */
void pack_read_bulk(const struct pack_reading *r, struct pack_item *item);

/* Entries of a language that have arguments. */
const struct pack_text_entry *const *pack_sentences(const struct pack_set *self, struct str language, size_t *count);

/* ---- one reader a kind of file ---- */

typedef void pack_reader(struct pack_loader *loader);
pack_reader pack_read_item, pack_read_form, pack_read_process, pack_read_decisions, pack_read_certificate,
    pack_read_exchange, pack_read_record, pack_read_indicator, pack_read_alert, pack_read_prefill, pack_read_codes,
    pack_read_notice, pack_read_roles, pack_read_texts_table, pack_read_scenario, pack_read_staff, pack_read_divisions,
    pack_read_calendar;

/* ---- index ---- */

struct pack_index pack_index_new(struct arena *arena, size_t count);
void pack_index_sort(struct pack_index *self);
const void *pack_index_find(const struct pack_index *self, struct str id);

/* ---- places.c ---- */
void pack_places_join(struct arena *arena, struct pack_set *set, struct pack_problems *problems);
/* The divisions as code tables, for forms: "county" and "prefecture", labelled with their full names. */
void pack_places_codes(struct arena *arena, struct pack_set *set);
