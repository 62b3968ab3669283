/* Where cases of one version of a process wait, and how long they stay at each element. Cases of items are counted in
 * the background (heat_count.h), and their sums are read. For processes that were deployed, and for a scope that has no
 * sums, the indexes count the cases, and a sample of them, spread evenly over the period, is opened. */
#include "service/operate.h"

#include "clock/instant.h"
#include "service/deployed.h"
#include "service/heat_count.h"
#include "service/indicator_query.h"
#include "service/versions.h"

#include <stdlib.h>

#define SAMPLE 400 /* a share of the cases is then told to within five points */
#define AT_ONCE 50 /* cases opened in one go, in memory of their own */
#define DAYS_USUAL 90
#define DAYS_MOST 366

struct heat_stay {
    int64_t ms, n;
};
struct heat_element {
    int64_t waiting, passed, oldest, timed;
    VECTOR(struct heat_stay) stays;
};

struct sample {
    VECTOR(struct case_id) ids;
    size_t read;
    int64_t total;
};

struct heat {
    const struct service_heat_query *query;
    struct arena *arena;
    int32_t from, to; /* days, both included */
    struct version version;
    struct version_model model;
    struct sample period, running;
    struct heat_element *elements; /* as in the process */
    size_t element_count;
    int64_t as_of; /* of sums; 0: cases are opened */
    /* of the batch that is read */
    struct sample *sample;
    size_t first, count;
};

/* ---- The period ---- */

static enum status read_day(struct str text, const char *field, int32_t otherwise, int32_t *out, struct error *err)
{
    struct value date;
    *out = otherwise;
    if (text.len == 0)
        return OK;
    if (!date_parse(text, &date)) {
        error_set(err, ERROR_INVALID, "bad-query", "%s is a date such as 2026-07-06.", field);
        return error_field(err, "%s", field);
    }
    struct civil day = temporal_civil(date);
    if (day.year < 2000 || day.year > 2099) {
        error_set(err, ERROR_INVALID, "bad-query", "%s is outside 2000 to 2099.", field);
        return error_field(err, "%s", field);
    }
    *out = (int32_t)day_of_date(day.year, day.month, day.day);
    return OK;
}

static enum status read_period(struct heat *self, int64_t now, struct error *err)
{
    if (read_day(self->query->to, "to", instant_day(now), &self->to, err) != OK ||
        read_day(self->query->from, "from", self->to - DAYS_USUAL + 1, &self->from, err) != OK)
        return FAILED;
    if (self->from <= self->to && self->to - self->from < DAYS_MOST)
        return OK;
    error_set(err, ERROR_INVALID, "bad-query", "from lies at most %d days before to.", DAYS_MOST - 1);
    error_field(err, "from");
    return error_hint(err, "Choose a shorter period.");
}

static int64_t first_id(int32_t day)
{
    return case_id_make(0, day_start(day), 0).id;
}

/* ---- Choosing cases ---- */

/* Case ids end in a number of the day: with a stride that has no factor in common with ten, what is left out differs
 * from day to day, so that quiet days are seen too. */
static int64_t stride_for(int64_t total)
{
    int64_t stride = (total + SAMPLE - 1) / SAMPLE;
    while (stride > 1 && (stride % 2 == 0 || stride % 5 == 0))
        stride++;
    return stride < 1 ? 1 : stride;
}

struct region_groups {
    int64_t region;
    struct version_groups groups;
};

static struct store_case_wanted wanted_of(const struct heat *self, const struct store_case_group *group, bool running)
{
    return (struct store_case_wanted){.item = group->item,
                                      .packs = group->packs,
                                      .running = running,
                                      .id_to = running ? 0 : first_id(self->to + 1),
                                      .stride = 1};
}

static enum status count_cases(struct work *work, struct heat *self, struct store_page *scope,
                               struct version_groups *groups, struct error *err)
{
    for (size_t i = 0; i < groups->count; i++)
        for (int running = 0; running < 2; running++) {
            struct store_case_wanted wanted = wanted_of(self, &groups->items[i], running);
            int64_t n;
            scope->after_id = running ? 0 : first_id(self->from) - 1;
            if (store_case_number(work->tx, scope, &wanted, &n, err) != OK)
                return FAILED;
            *(running ? &self->running.total : &self->period.total) += n;
            groups->items[i].n = running ? groups->items[i].n : n;
        }
    return OK;
}

/* The days of a region that have cases, the last first, each as its first and its last id. */
struct day_ids {
    int64_t first, last;
};
struct days {
    VECTOR(struct day_ids) list;
    int64_t ids;
};

static enum status read_days(struct work *work, const struct heat *self, int64_t region, struct days *out,
                             struct error *err)
{
    int64_t id = first_id(self->to + 1);
    *out = (struct days){0};
    for (;;) {
        if (store_case_before(work->tx, region, id, &id, err) != OK)
            return FAILED;
        int64_t first = id - id % STORE_CASES_A_DAY;
        if (id < first_id(self->from))
            return OK;
        VECTOR_PUSH(work->arena, &out->list, ((struct day_ids){first, id}));
        out->ids += id - first + 1;
        id = first;
    }
}

/* Ids are cut into stretches of equal length; the first case of the group in each is taken. What lies between is not
 * read. */
static enum status choose_spread(struct work *work, struct heat *self, struct store_page *scope,
                                 const struct days *days, const struct store_case_group *group, struct error *err)
{
    int64_t wanted_count = SAMPLE * group->n / self->period.total + 1;
    int64_t stretch = days->ids / wanted_count + 1;
    struct store_case_wanted wanted = wanted_of(self, group, false);
    scope->limit = 1;
    for (size_t d = 0; d < days->list.count; d++)
        for (int64_t id = days->list.items[d].first; id <= days->list.items[d].last; id += stretch) {
            int64_t *ids;
            size_t count;
            scope->after_id = id - 1;
            wanted.id_to = id + stretch <= days->list.items[d].last ? id + stretch : days->list.items[d].last + 1;
            if (store_case_ids(work->tx, work->arena, scope, &wanted, &ids, &count, err) != OK)
                return FAILED;
            if (count)
                VECTOR_PUSH(self->arena, &self->period.ids, ((struct case_id){scope->region, ids[0]}));
        }
    return OK;
}

static enum status choose_cases(struct work *work, struct heat *self, struct store_page *scope,
                                const struct version_groups *groups, struct error *err)
{
    struct days days = {0};
    bool spread = self->period.total > SAMPLE;
    if (spread && groups->count && read_days(work, self, scope->region, &days, err) != OK)
        return FAILED;
    for (size_t i = 0; i < groups->count; i++) {
        if (spread && groups->items[i].n && choose_spread(work, self, scope, &days, &groups->items[i], err) != OK)
            return FAILED;
        for (int running = spread; running < 2; running++) {
            struct sample *sample = running ? &self->running : &self->period;
            struct store_case_wanted wanted = wanted_of(self, &groups->items[i], running);
            int64_t *ids;
            size_t count;
            wanted.stride = stride_for(sample->total);
            wanted.offset = wanted.stride / 2;
            scope->after_id = running ? 0 : first_id(self->from) - 1;
            /* Chance may give some more than SAMPLE. */
            scope->limit = 2 * SAMPLE - (int64_t)sample->ids.count;
            if (store_case_ids(work->tx, work->arena, scope, &wanted, &ids, &count, err) != OK)
                return FAILED;
            for (size_t n = 0; n < count; n++)
                VECTOR_PUSH(self->arena, &sample->ids, ((struct case_id){scope->region, ids[n]}));
        }
    }
    return OK;
}

/* ---- Reading sums ---- */

static void add_stay(struct heat *self, struct heat_element *element, int64_t ms, int64_t n)
{
    VECTOR_PUSH(self->arena, &element->stays, ((struct heat_stay){ms, n}));
    element->timed += n;
}

static void add_sum(struct heat *self, const struct store_heat *sum, bool waiting)
{
    if (sum->element < 0) {
        self->period.total += sum->n;
        return;
    }
    if ((size_t)sum->element >= self->element_count)
        return;
    struct heat_element *element = &self->elements[sum->element];
    if (waiting) {
        int day = (int)sum->bucket;
        int64_t since = day_start((int32_t)day_of_date(day / 10000, day / 100 % 100, day % 100));
        element->waiting += sum->n;
        element->oldest = element->oldest == 0 || since < element->oldest ? since : element->oldest;
        return;
    }
    element->passed += sum->n;
    if (sum->bucket >= 0)
        add_stay(self, element, heat_bucket_ms(sum->bucket), sum->n);
}

static enum status read_sums(struct work *work, struct heat *self, const struct store_heat_query *query,
                             struct error *err)
{
    struct store_heat *sums;
    size_t count;
    if (store_heat_sums(work->tx, work->arena, query, &sums, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++)
        add_sum(self, &sums[i], query->from == STORE_HEAT_WAITING);
    return OK;
}

static enum status read_region(struct work *work, struct heat *self, struct versions *all, int64_t region, int64_t area,
                               struct error *err)
{
    struct indicator_spans spans = indicator_spans_of(self->from, self->to);
    struct store_heat_group *groups;
    size_t count;
    if (store_heat_groups(work->tx, work->arena, region, area, &groups, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        struct store_heat_query query = {region, area, groups[i].item, groups[i].packs, STORE_HEAT_WAITING,
                                         STORE_HEAT_WAITING};
        bool runs;
        if (versions_runs(work, all, &self->version, &(struct store_case_group){query.item, query.packs, 0}, &runs,
                          err) != OK)
            return FAILED;
        if (!runs)
            continue;
        self->running.total += groups[i].running;
        if (read_sums(work, self, &query, err) != OK)
            return FAILED;
        for (size_t s = 0; s < spans.count; s++) {
            query.from = spans.items[s].from;
            query.to = spans.items[s].to;
            if (read_sums(work, self, &query, err) != OK)
                return FAILED;
        }
    }
    return OK;
}

/* *told is false when some of the scope has no sums. */
static enum status read_counted(struct work *work, struct heat *self, struct versions *all, bool *told,
                                struct error *err)
{
    struct store_page scope = page_scope(work->call);
    int64_t *regions, area;
    size_t count = region_list(work->service, (struct division_range){scope.division_from, scope.division_to},
                               work->arena, &regions);
    *told = !self->version.deployed;
    for (size_t i = 0; i < count && *told; i++) {
        scope.region = regions[i];
        *told = store_heat_area(&scope, &area);
        if (*told && read_region(work, self, all, regions[i], area, err) != OK)
            return FAILED;
    }
    self->period.read = (size_t)self->period.total;
    self->running.read = (size_t)self->running.total;
    return *told ? indicator_as_of(work, &self->as_of, err) : OK;
}

/* ---- Either of them ---- */

static void begin_anew(struct heat *self)
{
    self->element_count = self->model.process ? bpmn_process_info(self->model.process)->element_count : 0;
    self->elements = arena_array(self->arena, struct heat_element, self->element_count);
    self->period = self->running = (struct sample){0};
    self->as_of = 0;
}

static enum status choose_command(struct work *work, void *arg, struct error *err)
{
    struct heat *self = arg;
    bool told;
    struct versions all;
    struct version *version;
    struct store_page scope = page_scope(work->call);
    struct version_name name = {self->query->process, self->query->source, self->query->version};
    int64_t *regions;
    if (read_period(self, work->now, err) != OK || versions_read(work, &all, err) != OK ||
        versions_find(&all, &name, &version, err) != OK)
        return FAILED;
    self->version = *version;
    if (versions_model(work, &self->version, &self->model, err) != OK)
        return FAILED;
    begin_anew(self);
    if (read_counted(work, self, &all, &told, err) != OK)
        return FAILED;
    if (told)
        return OK;
    begin_anew(self);
    size_t count = region_list(work->service, (struct division_range){scope.division_from, scope.division_to},
                               work->arena, &regions);
    struct region_groups *in = arena_array(work->arena, struct region_groups, count);
    for (size_t i = 0; i < count; i++) {
        in[i] = (struct region_groups){.region = regions[i], .groups = {.of = STORE_CASES_NAMES}};
        scope.region = regions[i];
        if (versions_groups(work, &all, &self->version, &scope, &in[i].groups, err) != OK ||
            count_cases(work, self, &scope, &in[i].groups, err) != OK)
            return FAILED;
    }
    for (size_t i = 0; i < count; i++) {
        scope.region = in[i].region;
        if (choose_cases(work, self, &scope, &in[i].groups, err) != OK)
            return FAILED;
    }
    return OK;
}

/* ---- Opening them ---- */

/* A stay can be told from the case's own record when the element was passed once. */
static void add_trace(void *arg, const struct bpmn_trace *trace)
{
    struct heat *self = arg;
    struct heat_element *element = trace->element < self->element_count ? &self->elements[trace->element] : NULL;
    bool running = self->sample == &self->running;
    if (!element || running != (trace->since_ms != 0))
        return;
    if (running) {
        element->waiting++;
        element->oldest = element->oldest == 0 || trace->since_ms < element->oldest ? trace->since_ms : element->oldest;
        return;
    }
    element->passed += trace->left > 0;
    if (trace->entered == 1 && trace->left == 1)
        add_stay(self, element, trace->last_ms - trace->first_ms, 1);
}

static enum status open_command(struct work *work, void *arg, struct error *err)
{
    struct heat *self = arg;
    for (size_t i = self->first; i < self->first + self->count; i++) {
        struct work_case *of;
        struct error problem = ERROR_INIT;
        if (work_case_load(work, self->sample->ids.items[i], &of, &problem) != OK) {
            if (problem.kind == ERROR_UNAVAILABLE) {
                *err = problem;
                return FAILED;
            }
            /* One that cannot be read is for the audit to tell of. */
            log_event(LOG_WARNING, "heat.skipped", "id=%" PRId64 " problem=%s", self->sample->ids.items[i].id,
                      problem.type);
            continue;
        }
        self->sample->read++;
        bpmn_instance_trace(of->instance, add_trace, self);
    }
    return OK;
}

static enum status open_sample(const struct call *call, struct heat *self, struct sample *sample, struct error *err)
{
    enum status status = OK;
    self->sample = sample;
    for (self->first = 0; self->first < sample->ids.count && status == OK; self->first += self->count) {
        struct arena arena;
        arena_init(&arena);
        struct call batch = *call;
        batch.arena = &arena;
        self->count = sample->ids.count - self->first < AT_ONCE ? sample->ids.count - self->first : AT_ONCE;
        status = work_read(&batch, open_command, self, err);
        arena_release(&arena);
    }
    return status;
}

/* ---- Telling ---- */

static int by_length(const void *a, const void *b)
{
    const struct heat_stay *x = a, *y = b;
    return x->ms < y->ms ? -1 : x->ms > y->ms;
}

/* The smallest stay that at least this part of them does not exceed. */
static int64_t percentile(const struct heat_element *element, int64_t percent)
{
    int64_t rank = (element->timed * percent + 99) / 100;
    size_t i = 0;
    for (int64_t n = element->stays.items[0].n; n < rank; n += element->stays.items[i].n)
        i++;
    return element->stays.items[i].ms;
}

static int64_t scaled(int64_t n, const struct sample *sample)
{
    if (sample->read == 0 || (int64_t)sample->read == sample->total)
        return n;
    return (n * sample->total + (int64_t)sample->read / 2) / (int64_t)sample->read;
}

static struct value element_view(struct heat *self, size_t i)
{
    const struct bpmn_element_info *info = &bpmn_process_info(self->model.process)->elements[i];
    struct heat_element *element = &self->elements[i];
    struct view view;
    view_init(&view, self->arena);
    view_text(&view, "element", info->id);
    view_text(&view, "name", info->name.len ? info->name : info->id);
    view_text(&view, "kind", str_of(bpmn_type_name(info->type)));
    view_int(&view, "waiting", scaled(element->waiting, &self->running));
    view_int(&view, "passed", scaled(element->passed, &self->period));
    view_int(&view, "timed", element->timed);
    if (element->stays.count) {
        qsort(element->stays.items, element->stays.count, sizeof *element->stays.items, by_length);
        view_int(&view, "median_ms", percentile(element, 50));
        view_int(&view, "p90_ms", percentile(element, 90));
    }
    view_time(&view, "oldest", element->oldest);
    return view_done(&view);
}

static struct str day_text(struct arena *arena, int32_t day)
{
    struct clock_date date = day_date(day);
    return arena_printf(arena, "%04d-%02d-%02d", (int)date.year, date.month, date.day);
}

static struct value heat_view(struct heat *self)
{
    struct arena *arena = self->arena;
    struct list_builder elements;
    struct view view;
    list_builder_init(&elements, arena);
    for (size_t i = 0; i < bpmn_process_info(self->model.process)->element_count; i++)
        list_builder_push(&elements, element_view(self, i));
    view_init(&view, arena);
    view_text(&view, "process", self->version.process);
    view_text(&view, "title", self->version.title);
    view_text(&view, "source", str_of(version_source(&self->version)));
    view_int(&view, "version", self->version.number);
    view_text(&view, "from", day_text(arena, self->from));
    view_text(&view, "to", day_text(arena, self->to));
    view_int(&view, "cases", self->period.total);
    view_int(&view, "sampled", (int64_t)self->period.read);
    view_int(&view, "running", self->running.total);
    view_int(&view, "running_sampled", (int64_t)self->running.read);
    view_flag(&view, "exact", (int64_t)self->period.read == self->period.total &&
                                  (int64_t)self->running.read == self->running.total);
    view_put(&view, "precision_percent", value_double(self->as_of ? HEAT_PRECISION : 0));
    view_time(&view, "as_of", self->as_of);
    view_put(&view, "elements", list_builder_done(&elements));
    view_text(&view, "xml", self->model.xml);
    return view_done(&view);
}

enum status service_heat(const struct call *call, const struct service_heat_query *query, struct value *out,
                         struct error *err)
{
    struct heat self = {.query = query, .arena = call->arena};
    if (service_may(call, "process.read", err) != OK || work_read(call, choose_command, &self, err) != OK)
        return FAILED;
    if (self.as_of == 0 &&
        (open_sample(call, &self, &self.period, err) != OK || open_sample(call, &self, &self.running, err) != OK))
        return FAILED;
    *out = heat_view(&self);
    return OK;
}
