#include "service/catalogue_index.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 200 /* bytes of a search that words are looked for in */

static const char *const word_lists[] = {"keywords", "synonyms"};

static void put_line(struct buf *out, struct str text)
{
    buf_put(out, text);
    buf_put_char(out, '\n');
}

static void put_list(struct buf *out, struct value list)
{
    for (size_t i = 0; i < value_count(list); i++)
        put_line(out, value_text(value_at(list, i)));
}

static struct str searched_text(struct arena *arena, const struct pack_set *packs, const struct pack_item *item)
{
    size_t count;
    const struct str *languages = pack_languages(packs, &count);
    struct buf out;
    buf_init(&out, 0);
    put_line(&out, item->title);
    put_line(&out, item->code);
    put_line(&out, item->summary);
    for (size_t i = 0; i < COUNT_OF(word_lists); i++)
        put_list(&out, value_get(item->json, str_of(word_lists[i])));
    put_list(&out, value_get(item->json, STR("pinyin")));
    for (size_t i = 0; i < count; i++) {
        struct str title = pack_text(packs, languages[i], item->title);
        if (!str_equal(title, item->title))
            put_line(&out, title);
    }
    return arena_take(arena, &out);
}

static int by_word(const void *a, const void *b)
{
    const struct catalogue_word *x = a, *y = b;
    int order = str_compare(x->word, y->word);
    return order ? order : x->entry < y->entry ? -1 : x->entry > y->entry;
}

static const struct catalogue_days *days_of(struct arena *arena, const struct catalogue_index *self)
{
    struct catalogue_days *days = arena_array(arena, struct catalogue_days, self->count);
    for (size_t i = 0; i < self->count; i++) {
        const struct pack_item *item = self->items[i], *next = i + 1 < self->count ? self->items[i + 1] : NULL;
        bool followed = next && str_equal(next->code, item->code);
        days[i] = (struct catalogue_days){item->effective, followed ? next->effective : INT32_MAX};
    }
    return days;
}

void catalogue_index_make(struct arena *arena, const struct pack_set *packs, struct catalogue_index *out)
{
    *out = (struct catalogue_index){.packs = packs};
    out->items = pack_items(packs, &out->count);
    struct str *texts = arena_array(arena, struct str, out->count);
    VECTOR(struct catalogue_word) words = {0};
    for (size_t i = 0; i < out->count; i++) {
        texts[i] = searched_text(arena, packs, out->items[i]);
        for (size_t k = 0; k < COUNT_OF(word_lists); k++) {
            struct value list = value_get(out->items[i]->json, str_of(word_lists[k]));
            for (size_t n = 0; n < value_count(list); n++) {
                struct catalogue_word one = {value_text(value_at(list, n)), (uint32_t)i};
                if (one.word.len)
                    VECTOR_PUSH(arena, &words, one);
            }
        }
    }
    if (words.count)
        qsort(words.items, words.count, sizeof *words.items, by_word);
    out->days = days_of(arena, out);
    out->texts = texts;
    out->words = words.items;
    out->word_count = words.count;
}

/* The first place of a word, or where it would stand. */
static size_t place_of(const struct catalogue_index *self, struct str word)
{
    size_t low = 0, high = self->word_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(self->words[middle].word, word) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool begins_character(struct str text, size_t at)
{
    return at >= text.len || ((unsigned char)text.data[at] & 0xC0) != 0x80;
}

/* Every part of the text may be a word. */
static void mark_words(const struct catalogue_index *self, struct str text, bool *out)
{
    text = str_part(text, 0, TEXT_MAX);
    for (size_t from = 0; from < text.len; from++)
        for (size_t to = from + 1; begins_character(text, from) && to <= text.len; to++) {
            struct str part = str_part(text, from, to);
            if (!begins_character(text, to))
                continue;
            size_t at = place_of(self, part);
            if (at == self->word_count || !str_starts(self->words[at].word, part))
                break; /* no word goes on like this */
            for (; at < self->word_count && str_equal(self->words[at].word, part); at++)
                out[self->words[at].entry] = true;
        }
}

void catalogue_candidates(const struct catalogue_index *self, struct str text, bool *out)
{
    for (size_t i = 0; i < self->count; i++)
        out[i] = str_find(self->texts[i], text, 0) >= 0;
    mark_words(self, text, out);
}
