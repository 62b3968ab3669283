/* What the service's own files share: the open service, sealing, numbers, permissions, views. */
#pragma once

#include "db/db.h"
#include "service/service.h"
#include "store/case.h"
#include "store/result.h"
#include "store/system.h"
#include "store/wait.h"
#include "trust/hash.h"
#include "trust/keys.h"
#include "trust/seal.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- The open service ---- */

/* Numbers of one counter that this process may give out without asking the database. */
struct number_block {
    struct number_block *next_block;
    int64_t next, end;
    int64_t size; /* of the last block taken */
    char name[48];
};

/* A pack set that is not the one in force, read back from the database for running cases. */
struct old_packs {
    struct old_packs *next;
    struct arena arena;
    int64_t id;
    const struct pack_set *packs;
};

enum metric {
    METRIC_CASES_OPENED,
    METRIC_CASES_CLOSED,
    METRIC_CERTIFICATES_ISSUED,
    METRIC_CERTIFICATES_VERIFIED,
    METRIC_TASKS_COMPLETED,
    METRIC_TIMERS_FIRED,
    METRIC_JOBS_COMPLETED,
    METRIC_MESSAGES,
    METRIC_EXCHANGES_DELIVERED,
    METRIC_EXCHANGES_FAILED,
    METRIC_INCIDENTS,
    METRIC_SIGN_INS,
    METRIC_SIGN_INS_FAILED,
    METRIC_RETRIES,
    METRIC_COUNT,
};

struct item_states;    /* item_state.h */
struct deployed;       /* deployed.h */
struct deployed_model;

struct service {
    _Atomic(const struct pack_set *) packs; /* in force: own_packs with what was released. release.c turns it over */
    _Atomic int64_t packs_id;
    _Atomic int64_t packs_until; /* an instant at which other packs may come into force; INT64_MAX: none is known */
    const struct pack_set *own_packs; /* as they were loaded */
    int64_t own_packs_id;
    _Atomic int64_t released_count, released_latest; /* releases known, and when the latest was decided */
    pthread_mutex_t turning; /* over looking what is in force and setting it */
    struct db *db;
    const struct world *world;
    const struct service_transport *transport;
    struct arena arena; /* lives as long as the service; used while opening only */
    struct str data, agencies, public_url;
    bool demo;
    enum service_algorithm algorithm, algorithm_default; /* in force; without a setting */
    struct seal_ring *ring;
    struct str audit_key; /* keys the tally and verification codes */
    _Atomic(struct item_states *) item_states; /* item_state.h */

    _Atomic int64_t outbox_look_at; /* outbox_wait.h */

    pthread_mutex_t lock; /* over writing what follows */
    int64_t regions[1024]; /* prefectures that divisions.json names or that hold rows; only ever grows */
    _Atomic size_t region_count;
    struct number_block *numbers;
    struct old_packs *old_packs;
    struct deployed *deployed[64]; /* by key; only ever grows */
    struct deployed_model *deployed_models;
    struct service_listener listener;
    struct sweep *sweeps;      /* sweep_run.h */
    struct key_set *keys;      /* replaced as a whole by rotation; former sets are kept in retired */
    struct key_set *retired[64];
    size_t retired_count;

    _Atomic int64_t metrics[METRIC_COUNT];
    struct closings *closings; /* closings.h */
    struct status_cache *status_cache;
};

void service_count(struct service *self, enum metric metric, int64_t n);
const struct key_set *service_key_set(struct service *self);
/* The key that new certificates are signed with. */
const struct key *service_signing_key(struct service *self);
/* The set that a running case was opened under; NULL with err filled when it cannot be read. */
const struct pack_set *service_packs_of(struct service *self, struct db_tx *tx, int64_t id, struct error *err);
/* The number of a set that is or was in force in this process. */
int64_t service_packs_id(struct service *self, const struct pack_set *packs);
/* Puts a set into the database, unless it is there. */
MUST_USE enum status service_packs_store(struct service *self, struct db_tx *tx, const struct pack_set *packs,
                                         int64_t *id, struct error *err);
int64_t service_item_id(const struct service *self, struct str code, int64_t version);
const struct store_item *service_item_of(const struct service *self, int64_t id);

/* Ends every sweep and waits for its threads. */
void sweeps_close(struct service *self);

/* ---- release.c: models that come into force ---- */

/* Looks what has been released and puts it into force. Not inside a transaction. */
MUST_USE enum status service_packs_turn(struct service *self, struct error *err);
/* The set in force at this instant. Not inside a transaction. */
const struct pack_set *service_packs_now(struct service *self);
/* Whether the pack's own file is still what an approved version was drawn from. */
struct store_model;
bool model_counts(const struct service *self, const struct store_model *row);
/* own_packs with the released models that are in force at an instant, and with more laid over them (NULL: none). */
struct pack_changes;
MUST_USE enum status service_packs_at(struct service *self, struct arena *arena, int64_t instant,
                                      const struct pack_changes *more, struct pack_problems *problems,
                                      const struct pack_set **out, struct error *err);

/* ---- keys.c: files under data ---- */
MUST_USE enum status service_keys_open(struct service *self, struct error *err);
MUST_USE enum status service_keys_save(struct service *self, const struct key_set *keys, struct error *err);

/* Values of settings with these names are sealed. */
bool setting_is_secret(struct str name);

/* ---- seal.c ---- */

/* JSON of the value, sealed to the place that context names. */
struct str service_seal(const struct service *self, struct arena *arena, struct str context, struct value v);
MUST_USE enum status service_unseal(const struct service *self, struct arena *arena, struct str context,
                                    struct str sealed, struct value *out, struct error *err);
struct str service_seal_bytes(const struct service *self, struct arena *arena, struct str context, struct str plain);
MUST_USE enum status service_unseal_bytes(const struct service *self, struct arena *arena, struct str context,
                                          struct str sealed, struct str *out, struct error *err);
/* 16 bytes; equal for equal texts of one domain. Absent for an absent or empty text. */
struct str service_index(const struct service *self, struct arena *arena, const char *domain, struct str text);
/* Keyed hash of the parts, hex of the first n bytes. */
struct str service_mac(const struct service *self, struct arena *arena, struct str text, size_t n);
struct str service_random(const struct service *self, struct arena *arena, size_t n);
/* An id above 0 that nobody can guess. */
int64_t service_random_id(const struct service *self, struct arena *arena);
/* "张*", "230103********1238": what lists and strangers see. */
/* A page's cursor as a number; 0 when there is none. bad-cursor. */
MUST_USE enum status service_cursor(struct str cursor, int64_t *out, struct error *err);
struct str service_mask_name(struct arena *arena, struct str name);
struct str service_mask(struct arena *arena, struct str text);

/* ---- number.c ---- */

struct case_id {
    int64_t region, id;
};
/* n numbers in a row from memory. False: not enough left; the caller asks service_number_fill outside every transaction
 * and tries again. */
MUST_USE bool service_number_try(struct service *self, const char *name, int64_t n, int64_t *out);
MUST_USE enum status service_number_fill(struct service *self, const char *name, int64_t least, struct error *err);
/* Keys are taken in large blocks: there are 2^40 of them. */
#define SERVICE_KEY_BLOCK (INT64_C(1) << 20)
/* "230100-20260706-000001-K", with a C before it for certificates. */
struct str case_no(struct arena *arena, struct case_id id);
struct str certificate_no(struct arena *arena, struct case_id id);
/* With or without dashes, any case of letters. False when it is no such number or its check character is wrong. */
MUST_USE bool case_no_parse(struct str no, struct case_id *out);
MUST_USE bool certificate_no_parse(struct str no, struct case_id *out);
/* The public code of a certificate's QR, and back (which also proves that this server made it). */
struct str certificate_code(const struct service *self, struct arena *arena, struct case_id id);
MUST_USE bool certificate_code_parse(const struct service *self, struct arena *arena, struct str code,
                                     struct case_id *out);
struct str key_text(struct arena *arena, int64_t key);
MUST_USE bool key_parse(struct str text, int64_t *out);
/* Name of the counter of a region's day. */
void case_counter_name(char out[48], int64_t region, int64_t now_ms);
struct case_id case_id_make(int64_t region, int64_t now_ms, int64_t n);

/* ---- region.c ---- */

/* The prefecture (six digits) that a division code lies in; 0 for what is no code. */
int64_t region_of(const struct pack_set *packs, struct str code);
/* Twelve digits; 0 for what is no code. */
int64_t division_of(struct str code);
struct str division_text(struct arena *arena, int64_t division);
struct division_range {
    int64_t from, to; /* [from, to) */
};
/* All divisions within a code; everything for an empty one. */
struct division_range division_range(struct str code);
/* Remembers that there are rows in this region. */
void region_note(struct service *self, int64_t region);
/* The prefectures that hold divisions of the range, rising. */
size_t region_list(const struct service *self, struct division_range range, struct arena *arena, int64_t **out);

/* ---- identity.c ---- */

const struct pack_role *actor_role(const struct call *call);
/* The actor's scope over cases, as rows are compared with it. */
struct actor_scope {
    struct division_range divisions;
    struct str unit;  /* present: only this unit's */
    bool own;         /* only what is the actor's own */
};
struct actor_scope actor_scope(const struct call *call);
/* Whose the actor is in indexes: "person:ID", "staff:NAME". */
struct str actor_index(const struct call *call);
struct str party_index(const struct service *self, struct arena *arena, struct str id);
struct str applicant_index(const struct service *self, struct arena *arena, struct str kind, struct str id);
const char *actor_kind_name(enum actor_kind kind);
/* {kind, id, name, level, region} */
struct value actor_value(const struct call *call);
/* {name, role, region, unit, unit_name, uscc}; null unless staff. */
struct value actor_staff_value(const struct call *call);
int64_t actor_region(const struct call *call);
/* Theirs, "zh-CN" when they have said none. */
struct str actor_language(const struct call *call);
/* May this actor see this case (its row is enough)? */
bool actor_sees_case(const struct call *call, const struct store_case *row);
bool actor_sees_division(const struct call *call, int64_t division, struct str unit);

/* ---- view.c: small helpers over values ---- */

struct view {
    struct context_builder members;
};
void view_init(struct view *self, struct arena *arena);
/* null and absent are left out. */
void view_put(struct view *self, const char *name, struct value v);
void view_text(struct view *self, const char *name, struct str s);
void view_int(struct view *self, const char *name, int64_t n);
/* 0 is left out. */
void view_time(struct view *self, const char *name, int64_t ms);
void view_flag(struct view *self, const char *name, bool b);
struct value view_done(struct view *self);
struct value value_time(int64_t ms); /* null for 0 */
struct value empty_context(struct arena *arena);
/* Those members of a context that a list names; all of them when it is no list or empty. */
struct value context_only(struct arena *arena, struct value context, struct value names);
struct value context_set(struct arena *arena, struct value context, const char *name, struct value v);
struct value list_add(struct arena *arena, struct value list, struct value item);
int64_t value_int_or(struct value v, int64_t otherwise);
/* Of a date-time value, its text, or a number of milliseconds; 0 when it is none. */
int64_t value_instant(struct value v);
int64_t limit_between(int64_t wanted, int64_t otherwise, int64_t most);

extern const char *const case_state_names[];
extern const char *const case_outcome_names[];
enum case_state {
    CASE_DRAFT,
    CASE_SUBMITTED,
    CASE_CORRECTING,
    CASE_ACCEPTED,
    CASE_REVIEWING,
    CASE_SUSPENDED,
    CASE_DECIDING,
    CASE_DELIVERING,
    CASE_CLOSED,
    CASE_STATE_COUNT,
};
enum case_outcome {
    OUTCOME_NONE,
    OUTCOME_GRANTED,
    OUTCOME_REFUSED,
    OUTCOME_DECLINED,
    OUTCOME_WITHDRAWN,
    OUTCOME_LAPSED,
    OUTCOME_COUNT,
};
enum certificate_row_state { CERT_VALID, CERT_SUSPENDED, CERT_REVOKED, CERT_REPLACED, CERT_EXPIRED, CERT_STATE_COUNT };
extern const char *const certificate_row_states[];
/* Index of a name in a list of names, or -1. */
int64_t name_index(const char *const *names, size_t count, struct str name);

/* A feel_run over this arena and instant with the set's calendar. */
struct feel_run service_feel(const struct service *self, struct arena *arena, const struct pack_set *packs,
                             int64_t now_ms);
