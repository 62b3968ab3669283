#include "service/prefill.h"

#include "clock/instant.h"
#include "pack/prefill.h"
#include "service/acting.h"
#include "service/builtin.h"
#include "service/case.h"
#include "service/catalogue.h"
#include "service/exchange_ask.h"
#include "service/page.h"
#include "service/prefill_fit.h"
#include "service/record_store.h"

#define HOLDINGS_MAX 20
#define WHY_MAX 500

/* One thing that is held: a certificate's face, a record, a form. */
struct holding {
    struct value held;
    struct str ref; /* its number, or absent */
    struct value at; /* a day, or null */
};

struct filling {
    const struct call *call;
    const struct pack_set *packs;
    const struct pack_item *item;
    const struct form *form;
    const struct pack_prefill **prefills;
    size_t prefill_count;
    struct value consent, declined;
    struct value names; /* applicant, staff */
    struct str purpose;

    struct exchange_question *questions;
    const struct pack_prefill_source **asked; /* whose questions they are */
    size_t question_count;
    bool asking; /* only which questions are left to ask is found out */
    struct work *work;
    struct value data, sources;
};

static enum status find_item(const struct call *call, struct str code, struct filling *out, struct error *err)
{
    const struct pack_set *packs = call->service->packs;
    const struct pack_item *item = pack_item_find(packs, code, instant_day(service_now(call->service)));
    if (!item) {
        error_set(err, ERROR_NOT_FOUND, "item-not-found", "There is no item %.*s in force.", STR_ARGS(code));
        return error_field(err, "item");
    }
    const struct pack_form *form = pack_form_find(packs, item->form);
    *out = (struct filling){.call = call, .packs = packs, .item = item, .form = form ? form->form : NULL};
    bool organisation = call->actor->kind == ACTOR_ORGANISATION;
    /* Staff fill in about others: nothing is known of them before they are named. */
    if (organisation || call->actor->kind == ACTOR_PERSON)
        out->prefills = pack_prefills_for(call->arena, packs, item,
                                          organisation ? PACK_BY_ORGANISATION : PACK_BY_PERSON, &out->prefill_count);
    return OK;
}

/* ---- Fields ---- */

static struct value day_text(struct arena *arena, int64_t ms)
{
    if (ms == 0)
        return value_null;
    return value_string(str_part(value_to_text(arena, value_time(ms)), 0, 10));
}

static void fill(struct filling *f, struct str path, struct value v, struct value source)
{
    struct arena *arena = f->call->arena;
    f->data = value_put_path(arena, f->data, path, v);
    f->sources = context_set(arena, f->sources, arena_cstr(arena, path), context_set(arena, source, "value", v));
}

static bool is_filled(const struct filling *f, struct str path)
{
    return !value_is_null(value_get(f->sources, path));
}

static bool note_own(void *state, const struct form_component *component, struct str path)
{
    static const char *const roots[] = {"applicant", "staff"};
    struct filling *f = state;
    struct arena *arena = f->call->arena;
    struct value found = path.len && component->prefill.len ? value_path(f->data, arena_cstr(arena, path)) : value_null;
    for (size_t i = 0; i < COUNT_OF(roots); i++)
        if (!value_is_null(found) && str_starts(component->prefill, str_of(roots[i])))
            fill(f, path, found, context_set(arena, value_null, "from", value_cstr(roots[i])));
    return true;
}

/* The form's own expressions: whom the session belongs to needs no other source. */
static enum status fill_from_session(struct filling *f, struct error *err)
{
    f->sources = empty_context(f->call->arena);
    if (service_item_prefill(f->call, f->item->code, &f->data, err) != OK)
        return FAILED;
    f->data = value_is_null(f->data) ? f->sources : f->data;
    if (f->form)
        form_walk(f->form, f->call->arena, note_own, f);
    return OK;
}

/* ---- Sources ---- */

static enum status hold_certificates(struct filling *f, const struct pack_prefill_source *source, struct holding *out,
                                     size_t *count, struct error *err)
{
    struct value items;
    const struct acting *acting = f->call->actor->acting;
    if (acting && !acting->certificates)
        return OK;
    if (certificates_of(f->work, source->of, f->call->actor->id, &items, err) != OK)
        return FAILED;
    for (size_t i = 0; i < value_count(items) && *count < HOLDINGS_MAX; i++) {
        struct value one = value_at(items, i);
        if (!str_equal(value_text(value_get(one, STR("state"))), STR("valid")))
            continue;
        struct value held = value_get(one, STR("face"));
        held = context_set(f->call->arena, held, "number", value_get(one, STR("number")));
        held = context_set(f->call->arena, held, "identifier", value_get(one, STR("identifier")));
        out[(*count)++] = (struct holding){held, value_text(value_get(one, STR("no"))),
                                           day_text(f->call->arena, value_instant(value_get(one, STR("issued"))))};
    }
    return OK;
}

static enum status hold_records(struct filling *f, const struct pack_prefill_source *source, struct holding *out,
                                size_t *count, struct error *err)
{
    struct value items;
    if (records_of(f->work, source->of, f->call->actor->id, &items, err) != OK)
        return FAILED;
    for (size_t i = 0; i < value_count(items) && *count < HOLDINGS_MAX; i++) {
        struct value one = value_at(items, i);
        out[(*count)++] = (struct holding){value_get(one, STR("content")), value_text(value_get(one, STR("id"))),
                                           day_text(f->call->arena, value_instant(value_get(one, STR("written"))))};
    }
    return OK;
}

enum status earlier_cases(struct work *work, struct store_case **out, size_t *count, struct error *err)
{
    struct store_case_filter filter = {.division_to = INT64_MAX, .applicant = actor_index(work->call), .state = -1,
                                       .limit = 50};
    if (filter.applicant.data)
        return case_rows(work, &filter, out, count, err);
    *out = NULL;
    *count = 0;
    return OK;
}

static bool wanted_case(const struct pack_prefill_source *source, const struct work_case *of)
{
    bool wanted = source->item_count == 0;
    for (size_t i = 0; i < source->item_count && !wanted; i++)
        wanted = str_equal(source->items[i], of->item->code);
    return wanted && of->row.outcome != OUTCOME_WITHDRAWN && of->row.outcome != OUTCOME_DECLINED;
}

static enum status hold_cases(struct filling *f, const struct pack_prefill_source *source, struct holding *out,
                              size_t *count, struct error *err)
{
    struct store_case *rows;
    size_t n;
    if (earlier_cases(f->work, &rows, &n, err) != OK)
        return FAILED;
    for (size_t i = 0; i < n && *count < HOLDINGS_MAX; i++) {
        struct work_case *of;
        if (work_case_look(f->work, &rows[i], &of, err) != OK)
            return FAILED;
        if (wanted_case(source, of))
            out[(*count)++] =
                (struct holding){work_case_get(of, "form"), of->no, day_text(f->call->arena, of->row.opened)};
    }
    return OK;
}

static enum status hold(struct filling *f, const struct pack_prefill_source *source, struct holding *out, size_t *count,
                        struct error *err)
{
    struct party_held party;
    *count = 0;
    switch (source->kind) {
    case PACK_FROM_CERTIFICATE: return hold_certificates(f, source, out, count, err);
    case PACK_FROM_RECORD: return hold_records(f, source, out, count, err);
    case PACK_FROM_CASES: return hold_cases(f, source, out, count, err);
    case PACK_FROM_PARTY:
        if (party_find(f->work, f->call->actor->id, &party, err) != OK)
            return FAILED;
        if (party.found)
            out[(*count)++] = (struct holding){party.body, STR_NONE, value_null};
        return OK;
    case PACK_FROM_EXCHANGE:
        for (size_t i = 0; i < f->question_count; i++)
            if (f->asked[i] == source && f->questions[i].answered)
                out[(*count)++] = (struct holding){f->questions[i].reply, f->questions[i].exchange->id,
                                                   day_text(f->call->arena, f->work->now)};
        return OK;
    case PACK_FROM_COUNT: break;
    }
    return OK;
}

/* ---- Questions to other agencies ---- */

static bool among(struct value list, struct str word)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (str_equal(value_text(value_at(list, i)), word))
            return true;
    return false;
}

static void add_question(struct filling *f, const struct pack_prefill_source *source)
{
    struct arena *arena = f->call->arena;
    const struct pack_exchange *exchange = pack_exchange_find(f->packs, source->of);
    if (!exchange || f->question_count == HOLDINGS_MAX || (source->consent && !among(f->consent, exchange->id)))
        return;
    struct feel_run run = service_feel(f->call->service, arena, f->packs, service_now(f->call->service));
    f->asked[f->question_count] = source;
    f->questions[f->question_count++] = (struct exchange_question){
        .exchange = exchange,
        .given = source->request.source.data ? pack_evaluate(&source->request, f->names, &run)
                                             : value_get(f->names, STR("applicant")),
        .subject = f->call->actor->id,
        .purpose = f->purpose};
}

/* ---- Filling ---- */

static struct value source_entry(struct arena *arena, const struct pack_prefill_source *source,
                                 const struct holding *holding)
{
    struct view view;
    view_init(&view, arena);
    view_text(&view, "from", str_of(pack_prefill_kind_name(source->kind)));
    view_text(&view, "name", source->name);
    view_text(&view, "title", source->title);
    view_text(&view, "ref", holding->ref);
    view_put(&view, "at", holding->at);
    return view_done(&view);
}

/* The newest holding that says something about the field. */
static bool fill_field(struct filling *f, const struct pack_prefill_source *source,
                       const struct pack_prefill_field *field, const struct holding *holdings, size_t count)
{
    struct arena *arena = f->call->arena;
    const struct form_component *component =
        is_filled(f, field->path) ? NULL : prefill_component(f->form, arena, field->path);
    for (size_t i = 0; component && i < count; i++) {
        struct feel_run run = service_feel(f->call->service, arena, f->packs, service_now(f->call->service));
        struct value names = context_set(arena, f->names, "held", holdings[i].held);
        struct value v = prefill_fit(arena, f->packs, component, pack_evaluate(&field->value, names, &run));
        if (value_is_null(v))
            continue;
        fill(f, field->path, v, source_entry(arena, source, &holdings[i]));
        return true;
    }
    return false;
}

static bool open_field(const struct filling *f, const struct pack_prefill_source *source)
{
    for (size_t i = 0; i < source->field_count; i++)
        if (!is_filled(f, source->fields[i].path) && prefill_component(f->form, f->call->arena, source->fields[i].path))
            return true;
    return false;
}

/* Under this name the applicant may decline a source: "licensing-doctor.certificate". */
static struct str source_key(const struct filling *f, const struct pack_prefill *prefill,
                             const struct pack_prefill_source *source)
{
    return arena_printf(f->call->arena, "%.*s.%.*s", STR_ARGS(prefill->id), STR_ARGS(source->name));
}

static enum status fill_from(struct filling *f, const struct pack_prefill *prefill,
                             const struct pack_prefill_source *source, struct error *err)
{
    struct holding holdings[HOLDINGS_MAX];
    size_t count = 0;
    if (!open_field(f, source) || among(f->declined, source_key(f, prefill, source)))
        return OK;
    if (f->asking && source->kind == PACK_FROM_EXCHANGE)
        add_question(f, source);
    if (hold(f, source, holdings, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < source->field_count; i++)
        (void)fill_field(f, source, &source->fields[i], holdings, count);
    if (count == 0 || f->asking)
        return OK;
    struct str what = arena_printf(f->call->arena, "prefill.%s", pack_prefill_kind_name(source->kind));
    struct work_note note = {.what = arena_cstr(f->call->arena, what), .subject_id = f->call->actor->id,
                             .purpose = f->purpose};
    return work_access_note(f->work, &note, err);
}

static void forget(struct filling *f, struct str path)
{
    struct arena *arena = f->call->arena;
    struct context_builder kept;
    context_builder_init(&kept, arena);
    f->data = value_put_path(arena, f->data, path, value_null);
    for (size_t k = 0; k < f->sources.context->count; k++)
        if (!str_equal(f->sources.context->members[k].key, path))
            context_builder_put(&kept, f->sources.context->members[k].key, f->sources.context->members[k].value);
    f->sources = context_builder_done(&kept);
}

/* What the form would refuse is not offered: the field, or the cell of a row, stays empty. */
static void drop_refused(struct filling *f)
{
    struct arena *arena = f->call->arena;
    struct feel_run run = service_feel(f->call->service, arena, f->packs, service_now(f->call->service));
    struct pack_texts texts = {f->packs, STR("zh-CN")};
    struct form_env env = {.run = &run, .codes = pack_form_codes(f->packs), .texts = pack_form_texts(&texts)};
    struct form_result judged = form_validate(f->form, f->data, &env);
    for (size_t i = 0; i < judged.error_count; i++) {
        struct str field = judged.errors[i].field;
        ptrdiff_t open = str_find(field, STR("["), 0);
        struct str path = open > 0 ? str_part(field, 0, (size_t)open) : field;
        struct value source = value_get(f->sources, path);
        if (value_is_null(value_get(source, STR("name"))))
            continue; /* empty, or the session's */
        if (open > 0)
            fill(f, path,
                 prefill_without_cell(arena, value_get(source, STR("value")), str_part(field, (size_t)open, field.len)),
                 source);
        else
            forget(f, path);
    }
}

static enum status fill_command(struct work *work, void *arg, struct error *err)
{
    struct filling *f = arg;
    f->work = work;
    f->question_count = f->asking ? 0 : f->question_count;
    if (fill_from_session(f, err) != OK)
        return FAILED;
    for (size_t i = 0; i < f->prefill_count; i++)
        for (size_t k = 0; k < f->prefills[i]->source_count; k++)
            if (fill_from(f, f->prefills[i], &f->prefills[i]->sources[k], err) != OK)
                return FAILED;
    if (f->form && !f->asking)
        drop_refused(f);
    return OK;
}

static struct value asked_view(const struct filling *f)
{
    struct list_builder items;
    list_builder_init(&items, f->call->arena);
    for (size_t i = 0; i < f->question_count; i++) {
        const struct exchange_question *question = &f->questions[i];
        struct view view;
        view_init(&view, f->call->arena);
        view_text(&view, "exchange", question->exchange->id);
        view_text(&view, "title", f->asked[i]->title);
        view_put(&view, "answered", value_boolean(question->answered));
        view_text(&view, "problem", question->problem);
        list_builder_push(&items, view_done(&view));
    }
    return list_builder_done(&items);
}

static void set_names(struct filling *f)
{
    f->names = context_set(f->call->arena, value_null, "applicant", actor_value(f->call));
    f->names = context_set(f->call->arena, f->names, "staff", actor_staff_value(f->call));
    f->sources = empty_context(f->call->arena);
    f->purpose = arena_printf(f->call->arena, "prefill %.*s", STR_ARGS(f->item->title));
}

enum status service_prefill(const struct call *call, struct str item, struct value consent, struct value declined,
                            struct value *out, struct error *err)
{
    struct filling f;
    if (find_item(call, item, &f, err) != OK)
        return FAILED;
    f.consent = consent;
    f.declined = declined;
    f.questions = arena_array(call->arena, struct exchange_question, HOLDINGS_MAX);
    f.asked = arena_array(call->arena, const struct pack_prefill_source *, HOLDINGS_MAX);
    set_names(&f);
    f.asking = true;
    if (work_read(call, fill_command, &f, err) != OK || exchange_ask(call, f.questions, f.question_count, err) != OK)
        return FAILED;
    f.asking = false;
    if (work_run(call, fill_command, &f, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, call->arena);
    view_put(&view, "form", f.data);
    view_put(&view, "sources", f.sources);
    view_put(&view, "asked", asked_view(&f));
    view_put(&view, "summary", prefill_summary(call->arena, f.sources));
    view_int(&view, "count", (int64_t)value_count(f.sources));
    *out = view_done(&view);
    return OK;
}

/* What another agency tells; else the fields of the form that the source may fill. */
static struct value looked_up(const struct filling *f, const struct pack_prefill_source *source,
                              const struct pack_exchange *exchange)
{
    struct list_builder labels;
    struct str language = actor_language(f->call);
    list_builder_init(&labels, f->call->arena);
    struct value fields = exchange ? value_get(exchange->json, STR("fields")) : value_null;
    for (size_t i = 0; i < value_count(fields); i++)
        list_builder_push(&labels, value_string(pack_text(f->packs, language, value_text(value_at(fields, i)))));
    for (size_t i = 0; !value_count(fields) && i < source->field_count; i++) {
        const struct form_component *component = prefill_component(f->form, f->call->arena, source->fields[i].path);
        if (component)
            list_builder_push(&labels, value_string(pack_text(f->packs, language, component->label)));
    }
    return list_builder_done(&labels);
}

static struct value question_view(const struct filling *f, const struct pack_prefill *prefill,
                                  const struct pack_prefill_source *source)
{
    const struct pack_exchange *exchange =
        source->kind == PACK_FROM_EXCHANGE ? pack_exchange_find(f->packs, source->of) : NULL;
    struct str language = actor_language(f->call);
    struct view view;
    view_init(&view, f->call->arena);
    view_text(&view, "key", source_key(f, prefill, source));
    view_text(&view, "from", str_of(pack_prefill_kind_name(source->kind)));
    if (exchange)
        view_text(&view, "exchange", source->of);
    view_text(&view, "title", pack_text(f->packs, language, source->title));
    view_text(&view, "purpose", pack_text(f->packs, language, exchange ? exchange->purpose : f->item->title));
    view_put(&view, "fields", looked_up(f, source, exchange));
    view_put(&view, "consent", value_boolean(source->consent));
    return view_done(&view);
}

enum status service_prefill_questions(const struct call *call, struct str item, struct value *out, struct error *err)
{
    struct filling f;
    struct list_builder items;
    if (find_item(call, item, &f, err) != OK)
        return FAILED;
    list_builder_init(&items, call->arena);
    set_names(&f);
    for (size_t i = 0; i < f.prefill_count; i++)
        for (size_t k = 0; k < f.prefills[i]->source_count; k++) {
            const struct pack_prefill_source *source = &f.prefills[i]->sources[k];
            if (open_field(&f, source))
                list_builder_push(&items, question_view(&f, f.prefills[i], source));
        }
    *out = list_builder_done(&items);
    return OK;
}

enum status service_draft_start(const struct call *call, struct str item, struct value consent, struct value declined,
                                struct value *out, struct error *err)
{
    struct value filled, draft;
    if (service_prefill(call, item, consent, declined, &filled, err) != OK)
        return FAILED;
    static const char *const kept[] = {"form", "sources", "asked"};
    struct value begun = context_set(call->arena, value_null, "item", value_string(item));
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        begun = context_set(call->arena, begun, kept[i], value_get(filled, str_of(kept[i])));
    if (service_draft_put(call, STR_NONE, context_set(call->arena, begun, "step", value_int(1)), &draft, err) != OK)
        return FAILED;
    *out = draft;
    return OK;
}

/* ---- What the applicant made of it ---- */

struct value prefill_compare(struct arena *arena, const struct pack_set *packs, const struct form *form,
                             struct value sources, struct value data)
{
    static const char *const kept[] = {"from", "name", "title", "ref", "at", "why"};
    struct list_builder items;
    list_builder_init(&items, arena);
    for (size_t i = 0; sources.kind == VALUE_CONTEXT && i < sources.context->count; i++) {
        struct str path = sources.context->members[i].key;
        struct value source = sources.context->members[i].value, held = value_get(source, STR("value"));
        struct value said = value_path(data, arena_cstr(arena, path));
        const struct form_component *component = prefill_component(form, arena, path);
        struct view view;
        view_init(&view, arena);
        view_text(&view, "field", path);
        view_text(&view, "label", component ? component->label : path);
        for (size_t k = 0; k < COUNT_OF(kept); k++)
            view_put(&view, kept[k], value_get(source, str_of(kept[k])));
        view_put(&view, "held", held);
        view_put(&view, "said", said);
        view_text(&view, "held_text", prefill_shown(arena, packs, component, held));
        view_text(&view, "said_text", prefill_shown(arena, packs, component, said));
        view_put(&view, "differs", value_boolean(!prefill_same(component, held, said)));
        list_builder_push(&items, view_done(&view));
    }
    return list_builder_done(&items);
}

enum status prefill_dispute(struct arena *arena, struct value sources, struct value disputes, struct value *out,
                            struct error *err)
{
    struct value changed = sources;
    for (size_t i = 0; disputes.kind == VALUE_CONTEXT && i < disputes.context->count; i++) {
        struct str path = disputes.context->members[i].key;
        struct value why = disputes.context->members[i].value, source = value_get(sources, path);
        if (why.kind != VALUE_STRING || utf8_length(why.string) > WHY_MAX) {
            error_set(err, ERROR_INVALID, "prefill-dispute",
                      "Why a value is not right is said in at most %d characters.", WHY_MAX);
            return error_field(err, "disputes.%.*s", STR_ARGS(path));
        }
        if (!value_is_null(source))
            changed = context_set(arena, changed, arena_cstr(arena, path), context_set(arena, source, "why", why));
    }
    *out = changed;
    return OK;
}

struct value prefill_summary(struct arena *arena, struct value sources)
{
    struct list_builder items;
    list_builder_init(&items, arena);
    for (size_t i = 0; sources.kind == VALUE_CONTEXT && i < sources.context->count; i++) {
        struct value source = sources.context->members[i].value;
        struct str from = value_text(value_get(source, STR("from"))),
                   title = value_text(value_get(source, STR("title")));
        size_t at = 0;
        while (at < items.items.count &&
               !(str_equal(value_text(value_get(items.items.items[at], STR("from"))), from) &&
                 str_equal(value_text(value_get(items.items.items[at], STR("title"))), title)))
            at++;
        int64_t count = at < items.items.count ? value_int_or(value_get(items.items.items[at], STR("count")), 0) : 0;
        struct view view;
        view_init(&view, arena);
        view_text(&view, "from", from);
        view_text(&view, "title", title);
        view_int(&view, "count", count + 1);
        if (at == items.items.count)
            list_builder_push(&items, view_done(&view));
        else
            items.items.items[at] = view_done(&view);
    }
    return list_builder_done(&items);
}
