/* What the files of the model use cases share: a file of a pack with its versions, as they stand at an instant. */
#pragma once

#include "service/internal.h"
#include "service/item_state.h"
#include "service/model.h"
#include "store/model.h"

#define MODEL_SOURCE_MAX ((size_t)10 * 1024 * 1024)

enum model_kind { MODEL_PROCESS, MODEL_DECISION, MODEL_FORM, MODEL_ITEM, MODEL_KIND_COUNT };
extern const char *const model_kind_names[];

struct model_file {
    struct str id, pack, path;
    enum model_kind kind;
    const struct pack *own_pack;
    const struct pack_file *own; /* NULL: the pack has none */
    struct store_model *rows;    /* by number */
    size_t count;
    int64_t in_force;            /* number; -1: none yet */
    int64_t before;              /* number that was in force before it; -1: none */
    int64_t now;
};

/* The kind and path of a file name; false for what is no model. */
MUST_USE bool model_kind_of(struct str path, enum model_kind *out);
/* Finds pack and path of an id; the versions are not read. model-not-found. */
MUST_USE enum status model_file_find(const struct call *call, struct str id, struct model_file *out, struct error *err);
/* Reads the versions. FAILED (model-not-found) when there are none and the pack has no such file. */
MUST_USE enum status model_file_read(struct db_tx *tx, const struct call *call, struct model_file *self,
                                     struct error *err);
/* Sets in_force and before from the rows. */
void model_file_settle(const struct call *call, struct model_file *self);
/* NULL when there is no such version, and for number 0. */
struct store_model *model_row(const struct model_file *self, int64_t number);
/* MODEL_IN_FORCE resolved; model-not-found. */
MUST_USE enum status model_number(const struct model_file *self, int64_t wanted, int64_t *out, struct error *err);
/* draft, tested, proposed, approved, in-force, replaced, rolled-back, superseded, rejected, withdrawn */
const char *model_state(const struct model_file *self, const struct store_model *row);
/* The text of a version that is there. */
MUST_USE enum status model_source(struct db_tx *tx, const struct call *call, const struct model_file *self,
                                  int64_t number, struct str *out, struct error *err);
/* The same in a transaction of its own, with all that comes before it. source, when present, is taken instead. */
struct model_wanted {
    struct str id, source;
    int64_t number;
    struct model_file file; /* found */
};
MUST_USE enum status model_text(const struct call *call, struct model_wanted *wanted, struct str *out,
                                struct error *err);

/* One version as service/model.h says; running is added by who counts. */
struct value model_version_view(const struct call *call, const struct model_file *self, int64_t number);
/* title and names of what stands in a text. */
void model_describe(const struct call *call, const struct model_file *self, struct str text, struct view *out);

/* The packs at the next instant at which the version could come into force, with it in place. */
MUST_USE enum status model_packs(const struct call *call, const struct model_file *self, struct str text,
                                 int64_t instant, struct pack_problems *problems, const struct pack_set **out,
                                 struct error *err);
/* Whether an event of that name makes its author one who does not decide on the version. */
bool model_takes_part(struct str what);
struct str model_text_hash(struct arena *arena, struct str text);
/* {id, name}; the id when it has no name. */
struct value model_named(struct arena *arena, struct str id, struct str name);

/* ---- Items: model_item.c ---- */

struct str model_item_code(const struct call *call, const struct model_file *self);
/* The pack's own item of the file; NULL when it has none. */
const struct pack_item *model_item_own(const struct call *call, const struct model_file *self);
/* What is wrong with an item's text; it is judged in the packs of base. */
void model_item_judge(const struct call *call, const struct model_file *self, const struct pack_set *base,
                      struct str text, struct pack_problems *problems);
/* The text with the version that follows those in force and approved, in force from an instant; *version is that
 * number. */
MUST_USE enum status model_item_stamp(const struct call *call, const struct model_file *self, struct str *text,
                                      int64_t from, int64_t *version, struct error *err);
/* {member or list entry: {name, …}} of an item's text, for comparing. */
struct value model_item_parts(struct arena *arena, struct value item);
/* Drafts of many files in one transaction, each with an event. */
struct model_drafted {
    struct str id, text;
    int64_t number; /* given */
};
MUST_USE enum status model_draft_all(const struct call *call, struct model_drafted *items, size_t count,
                                     struct error *err);

/* Everything that service_model_check tells, for a text; *errors counts what forbids its use. */
MUST_USE enum status model_check(const struct call *call, const struct model_file *self, struct str text,
                                 struct value *out, int64_t *errors, struct error *err);

/* Adds an event to the file's chain. */
struct model_event {
    const char *what;
    int64_t number;
    struct value body;
};
MUST_USE enum status model_event_add(struct db_tx *tx, const struct call *call, const struct model_file *self,
                                     const struct model_event *event, struct error *err);
/* The hash that an event must carry after the one before it. */
void model_event_hash(struct arena *arena, const struct store_model_event *row, struct str previous,
                      unsigned char out[HASH_SIZE]);
/* Marks a saved draft as tested when it is still the text that was tried. */
MUST_USE enum status model_tested(const struct call *call, const struct model_file *self, int64_t number,
                                  struct str text, struct error *err);
