/* Lists over every region of an actor's scope, page by page: by key, or by due date and key. */
#pragma once

#include "service/work.h"
#include "store/operate.h"

struct page_line {
    int64_t due, id, case_id;
    const void *row; /* the reader's */
};
struct page {
    struct work *work;
    const void *wanted;     /* the reader's filter */
    struct store_page scope; /* of the region that is read */
    VECTOR(struct page_line) lines;
    struct value next; /* cursor of the page behind, or null */
};
/* Adds the lines of one region in their order, at most scope.limit. */
typedef enum status page_reader(struct page *self, struct error *err);

struct page_wanted {
    int64_t limit; /* 0: 20; at most 200 */
    struct str cursor;
    bool by_due;
};
/* Scope of the actor: all but region, place and limit. */
struct store_page page_scope(const struct call *call);
/* Fills lines and next. bad-cursor. */
MUST_USE enum status page_read(struct page *self, const struct page_wanted *wanted, page_reader *read,
                               struct error *err);
void page_push(struct page *self, struct page_line line);
/* What a reader of the list sees of one line. */
typedef enum status page_shower(struct page *self, const struct page_line *line, struct value *out, struct error *err);
/* page_read, and each line as it is shown: {items, next}. */
MUST_USE enum status page_list(struct page *self, const struct page_wanted *wanted, page_reader *read,
                               page_shower *show, struct value *out, struct error *err);
/* {items, next}. */
struct value page_view(struct page *self, struct value items);

/* case_list.c: the cases of a filter in all regions of its divisions, newest first: as many as its limit says, and
 * those behind that have the id of the last. */
MUST_USE enum status case_rows(struct work *work, const struct store_case_filter *wanted, struct store_case **out,
                               size_t *count, struct error *err);

/* Where a line stands, for people: case, item, item_title, process, and of an element its id, name and type. at: key of
 * its element instance, 0: in the process itself. */
void page_put_case(struct view *view, const struct work_case *of);
void page_put_element(struct view *view, const struct work_case *of, struct str element, int64_t at);
