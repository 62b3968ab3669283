/* The way of a version into force: proposed, decided by a second person, in force from a day on, put back. */
#include "service/model_file.h"

#include "clock/instant.h"

#define REASON_MAX 2000

struct releasing {
    const struct call *call;
    const struct service_model_step *step;
    struct model_file file;
    int64_t number;
    struct str text;                /* of the version */
    struct store_model_event *events;
    size_t event_count;
    struct store_model *later;      /* releases still to come */
    size_t later_count;
    int64_t from;                   /* start of the day asked for */

    const char *what;               /* of the event */
    struct store_model next;        /* the row as it is to be */
    struct str stamped;             /* its content, when the step changes it */
};

/* ---- Reading ---- */

static enum status read_release(struct db_tx *tx, void *arg, struct error *err)
{
    struct releasing *self = arg;
    const struct call *call = self->call;
    if (model_file_read(tx, call, &self->file, err) != OK ||
        model_number(&self->file, self->step->number, &self->number, err) != OK ||
        model_source(tx, call, &self->file, self->number, &self->text, err) != OK ||
        store_model_event_list(tx, call->arena, self->file.pack, self->file.path, &self->events, &self->event_count,
                               err) != OK)
        return FAILED;
    return store_model_released(tx, call->arena, &self->later, &self->later_count, err);
}

static enum status wrong_state(const struct releasing *self, const char *wanted, struct error *err)
{
    const struct store_model *row = model_row(&self->file, self->number);
    return error_set(err, ERROR_CONFLICT, "model-state", "Version %" PRId64 " is %s; this needs one that is %s.",
                     self->number, row ? model_state(&self->file, row) : "the pack's own", wanted);
}

static enum status in_state(const struct releasing *self, enum store_model_state state, const char *wanted,
                            struct error *err)
{
    const struct store_model *row = model_row(&self->file, self->number);
    if (!row || row->state != (int64_t)state)
        return wrong_state(self, wanted, err);
    if (self->call->if_version && self->call->if_version != row->version) {
        error_set(err, ERROR_CONFLICT, "if-match-failed", "Somebody changed this version meanwhile.");
        return error_hint(err, "Load it again, and look what changed.");
    }
    return OK;
}

/* The start of the day asked for, today at the earliest; without one, today. */
static enum status read_day(struct releasing *self, struct error *err)
{
    int64_t today = day_start(instant_day(service_now(self->call->service)));
    struct value date;
    self->from = today;
    if (self->step->from.len && (!date_parse(self->step->from, &date) || !date_time_to_ms(date, &self->from))) {
        error_set(err, ERROR_INVALID, "invalid-type", "from must be a date, as 2026-12-01.");
        return error_field(err, "from");
    }
    if (self->from >= today)
        return OK;
    error_set(err, ERROR_INVALID, "model-date-past", "A model comes into force today at the earliest.");
    error_field(err, "from");
    return error_hint(err, "Give today's date or a later one.");
}

static enum status need_reason(const struct releasing *self, struct error *err)
{
    if (self->step->reason.len > 0)
        return OK;
    error_set(err, ERROR_INVALID, "reason-missing", "Say why: it is kept with the version.");
    return error_field(err, "reason");
}

static enum status without_errors(const struct releasing *self, struct error *err)
{
    struct value found;
    int64_t errors;
    if (model_check(self->call, &self->file, self->text, &found, &errors, err) != OK)
        return FAILED;
    if (errors == 0)
        return OK;
    struct value problems = value_get(found, STR("problems"));
    struct value first = value_null;
    for (size_t i = 0; i < value_count(problems) && value_is_null(first); i++)
        if (str_equal(value_text(value_get(value_at(problems, i), STR("severity"))), STR("error")))
            first = value_at(problems, i);
    error_set(err, ERROR_INVALID, "model-invalid", "The model has %" PRId64 " errors; the first: %.*s", errors,
              STR_ARGS(str_part(value_text(value_get(first, STR("message"))), 0, 300)));
    error_field(err, "%.*s", STR_ARGS(str_part(value_text(value_get(first, STR("element"))), 0, 100)));
    return error_hint(err, "Check the model and mend what the list names.");
}

/* It must hold together with everything that is to be in force from its day on. */
static enum status holds_together(const struct releasing *self, int64_t instant, struct error *err)
{
    struct pack_problems problems = {.arena = self->call->arena};
    const struct pack_set *packs;
    struct error problem = ERROR_INIT;
    if (model_packs(self->call, &self->file, self->text, instant, &problems, &packs, &problem) == OK)
        return OK;
    error_set(err, ERROR_INVALID, "model-invalid", "With what is to be in force then it cannot be loaded: %.300s",
              problem.message);
    return error_hint(err, "Look at the releases that are waiting for their day.");
}

/* A later version of an item comes into force after the earlier ones. */
static enum status in_order(const struct releasing *self, int64_t from, struct error *err)
{
    for (size_t i = 0; self->file.kind == MODEL_ITEM && i < self->file.count; i++) {
        const struct store_model *row = &self->file.rows[i];
        if (row->item_version == 0 || !model_counts(self->call->service, row) ||
            instant_day(row->in_force) <= instant_day(from))
            continue;
        error_set(err, ERROR_CONFLICT, "item-date-order", "Version %" PRId64 " is approved for a later day.",
                  row->item_version);
        error_field(err, "from");
        return error_hint(err, "Give that day or a later one.");
    }
    return OK;
}

/* ---- The steps ---- */

typedef enum status release_step(struct releasing *self, struct error *err);

static enum status propose(struct releasing *self, struct error *err)
{
    const struct store_model *row = model_row(&self->file, self->number);
    if (in_state(self, STORE_MODEL_DRAFT, "a draft", err) != OK || need_reason(self, err) != OK ||
        read_day(self, err) != OK)
        return FAILED;
    if (self->file.kind != MODEL_ITEM && !str_equal(row->tested, row->hash)) {
        error_set(err, ERROR_CONFLICT, "model-untested", "This draft has not been tried since it was changed.");
        return error_hint(err, "Try it; a trial that goes well makes it ready to be proposed.");
    }
    if (without_errors(self, err) != OK || in_order(self, self->from, err) != OK)
        return FAILED;
    self->next = *row;
    self->next.state = STORE_MODEL_PROPOSED;
    self->next.proposer = self->call->actor->id;
    self->next.reason = self->step->reason;
    self->next.in_force = self->from;
    self->what = "proposed";
    return OK;
}

static enum status by_another(const struct releasing *self, struct error *err)
{
    const struct store_model *row = model_row(&self->file, self->number);
    struct str who = self->call->actor->id;
    bool part = str_equal(row->author, who) || str_equal(row->proposer, who);
    for (size_t i = 0; i < self->event_count && !part; i++)
        part = self->events[i].number == self->number && str_equal(self->events[i].who, who) &&
               model_takes_part(self->events[i].what);
    if (!part)
        return OK;
    error_set(err, ERROR_FORBIDDEN, "model-same-person", "Who drew or proposed a version does not decide on it.");
    return error_hint(err, "Ask a second person with the right to approve.");
}

/* An approved item gets the version and the day that it is known by. */
static enum status stamp(struct releasing *self, struct error *err)
{
    if (self->file.kind != MODEL_ITEM)
        return OK;
    if (in_order(self, self->next.in_force, err) != OK ||
        model_item_stamp(self->call, &self->file, &self->text, self->next.in_force, &self->next.item_version, err) !=
            OK)
        return FAILED;
    self->stamped = self->text;
    self->next.hash = model_text_hash(self->call->arena, self->text);
    return OK;
}

static enum status approve(struct releasing *self, struct error *err)
{
    const struct store_model *row = model_row(&self->file, self->number);
    int64_t now = service_now(self->call->service);
    if (in_state(self, STORE_MODEL_PROPOSED, "proposed", err) != OK || by_another(self, err) != OK)
        return FAILED;
    if (row->in_force < day_start(instant_day(now))) {
        error_set(err, ERROR_CONFLICT, "model-date-past", "The day from which it was to be in force has passed.");
        error_field(err, "from");
        return error_hint(err, "Reject it, and have it proposed with a new date.");
    }
    self->next = *row;
    self->next.state = STORE_MODEL_APPROVED;
    self->next.approver = self->call->actor->id;
    self->next.decided = now;
    self->next.in_force = row->in_force > now ? row->in_force : now;
    self->what = "approved";
    if (row->step.len)
        return OK;
    if (without_errors(self, err) != OK || stamp(self, err) != OK)
        return FAILED;
    if (holds_together(self, self->next.in_force, err) != OK)
        return FAILED;
    for (size_t i = 0; i < self->later_count; i++)
        if (self->later[i].in_force > self->next.in_force && holds_together(self, self->later[i].in_force, err) != OK)
            return FAILED;
    return OK;
}

static enum status reject(struct releasing *self, struct error *err)
{
    if (in_state(self, STORE_MODEL_PROPOSED, "proposed", err) != OK || need_reason(self, err) != OK ||
        by_another(self, err) != OK)
        return FAILED;
    self->next = *model_row(&self->file, self->number);
    self->next.state = STORE_MODEL_REJECTED;
    self->next.approver = self->call->actor->id;
    self->next.decided = service_now(self->call->service);
    self->what = "rejected";
    return OK;
}

static enum status withdraw(struct releasing *self, struct error *err)
{
    const struct store_model *row = model_row(&self->file, self->number);
    if (!row || (row->state != STORE_MODEL_DRAFT && row->state != STORE_MODEL_PROPOSED))
        return wrong_state(self, "a draft or proposed", err);
    if (in_state(self, (enum store_model_state)row->state, "a draft or proposed", err) != OK)
        return FAILED;
    self->next = *row;
    self->next.state = STORE_MODEL_WITHDRAWN;
    self->next.decided = service_now(self->call->service);
    self->what = "withdrawn";
    return OK;
}

/* A version that is proposed as it is made. */
static struct store_model new_row(const struct releasing *self, struct str hash)
{
    const struct model_file *file = &self->file;
    return (struct store_model){.pack = file->pack,
                                .path = file->path,
                                .number = file->count ? file->rows[file->count - 1].number + 1 : 1,
                                .state = STORE_MODEL_PROPOSED,
                                .created = service_now(self->call->service),
                                .in_force = self->from,
                                .rollback = -1,
                                .base = file->own ? file->own->hash : STR(""),
                                .hash = hash,
                                .tested = hash,
                                .author = self->call->actor->id,
                                .proposer = self->call->actor->id,
                                .approver = STR(""),
                                .reason = self->step->reason};
}

/* A new version with the content of what was in force before, on the same way as any other. */
static enum status rollback(struct releasing *self, struct error *err)
{
    const struct model_file *file = &self->file;
    if (self->number != file->in_force)
        return wrong_state(self, "in force", err);
    if (file->before < 0) {
        error_set(err, ERROR_CONFLICT, "model-no-previous", "Nothing was in force before version %" PRId64 ".",
                  self->number);
        return error_hint(err, "Make a draft instead.");
    }
    for (size_t i = 0; i < file->count; i++)
        if (file->rows[i].state == STORE_MODEL_PROPOSED && file->rows[i].rollback >= 0) {
            error_set(err, ERROR_CONFLICT, "model-state",
                      "Version %" PRId64 " proposes to put an earlier one back already.", file->rows[i].number);
            return error_hint(err, "Have that one decided first.");
        }
    if (need_reason(self, err) != OK || read_day(self, err) != OK)
        return FAILED;
    const struct store_model *back = model_row(file, file->before);
    self->next = new_row(self, back ? back->hash : file->own->hash);
    self->next.rollback = file->before;
    self->what = "rollback-proposed";
    return OK;
}

/* To be suspended, or open again, from a day on: without a content of its own. */
static enum status propose_step(struct releasing *self, const char *step, bool when_suspended, struct error *err)
{
    const struct model_file *file = &self->file;
    bool is = file->kind == MODEL_ITEM && item_suspended(self->call->service, model_item_code(self->call, file));
    if (file->kind != MODEL_ITEM || file->in_force < 0 || is != when_suspended) {
        error_set(err, ERROR_CONFLICT, "model-state", "%.*s cannot be %s now.", STR_ARGS(file->id),
                  when_suspended ? "resumed" : "suspended");
        return error_hint(err, "Only an item in force is suspended, and only a suspended one resumed.");
    }
    for (size_t i = 0; i < file->count; i++)
        if (file->rows[i].step.len &&
            (file->rows[i].state == STORE_MODEL_PROPOSED || file->rows[i].in_force > file->now) &&
            file->rows[i].state <= STORE_MODEL_APPROVED) {
            error_set(err, ERROR_CONFLICT, "model-state", "Number %" PRId64 " proposes it already.",
                      file->rows[i].number);
            return error_hint(err, "Have that one decided, or wait for its day.");
        }
    if (need_reason(self, err) != OK || read_day(self, err) != OK)
        return FAILED;
    self->next = new_row(self, model_text_hash(self->call->arena, STR("")));
    self->next.step = str_of(step);
    return OK;
}

static enum status suspend(struct releasing *self, struct error *err)
{
    self->what = "suspend-proposed";
    return propose_step(self, "suspend", false, err);
}

static enum status resume(struct releasing *self, struct error *err)
{
    self->what = "resume-proposed";
    return propose_step(self, "resume", true, err);
}

static const struct {
    const char *name, *permission;
    release_step *judge;
} steps[] = {{"propose", "model.draft", propose},
             {"approve", "model.approve", approve},
             {"reject", "model.approve", reject},
             {"withdraw", "model.draft", withdraw},
             {"rollback", "model.draft", rollback},
             {"suspend", "model.draft", suspend},
             {"resume", "model.draft", resume}};

/* ---- Writing ---- */

static struct value event_body(const struct releasing *self)
{
    struct view view;
    view_init(&view, self->call->arena);
    view_text(&view, "reason", self->step->reason);
    view_time(&view, "from", self->next.in_force);
    view_text(&view, "hash", self->next.hash);
    view_text(&view, "step", self->next.step);
    if (self->next.item_version)
        view_int(&view, "item_version", self->next.item_version);
    if (self->next.rollback >= 0)
        view_int(&view, "rollback_of", self->next.rollback);
    return view_done(&view);
}

static enum status insert_row(struct db_tx *tx, struct releasing *self, struct error *err)
{
    struct str text = STR("");
    struct store_model *rows;
    size_t count;
    if (store_model_list(tx, self->call->arena, self->next.pack, self->next.path, &rows, &count, err) != OK)
        return FAILED;
    if (count != self->file.count)
        return error_set(err, ERROR_CONFLICT, "version-conflict", "Somebody made another version meanwhile.");
    if (!self->next.step.len && model_source(tx, self->call, &self->file, self->next.rollback, &text, err) != OK)
        return FAILED;
    return store_model_insert(tx, &self->next, text, err);
}

static enum status write_step(struct db_tx *tx, void *arg, struct error *err)
{
    struct releasing *self = arg;
    const struct store_model *was = model_row(&self->file, self->next.number);
    struct model_event event = {self->what, self->next.number, event_body(self)};
    bool changed = true;
    self->next.version = was ? was->version + 1 : 1;
    self->next.changed = service_now(self->call->service);
    enum status status =
        was ? store_model_update(tx, &self->next, was->version, &changed, err) : insert_row(tx, self, err);
    if (status != OK)
        return FAILED;
    if (!changed)
        return error_set(err, ERROR_CONFLICT, "version-conflict",
                         "Somebody was faster: this version has changed meanwhile.");
    struct store_model_text text = {self->stamped, STR_NONE};
    if (self->stamped.len && store_model_text_put(tx, &self->next, &text, err) != OK)
        return FAILED;
    return model_event_add(tx, self->call, &self->file, &event, err);
}

static enum status run_step(struct releasing *self, size_t i, struct error *err)
{
    const struct call *call = self->call;
    if (service_may(call, steps[i].permission, err) != OK ||
        model_file_find(call, self->file.id, &self->file, err) != OK ||
        db_read(call->service->db, read_release, self, err) != OK || steps[i].judge(self, err) != OK ||
        db_write(call->service->db, write_step, self, err) != OK)
        return FAILED;
    return self->next.state == STORE_MODEL_APPROVED ? service_packs_turn(call->service, err) : OK;
}

enum status service_model_act(const struct call *call, struct str id, const struct service_model_step *step,
                              struct value *out, struct error *err)
{
    struct releasing self = {.call = call, .step = step, .file = {.id = id}};
    if (step->reason.len > REASON_MAX) {
        error_set(err, ERROR_INVALID, "too-long", "reason has at most %d bytes.", REASON_MAX);
        return error_field(err, "reason");
    }
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        if (str_equal(step->action, str_of(steps[i].name)))
            return run_step(&self, i, err) == OK ? service_model_get(call, id, self.next.number, out, err) : FAILED;
    return error_set(err, ERROR_NOT_FOUND, "action-not-found", "There is no action %.*s.", STR_ARGS(step->action));
}
