/* Packs: the declarations of services (docs/PACKS.md). A pack is read from a folder or from stored files; several make
 * a set, which is immutable, shared by threads, and answers every question of the engine about items, forms, processes,
 * decisions, certificates, exchanges, records, notices, codes, roles, texts, divisions and the calendar. Everything
 * lives in the arena given at loading. Lookups take names that users may have sent: what is not there gives NULL. */
#pragma once

#include "bpmn/bpmn.h"
#include "clock/calendar.h"
#include "dmn/dmn.h"
#include "feel/template.h"
#include "form/form.h"

struct pack;
struct pack_set;

/* ---- Files and loading ---- */

struct pack_file {
    struct str path; /* inside the pack: "items/death-report.json" */
    struct str text;
    struct str hash; /* SM3 of the text, 64 lower-case hex digits; computed by the loader */
};

/* What is wrong, where. severity as in bpmn: errors keep a set from being made, warnings do not. */
struct pack_problem {
    struct str file;  /* "death/items/death-report.json" */
    struct str place; /* "applicants[0]", "line 3, column 7", an element id; "" for the whole file */
    struct str message;
    bool warning;
    bool untranslated; /* a visible text without English: the Chinese one is shown until there is one */
};
struct pack_problems {
    struct arena *arena;
    VECTOR(struct pack_problem) list;
};

/* Reads the files of a folder. FAILED when the folder or pack.json cannot be read; what is wrong inside other files
 * goes to problems (all of it) and also fails, with err telling the first. */
MUST_USE enum status pack_load(struct arena *arena, const char *folder, struct pack_problems *problems,
                               const struct pack **out, struct error *err);
/* The same from files in memory, for packs kept in a database. Hashes given are not trusted but computed. */
MUST_USE enum status pack_load_files(struct arena *arena, const struct pack_file *files, size_t count,
                                     struct pack_problems *problems, const struct pack **out, struct error *err);
struct str pack_id(const struct pack *self);
struct str pack_version(const struct pack *self);
struct str pack_title(const struct pack *self);
struct str pack_hash(const struct pack *self); /* SM3 over the sorted paths and hashes of its files, hex */
const struct pack_file *pack_files(const struct pack *self, size_t *count);
struct value pack_manifest(const struct pack *self); /* pack.json */

/* Puts packs together; each pack's needs must be among them. FAILED when ids collide or a need is missing. problems may
 * be NULL. References between packs are checked by pack_check, not here. */
MUST_USE enum status pack_set_new(struct arena *arena, const struct pack *const *packs, size_t count,
                                  struct pack_problems *problems, const struct pack_set **out, struct error *err);
/* Loads every folder under root that holds a pack.json, and makes the set. */
MUST_USE enum status pack_set_load(struct arena *arena, const char *root, struct pack_problems *problems,
                                   const struct pack_set **out, struct error *err);
const struct pack *const *pack_set_packs(const struct pack_set *self, size_t *count);
const struct pack *pack_set_find(const struct pack_set *self, struct str id);
const struct pack_file *pack_file_find(const struct pack *self, struct str path);

/* The same set with some files replaced or added; packs that are not changed are shared with it, so self must outlive
 * the new one. FAILED as pack_load_files and pack_set_new. */
struct pack_change {
    struct str pack, path, text;
};
struct pack_changes {
    const struct pack_change *items;
    size_t count;
};
MUST_USE enum status pack_set_change(struct arena *arena, const struct pack_set *self,
                                     const struct pack_changes *changes, struct pack_problems *problems,
                                     const struct pack_set **out, struct error *err);
struct str
pack_set_hash(const struct pack_set *self); /* SM3 over the packs' ids and hashes, hex: names this set's content */

/* ---- Expressions ---- */

/* A string of a declaration: FEEL when it begins with "=", else itself. Any other JSON value is itself too. */
struct pack_expression {
    struct str source;                  /* as written; absent when there is none */
    const struct feel_program *program; /* NULL: constant */
    struct value constant;
};
/* names is a context {form, staff, applicant, …}. An absent expression gives null. */
struct value pack_evaluate(const struct pack_expression *self, struct value names, struct feel_run *run);

/* ---- Items ---- */

enum pack_handling { PACK_INSTANT, PACK_COMMITMENT };
enum pack_unit { PACK_WORKING_DAY, PACK_DAY, PACK_HOUR, PACK_MONTH };
struct pack_limit {
    bool present;
    int64_t n;
    enum pack_unit unit;
    struct str basis;
};
struct pack_material {
    struct str id, name;
    struct str need, format, source; /* codes of the implementation list */
    struct pack_expression when;     /* absent: always */
    const struct str *situations;    /* situation ids of the item; none: in all */
    size_t situation_count;
    struct str certificate; /* kind of certificate that stands in for it; absent: none */
    struct str reuse; /* what kind of paper it is: a file given for that kind before serves again; absent: never */
    int64_t reuse_months;   /* how old that file may be */
    int64_t tolerate_days;  /* working days within which it may follow (need 3); 0: the process's own */
    bool promise;           /* a written promise may stand in for it */
};
enum pack_applicant_kind { PACK_BY_PERSON, PACK_BY_ORGANISATION, PACK_BY_ROLE };
struct pack_applicant {
    enum pack_applicant_kind kind;
    struct str role; /* for PACK_BY_ROLE */
};

struct pack_bulk; /* bulk.h */

/* One version of one item. */
struct pack_item {
    struct str code, title, summary, catalog_code, type, topic;
    int64_t version;
    int32_t effective; /* day since 1970-01-01, Asia/Shanghai */
    enum pack_handling handling;
    const struct pack_applicant *applicants;
    size_t applicant_count;
    int identity_level;
    struct str form, process; /* ids; form absent: the item has none */
    struct str party_kind;    /* "person", "organisation"; absent: the case is about nobody in particular */
    struct pack_expression party_id, party_name, region, title_of_case, unique;
    struct str unique_record; /* record kind: a current one about the subject `unique` refuses too; absent: none */
    const struct str *checks; /* decision ids */
    size_t check_count;
    struct pack_limit statutory, previous, promised; /* previous: what was promised before the present limit */
    struct str rating_item;  /* what a bad rating opens; absent: nothing */
    int64_t rating_bad_from; /* the first grade that is bad */
    struct str eligibility;  /* decision behind "am I eligible"; absent: it is not offered */
    const struct str *asks;  /* labels of that table's inputs which are asked; the others are taken to hold */
    size_t ask_count;
    struct str signature;    /* what who applies signs; absent: nothing is signed */
    const struct pack_material *materials;
    size_t material_count;
    const struct pack_bulk *bulk; /* NULL: not to be applied for by a table */
    struct value json; /* the whole file, for pages and the API */
    const struct pack *pack;
    const struct pack_file *file;
};
/* The version in force on a day: the highest effective one; NULL when there is none (yet). */
const struct pack_item *pack_item_find(const struct pack_set *self, struct str code, int32_t day);
const struct pack_item *pack_item_version(const struct pack_set *self, struct str code, int64_t version);
/* Every version of one item, the lowest first. */
const struct pack_item *const *pack_item_versions(const struct pack_set *self, struct str code, size_t *count);
/* All versions of all items, sorted by code, then version. */
const struct pack_item *const *pack_items(const struct pack_set *self, size_t *count);
bool pack_item_for_role(const struct pack_item *self, struct str role);
bool pack_item_for(const struct pack_item *self, enum pack_applicant_kind kind); /* person or organisation */

/* ---- Models ---- */

struct pack_form {
    struct str id;
    const struct form *form;
    const struct pack *pack;
    const struct pack_file *file;
};
const struct pack_form *pack_form_find(const struct pack_set *self, struct str id);
const struct pack_form *const *pack_forms(const struct pack_set *self, size_t *count);

struct pack_process {
    struct str id;
    int64_t version; /* made from the file's hash: what bpmn instances refer to; > 0 */
    const struct bpmn_model *model;
    const struct bpmn_process *process;
    const struct pack *pack;
    const struct pack_file *file; /* file->text is the XML, for the diagram and for keeping */
};
const struct pack_process *pack_process_find(const struct pack_set *self, struct str id);
const struct pack_process *const *pack_processes(const struct pack_set *self, size_t *count);
/* The version number that a process file of this hash gets. */
int64_t pack_process_version(struct str hash);

struct pack_decision {
    struct str id, name;
    const struct dmn_model *model;
    const struct pack *pack;
    const struct pack_file *file;
};
/* By id, else by name. */
const struct pack_decision *pack_decision_find(const struct pack_set *self, struct str id);
const struct pack_decision *const *pack_decisions(const struct pack_set *self, size_t *count);

/* ---- Certificates ---- */

enum pack_public { PACK_PUBLIC_NO, PACK_PUBLIC_MASKED, PACK_PUBLIC_YES };
struct pack_face {
    struct str key, label;
    enum pack_public visible; /* to strangers who verify */
    bool required;
    struct str codes; /* code table whose values stand there as their labels; absent: none */
};
struct pack_page {
    struct str id, title;
    const struct template *template; /* SVG, names: docs/PACKS.md */
    const struct pack_file *file;
};
struct pack_certificate {
    struct str id, title, type_code;
    struct pack_expression issuer, serial;
    const struct pack_face *face;
    size_t face_count;
    const struct pack_page *pages;
    size_t page_count;
    struct pack_expression issuer_name; /* absent: the staff's unit, else the division's name */
    bool document;                      /* a notice or decision about a case: numbered, never in a wallet */
    struct pack_expression series,
        series_number;   /* numbers itself: the series, and the number's text by n; absent: none */
    int validity_months; /* 0: no end */
    int renewal_days;    /* before its end: by then renewal is to be asked for */
    bool holder_may_open;
    struct value json;
    const struct pack *pack;
    const struct pack_file *file;
};
const struct pack_certificate *pack_certificate_find(const struct pack_set *self, struct str id);
const struct pack_certificate *const *pack_certificates(const struct pack_set *self, size_t *count);

/* The face as it is printed and signed: values of code tables replaced by their labels. */
struct value pack_certificate_face(struct arena *arena, const struct pack_set *set, const struct pack_certificate *self,
                                   struct value face);

/* ---- Exchanges, records, notices, indicators ---- */

struct pack_exchange {
    struct str id, title, agency, method, path, purpose;
    struct pack_expression request; /* names: request, case */
    struct pack_expression reply;   /* names: reply, status, request; absent: the reply as it came */
    int64_t timeout_ms;
    int retry_max;
    int64_t retry_first_ms, retry_most_ms;
    double retry_factor;
    struct value json;
    const struct pack *pack;
};
const struct pack_exchange *pack_exchange_find(const struct pack_set *self, struct str id);
const struct pack_exchange *const *pack_exchanges(const struct pack_set *self, size_t *count);

struct pack_record {
    struct str id, title, subject, retention;
    const struct str *read_roles;
    size_t read_role_count;
    struct value json;
    const struct pack *pack;
};
const struct pack_record *pack_record_find(const struct pack_set *self, struct str id);
const struct pack_record *const *pack_records(const struct pack_set *self, size_t *count);

struct pack_notice {
    struct str id, channel;
    const struct template *title, *text; /* names: case, party, applicant, data */
    struct value json;
    const struct pack *pack;
};
const struct pack_notice *pack_notice_find(const struct pack_set *self, struct str id);
const struct pack_notice *const *pack_notices(const struct pack_set *self, size_t *count);

enum pack_indicator_of { PACK_OF_CASES, PACK_OF_ITEMS, PACK_OF_NOW, PACK_OF_STAFF };
/* Which instant of a case says to which day it belongs. */
enum pack_indicator_when { PACK_WHEN_OPENED, PACK_WHEN_CLOSED, PACK_WHEN_RATED };
enum pack_indicator_unit { PACK_UNIT_COUNT, PACK_UNIT_SHARE, PACK_UNIT_DAYS, PACK_UNIT_GRADE };
enum pack_indicator_better { PACK_BETTER_NEITHER, PACK_BETTER_UP, PACK_BETTER_DOWN };
enum pack_indicator_state { PACK_STATE_OVERDUE, PACK_STATE_DUE };
enum pack_dimension { PACK_BY_REGION = 1, PACK_BY_UNIT = 2, PACK_BY_ITEM = 4, PACK_BY_MONTH = 8 };
/* Over every case (or item, or member of staff in a case) where the condition holds, numerator and denominator are
 * added up: true is 1, false and null nothing, a number itself. Absent, where is true and denominator 1. A count is its
 * numerator; all else is the ratio. */
struct pack_indicator {
    struct str id, title, summary, formula, group, source;
    enum pack_indicator_of of;
    enum pack_indicator_when when;
    enum pack_indicator_unit unit;
    enum pack_indicator_better better;
    enum pack_indicator_state state; /* for PACK_OF_NOW */
    unsigned dimensions;             /* enum pack_dimension */
    struct pack_expression where, numerator,
        denominator; /* names: case, item, events, certificates; of staff: staff too; of items: item */
    struct value target;                                  /* a number, or null */
    struct value json;
    const struct pack *pack;
    const struct pack_file *file;
};
const char *pack_indicator_of_name(enum pack_indicator_of of);
const char *pack_indicator_when_name(enum pack_indicator_when when);
const char *pack_indicator_unit_name(enum pack_indicator_unit unit);
const char *pack_indicator_better_name(enum pack_indicator_better better);
const struct pack_indicator *pack_indicator_find(const struct pack_set *self, struct str id);
const struct pack_indicator *const *pack_indicators(const struct pack_set *self, size_t *count);

enum pack_alert_of { PACK_ALERT_CASE, PACK_ALERT_UNIT };
/* A case is put on the supervision list when `after` has passed from the instant `since` (null: not at all) and `where`
 * holds then; an institution when an indicator of the month lies beyond a bound. */
struct pack_alert {
    struct str id, title, reason;
    enum pack_alert_of of;
    struct pack_expression since, where, owner; /* names: case, item, events, certificates. owner: a staff name */
    struct str after, due;                      /* durations, "P2WD" too; due: until when it is to be answered */
    struct str indicator;
    struct value above, below; /* numbers, one of them null */
    int64_t at_least;          /* cases */
    struct value json;
    const struct pack *pack;
    const struct pack_file *file;
};
const struct pack_alert *pack_alert_find(const struct pack_set *self, struct str id);
const struct pack_alert *const *pack_alerts(const struct pack_set *self, size_t *count);

/* ---- Codes, roles, texts ---- */

struct pack_codes {
    struct str id, title, source;
    const struct form_option *options; /* in the order of the file */
    size_t count;
    const struct pack *pack;
};
const struct pack_codes *pack_codes_find(const struct pack_set *self, struct str id);
const struct pack_codes *const *pack_codes_all(const struct pack_set *self, size_t *count);
/* The label of a value; absent when the table or the value does not exist. */
struct str pack_code_label(const struct pack_set *self, struct str table, struct str value);
/* The set's tables as a form needs them. */
struct form_codes pack_form_codes(const struct pack_set *self);

enum pack_scope { PACK_SCOPE_OWN, PACK_SCOPE_UNIT, PACK_SCOPE_REGION, PACK_SCOPE_PROVINCE };
struct pack_role {
    struct str id, title;
    enum pack_scope scope;
    const struct str *may;
    size_t may_count;
    const struct pack *pack;
};
/* A role may be declared in one pack and given more rights ("may") by others that repeat its id without a title. */
const struct pack_role *pack_role_find(const struct pack_set *self, struct str id);
const struct pack_role *const *pack_roles(const struct pack_set *self, size_t *count);
bool pack_role_may(const struct pack_role *self, struct str action);

/* The text in a language ("zh-CN", "en"): that language's table, else zh-CN's, else the text itself. */
struct str pack_text(const struct pack_set *self, struct str language, struct str text);
bool pack_text_known(const struct pack_set *self, struct str language, struct str text);
/* Languages that some pack has a table for, zh-CN first. */
const struct str *pack_languages(const struct pack_set *self, size_t *count);
/* texts.state must outlive its use: the caller keeps the struct. */
struct pack_texts {
    const struct pack_set *set;
    struct str language;
};
struct form_texts pack_form_texts(const struct pack_texts *texts);

/* ---- Divisions and calendar ---- */

enum pack_level { PACK_PROVINCE, PACK_PREFECTURE, PACK_COUNTY, PACK_TOWNSHIP, PACK_VILLAGE };
struct pack_division {
    struct str code, name;
    enum pack_level level;
    const struct pack_division *parent; /* NULL for provinces */
};
const struct pack_division *pack_division_find(const struct pack_set *self, struct str code);
const struct pack_division *pack_divisions(const struct pack_set *self, size_t *count); /* sorted by code */
/* True when code is area or lies in it. Township (9) and village (12 digit) codes need not be listed: their first six,
 * or nine, digits say where they are. False when either is unknown. An empty area covers everything. */
bool pack_division_within(const struct pack_set *self, struct str code, struct str area);
/* "黑龙江省哈尔滨市香坊区"; absent when unknown. */
struct str pack_division_full_name(const struct pack_set *self, struct arena *arena, struct str code);
/* The six-digit code of the prefecture that a code lies in (its shard); counties directly under a province and the
 * province itself give themselves; absent when unknown. */
struct str pack_division_prefecture(const struct pack_set *self, struct str code);
const struct calendar *pack_calendar(const struct pack_set *self);

/* ---- Scenarios ---- */

struct pack_scenario {
    struct str title;
    struct value json;
    const struct pack *pack;
    const struct pack_file *file;
};
/* staff.json of the base pack: the staff of scenarios that list none; null when there is none. */
struct value pack_staff(const struct pack_set *self);
const struct pack_scenario *const *pack_scenarios(const struct pack_set *self, size_t *count);

/* ---- Static checks: check.c ---- */

/* Names of the built-in service tasks, which pack_check knows. */
const char *const *pack_builtin_jobs(size_t *count);
/* What bpmn_check finds in a process of the set, whose forms, decisions and processes are known to it. */
void pack_process_problems(struct arena *arena, const struct pack_set *self, const struct pack_process *process,
                           struct bpmn_problems *out);
/* Finds what is wrong across the set (see docs/PACKS.md, "What pack check finds"). only: report about this pack alone,
 * or NULL. *passed, when not NULL, counts the declarations without an error. */
void pack_check(const struct pack_set *self, const struct pack *only, struct pack_problems *problems, size_t *passed);
/* What loading and pack_check say about one item's file of a pack of the set, which the set need not hold; the item, in
 * the problems' arena, or NULL when it cannot be read. */
const struct pack_item *pack_item_judge(const struct pack_set *set, const struct pack *home, struct str path,
                                        struct str text, struct pack_problems *problems);
