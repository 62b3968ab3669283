/* How an application looks when it is filled in: the item's form with the answers of a scenario of its pack, whose
 * people are fictional. */
#include "portal/internal.h"

#include "form/form.h"
#include "pack/pack.h"
#include "service/catalogue.h"

/* The first form with which a scenario opens the item, without being refused; null: none does. */
static struct value example_of(const struct pack_set *packs, struct str code)
{
    size_t count;
    const struct pack_scenario *const *all = pack_scenarios(packs, &count);
    for (size_t i = 0; i < count; i++) {
        struct value steps = value_get(all[i]->json, STR("steps"));
        for (size_t k = 0; k < value_count(steps); k++) {
            struct value step = value_at(steps, k), form = value_get(step, STR("form"));
            if (str_equal(value_text(value_get(step, STR("open"))), code) && form.kind == VALUE_CONTEXT &&
                value_is_null(value_get(step, STR("refused"))))
                return form;
        }
    }
    return value_null;
}

bool portal_has_sample(const struct http_request *request, struct str code)
{
    return !value_is_null(example_of(portal_packs(request), code));
}

enum status portal_sample(struct http_request *request, struct error *err)
{
    struct call call;
    struct value item;
    struct str code = http_param(request, "code");
    if (gate_call(request, &call, err) != OK || service_item_get(&call, code, &item, err) != OK)
        return FAILED;
    const struct pack_set *packs = portal_packs(request);
    const struct pack_form *form = pack_form_find(packs, value_text(value_get(item, STR("form_id"))));
    struct value example = example_of(packs, code);
    if (!form || value_is_null(example)) {
        error_set(err, ERROR_NOT_FOUND, "sample-none", "There is no example of this application.");
        return error_hint(err, "The guide says what is asked for.");
    }
    struct pack_texts texts = {packs, portal_language(request)};
    struct feel_run run = {
        .arena = request->arena, .now_ms = service_now(request->context), .calendar = pack_calendar(packs)};
    struct form_env env = {&run, pack_form_codes(packs), pack_form_texts(&texts)};
    struct value filled = form_null_fill(form->form, request->arena, example);
    struct context_builder data;
    context_builder_init(&data, request->arena);
    context_builder_put(&data, STR("item"), portal_translate_all(request, item));
    context_builder_put(&data, STR("steps"),
                        value_get(form_describe(form->form, filled, NULL, 0, &env), STR("steps")));
    return portal_page(request, 200, "sample", context_builder_done(&data), err);
}
