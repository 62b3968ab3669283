/* Built-ins over strings: 10.3.4.3, and the conversions between text and numbers. */
#include "feel/builtins.h"

#include <string.h>
#include <unicode/ustring.h>

/* Byte offset of the n-th code point. */
static size_t offset_of(struct str s, size_t n)
{
    size_t at = 0;
    while (n > 0 && at < s.len) {
        at++;
        while (at < s.len && ((unsigned char)s.data[at] & 0xC0) == 0x80)
            at++;
        n--;
    }
    return at;
}

static struct value part(struct str s, size_t from, size_t to)
{
    return value_string(str_part(s, from, to));
}

static struct value call_substring(const struct value *a, size_t count, struct frame *frame)
{
    struct str s = a[0].string;
    size_t length = utf8_length(s);
    int64_t start = 0;
    int64_t wanted = 0;
    if (!take_whole(a[1], &start) || start == 0 || start > (int64_t)length || start < -(int64_t)length)
        return note_null(frame, "substring(): the text has no position %" PRId64, start);
    size_t first = (size_t)(start > 0 ? start - 1 : (int64_t)length + start);
    size_t from = offset_of(s, first);
    if (count < 3 || value_is_null(a[2]))
        return part(s, from, s.len);
    if (!take_whole(a[2], &wanted) || wanted < 1 || (uint64_t)wanted > length - first)
        return note_null(frame, "substring(): the length must lie between 1 and %zu", length - first);
    struct str rest = str_part(s, from, s.len);
    return part(rest, 0, offset_of(rest, (size_t)wanted));
}

static struct value call_string_length(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    return value_int((int64_t)utf8_length(a[0].string));
}

typedef int32_t change_case(UChar *out, int32_t capacity, const UChar *in, int32_t length, const char *locale,
                            UErrorCode *status);

static struct value with_case(struct str s, change_case *change, struct frame *frame)
{
    struct arena *arena = frame->run->arena;
    UErrorCode status = U_ZERO_ERROR;
    int32_t capacity = (int32_t)s.len * 3 + 1;
    UChar *in = arena_alloc_raw(arena, (s.len + 1) * sizeof *in);
    UChar *out = arena_alloc_raw(arena, (size_t)capacity * sizeof *out);
    int32_t length = 0;
    int32_t bytes = 0;
    u_strFromUTF8(in, (int32_t)s.len + 1, &length, s.data, (int32_t)s.len, &status);
    length = change(out, capacity, in, length, "", &status);
    char *text = arena_alloc_raw(arena, (size_t)length * 3 + 1);
    u_strToUTF8(text, length * 3 + 1, &bytes, out, length, &status);
    if (U_FAILURE(status))
        return note_null(frame, "The letters of the text cannot be changed");
    return value_string((struct str){text, (size_t)bytes});
}

static struct value call_upper_case(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    if (a[0].string.len > INT32_MAX / 8 || !run_spend(frame->run, a[0].string.len / 8))
        return note_null(frame, "The text is too long");
    return with_case(a[0].string, u_strToUpper, frame);
}

static struct value call_lower_case(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    if (a[0].string.len > INT32_MAX / 8 || !run_spend(frame->run, a[0].string.len / 8))
        return note_null(frame, "The text is too long");
    return with_case(a[0].string, u_strToLower, frame);
}

static struct value call_substring_before(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    ptrdiff_t at = str_find(a[0].string, a[1].string, 0);
    return at < 0 ? value_string(STR("")) : part(a[0].string, 0, (size_t)at);
}

static struct value call_substring_after(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    ptrdiff_t at = str_find(a[0].string, a[1].string, 0);
    return at < 0 ? value_string(STR("")) : part(a[0].string, (size_t)at + a[1].string.len, a[0].string.len);
}

static struct value call_contains(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    return value_boolean(str_find(a[0].string, a[1].string, 0) >= 0);
}

static struct value call_starts_with(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    return value_boolean(str_starts(a[0].string, a[1].string));
}

static struct value call_ends_with(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    return value_boolean(str_ends(a[0].string, a[1].string));
}

static struct str flags_of(const struct value *a, size_t count, size_t at)
{
    return count > at && a[at].kind == VALUE_STRING ? a[at].string : STR("");
}

static struct value call_matches(const struct value *a, size_t count, struct frame *frame)
{
    bool found = false;
    struct regex *regex = regex_get(a[1].string, flags_of(a, count, 2), frame);
    return regex && regex_matches(regex, a[0].string, frame, &found) ? value_boolean(found) : value_null;
}

static struct value call_replace(const struct value *a, size_t count, struct frame *frame)
{
    struct str out;
    struct regex *regex = regex_get(a[1].string, flags_of(a, count, 3), frame);
    return regex && regex_replace(regex, a[0].string, a[2].string, frame, &out) ? value_string(out) : value_null;
}

static struct value call_split(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct value out;
    struct regex *regex = regex_get(a[1].string, STR(""), frame);
    return regex && regex_split(regex, a[0].string, frame, &out) ? out : value_null;
}

static struct value call_extract(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct value out;
    struct regex *regex = regex_get(a[1].string, STR(""), frame);
    return regex && regex_extract(regex, a[0].string, frame, &out) ? out : value_null;
}

static struct str text_or_empty(struct value v)
{
    return v.kind == VALUE_STRING ? v.string : STR("");
}

/* string join(list, delimiter, prefix, suffix): nulls in the list are left out. */
static struct value call_string_join(const struct value *a, size_t count, struct frame *frame)
{
    const struct list *list = a[0].list;
    struct arena *arena = frame->run->arena;
    struct str delimiter = count > 1 ? text_or_empty(a[1]) : STR("");
    if (!run_list_allowed(frame->run, list->count))
        return value_null;
    struct str *parts = arena_array(arena, struct str, 2 * list->count + 2);
    size_t n = 0;
    parts[n++] = count > 2 ? text_or_empty(a[2]) : STR("");
    size_t bytes = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct value item = list->items[i];
        if (value_is_null(item))
            continue;
        if (item.kind != VALUE_STRING)
            return note_null(frame, "string join() needs a list of strings, not of %s",
                             value_kind_name((enum value_kind)item.kind));
        if (n > 1)
            parts[n++] = delimiter;
        parts[n++] = item.string;
        bytes += delimiter.len + item.string.len;
    }
    parts[n++] = count > 3 ? text_or_empty(a[3]) : STR("");
    return run_spend(frame->run, bytes / 16) ? value_string(arena_join(arena, parts, n)) : value_null;
}

static struct value call_string(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    if (value_is_null(a[0]))
        return note_null(frame, "Null has no text");
    return value_string(value_to_text(frame->run->arena, a[0]));
}

/* ---- number() ---- */

static struct value number_of(struct str text, struct frame *frame)
{
    struct error ignored = ERROR_INIT;
    struct value out;
    size_t sign = text.len > 0 && text.data[0] == '-' ? 1 : 0;
    if (match_number(text, sign) != text.len || value_number_parse(text, &out, &ignored) != OK)
        return note_null(frame, "number(): '%.*s' is not a number", (int)(text.len < 40 ? text.len : 40), text.data);
    out.number_text = NULL;
    out.text_len = 0;
    return out;
}

static struct value call_number(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    if (a[0].kind == VALUE_NUMBER)
        return a[0];
    return number_of(a[0].string, frame);
}

/* Without grouping separators and with a point for the decimal separator. */
static struct str plain_number(struct arena *arena, struct str text, char group, char point)
{
    char *data = arena_alloc_raw(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (group && text.data[i] == group)
            continue;
        data[len++] = text.data[i] == point ? '.' : text.data[i] == '.' ? '?' : text.data[i];
    }
    return (struct str){data, len};
}

static bool separator(struct value v, const char *allowed, char *out)
{
    *out = 0;
    if (value_is_null(v))
        return true;
    if (v.string.len != 1 || !strchr(allowed, v.string.data[0]))
        return false;
    *out = v.string.data[0];
    return true;
}

static struct value call_number_separated(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    char group = 0;
    char point = 0;
    if (!separator(a[1], " ,.", &group))
        return note_null(frame, "number(): the grouping separator is a blank, a comma or a point");
    if (!separator(a[2], ",.", &point) || (point && point == group))
        return note_null(frame,
                         "number(): the decimal separator is a comma or a point, and not the grouping separator");
    return number_of(plain_number(frame->run->arena, a[0].string, group, point ? point : '.'), frame);
}

#define STRINGS_2(first, second)                                                                                       \
    {                                                                                                                  \
        P(first, TAKE_STRING), P(second, TAKE_STRING)                                                                  \
    }
#define FLAGS P("flags", TAKE_STRING | TAKE_OPTIONAL)

const struct builtin builtins_string[] = {
    {"substring",
     call_substring,
     0,
     FEEL_TYPE_STRING,
     {P("string", TAKE_STRING), P("start position", TAKE_NUMBER), P("length", TAKE_NUMBER | TAKE_OPTIONAL)}},
    {"string length", call_string_length, 0, FEEL_TYPE_NUMBER, ONE("string", TAKE_STRING)},
    {"upper case", call_upper_case, 0, FEEL_TYPE_STRING, ONE("string", TAKE_STRING)},
    {"lower case", call_lower_case, 0, FEEL_TYPE_STRING, ONE("string", TAKE_STRING)},
    {"substring before", call_substring_before, 0, FEEL_TYPE_STRING, STRINGS_2("string", "match")},
    {"substring after", call_substring_after, 0, FEEL_TYPE_STRING, STRINGS_2("string", "match")},
    {"contains", call_contains, 0, FEEL_TYPE_BOOLEAN, STRINGS_2("string", "match")},
    {"starts with", call_starts_with, 0, FEEL_TYPE_BOOLEAN, STRINGS_2("string", "match")},
    {"ends with", call_ends_with, 0, FEEL_TYPE_BOOLEAN, STRINGS_2("string", "match")},
    {"matches",
     call_matches,
     BUILTIN_IMPURE,
     FEEL_TYPE_BOOLEAN,
     {P("input", TAKE_STRING), P("pattern", TAKE_STRING), FLAGS}},
    {"replace",
     call_replace,
     BUILTIN_IMPURE,
     FEEL_TYPE_STRING,
     {P("input", TAKE_STRING), P("pattern", TAKE_STRING), P("replacement", TAKE_STRING), FLAGS}},
    {"split", call_split, BUILTIN_IMPURE, FEEL_TYPE_LIST, STRINGS_2("string", "delimiter")},
    {"extract", call_extract, BUILTIN_IMPURE, FEEL_TYPE_LIST, STRINGS_2("string", "pattern")},
    {"string join",
     call_string_join,
     0,
     FEEL_TYPE_STRING,
     {P("list", TAKE_LIST), P("delimiter", TAKE_STRING | TAKE_OPTIONAL), P("prefix", TAKE_STRING | TAKE_OPTIONAL),
      P("suffix", TAKE_STRING | TAKE_OPTIONAL)}},
    {"string", call_string, 0, FEEL_TYPE_STRING, ONE("from", TAKE_ANY)},
    {"number", call_number, 0, FEEL_TYPE_NUMBER, ONE("from", TAKE_STRING)},
    {"number",
     call_number_separated,
     0,
     FEEL_TYPE_NUMBER,
     {P("from", TAKE_STRING), P("grouping separator", TAKE_STRING | TAKE_NULL),
      P("decimal separator", TAKE_STRING | TAKE_NULL)}},
    {0},
};
