#include "service/window.h"

#include "service/builtin.h"
#include "trust/ids.h"

struct finding {
    struct str id;
    bool person;
    struct value view;
};

static enum status check_id(struct str id, bool *person, struct error *err)
{
    struct citizen citizen;
    struct error inner = ERROR_INIT;
    *person = id.len == 18 && citizen_id_check(id, &citizen, &inner) == OK;
    struct error other = ERROR_INIT;
    if (*person || uscc_check(id, &other) == OK)
        return OK;
    error_set(err, ERROR_INVALID, "person-id-invalid", "%s",
              inner.kind == ERROR_NONE ? "This is neither an ID number nor a credit code." : inner.message);
    error_field(err, "id");
    return error_hint(err, "Read the card again, or compare the number digit by digit.");
}

static enum status find_command(struct work *work, void *arg, struct error *err)
{
    struct finding *a = arg;
    struct party_held held;
    if (party_find(work, a->id, &held, err) != OK)
        return FAILED;
    struct str name = held.found ? value_text(value_get(held.body, STR("name"))) : STR_NONE;
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "id", citizen_id_mask(work->arena, a->id));
    view_text(&view, "kind", a->person ? STR("person") : STR("organisation"));
    view_put(&view, "known", value_boolean(held.found));
    view_text(&view, "name", name.len ? service_mask_name(work->arena, name) : STR_NONE);
    if (held.found)
        view_put(&view, "region", value_get(held.body, STR("region")));
    a->view = view_done(&view);
    return work_access(work, "party.find", a->id, NULL, err);
}

enum status service_window_find(const struct call *call, struct str id, struct value *out, struct error *err)
{
    struct finding a = {.id = str_trim(id)};
    if (service_may(call, "mandate.grant", err) != OK || service_may(call, "party.read", err) != OK ||
        check_id(a.id, &a.person, err) != OK || work_run(call, find_command, &a, err) != OK)
        return FAILED;
    *out = a.view;
    return OK;
}
