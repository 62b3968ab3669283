/* Regular expressions: compiled by ICU, kept in a small cache for each thread (ICU's objects hold the state of a
 * match), limited in time. Positions are in UTF-16, as ICU counts; texts are converted at the edge. */
#include "feel/regex.h"

#include "feel/internal.h"
#include "feel/regex_plain.h"

#include <string.h>
#include <threads.h>
#include <unicode/uregex.h>
#include <unicode/ustring.h>

#define CACHE_SETS 64
#define CACHE_WAYS 4 /* for each set */
#define PATTERN_MAX 10000
#define INPUT_MAX ((size_t)64 * 1024 * 1024)

struct regex {
    char *key; /* flags, a zero byte, the pattern */
    size_t key_len;
    URegularExpression *compiled;
    struct regex_plain *plain; /* or NULL */
    int groups;
    bool literal;
    bool matches_empty;
    uint64_t used;
};

struct cache {
    struct regex items[CACHE_SETS][CACHE_WAYS];
    uint64_t clock;
};

static tss_t cache_key;
static once_flag cache_once = ONCE_FLAG_INIT;

static void regex_release(struct regex *self)
{
    if (self->compiled)
        uregex_close(self->compiled);
    heap_free(self->plain);
    heap_free(self->key);
    *self = (struct regex){0};
}

static void cache_free(void *memory)
{
    struct cache *cache = memory;
    for (size_t i = 0; i < CACHE_SETS; i++)
        for (size_t k = 0; k < CACHE_WAYS; k++)
            regex_release(&cache->items[i][k]);
    heap_free(cache);
}

static void cache_key_make(void)
{
    CHECK(tss_create(&cache_key, cache_free) == thrd_success);
}

static struct cache *cache_get(void)
{
    call_once(&cache_once, cache_key_make);
    struct cache *cache = tss_get(cache_key);
    if (cache)
        return cache;
    cache = heap_alloc(sizeof *cache);
    *cache = (struct cache){0};
    CHECK(tss_set(cache_key, cache) == thrd_success);
    return cache;
}

static struct regex *cache_find(struct regex *set, const char *key, size_t key_len)
{
    for (size_t i = 0; i < CACHE_WAYS; i++) {
        struct regex *item = &set[i];
        if (item->compiled && item->key_len == key_len && memcmp(item->key, key, key_len) == 0)
            return item;
    }
    return NULL;
}

static struct regex *cache_oldest(struct regex *set)
{
    struct regex *oldest = &set[0];
    for (size_t i = 1; i < CACHE_WAYS; i++)
        if (set[i].used < oldest->used)
            oldest = &set[i];
    return oldest;
}

/* ---- Texts ---- */

struct utf16 {
    UChar *data;
    int32_t len;
};

static bool to_utf16(struct arena *arena, struct str text, struct utf16 *out)
{
    if (text.len > INPUT_MAX)
        return false;
    UErrorCode status = U_ZERO_ERROR;
    out->data = arena_alloc_raw(arena, (text.len + 1) * sizeof *out->data);
    u_strFromUTF8(out->data, (int32_t)text.len + 1, &out->len, text.data ? text.data : "", (int32_t)text.len, &status);
    return U_SUCCESS(status);
}

static void put_utf16(struct buf *out, const UChar *data, int32_t len)
{
    char chunk[3 * 256];
    for (int32_t at = 0; at < len;) {
        int32_t part = len - at < 256 ? len - at : 256;
        if (at + part < len && U16_IS_LEAD(data[at + part - 1]))
            part--;
        UErrorCode status = U_ZERO_ERROR;
        int32_t bytes = 0;
        u_strToUTF8(chunk, sizeof chunk, &bytes, data + at, part, &status);
        buf_put(out, (struct str){chunk, (size_t)bytes});
        at += part;
    }
}

static struct str from_utf16(struct arena *arena, const UChar *data, int32_t len)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t bytes = 0;
    char *text = arena_alloc_raw(arena, (size_t)len * 3 + 1);
    u_strToUTF8(text, len * 3 + 1, &bytes, data, len, &status);
    return (struct str){text, (size_t)bytes};
}

/* ---- Compiling ---- */

static URegularExpression *compile(struct str pattern, const struct regex_flags *flags, struct arena *arena)
{
    struct utf16 text;
    if (!to_utf16(arena, pattern, &text))
        return NULL;
    UErrorCode status = U_ZERO_ERROR;
    UParseError where;
    uint32_t options = flags->ignore_case ? UREGEX_CASE_INSENSITIVE : 0;
    URegularExpression *compiled = uregex_open(text.data, text.len, options, &where, &status);
    if (U_SUCCESS(status))
        return compiled;
    if (compiled)
        uregex_close(compiled);
    return NULL;
}

static URegularExpression *translate_and_compile(struct str pattern, const struct regex_flags *flags,
                                                 struct frame *frame, int *groups)
{
    if (pattern.len > PATTERN_MAX) {
        note_null(frame, "The pattern is longer than %d bytes", PATTERN_MAX);
        return NULL;
    }
    struct buf translated;
    const char *why = NULL;
    URegularExpression *compiled = NULL;
    buf_init(&translated, 0);
    if (regex_translate(pattern, flags, &translated, groups, &why))
        compiled = compile(buf_str(&translated), flags, frame->run->arena);
    buf_release(&translated);
    if (!compiled)
        note_null(frame, "The pattern '%.*s' is wrong: %s", (int)(pattern.len < 60 ? pattern.len : 60),
                  pattern.data ? pattern.data : "", why ? why : "it is too large");
    return compiled;
}

/* A failed match: the time is over, or ICU's own stack is. */
static bool match_failed(UErrorCode status, struct frame *frame)
{
    if (U_SUCCESS(status))
        return false;
    run_stop(frame->run, "A regular expression took longer than %" PRId64 " ms", frame->run->regex_ms);
    return true;
}

static bool matches_empty(URegularExpression *compiled)
{
    static const UChar empty[1];
    UErrorCode status = U_ZERO_ERROR;
    uregex_setText(compiled, empty, 0, &status);
    return uregex_find(compiled, 0, &status) && U_SUCCESS(status);
}

struct regex *regex_get(struct str pattern, struct str flag_text, struct frame *frame)
{
    struct regex_flags flags;
    if (!regex_flags_parse(flag_text, &flags) || flag_text.len > 16) {
        note_null(frame, "The flags of a regular expression are s, m, i, x and q");
        return NULL;
    }
    size_t key_len = flag_text.len + 1 + pattern.len;
    char *key = arena_alloc(frame->run->arena, key_len);
    memcpy(key, flag_text.data ? flag_text.data : "", flag_text.len);
    memcpy(key + flag_text.len + 1, pattern.data ? pattern.data : "", pattern.len);
    struct cache *cache = cache_get();
    struct regex *set = cache->items[str_hash((struct str){key, key_len}) % CACHE_SETS];
    struct regex *self = cache_find(set, key, key_len);
    if (!self) {
        int groups = 0;
        URegularExpression *compiled = translate_and_compile(pattern, &flags, frame, &groups);
        if (!compiled)
            return NULL;
        self = cache_oldest(set);
        regex_release(self);
        *self = (struct regex){.key = heap_alloc(key_len), .key_len = key_len, .compiled = compiled, .groups = groups};
        memcpy(self->key, key, key_len);
        self->literal = flags.literal;
        self->matches_empty = matches_empty(compiled);
        self->plain = flag_text.len ? NULL : regex_plain_new(pattern);
    }
    self->used = ++cache->clock;
    if (self->plain)
        return self;
    UErrorCode status = U_ZERO_ERROR;
    uregex_setTimeLimit(self->compiled, (int32_t)frame->run->regex_ms, &status);
    return U_SUCCESS(status) ? self : NULL;
}

/* ---- Matching ---- */

static bool set_text(struct regex *self, struct str input, struct frame *frame, struct utf16 *text)
{
    if (!to_utf16(frame->run->arena, input, text)) {
        note_null(frame, "The text is too long for a regular expression");
        return false;
    }
    UErrorCode status = U_ZERO_ERROR;
    uregex_setText(self->compiled, text->data, text->len, &status);
    return U_SUCCESS(status) && run_spend(frame->run, input.len / 32);
}

/* Lets go of the text, which lives in the arena of this run only. */
static void drop_text(struct regex *self)
{
    static const UChar empty[1];
    UErrorCode status = U_ZERO_ERROR;
    uregex_setText(self->compiled, empty, 0, &status);
}

bool regex_matches(struct regex *self, struct str input, struct frame *frame, bool *out)
{
    struct utf16 text;
    if (self->plain) {
        *out = regex_plain_matches(self->plain, input);
        return run_spend(frame->run, input.len / 32);
    }
    if (!set_text(self, input, frame, &text))
        return false;
    UErrorCode status = U_ZERO_ERROR;
    *out = uregex_find(self->compiled, 0, &status);
    bool failed = match_failed(status, frame);
    drop_text(self);
    return !failed;
}

/* The group that $ and the digits at *at mean; -1 if there are none. */
static int group_number(const struct regex *self, struct str replacement, size_t *at)
{
    int number = -1;
    while (*at < replacement.len && replacement.data[*at] >= '0' && replacement.data[*at] <= '9') {
        int next = (number < 0 ? 0 : number * 10) + replacement.data[*at] - '0';
        if (number >= 0 && next > self->groups)
            break;
        number = next;
        ++*at;
    }
    return number;
}

static bool put_group(const struct regex *self, int number, const struct utf16 *text, struct buf *out)
{
    UErrorCode status = U_ZERO_ERROR;
    if (number > self->groups)
        return true;
    int32_t start = uregex_start(self->compiled, number, &status);
    int32_t end = uregex_end(self->compiled, number, &status);
    if (U_SUCCESS(status) && start >= 0)
        put_utf16(out, text->data + start, end - start);
    return U_SUCCESS(status);
}

/* $0 … $9 are groups, \$ and \\ the characters; anything else after $ or \ is an error. */
static bool put_replacement(const struct regex *self, struct str replacement, const struct utf16 *text, struct buf *out)
{
    if (self->literal) {
        buf_put(out, replacement);
        return true;
    }
    for (size_t at = 0; at < replacement.len;) {
        char c = replacement.data[at++];
        if (c == '$') {
            int number = group_number(self, replacement, &at);
            if (number < 0 || !put_group(self, number, text, out))
                return false;
        } else if (c == '\\') {
            if (at >= replacement.len || (replacement.data[at] != '\\' && replacement.data[at] != '$'))
                return false;
            buf_put_char(out, replacement.data[at++]);
        } else {
            buf_put_char(out, c);
        }
    }
    return true;
}

static bool replacement_valid(const struct regex *self, struct str replacement)
{
    for (size_t at = 0; !self->literal && at < replacement.len; at++) {
        char next = at + 1 < replacement.len ? replacement.data[at + 1] : 0;
        if (replacement.data[at] == '\\' && next != '\\' && next != '$')
            return false;
        if (replacement.data[at] == '$' && (next < '0' || next > '9'))
            return false;
        at += replacement.data[at] == '\\';
    }
    return true;
}

bool regex_replace(struct regex *self, struct str input, struct str replacement, struct frame *frame, struct str *out)
{
    struct utf16 text;
    if (self->matches_empty || !replacement_valid(self, replacement)) {
        note_null(frame, self->matches_empty
                             ? "replace(): the pattern matches the empty text"
                             : "replace(): in the replacement $ stands before a digit and \\ before $ or \\");
        return false;
    }
    if (!set_text(self, input, frame, &text))
        return false;
    UErrorCode status = U_ZERO_ERROR;
    struct buf result;
    buf_init(&result, 0);
    int32_t last = 0;
    while (uregex_findNext(self->compiled, &status) && U_SUCCESS(status) && !result.overflowed) {
        int32_t start = uregex_start(self->compiled, 0, &status);
        put_utf16(&result, text.data + last, start - last);
        last = uregex_end(self->compiled, 0, &status);
        if (!put_replacement(self, replacement, &text, &result) || !run_spend(frame->run, 1))
            break;
    }
    put_utf16(&result, text.data + last, text.len - last);
    bool ok = !match_failed(status, frame) && !result.overflowed && !frame->run->stopped;
    if (ok)
        *out = arena_str(frame->run->arena, buf_str(&result));
    buf_release(&result);
    drop_text(self);
    return ok;
}

/* Goes through the matches; gives the pieces between them or the matches themselves. */
static bool pieces(struct regex *self, struct str input, struct frame *frame, bool between, struct value *out)
{
    struct utf16 text;
    if (self->matches_empty) {
        note_null(frame, "The pattern matches the empty text");
        return false;
    }
    if (!set_text(self, input, frame, &text))
        return false;
    UErrorCode status = U_ZERO_ERROR;
    struct list_builder list;
    list_builder_init(&list, frame->run->arena);
    int32_t last = 0;
    while (uregex_findNext(self->compiled, &status) && U_SUCCESS(status) && run_spend(frame->run, 1)) {
        int32_t start = uregex_start(self->compiled, 0, &status);
        int32_t end = uregex_end(self->compiled, 0, &status);
        int32_t from = between ? last : start;
        int32_t to = between ? start : end;
        list_builder_push(&list, value_string(from_utf16(frame->run->arena, text.data + from, to - from)));
        last = end;
        if (list.items.count >= frame->run->list_max)
            run_list_allowed(frame->run, (uint64_t)list.items.count + 1);
    }
    if (between)
        list_builder_push(&list, value_string(from_utf16(frame->run->arena, text.data + last, text.len - last)));
    drop_text(self);
    if (match_failed(status, frame) || frame->run->stopped)
        return false;
    *out = list_builder_done(&list);
    return true;
}

bool regex_split(struct regex *self, struct str input, struct frame *frame, struct value *out)
{
    return pieces(self, input, frame, true, out);
}

bool regex_extract(struct regex *self, struct str input, struct frame *frame, struct value *out)
{
    return pieces(self, input, frame, false, out);
}
