#include "service/versions.h"

#include "service/deployed.h"
#include "service/operate.h"
#include "store/heat.h"

#include <stdlib.h>

/* ---- Reading ---- */

static struct version *by_hash(struct versions *self, struct str process, struct str hash, int64_t *last)
{
    *last = 0;
    for (size_t i = 0; i < self->list.count; i++) {
        struct version *version = &self->list.items[i];
        if (version->deployed || !str_equal(version->process, process))
            continue;
        *last = version->number > *last ? version->number : *last;
        if (str_equal(version->hash, hash))
            return version;
    }
    return NULL;
}

/* A file of a set that holds the process; the same content again is the same version. */
static void add_packed(struct work *work, struct versions *self, const struct pack_process *process,
                       const struct store_set_file *file)
{
    int64_t last;
    struct version *known = by_hash(self, process->id, file->hash, &last);
    if (known) {
        known->packs = file->set > known->packs ? file->set : known->packs;
        return;
    }
    const struct bpmn_process_info *info = bpmn_process_info(process->process);
    struct version version = {.process = process->id,
                              .title = info->name.len ? info->name : process->id,
                              .number = last + 1,
                              .hash = file->hash,
                              .packs = file->set,
                              .since = file->stored};
    VECTOR_PUSH(work->arena, &self->list, version);
}

static void read_packed(struct work *work, struct versions *self)
{
    const struct pack_set *packs = service_packs(work->service);
    size_t count;
    const struct pack_process *const *all = pack_processes(packs, &count);
    for (size_t i = 0; i < count; i++) {
        struct str pack = pack_id(all[i]->pack);
        int64_t last;
        for (size_t f = 0; f < self->file_count; f++)
            if (str_equal(self->files[f].path, all[i]->file->path) && str_equal(self->files[f].pack, pack))
                add_packed(work, self, all[i], &self->files[f]);
        struct version *now = by_hash(self, all[i]->id, all[i]->file->hash, &last);
        if (now)
            now->in_force = true;
    }
}

static struct version *add_deployed(struct work *work, struct versions *self, const struct store_definition *row)
{
    struct version version = {.process = row->name,
                              .title = row->title.len ? row->title : row->name,
                              .tag = row->tag,
                              .deployed = true,
                              .number = row->version,
                              .definition = row->id,
                              .hash = row->hash,
                              .since = row->deployed};
    VECTOR_PUSH(work->arena, &self->list, version);
    return &self->list.items[self->list.count - 1];
}

static enum status read_deployed(struct work *work, struct versions *self, struct error *err)
{
    struct store_definition *rows;
    int64_t after = 0;
    size_t first = self->list.count;
    for (size_t count = 500; count == 500;) {
        if (store_definition_list(work->tx, work->arena, STORE_PROCESS, after, 500, &rows, &count, err) != OK)
            return FAILED;
        for (size_t i = 0; i < count; i++) {
            add_deployed(work, self, &rows[i]);
            after = rows[i].id;
        }
    }
    for (size_t i = first; i < self->list.count; i++) {
        bool newest = true;
        for (size_t n = first; n < self->list.count && newest; n++)
            newest = self->list.items[n].number <= self->list.items[i].number ||
                     !str_equal(self->list.items[n].process, self->list.items[i].process);
        self->list.items[i].in_force = newest;
    }
    return OK;
}

enum status versions_read(struct work *work, struct versions *out, struct error *err)
{
    *out = (struct versions){0};
    struct store_set_file *files;
    if (store_set_files(work->tx, work->arena, STR("processes/"), STR("processes0"), &files, &out->file_count, err) !=
        OK)
        return FAILED;
    out->files = files;
    read_packed(work, out);
    return read_deployed(work, out, err);
}

/* ---- Whose ---- */

static enum status of_definition(struct work *work, struct versions *self, int64_t key, struct version **out,
                                 struct error *err)
{
    struct store_definition row;
    bool found;
    for (size_t i = 0; i < self->list.count; i++)
        if (self->list.items[i].definition == key) {
            *out = &self->list.items[i];
            return OK;
        }
    /* One that is no longer started still has cases. */
    if (store_definition_find(work->tx, work->arena, key, &row, &found, err) != OK)
        return FAILED;
    *out = found ? add_deployed(work, self, &row) : NULL;
    return OK;
}

static const struct store_set_file *file_of(const struct versions *self, const struct pack_process *process,
                                            int64_t set)
{
    struct str pack = pack_id(process->pack);
    for (size_t i = 0; i < self->file_count; i++)
        if (self->files[i].set == set && str_equal(self->files[i].path, process->file->path) &&
            str_equal(self->files[i].pack, pack))
            return &self->files[i];
    return NULL;
}

/* What an item runs in a set: read from the set in force while it knows the item, which saves loading old sets. */
static enum status process_of(struct work *work, const struct versions *self, const struct store_case_group *group,
                              const struct pack_process **process, const struct store_set_file **file,
                              struct error *err)
{
    const struct store_item *row = service_item_of(work->service, group->item);
    const struct pack_set *sets[2] = {service_packs(work->service), NULL};
    *process = NULL;
    *file = NULL;
    for (size_t i = 0; row && i < 2 && !*file; i++) {
        if (i == 1 && !(sets[1] = service_packs_of(work->service, work->tx, group->packs, err)))
            return FAILED;
        const struct pack_item *item = pack_item_version(sets[i], row->code, row->version);
        *process = item ? pack_process_find(sets[i], item->process) : NULL;
        *file = *process ? file_of(self, *process, group->packs) : NULL;
    }
    return OK;
}

enum status versions_of(struct work *work, struct versions *self, const struct store_case_group *group,
                        struct version **out, struct error *err)
{
    const struct pack_process *process;
    const struct store_set_file *file;
    int64_t last;
    *out = NULL;
    if (group->item < 0)
        return of_definition(work, self, -group->item, out, err);
    if (process_of(work, self, group, &process, &file, err) != OK)
        return FAILED;
    if (!file)
        return OK;
    add_packed(work, self, process, file);
    *out = by_hash(self, process->id, file->hash, &last);
    return OK;
}

static bool is_source(const struct version *version, struct str source)
{
    return source.len == 0 || str_equal(source, str_of(version_source(version)));
}

/* Packs before deployed ones, the one in force before others, then the newest. */
static bool better(const struct version *a, const struct version *b)
{
    if (a->deployed != b->deployed)
        return !a->deployed;
    if (a->in_force != b->in_force)
        return a->in_force;
    return a->number > b->number;
}

enum status versions_find(struct versions *self, const struct version_name *name, struct version **out,
                          struct error *err)
{
    struct version *best = NULL;
    for (size_t i = 0; i < self->list.count; i++) {
        struct version *version = &self->list.items[i];
        if (str_equal(version->process, name->process) && is_source(version, name->source) &&
            (name->number == 0 || version->number == name->number) && (!best || better(version, best)))
            best = version;
    }
    if (best) {
        *out = best;
        return OK;
    }
    error_set(err, ERROR_NOT_FOUND, "version-not-found", "There is no process %.*s%s.", STR_ARGS(name->process),
              name->number ? " in that version" : "");
    error_field(err, name->number ? "version" : "process");
    return error_hint(err, "Look at the list of processes and versions.");
}

enum status versions_runs(struct work *work, struct versions *self, const struct version *wanted,
                          const struct store_case_group *group, bool *out, struct error *err)
{
    struct version *found;
    if (versions_of(work, self, group, &found, err) != OK)
        return FAILED;
    *out = found && found->deployed == wanted->deployed && found->number == wanted->number &&
           str_equal(found->process, wanted->process);
    return OK;
}

enum status versions_groups(struct work *work, struct versions *self, const struct version *version,
                            const struct store_page *scope, struct version_groups *out, struct error *err)
{
    struct store_case_group *all;
    struct version wanted = *version;
    size_t count;
    if (store_case_groups(work->tx, work->arena, scope, out->of, &all, &count, err) != OK)
        return FAILED;
    out->items = arena_array(work->arena, struct store_case_group, count);
    out->count = 0;
    for (size_t i = 0; i < count; i++) {
        bool runs;
        if (versions_runs(work, self, &wanted, &all[i], &runs, err) != OK)
            return FAILED;
        if (runs)
            out->items[out->count++] = all[i];
    }
    return OK;
}

enum status versions_model(struct work *work, const struct version *version, struct version_model *out,
                           struct error *err)
{
    *out = (struct version_model){0};
    if (version->deployed) {
        if (deployed_by_key(work->service, work->tx, version->definition, &out->deployed, err) != OK)
            return FAILED;
        out->process = out->deployed ? out->deployed->process : NULL;
        out->xml = out->deployed ? out->deployed->model->file.text : STR_NONE;
    } else {
        out->packs = service_packs_of(work->service, work->tx, version->packs, err);
        if (!out->packs)
            return FAILED;
        const struct pack_process *process = pack_process_find(out->packs, version->process);
        out->process = process ? process->process : NULL;
        out->xml = process ? process->file->text : STR_NONE;
    }
    if (!out->process)
        return error_set(err, ERROR_INTERNAL, "definition-missing", "The process %.*s is not there.",
                         STR_ARGS(version->process));
    return OK;
}

/* ---- The list ---- */

static enum status add_group(struct work *work, struct versions *self, struct store_case_group group,
                             enum store_group_of of, struct error *err)
{
    struct version *version;
    if (group.n == 0)
        return OK;
    if (versions_of(work, self, &group, &version, err) != OK)
        return FAILED;
    if (!version)
        return OK;
    version->ended += of == STORE_CASES_ALL ? group.n : of == STORE_CASES_RUNNING ? -group.n : 0;
    version->running += of == STORE_CASES_RUNNING ? group.n : 0;
    version->stuck += of == STORE_CASES_STUCK ? group.n : 0;
    return OK;
}

static enum status count_counted(struct work *work, struct versions *self, int64_t region, int64_t area,
                                 struct error *err)
{
    struct store_heat_group *groups;
    size_t count;
    if (store_heat_groups(work->tx, work->arena, region, area, &groups, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        struct store_case_group group = {groups[i].item, groups[i].packs, groups[i].running + groups[i].closed};
        if (add_group(work, self, group, STORE_CASES_ALL, err) != OK)
            return FAILED;
        group.n = groups[i].running;
        if (add_group(work, self, group, STORE_CASES_RUNNING, err) != OK)
            return FAILED;
    }
    return OK;
}

/* Of cases with an item the sums tell; those of deployed processes, and any scope that has no sums, are counted. */
static enum status count_region(struct work *work, struct versions *self, const struct store_page *scope,
                                struct error *err)
{
    int64_t area;
    bool summed = store_heat_area(scope, &area);
    if (summed && count_counted(work, self, scope->region, area, err) != OK)
        return FAILED;
    const enum store_group_of kinds[][2] = {{STORE_CASES_ALL, STORE_CASES_DEFINED},
                                            {STORE_CASES_RUNNING, STORE_CASES_DEFINED_RUNNING},
                                            {STORE_CASES_STUCK, STORE_CASES_STUCK}};
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        struct store_case_group *groups;
        size_t count;
        if (store_case_groups(work->tx, work->arena, scope, kinds[k][summed], &groups, &count, err) != OK)
            return FAILED;
        for (size_t i = 0; i < count; i++)
            if (add_group(work, self, groups[i], kinds[k][0], err) != OK)
                return FAILED;
    }
    return OK;
}

static int in_order(const void *a, const void *b)
{
    const struct version *x = a, *y = b;
    int order = str_compare(x->process, y->process);
    if (order || x->deployed != y->deployed)
        return order ? order : (int)x->deployed - (int)y->deployed;
    return x->number > y->number ? -1 : x->number < y->number;
}

struct asking {
    const struct service_version_query *query;
    struct value view;
};

static struct value version_line(struct arena *arena, const struct version *version)
{
    struct view view;
    view_init(&view, arena);
    view_text(&view, "process", version->process);
    view_text(&view, "title", version->title);
    view_text(&view, "source", str_of(version_source(version)));
    view_int(&view, "version", version->number);
    view_text(&view, "tag", version->tag);
    view_text(&view, "key", version->definition ? key_text(arena, version->definition) : STR_NONE);
    view_time(&view, "since", version->since);
    view_flag(&view, "in_force", version->in_force);
    view_int(&view, "running", version->running);
    view_int(&view, "ended", version->ended);
    view_int(&view, "incidents", version->stuck);
    return view_done(&view);
}

static bool is_wanted(const struct version *version, const struct service_version_query *query)
{
    if (query->process.len && !str_equal(version->process, query->process))
        return false;
    if (query->running && version->running == 0)
        return false;
    return query->text.len == 0 || str_find(version->process, query->text, 0) >= 0 ||
           str_find(version->title, query->text, 0) >= 0;
}

static enum status list_command(struct work *work, void *arg, struct error *err)
{
    struct asking *a = arg;
    struct versions all;
    struct store_page scope = page_scope(work->call);
    struct division_range range = {scope.division_from, scope.division_to};
    struct list_builder items;
    int64_t *regions, skip;
    size_t limit = (size_t)limit_between(a->query->limit, 20, 200), seen = 0;
    list_builder_init(&items, work->arena);
    if (service_cursor(a->query->cursor, &skip, err) != OK || versions_read(work, &all, err) != OK)
        return FAILED;
    size_t count = region_list(work->service, range, work->arena, &regions);
    for (size_t i = 0; i < count; i++) {
        scope.region = regions[i];
        if (count_region(work, &all, &scope, err) != OK)
            return FAILED;
    }
    if (all.list.count)
        qsort(all.list.items, all.list.count, sizeof *all.list.items, in_order);
    struct page page = {.work = work, .next = value_null};
    for (size_t i = 0; i < all.list.count; i++) {
        const struct version *version = &all.list.items[i];
        if (!is_wanted(version, a->query) || (int64_t)seen++ < skip)
            continue;
        if (items.items.count == limit) {
            page.next = value_string(arena_printf(work->arena, "%zu", seen - 1));
            break;
        }
        list_builder_push(&items, version_line(work->arena, version));
    }
    a->view = page_view(&page, list_builder_done(&items));
    return OK;
}

enum status service_version_list(const struct call *call, const struct service_version_query *query,
                                 struct value *out, struct error *err)
{
    struct asking arg = {.query = query};
    if (service_may(call, "process.read", err) != OK || work_read(call, list_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}
