/* Counting of answers: a small table for each thread, a shared one behind a lock.
 *
 *   value --json_write--> text --local cache--> number --counts--> added up under the lock, once a chunk
 *                              \--miss--> canonical JSON --shared table--> number
 *
 * Values whose texts are equal have equal canonical JSON, so the cache may stand in front of it. */
#include "service/tally.h"

#include "feel/json.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 32768 /* of the shared tables: a power of two, above three times the limits */
#define TEXTS_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define CACHE_SLOTS 1024
#define CACHE_TEXT_MAX 236
#define CHANGE_SLOTS 256

struct answer {
    struct str text; /* canonical JSON */
    int64_t count, proposed;
};

struct change {
    uint32_t from, to;
    int64_t count; /* 0: a free slot */
};

struct tally {
    pthread_mutex_t lock; /* over all below */
    struct arena arena;   /* texts of answers */
    struct answer *answers;
    size_t answer_count;
    uint32_t *answer_slots;
    struct change *changes; /* SLOTS of them */
    size_t change_count;
    int64_t change_total, change_others;
    struct tally_one *list; /* room for twice list_max; the rest is cut off now and then */
    size_t list_count, list_max;
    bool list_cut; /* nobody beyond list[list_max - 1] is wanted */
    int64_t listed;
};

struct cached {
    uint64_t hash;
    uint32_t answer;
    uint16_t len;
    bool used;
    char text[CACHE_TEXT_MAX];
};

struct tally_local {
    struct tally *shared;
    struct buf text;
    struct cached *cache;
    int64_t *counts, *proposed; /* by answer */
    struct change changes[CHANGE_SLOTS];
    int64_t change_total;
    struct tally_one *list;
    size_t list_count, list_capacity;
    int64_t listed;
};

struct tally *tally_new(size_t list_max)
{
    struct tally *self = heap_alloc(sizeof *self);
    pthread_mutex_init(&self->lock, NULL);
    arena_init(&self->arena);
    self->answers = heap_alloc((TALLY_ANSWERS_MAX + 1) * sizeof *self->answers);
    self->answer_count = 1;
    self->answer_slots = heap_alloc(SLOTS * sizeof *self->answer_slots);
    self->changes = heap_alloc(SLOTS * sizeof *self->changes);
    self->list = heap_alloc(2 * list_max * sizeof *self->list);
    self->list_max = list_max;
    return self;
}

void tally_free(struct tally *self)
{
    if (!self)
        return;
    pthread_mutex_destroy(&self->lock);
    arena_release(&self->arena);
    heap_free(self->answers);
    heap_free(self->answer_slots);
    heap_free(self->changes);
    heap_free(self->list);
    heap_free(self);
}

/* ---- Answers ---- */

static uint32_t find_answer(struct tally *self, struct str text)
{
    size_t slot = (size_t)str_hash(text) & (SLOTS - 1);
    for (; self->answer_slots[slot]; slot = (slot + 1) & (SLOTS - 1))
        if (str_equal(self->answers[self->answer_slots[slot]].text, text))
            return self->answer_slots[slot];
    if (self->answer_count > TALLY_ANSWERS_MAX || self->arena.used + text.len > TEXTS_BYTES_MAX)
        return TALLY_OTHER;
    uint32_t number = (uint32_t)self->answer_count++;
    self->answers[number].text = arena_str(&self->arena, text);
    self->answer_slots[slot] = number;
    return number;
}

uint32_t tally_answer(struct tally *self, struct value v)
{
    struct arena arena;
    arena_init(&arena);
    struct str text = json_canonical(&arena, v);
    pthread_mutex_lock(&self->lock);
    uint32_t number = find_answer(self, text);
    pthread_mutex_unlock(&self->lock);
    arena_release(&arena);
    return number;
}

struct tally_local *tally_local_new(struct tally *shared)
{
    struct tally_local *self = heap_alloc(sizeof *self);
    self->shared = shared;
    buf_init(&self->text, 0);
    self->cache = heap_alloc(CACHE_SLOTS * sizeof *self->cache);
    self->counts = heap_alloc((TALLY_ANSWERS_MAX + 1) * sizeof *self->counts);
    self->proposed = heap_alloc((TALLY_ANSWERS_MAX + 1) * sizeof *self->proposed);
    return self;
}

void tally_local_free(struct tally_local *self)
{
    if (!self)
        return;
    buf_release(&self->text);
    heap_free(self->cache);
    heap_free(self->counts);
    heap_free(self->proposed);
    heap_free(self->list);
    heap_free(self);
}

uint32_t tally_local_answer(struct tally_local *self, struct value v)
{
    buf_reset(&self->text);
    json_write(&self->text, v);
    struct str text = buf_str(&self->text);
    if (text.len > CACHE_TEXT_MAX)
        return tally_answer(self->shared, v);
    uint64_t hash = str_hash(text);
    struct cached *cached = &self->cache[hash & (CACHE_SLOTS - 1)];
    if (cached->used && cached->hash == hash && str_equal((struct str){cached->text, cached->len}, text))
        return cached->answer;
    cached->answer = tally_answer(self->shared, v);
    cached->used = true;
    cached->hash = hash;
    cached->len = (uint16_t)text.len;
    memcpy(cached->text, text.data, text.len);
    return cached->answer;
}

/* ---- Counting ---- */

void tally_count(struct tally_local *self, uint32_t answer)
{
    self->counts[answer]++;
}

void tally_count_proposed(struct tally_local *self, uint32_t answer)
{
    self->proposed[answer]++;
}

static size_t change_slot(uint32_t from, uint32_t to)
{
    uint64_t mixed = ((uint64_t)from << 32 | to) * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(mixed >> 40);
}

/* Under the lock. */
static void add_change(struct tally *self, const struct change *change)
{
    size_t slot = change_slot(change->from, change->to) & (SLOTS - 1);
    for (; self->changes[slot].count; slot = (slot + 1) & (SLOTS - 1)) {
        struct change *known = &self->changes[slot];
        if (known->from == change->from && known->to == change->to) {
            known->count += change->count;
            return;
        }
    }
    if (self->change_count == TALLY_CHANGES_MAX) {
        self->change_others += change->count;
        return;
    }
    self->changes[slot] = *change;
    self->change_count++;
}

void tally_count_change(struct tally_local *self, uint32_t from, uint32_t to)
{
    struct change *change = &self->changes[change_slot(from, to) & (CHANGE_SLOTS - 1)];
    if (change->count && (change->from != from || change->to != to)) {
        pthread_mutex_lock(&self->shared->lock);
        add_change(self->shared, change);
        pthread_mutex_unlock(&self->shared->lock);
        change->count = 0;
    }
    change->from = from;
    change->to = to;
    change->count++;
    self->change_total++;
}

static int by_key(const void *a, const void *b)
{
    const struct tally_one *x = a, *y = b;
    if (x->region != y->region)
        return x->region < y->region ? -1 : 1;
    return memcmp(x->id, y->id, sizeof x->id);
}

void tally_list(struct tally_local *self, const struct tally_one *one)
{
    self->listed++;
    if (self->shared->list_max == 0)
        return;
    if (self->list_count == self->list_capacity) {
        self->list_capacity = self->list_capacity ? self->list_capacity * 2 : 1024;
        self->list = heap_grow(self->list, self->list_capacity * sizeof *self->list);
    }
    self->list[self->list_count++] = *one;
}

/* Under the lock: sorts and keeps the first. */
static void cut_list(struct tally *self)
{
    qsort(self->list, self->list_count, sizeof *self->list, by_key);
    if (self->list_count < self->list_max)
        return;
    self->list_count = self->list_max;
    self->list_cut = true;
}

static void add_list(struct tally *self, const struct tally_one *ones, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (self->list_cut && by_key(&ones[i], &self->list[self->list_max - 1]) > 0)
            continue;
        self->list[self->list_count++] = ones[i];
        if (self->list_count == 2 * self->list_max)
            cut_list(self);
    }
}

void tally_add_up(struct tally_local *self)
{
    struct tally *shared = self->shared;
    pthread_mutex_lock(&shared->lock);
    for (size_t i = 0; i < shared->answer_count; i++) {
        shared->answers[i].count += self->counts[i];
        shared->answers[i].proposed += self->proposed[i];
        self->counts[i] = self->proposed[i] = 0;
    }
    for (size_t i = 0; i < CHANGE_SLOTS; i++) {
        if (self->changes[i].count)
            add_change(shared, &self->changes[i]);
        self->changes[i].count = 0;
    }
    shared->change_total += self->change_total;
    shared->listed += self->listed;
    add_list(shared, self->list, self->list_count);
    pthread_mutex_unlock(&shared->lock);
    self->change_total = self->listed = 0;
    self->list_count = 0;
}

void tally_finish(struct tally *self)
{
    pthread_mutex_lock(&self->lock);
    cut_list(self);
    pthread_mutex_unlock(&self->lock);
}

/* ---- Reading ---- */

/* Under the lock. */
static struct value value_of(const struct tally *self, struct arena *arena, uint32_t answer)
{
    struct value v = value_null;
    struct error ignored = ERROR_INIT;
    static const struct json_limits limits = {.max_depth = VALUE_DEPTH_MAX};
    if (answer == TALLY_OTHER || json_parse(arena, self->answers[answer].text, &limits, &v, &ignored) != OK)
        return value_null;
    return v;
}

struct value tally_value(struct tally *self, struct arena *arena, uint32_t answer)
{
    pthread_mutex_lock(&self->lock);
    struct value v = value_of(self, arena, answer);
    pthread_mutex_unlock(&self->lock);
    return v;
}

struct ranked {
    int64_t count;
    struct str text, more; /* order those of one count: numbers depend on which thread came first */
    size_t at;
};

static int most_first(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    int order = str_compare(x->text, y->text);
    return order ? order : str_compare(x->more, y->more);
}

static struct value answer_line(const struct tally *self, struct arena *arena, uint32_t number, bool compared)
{
    const struct answer *answer = &self->answers[number];
    struct context_builder line;
    context_builder_init(&line, arena);
    if (number != TALLY_OTHER)
        context_builder_put(&line, STR("value"), value_of(self, arena, number));
    context_builder_put(&line, STR("count"), value_int(answer->count));
    if (compared)
        context_builder_put(&line, STR("proposed"), value_int(answer->proposed));
    return context_builder_done(&line);
}

struct value tally_answers(struct tally *self, struct arena *arena, bool compared)
{
    struct list_builder lines;
    list_builder_init(&lines, arena);
    pthread_mutex_lock(&self->lock);
    struct ranked *ranked = arena_array(arena, struct ranked, self->answer_count);
    size_t count = 0;
    for (size_t i = 1; i < self->answer_count; i++)
        if (self->answers[i].count || self->answers[i].proposed)
            ranked[count++] = (struct ranked){.count = self->answers[i].count, .text = self->answers[i].text, .at = i};
    if (count)
        qsort(ranked, count, sizeof *ranked, most_first);
    for (size_t i = 0; i < count; i++)
        list_builder_push(&lines, answer_line(self, arena, (uint32_t)ranked[i].at, compared));
    if (self->answers[TALLY_OTHER].count || self->answers[TALLY_OTHER].proposed)
        list_builder_push(&lines, answer_line(self, arena, TALLY_OTHER, compared));
    pthread_mutex_unlock(&self->lock);
    return list_builder_done(&lines);
}

static struct value change_line(const struct tally *self, struct arena *arena, const struct change *change)
{
    struct context_builder line;
    context_builder_init(&line, arena);
    if (change->from != TALLY_OTHER)
        context_builder_put(&line, STR("from"), value_of(self, arena, change->from));
    if (change->to != TALLY_OTHER)
        context_builder_put(&line, STR("to"), value_of(self, arena, change->to));
    context_builder_put(&line, STR("count"), value_int(change->count));
    return context_builder_done(&line);
}

struct value tally_changes(struct tally *self, struct arena *arena)
{
    struct list_builder lines;
    list_builder_init(&lines, arena);
    pthread_mutex_lock(&self->lock);
    struct ranked *ranked = arena_array(arena, struct ranked, self->change_count);
    size_t count = 0;
    for (size_t i = 0; i < SLOTS; i++)
        if (self->changes[i].count)
            ranked[count++] = (struct ranked){.count = self->changes[i].count,
                                              .text = self->answers[self->changes[i].from].text,
                                              .more = self->answers[self->changes[i].to].text,
                                              .at = i};
    if (count)
        qsort(ranked, count, sizeof *ranked, most_first);
    for (size_t i = 0; i < count; i++)
        list_builder_push(&lines, change_line(self, arena, &self->changes[ranked[i].at]));
    struct context_builder view;
    context_builder_init(&view, arena);
    context_builder_put(&view, STR("count"), value_int(self->change_total));
    if (self->change_others)
        context_builder_put(&view, STR("others"), value_int(self->change_others));
    pthread_mutex_unlock(&self->lock);
    context_builder_put(&view, STR("items"), list_builder_done(&lines));
    return context_builder_done(&view);
}

size_t tally_page(struct tally *self, struct arena *arena, size_t from, size_t limit, struct tally_one **out,
                  int64_t *listed)
{
    pthread_mutex_lock(&self->lock);
    size_t kept = self->list_count < self->list_max ? self->list_count : self->list_max;
    size_t count = from < kept ? kept - from : 0;
    if (count > limit)
        count = limit;
    struct tally_one *page = arena_array(arena, struct tally_one, count);
    for (size_t i = 0; i < count; i++)
        page[i] = self->list[from + i];
    *listed = self->listed;
    pthread_mutex_unlock(&self->lock);
    *out = page;
    return count;
}
