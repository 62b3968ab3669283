#include "service/page.h"

#include "service/deployed.h"

#include <stdlib.h>

#define LIMIT_USUAL 20
#define LIMIT_MOST 200

struct store_page page_scope(const struct call *call)
{
    struct actor_scope scope = actor_scope(call);
    if (scope.own)
        return (struct store_page){0};
    return (struct store_page){
        .division_from = scope.divisions.from, .division_to = scope.divisions.to, .unit = scope.unit};
}

void page_push(struct page *self, struct page_line line)
{
    VECTOR_PUSH(self->work->arena, &self->lines, line);
}

/* "due.id", or a key. */
static enum status read_cursor(struct page *self, const struct page_wanted *wanted, struct error *err)
{
    struct str cursor = wanted->cursor;
    ptrdiff_t dot = wanted->by_due ? str_find(cursor, STR("."), 0) : -1;
    self->scope.after_due = INT64_MIN;
    if (dot > 0 && str_to_int64(str_part(cursor, 0, (size_t)dot), &self->scope.after_due) &&
        str_to_int64(str_part(cursor, (size_t)dot + 1, cursor.len), &self->scope.after_id))
        return OK;
    if (wanted->by_due && cursor.len)
        cursor = STR("?");
    return service_cursor(cursor, &self->scope.after_id, err);
}

static int by_due(const void *a, const void *b)
{
    const struct page_line *x = a, *y = b;
    if (x->due != y->due)
        return x->due < y->due ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

enum status page_read(struct page *self, const struct page_wanted *wanted, page_reader *read, struct error *err)
{
    struct work *work = self->work;
    size_t limit = (size_t)limit_between(wanted->limit, LIMIT_USUAL, LIMIT_MOST);
    int64_t *regions;
    self->scope = page_scope(work->call);
    self->lines.count = 0;
    self->next = value_null;
    if (read_cursor(self, wanted, err) != OK)
        return FAILED;
    struct division_range range = {self->scope.division_from, self->scope.division_to};
    size_t count = region_list(work->service, range, work->arena, &regions);
    for (size_t i = 0; i < count && (wanted->by_due || self->lines.count <= limit); i++) {
        self->scope.region = regions[i];
        self->scope.limit = (int64_t)limit + 1;
        if (read(self, err) != OK)
            return FAILED;
    }
    if (wanted->by_due && self->lines.count)
        qsort(self->lines.items, self->lines.count, sizeof *self->lines.items, by_due);
    if (self->lines.count <= limit)
        return OK;
    self->lines.count = limit;
    const struct page_line *last = &self->lines.items[limit - 1];
    self->next = value_string(wanted->by_due ? arena_printf(work->arena, "%" PRId64 ".%" PRId64, last->due, last->id)
                                             : key_text(work->arena, last->id));
    return OK;
}

struct value page_view(struct page *self, struct value items)
{
    struct view view;
    view_init(&view, self->work->arena);
    view_put(&view, "items", items);
    view_put(&view, "next", self->next);
    return view_done(&view);
}

enum status page_list(struct page *self, const struct page_wanted *wanted, page_reader *read, page_shower *show,
                      struct value *out, struct error *err)
{
    struct list_builder items;
    list_builder_init(&items, self->work->arena);
    if (page_read(self, wanted, read, err) != OK)
        return FAILED;
    for (size_t i = 0; i < self->lines.count; i++) {
        struct value item;
        if (show(self, &self->lines.items[i], &item, err) != OK)
            return FAILED;
        list_builder_push(&items, item);
    }
    *out = page_view(self, list_builder_done(&items));
    return OK;
}

void page_put_case(struct view *view, const struct work_case *of)
{
    view_text(view, "case", of->no);
    if (!of->deployed)
        view_text(view, "item", of->item->code);
    view_text(view, "item_title", of->item->title);
    view_text(view, "region", division_text(of->work->arena, of->row.division));
    view_text(view, "process", of->item->process);
}

void page_put_element(struct view *view, const struct work_case *of, struct str element, int64_t at)
{
    const struct bpmn_process *process = at ? bpmn_instance_process_at(of->instance, at) : NULL;
    const struct bpmn_element_info *info =
        bpmn_process_element(process ? process : bpmn_instance_process(of->instance), element);
    view_text(view, "element", element);
    view_text(view, "name", info && info->name.len ? info->name : element);
    if (info)
        view_text(view, "kind", str_of(bpmn_type_name(info->type)));
}
