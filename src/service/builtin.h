/* The built-in jobs, by file. Each refuses with the problem type that the process may catch as a BPMN error. */
#pragma once

#include "service/work.h"

builtin_function builtin_case_accept, builtin_case_correct, builtin_case_suspend, builtin_case_resume,
    builtin_case_decide, builtin_case_open, builtin_case_extend, builtin_document_issue;
builtin_function builtin_party_find, builtin_party_write, builtin_record_write, builtin_record_find,
    builtin_record_void;
builtin_function builtin_certificate_issue, builtin_certificate_find, builtin_certificate_grant,
    builtin_certificate_suspend, builtin_certificate_resume, builtin_certificate_revoke, builtin_certificate_deliver;
builtin_function builtin_ledger_post, builtin_notice_send, builtin_exchange_call, builtin_serial_next;

/* An input by name. */
struct value builtin_in(const struct builtin_call *call, const char *name);
struct str builtin_text(const struct builtin_call *call, const char *name);
/* Refuses (input-missing) when the text is absent or empty. */
MUST_USE enum status builtin_need(const struct builtin_call *call, const char *name, struct str *out,
                                  struct error *err);
void builtin_out(struct builtin_call *call, const char *name, struct value v);
/* The next number of a series. */
MUST_USE enum status serial_take(struct work *work, struct str series, int64_t *out, struct error *err);

/* ---- party_store.c: parties as values ---- */

struct party_held {
    struct store_party row;
    bool found;
    struct value body; /* {kind, id, name, sex, birth, region, …} */
};
/* Sees what this work itself is about to write. */
MUST_USE enum status party_find(struct work *work, struct str id, struct party_held *out, struct error *err);
/* Lays set over what is known (or makes it) and queues the change. */
MUST_USE enum status party_write(struct work *work, struct str id, struct value set, struct party_held *out,
                                 struct error *err);
/* Inserts or updates the row; for loading many. */
MUST_USE enum status party_row(struct service *service, struct arena *arena, struct value body, struct store_party *out,
                               struct error *err);

/* ---- notice.c ---- */

struct notice_order {
    const struct pack_notice *notice;
    struct value to; /* an ID number, or {id, kind}; null: the applicant */
    struct value data;
};
/* A title or text with these names; empty for a NULL template. */
MUST_USE enum status notice_render(struct feel_run *run, const struct template *template, struct value names,
                                   struct str *out, struct error *err);
MUST_USE enum status notice_post(struct work_case *of, const struct notice_order *order, struct error *err);
/* Tells the applicant, if they are a person or an organisation and the packs declare a notice of this id. */
MUST_USE enum status notice_tell(struct work_case *of, const char *id, struct value data, struct error *err);

/* ---- certificate_store.c ---- */

/* By public number, once per work. certificate-not-found. */
MUST_USE enum status certificate_load(struct work *work, struct case_id id, struct work_certificate **out,
                                      struct error *err);
/* By number as people write it. */
MUST_USE enum status certificate_load_no(struct work *work, struct str no, struct work_certificate **out,
                                         struct error *err);
/* Holds a row that was read already. */
MUST_USE enum status certificate_hold(struct work *work, const struct store_certificate *row,
                                      struct work_certificate **out, struct error *err);
/* Changes the state, with the reason in the certificate's log. certificate-state when it is not in a state for it. */
enum certificate_move {
    CERTIFICATE_SUSPEND,
    CERTIFICATE_RESUME,
    CERTIFICATE_REVOKE,
    CERTIFICATE_REPLACE,
    CERTIFICATE_EXPIRE
};
MUST_USE enum status certificate_move(struct work *work, struct work_certificate *held, enum certificate_move move,
                                      struct str reason, struct error *err);
/* Lets party `to` open it until an instant (0: without end); with a case: to use it there only. */
void certificate_grant_to(struct work *work, struct work_certificate *held, struct str to, struct str purpose,
                          struct str of_case, int64_t until);
/* All of a holder in every region, newest first: list of certificate_line with issued and face. */
MUST_USE enum status certificates_of(struct work *work, struct str kind, struct str holder, struct value *out,
                                     struct error *err);
/* {no, certificate, title, number, identifier, state} */
struct value certificate_line(struct work *work, const struct work_certificate *held);
/* valid, suspended, revoked, replaced, expired, not-yet */
struct str certificate_state_at(const struct store_certificate *row, int64_t now);
