#include "service/case_open.h"

#include "clock/instant.h"
#include "service/item_state.h"
#include "service/material.h"
#include "service/prefill.h"
#include "service/record_store.h"
#include "service/session.h"

/* ---- Judging the form ---- */

static void problem_add(struct arena *arena, struct case_opening *opening, struct str field, struct str code,
                        struct str message, bool warning)
{
    struct view view;
    view_init(&view, arena);
    view_put(&view, "field", value_string(field.data ? field : STR("")));
    view_text(&view, "code", code);
    view_text(&view, "message", message);
    view_text(&view, "severity", warning ? STR("warning") : STR("error"));
    opening->problems = list_add(arena, opening->problems, view_done(&view));
    if (warning) {
        opening->warnings++;
        return;
    }
    if (opening->errors++ == 0) {
        error_set(&opening->first, ERROR_INVALID, "form-invalid", "%.*s", STR_ARGS(message));
        error_field(&opening->first, "%.*s", STR_ARGS(field));
    }
}

void case_form_judge(const struct call *call, const struct pack_set *packs, const struct form *form, struct value data,
                     struct case_opening *out)
{
    struct feel_run run = service_feel(call->service, call->arena, packs, service_now(call->service));
    struct pack_texts texts = {packs, actor_language(call)};
    struct form_env env = {.run = &run, .codes = pack_form_codes(packs), .texts = pack_form_texts(&texts)};
    struct form_result result = form_validate(form, data, &env);
    out->form = result.data;
    for (size_t i = 0; i < result.error_count; i++)
        problem_add(call->arena, out, result.errors[i].field, str_of(result.errors[i].code), result.errors[i].message,
                    false);
}

/* One decision of the item's checks: each row it gives is a problem. */
static enum status run_check(const struct call *call, struct case_opening *opening, struct str id, struct error *err)
{
    const struct pack_set *packs = opening->packs;
    const struct pack_decision *decision = pack_decision_find(packs, id);
    if (!decision)
        return error_set(err, ERROR_INTERNAL, "decision-missing", "The check %.*s is in no pack.", STR_ARGS(id));
    struct dmn_run run = {.feel = service_feel(call->service, call->arena, packs, service_now(call->service)),
                          .input_form = DMN_INPUTS_JSON};
    struct value inputs = value_merge(call->arena, value_get(opening->names, STR("form")), opening->names);
    struct value result;
    if (dmn_evaluate(decision->model, decision->id, inputs, &run, &result, err) != OK)
        return error_prefix(err, "check %.*s", STR_ARGS(id));
    if (result.kind == VALUE_CONTEXT)
        result = list_add(call->arena, value_null, result);
    for (size_t i = 0; i < value_count(result); i++) {
        struct value row = value_at(result, i);
        bool warning = str_equal(value_text(value_get(row, STR("severity"))), STR("warning"));
        struct str message = value_text(value_get(row, STR("message")));
        if (row.kind != VALUE_CONTEXT)
            continue;
        problem_add(call->arena, opening, value_text(value_get(row, STR("field"))), STR("check"),
                    pack_text(packs, actor_language(call), message), warning);
    }
    return OK;
}

/* ---- Judging who asks ---- */

static enum status may_not(const struct call *call, const struct pack_item *item, struct error *err)
{
    if (call->actor->kind == ACTOR_NOBODY)
        return service_may(call, "case.open", err);
    error_set(err, ERROR_FORBIDDEN, "forbidden", "%.*s is not for you to apply for.", STR_ARGS(item->title));
    return error_hint(err, "The item's guide says who may apply.");
}

static bool is_window(const struct call *call)
{
    return str_equal(call->actor->role, STR("window"));
}

static enum status may_open(const struct call *call, const struct case_opening *opening, struct error *err)
{
    const struct pack_item *item = opening->item;
    const struct actor *actor = call->actor;
    switch (actor->kind) {
    case ACTOR_SYSTEM: return OK;
    case ACTOR_NOBODY: return may_not(call, item, err);
    case ACTOR_STAFF: {
        bool for_person = pack_item_for(item, PACK_BY_PERSON) || pack_item_for(item, PACK_BY_ORGANISATION);
        bool acts = is_window(call) && for_person;
        if (!pack_item_for_role(item, actor->role) && !acts)
            return may_not(call, item, err);
        if (acts && !pack_item_for_role(item, actor->role) &&
            value_text(value_get(opening->input->applicant, STR("id"))).len == 0) {
            error_set(err, ERROR_INVALID, "applicant-missing", "The window says for whom it applies.");
            return error_field(err, "applicant.id");
        }
        return service_may(call, "case.open", err);
    }
    case ACTOR_PERSON:
    case ACTOR_ORGANISATION:
        if (!pack_item_for(item, actor->kind == ACTOR_PERSON ? PACK_BY_PERSON : PACK_BY_ORGANISATION))
            return may_not(call, item, err);
        if (!acting_covers(actor, item->code)) {
            error_set(err, ERROR_FORBIDDEN, "mandate-scope", "The mandate does not cover this item.");
            return error_hint(err, "Ask whoever is represented for a mandate that does.");
        }
        if (actor->kind == ACTOR_PERSON && actor->level < item->identity_level) {
            error_set(err, ERROR_FORBIDDEN, "identity-level", "This needs identity level %d; yours is %d.",
                      item->identity_level, actor->level);
            return error_hint(err, "Verify your identity and try again.");
        }
        return OK;
    }
    return FAILED;
}

static struct value applicant_of(const struct call *call, const struct case_opening *opening)
{
    struct value given = opening->input->applicant;
    if (opening->apart)
        return context_set(call->arena, value_null, "kind", value_cstr("system"));
    if (opening->parent || (call->actor->kind == ACTOR_STAFF && is_window(call)) || call->actor->kind == ACTOR_SYSTEM) {
        if (given.kind == VALUE_CONTEXT && value_text(value_get(given, STR("id"))).len) {
            if (value_is_null(value_get(given, STR("kind"))))
                given = context_set(call->arena, given, "kind", value_cstr("person"));
            return given;
        }
    }
    return actor_value(call);
}

static struct value expression(const struct call *call, const struct pack_expression *source, struct value names)
{
    struct feel_run run = service_feel(call->service, call->arena, call->service->packs, service_now(call->service));
    return pack_evaluate(source, names, &run);
}

static void find_party(const struct call *call, struct case_opening *opening)
{
    const struct pack_item *item = opening->item;
    opening->party = value_null;
    if (item->party_id.source.data) {
        struct view view;
        view_init(&view, call->arena);
        view_text(&view, "kind", item->party_kind.data ? item->party_kind : STR("person"));
        view_put(&view, "id", expression(call, &item->party_id, opening->names));
        view_put(&view, "name", expression(call, &item->party_name, opening->names));
        opening->party = view_done(&view);
    } else if (opening->input->party.kind == VALUE_CONTEXT) {
        opening->party = opening->input->party;
    }
    if (value_text(value_get(opening->party, STR("id"))).len == 0)
        opening->party = value_null;
}

enum status case_judge(const struct call *call, struct case_opening *opening, struct error *err)
{
    struct service *service = call->service;
    int32_t today = instant_day(service_now(service));
    opening->errors = opening->warnings = 0;
    opening->problems = value_list(call->arena, NULL, 0);
    opening->packs = opening->parent ? service->packs : service_packs_now(service);
    opening->item = pack_item_find(opening->packs, opening->input->item, today);
    if (!opening->item) {
        error_set(err, ERROR_NOT_FOUND, "item-not-found", "There is no item %.*s in force.",
                  STR_ARGS(opening->input->item));
        return error_field(err, "item");
    }
    if (!opening->parent &&
        (item_refuse_suspended(call, opening->item->code, err) != OK || may_open(call, opening, err) != OK))
        return FAILED;
    opening->applicant = applicant_of(call, opening);
    opening->staff = opening->parent ? work_case_get(opening->parent, "staff") : actor_staff_value(call);
    opening->form = value_is_null(opening->input->form) ? empty_context(call->arena) : opening->input->form;
    opening->names = context_set(call->arena, value_null, "applicant", opening->applicant);
    opening->names = context_set(call->arena, opening->names, "staff", opening->staff);
    const struct pack_form *form = pack_form_find(opening->packs, opening->item->form);
    if (form)
        case_form_judge(call, opening->packs, form->form, opening->form, opening);
    struct value filled = form ? form_null_fill(form->form, call->arena, opening->form) : opening->form;
    opening->names = context_set(call->arena, opening->names, "form", filled);
    for (size_t i = 0; opening->errors == 0 && i < opening->item->check_count; i++)
        if (run_check(call, opening, opening->item->checks[i], err) != OK)
            return FAILED;
    find_party(call, opening);
    opening->names = context_set(call->arena, opening->names, "party", opening->party);
    return OK;
}

/* ---- Making the case ---- */

static enum status refuse_problems(const struct case_opening *opening, struct error *err)
{
    if (opening->errors) {
        *err = opening->first;
        if (opening->errors > 1)
            error_hint(err, "%zu more fields need attention.", opening->errors - 1);
        return FAILED;
    }
    if (opening->warnings && !opening->input->confirmed) {
        struct value first = value_at(opening->problems, 0);
        error_set(err, ERROR_INVALID, "warnings-unconfirmed", "%.*s",
                  STR_ARGS(value_text(value_get(first, STR("message")))));
        error_field(err, "%.*s", STR_ARGS(value_text(value_get(first, STR("field")))));
        return error_hint(err, "Check it, and send the request again with \"confirmed\": true if it is right.");
    }
    return OK;
}

static struct str region_code(const struct call *call, const struct case_opening *opening)
{
    struct value v = expression(call, &opening->item->region, opening->names);
    struct str code = v.kind == VALUE_NUMBER ? value_to_text(call->arena, v) : value_text(v);
    if (division_of(code))
        return code;
    code = value_text(value_get(opening->staff, STR("region")));
    if (!division_of(code))
        code = value_text(value_get(opening->applicant, STR("region")));
    if (!division_of(code) && str_equal(value_text(value_get(opening->applicant, STR("kind"))), STR("person")))
        code = str_part(value_text(value_get(opening->applicant, STR("id"))), 0, 6);
    return code;
}

static enum status refuse_duplicate(struct work *work, struct str key, struct error *err)
{
    int64_t region, id;
    if (store_case_unique(work->tx, key, &region, &id, err) != OK)
        return FAILED;
    for (size_t i = 0; i < work->cases.count && id == 0; i++)
        if (str_equal(work->cases.items[i]->row.unique_key, key))
            region = work->cases.items[i]->row.region, id = work->cases.items[i]->row.id;
    if (id == 0)
        return OK;
    error_set(err, ERROR_CONFLICT, "duplicate-case", "There is a case about this already: %.*s.",
              STR_ARGS(case_no(work->arena, (struct case_id){region, id})));
    return error_hint(err, "Follow that case, or have its result corrected or withdrawn first.");
}

/* What is on record already need not be applied for again. */
static enum status refuse_recorded(struct work *work, const struct pack_item *item, struct str subject,
                                   struct error *err)
{
    struct value found;
    if (!item->unique_record.len)
        return OK;
    if (records_of(work, item->unique_record, subject, &found, err) != OK)
        return FAILED;
    if (value_count(found) == 0)
        return OK;
    struct str no = value_text(value_get(value_at(found, 0), STR("case")));
    error_set(err, ERROR_CONFLICT, "duplicate-case", "This is on record already, by case %.*s.", STR_ARGS(no));
    return error_hint(err, "If the record is wrong, have it corrected or voided first.");
}

static enum status fill_row(struct work *work, const struct case_opening *opening, struct store_case *row,
                            struct error *err)
{
    const struct call *call = work->call;
    struct service *service = work->service;
    struct arena *arena = work->arena;
    struct str code = region_code(call, opening);
    *row = (struct store_case){.item = service_item_id(service, opening->item->code, opening->item->version),
                               .packs = service_packs_id(service, opening->packs),
                               .division = division_of(code),
                               .region = region_of(opening->packs, code),
                               .opened = work->now,
                               .state = CASE_SUBMITTED};
    if (row->region == 0) {
        error_set(err, ERROR_INVALID, "region-unknown", "It is not known which region this case belongs to.");
        return error_field(err, "region");
    }
    struct str unit = value_text(value_get(opening->staff, STR("unit")));
    row->unit = unit.len ? unit : STR_NONE;
    row->party = party_index(service, arena, value_text(value_get(opening->party, STR("id"))));
    row->applicant = applicant_index(service, arena, value_text(value_get(opening->applicant, STR("kind"))),
                                     value_text(value_get(opening->applicant, STR("id"))));
    struct value unique = expression(call, &opening->item->unique, opening->names);
    if (value_is_null(unique))
        return OK;
    struct str key =
        arena_printf(arena, "%.*s:%.*s", STR_ARGS(opening->item->code), STR_ARGS(value_to_text(arena, unique)));
    row->unique_key = service_index(service, arena, "unique", key);
    if (refuse_duplicate(work, row->unique_key, err) != OK)
        return FAILED;
    return refuse_recorded(work, opening->item, value_to_text(arena, unique), err);
}

static struct str title_of(struct work *work, const struct case_opening *opening)
{
    struct value title = expression(work->call, &opening->item->title_of_case, opening->names);
    if (value_is_null(title))
        title = value_get(opening->party, STR("name"));
    struct str text = value_to_text(work->arena, title);
    return value_is_null(title) ? opening->item->title : text;
}

/* What was filled in beforehand stays with the case beside what the applicant says. */
static void keep_prefilled(struct work_case *of, const struct case_opening *opening)
{
    struct arena *arena = of->work->arena;
    const struct pack_form *form = pack_form_find(of->packs, of->item->form);
    struct value kept =
        prefill_compare(arena, of->packs, form ? form->form : NULL, opening->input->sources, opening->form);
    struct list_builder fields;
    list_builder_init(&fields, arena);
    for (size_t i = 0; i < value_count(kept); i++)
        if (value_is_true(value_get(value_at(kept, i), STR("differs"))))
            list_builder_push(&fields, value_get(value_at(kept, i), STR("field")));
    if (value_count(kept))
        work_case_set(of, "prefilled", kept);
    if (fields.items.count)
        work_case_event(of, "prefill.disputed", context_set(arena, value_null, "fields", list_builder_done(&fields)));
}

static void fill_body(struct work_case *of, const struct case_opening *opening)
{
    work_case_set(of, "title", value_string(title_of(of->work, opening)));
    work_case_set(of, "form", opening->form);
    of->form_whole = value_get(opening->names, STR("form"));
    work_case_set(of, "party", opening->party);
    work_case_set(of, "applicant", opening->applicant);
    work_case_set(of, "staff", opening->staff);
    if (!value_is_null(opening->signature))
        work_case_set(of, "signature", opening->signature);
    if (of->work->call->actor->acting && !opening->parent)
        work_case_set(of, "agent", acting_agent(of->work->arena, of->work->call->actor));
    if (opening->apart)
        work_case_set(of, "apart", value_boolean(true));
    else if (opening->parent)
        work_case_set(of, "parent", value_string(opening->parent->no));
}

/* What a process that is switched by its item reads of it. */
static struct value item_variable(struct arena *arena, const struct pack_item *item)
{
    static const char *const members[] = {"code",   "title",     "type",   "handling", "catalog_code", "limits",
                                          "result", "procedure", "basis"};
    static const char *const body[] = {"body", "body_code", "reconsideration", "litigation"};
    struct value list = value_get(item->json, STR("implementation"));
    struct view view;
    view_init(&view, arena);
    for (size_t i = 0; i < COUNT_OF(members); i++)
        view_put(&view, members[i], value_get(item->json, str_of(members[i])));
    view_int(&view, "version", item->version);
    for (size_t i = 0; i < COUNT_OF(body); i++)
        view_put(&view, body[i], value_get(list, str_of(body[i])));
    return view_done(&view);
}

enum status case_item_variables(struct work_case *of, struct value names, struct value *variables, struct error *err)
{
    struct value materials;
    if (value_is_null(value_get(of->item->json, STR("procedure"))))
        return OK;
    if (materials_judge(of, work_case_get(of, "materials"), names, &materials, err) != OK)
        return FAILED;
    *variables = context_set(of->work->arena, *variables, "item", item_variable(of->work->arena, of->item));
    *variables = context_set(of->work->arena, *variables, "materials", materials);
    return OK;
}

static struct value start_variables(struct work_case *of, const struct case_opening *opening)
{
    struct arena *arena = of->work->arena;
    struct value variables = context_set(arena, value_null, "form", value_get(opening->names, STR("form")));
    variables = context_set(arena, variables, "case", work_case_names(of));
    variables = context_set(arena, variables, "party", opening->party);
    variables = context_set(arena, variables, "applicant", opening->applicant);
    if (!value_is_null(opening->staff))
        variables = context_set(arena, variables, "staff", opening->staff);
    return variables;
}

/* The record without what the event has itself. */
static struct value signed_event(struct arena *arena, struct value signature)
{
    static const char *const members[] = {"id", "kind", "name", "file", "content"};
    struct view view;
    view_init(&view, arena);
    for (size_t i = 0; i < COUNT_OF(members); i++)
        view_put(&view, members[i], value_get(signature, str_of(members[i])));
    return view_done(&view);
}

enum status case_open_in(struct work *work, struct case_opening *opening, struct work_case **out, struct error *err)
{
    if (!opening->item && case_judge(work->call, opening, err) != OK)
        return FAILED;
    if (refuse_problems(opening, err) != OK)
        return FAILED;
    struct store_case row;
    char counter[48];
    int64_t n;
    if (fill_row(work, opening, &row, err) != OK)
        return FAILED;
    case_counter_name(counter, row.region, work->now);
    if (work_number(work, counter, &n, err) != OK)
        return FAILED;
    row.id = case_id_make(row.region, work->now, n).id;
    row.head = (struct str){arena_alloc(work->arena, HASH_SIZE), HASH_SIZE};
    struct work_case *of;
    if (work_case_new(work, &row, &of, err) != OK)
        return FAILED;
    fill_body(of, opening);
    struct value materials, before = opening->parent ? work_case_get(opening->parent, "materials") : value_null;
    if (materials_settle(of, opening->input->materials, before, &materials, err) != OK)
        return FAILED;
    work_case_set(of, "materials", materials);
    struct value opened = context_set(work->arena, value_null, "item", value_string(of->item->code));
    opened = context_set(work->arena, opened, "item_version", value_int(of->item->version));
    if (opening->warnings)
        opened = context_set(work->arena, opened, "confirmed", opening->problems);
    work_case_event(of, "case.opened", opened);
    keep_prefilled(of, opening);
    if (!value_is_null(opening->signature))
        work_case_event(of, "case.signed", signed_event(work->arena, opening->signature));
    struct value variables = start_variables(of, opening);
    if (case_item_variables(of, opening->names, &variables, err) != OK || engine_start(of, variables, err) != OK)
        return FAILED;
    *out = of;
    return OK;
}

struct value case_answer(const struct work_case *of)
{
    struct arena *arena = of->work->arena;
    struct view view;
    view_init(&view, arena);
    view_text(&view, "no", of->no);
    view_text(&view, "item", of->item->code);
    view_put(&view, "title", value_string(service_mask(arena, value_text(work_case_get(of, "title")))));
    view_text(&view, "state", str_of(case_state_names[of->row.state]));
    if (of->row.outcome)
        view_text(&view, "outcome", str_of(case_outcome_names[of->row.outcome]));
    view_put(&view, "reasons", work_case_get(of, "reasons"));
    view_time(&view, "deadline", of->row.deadline);
    struct value certificates = work_case_get(of, "certificates");
    view_put(&view, "certificates", value_is_null(certificates) ? value_list(arena, NULL, 0) : certificates);
    view_int(&view, "version", of->version_was + 1);
    return view_done(&view);
}

struct value case_child_result(const struct work_case *of)
{
    static const char *const members[] = {"no", "state", "outcome", "reasons", "certificates"};
    struct value answer = case_answer(of), result = value_null;
    for (size_t i = 0; i < COUNT_OF(members); i++)
        result = context_set(of->work->arena, result, members[i], value_get(answer, str_of(members[i])));
    return result;
}

enum status case_open_child(struct work_case *parent, const struct service_case_input *input, struct work_case **out,
                            struct error *err)
{
    struct arena *arena = parent->work->arena;
    struct service_case_input of_parent = *input;
    of_parent.applicant = work_case_get(parent, "applicant");
    struct case_opening opening = {.input = &of_parent, .parent = parent};
    if (case_open_in(parent->work, &opening, out, err) != OK)
        return FAILED;
    struct value no = value_string((*out)->no);
    work_case_set(parent, "children", list_add(arena, work_case_get(parent, "children"), no));
    work_case_event(parent, "case.child", context_set(arena, value_null, "no", no));
    return OK;
}

enum status case_open_apart(struct work_case *parent, const struct service_case_input *input, struct work_case **out,
                            struct error *err)
{
    struct case_opening opening = {.input = input, .parent = parent, .apart = true};
    return case_open_in(parent->work, &opening, out, err);
}
