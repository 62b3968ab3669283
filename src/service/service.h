/* The service: the use cases in domain words. It owns every transaction, every permission and every key; what lies
 * above (HTTP, pages, the command line, scenarios) only asks. One file per group of use cases: case.h, task.h, job.h,
 * certificate.h, party.h, catalogue.h, account.h, exchange.h, audit.h.
 *
 * Answers are FEEL values (service views): the API writes them as JSON, pages show them through templates, scenarios
 * put conditions to them. A view's members are listed where the function that gives it is declared. Times in views are
 * date-times in Asia/Shanghai, days are dates, money is whole fen. */
#pragma once

#include "base/base.h"
#include "feel/value.h"
#include "pack/pack.h"

struct db;
struct service;
struct service_transport; /* exchange.h */

/* ---- Opening ---- */

enum service_algorithm { SERVICE_SM2, SERVICE_ES256 };

struct service_options {
    const char
        *data; /* folder for the database, keys and files, made if missing; NULL: everything in memory, for tests */
    const char *db;    /* as db_open takes it; NULL: tongban.db in the data folder, or memory */
    const struct pack_set *packs; /* loaded; must outlive the service */
    const struct world *world; /* NULL: the real one */
    const struct service_transport *transport; /* NULL: HTTP to the agencies */
    const char *agencies;      /* base address of all agencies without a setting of their own; NULL: none */
    const char *public_url;    /* what verify addresses begin with; NULL: http://127.0.0.1:8080 */
    bool demo;                 /* everything shown is marked as fictional */
    enum service_algorithm
        algorithm; /* of new certificate signatures, where the setting signature.algorithm is not there */
};

/* Opens or makes the database, migrates it, opens or makes the keys, stores the packs by content. Thread-safe
 * afterwards. */
MUST_USE enum status service_open(const struct service_options *options, struct service **out, struct error *err);
/* No call may be running. NULL is allowed. */
void service_close(struct service *self);

/* Told, in the thread that did it, when something that others wait for has become durable. */
enum service_news {
    SERVICE_JOB_FREE,      /* name: its type; due_ms: when it may be taken, 0 or past: now */
    SERVICE_PROCESS_ENDED, /* name: key of a process instance that belongs to no item */
    SERVICE_TASK_SETTLED,  /* name: key of a user task whose listeners have answered, or that is gone */
};
/* A step of a case's process. */
struct service_move {
    const char *what; /* "entered", "left", "cancelled", "flow" (element is then the flow's id) */
    struct str case_no, process, element;
    int64_t key, at_ms;
};
struct service_listener {
    void *state;
    void (*heard)(void *state, enum service_news news, struct str name, int64_t due_ms); /* may be NULL */
    void (*moved)(void *state, const struct service_move *move);                         /* may be NULL */
};
/* Before other threads call, and again with zeros before what state points to goes away. */
void service_listen(struct service *self, struct service_listener listener);

/* In force now: what was loaded, with the models that were released. Sets live as long as the service. */
const struct pack_set *service_packs(const struct service *self);
/* Those that a case was opened under, by the number in its view; those in force when that number has not been met. */
const struct pack_set *service_packs_numbered(struct service *self, int64_t number);
struct db *service_db(const struct service *self);
int64_t service_now(const struct service *self);
bool service_demo(const struct service *self);
struct str service_public_url(const struct service *self);

/* ---- Who asks ---- */

enum actor_kind { ACTOR_NOBODY, ACTOR_PERSON, ACTOR_ORGANISATION, ACTOR_STAFF, ACTOR_SYSTEM };

struct acting; /* acting.h */

/* Who a call is made for. Texts are borrowed for the length of the call. */
struct actor {
    enum actor_kind kind;
    struct str id;        /* person: ID number; organisation: USCC; staff: user name; system: what part of it */
    struct str name;      /* as shown */
    struct str role;      /* staff: id in roles.json */
    struct str region;    /* staff: division code that the scope is counted from; others: of their home, if known */
    struct str unit;      /* staff: id of the institution */
    struct str unit_name;
    struct str uscc;      /* of the unit */
    int level;            /* persons: 1 registered, 2 verified number, 3 verified face */
    struct str language;  /* "zh-CN" when absent */
    const struct acting
        *acting; /* somebody acts for this party and is named on all that is done; NULL: the party itself */
};
extern const struct actor actor_system;
extern const struct actor actor_nobody;

/* The surroundings of one use case: passed to every function. Zero-initialise; service, actor and arena must be set. */
struct call {
    struct service *service;
    const struct actor *actor;
    struct arena *arena;      /* results live here */
    struct str purpose;       /* why personal data is looked at, for the access log; absent: the use case's own words */
    struct str idempotency;   /* Idempotency-Key, at most 200 bytes; absent: none */
    int64_t if_version;       /* If-Match: the version that the caller saw; 0: any */
};

/* ---- Permissions ----
 * roles.json names for each role what it may do and in which scope (own, unit, region, province). The words:
 *   case.open case.bulk case.read case.act case.manage   task.work task.manage   certificate.read certificate.manage
 * certificate.deliver party.read party.write record.read   decision.evaluate   indicator.read   supervision.manage
 * job.work message.publish incident.manage exchange.manage   user.manage   audit.read   setting.write process.deploy
 * process.start process.read process.operate model.read model.draft model.approve   mandate.grant
 * "*" is all of them. Persons and organisations may open items that name them and see and act on what is their own. */

/* Refuses (forbidden, or unauthenticated for nobody) unless the actor may do this at all, whatever its scope. */
MUST_USE enum status service_may(const struct call *call, const char *permission, struct error *err);
/* The same as a plain question, for menus. */
bool service_can(const struct call *call, const char *permission);

/* ---- Settings: small values by name, kept in the database ---- */

/* The absent text when there is none. */
MUST_USE enum status service_setting_get(const struct call *call, struct str name, struct str *out, struct error *err);
/* Needs setting.write. Known names: signature.algorithm (SM2 | ES256), agency.<id> (address), agency.<id>.token,
 * totp.roles (account.h), oidc.* (oidc.h), scan.clamd, mail.* (message.h),
 * camunda.optional (null | absent: how /v2 shows optional fields without a value). An empty value takes the setting
 * away. */
MUST_USE enum status service_setting_put(const struct call *call, struct str name, struct str value, struct error *err);

/* ---- Counters ---- */

/* Prometheus text: cases opened and closed, certificates, tasks, timers, jobs, exchanges, sign-ins, and the database's
 * own. */
void service_metrics_write(struct service *self, struct buf *out);
/* FAILED when the database does not answer. */
MUST_USE enum status service_ready(struct service *self, struct error *err);
