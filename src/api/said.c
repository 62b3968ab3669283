/* What checks and incidents say, in the caller's language. */
#include "api/internal.h"

#include "pack/sentence.h"

struct str api_sentence(struct http_request *request, struct str said)
{
    return pack_sentence(packs_of(request), request->arena, api_language(request), said);
}

static struct value list_said(struct http_request *request, struct value items)
{
    struct list *out = list_new(request->arena, value_count(items));
    for (size_t i = 0; i < value_count(items); i++)
        out->items[i] = api_said(request, value_at(items, i));
    return value_of_list(out);
}

struct value api_said(struct http_request *request, struct value view)
{
    static const char *const inside[] = {"items", "problems", "incidents", "tokens", "incident", "check"};
    if (view.kind != VALUE_CONTEXT)
        return view;
    struct str message = value_text(value_get(view, STR("message")));
    if (message.len)
        view = api_with(request, view, "message", value_string(api_sentence(request, message)));
    for (size_t i = 0; i < COUNT_OF(inside); i++) {
        struct value part = value_get(view, str_of(inside[i]));
        if (part.kind == VALUE_LIST)
            view = api_with(request, view, inside[i], list_said(request, part));
        else if (part.kind == VALUE_CONTEXT)
            view = api_with(request, view, inside[i], api_said(request, part));
    }
    return view;
}
