/* From where the fields of forms are filled in beforehand: prefills/<id>.json. */
#pragma once

#include "pack/pack.h"

enum pack_prefill_kind {
    PACK_FROM_PARTY,       /* what is kept about the applicant */
    PACK_FROM_CERTIFICATE, /* faces of the applicant's valid certificates of a kind */
    PACK_FROM_RECORD,      /* current records of a kind about the applicant */
    PACK_FROM_CASES,       /* forms of the applicant's earlier cases */
    PACK_FROM_EXCHANGE,    /* what another agency answers */
    PACK_FROM_COUNT,
};
const char *pack_prefill_kind_name(enum pack_prefill_kind kind);

struct pack_prefill_field {
    struct str path;              /* data path of the form's field */
    struct pack_expression value; /* names: held, applicant, staff */
};
struct pack_prefill_source {
    struct str name, title;
    enum pack_prefill_kind kind;
    struct str of;           /* id of the certificate, record or exchange; absent for the others */
    const struct str *items; /* cases: of which items; none: any */
    size_t item_count;
    struct pack_expression request; /* exchange; names: applicant, staff */
    bool consent;                   /* exchange: only when the applicant agrees */
    const struct pack_prefill_field *fields;
    size_t field_count;
};
struct pack_prefill {
    struct str id, title;
    const struct str *items; /* item codes; none: every item of the pack */
    size_t item_count;
    int applicants; /* enum pack_applicant_kind; -1: all */
    const struct pack_prefill_source *sources; /* first the one that is believed most */
    size_t source_count;
    struct value json;
    const struct pack *pack;
    const struct pack_file *file;
};
const struct pack_prefill *const *pack_prefills(const struct pack_set *self, size_t *count);
bool pack_prefill_names(const struct pack_prefill *self, struct str item);
/* Those for an item and kind of applicant, in order of precedence: that name the item first, then those for all of its
 * pack; each group by id. */
const struct pack_prefill **pack_prefills_for(struct arena *arena, const struct pack_set *self,
                                              const struct pack_item *item, enum pack_applicant_kind applicant,
                                              size_t *count);
