#include "pack/sentence.h"

#include "pack/internal.h"

#define ARGUMENTS_MAX 9
#define LEVELS_MAX 4 /* sentences within sentences */

struct match {
    struct str arguments[ARGUMENTS_MAX];
    size_t fixed; /* bytes that are the sentence's own: the more, the better it fits */
};

/* The number of the argument that text begins with, and what follows it; 0: none. */
static size_t argument_at(struct str text)
{
    bool is_one =
        text.len >= 3 && text.data[0] == '{' && text.data[1] >= '1' && text.data[1] <= '9' && text.data[2] == '}';
    return is_one ? (size_t)(text.data[1] - '0') : 0;
}

static struct str from(struct str text, size_t at)
{
    return str_part(text, at, text.len);
}

/* The sentence's own text up to its next argument. */
static struct str own_text(struct str sentence)
{
    size_t end = 0;
    while (end < sentence.len && !argument_at(from(sentence, end)))
        end++;
    return str_part(sentence, 0, end);
}

/* An argument reaches to the first place where the sentence goes on, the last one to its end. */
static bool fits(struct str sentence, struct str said, struct match *out)
{
    *out = (struct match){0};
    struct str own = own_text(sentence);
    if (!str_starts(said, own))
        return false;
    out->fixed = own.len;
    sentence = from(sentence, own.len);
    said = from(said, own.len);
    while (sentence.len) {
        size_t number = argument_at(sentence);
        sentence = from(sentence, 3);
        own = own_text(sentence);
        sentence = from(sentence, own.len);
        ptrdiff_t end = sentence.len ? str_find(said, own, 0) : (ptrdiff_t)said.len - (ptrdiff_t)own.len;
        if (end < 0 || !str_starts(from(said, (size_t)end), own))
            return false;
        out->arguments[number - 1] = str_part(said, 0, (size_t)end);
        out->fixed += own.len;
        said = from(said, (size_t)end + own.len);
    }
    return said.len == 0;
}

static struct str fill(struct arena *arena, struct str sentence, const struct str *arguments)
{
    VECTOR(struct str) parts = {0};
    while (sentence.len) {
        size_t number = argument_at(sentence);
        struct str part = number ? arguments[number - 1] : own_text(sentence);
        VECTOR_PUSH(arena, &parts, part);
        sentence = from(sentence, number ? 3 : part.len);
    }
    return arena_join(arena, parts.items, parts.count);
}

static struct str say(const struct pack_set *self, struct arena *arena, struct str language, struct str said,
                      int level);

static struct str say_argument(const struct pack_set *self, struct arena *arena, struct str language, struct str said,
                               int level)
{
    struct str kind = arena_printf(arena, "kind.%.*s", STR_ARGS(said));
    return pack_text_known(self, language, kind) ? pack_text(self, language, kind)
                                                 : say(self, arena, language, said, level);
}

static struct str say(const struct pack_set *self, struct arena *arena, struct str language, struct str said, int level)
{
    if (said.len == 0 || level == LEVELS_MAX)
        return said;
    if (pack_text_known(self, language, said))
        return pack_text(self, language, said);
    size_t count;
    const struct pack_text_entry *const *sentences = pack_sentences(self, language, &count);
    const struct pack_text_entry *best = NULL;
    struct match match, best_match = {0};
    for (size_t i = 0; i < count; i++)
        if (fits(sentences[i]->key, said, &match) && (!best || match.fixed > best_match.fixed)) {
            best = sentences[i];
            best_match = match;
        }
    if (!best)
        return said;
    for (size_t i = 0; i < ARGUMENTS_MAX; i++)
        best_match.arguments[i] = say_argument(self, arena, language, best_match.arguments[i], level + 1);
    return fill(arena, best->text, best_match.arguments);
}

struct str pack_sentence(const struct pack_set *self, struct arena *arena, struct str language, struct str said)
{
    return say(self, arena, language, said, 0);
}
