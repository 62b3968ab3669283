/* The fonts of a PDF that cairo wrote, made small. Objects stay in their order and keep their numbers; only the streams
 * of compact fonts, their lengths and the table of places change. What does not look as cairo writes it stays as it is.
 */
#include "trust/internal.h"

#include <string.h>
#include <zlib.h>

#define OBJECTS_MAX 100000
#define PLACE_LEN 20 /* a line of the table of places */
#define FONT_MAX ((size_t)32 * 1024 * 1024)

struct object {
    size_t at;      /* where it began */
    size_t now;     /* where it stands in the copy */
    struct str put; /* what replaces it; absent: nothing */
};

struct paper {
    struct arena *arena;
    struct str pdf;
    size_t table; /* where the table of places begins */
    struct object *objects;
    size_t count;
    size_t *order; /* object numbers as they stand in the file */
};

static bool number_after(struct str text, const char *name, int64_t *out)
{
    ptrdiff_t at = str_find(text, str_of(name), 0);
    if (at < 0)
        return false;
    struct str rest = str_part(text, (size_t)at + strlen(name), text.len);
    size_t end = 0;
    while (end < rest.len && rest.data[end] >= '0' && rest.data[end] <= '9')
        end++;
    return str_to_int64(str_part(rest, 0, end), out);
}

/* Under the head "xref", "0 N" there is one line of twenty bytes for each object: "0000000015 00000 n". */
static bool paper_read(struct paper *self)
{
    int64_t table, count, at;
    struct str tail = str_part(self->pdf, self->pdf.len > 64 ? self->pdf.len - 64 : 0, self->pdf.len);
    if (!number_after(tail, "startxref\n", &table) || table < 0 || (uint64_t)table >= self->pdf.len)
        return false;
    self->table = (size_t)table;
    struct str rest = str_part(self->pdf, self->table, self->pdf.len);
    if (!number_after(str_part(rest, 0, 32), "xref\n0 ", &count) || count < 2 || count > OBJECTS_MAX)
        return false;
    self->count = (size_t)count;
    self->objects = arena_array(self->arena, struct object, self->count);
    self->order = arena_array(self->arena, size_t, self->count);
    size_t lines = (size_t)str_find(rest, STR("\n"), sizeof "xref") + 1;
    for (size_t i = 0; i < self->count; i++) {
        struct str line = str_part(rest, lines + i * PLACE_LEN, lines + (i + 1) * PLACE_LEN);
        if (line.len != PLACE_LEN || !str_to_int64(str_part(line, 0, 10), &at) || at < 0 || (uint64_t)at >= self->table)
            return false;
        self->objects[i].at = (size_t)at;
    }
    return true;
}

/* Object 0 is no object: it stands for the head of the file, which begins at 0. */
static void paper_sort(struct paper *self)
{
    self->objects[0].at = 0;
    for (size_t i = 0; i < self->count; i++) {
        size_t place = i;
        for (; place > 0 && self->objects[self->order[place - 1]].at > self->objects[i].at; place--)
            self->order[place] = self->order[place - 1];
        self->order[place] = i;
    }
}

static struct str object_bytes(const struct paper *self, size_t place)
{
    size_t end = place + 1 < self->count ? self->objects[self->order[place + 1]].at : self->table;
    return str_part(self->pdf, self->objects[self->order[place]].at, end);
}

static bool unpack(struct arena *arena, struct str packed, struct str *out)
{
    struct buf plain;
    buf_init(&plain, FONT_MAX);
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)packed.data, .avail_in = (uInt)packed.len};
    int state = inflateInit(&stream);
    while (state == Z_OK && !plain.overflowed) {
        unsigned char part[16384];
        stream.next_out = part;
        stream.avail_out = sizeof part;
        state = inflate(&stream, Z_NO_FLUSH);
        buf_put(&plain, (struct str){(const char *)part, sizeof part - stream.avail_out});
    }
    inflateEnd(&stream);
    *out = arena_take(arena, &plain);
    return state == Z_STREAM_END;
}

static struct str pack(struct arena *arena, struct str plain)
{
    uLongf len = compressBound((uLong)plain.len);
    unsigned char *packed = arena_alloc_raw(arena, len);
    CHECK(compress2(packed, &len, (const unsigned char *)plain.data, (uLong)plain.len, Z_BEST_COMPRESSION) == Z_OK);
    return (struct str){(const char *)packed, len};
}

/* A font's stream is replaced together with the object that holds its length. */
static void slim_font(struct paper *self, size_t number, struct str bytes)
{
    int64_t length_object, length;
    struct str plain, small;
    ptrdiff_t head = str_find(bytes, STR(">>\nstream\n"), 0), end;
    if (head < 0 || str_find(str_part(bytes, 0, (size_t)head), STR("/CIDFontType0C"), 0) < 0)
        return;
    if (!number_after(str_part(bytes, 0, (size_t)head), "/Length ", &length_object) || length_object < 1 ||
        (uint64_t)length_object >= self->count)
        return;
    size_t from = (size_t)head + strlen(">>\nstream\n");
    struct str held = str_part(self->pdf, self->objects[length_object].at, self->table);
    if (!number_after(str_part(held, 0, 64), " 0 obj\n   ", &length) || length < 0 ||
        (uint64_t)length > bytes.len - from)
        return;
    end = (ptrdiff_t)from + (ptrdiff_t)length;
    if (!unpack(self->arena, str_part(bytes, from, (size_t)end), &plain) || !cff_flatten(self->arena, plain, &small))
        return;
    struct str packed = pack(self->arena, small);
    const struct str parts[] = {str_part(bytes, 0, from), packed, str_part(bytes, (size_t)end, bytes.len)};
    self->objects[number].put = arena_join(self->arena, parts, COUNT_OF(parts));
    self->objects[length_object].put =
        arena_printf(self->arena, "%" PRId64 " 0 obj\n   %zu\nendobj\n", length_object, packed.len);
}

static void write_table(const struct paper *self, struct buf *out)
{
    int64_t table = (int64_t)out->len;
    struct str rest = str_part(self->pdf, self->table, self->pdf.len);
    size_t lines = (size_t)str_find(rest, STR("\n"), sizeof "xref") + 1;
    ptrdiff_t start = str_find(rest, STR("startxref\n"), lines + self->count * PLACE_LEN);
    buf_put(out, str_part(rest, 0, lines + PLACE_LEN));
    for (size_t i = 1; i < self->count; i++)
        buf_printf(out, "%010zu 00000 n \n", self->objects[i].now);
    buf_put(out, str_part(rest, lines + self->count * PLACE_LEN, (size_t)start));
    buf_printf(out, "startxref\n%" PRId64 "\n%%%%EOF\n", table);
}

struct str pdf_slim(struct arena *arena, struct str pdf)
{
    struct paper paper = {.arena = arena, .pdf = pdf};
    if (!paper_read(&paper))
        return arena_str(arena, pdf);
    paper_sort(&paper);
    for (size_t i = 1; i < paper.count; i++)
        slim_font(&paper, paper.order[i], object_bytes(&paper, i));
    struct buf out;
    buf_init(&out, pdf.len + FONT_MAX);
    for (size_t i = 0; i < paper.count; i++) {
        struct object *object = &paper.objects[paper.order[i]];
        object->now = out.len;
        buf_put(&out, object->put.data ? object->put : object_bytes(&paper, i));
    }
    write_table(&paper, &out);
    return arena_take(arena, &out);
}
