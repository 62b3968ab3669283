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
 * by, reason}], grants [{to, purpose, case, until}], mine (the actor may dispose of it),
 * renewal, replaced_by}. Logged. */
MUST_USE enum status service_certificate_get(const struct call *call, struct str no, struct value *out,
                                             struct error *err);

enum service_format { SERVICE_SVG, SERVICE_PDF, SERVICE_PNG, SERVICE_JWS };
/* page "" is the first; PDF holds all pages unless one is named. Rendered at each request. Logged. */
MUST_USE enum status service_certificate_render(const struct call *call, struct str no, struct str page,
                                                enum service_format format, struct str *out, struct error *err);

/* What anybody may ask. given holds one of: {code} from a QR (a certificate's own or a showing code, which serves
 * once), {no}, {identifier}, {jws}, {number, holder, certificate?}; and purpose, for the use log. The public view:
 * {result: genuine | not-genuine | unknown | used | expired (showing codes), state, valid: true|false, no, certificate,
 * title, number, identifier, issuer_name, issued, valid_to, labels [{key, label, value}] (public ones, masked as the
 * pack says), holder_name (masked) and shown with a showing code, algorithm, kid, checks [{check, passed, message}],
 * demo}. Only broken input is an error. Every look is in the use log. */
MUST_USE enum status service_certificate_verify(const struct call *call, struct value given, struct value *out,
                                                struct error *err);
/* The same for many, for those who have signed in: {items [view]} in their order; a broken line is {result: refused,
 * problem, message}. batch-size. */
#define SERVICE_BATCH_MAX 1000
MUST_USE enum status service_certificate_verify_batch(const struct call *call, struct value items, struct value *out,
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

/* What is done to a certificate; each with a reason, told in its case.
 *   suspend, resume, revoke, reprint     {reason}                  certificate.manage
 *   change                               {reason, face}            certificate.manage; a new version replaces it
 *   grant-renewal, refuse-renewal        {reason}                  certificate.manage
 *   renew                                {reason?}                 its holder, or certificate.manage for them
 *   grant                                {to, purpose, case, days} likewise: lets somebody use it
 *   withdraw                             {to}                      likewise: takes all grants to somebody back
 * The line of the certificate, or of its new version. certificate-state, reason-missing, renewal-too-late,
 * renewal-not-possible, face-invalid, action-not-found. */
MUST_USE enum status service_certificate_act(const struct call *call, struct str no, struct str action,
                                             struct value input, struct value *out, struct error *err);
/* What has ended: renewed where a decision was owed (deemed renewal), expired otherwise. Due first; *done counts. */
MUST_USE enum status service_certificates_run(struct service *self, int64_t now_ms, size_t batch, size_t *done,
                                              struct error *err);

/* All certificates of the signed-in person or organisation, newest first: {items [{no, certificate, title, number,
 * state, issued, valid_to, issuer_name, holder_name, renewable, renewal}], states {valid: 2, …} (of this page), next}.
 * state: only those. wallet-none for staff. */
struct service_wallet_query {
    struct str state, cursor;
    int64_t limit;
};
MUST_USE enum status service_wallet(const struct call *call, const struct service_wallet_query *query,
                                    struct value *out, struct error *err);
/* A code that shows it once within a minute, for its holder: {code, url, svg, made, expires, seconds}.
 * certificate-state unless it is valid. */
#define SERVICE_SHOW_MS ((int64_t)60000)
MUST_USE enum status service_certificate_show(const struct call *call, struct str no, struct value *out,
                                              struct error *err);
/* Uses it for a purpose and a case {purpose, case}: by those the holder authorised for them, or when that case's item
 * declares this kind as a material and the case is the holder's. {no, title, number, state, labels, authorised_by:
 * holder | item, purpose, case}. use-not-authorised, certificate-state. Logged. */
MUST_USE enum status service_certificate_use(const struct call *call, struct str no, struct value input,
                                             struct value *out, struct error *err);
/* Who looked, verified, used it: {items [{at, what, by, kind, unit, purpose, case}], next}, newest first. */
MUST_USE enum status service_certificate_uses(const struct call *call, struct str no, struct str cursor, int64_t limit,
                                              struct value *out, struct error *err);

/* Kinds as packs declare them, for staff: {items [{id, title, type_code, document, pages, face, validity_months}]}. */
MUST_USE enum status service_certificate_kinds(const struct call *call, struct value *out, struct error *err);
/* A page of a kind with example data, marked as a specimen; face may bring values of its own. */
MUST_USE enum status service_certificate_preview(const struct call *call, struct str kind, struct str page,
                                                 struct value face, enum service_format format, struct str *out,
                                                 struct error *err);

/* The public keys, JWK set, active first. */
MUST_USE enum status service_jwks(const struct call *call, struct value *out, struct error *err);
/* A new key of the active algorithm; old ones stay for verification. Needs setting.write. */
MUST_USE enum status service_keys_rotate(const struct call *call, struct error *err);
