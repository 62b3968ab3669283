/* Certificates: look at, verify, show, lend, change the state of. Issuing is a step of a case (job certificate.issue).
 */
#pragma once

#include "service/service.h"

/* A certificate's public number looks like a case's, with a C before it: C230100-20260706-000002-8. The code in its QR
 * (page /v/{code}) is that number without dashes and eight characters that only this server can make, so codes cannot
 * be guessed. States: valid, suspended, revoked, expired, replaced. */

/* For those who may see it (holder, case's applicant, grantee, staff in scope): {no, certificate, title, number,
 * identifier, state, issued, valid_from, valid_to, issuer_name, issuer, holder {kind, id, name}, face {…}, labels
 * [{key, label, value}], pages [{id, title}], case, version, algorithm, kid, code, verify_url, demo, log [{at, what,
 * by, reason}]}. Logged. */
MUST_USE enum status service_certificate_get(const struct call *call, struct str no, struct value *out,
                                             struct error *err);

enum service_format { SERVICE_SVG, SERVICE_PDF, SERVICE_PNG, SERVICE_JWS };
/* page "" is the first; PDF holds all pages unless one is named. Rendered at each request. Logged. */
MUST_USE enum status service_certificate_render(const struct call *call, struct str no, struct str page,
                                                enum service_format format, struct str *out, struct error *err);

/* What anybody may ask. given holds one of: {code} from the QR, {no}, {identifier}, {jws}. The public view: {result:
 * genuine | not-genuine | unknown, state, valid: true|false, no, certificate, title, number, identifier, issuer_name,
 * issued, valid_to, labels [{key, label, value}] (public ones, masked as the pack says), algorithm, kid, checks
 * [{check, passed, message}], demo}. Only broken input is an error. Every look is counted in the use log. */
MUST_USE enum status service_certificate_verify(const struct call *call, struct value given, struct value *out,
                                                struct error *err);

/* Opens a certificate without signing in by facts that a relative knows: {code or no or number, holder_id, opener_id}.
 * The opener must be the holder, an applicant, a grantee or a registered relative. View as service_certificate_get.
 * Five failures in an hour for one certificate close this way for an hour (too-many-attempts). */
MUST_USE enum status service_certificate_open(const struct call *call, struct value facts, struct value *out,
                                              struct error *err);
/* Renders for the same facts. */
MUST_USE enum status service_certificate_open_render(const struct call *call, struct value facts, struct str page,
                                                     enum service_format format, struct str *out, struct error *err);

struct service_certificate_query {
    struct str holder;      /* ID number or USCC; "" and not staff: the actor */
    struct str certificate; /* kind */
    struct str state;
    struct str region;
    int64_t limit;
    struct str cursor;
};
/* {items [{no, certificate, title, number, state, issued, valid_to, holder_name (masked)}], next}, newest first. */
MUST_USE enum status service_certificate_list(const struct call *call, const struct service_certificate_query *query,
                                              struct value *out, struct error *err);

/* suspend, resume, revoke with a reason (certificate.manage), grant {to, purpose, days} (holder, or staff). */
MUST_USE enum status service_certificate_act(const struct call *call, struct str no, struct str action,
                                             struct value input, struct value *out, struct error *err);

/* The public keys, JWK set, active first. */
MUST_USE enum status service_jwks(const struct call *call, struct value *out, struct error *err);
/* A new key of the active algorithm; old ones stay for verification. Needs setting.write. */
MUST_USE enum status service_keys_rotate(const struct call *call, struct error *err);
