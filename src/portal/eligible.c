/* Am I eligible (P4): the questions of an item's table on one short page, and what the table says. The answers are in
 * the address, so that the page can be printed, kept and gone back to; nothing personal is among them. */
#include "portal/internal.h"

#include "service/eligibility.h"

/* The questions with what was chosen; *given holds the answers by id. */
static struct value with_answers(struct http_request *request, struct value questions, struct value *given,
                                 size_t *missing)
{
    static const char *const choices[] = {"yes", "no", "unknown"};
    struct list *rows = list_new(request->arena, value_count(questions));
    struct context_builder answers;
    context_builder_init(&answers, request->arena);
    *missing = 0;
    for (size_t i = 0; i < value_count(questions); i++) {
        struct str id = value_text(value_get(value_at(questions, i), STR("id")));
        struct str answer = http_query(request, arena_cstr(request->arena, id));
        struct list *options = list_new(request->arena, COUNT_OF(choices));
        for (size_t k = 0; k < COUNT_OF(choices); k++) {
            struct context_builder option;
            context_builder_init(&option, request->arena);
            context_builder_put(&option, STR("value"), value_cstr(choices[k]));
            context_builder_put(&option, STR("label"),
                                value_string(portal_state(request, "answer", str_of(choices[k]))));
            context_builder_put(&option, STR("selected"), value_boolean(str_equal(answer, str_of(choices[k]))));
            options->items[k] = context_builder_done(&option);
        }
        struct context_builder more;
        context_builder_init(&more, request->arena);
        context_builder_put(&more, STR("options"), value_of_list(options));
        context_builder_put(&more, STR("missing"), value_boolean(answer.len == 0));
        rows->items[i] = value_merge(request->arena, value_at(questions, i), context_builder_done(&more));
        *missing += answer.len == 0;
        if (answer.len)
            context_builder_put(&answers, id, value_string(answer));
    }
    *given = context_builder_done(&answers);
    return value_of_list(rows);
}

static struct value verdict_words(struct http_request *request, struct value verdict)
{
    struct str outcome = value_text(value_get(verdict, STR("outcome")));
    struct value answers = value_get(verdict, STR("answers"));
    struct list *rows = list_new(request->arena, value_count(answers));
    for (size_t i = 0; i < value_count(answers); i++) {
        struct context_builder more;
        context_builder_init(&more, request->arena);
        struct str answer = value_text(value_get(value_at(answers, i), STR("answer")));
        context_builder_put(&more, STR("answer_text"), value_string(portal_state(request, "answer", answer)));
        rows->items[i] = value_merge(request->arena, value_at(answers, i), context_builder_done(&more));
    }
    struct context_builder more;
    context_builder_init(&more, request->arena);
    context_builder_put(&more, STR("answers"), value_of_list(rows));
    context_builder_put(&more, STR("title"), value_string(portal_state(request, "eligible", outcome)));
    context_builder_put(&more, STR("next"), value_string(portal_state(request, "eligible_next", outcome)));
    context_builder_put(&more, STR("good"), value_boolean(str_equal(outcome, STR("grant"))));
    context_builder_put(&more, STR("bad"), value_boolean(str_equal(outcome, STR("refuse"))));
    return value_merge(request->arena, verdict, context_builder_done(&more));
}

enum status portal_eligible(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view, given, verdict = value_null;
    size_t missing;
    struct str code = http_param(request, "code");
    if (gate_call(request, &call, err) != OK || service_eligibility_get(&call, code, &view, err) != OK)
        return FAILED;
    struct value questions = with_answers(request, value_get(view, STR("questions")), &given, &missing);
    bool asked = http_query(request, "judge").data != NULL;
    bool wrong = asked && missing > 0;
    if (asked && !wrong && service_eligibility_judge(&call, code, given, &verdict, err) != OK)
        return FAILED;
    struct context_builder data;
    context_builder_init(&data, request->arena);
    context_builder_put(&data, STR("code"), value_string(code));
    context_builder_put(&data, STR("title"), value_get(view, STR("title")));
    context_builder_put(&data, STR("name"), value_get(view, STR("name")));
    context_builder_put(&data, STR("questions"), questions);
    context_builder_put(&data, STR("wrong"), value_boolean(wrong));
    if (!value_is_null(verdict))
        context_builder_put(&data, STR("verdict"), verdict_words(request, verdict));
    return portal_page(request, wrong ? 422 : 200, "eligible", context_builder_done(&data), err);
}
