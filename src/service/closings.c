#include "service/closings.h"

struct closings *closings_new(void)
{
    return heap_alloc(sizeof(struct closings));
}

void closings_free(struct closings *self)
{
    heap_free(self);
}

void closings_count(struct closings *self, int64_t item, int64_t outcome)
{
    if (item <= 0 || outcome < 0 || outcome >= OUTCOME_COUNT)
        return;
    for (size_t i = 0; i < CLOSINGS_MAX; i++) {
        size_t at = ((size_t)item + i) % CLOSINGS_MAX;
        int64_t held = atomic_load_explicit(&self->of[at].item, memory_order_relaxed);
        if (held == 0 && atomic_compare_exchange_strong(&self->of[at].item, &held, item))
            held = item;
        if (held != item)
            continue;
        atomic_fetch_add_explicit(&self->of[at].by_outcome[outcome], 1, memory_order_relaxed);
        return;
    }
}

void closings_write(const struct service *service, const struct closings *self, struct buf *out)
{
    buf_put(out, STR("# TYPE tongban_cases_closed_by_item_total counter\n"));
    for (size_t i = 0; i < CLOSINGS_MAX; i++) {
        int64_t id = atomic_load_explicit(&self->of[i].item, memory_order_relaxed);
        const struct store_item *item = id ? service_item_of(service, id) : NULL;
        for (size_t o = 0; item && o < OUTCOME_COUNT; o++) {
            int64_t n = atomic_load_explicit(&self->of[i].by_outcome[o], memory_order_relaxed);
            if (n)
                buf_printf(out,
                           "tongban_cases_closed_by_item_total{item=\"%.*s\",version=\"%" PRId64
                           "\",outcome=\"%s\"} %" PRId64 "\n",
                           STR_ARGS(item->code), item->version, case_outcome_names[o], n);
        }
    }
}
