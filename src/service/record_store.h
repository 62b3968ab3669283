/* Records: typed documents about a party, kept in full history.
 *     current --replaced by a newer one--> replaced        current --voided--> void */
#pragma once

#include "service/work.h"

struct record_writing {
    struct str record, subject, replaces;
    struct value content;
};
MUST_USE enum status record_write(struct work_case *of, const struct record_writing *what, struct str *id,
                                  struct error *err);
/* record-not-found, record-state. */
MUST_USE enum status record_void(struct work_case *of, struct str id, struct str reason, struct error *err);
/* Those that are current, newest first: list of {id, record, content, case, state, written}. */
MUST_USE enum status records_of(struct work *work, struct str record, struct str subject, struct value *out,
                                struct error *err);
/* {id, record, title, case, state, written, content}; content null when it cannot be opened. */
MUST_USE enum status record_view(struct work *work, const struct store_document *row, struct value *out,
                                 struct error *err);
extern const char *const record_state_names[];
struct str document_context(struct arena *arena, const struct store_document *row);
