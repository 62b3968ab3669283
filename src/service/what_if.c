#include "service/what_if.h"

#include "clock/instant.h"
#include "service/indicator_query.h"
#include "service/limits.h"
#include "service/what_if_run.h"

#include <string.h>
#include <unistd.h>

#define AT_ONCE 2
#define LIST_MOST 1000
#define CHUNK_ROWS 2000
#define MONTHS_OF_YEAR 12
#define DAYS_OF_YEAR 365
#define DIGITS 6

static _Atomic int running; /* questions that are counted now, of the whole process */

struct asking {
    const struct call *call;
    const struct service_what_if_query *query;
    struct service_indicator_query figure;
    struct indicator_question question;
    const struct pack_item *item;
    struct limit limit_now; /* in force: unit and amount */
    bool limited_now;
    bool removed[STORE_PAST_MATERIALS_MAX];
    struct what_if what_if;
    int64_t as_of;
};

/* ---- The question ---- */

static enum status invalid(const char *field, const char *message, struct error *err)
{
    error_set(err, ERROR_INVALID, "filter-invalid", "%s", message);
    return error_field(err, "%s", field);
}

static enum status read_amount(struct str text, const char *field, int64_t *out, struct error *err)
{
    if (str_to_int64(text, out) && *out >= 0 && *out <= LIMIT_AMOUNT_MAX)
        return OK;
    return invalid(field, "A limit is a whole number from 0 to 36,500.", err);
}

static enum status read_limit(struct asking *self, struct error *err)
{
    const struct service_what_if_query *query = self->query;
    struct what_if_rule *rule = &self->what_if.rule;
    const struct pack_limit *now = self->item->promised.present ? &self->item->promised : &self->item->statutory;
    struct error ignored = ERROR_INIT;
    self->limited_now = now->present;
    self->limit_now = (struct limit){.unit = limits_unit_of(now->unit), .amount = now->n};
    rule->limit = self->limit_now;
    rule->limit.extension_max = LIMIT_AMOUNT_MAX;
    rule->limit.calendar = pack_calendar(self->call->service->packs);
    rule->extension_most = -1;
    if (query->counted.len && limit_unit_parse(query->counted, &rule->limit.unit, &ignored) != OK)
        return invalid("counted", "A limit counts working-days, natural-days, months or hours.", err);
    if (query->amount.len && read_amount(query->amount, "amount", &rule->limit.amount, err) != OK)
        return FAILED;
    if (query->extension.len && read_amount(query->extension, "extension", &rule->extension_most, err) != OK)
        return FAILED;
    if (!now->present && !query->amount.len)
        return invalid("amount", "The item has no limit: say the new one.", err);
    return rule->limit.calendar ? OK : error_set(err, ERROR_INVALID, "calendar-missing", "No pack has a calendar.");
}

static enum status read_materials(struct asking *self, struct error *err)
{
    struct str rest = self->query->without;
    while (rest.len) {
        ptrdiff_t comma = str_find(rest, STR(","), 0);
        struct str id = str_trim(comma < 0 ? rest : str_part(rest, 0, (size_t)comma));
        size_t i = 0;
        while (i < self->item->material_count && !str_equal(self->item->materials[i].id, id))
            i++;
        if (i >= self->item->material_count || i >= STORE_PAST_MATERIALS_MAX)
            return invalid("without", "The item in force asks for no such material.", err);
        self->removed[i] = true;
        rest = comma < 0 ? STR("") : str_part(rest, (size_t)comma + 1, rest.len);
    }
    return OK;
}

static void read_months(struct asking *self)
{
    struct what_if *what_if = &self->what_if;
    struct clock_date first = day_date(self->question.from);
    for (int32_t day = self->question.from; day <= self->question.to && what_if->month_count < WHAT_IF_MONTHS_MAX;) {
        what_if->sums.months[what_if->month_count++].from = day_start(day);
        first.year += first.month == MONTHS_OF_YEAR;
        first.month = first.month % MONTHS_OF_YEAR + 1;
        day = (int32_t)day_of_date(first.year, first.month, 1);
    }
    what_if->ends = day_start(self->question.to + 1);
}

static enum status read_question(const struct call *call, const struct service_what_if_query *query, struct asking *out,
                                 struct error *err)
{
    struct arena *arena = call->arena;
    int64_t last_year = day_date(instant_day(service_now(call->service))).year - 1;
    *out = (struct asking){.call = call, .query = query};
    out->figure = (struct service_indicator_query){
        .item = query->item, .region = query->region, .unit = query->unit, .from = query->from, .to = query->to};
    if (!query->from.len && !query->to.len) {
        out->figure.from = arena_printf(arena, "%04" PRId64 "-01-01", last_year);
        out->figure.to = arena_printf(arena, "%04" PRId64 "-12-31", last_year);
    }
    if (service_may(call, "indicator.read", err) != OK)
        return FAILED;
    out->item = pack_item_find(call->service->packs, query->item, instant_day(service_now(call->service)));
    if (!out->item)
        return error_set(err, ERROR_NOT_FOUND, "item-not-found", "There is no item %.*s in force.",
                         STR_ARGS(query->item));
    if (indicator_question_read(call, &out->figure, &out->question, err) != OK || read_limit(out, err) != OK ||
        read_materials(out, err) != OK)
        return FAILED;
    struct what_if *what_if = &out->what_if;
    int64_t *regions;
    what_if->service = call->service;
    what_if->divisions = out->question.range;
    what_if->unit = out->question.unit;
    what_if->region_count = region_list(call->service, out->question.range, arena, &regions);
    what_if->regions = regions;
    what_if->items = out->question.items;
    what_if->item_count = out->question.item_count;
    what_if->sums.handed = arena_array(arena, int64_t, what_if->item_count * STORE_PAST_MATERIALS_MAX);
    read_months(out);
    return OK;
}

/* ---- The answer ---- */

static struct value share(int64_t n, int64_t of)
{
    struct value ratio, rounded;
    if (of == 0 || !number_divide(value_int(n), value_int(of), &ratio) ||
        !number_round(ratio, DIGITS, ROUND_HALF_UP, &rounded))
        return value_null;
    return rounded;
}

static struct value limit_value(struct arena *arena, const struct limit *limit)
{
    struct view view;
    view_init(&view, arena);
    view_int(&view, "amount", limit->amount);
    view_text(&view, "counted", str_of(limit_unit_code(limit->unit)));
    return view_done(&view);
}

static struct value then_value(const struct asking *self)
{
    const struct what_if_sums *sums = &self->what_if.sums;
    struct view view;
    view_init(&view, self->call->arena);
    view_put(&view, "limit", limit_value(self->call->arena, &self->what_if.rule.limit));
    if (self->what_if.rule.extension_most >= 0)
        view_int(&view, "extension", self->what_if.rule.extension_most);
    view_int(&view, "late", sums->late);
    view_put(&view, "rate", share(sums->late, sums->clocked));
    view_int(&view, "newly_late", sums->newly_late);
    view_int(&view, "no_longer_late", sums->no_longer_late);
    view_int(&view, "kept_by_extension", sums->kept);
    return view_done(&view);
}

static struct value was_value(const struct asking *self)
{
    const struct what_if_sums *sums = &self->what_if.sums;
    struct view view;
    view_init(&view, self->call->arena);
    if (self->limited_now)
        view_put(&view, "limit", limit_value(self->call->arena, &self->limit_now));
    view_int(&view, "late", sums->late_was);
    view_put(&view, "rate", share(sums->late_was, sums->clocked));
    return view_done(&view);
}

/* The least number of days within which a share of the cases was done. */
static struct value used_value(const struct asking *self)
{
    static const struct {
        const char *name;
        int64_t percent;
    } wanted[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"most", 100}};
    const struct what_if_sums *sums = &self->what_if.sums;
    struct view view;
    view_init(&view, self->call->arena);
    for (size_t i = 0; i < COUNT_OF(wanted) && sums->clocked; i++) {
        int64_t done = 0;
        size_t days = 0;
        while (days < WHAT_IF_DAYS_MAX && (done += sums->used[days]) * 100 < sums->clocked * wanted[i].percent)
            days++;
        view_int(&view, wanted[i].name, (int64_t)days);
    }
    return view_done(&view);
}

static struct value months_value(const struct asking *self)
{
    struct list_builder list;
    list_builder_init(&list, self->call->arena);
    for (size_t i = 0; i < self->what_if.month_count; i++) {
        const struct what_if_month *month = &self->what_if.sums.months[i];
        struct view view;
        view_init(&view, self->call->arena);
        view_text(&view, "month", str_part(indicator_date(self->call->arena, instant_day(month->from)), 0, 7));
        view_int(&view, "clocked", month->clocked);
        view_int(&view, "was_late", month->late_was);
        view_int(&view, "late", month->late);
        list_builder_push(&list, view_done(&view));
    }
    return list_builder_done(&list);
}

/* ---- Materials ---- */

/* How often the material of this id was handed in, under every version of the item. */
static int64_t handed_of(const struct asking *self, struct str id)
{
    const struct service *service = self->call->service;
    int64_t n = 0;
    for (size_t v = 0; v < self->what_if.item_count; v++) {
        const struct store_item *known = service_item_of(service, self->what_if.items[v]);
        const struct pack_item *item = known ? pack_item_version(service->packs, known->code, known->version) : NULL;
        for (size_t m = 0; item && m < item->material_count && m < STORE_PAST_MATERIALS_MAX; m++)
            if (str_equal(item->materials[m].id, id))
                n += self->what_if.sums.handed[v * STORE_PAST_MATERIALS_MAX + m];
    }
    return n;
}

/* A certificate stands in for it, or another authority issues it (source 20) and could be asked. */
static struct str obtainable_by(const struct pack_material *material)
{
    if (material->certificate.len)
        return STR("certificate");
    return str_equal(material->source, STR("20")) ? STR("exchange") : STR_NONE;
}

static int64_t a_year(const struct asking *self, int64_t n)
{
    int64_t days = self->question.to - self->question.from + 1;
    return (n * DAYS_OF_YEAR + days / 2) / days;
}

static void put_handed(const struct asking *self, struct view *view, int64_t handed)
{
    view_int(view, "handed", handed);
    view_int(view, "handed_a_year", a_year(self, handed));
}

static void put_materials(const struct asking *self, struct view *out)
{
    struct arena *arena = self->call->arena;
    struct list_builder list;
    struct view saved;
    int64_t all = 0, obtainable = 0;
    list_builder_init(&list, arena);
    view_init(&saved, arena);
    for (size_t i = 0; i < self->item->material_count && i < STORE_PAST_MATERIALS_MAX; i++) {
        const struct pack_material *material = &self->item->materials[i];
        int64_t handed = handed_of(self, material->id);
        struct str by = obtainable_by(material);
        struct view view;
        view_init(&view, arena);
        view_text(&view, "id", material->id);
        view_text(&view, "name", indicator_text(self->call, material->name));
        view_text(&view, "need", material->need);
        view_flag(&view, "removed", self->removed[i]);
        view_text(&view, "obtainable", by);
        put_handed(self, &view, handed);
        list_builder_push(&list, view_done(&view));
        all += self->removed[i] ? handed : 0;
        obtainable += self->removed[i] && by.len ? handed : 0;
    }
    put_handed(self, &saved, all);
    view_int(&saved, "obtainable", obtainable);
    view_put(out, "materials", list_builder_done(&list));
    view_put(out, "saved", view_done(&saved));
}

static struct value definitions(struct arena *arena)
{
    static const struct {
        const char *of, *zh, *en;
    } all[] = {
        {"clocked", "期间内办结、已受理的办件:从受理起算,受理当日不计",
         "Cases closed in the period that were accepted: the limit runs from acceptance, that day not counted"},
        {"late",
         "作出决定(没有决定的,办结)的时刻晚于按新期限算出的最后时刻;每次中止按实际起止扣除,节假日和调休按公布的日历",
         "Decided (or, without decision, closed) after the last instant in time under the new limit; "
         "each suspension is taken out as it really was, days off by the published calendar"},
        {"was_late", "作出决定的时刻晚于当时的期限", "Decided after the deadline the case really had"},
        {"rate", "超期件 ÷ 已受理的办结件", "Late cases ÷ closed cases that were accepted"},
        {"kept_by_extension", "只因当时批准的延期才不超期的办件;填写延期上限后,超出部分不算",
         "Cases that are in time only by the extension then granted; beyond the given most it does not count"},
        {"used", "办件实际用去的天数(按新期限的计算单位,扣除中止)",
         "Days that cases really took, of the new limit's kind, without suspensions"},
        {"handed", "申请人以文件或纸质提交该材料的办件数;折合每年 = 次数 × 365 ÷ 期间天数",
         "Cases in which the applicant handed it in as a file or on paper; a year's = times × 365 ÷ days of the "
         "period"},
        {"obtainable", "有电子证照可替代,或由其他部门核发、可以通过数据共享取得",
         "A certificate stands in for it, or another authority issues it and can be asked by exchange"},
    };
    struct list_builder list;
    list_builder_init(&list, arena);
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        struct view view;
        view_init(&view, arena);
        view_text(&view, "of", str_of(all[i].of));
        view_text(&view, "zh", str_of(all[i].zh));
        view_text(&view, "en", str_of(all[i].en));
        list_builder_push(&list, view_done(&view));
    }
    return list_builder_done(&list);
}

static enum status read_as_of(struct work *work, void *arg, struct error *err)
{
    return indicator_as_of(work, &((struct asking *)arg)->as_of, err);
}

static enum status count_all(struct what_if *what_if, struct error *err)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    enum status status = FAILED;
    if (++running <= AT_ONCE) {
        status = what_if_run(what_if, cores < 1 ? 1 : (size_t)cores, err);
    } else {
        error_set(err, ERROR_TOO_MANY, "what-if-busy", "%d questions are being counted.", AT_ONCE);
        error_hint(err, "Ask again in some seconds.");
    }
    running--;
    return status;
}

enum status service_what_if(const struct call *call, const struct service_what_if_query *query, struct value *out,
                            struct error *err)
{
    struct asking *self = arena_new(call->arena, struct asking);
    int64_t started = monotonic_us();
    struct view view;
    if (read_question(call, query, self, err) != OK || work_read(call, read_as_of, self, err) != OK ||
        count_all(&self->what_if, err) != OK)
        return FAILED;
    view_init(&view, call->arena);
    view_text(&view, "item", self->item->code);
    view_text(&view, "title", indicator_text(call, self->item->title));
    view_text(&view, "from", indicator_date(call->arena, self->question.from));
    view_text(&view, "to", indicator_date(call->arena, self->question.to));
    view_time(&view, "as_of", self->as_of);
    view_int(&view, "cases", self->what_if.sums.cases);
    view_int(&view, "clocked", self->what_if.sums.clocked);
    view_int(&view, "unreadable", self->what_if.sums.unreadable);
    view_put(&view, "was", was_value(self));
    view_put(&view, "then", then_value(self));
    view_put(&view, "used", used_value(self));
    view_put(&view, "months", months_value(self));
    put_materials(self, &view);
    view_put(&view, "definitions", definitions(call->arena));
    view_int(&view, "took_ms", (monotonic_us() - started) / 1000);
    *out = view_done(&view);
    return OK;
}

/* ---- The cases that would have been late ---- */

struct line {
    struct store_past row;
    struct what_if_judged judged;
};

struct listing {
    struct asking *asking;
    struct arena texts; /* pauses of a chunk */
    struct store_past_range range;
    size_t job, most;
    VECTOR(struct store_past) chunk;
    VECTOR(struct line) lines;
    struct value view;
};

/* "job.closed.id": behind which case the list goes on. */
static enum status read_cursor(struct listing *self, struct error *err)
{
    struct str rest = self->asking->query->cursor;
    int64_t parts[3] = {0};
    if (!rest.len)
        return OK;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        ptrdiff_t dot = str_find(rest, STR("."), 0);
        struct str part = dot < 0 ? rest : str_part(rest, 0, (size_t)dot);
        if ((dot < 0) != (i + 1 == COUNT_OF(parts)) || !str_to_int64(part, &parts[i]) || parts[i] < 0) {
            error_set(err, ERROR_INVALID, "bad-cursor", "The cursor is none that this list gave.");
            return error_field(err, "cursor");
        }
        rest = dot < 0 ? rest : str_part(rest, (size_t)dot + 1, rest.len);
    }
    self->job = (size_t)parts[0];
    self->range.after = parts[1];
    self->range.after_id = parts[2];
    return OK;
}

static enum status keep_row(const struct store_past *row, void *arg, struct error *err)
{
    struct listing *self = arg;
    struct store_past kept = *row;
    (void)err;
    kept.unit = arena_str(&self->texts, row->unit);
    kept.pauses = arena_str(&self->texts, row->pauses);
    VECTOR_PUSH(&self->texts, &self->chunk, kept);
    return OK;
}

static enum status read_chunk(struct db_tx *tx, void *arg, struct error *err)
{
    struct listing *self = arg;
    arena_reset(&self->texts);
    memset(&self->chunk, 0, sizeof self->chunk);
    return store_past_scan(tx, &self->range, keep_row, self, err);
}

/* True when the page is full. */
static bool list_chunk(struct listing *self)
{
    struct arena *arena = self->asking->call->arena;
    for (size_t i = 0; i < self->chunk.count; i++) {
        struct line line = {.row = self->chunk.items[i]};
        struct error broken = ERROR_INIT;
        if (what_if_judge(&self->asking->what_if.rule, &line.row, &self->texts, &line.judged, &broken) == OK &&
            line.judged.late) {
            if (self->lines.count == self->most)
                return true;
            line.row.unit = arena_str(arena, line.row.unit);
            VECTOR_PUSH(arena, &self->lines, line);
        }
        self->range.after = line.row.closed;
        self->range.after_id = line.row.id;
    }
    return false;
}

/* *full: there are more. range and job then say behind which case. */
static enum status list_all(struct listing *self, bool *full, struct error *err)
{
    const struct what_if *what_if = &self->asking->what_if;
    struct store_past_range at = self->range;
    for (*full = false; self->job < what_if_jobs(what_if); self->job++) {
        self->range = what_if_range(what_if, self->job);
        self->range.limit = CHUNK_ROWS;
        if (at.after) {
            self->range.after = at.after;
            self->range.after_id = at.after_id;
            at.after = 0;
        }
        do {
            if (db_read(what_if->service->db, read_chunk, self, err) != OK)
                return FAILED;
            if ((*full = list_chunk(self)))
                return OK;
        } while (self->chunk.count == CHUNK_ROWS);
    }
    return OK;
}

static struct value line_value(struct arena *arena, const struct line *line)
{
    struct view view;
    view_init(&view, arena);
    view_text(&view, "no", case_no(arena, (struct case_id){line->row.region, line->row.id}));
    view_text(&view, "region", division_text(arena, line->row.division));
    view_text(&view, "unit", line->row.unit.len ? line->row.unit : STR_NONE);
    view_time(&view, "accepted", line->row.accepted);
    view_time(&view, "ended", line->row.ended);
    view_time(&view, "deadline_was", line->row.deadline);
    view_time(&view, "deadline", line->judged.due);
    view_flag(&view, "late_was", line->judged.late_was);
    return view_done(&view);
}

static enum status note_command(struct work *work, void *arg, struct error *err)
{
    struct work_note note = {.what = "what-if.cases", .purpose = ((struct asking *)arg)->item->code};
    return work_access_note(work, &note, err);
}

static enum status list_page(const struct call *call, struct listing *self, struct value *out, struct error *err)
{
    bool full;
    struct list_builder items;
    list_builder_init(&items, call->arena);
    if (read_cursor(self, err) != OK || list_all(self, &full, err) != OK ||
        work_run(call, note_command, self->asking, err) != OK)
        return FAILED;
    for (size_t i = 0; i < self->lines.count; i++)
        list_builder_push(&items, line_value(call->arena, &self->lines.items[i]));
    struct view view;
    view_init(&view, call->arena);
    view_put(&view, "items", list_builder_done(&items));
    if (full)
        view_text(
            &view, "next",
            arena_printf(call->arena, "%zu.%" PRId64 ".%" PRId64, self->job, self->range.after, self->range.after_id));
    *out = view_done(&view);
    return OK;
}

enum status service_what_if_cases(const struct call *call, const struct service_what_if_query *query, struct value *out,
                                  struct error *err)
{
    struct asking *asking = arena_new(call->arena, struct asking);
    struct listing listing = {.asking = asking, .most = (size_t)limit_between(query->limit, 20, LIST_MOST)};
    if (service_may(call, "case.read", err) != OK || read_question(call, query, asking, err) != OK)
        return FAILED;
    arena_init(&listing.texts);
    enum status status = list_page(call, &listing, out, err);
    arena_release(&listing.texts);
    return status;
}
