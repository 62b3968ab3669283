/* Parties (persons and organisations), their records, ledgers, and messages to them. */
#pragma once

#include "service/service.h"

/* By ID number or USCC: {kind, id, name, sex, birth, region, address, phone, household, relatives [{id, name,
 * relation}], deceased, version}. Needs party.read (or oneself). Logged. party-not-found. */
MUST_USE enum status service_party_get(const struct call *call, struct str id, struct value *out, struct error *err);
/* Makes or changes one; set is overlaid on what is known; {kind, id, name} must be there for a new one. Needs
 * party.write. */
MUST_USE enum status service_party_put(const struct call *call, struct value set, struct value *out, struct error *err);
/* Many at once, for loading; all new. One transaction for each thousand. */
MUST_USE enum status service_party_load(const struct call *call, struct value parties, struct error *err);

struct service_record_query {
    struct str subject; /* ID number */
    struct str record;  /* kind; "" all that the actor may read */
    int64_t limit;
    struct str cursor;
};
/* {items [{id, record, title, case, state, written, content}], next}, newest first. Logged. */
MUST_USE enum status service_record_list(const struct call *call, const struct service_record_query *query,
                                         struct value *out, struct error *err);
MUST_USE enum status service_record_get(const struct call *call, struct str id, struct value *out, struct error *err);

/* {account, balance, entries [{at, amount, memo, case, balance}]}, newest first. */
MUST_USE enum status service_ledger_get(const struct call *call, struct str account, int64_t limit, struct value *out,
                                        struct error *err);

/* The actor's inbox, newest first: {items [{id, notice, title, text, case, sent, read}], next, unread}. */
MUST_USE enum status service_notice_list(const struct call *call, int64_t limit, struct str cursor, struct value *out,
                                         struct error *err);
MUST_USE enum status service_notice_read(const struct call *call, struct str id, struct error *err);

/* Attachments: content-addressed, sealed, seen by who made them and by who may see a case that names them. At most 20
 * MiB. */
MUST_USE enum status service_file_put(const struct call *call, struct str name, struct str type, struct str content,
                                      struct value *out, struct error *err);
struct service_file {
    struct str name, type, content;
};
/* The same without the content. */
MUST_USE enum status service_file_head(const struct call *call, struct str id, struct service_file *out,
                                       struct error *err);
MUST_USE enum status service_file_get(const struct call *call, struct str id, struct service_file *out,
                                      struct error *err);
