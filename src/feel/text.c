/* FEEL string(): the text of any value. Inside lists and contexts values are written as FEEL would read them. */
#include "feel/value.h"

#include <string.h>

static void put(struct buf *out, struct value v, int depth);

static void put_quoted(struct buf *out, struct str s)
{
    buf_put_char(out, '"');
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];
        const char *escape = c == '"'    ? "\\\""
                             : c == '\\' ? "\\\\"
                             : c == '\n' ? "\\n"
                             : c == '\r' ? "\\r"
                             : c == '\t' ? "\\t"
                                         : NULL;
        if (!escape)
            continue;
        buf_put(out, str_part(s, from, i));
        buf_put(out, str_of(escape));
        from = i + 1;
    }
    buf_put(out, str_part(s, from, s.len));
    buf_put_char(out, '"');
}

static bool is_plain_name(struct str key)
{
    for (size_t i = 0; i < key.len; i++) {
        unsigned char c = (unsigned char)key.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
        bool digit = c >= '0' && c <= '9';
        bool blank = c == ' ' && i > 0 && i + 1 < key.len;
        if (!letter && !(i > 0 && digit) && !blank)
            return false;
    }
    return key.len > 0;
}

static void put_list(struct buf *out, const struct list *list, int depth)
{
    buf_put_char(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            buf_put(out, STR(", "));
        put(out, list->items[i], depth + 1);
    }
    buf_put_char(out, ']');
}

static void put_context(struct buf *out, const struct context *context, int depth)
{
    buf_put_char(out, '{');
    for (size_t i = 0; i < context->count; i++) {
        if (i)
            buf_put(out, STR(", "));
        if (is_plain_name(context->members[i].key))
            buf_put(out, context->members[i].key);
        else
            put_quoted(out, context->members[i].key);
        buf_put(out, STR(": "));
        put(out, context->members[i].value, depth + 1);
    }
    buf_put_char(out, '}');
}

/* [1..10), or (< 10) for the forms that were written with an operator. */
static void put_range(struct buf *out, const struct range *range, int depth)
{
    const char *sign = NULL;
    switch (range->by_operator) {
    case '<': sign = "(< "; break;
    case 'l': sign = "(<= "; break;
    case '>': sign = "(> "; break;
    case 'g': sign = "(>= "; break;
    case '=': sign = "(= "; break;
    case '!': sign = "(!= "; break;
    default: break;
    }
    if (sign) {
        buf_put(out, str_of(sign));
        put(out, value_is_null(range->start) ? range->end : range->start, depth + 1);
        buf_put_char(out, ')');
        return;
    }
    buf_put_char(out, range->start_included ? '[' : '(');
    put(out, range->start, depth + 1);
    buf_put(out, STR(".."));
    put(out, range->end, depth + 1);
    buf_put_char(out, range->end_included ? ']' : ')');
}

/* More digits than a decimal holds are shown as they were read: an identifier sent as a number must not be rounded. */
static struct str number_text(struct value v, char out[NUMBER_TEXT_MAX])
{
    struct str read = {v.number_text, v.text_len};
    if (read.data && read.len > 34 && !memchr(read.data, 'e', read.len) && !memchr(read.data, 'E', read.len))
        return read;
    return (struct str){out, number_write(v, out)};
}

static void put_number(struct buf *out, struct value v)
{
    char text[NUMBER_TEXT_MAX];
    buf_put(out, number_text(v, text));
}

static void put_temporal(struct buf *out, struct value v)
{
    char text[TEMPORAL_TEXT_MAX];
    buf_put(out, STR("@\""));
    buf_put(out, (struct str){text, temporal_write(v, text)});
    buf_put_char(out, '"');
}

static void put(struct buf *out, struct value v, int depth)
{
    if (depth > VALUE_DEPTH_MAX) {
        buf_put(out, STR("null"));
        return;
    }
    switch ((enum value_kind)v.kind) {
    case VALUE_BOOLEAN: buf_put(out, v.boolean ? STR("true") : STR("false")); break;
    case VALUE_NUMBER: put_number(out, v); break;
    case VALUE_STRING: put_quoted(out, v.string); break;
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATE_TIME:
    case VALUE_YEARS_MONTHS:
    case VALUE_DAYS_TIME: put_temporal(out, v); break;
    case VALUE_LIST: put_list(out, v.list, depth); break;
    case VALUE_CONTEXT: put_context(out, v.context, depth); break;
    case VALUE_RANGE: put_range(out, v.range, depth); break;
    case VALUE_FUNCTION: buf_put(out, STR("function")); break;
    case VALUE_NULL:
    default: buf_put(out, STR("null")); break;
    }
}

struct str value_to_text(struct arena *arena, struct value v)
{
    switch ((enum value_kind)v.kind) {
    case VALUE_STRING: return v.string;
    case VALUE_NUMBER: {
        char text[NUMBER_TEXT_MAX];
        return arena_str(arena, number_text(v, text));
    }
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATE_TIME:
    case VALUE_YEARS_MONTHS:
    case VALUE_DAYS_TIME: return temporal_text(arena, v);
    case VALUE_NULL:
    case VALUE_BOOLEAN:
    case VALUE_LIST:
    case VALUE_CONTEXT:
    case VALUE_RANGE:
    case VALUE_FUNCTION:
    default: break;
    }
    struct buf out;
    buf_init(&out, 0);
    put(&out, v, 0);
    return arena_take(arena, &out);
}
