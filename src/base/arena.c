/* Arenas, heap memory, and the growing buffers and vectors that live in them. malloc appears only here. */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_FIRST ((size_t)8 * 1024)
#define CHUNK_LARGEST ((size_t)1024 * 1024)
#define ALIGNMENT 16

/* Newest first: [chunk] -> older -> ... -> first. */
struct arena_chunk {
    struct arena_chunk *older;
    size_t size;
    size_t used;
    size_t padding; /* keeps data aligned to 16 */
    unsigned char data[];
};

void *heap_alloc(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    if (!memory)
        abort();
    return memory;
}

void *heap_grow(void *memory, size_t size)
{
    void *grown = realloc(memory, size ? size : 1);
    if (!grown)
        abort();
    return grown;
}

void heap_free(void *memory)
{
    free(memory);
}

void arena_init(struct arena *self)
{
    *self = (struct arena){0};
}

void arena_release(struct arena *self)
{
    for (struct arena_chunk *chunk = self->chunk; chunk;) {
        struct arena_chunk *older = chunk->older;
        free(chunk);
        chunk = older;
    }
    *self = (struct arena){0};
}

void arena_reset(struct arena *self)
{
    while (self->chunk && self->chunk->older) {
        struct arena_chunk *older = self->chunk->older;
        free(self->chunk);
        self->chunk = older;
    }
    if (self->chunk)
        self->chunk->used = 0;
    self->used = 0;
}

static void arena_add_chunk(struct arena *self, size_t needed)
{
    size_t size = self->chunk ? self->chunk->size * 2 : CHUNK_FIRST;
    if (size > CHUNK_LARGEST)
        size = CHUNK_LARGEST;
    if (size < needed)
        size = needed;
    struct arena_chunk *chunk = malloc(sizeof(*chunk) + size);
    if (!chunk)
        abort();
    chunk->older = self->chunk;
    chunk->size = size;
    chunk->used = 0;
    self->chunk = chunk;
}

void *arena_alloc_raw(struct arena *self, size_t size)
{
    CHECK(size <= SIZE_MAX / 2);
    size_t rounded = (size + (ALIGNMENT - 1)) & ~(size_t)(ALIGNMENT - 1);
    if (!self->chunk || self->chunk->size - self->chunk->used < rounded)
        arena_add_chunk(self, rounded);
    void *memory = self->chunk->data + self->chunk->used;
    self->chunk->used += rounded;
    self->used += rounded;
    return memory;
}

void *arena_alloc(struct arena *self, size_t size)
{
    return memset(arena_alloc_raw(self, size), 0, size);
}

void *arena_alloc_array(struct arena *self, size_t count, size_t size)
{
    CHECK(size == 0 || count <= SIZE_MAX / 2 / size);
    return arena_alloc(self, count * size);
}

struct arena_mark arena_mark(const struct arena *self)
{
    return (struct arena_mark){self->chunk, self->chunk ? self->chunk->used : 0, self->used};
}

void arena_rewind(struct arena *self, struct arena_mark mark)
{
    if (!mark.chunk) { /* nothing was allocated at the mark */
        arena_reset(self);
        return;
    }
    while (self->chunk != mark.chunk) {
        CHECK(self->chunk);
        struct arena_chunk *older = self->chunk->older;
        free(self->chunk);
        self->chunk = older;
    }
    self->chunk->used = mark.chunk_used;
    self->used = mark.used;
}

bool arena_exhausted(const struct arena *self)
{
    return self->limit && self->used > self->limit;
}

struct str arena_str(struct arena *self, struct str s)
{
    char *copy = arena_alloc_raw(self, s.len + 1);
    if (s.len)
        memcpy(copy, s.data, s.len);
    copy[s.len] = 0;
    return (struct str){copy, s.len};
}

const char *arena_cstr(struct arena *self, struct str s)
{
    return arena_str(self, s).data;
}

struct str arena_printf(struct arena *self, const char *format, ...)
{
    CHECK(format);
    va_list measure;
    va_list write;
    va_start(measure, format);
    va_copy(write, measure);
    int len = vsnprintf(NULL, 0, format, measure);
    va_end(measure);
    CHECK(len >= 0);
    char *text = arena_alloc_raw(self, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, write);
    va_end(write);
    return (struct str){text, (size_t)len};
}

struct str arena_join(struct arena *self, const struct str *parts, size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += parts[i].len;
    char *text = arena_alloc_raw(self, len + 1);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len)
            memcpy(text + at, parts[i].data, parts[i].len);
        at += parts[i].len;
    }
    text[len] = 0;
    return (struct str){text, len};
}

void *vector_grow(struct arena *arena, void *items, size_t count, size_t *capacity, size_t size)
{
    size_t grown = *capacity ? *capacity * 2 : 8;
    CHECK(grown <= SIZE_MAX / 2 / size);
    void *copy = arena_alloc_raw(arena, grown * size);
    if (count)
        memcpy(copy, items, count * size);
    *capacity = grown;
    return copy;
}

void buf_init(struct buf *self, size_t max)
{
    *self = (struct buf){.max = max ? max : BUF_MAX_DEFAULT};
}

void buf_release(struct buf *self)
{
    free(self->data);
    *self = (struct buf){0};
}

struct str arena_take(struct arena *arena, struct buf *self)
{
    struct str text = arena_str(arena, buf_str(self));
    buf_release(self);
    return text;
}

void buf_reset(struct buf *self)
{
    self->len = 0;
    self->overflowed = false;
}

/* Makes room for n more bytes and the final zero; returns how many of them may be written. */
static size_t buf_reserve(struct buf *self, size_t n)
{
    if (!self->max)
        self->max = BUF_MAX_DEFAULT;
    if (n > self->max - self->len) {
        n = self->max - self->len;
        self->overflowed = true;
    }
    if (self->len + n + 1 > self->capacity) {
        size_t grown = self->capacity ? self->capacity : 256;
        while (grown < self->len + n + 1)
            grown *= 2;
        self->data = heap_grow(self->data, grown);
        self->capacity = grown;
    }
    return n;
}

void buf_put(struct buf *self, struct str s)
{
    size_t n = buf_reserve(self, s.len);
    if (n)
        memcpy(self->data + self->len, s.data, n);
    self->len += n;
    self->data[self->len] = 0;
}

void buf_put_char(struct buf *self, char c)
{
    buf_put(self, (struct str){&c, 1});
}

void buf_printf(struct buf *self, const char *format, ...)
{
    char small[512];
    va_list first;
    va_list again;
    va_start(first, format);
    va_copy(again, first);
    int len = vsnprintf(small, sizeof(small), format, first);
    va_end(first);
    CHECK(len >= 0);
    if ((size_t)len < sizeof(small)) {
        buf_put(self, (struct str){small, (size_t)len});
    } else {
        char *large = heap_alloc((size_t)len + 1);
        vsnprintf(large, (size_t)len + 1, format, again);
        buf_put(self, (struct str){large, (size_t)len});
        free(large);
    }
    va_end(again);
}

struct str buf_str(const struct buf *self)
{
    return (struct str){self->data ? self->data : "", self->len};
}
