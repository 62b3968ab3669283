/* Many versions of items taken one step further at once. */
#include "service/item_desk.h"
#include "service/internal.h"
#include "service/many.h"
#include "service/model.h"

#define STEPS_MOST 200

static enum status refuse(struct error *err, const char *field, const char *message)
{
    error_set(err, ERROR_INVALID, "steps-invalid", "%s", message);
    return error_field(err, "%s", field);
}

static bool is_for_many(struct str action)
{
    static const char *const actions[] = {"propose", "approve", "reject", "withdraw"};
    return name_index(actions, COUNT_OF(actions), action) >= 0;
}

static enum status act_on(const struct call *call, const struct service_item_steps *steps, struct value which,
                          struct value *out, struct error *err)
{
    struct value view;
    struct str id = value_text(value_get(which, STR("id")));
    struct service_model_step step = {.action = steps->action, .from = steps->from, .reason = steps->reason};
    if (!value_to_int64(value_get(which, STR("version")), &step.number))
        return error_set(err, ERROR_NOT_FOUND, "model-version-not-found", "Say which version of %.*s.", STR_ARGS(id));
    if (service_model_act(call, id, &step, &view, err) != OK)
        return FAILED;
    *out = context_set(call->arena, which, "state", value_get(view, STR("state")));
    return OK;
}

enum status service_items_act(const struct call *call, const struct service_item_steps *steps, struct value *out,
                              struct error *err)
{
    size_t count = value_count(steps->models);
    struct list_builder done, refused;
    list_builder_init(&done, call->arena);
    list_builder_init(&refused, call->arena);
    if (service_may(call, "model.read", err) != OK)
        return FAILED;
    if (!is_for_many(steps->action))
        return error_set(err, ERROR_NOT_FOUND, "action-not-found",
                         "Many versions are proposed, approved, rejected or withdrawn.");
    if (steps->models.kind != VALUE_LIST || count == 0 || count > STEPS_MOST)
        return refuse(err, "models", "Name the versions in a list of 1 to 200, each with its id and version.");
    for (size_t i = 0; i < count; i++) {
        struct value which = value_at(steps->models, i), view;
        struct error problem = ERROR_INIT;
        if (act_on(call, steps, which, &view, &problem) == OK) {
            list_builder_push(&done, view);
        } else if (problem.kind == ERROR_UNAVAILABLE || problem.kind == ERROR_INTERNAL) {
            *err = problem;
            return FAILED;
        } else {
            struct value line = many_refused(call->arena, value_text(value_get(which, STR("id"))), &problem);
            list_builder_push(&refused, context_set(call->arena, line, "version", value_get(which, STR("version"))));
        }
    }
    *out = context_set(call->arena, value_null, "done", list_builder_done(&done));
    *out = context_set(call->arena, *out, "refused", list_builder_done(&refused));
    return OK;
}
