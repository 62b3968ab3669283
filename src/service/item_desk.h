/* The catalogue as those see it who look after it: every item with where it stands, and as a table to hand on. The way
 * of a version into force is that of models (model.h): an item is a file of a pack. */
#pragma once

#include "service/service.h"

struct service_catalogue_query {
    struct str text;     /* words, as citizens search */
    struct str state;    /* in-force, suspended, drafted, proposed, announced, new; "" all */
    struct str handling; /* instant, commitment; "" all */
    struct str cursor;
    int64_t limit; /* 0: 50; 200 at most */
};
/* {items [{id (of the model), code, pack, title, type, topic, handling, promised_n, promised_unit, version, effective,
 * state, suspended {reason, since}, under_way [{number, state, step, author, changed, from}]}], count, next}. Needs
 * model.read. */
MUST_USE enum status service_catalogue_list(const struct call *call, const struct service_catalogue_query *query,
                                            struct value *out, struct error *err);

/* One step of the way into force for many versions, such as those an import has drafted: propose {from, reason},
 * approve {reason}, reject {reason} or withdraw {reason}, as service_model_act. models: [{id, version}], at most 200.
 * {done [{id, version, state}], refused [{id, version, type, detail}]}. steps-invalid with the field. */
struct service_item_steps {
    struct str action, from, reason;
    struct value models;
};
MUST_USE enum status service_items_act(const struct call *call, const struct service_item_steps *steps,
                                       struct value *out, struct error *err);

/* Every item in force as CSV: "utf-8" (with its mark; also for "") or "gb18030". Needs model.read. */
MUST_USE enum status service_item_export(const struct call *call, struct str encoding, struct str *out,
                                         struct error *err);
/* Makes drafts of the rows that differ from what is in force and pass the check: {rows, unchanged, drafted [{row, id,
 * number, title}], refused [{row, field, reason}]}. csv-encoding, csv-quote, csv-column, csv-column-unknown,
 * csv-column-twice, csv-too-long. Needs model.draft. */
MUST_USE enum status service_item_import(const struct call *call, struct str text, struct value *out,
                                         struct error *err);
