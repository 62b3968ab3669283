/* Items: references, expressions, and the consistency rules for publishing. */
#include "pack/check.h"
#include "trust/ids.h"

static const char *const opening_names[] = {"form", "applicant", "staff"};

static void wrong(const struct pack_checking *c, const struct pack_item *item, const char *place, const char *message)
{
    pack_check_tell(c, item->pack, item->file->path, str_of(place), "%s", message);
}

static void check_references(const struct pack_checking *c, const struct pack_item *item)
{
    struct str path = item->file->path;
    if (item->form.len > 0 && !pack_form_find(c->set, item->form))
        pack_check_tell(c, item->pack, path, STR("form"), "there is no form '%.*s'", STR_ARGS(item->form));
    if (!pack_process_find(c->set, item->process))
        pack_check_tell(c, item->pack, path, STR("process"), "there is no process '%.*s'", STR_ARGS(item->process));
    for (size_t i = 0; i < item->check_count; i++)
        if (!pack_decision_find(c->set, item->checks[i]))
            pack_check_tell(c, item->pack, path, STR("checks"), "there is no decision '%.*s'",
                            STR_ARGS(item->checks[i]));
    for (size_t i = 0; i < item->applicant_count; i++)
        if (item->applicants[i].kind == PACK_BY_ROLE && !pack_role_find(c->set, item->applicants[i].role))
            pack_check_tell(c, item->pack, path, STR("applicants"), "there is no role '%.*s'",
                            STR_ARGS(item->applicants[i].role));
    struct str certificate = value_text(value_path(item->json, "result.certificate"));
    if (certificate.len > 0 && !pack_certificate_find(c->set, certificate))
        pack_check_tell(c, item->pack, path, STR("result.certificate"), "there is no certificate '%.*s'",
                        STR_ARGS(certificate));
    struct error err = ERROR_INIT;
    if (item->catalog_code.len > 0 && item_code_check(item->catalog_code, &err) != OK)
        pack_check_tell(c, item->pack, path, STR("catalog_code"), "%s", err.message);
}

static void check_expressions(const struct pack_checking *c, const struct pack_item *item)
{
    const struct {
        const char *place;
        const struct pack_expression *expression;
    } all[] = {{"party.id", &item->party_id},
               {"party.name", &item->party_name},
               {"region", &item->region},
               {"title_of_case", &item->title_of_case},
               {"unique", &item->unique}};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        pack_check_names(c, item->pack, item->file->path, str_of(all[i].place), all[i].expression->program,
                         opening_names, COUNT_OF(opening_names));
    for (size_t i = 0; i < item->material_count; i++)
        pack_check_names(c, item->pack, item->file->path, STR("materials"), item->materials[i].when.program,
                         opening_names, COUNT_OF(opening_names));
}

/* A code of a table, where the table exists. */
static void check_code(const struct pack_checking *c, const struct pack_item *item, const char *place,
                       const char *table, struct str value)
{
    if (value.len > 0 && pack_codes_find(c->set, str_of(table)) && !pack_code_label(c->set, str_of(table), value).data)
        pack_check_tell(c, item->pack, item->file->path, str_of(place), "'%.*s' is not a code of the table %s",
                        STR_ARGS(value), table);
}

static void check_codes(const struct pack_checking *c, const struct pack_item *item)
{
    check_code(c, item, "type", "item-type", item->type);
    check_code(c, item, "topic", "topic", item->topic);
    struct value subjects = value_get(item->json, STR("subjects"));
    for (size_t i = 0; i < value_count(subjects); i++)
        check_code(c, item, "subjects", "service-subject", value_text(value_at(subjects, i)));
    struct value scope = value_get(item->json, STR("scope"));
    for (size_t i = 0; i < value_count(scope); i++)
        check_code(c, item, "scope", "service-scope", value_text(value_at(scope, i)));
    for (size_t i = 0; i < item->material_count; i++)
        check_code(c, item, "materials", "material-need", item->materials[i].need);
}

/* Rules 1 and 2: instant means nothing is promised but "at once"; a promise is never longer than the law. */
static void check_limits(const struct pack_checking *c, const struct pack_item *item)
{
    bool at_once = item->promised.present && item->promised.n == 0;
    if (item->handling == PACK_INSTANT && !at_once)
        wrong(c, item, "limits.promised", "an instant item promises 0 (rule 1)");
    if (item->handling == PACK_COMMITMENT && (!item->promised.present || at_once))
        wrong(c, item, "limits.promised", "a commitment item promises a limit above 0 (rule 1)");
    if (item->previous.present && item->promised.n > item->previous.n && item->promised.unit == item->previous.unit)
        wrong(c, item, "limits.previous", "the promised limit is longer than the one before");
    if (!item->statutory.present || !item->promised.present)
        return;
    if (item->promised.n > 0 && item->statutory.unit != item->promised.unit)
        wrong(c, item, "limits", "the promised and the statutory limit need the same unit (rule 2)");
    else if (item->promised.n > item->statutory.n)
        wrong(c, item, "limits", "the promised limit is longer than the statutory one (rule 2)");
    if (item->statutory.basis.len == 0)
        wrong(c, item, "limits.statutory.basis", "a statutory limit names its basis");
}

static bool list_has(struct value list, const char *text)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (str_equal(value_text(value_at(list, i)), str_of(text)))
            return true;
    return false;
}

/* Nothing is asked of anybody without a law; the flow keeps the promise; plans end after they begin. */
static void check_ground(const struct pack_checking *c, const struct pack_item *item)
{
    static const char *const units[] = {
        [PACK_WORKING_DAY] = "working-day", [PACK_DAY] = "day", [PACK_HOUR] = "hour", [PACK_MONTH] = "month"};
    struct value basis = value_get(item->json, STR("basis")), flow = value_get(item->json, STR("flow"));
    if (value_count(basis) == 0)
        wrong(c, item, "basis", "an item names its legal basis");
    for (size_t i = 0; i < value_count(basis); i++)
        if (value_text(value_get(value_at(basis, i), STR("law"))).len == 0)
            wrong(c, item, "basis", "each basis names its law");
    int64_t days = 0;
    for (size_t i = 0; i < value_count(flow); i++) {
        int64_t n = 0;
        bool counted = value_to_int64(value_get(value_at(flow, i), STR("days")), &n);
        if (counted &&
            str_equal(value_text(value_get(value_at(flow, i), STR("unit"))), str_of(units[item->promised.unit])))
            days += n;
    }
    if (item->promised.present && days > item->promised.n)
        wrong(c, item, "flow", "the steps take longer than what is promised");
    struct str from = value_text(value_path(item->json, "implementation.planned_from"));
    struct str to = value_text(value_path(item->json, "implementation.planned_to"));
    if (from.len && to.len && str_compare(to, from) < 0)
        wrong(c, item, "implementation.planned_to", "is before planned_from");
}

/* Without a visit nothing is handed over or fetched at a counter: by the post, or not at all. */
static void check_counter(const struct pack_checking *c, const struct pack_item *item, bool by_post)
{
    struct value materials = value_get(item->json, STR("materials")), flow = value_get(item->json, STR("flow"));
    for (size_t i = 0; !by_post && i < value_count(materials); i++) {
        struct value one = value_at(materials, i);
        bool paper = str_equal(value_text(value_get(one, STR("collect"))), STR("1")) ||
                     str_equal(value_text(value_get(one, STR("format"))), STR("1"));
        if (paper && str_equal(value_text(value_get(one, STR("need"))), STR("1")))
            wrong(c, item, "materials", "without visits a material on paper needs the post as a channel: 4 (rule 4)");
    }
    for (size_t i = 0; i < value_count(flow); i++) {
        struct str result = value_text(value_get(value_at(flow, i), STR("result")));
        bool counter = str_find(result, STR("窗口领取"), 0) >= 0 || str_find(result, STR("现场领取"), 0) >= 0 ||
                       str_find(result, STR("窗口自取"), 0) >= 0;
        if (counter)
            wrong(c, item, "flow", "without visits the result cannot be fetched at a counter (rule 4)");
    }
}

/* Rules 3 to 6: result, visits, depth, fees. */
static void check_service(const struct pack_checking *c, const struct pack_item *item)
{
    struct str result = value_text(value_path(item->json, "result.name"));
    struct str kind = value_text(value_path(item->json, "result.type"));
    if (result.len == 0)
        wrong(c, item, "result.name", "is missing (rule 3)");
    if (str_ends(result, STR("证")) && !str_equal(kind, STR("10")))
        wrong(c, item, "result.type", "a result that ends in 证 is a certificate: type 10 (rule 3)");
    if (str_ends(result, STR("文")) && !str_equal(kind, STR("20")))
        wrong(c, item, "result.type", "a result that ends in 文 is an official text: type 20 (rule 3)");
    if (str_ends(result, STR("批复")) && !str_equal(kind, STR("20")))
        wrong(c, item, "result.type", "a result that ends in 批复 is a reply: type 20 (rule 3)");

    int64_t visits = 0;
    int64_t depth = 0;
    bool counted = value_to_int64(value_get(item->json, STR("visits")), &visits);
    bool online = value_to_int64(value_get(item->json, STR("online_depth")), &depth);
    struct str reason = value_text(value_get(item->json, STR("visits_reason")));
    if (!counted || visits < 0)
        wrong(c, item, "visits", "is missing (rule 4)");
    else if (visits > 0 && reason.len == 0)
        wrong(c, item, "visits_reason", "a visit needs its reason (rule 4)");
    else if (visits == 0 && reason.len > 0)
        wrong(c, item, "visits_reason", "no visit, so no reason (rule 4)");
    if (visits == 0 && online && depth < 4 && !list_has(value_get(item->json, STR("channels")), "4"))
        wrong(c, item, "channels", "without visits and not online the post must be a channel: 4 (rule 4)");
    if (counted && visits == 0)
        check_counter(c, item, list_has(value_get(item->json, STR("channels")), "4"));
    if (depth >= 5 && visits > 0)
        wrong(c, item, "visits", "an item handled wholly online needs no visit (rule 5)");

    struct value fees = value_get(item->json, STR("fees"));
    for (size_t i = 0; i < value_count(fees); i++) {
        struct value fee = value_at(fees, i);
        if (value_text(value_get(fee, STR("name"))).len == 0 || value_text(value_get(fee, STR("standard"))).len == 0 ||
            value_text(value_get(fee, STR("basis"))).len == 0)
            wrong(c, item, "fees", "a fee needs name, standard and basis (rule 6)");
    }
    if (value_is_true(value_get(item->json, STR("pay_online"))) != (value_count(fees) > 0))
        wrong(c, item, "pay_online", "is true exactly when there are fees (rule 6)");
}

/* An area code, a dash, a number; or a short national number. */
static bool phone_with_area(struct str s)
{
    return str_starts(s, STR("0")) && str_find(s, STR("-"), 0) >= 3;
}

/* Rules 7 to 10: telephones, subjects, licences, open-ended materials. */
static void check_people(const struct pack_checking *c, const struct pack_item *item)
{
    struct str consult = value_text(value_path(item->json, "contact.consult"));
    struct str complain = value_text(value_path(item->json, "contact.complain"));
    if (!phone_with_area(consult) || !phone_with_area(complain) || str_equal(consult, complain))
        wrong(c, item, "contact", "needs two different telephones with area codes (rule 7)");
    bool natural = list_has(value_get(item->json, STR("subjects")), "1");
    if (pack_item_for(item, PACK_BY_PERSON) && !natural)
        wrong(c, item, "subjects", "persons may apply, so 1 is among the subjects (rule 8)");
    if (value_count(value_get(item->json, STR("subjects"))) == 0)
        wrong(c, item, "subjects", "is missing (rule 8)");

    struct value flow = value_get(item->json, STR("flow"));
    if (str_equal(item->type, STR("01"))) {
        static const char *const steps[] = {"受理", "审核", "决定", "办结", "送达"};
        for (size_t i = 0; i < COUNT_OF(steps); i++) {
            bool there = false;
            for (size_t k = 0; k < value_count(flow) && !there; k++)
                there = str_find(value_text(value_path(value_at(flow, k), "step")), str_of(steps[i]), 0) >= 0;
            if (!there)
                pack_check_tell(c, item->pack, item->file->path, STR("flow"),
                                "a licence's flow has the step %s (rule 9)", steps[i]);
        }
        if (value_count(value_get(item->json, STR("faq"))) == 0)
            wrong(c, item, "faq", "a licence needs at least one question and answer (rule 9)");
    }
    for (size_t i = 0; i < item->material_count; i++) {
        struct str name = item->materials[i].name;
        if (str_find(name, STR("其他材料"), 0) >= 0 || str_ends(name, STR("等")) || str_ends(name, STR("等材料")))
            wrong(c, item, "materials", "the list of materials may not be open-ended (rule 10)");
    }
}

static bool has_situation(struct value situations, struct str id)
{
    for (size_t i = 0; i < value_count(situations); i++)
        if (str_equal(value_text(value_get(value_at(situations, i), STR("id"))), id))
            return true;
    return false;
}

/* Situations, tolerance and what stands in for a material. */
static void check_materials(const struct pack_checking *c, const struct pack_item *item)
{
    struct value situations = value_get(item->json, STR("situations"));
    for (size_t i = 0; i < item->material_count; i++) {
        const struct pack_material *material = &item->materials[i];
        struct str place = arena_printf(c->arena, "materials.%.*s", STR_ARGS(material->id));
        for (size_t k = 0; k < i; k++)
            if (str_equal(item->materials[k].id, material->id))
                pack_check_tell(c, item->pack, item->file->path, place, "is listed twice");
        for (size_t k = 0; k < material->situation_count; k++)
            if (!has_situation(situations, material->situations[k]))
                pack_check_tell(c, item->pack, item->file->path, place, "there is no situation '%.*s'",
                                STR_ARGS(material->situations[k]));
        if (material->certificate.len > 0 && !pack_certificate_find(c->set, material->certificate))
            pack_check_tell(c, item->pack, item->file->path, place, "there is no certificate '%.*s'",
                            STR_ARGS(material->certificate));
        if (material->tolerate_days > 0 && !str_equal(material->need, STR("3")))
            pack_check_tell(c, item->pack, item->file->path, place, "only a material of need 3 may follow later");
        if (material->tolerate_days > 20)
            pack_check_tell(c, item->pack, item->file->path, place, "may follow within 20 working days at most");
    }
    if (item->rating_item.len > 0 && !pack_item_find(c->set, item->rating_item, INT32_MAX))
        pack_check_tell(c, item->pack, item->file->path, STR("rating.item"), "there is no item '%.*s'",
                        STR_ARGS(item->rating_item));
}

static const char *const implementation_members[] = {
    "task_code",   "handle_code", "use_level",    "body",         "body_code",       "body_kind",  "power_source",
    "undertaking", "accepting",   "deciding",     "joint",        "entrusted",       "review",     "scope_of_power",
    "content",     "rights",      "duties",       "address",      "hours",           "centre",     "reservation",
    "express",     "terminal",    "quantity",     "intermediary", "reconsideration", "litigation", "special",
    "user_topics", "corp_topics", "planned_from", "planned_to",   "mobile_url",      "online_url",
};
static const char *const implementation_required[] = {
    "task_code", "handle_code", "use_level", "body",    "body_code", "body_kind", "power_source",    "undertaking",
    "accepting", "deciding",    "review",    "content", "address",   "hours",     "reconsideration", "litigation",
};

static struct value implementation_of(const struct pack_item *item)
{
    return value_get(item->json, STR("implementation"));
}

static struct str implementation_text(const struct pack_item *item, const char *member)
{
    return value_text(value_get(implementation_of(item), str_of(member)));
}

/* 31 = body 18 + level 1 + basic code 12; 33 = that + 2 (GB/T 39554.1). */
static void check_implementing_codes(const struct pack_checking *c, const struct pack_item *item)
{
    struct str task = implementation_text(item, "task_code"), handle = implementation_text(item, "handle_code");
    struct error err = ERROR_INIT;
    if (item_implementing_code_check(task, &err) != OK || item_handling_code_check(handle, &err) != OK) {
        pack_check_tell(c, item->pack, item->file->path, STR("implementation"), "%s", err.message);
        return;
    }
    if (!str_ends(task, item->catalog_code) || !str_starts(task, implementation_text(item, "body_code")))
        wrong(c, item, "implementation.task_code", "is the body's code, the level and the basic code");
    if (!str_starts(handle, task))
        wrong(c, item, "implementation.handle_code", "begins with the implementing code");
    if (!str_equal(str_part(task, 18, 19), implementation_text(item, "use_level")))
        wrong(c, item, "implementation.use_level", "is not the level in the implementing code");
    if (!str_equal(str_part(item->catalog_code, 2, 4), item->type))
        wrong(c, item, "catalog_code", "does not hold the item's type");
}

/* The implementation list: complete, codes that fit, rules 1, 3 and 8 in its words. */
static void check_implementation(const struct pack_checking *c, const struct pack_item *item)
{
    struct value list = implementation_of(item);
    if (list.kind != VALUE_CONTEXT)
        return;
    for (size_t i = 0; i < COUNT_OF(implementation_required); i++)
        if (implementation_text(item, implementation_required[i]).len == 0)
            pack_check_tell(c, item->pack, item->file->path,
                            arena_printf(c->arena, "implementation.%s", implementation_required[i]), "is missing");
    for (size_t i = 0; i < list.context->count; i++) {
        bool known = false;
        for (size_t k = 0; k < COUNT_OF(implementation_members) && !known; k++)
            known = str_equal(list.context->members[i].key, str_of(implementation_members[k]));
        if (!known)
            pack_check_tell(c, item->pack, item->file->path, STR("implementation"), "there is no member %.*s",
                            STR_ARGS(list.context->members[i].key));
    }
    check_implementing_codes(c, item);
    const char *review = item->handling == PACK_INSTANT ? "即审即办" : "前审后批";
    if (!str_equal(implementation_text(item, "review"), str_of(review)))
        pack_check_tell(c, item->pack, item->file->path, STR("implementation.review"), "must be %s (rule 1)", review);
    if (value_text(value_path(item->json, "result.sample")).len == 0)
        wrong(c, item, "result.sample", "a result needs a sample (rule 3)");
    struct value subjects = value_get(item->json, STR("subjects"));
    bool natural = list_has(subjects, "1");
    if (value_count(value_get(list, STR("user_topics"))) > 0 && !natural)
        wrong(c, item, "implementation.user_topics", "persons are not served (rule 8)");
    if (value_count(value_get(list, STR("corp_topics"))) > 0 && value_count(subjects) == (natural ? 1U : 0U))
        wrong(c, item, "implementation.corp_topics", "organisations are not served (rule 8)");
}

#define ASKS_MIN 3
#define ASKS_MAX 6

static struct value input_labelled(struct value inputs, struct str label)
{
    for (size_t i = 0; i < value_count(inputs); i++)
        if (str_equal(value_text(value_get(value_at(inputs, i), STR("label"))), label))
            return value_at(inputs, i);
    return value_null;
}

/* A table whose conditions people can answer: rules tried in their order, cells that are yes, no or anything. */
static void check_table(const struct pack_checking *c, const struct pack_item *item, struct value table)
{
    struct value rules = value_get(table, STR("rules"));
    if (!str_equal(value_text(value_get(table, STR("hit_policy"))), STR("FIRST")))
        wrong(c, item, "eligibility.decision", "must be a table with the hit policy FIRST");
    for (size_t i = 0; i < value_count(rules); i++) {
        struct value cells = value_get(value_at(rules, i), STR("inputs"));
        for (size_t k = 0; k < value_count(cells); k++) {
            struct str cell = value_text(value_at(cells, k));
            if (cell.len && !str_equal(cell, STR("-")) && !str_equal(cell, STR("true")) &&
                !str_equal(cell, STR("false")))
                pack_check_tell(c, item->pack, item->file->path, STR("eligibility.decision"),
                                "rule %zu tests for more than yes or no", i + 1);
        }
    }
}

static void check_eligibility(const struct pack_checking *c, const struct pack_item *item)
{
    const struct pack_decision *decision = pack_decision_find(c->set, item->eligibility);
    struct value table, instead = value_path(item->json, "eligibility.instead");
    struct error err = ERROR_INIT;
    if (!item->eligibility.len)
        return;
    if (!decision) {
        pack_check_tell(c, item->pack, item->file->path, STR("eligibility.decision"), "there is no decision '%.*s'",
                        STR_ARGS(item->eligibility));
        return;
    }
    struct dmn_source source = {decision->file->path, decision->file->text};
    if (dmn_describe(c->arena, &source, decision->id, &table, &err) != OK) {
        wrong(c, item, "eligibility.decision", err.message);
        return;
    }
    struct value inputs = value_get(table, STR("inputs"));
    check_table(c, item, table);
    if (item->ask_count < ASKS_MIN || item->ask_count > ASKS_MAX)
        wrong(c, item, "eligibility.ask", "three to six questions");
    for (size_t i = 0; i < item->ask_count; i++) {
        struct str key = arena_printf(c->arena, "question.%.*s", STR_ARGS(item->asks[i]));
        if (value_is_null(input_labelled(inputs, item->asks[i])))
            pack_check_tell(c, item->pack, item->file->path, STR("eligibility.ask"), "the table has no input '%.*s'",
                            STR_ARGS(item->asks[i]));
        if (!pack_text_known(c->set, STR("zh-CN"), key) || !pack_text_known(c->set, STR("en"), key))
            pack_check_tell(c, item->pack, item->file->path, STR("eligibility.ask"),
                            "there is no text '%.*s' in both languages", STR_ARGS(key));
    }
    for (size_t i = 0; i < value_count(instead); i++) {
        struct str label = value_text(value_get(value_at(instead, i), STR("input")));
        struct str code = value_text(value_get(value_at(instead, i), STR("item")));
        if (value_is_null(input_labelled(inputs, label)) || !pack_item_find(c->set, code, INT32_MAX))
            pack_check_tell(c, item->pack, item->file->path, STR("eligibility.instead"),
                            "there is no input '%.*s', or no item '%.*s'", STR_ARGS(label), STR_ARGS(code));
    }
}

void pack_check_item(const struct pack_checking *c, const struct pack_item *item)
{
    check_eligibility(c, item);
    check_materials(c, item);
    check_implementation(c, item);
    check_references(c, item);
    check_expressions(c, item);
    check_codes(c, item);
    check_limits(c, item);
    check_ground(c, item);
    check_service(c, item);
    check_people(c, item);
    pack_check_bulk(c, item);
}
