/* My cases, and one case: receipt, progress, result. */
#include "service/case.h"

#include "pack/pack.h"
#include "portal/internal.h"

struct str portal_left(struct http_request *request, struct value left)
{
    struct str unit = value_text(value_get(left, STR("unit")));
    int64_t n = 0;
    if (!value_to_int64(value_get(left, STR("n")), &n))
        return STR("");
    if (value_is_true(value_get(left, STR("paused"))))
        return portal_text(request, "left_paused");
    if (n == 0)
        return portal_text(request, "left_today");
    struct str text = portal_state(request, n < 0 ? "late" : "left", unit);
    ptrdiff_t at = str_find(text, STR("{n}"), 0);
    if (at < 0)
        return text;
    return arena_printf(request->arena, "%.*s%" PRId64 "%.*s", (int)at, text.data, n < 0 ? -n : n,
                        STR_ARGS(str_part(text, (size_t)at + 3, text.len)));
}

struct value portal_case_row(struct http_request *request, struct value one)
{
    struct str state = value_text(value_get(one, STR("state")));
    struct str outcome = value_text(value_get(one, STR("outcome")));
    struct context_builder more;
    context_builder_init(&more, request->arena);
    context_builder_put(&more, STR("item_title"),
                        value_string(portal_translate(request, value_text(value_get(one, STR("item_title"))))));
    bool closed = str_equal(state, STR("closed"));
    context_builder_put(&more, STR("state_text"),
                        value_string(closed && outcome.len ? portal_state(request, "outcome", outcome)
                                                           : portal_state(request, "case", state)));
    context_builder_put(&more, STR("is_closed"), value_boolean(closed));
    context_builder_put(&more, STR("good"), value_boolean(str_equal(outcome, STR("granted"))));
    context_builder_put(&more, STR("opened_text"), portal_time(request, value_get(one, STR("opened"))));
    context_builder_put(&more, STR("closed_text"), portal_time(request, value_get(one, STR("closed"))));
    context_builder_put(&more, STR("left_text"), value_string(portal_left(request, value_get(one, STR("left")))));
    context_builder_put(&more, STR("late"),
                        value_boolean(str_equal(value_text(value_get(one, STR("light"))), STR("red"))));
    struct value deadline = value_get(one, STR("deadline"));
    context_builder_put(
        &more, STR("deadline_text"),
        portal_time(request, deadline.kind == VALUE_CONTEXT ? value_get(deadline, STR("at")) : deadline));
    return value_merge(request->arena, one, context_builder_done(&more));
}

struct value portal_case_rows(struct http_request *request, struct value cases)
{
    struct list *rows = list_new(request->arena, value_count(cases));
    for (size_t i = 0; i < value_count(cases); i++)
        rows->items[i] = portal_case_row(request, value_at(cases, i));
    return value_of_list(rows);
}

/* Those that wait for the applicant stand first, with what is to be done. */
static struct value mine_to_do_first(struct http_request *request, struct value rows)
{
    struct list *out = list_new(request->arena, value_count(rows));
    size_t n = 0;
    for (int waiting = 1; waiting >= 0; waiting--)
        for (size_t i = 0; i < value_count(rows); i++) {
            struct value one = value_at(rows, i);
            bool to_do = str_equal(value_text(value_get(one, STR("state"))), STR("correcting"));
            struct context_builder more;
            if (to_do != (waiting == 1))
                continue;
            context_builder_init(&more, request->arena);
            context_builder_put(&more, STR("to_do"), value_boolean(to_do));
            out->items[n++] = value_merge(request->arena, one, context_builder_done(&more));
        }
    return value_of_list(out);
}

enum status portal_my_cases(struct http_request *request, struct error *err)
{
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    struct call call;
    struct value view;
    struct service_case_query mine = {.mine = true, .limit = 50, .cursor = http_query(request, "cursor")};
    if (gate_call(request, &call, err) != OK || service_case_list(&call, &mine, &view, err) != OK)
        return FAILED;
    struct context_builder data;
    context_builder_init(&data, request->arena);
    struct value rows = mine_to_do_first(request, portal_case_rows(request, value_get(view, STR("items"))));
    context_builder_put(&data, STR("cases"), rows);
    context_builder_put(&data, STR("count"), value_int((int64_t)value_count(rows)));
    context_builder_put(&data, STR("next"), value_get(view, STR("next")));
    return portal_page(request, 200, "cases", context_builder_done(&data), err);
}

/* Events that mean something to an applicant; the texts name them "event_<type>". */
struct value portal_public_events(struct http_request *request, struct value events)
{
    struct list_builder shown;
    list_builder_init(&shown, request->arena);
    for (size_t i = 0; i < value_count(events); i++) {
        struct value event = value_at(events, i);
        struct str type = value_text(value_get(event, STR("type")));
        struct str text = portal_state(request, "event", type);
        if (str_equal(text, type))
            continue;
        struct context_builder row;
        context_builder_init(&row, request->arena);
        context_builder_put(&row, STR("text"), value_string(text));
        context_builder_put(&row, STR("at_text"), portal_time(request, value_get(event, STR("at"))));
        list_builder_push(&shown, context_builder_done(&row));
    }
    return list_builder_done(&shown);
}

static bool may(struct value one, struct str action)
{
    struct value actions = value_get(one, STR("actions"));
    for (size_t i = 0; i < value_count(actions); i++)
        if (str_equal(value_text(value_at(actions, i)), action))
            return true;
    return false;
}

static struct value certificate_rows(struct http_request *request, struct value certificates)
{
    struct list *rows = list_new(request->arena, value_count(certificates));
    for (size_t i = 0; i < value_count(certificates); i++)
        rows->items[i] = portal_certificate_row(request, value_at(certificates, i));
    return value_of_list(rows);
}

/* What the case waits for: the applicant's corrections, or the end of a pause of the clock. */
static void put_waiting(struct http_request *request, struct context_builder *data, struct value one)
{
    static const char *const waits[] = {"correction", "suspension"};
    for (size_t i = 0; i < COUNT_OF(waits); i++) {
        struct value wait = value_get(one, str_of(waits[i]));
        struct context_builder more;
        context_builder_init(&more, request->arena);
        context_builder_put(&more, STR("until_text"), portal_time(request, value_get(wait, STR("until"))));
        if (!value_is_null(wait))
            wait = value_merge(request->arena, portal_translate_all(request, wait), context_builder_done(&more));
        context_builder_put(data, str_of(waits[i]), wait);
    }
    struct str outcome = value_text(value_get(one, STR("outcome")));
    bool against = str_equal(outcome, STR("refused")) || str_equal(outcome, STR("declined"));
    context_builder_put(data, STR("remedies"), value_boolean(against));
}

/* ---- Rating ---- */

/* The words of each grade, to be ticked: [{grade, label, tags [{id, label}]}]. */
static struct value grades(struct http_request *request)
{
    static const char *const names[] = {"1", "2", "3", "4", "5"};
    const struct pack_set *packs = portal_packs(request);
    struct list *out = list_new(request->arena, COUNT_OF(names));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const struct pack_codes *words = pack_codes_find(packs, arena_printf(request->arena, "rating-%s", names[i]));
        struct list_builder tags;
        list_builder_init(&tags, request->arena);
        for (size_t k = 0; words && k < words->count; k++) {
            struct context_builder tag;
            context_builder_init(&tag, request->arena);
            context_builder_put(&tag, STR("id"), value_string(words->options[k].value));
            context_builder_put(&tag, STR("label"), value_string(portal_translate(request, words->options[k].label)));
            list_builder_push(&tags, context_builder_done(&tag));
        }
        struct context_builder grade;
        context_builder_init(&grade, request->arena);
        context_builder_put(&grade, STR("grade"), value_cstr(names[i]));
        context_builder_put(&grade, STR("label"), value_string(portal_state(request, "grade", str_of(names[i]))));
        context_builder_put(&grade, STR("tags"), list_builder_done(&tags));
        out->items[i] = context_builder_done(&grade);
    }
    return value_of_list(out);
}

/* What was said, in words; null when nothing was. */
static struct value rating_in_words(struct http_request *request, struct value rating)
{
    struct value tags = value_get(rating, STR("tags"));
    int64_t grade = 0;
    if (!value_to_int64(value_get(rating, STR("grade")), &grade))
        return value_null;
    struct str name = arena_printf(request->arena, "%" PRId64, grade);
    const struct pack_codes *words =
        pack_codes_find(portal_packs(request), arena_printf(request->arena, "rating-%.*s", STR_ARGS(name)));
    struct list_builder said;
    list_builder_init(&said, request->arena);
    for (size_t i = 0; i < value_count(tags); i++)
        for (size_t k = 0; words && k < words->count; k++)
            if (str_equal(words->options[k].value, value_text(value_at(tags, i))))
                list_builder_push(&said, value_string(portal_translate(request, words->options[k].label)));
    struct context_builder more;
    context_builder_init(&more, request->arena);
    context_builder_put(&more, STR("grade_text"), value_string(portal_state(request, "grade", name)));
    context_builder_put(&more, STR("said"), list_builder_done(&said));
    context_builder_put(&more, STR("bad"), value_boolean(grade >= 4));
    context_builder_put(&more, STR("nameless"), value_boolean(value_is_true(value_get(rating, STR("anonymous")))));
    return value_merge(request->arena, rating, context_builder_done(&more));
}

/* What became of it: the cases that this one led to, as far as they are the reader's too. */
static struct value followed_by(struct http_request *request, const struct call *call, struct value children)
{
    struct list_builder rows;
    list_builder_init(&rows, request->arena);
    for (size_t i = 0; i < value_count(children); i++) {
        struct value one;
        struct error unseen = ERROR_INIT;
        if (service_case_get(call, value_text(value_at(children, i)), &one, &unseen) == OK)
            list_builder_push(&rows, portal_case_row(request, one));
    }
    return list_builder_done(&rows);
}

static void put_rating(struct http_request *request, const struct call *call, struct value one,
                       struct context_builder *data)
{
    struct value followed = followed_by(request, call, value_get(one, STR("children")));
    context_builder_put(data, STR("can_rate"), value_boolean(may(one, STR("rate"))));
    context_builder_put(data, STR("grades"), grades(request));
    context_builder_put(data, STR("rated"), rating_in_words(request, value_get(one, STR("rating"))));
    context_builder_put(data, STR("followed"), followed);
    context_builder_put(data, STR("followed_count"), value_int((int64_t)value_count(followed)));
}

static enum status show_case(struct http_request *request, const struct error *refused, struct error *err)
{
    struct call call;
    struct value one;
    struct value events;
    struct str no = http_param(request, "no");
    if (gate_call(request, &call, err) != OK || service_case_get(&call, no, &one, err) != OK ||
        service_case_events(&call, no, &events, err) != OK)
        return FAILED;
    struct value qr;
    if (portal_qr(request, portal_lookup_url(request, no), &qr, err) != OK)
        return FAILED;
    struct context_builder data;
    context_builder_init(&data, request->arena);
    context_builder_put(&data, STR("case"), portal_case_row(request, portal_translate_all(request, one)));
    context_builder_put(&data, STR("certificates"), certificate_rows(request, value_get(one, STR("certificates"))));
    context_builder_put(&data, STR("documents"), certificate_rows(request, value_get(one, STR("documents"))));
    context_builder_put(&data, STR("qr"), qr);
    context_builder_put(&data, STR("signature"), portal_signature(request, value_get(one, STR("signature"))));
    put_waiting(request, &data, one);
    context_builder_put(&data, STR("deadline_why"),
                        portal_deadline_why(request, value_get(one, STR("deadline_explanation"))));
    context_builder_put(&data, STR("events"), portal_public_events(request, events));
    context_builder_put(&data, STR("is_new"), value_boolean(http_query(request, "new").len > 0));
    context_builder_put(&data, STR("can_withdraw"), value_boolean(may(one, STR("withdraw"))));
    context_builder_put(&data, STR("can_supplement"), value_boolean(may(one, STR("supplement"))));
    put_rating(request, &call, one, &data);
    context_builder_put(&data, STR("refused"), value_string(refused ? portal_problem(request, refused) : STR("")));
    return portal_page(request, refused ? 422 : 200, "case", context_builder_done(&data), err);
}

enum status portal_progress(struct http_request *request, struct error *err)
{
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    return show_case(request, NULL, err);
}

/* The words that were ticked below the grade that was chosen, and whether the name is to stay unsaid. */
static enum status put_ticked(struct http_request *request, int64_t grade, struct context_builder *input,
                              struct error *err)
{
    const struct http_pairs *posted;
    struct str field = arena_printf(request->arena, "tag-%" PRId64, grade);
    struct list_builder tags;
    list_builder_init(&tags, request->arena);
    if (http_form(request, &posted, err) != OK)
        return FAILED;
    for (size_t i = 0; i < posted->count; i++)
        if (str_equal(posted->items[i].name, field))
            list_builder_push(&tags, value_string(posted->items[i].value));
    context_builder_put(input, STR("tags"), list_builder_done(&tags));
    context_builder_put(input, STR("anonymous"), value_boolean(portal_field(request, "anonymous").len > 0));
    return OK;
}

/* withdraw and rate, from the buttons of the case's page. */
enum status portal_act(struct http_request *request, struct error *err)
{
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    struct call call;
    struct value view;
    struct context_builder input;
    context_builder_init(&input, request->arena);
    int64_t grade = 0;
    if (str_to_int64(portal_field(request, "grade"), &grade))
        context_builder_put(&input, STR("grade"), value_int(grade));
    static const char *const texts[] = {"reason", "text"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct str text = portal_field(request, texts[i]);
        if (text.len)
            context_builder_put(&input, str_of(texts[i]), value_string(text));
    }
    if (str_equal(http_param(request, "action"), STR("rate")) && put_ticked(request, grade, &input, err) != OK)
        return FAILED;
    struct str no = http_param(request, "no");
    struct error refused = ERROR_INIT;
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    if (service_case_act(&call, no, http_param(request, "action"), context_builder_done(&input), &view, &refused) != OK)
        return show_case(request, &refused, err);
    return http_reply_redirect(request, 303, arena_printf(request->arena, "/cases/%.*s", STR_ARGS(no)));
}
