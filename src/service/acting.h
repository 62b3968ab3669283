/* Acting for others: for an enterprise, a child, an elder, by a mandate that the party itself grants or that a clerk
 * enters with evidence; and by a window clerk (代办), who then is the agent. Who acts is named on everything that is
 * done: the case, its events, the access log. */
#pragma once

#include "service/account.h"

/* What an actor's acting points to. */
struct acting {
    struct actor agent;   /* a person, or a clerk */
    struct str mandate;   /* its id */
    struct value items;   /* list of item codes that it covers; empty: all */
    bool certificates;    /* it covers the party's certificates too */
};

struct service_mandate {
    struct value
        principal; /* {id, name}: clerks only; the party itself otherwise. name: of who is not registered yet */
    struct value agent;     /* {id, name} of the person who is to act */
    struct value items;     /* list of item codes; empty or null: all */
    bool certificates;
    struct str until;       /* last day, "2027-06-30"; at most three years ahead */
    struct str relation;    /* "enterprise", "child", "elder", "other" */
    struct str evidence;    /* what a clerk has seen, or a file's id; needed of clerks */
};
/* The party itself, or staff with the right mandate.grant. The view of one, as service_mandate_list has it.
 * mandate-invalid (with the field), party-not-found, item-not-found. */
MUST_USE enum status service_mandate_grant(const struct call *call, const struct service_mandate *wanted,
                                           struct value *out, struct error *err);
/* {given [mandate], held [mandate]}; a mandate: {id, state (valid, ended, over), principal {kind, id, name}, agent {id,
 * name}, items, certificates, relation, granted, until, ended, by}. ID numbers are masked unless they are the actor's
 * own. */
MUST_USE enum status service_mandate_list(const struct call *call, struct value *out, struct error *err);
/* The party, the agent, or staff with mandate.grant. mandate-not-found, mandate-ended. */
MUST_USE enum status service_mandate_end(const struct call *call, struct str id, struct str reason, struct error *err);

/* A new session in which the actor acts by a mandate of theirs, in place of the one with this secret; mandate absent:
 * as themselves again. mandate-not-found, mandate-ended. */
MUST_USE enum status service_act_for(const struct call *call, struct str secret, struct str mandate,
                                     struct service_session *out, struct error *err);
/* A window clerk acts for a person or organisation who stands at the window, for two hours. Needs mandate.grant.
 * mandate-invalid without an ID number or evidence; party-not-found. */
struct service_assistance {
    struct str id, evidence;
    struct str name; /* of who is not registered yet; absent: the register knows */
};
MUST_USE enum status service_assist(const struct call *call, struct str secret, const struct service_assistance *who,
                                    struct service_session *out, struct error *err);
