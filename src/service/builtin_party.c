/* Built-in jobs about parties and records. */
#include "service/builtin.h"
#include "service/record_store.h"

static struct value party_view(struct arena *arena, const struct party_held *held)
{
    static const char *const members[] = {"kind",   "id",        "name",      "sex",     "birth",
                                          "region", "household", "relatives", "deceased"};
    struct view view;
    view_init(&view, arena);
    for (size_t i = 0; i < COUNT_OF(members); i++)
        context_builder_put(&view.members, str_of(members[i]), value_get(held->body, str_of(members[i])));
    return view_done(&view);
}

enum status builtin_party_find(struct builtin_call *call, struct error *err)
{
    struct work_case *of = call->of;
    struct party_held held;
    struct str id = builtin_text(call, "id");
    if (party_find(of->work, id, &held, err) != OK)
        return FAILED;
    builtin_out(call, "found", value_boolean(held.found));
    builtin_out(call, "party", held.found ? party_view(of->work->arena, &held) : value_null);
    return held.found ? work_access(of->work, "party.find", id, of, err) : OK;
}

enum status builtin_party_write(struct builtin_call *call, struct error *err)
{
    struct str id;
    struct party_held held;
    struct value set = builtin_in(call, "set");
    if (builtin_need(call, "id", &id, err) != OK)
        return FAILED;
    if (set.kind != VALUE_CONTEXT)
        return error_set(err, ERROR_INVALID, "input-missing", "party.write needs the input set as a context.");
    if (party_write(call->of->work, id, set, &held, err) != OK)
        return FAILED;
    struct list_builder names;
    list_builder_init(&names, call->of->work->arena);
    for (size_t i = 0; i < set.context->count; i++)
        list_builder_push(&names, value_string(set.context->members[i].key));
    work_case_event(call->of, "party.written",
                    context_set(call->of->work->arena, value_null, "members", list_builder_done(&names)));
    return OK;
}

enum status builtin_record_write(struct builtin_call *call, struct error *err)
{
    struct record_writing what = {.content = builtin_in(call, "content"), .replaces = builtin_text(call, "replaces")};
    if (builtin_need(call, "record", &what.record, err) != OK ||
        builtin_need(call, "subject", &what.subject, err) != OK)
        return FAILED;
    struct str id;
    if (record_write(call->of, &what, &id, err) != OK)
        return FAILED;
    builtin_out(call, "id", value_string(id));
    return OK;
}

enum status builtin_record_find(struct builtin_call *call, struct error *err)
{
    struct work *work = call->of->work;
    struct str subject;
    struct value items;
    if (builtin_need(call, "subject", &subject, err) != OK)
        return FAILED;
    if (records_of(work, builtin_text(call, "record"), subject, &items, err) != OK)
        return FAILED;
    builtin_out(call, "items", items);
    return value_count(items) ? work_access(work, "record.find", subject, call->of, err) : OK;
}

enum status builtin_record_void(struct builtin_call *call, struct error *err)
{
    struct str id;
    if (builtin_need(call, "id", &id, err) != OK)
        return FAILED;
    return record_void(call->of, id, builtin_text(call, "reason"), err);
}
