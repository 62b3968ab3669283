/* Drafts: a form on its way. They belong to the party, not to the device: whoever signs in as the party, or acts for
 * it, goes on where it stopped. A draft made for an older version of its item is carried over field by field when it is
 * read; what the new form does not know is named and left out. */
#include "service/case.h"

#include "clock/instant.h"
#include "form/form.h"
#include "service/item_state.h"
#include "service/once.h"
#include "service/prefill.h"
#include "service/session.h"
#include "service/work.h"

struct draft_arg {
    const struct call *call;
    struct store_draft row;
    struct store_draft *rows;
    size_t count;
    bool found, changed;
    int64_t was; /* the version that is replaced; 0: a new one */
    struct once once;
};

static struct str draft_place(struct arena *arena, const struct store_draft *row)
{
    return arena_printf(arena, "draft:%" PRId64, row->id);
}

/* By the number alone: a session that knows where the party lives finds the same drafts as one that does not. */
static int64_t draft_region(const struct call *call)
{
    const struct actor *actor = call->actor;
    if (actor->kind == ACTOR_PERSON)
        return region_of(call->service->packs, str_part(actor->id, 0, 6));
    if (actor->kind == ACTOR_ORGANISATION)
        return region_of(call->service->packs, str_part(actor->id, 2, 8));
    return actor_region(call);
}

static enum status draft_owner(const struct call *call, struct store_draft *row, struct error *err)
{
    row->owner = actor_index(call);
    row->region = draft_region(call);
    if (row->owner.data)
        return OK;
    return service_may(call, "case.open", err) == OK ? OK : FAILED;
}

static enum status no_draft(struct str id, struct error *err)
{
    error_set(err, ERROR_NOT_FOUND, "draft-not-found", "You have no draft %.*s.", STR_ARGS(id));
    return error_hint(err, "It was sent or deleted, or is older than 30 days.");
}

static enum status was_changed(struct error *err)
{
    error_set(err, ERROR_CONFLICT, "if-match-failed", "The draft was changed on another device or in another window.");
    return error_hint(err, "Load it again; what you typed last is not saved yet.");
}

static enum status draft_write(struct db_tx *tx, void *arg, struct error *err)
{
    struct draft_arg *a = arg;
    if (a->was)
        return store_draft_change(tx, &a->row, a->was, &a->changed, err);
    a->changed = true;
    if (store_draft_put(tx, &a->row, err) != OK)
        return FAILED;
    return once_keep(tx, a->call, &a->once, value_string(key_text(a->call->arena, a->row.id)), err);
}

static enum status draft_read(struct db_tx *tx, void *arg, struct error *err)
{
    struct draft_arg *a = arg;
    struct store_draft key = a->row;
    return store_draft_find(tx, a->call->arena, &key, &a->row, &a->found, err);
}

static struct value draft_head(const struct call *call, const struct store_draft *row)
{
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "id", key_text(call->arena, row->id));
    view_text(&view, "item", row->item);
    view_time(&view, "saved", row->saved);
    view_int(&view, "version", row->saved);
    return view_done(&view);
}

static const struct pack_item *item_now(const struct call *call, struct str code)
{
    return pack_item_find(call->service->packs, code, instant_day(service_now(call->service)));
}

static enum status load(const struct call *call, struct str id, struct draft_arg *arg, struct value *body,
                        struct error *err)
{
    *arg = (struct draft_arg){.call = call};
    if (draft_owner(call, &arg->row, err) != OK)
        return FAILED;
    if (key_parse(id, &arg->row.id) && db_read(call->service->db, draft_read, arg, err) != OK)
        return FAILED;
    if (!arg->found || !acting_covers(call->actor, arg->row.item))
        return no_draft(id, err);
    return service_unseal(call->service, call->arena, draft_place(call->arena, &arg->row), arg->row.body, body, err);
}

/* ---- Carrying over ---- */

/* v without what lies at a path such as "contacts[0].phone". */
static struct value without(struct arena *arena, struct value v, struct str path)
{
    struct str rest = path;
    struct str first = str_cut(&rest, '.');
    struct str key = first;
    ptrdiff_t bracket = str_find(first, STR("["), 0);
    if (bracket >= 0)
        key = str_part(first, 0, (size_t)bracket);
    if (v.kind != VALUE_CONTEXT)
        return v;
    struct context_builder copy;
    context_builder_init(&copy, arena);
    for (size_t i = 0; i < v.context->count; i++) {
        struct value member = v.context->members[i].value;
        bool here = str_equal(v.context->members[i].key, key);
        if (here && (bracket >= 0 || !rest.data))
            continue; /* a row that does not fit takes its list with it */
        context_builder_put(&copy, v.context->members[i].key, here ? without(arena, member, rest) : member);
    }
    return context_builder_done(&copy);
}

static bool fits_no_more(const struct form_error *problem)
{
    static const char *const codes[] = {"unknown-field", "type", "not-in-list"};
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        if (str_equal(str_of(problem->code), str_of(codes[i])))
            return true;
    return false;
}

/* What was given for materials that the item asks for no more is named too. */
static struct value fitting_materials(struct arena *arena, const struct pack_item *item, struct value given,
                                      struct list_builder *dropped)
{
    struct list_builder kept;
    list_builder_init(&kept, arena);
    for (size_t i = 0; i < value_count(given); i++) {
        struct str id = value_text(value_get(value_at(given, i), STR("id")));
        bool asked = false;
        for (size_t k = 0; k < item->material_count && !asked; k++)
            asked = str_equal(item->materials[k].id, id);
        if (asked)
            list_builder_push(&kept, value_at(given, i));
        else
            list_builder_push(dropped, value_string(arena_printf(arena, "materials.%.*s", STR_ARGS(id))));
    }
    return list_builder_done(&kept);
}

static enum status outdated(struct error *err)
{
    error_set(err, ERROR_CONFLICT, "draft-outdated",
              "The item's form has changed so much that this draft cannot be carried over.");
    return error_hint(err, "Begin again with the present form; the draft stays readable until you delete it.");
}

/* {from, to, dropped [path]} when the item has had a new version since. */
static enum status carry_over(const struct call *call, const struct pack_item *item, struct value *body,
                              struct error *err)
{
    struct arena *arena = call->arena;
    const struct pack_set *packs = call->service->packs;
    int64_t version = value_int_or(value_get(*body, STR("item_version")), item->version);
    const struct pack_form *form = pack_form_find(packs, item->form);
    struct value data = value_get(*body, STR("form"));
    if (version == item->version)
        return OK;
    if (!form)
        return outdated(err);
    struct feel_run run = service_feel(call->service, arena, packs, service_now(call->service));
    struct pack_texts texts = {packs, STR("zh-CN")};
    struct form_env env = {.run = &run, .codes = pack_form_codes(packs), .texts = pack_form_texts(&texts)};
    struct form_result judged = form_validate(form->form, data, &env);
    struct list_builder dropped;
    list_builder_init(&dropped, arena);
    for (size_t i = 0; i < judged.error_count; i++)
        if (fits_no_more(&judged.errors[i])) {
            data = without(arena, data, judged.errors[i].field);
            list_builder_push(&dropped, value_string(judged.errors[i].field));
        }
    bool empty = data.kind != VALUE_CONTEXT || data.context->count == 0;
    if (empty && dropped.items.count)
        return outdated(err);
    struct value materials = value_get(*body, STR("materials"));
    if (materials.kind == VALUE_LIST)
        *body = context_set(arena, *body, "materials", fitting_materials(arena, item, materials, &dropped));
    struct value told = context_set(arena, value_null, "from", value_int(version));
    told = context_set(arena, told, "to", value_int(item->version));
    *body = context_set(arena, *body, "form", data);
    *body = context_set(arena, *body, "carried_over", context_set(arena, told, "dropped", list_builder_done(&dropped)));
    return OK;
}

/* ---- Use cases ---- */

static enum status check_item(const struct call *call, struct str code, const struct pack_item **out, struct error *err)
{
    *out = item_now(call, code);
    if (!*out) {
        error_set(err, ERROR_NOT_FOUND, "item-not-found", "There is no item %.*s in force.", STR_ARGS(code));
        return error_field(err, "item");
    }
    if (acting_covers(call->actor, code))
        return OK;
    error_set(err, ERROR_FORBIDDEN, "mandate-scope", "The mandate does not cover this item.");
    return error_hint(err, "Ask whoever is represented for a mandate that does.");
}

/* What a change does not mention stays as it was. */
static struct value overlay(const struct call *call, struct value kept, struct value draft,
                            const struct pack_item *item)
{
    static const char *const members[] = {"item", "form", "step", "materials", "sources", "asked"};
    struct arena *arena = call->arena;
    struct value body = value_is_null(kept) ? empty_context(arena) : kept;
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        struct value given = value_get(draft, str_of(members[i]));
        if (!value_is_null(given))
            body = context_set(arena, body, members[i], given);
    }
    body = context_set(arena, body, "item_version", value_int(item->version));
    return context_set(arena, body, "agent", acting_agent(arena, call->actor));
}

enum status service_draft_put(const struct call *call, struct str id, struct value draft, struct value *out,
                              struct error *err)
{
    struct draft_arg arg = {.call = call};
    struct value body = value_null;
    const struct pack_item *item;
    struct str code = value_text(value_get(draft, STR("item")));
    if (!id.len && once_begin(call, "draft", draft, &arg.once, err) != OK)
        return FAILED;
    if (!value_is_null(arg.once.answer))
        return service_draft_get(call, value_text(arg.once.answer), out, err);
    if ((id.len ? load(call, id, &arg, &body, err) : draft_owner(call, &arg.row, err)) != OK)
        return FAILED;
    if (check_item(call, code.len ? code : arg.row.item, &item, err) != OK)
        return FAILED;
    if (!id.len && item_refuse_suspended(call, item->code, err) != OK)
        return FAILED;
    if (id.len && !str_equal(item->code, arg.row.item)) {
        error_set(err, ERROR_CONFLICT, "draft-item", "This draft is for another item (%.*s).", STR_ARGS(arg.row.item));
        return error_field(err, "item");
    }
    if (call->if_version && arg.row.saved != call->if_version)
        return was_changed(err);
    arg.was = id.len ? arg.row.saved : 0;
    arg.row.id = id.len ? arg.row.id : service_random_id(call->service, call->arena);
    arg.row.item = item->code;
    arg.row.saved = service_now(call->service) > arg.was ? service_now(call->service) : arg.was + 1;
    body = overlay(call, body, draft, item);
    struct value sources, disputes = value_get(draft, STR("disputes"));
    if (prefill_dispute(call->arena, value_get(body, STR("sources")), disputes, &sources, err) != OK)
        return FAILED;
    body = value_is_null(disputes) ? body : context_set(call->arena, body, "sources", sources);
    arg.row.body = service_seal(call->service, call->arena, draft_place(call->arena, &arg.row), body);
    if (db_write(call->service->db, draft_write, &arg, err) != OK)
        return FAILED;
    if (!arg.changed)
        return was_changed(err);
    *out = value_merge(call->arena, body, draft_head(call, &arg.row));
    return OK;
}

enum status service_draft_get(const struct call *call, struct str id, struct value *out, struct error *err)
{
    struct draft_arg arg;
    struct value body;
    if (load(call, id, &arg, &body, err) != OK)
        return FAILED;
    const struct pack_item *item = item_now(call, arg.row.item);
    if (!item)
        return outdated(err);
    if (carry_over(call, item, &body, err) != OK)
        return FAILED;
    *out = value_merge(call->arena, body, draft_head(call, &arg.row));
    return OK;
}

static enum status draft_remove(struct db_tx *tx, void *arg, struct error *err)
{
    const struct draft_arg *a = arg;
    return store_draft_delete(tx, &a->row, err);
}

enum status service_draft_delete(const struct call *call, struct str id, struct error *err)
{
    struct draft_arg arg;
    struct value body;
    if (load(call, id, &arg, &body, err) != OK)
        return FAILED;
    return db_write(call->service->db, draft_remove, &arg, err);
}

static enum status draft_list(struct db_tx *tx, void *arg, struct error *err)
{
    struct draft_arg *a = arg;
    return store_draft_list(tx, a->call->arena, a->row.region, a->row.owner, &a->rows, &a->count, err);
}

enum status service_draft_list(const struct call *call, struct value *out, struct error *err)
{
    struct draft_arg arg = {.call = call};
    struct list_builder items;
    list_builder_init(&items, call->arena);
    if (draft_owner(call, &arg.row, err) != OK || db_read(call->service->db, draft_list, &arg, err) != OK)
        return FAILED;
    for (size_t i = 0; i < arg.count; i++) {
        struct value body;
        if (!acting_covers(call->actor, arg.rows[i].item))
            continue;
        if (service_unseal(call->service, call->arena, draft_place(call->arena, &arg.rows[i]), arg.rows[i].body, &body,
                           err) != OK)
            return FAILED;
        struct value line = draft_head(call, &arg.rows[i]);
        line = context_set(call->arena, line, "agent", value_get(value_get(body, STR("agent")), STR("name")));
        list_builder_push(&items, context_set(call->arena, line, "step", value_get(body, STR("step"))));
    }
    *out = list_builder_done(&items);
    return OK;
}
