/* Certificates as verifiable credentials: OpenID for Verifiable Credential Issuance 1.0 (pre-authorized code flow),
 * SD-JWT VC signed with ES256 whatever certificates are signed with, status by token status lists.
 *
 *     holder, signed in: offer  ->  wallet: token (code, transaction code)  ->  nonce  ->  credential (proof of its
 * key)
 *
 * Refusals of token and credential have the protocol's own words as types: invalid_request, invalid_grant,
 * invalid_token, unsupported_grant_type, invalid_credential_request, unknown_credential_configuration, invalid_proof,
 * invalid_nonce, credential_request_denied. */
#pragma once

#include "service/service.h"

/* For its holder: {offer {…}, uri (openid-credential-offer://…), svg (of the uri), tx_code (six digits, to be told
 * apart from the uri), expires}. certificate-state. */
MUST_USE enum status service_credential_offer(const struct call *call, struct str no, struct value *out,
                                              struct error *err);
/* What wallets and verifiers ask first: the issuer's metadata, its authorization server's, its keys for SD-JWT VC. */
struct value service_credential_issuer(const struct call *call);
struct value service_credential_server(const struct call *call);
struct value service_credential_keys(const struct call *call);
/* The metadata of a type (vct). credential-type-not-found. */
MUST_USE enum status service_credential_type(const struct call *call, struct str kind, struct value *out,
                                             struct error *err);
struct service_token_request {
    struct str grant_type, code, tx_code;
};
/* {access_token, token_type, expires_in}. Five wrong transaction codes void an offer. */
MUST_USE enum status service_credential_token(const struct call *call, const struct service_token_request *request,
                                              struct value *out, struct error *err);
/* {c_nonce, c_nonce_expires_in} */
struct value service_credential_nonce(const struct call *call);
/* {credentials [{credential}]}. */
MUST_USE enum status service_credential_issue(const struct call *call, struct str token, struct value request,
                                              struct value *out, struct error *err);
/* The signed status list, application/statuslist+jwt. */
MUST_USE enum status service_credential_status(const struct call *call, int64_t region, int64_t list, struct str *out,
                                               struct error *err);
