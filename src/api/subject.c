/* Files of persons and institutions. */
#include "service/subject.h"

#include "api/internal.h"

enum status api_list_subjects(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_subject_find(&call, http_query(request, "q"), &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, api_named(request, view));
}

/* base with the lines of one of its members named. */
static struct value named_lines(struct http_request *request, struct value base, const char *member)
{
    struct value lines = value_get(base, str_of(member));
    if (lines.kind != VALUE_LIST)
        return base;
    struct value named = api_named(request, api_with(request, value_null, "items", lines));
    return api_with(request, base, member, value_get(named, STR("items")));
}

enum status api_get_subject(struct http_request *request, struct error *err)
{
    static const char *const lists[] = {"certificates", "cases", "ratings", "records"};
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    call.purpose = http_query(request, "purpose");
    if (service_subject_get(&call, http_param(request, "key"), &view, err) != OK)
        return FAILED;
    struct str name = value_text(value_get(view, STR("name")));
    view = api_named(request, view);
    view = api_with(request, view, "name", value_string(name)); /* a person's name is no text to translate */
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        view = named_lines(request, view, lists[i]);
    return api_reply_plain(request, 200, view);
}
