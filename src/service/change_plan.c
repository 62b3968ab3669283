/* What a change does to one case, and to which cases. */
#include "service/change.h"

#include "service/deployed.h"
#include "service/process_rows.h"

#include <stdlib.h>

#define MOVES_MOST 50
#define PAIRS_MOST 1000

const char *const change_kind_names[] = {"", "modify", "migrate"};
const char *const change_state_names[] = {"", "proposed", "running", "done", "rejected"};

/* ---- Reading a body ---- */

static enum status invalid(const char *field, const char *what, struct error *err)
{
    error_set(err, ERROR_INVALID, "change-invalid", "%s %s.", field, what);
    return error_field(err, "%s", field);
}

static enum status read_mapping(struct arena *arena, struct value mapping, struct bpmn_pairs *out, struct error *err)
{
    size_t count = mapping.kind == VALUE_CONTEXT ? mapping.context->count : 0;
    if ((mapping.kind != VALUE_CONTEXT && !value_is_null(mapping)) || count > PAIRS_MOST)
        return invalid("mapping", "is an object of at most 1,000 pairs, old element to new", err);
    struct bpmn_pair *pairs = arena_array(arena, struct bpmn_pair, count);
    for (size_t i = 0; i < count; i++) {
        pairs[i] = (struct bpmn_pair){mapping.context->members[i].key, value_text(mapping.context->members[i].value)};
        if (pairs[i].value.len == 0)
            return invalid("mapping", "holds the ids of new elements as texts", err);
    }
    *out = (struct bpmn_pairs){count, pairs};
    return OK;
}

static enum status unknown_element(const struct change_plan *plan, struct str id, const char *field, struct error *err)
{
    error_set(err, ERROR_NOT_FOUND, "element-not-found", "The process %.*s has no element '%.*s'.",
              STR_ARGS(plan->from.process), STR_ARGS(id));
    return error_field(err, "%s", field);
}

static enum status check_moves(const struct change_plan *plan, struct value moves, struct error *err)
{
    if (value_count(moves) == 0 || moves.kind != VALUE_LIST || value_count(moves) > MOVES_MOST)
        return invalid("moves", "is a list of 1 to 50 moves {from, to, variables}", err);
    for (size_t i = 0; i < value_count(moves); i++) {
        struct value move = value_at(moves, i), variables = value_get(move, STR("variables"));
        struct str from = value_text(value_get(move, STR("from"))), to = value_text(value_get(move, STR("to")));
        if (from.len == 0 && to.len == 0)
            return invalid("moves", "says where a token is taken from, where it is put, or both", err);
        if (!value_is_null(variables) && variables.kind != VALUE_CONTEXT)
            return invalid("moves", "has variables as objects", err);
        if (from.len && !bpmn_process_element(plan->model.process, from))
            return unknown_element(plan, from, "moves", err);
        if (to.len && !bpmn_process_element(plan->model.process, to))
            return unknown_element(plan, to, "moves", err);
    }
    return OK;
}

static enum status check_cases(struct value cases, struct error *err)
{
    if (value_is_null(cases))
        return OK;
    if (cases.kind != VALUE_LIST || value_count(cases) == 0 || value_count(cases) > CHANGE_CASES_MOST)
        return invalid("cases", "is a list of 1 to 1,000 case numbers", err);
    for (size_t i = 0; i < value_count(cases); i++) {
        struct case_id id;
        struct str no = value_text(value_at(cases, i));
        if (!case_no_parse(no, &id)) {
            error_set(err, ERROR_INVALID, "change-invalid", "'%.*s' is no case number.", STR_ARGS(no));
            return error_field(err, "cases[%zu]", i);
        }
    }
    return OK;
}

static enum status find_target(struct work *work, struct change_plan *plan, struct error *err)
{
    struct version *to;
    struct version_name name = {plan->from.process, str_of(version_source(&plan->from)),
                                value_int_or(value_get(plan->body, STR("to")), 0)};
    if (name.number <= 0)
        return invalid("to", "is the number of the version to migrate to", err);
    if (versions_find(&plan->versions, &name, &to, err) != OK)
        return error_field(err, "to");
    plan->to = *to;
    if (plan->to.number == plan->from.number)
        return invalid("to", "is the version that the cases run already", err);
    if (versions_model(work, &plan->to, &plan->target, err) != OK)
        return FAILED;
    return read_mapping(work->arena, value_get(plan->body, STR("mapping")), &plan->mapping, err);
}

enum status change_plan_make(struct work *work, struct value body, struct change_plan *out, struct error *err)
{
    struct version *from;
    struct version_name name = {value_text(value_get(body, STR("process"))), value_text(value_get(body, STR("source"))),
                                value_int_or(value_get(body, STR("version")), 0)};
    int64_t kind = name_index(change_kind_names, 3, value_text(value_get(body, STR("kind"))));
    *out = (struct change_plan){.body = body,
                                .element = value_text(value_get(body, STR("element"))),
                                .cases = value_get(body, STR("cases"))};
    if (kind <= 0)
        return invalid("kind", "is modify or migrate", err);
    out->kind = (enum change_kind_of)kind;
    if (name.process.len == 0)
        return invalid("process", "is needed: the process whose cases are changed", err);
    if (name.number <= 0)
        return invalid("version", "is needed: the version that the cases run", err);
    if (versions_read(work, &out->versions, err) != OK || versions_find(&out->versions, &name, &from, err) != OK)
        return FAILED;
    out->from = *from;
    if (versions_model(work, &out->from, &out->model, err) != OK || check_cases(out->cases, err) != OK)
        return FAILED;
    if (out->element.len && !bpmn_process_element(out->model.process, out->element))
        return unknown_element(out, out->element, "element", err);
    return kind == PROCESS_MIGRATE ? find_target(work, out, err)
                                   : check_moves(out, value_get(body, STR("moves")), err);
}

/* ---- Which cases ---- */

static void named_cases(struct change_plan *plan, const struct store_change *row, size_t limit,
                        struct change_places *out)
{
    out->total = (int64_t)value_count(plan->cases);
    for (size_t i = (size_t)row->at_id; i < value_count(plan->cases) && out->count < limit; i++) {
        struct change_place *place = &out->items[out->count++];
        *place = (struct change_place){.at = (int64_t)i + 1, .no = value_text(value_at(plan->cases, i))};
        if (!case_no_parse(place->no, &place->id))
            place->id = (struct case_id){0};
    }
}

static int in_order(const void *a, const void *b)
{
    const struct change_place *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* The first cases of a region, whatever their group. */
static enum status region_cases(struct work *work, const struct version_groups *groups, const struct store_page *scope,
                                struct change_places *out, struct error *err)
{
    size_t most = (size_t)scope->limit, count = 0;
    struct change_place *all = arena_array(work->arena, struct change_place, most * groups->count);
    for (size_t i = 0; i < groups->count; i++) {
        struct store_case_wanted wanted = {
            .item = groups->items[i].item, .packs = groups->items[i].packs, .running = true, .stride = 1};
        int64_t *ids;
        size_t n;
        if (store_case_ids(work->tx, work->arena, scope, &wanted, &ids, &n, err) != OK)
            return FAILED;
        for (size_t k = 0; k < n; k++)
            all[count++] = (struct change_place){.region = scope->region, .at = ids[k], .id = {scope->region, ids[k]}};
    }
    if (count)
        qsort(all, count, sizeof *all, in_order);
    for (size_t i = 0; i < count && i < most; i++) {
        all[i].no = case_no(work->arena, all[i].id);
        out->items[out->count++] = all[i];
    }
    return OK;
}

enum status change_next(struct work *work, struct change_plan *plan, const struct store_change *row, size_t limit,
                        struct change_places *out, struct error *err)
{
    struct store_page scope = {
        .division_from = row->division_from, .division_to = row->division_to, .unit = row->unit};
    int64_t *regions;
    out->items = arena_array(work->arena, struct change_place, limit);
    out->count = 0;
    out->total = 0;
    if (!value_is_null(plan->cases)) {
        named_cases(plan, row, limit, out);
        return OK;
    }
    struct division_range range = {row->division_from, row->division_to};
    size_t count = region_list(work->service, range, work->arena, &regions);
    for (size_t i = 0; i < count && (out->count < limit || out->count_all); i++) {
        struct version_groups groups = {.of = out->count_all ? STORE_CASES_RUNNING : STORE_CASES_NAMES};
        if (regions[i] < row->at_region)
            continue;
        scope.region = regions[i];
        scope.after_id = regions[i] == row->at_region ? row->at_id : 0;
        scope.limit = (int64_t)(limit - out->count);
        if (versions_groups(work, &plan->versions, &plan->from, &scope, &groups, err) != OK ||
            region_cases(work, &groups, &scope, out, err) != OK)
            return FAILED;
        for (size_t g = 0; g < groups.count; g++)
            out->total += groups.items[g].n;
    }
    return OK;
}

/* ---- One case ---- */

static bool in_process(const struct change_plan *plan, struct value token)
{
    return str_equal(value_text(value_get(token, STR("process"))), plan->from.process);
}

static bool stands_at(const struct change_plan *plan, struct value token, struct str element)
{
    return in_process(plan, token) && str_equal(value_text(value_get(token, STR("element"))), element);
}

static struct value tokens_of(const struct work_case *of)
{
    return value_get(bpmn_instance_view(of->work->arena, of->instance), STR("tokens"));
}

/* One of the instances of a multi-instance activity; the activity itself is what is moved. */
static bool is_inner(const struct change_plan *plan, struct value tokens, struct value token, struct str element)
{
    int64_t parent = value_int_or(value_get(token, STR("parent")), 0);
    for (size_t i = 0; i < value_count(tokens); i++)
        if (value_int_or(value_get(value_at(tokens, i), STR("key")), 0) == parent)
            return stands_at(plan, value_at(tokens, i), element);
    return false;
}

static enum status modify(struct work_case *of, const struct change_plan *plan, struct value tokens, bool *concerned,
                          struct error *err)
{
    struct value moves = value_get(plan->body, STR("moves"));
    VECTOR(struct bpmn_move) made = {0};
    bool looked = false, found = false;
    for (size_t i = 0; i < value_count(moves); i++) {
        struct value move = value_at(moves, i);
        struct str from = value_text(value_get(move, STR("from")));
        struct bpmn_move one = {.activate = value_text(value_get(move, STR("to"))),
                                .variables = value_get(move, STR("variables"))};
        looked = looked || from.len;
        if (!one.activate.data)
            one.activate = STR("");
        if (from.len == 0)
            VECTOR_PUSH(of->work->arena, &made, one);
        for (size_t t = 0; from.len && t < value_count(tokens); t++) {
            struct value token = value_at(tokens, t);
            if (!stands_at(plan, token, from) || is_inner(plan, tokens, token, from))
                continue;
            one.terminate_key = value_int_or(value_get(token, STR("key")), 0);
            VECTOR_PUSH(of->work->arena, &made, one);
            found = true;
        }
    }
    *concerned = found || !looked;
    if (!*concerned)
        return OK;
    struct bpmn_command command = {.kind = BPMN_MODIFY, .move_count = made.count, .moves = made.items};
    return engine_command(of, &command, err);
}

/* What the stored instance refers to besides its own process must be the same in the new packs, or it could not be read
 * again. */
static enum status check_called(const struct work_case *of, const struct change_plan *plan, struct error *err)
{
    struct value view = bpmn_instance_view(of->work->arena, of->instance);
    static const char *const lists[] = {"tokens", "passed", "flows"};
    for (size_t l = 0; l < COUNT_OF(lists); l++) {
        struct value list = value_get(view, str_of(lists[l]));
        for (size_t i = 0; i < value_count(list); i++) {
            struct str id = value_text(value_get(value_at(list, i), STR("process")));
            const struct pack_process *was = pack_process_find(of->packs, id);
            const struct pack_process *is = pack_process_find(plan->target.packs, id);
            if (str_equal(id, plan->from.process) || !was || (is && is->version == was->version))
                continue;
            error_set(err, ERROR_CONFLICT, "called-process-changed",
                      "The case has run the process %.*s, which is another one in the new version's packs.",
                      STR_ARGS(id));
            return error_hint(err, "Let this case end in its own version.");
        }
    }
    return OK;
}

static enum status enter_packs(struct work_case *of, const struct change_plan *plan, struct error *err)
{
    const struct pack_item *item = pack_item_version(plan->target.packs, of->item->code, of->item->version);
    if (!item || !str_equal(item->process, plan->from.process))
        return error_set(err, ERROR_CONFLICT, "item-missing",
                         "The new version's packs do not have item %.*s version %" PRId64 " with this process.",
                         STR_ARGS(of->item->code), of->item->version);
    if (check_called(of, plan, err) != OK)
        return FAILED;
    of->packs = plan->target.packs;
    of->item = item;
    of->row.packs = plan->to.packs;
    return OK;
}

static void enter_definition(struct work_case *of, const struct change_plan *plan)
{
    of->deployed = plan->target.deployed;
    of->item = &of->deployed->item;
    of->row.item = -of->deployed->row.id;
    process_note_moved(of);
}

/* Rows that name elements or definitions follow. */
static void move_rows(struct work_case *of, const struct change_plan *plan)
{
    struct value tokens = tokens_of(of);
    struct work *work = of->work;
    int64_t definition = plan->to.definition, version = definition ? plan->to.number : 0;
    work_change(work, CHANGE_CASE_MOVE, work_row(work, &of->row, sizeof of->row));
    for (size_t i = 0; i < value_count(tokens); i++) {
        struct value token = value_at(tokens, i);
        struct str element = value_text(value_get(token, STR("element")));
        int64_t task = value_int_or(value_path(token, "task.key"), 0);
        int64_t incident = value_int_or(value_path(token, "incident.key"), 0);
        if (task)
            work_change(work, CHANGE_TASK_MOVE,
                        WORK_ROW(work, store_task, .id = task, .item = of->row.item, .element = element));
        if (!in_process(plan, token))
            continue;
        if (task && definition)
            work_change(work, CHANGE_USER_TASK_MOVE,
                        WORK_ROW(work, store_user_task, .id = task, .definition = definition, .version = version,
                                 .process = plan->to.process, .element = element));
        if (incident)
            work_change(work, CHANGE_INCIDENT_MOVE,
                        WORK_ROW(work, store_incident, .id = incident, .definition = definition, .version = version,
                                 .process = plan->to.process, .element = element));
    }
}

static enum status migrate(struct work_case *of, const struct change_plan *plan, struct error *err)
{
    struct bpmn_command command = {
        .kind = BPMN_MIGRATE, .target = plan->target.process, .mapping = plan->mapping};
    if (plan->to.deployed)
        enter_definition(of, plan);
    else if (enter_packs(of, plan, err) != OK)
        return FAILED;
    if (engine_command(of, &command, err) != OK)
        return FAILED;
    move_rows(of, plan);
    return OK;
}

static void tell(struct work_case *of, const struct change_plan *plan)
{
    struct view view;
    view_init(&view, of->work->arena);
    view_text(&view, "change", key_text(of->work->arena, plan->id));
    view_text(&view, "process", plan->from.process);
    view_int(&view, "version", plan->from.number);
    if (plan->kind == PROCESS_MIGRATE)
        view_int(&view, "to", plan->to.number);
    else
        view_put(&view, "moves", value_get(plan->body, STR("moves")));
    view_put(&view, "reason", value_get(plan->body, STR("reason")));
    view_put(&view, "proposed_by", value_get(plan->body, STR("proposed_by")));
    view_put(&view, "approved_by", value_get(plan->body, STR("decided_by")));
    work_case_event(of, plan->kind == PROCESS_MIGRATE ? "process.migrated" : "process.modified", view_done(&view));
}

enum status change_apply(struct work_case *of, const struct change_plan *plan, bool *concerned, struct error *err)
{
    const struct bpmn_process_info *runs = bpmn_process_info(bpmn_instance_process(of->instance));
    const struct bpmn_process_info *from = bpmn_process_info(plan->model.process);
    bool looks = plan->element.len || plan->kind == PROCESS_MODIFY;
    struct value tokens = looks ? tokens_of(of) : value_null;
    if (of->row.state == CASE_CLOSED)
        return error_set(err, ERROR_CONFLICT, "case-closed", "Case %.*s is closed.", STR_ARGS(of->no));
    if (runs->version != from->version || !str_equal(runs->id, from->id) || !of->deployed != !plan->from.deployed)
        return error_set(err, ERROR_CONFLICT, "version-changed", "Case %.*s does not run version %" PRId64 " of %.*s.",
                         STR_ARGS(of->no), plan->from.number, STR_ARGS(plan->from.process));
    bool there = plan->element.len == 0;
    for (size_t i = 0; i < value_count(tokens) && !there; i++)
        there = stands_at(plan, value_at(tokens, i), plan->element);
    *concerned = there;
    if (!*concerned)
        return OK;
    size_t before = of->events.items.count;
    bool touched = of->touched;
    tell(of, plan);
    if (plan->kind == PROCESS_MIGRATE)
        return migrate(of, plan, err);
    if (modify(of, plan, tokens, concerned, err) != OK)
        return FAILED;
    if (!*concerned) {
        of->events.items.count = before;
        of->touched = touched;
    }
    return OK;
}

/* ---- Bodies ---- */

struct value change_problem(struct arena *arena, struct value body, struct str no, const struct error *problem)
{
    struct value problems = value_get(body, STR("problems"));
    if (value_count(problems) >= CHANGE_PROBLEMS_MOST)
        return body;
    struct view view;
    view_init(&view, arena);
    view_text(&view, "case", no);
    view_text(&view, "type", arena_str(arena, str_of(problem->type)));
    view_text(&view, "message", arena_str(arena, str_of(problem->message)));
    return context_set(arena, body, "problems", list_add(arena, problems, view_done(&view)));
}

struct str change_seal(const struct service *service, struct arena *arena, const struct store_change *row,
                       struct value body)
{
    return service_seal(service, arena, arena_printf(arena, "change:%" PRId64, row->id), body);
}

enum status change_unseal(const struct service *service, struct arena *arena, const struct store_change *row,
                          struct value *out, struct error *err)
{
    return service_unseal(service, arena, arena_printf(arena, "change:%" PRId64, row->id), row->body, out, err);
}
