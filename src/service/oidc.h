/* Signing in through an OpenID provider: authorization code with PKCE (RFC 7636), state and nonce. Settings:
 *   oidc.issuer         address of the provider, as its discovery document has it; https, or http on this machine
 *   oidc.client         our client id       oidc.secret   its secret; none: a public client
 *   oidc.title          what the button says; else the issuer's host
 *   oidc.scope          openid and more; "openid profile" when there is none
 *   oidc.claim.id       claim with the citizen's ID number ("id_number")
 *   oidc.claim.uscc     claim with the credit code of an organisation ("uscc")
 *   oidc.claim.name     ("name")
 *   oidc.claim.level    claim with the identity level ("level"): 1, 2 or 3, or a word of
 *   oidc.levels         words and what they count for: "low=1 substantial=2 high=3" */
#pragma once

#include "service/account.h"

/* The provider's title; absent when none is set up. */
MUST_USE enum status service_oidc_title(const struct call *call, struct str *out, struct error *err);

/* Where to send the browser, and the ticket that it must bring back with the answer (a cookie's value: what is in it is
 * sealed and good for ten minutes). callback: our own address for the answer; next: the page to go to afterwards.
 * oidc-not-set-up, oidc-unreachable. */
struct service_oidc_start {
    struct str url, ticket;
};
MUST_USE enum status service_oidc_begin(const struct call *call, struct str callback, struct str next,
                                        struct service_oidc_start *out, struct error *err);

/* What came back. */
struct service_oidc_answer {
    struct str ticket, state, code, issuer, error;
    struct str device; /* what the browser calls itself */
};
/* A session of the person or organisation that the provider vouches for. oidc-refused (the provider's word),
 * oidc-ticket (not the answer to what this browser asked, or too late), oidc-unreachable, id-token-invalid, oidc-claims
 * (no usable ID number). */
MUST_USE enum status service_oidc_finish(const struct call *call, const struct service_oidc_answer *answer,
                                         struct service_session *out, struct str *next, struct error *err);
