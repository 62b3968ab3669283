/* Headers that are lists or carry parameters: media types, Accept, entity tags. */
#include "http/parse.h"

#include <string.h>

static bool is_token(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static size_t token_length(struct str s)
{
    size_t n = 0;
    while (n < s.len && is_token(s.data[n]))
        n++;
    return n;
}

static void skip_blanks(struct str *s)
{
    size_t n = 0;
    while (n < s->len && (s->data[n] == ' ' || s->data[n] == '\t'))
        n++;
    *s = str_part(*s, n, s->len);
}

static struct str take_token(struct str *s)
{
    struct str token = str_part(*s, 0, token_length(*s));
    *s = str_part(*s, token.len, s->len);
    return token;
}

static struct str lower(struct arena *arena, struct str s)
{
    char *text = arena_alloc_raw(arena, s.len + 1);
    for (size_t i = 0; i < s.len; i++)
        text[i] = (char)(s.data[i] >= 'A' && s.data[i] <= 'Z' ? s.data[i] + 32 : s.data[i]);
    text[s.len] = 0;
    return (struct str){text, s.len};
}

/* A token, or a quoted text in which \" is a quote and any other backslash stands for itself, as browsers write file
 * names. */
static bool take_value(struct arena *arena, struct str *s, struct str *out)
{
    if (!s->len || s->data[0] != '"') {
        *out = take_token(s);
        return out->len > 0;
    }
    char *text = arena_alloc_raw(arena, s->len);
    size_t len = 0;
    for (size_t i = 1; i < s->len; i++) {
        if (s->data[i] == '"') {
            text[len] = 0;
            *out = (struct str){text, len};
            *s = str_part(*s, i + 1, s->len);
            return true;
        }
        if (s->data[i] == '\\' && i + 1 < s->len && s->data[i + 1] == '"')
            i++;
        text[len++] = s->data[i];
    }
    return false;
}

bool http_parse_media_type(struct arena *arena, struct str header, const char *wanted, struct str *type,
                           struct str *parameter)
{
    struct str rest = str_trim(header);
    struct str start = rest;
    struct str found = STR_NONE;
    size_t main_length = take_token(&rest).len;
    size_t whole_length = main_length;
    if (rest.len && rest.data[0] == '/') {
        rest = str_part(rest, 1, rest.len);
        size_t sub_length = take_token(&rest).len;
        if (!sub_length)
            return false;
        whole_length += 1 + sub_length;
    }
    if (!main_length)
        return false;
    for (skip_blanks(&rest); rest.len; skip_blanks(&rest)) {
        if (rest.data[0] != ';')
            return false;
        rest = str_part(rest, 1, rest.len);
        skip_blanks(&rest);
        if (!rest.len)
            break;
        struct str name = take_token(&rest);
        struct str value;
        if (!name.len || !rest.len || rest.data[0] != '=')
            return false;
        rest = str_part(rest, 1, rest.len);
        if (!take_value(arena, &rest, &value))
            return false;
        if (!found.data && str_equal_nocase_ascii(name, str_of(wanted)))
            found = value.data ? value : STR("");
    }
    *type = lower(arena, str_part(start, 0, whole_length));
    *parameter = found;
    return true;
}

/* "0.8" -> 800; anything else that is not a quality counts as 0. */
static int read_quality(struct str s)
{
    if (!s.len || (s.data[0] != '0' && s.data[0] != '1') || (s.len > 1 && s.data[1] != '.') || s.len > 5)
        return 0;
    int quality = (s.data[0] - '0') * 1000;
    int unit = 100;
    for (size_t i = 2; i < s.len; i++, unit /= 10) {
        if (s.data[i] < '0' || s.data[i] > '9')
            return 0;
        quality += (s.data[i] - '0') * unit;
    }
    return quality > 1000 ? 1000 : quality;
}

/* How exactly a list entry covers the token: 3 itself, 2 its main type, 1 everything, 0 not. */
static int coverage(struct str entry, struct str token)
{
    if (str_equal_nocase_ascii(entry, token))
        return 3;
    if (str_equal(entry, STR("*")) || str_equal(entry, STR("*/*")))
        return 1;
    ptrdiff_t slash = str_find(token, STR("/"), 0);
    return slash > 0 && entry.len == (size_t)slash + 2 && str_ends(entry, STR("/*")) &&
                   str_equal_nocase_ascii(str_part(entry, 0, (size_t)slash), str_part(token, 0, (size_t)slash))
               ? 2
               : 0;
}

int http_accept_quality(struct str header, struct str token)
{
    int best = 0;
    int quality = -1;
    while (header.len) {
        struct str entry = str_cut(&header, ',');
        struct str name = str_trim(str_cut(&entry, ';'));
        int exactness = coverage(name, token);
        if (exactness <= best)
            continue;
        best = exactness;
        quality = 1000;
        while (entry.len) {
            struct str parameter = str_trim(str_cut(&entry, ';'));
            if (str_starts(parameter, STR("q=")) || str_starts(parameter, STR("Q=")))
                quality = read_quality(str_part(parameter, 2, parameter.len));
        }
    }
    return quality;
}

bool http_tag_listed(struct str header, struct str tag, bool weak)
{
    if (str_equal(str_trim(header), STR("*")))
        return true;
    while (header.len) {
        struct str entry = str_trim(str_cut(&header, ','));
        if (str_starts(entry, STR("W/"))) {
            if (!weak)
                continue;
            entry = str_part(entry, 2, entry.len);
        }
        if (entry.len == tag.len + 2 && entry.data[0] == '"' && entry.data[entry.len - 1] == '"' &&
            str_equal(str_part(entry, 1, entry.len - 1), tag))
            return true;
    }
    return false;
}
