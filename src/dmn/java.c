/* Functions that models declare as Java: there is no Java here, but the few static methods of java.lang that are plain
 * arithmetic or conversion are known by their signatures. Everything else is refused. */
#include "dmn/internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARGUMENTS_MAX 8

struct java_argument {
    struct value value;
    double real;
    int64_t whole;
};

typedef bool java_method(const struct java_argument *arguments, size_t count, struct arena *arena, struct value *out);

/* ---- Results ---- */

static bool give_real(double d, struct value *out)
{
    *out = value_double(d);
    return isfinite(d) != 0;
}

/* The shortest decimal that reads back as the same float, as Float.toString writes it. */
static bool give_float(double d, struct value *out)
{
    char text[48];
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, d);
        if (strtof(text, NULL) == (float)d)
            break;
    }
    struct error err = ERROR_INIT;
    return isfinite(d) && value_number_parse(str_of(text), out, &err) == OK;
}

/* ---- Methods ---- */

#define REAL_1(name, expression)                                                                                       \
    static bool name(const struct java_argument *a, size_t count, struct arena *arena, struct value *out)              \
    {                                                                                                                  \
        (void)count, (void)arena;                                                                                      \
        double x = a[0].real;                                                                                          \
        return give_real(expression, out);                                                                             \
    }
#define REAL_2(name, expression)                                                                                       \
    static bool name(const struct java_argument *a, size_t count, struct arena *arena, struct value *out)              \
    {                                                                                                                  \
        (void)count, (void)arena;                                                                                      \
        double x = a[0].real;                                                                                          \
        double y = a[1].real;                                                                                          \
        return give_real(expression, out);                                                                             \
    }
#define FLOAT_2(name, expression)                                                                                      \
    static bool name(const struct java_argument *a, size_t count, struct arena *arena, struct value *out)              \
    {                                                                                                                  \
        (void)count, (void)arena;                                                                                      \
        double x = a[0].real;                                                                                          \
        double y = a[1].real;                                                                                          \
        return give_float(expression, out);                                                                            \
    }
#define WHOLE_2(name, expression)                                                                                      \
    static bool name(const struct java_argument *a, size_t count, struct arena *arena, struct value *out)              \
    {                                                                                                                  \
        (void)count, (void)arena;                                                                                      \
        int64_t x = a[0].whole;                                                                                        \
        int64_t y = a[1].whole;                                                                                        \
        *out = value_int(expression);                                                                                  \
        return true;                                                                                                   \
    }

REAL_1(real_abs, fabs(x))
REAL_1(real_sqrt, sqrt(x))
REAL_1(real_cbrt, cbrt(x))
REAL_1(real_sin, sin(x))
REAL_1(real_cos, cos(x))
REAL_1(real_tan, tan(x))
REAL_1(real_asin, asin(x))
REAL_1(real_acos, acos(x))
REAL_1(real_atan, atan(x))
REAL_1(real_exp, exp(x))
REAL_1(real_log, log(x))
REAL_1(real_log10, log10(x))
REAL_1(real_floor, floor(x))
REAL_1(real_ceil, ceil(x))
REAL_1(real_rint, rint(x))
REAL_1(real_round, floor(x + 0.5))
REAL_1(real_signum, x > 0 ? 1.0 : x < 0 ? -1.0 : 0.0)
REAL_1(real_itself, x)
REAL_2(real_max, x > y ? x : y)
REAL_2(real_min, x < y ? x : y)
REAL_2(real_pow, pow(x, y))
REAL_2(real_atan2, atan2(x, y))
REAL_2(real_hypot, hypot(x, y))
FLOAT_2(float_max, x > y ? x : y)
FLOAT_2(float_min, x < y ? x : y)
WHOLE_2(whole_max, x > y ? x : y)
WHOLE_2(whole_min, x < y ? x : y)

static bool float_itself(const struct java_argument *a, size_t count, struct arena *arena, struct value *out)
{
    (void)count, (void)arena;
    return give_float(a[0].real, out);
}

static bool whole_abs(const struct java_argument *a, size_t count, struct arena *arena, struct value *out)
{
    (void)count, (void)arena;
    if (a[0].whole == INT64_MIN)
        return false;
    *out = value_int(a[0].whole < 0 ? -a[0].whole : a[0].whole);
    return true;
}

static bool whole_itself(const struct java_argument *a, size_t count, struct arena *arena, struct value *out)
{
    (void)count, (void)arena;
    *out = value_int(a[0].whole);
    return true;
}

static bool as_text(const struct java_argument *a, size_t count, struct arena *arena, struct value *out)
{
    (void)count;
    *out = value_string(value_to_text(arena, a[0].value));
    return true;
}

static bool text_to_long(const struct java_argument *a, int64_t min, int64_t max, struct value *out)
{
    int64_t n = 0;
    if (!str_to_int64(a[0].value.string, &n) || n < min || n > max)
        return false;
    *out = value_int(n);
    return true;
}

static bool text_to_byte(const struct java_argument *a, size_t count, struct arena *arena, struct value *out)
{
    (void)count, (void)arena;
    return text_to_long(a, INT8_MIN, INT8_MAX, out);
}

static bool text_to_short(const struct java_argument *a, size_t count, struct arena *arena, struct value *out)
{
    (void)count, (void)arena;
    return text_to_long(a, INT16_MIN, INT16_MAX, out);
}

static bool text_to_int(const struct java_argument *a, size_t count, struct arena *arena, struct value *out)
{
    (void)count, (void)arena;
    return text_to_long(a, INT32_MIN, INT32_MAX, out);
}

static bool text_to_int64(const struct java_argument *a, size_t count, struct arena *arena, struct value *out)
{
    (void)count, (void)arena;
    return text_to_long(a, INT64_MIN, INT64_MAX, out);
}

static bool text_to_number(const struct java_argument *a, double *out)
{
    struct error err = ERROR_INIT;
    struct value v = value_null;
    if (value_number_parse(str_trim(a[0].value.string), &v, &err) != OK)
        return false;
    *out = value_to_double(v);
    return true;
}

static bool text_to_float(const struct java_argument *a, size_t count, struct arena *arena, struct value *out)
{
    (void)count, (void)arena;
    double d = 0;
    return text_to_number(a, &d) && give_float((float)d, out);
}

static bool text_to_double(const struct java_argument *a, size_t count, struct arena *arena, struct value *out)
{
    (void)count, (void)arena;
    double d = 0;
    return text_to_number(a, &d) && give_real(d, out);
}

/* String.format with %s, %d, %f, %.Nf, %n and %%. */
static bool format_one(struct str format, size_t *at, const struct java_argument *a, struct arena *arena,
                       struct buf *out)
{
    int64_t digits = 6;
    size_t start = *at;
    if (*at < format.len && format.data[*at] == '.') {
        while (++*at < format.len && format.data[*at] >= '0' && format.data[*at] <= '9')
            continue;
        if (!str_to_int64(str_part(format, start + 1, *at), &digits) || digits > 30)
            return false;
    }
    char kind = *at < format.len ? format.data[(*at)++] : 0;
    int64_t whole = 0;
    struct value rounded = value_null;
    if (!a || (start + 1 != *at && kind != 'f'))
        return false;
    if (kind == 's')
        buf_put(out, value_to_text(arena, a->value));
    else if (kind == 'd' && value_to_int64(a->value, &whole))
        buf_printf(out, "%" PRId64, whole);
    else if (kind == 'f' && a->value.kind == VALUE_NUMBER && number_round(a->value, digits, ROUND_HALF_UP, &rounded))
        buf_printf(out, "%.*f", (int)digits, value_to_double(rounded));
    else
        return false;
    return true;
}

static bool text_format(const struct java_argument *a, size_t count, struct arena *arena, struct value *out)
{
    struct str format = a[0].value.string;
    struct buf buf;
    buf_init(&buf, (size_t)1024 * 1024);
    size_t next = 1;
    bool fine = true;
    for (size_t at = 0; at < format.len && fine;) {
        char c = format.data[at++];
        char escaped = c == '%' && at < format.len ? format.data[at] : 0;
        if (c != '%') {
            buf_put_char(&buf, c);
        } else if (escaped == '%' || escaped == 'n') {
            buf_put_char(&buf, escaped == '%' ? '%' : '\n');
            at++;
        } else {
            fine = format_one(format, &at, next < count ? &a[next] : NULL, arena, &buf);
            next++;
        }
    }
    *out = value_string_copy(arena, buf_str(&buf));
    fine = fine && !buf.overflowed;
    buf_release(&buf);
    return fine;
}

static const struct java_row {
    const char *class_name;
    const char *signature; /* without blanks */
    java_method *call;
} methods[] = {
    {"java.lang.Math", "abs(double)", real_abs},
    {"java.lang.Math", "abs(float)", real_abs},
    {"java.lang.Math", "abs(int)", whole_abs},
    {"java.lang.Math", "abs(long)", whole_abs},
    {"java.lang.Math", "max(double,double)", real_max},
    {"java.lang.Math", "max(float,float)", float_max},
    {"java.lang.Math", "max(int,int)", whole_max},
    {"java.lang.Math", "max(long,long)", whole_max},
    {"java.lang.Math", "min(double,double)", real_min},
    {"java.lang.Math", "min(float,float)", float_min},
    {"java.lang.Math", "min(int,int)", whole_min},
    {"java.lang.Math", "min(long,long)", whole_min},
    {"java.lang.Math", "pow(double,double)", real_pow},
    {"java.lang.Math", "atan2(double,double)", real_atan2},
    {"java.lang.Math", "hypot(double,double)", real_hypot},
    {"java.lang.Math", "sqrt(double)", real_sqrt},
    {"java.lang.Math", "cbrt(double)", real_cbrt},
    {"java.lang.Math", "sin(double)", real_sin},
    {"java.lang.Math", "cos(double)", real_cos},
    {"java.lang.Math", "tan(double)", real_tan},
    {"java.lang.Math", "asin(double)", real_asin},
    {"java.lang.Math", "acos(double)", real_acos},
    {"java.lang.Math", "atan(double)", real_atan},
    {"java.lang.Math", "exp(double)", real_exp},
    {"java.lang.Math", "log(double)", real_log},
    {"java.lang.Math", "log10(double)", real_log10},
    {"java.lang.Math", "floor(double)", real_floor},
    {"java.lang.Math", "ceil(double)", real_ceil},
    {"java.lang.Math", "rint(double)", real_rint},
    {"java.lang.Math", "round(double)", real_round},
    {"java.lang.Math", "round(float)", real_round},
    {"java.lang.Math", "signum(double)", real_signum},
    {"java.lang.Byte", "valueOf(byte)", whole_itself},
    {"java.lang.Byte", "valueOf(java.lang.String)", text_to_byte},
    {"java.lang.Byte", "parseByte(java.lang.String)", text_to_byte},
    {"java.lang.Short", "valueOf(short)", whole_itself},
    {"java.lang.Short", "valueOf(java.lang.String)", text_to_short},
    {"java.lang.Short", "parseShort(java.lang.String)", text_to_short},
    {"java.lang.Integer", "valueOf(int)", whole_itself},
    {"java.lang.Integer", "valueOf(java.lang.String)", text_to_int},
    {"java.lang.Integer", "parseInt(java.lang.String)", text_to_int},
    {"java.lang.Long", "valueOf(long)", whole_itself},
    {"java.lang.Long", "valueOf(java.lang.String)", text_to_int64},
    {"java.lang.Long", "parseLong(java.lang.String)", text_to_int64},
    {"java.lang.Float", "valueOf(float)", float_itself},
    {"java.lang.Float", "valueOf(java.lang.String)", text_to_float},
    {"java.lang.Float", "parseFloat(java.lang.String)", text_to_float},
    {"java.lang.Double", "valueOf(double)", real_itself},
    {"java.lang.Double", "valueOf(java.lang.String)", text_to_double},
    {"java.lang.Double", "parseDouble(java.lang.String)", text_to_double},
    {"java.lang.String", "valueOf(char)", as_text},
    {"java.lang.String", "valueOf(int)", as_text},
    {"java.lang.String", "valueOf(long)", as_text},
    {"java.lang.String", "valueOf(boolean)", as_text},
    {"java.lang.String", "valueOf(java.lang.Object)", as_text},
    {"java.lang.String", "format(java.lang.String,[Ljava.lang.Object;)", text_format},
};

/* ---- Arguments ---- */

static bool read_whole(struct value v, int64_t min, int64_t max, struct java_argument *out)
{
    return value_to_int64(v, &out->whole) && out->whole >= min && out->whole <= max;
}

static bool read_argument(struct str type, struct value v, struct java_argument *out)
{
    static const struct {
        const char *name;
        int64_t min, max;
    } wholes[] = {{"byte", INT8_MIN, INT8_MAX},
                  {"short", INT16_MIN, INT16_MAX},
                  {"int", INT32_MIN, INT32_MAX},
                  {"long", INT64_MIN, INT64_MAX}};
    out->value = v;
    for (size_t i = 0; i < COUNT_OF(wholes); i++)
        if (str_equal(type, str_of(wholes[i].name)))
            return v.kind == VALUE_NUMBER && read_whole(v, wholes[i].min, wholes[i].max, out);
    if (str_equal(type, STR("double")) || str_equal(type, STR("float"))) {
        out->real = v.kind == VALUE_NUMBER ? value_to_double(v) : 0;
        if (str_equal(type, STR("float")))
            out->real = (float)out->real;
        return v.kind == VALUE_NUMBER;
    }
    if (str_equal(type, STR("char")))
        return v.kind == VALUE_STRING && utf8_length(v.string) == 1;
    if (str_equal(type, STR("boolean")))
        return v.kind == VALUE_BOOLEAN;
    if (str_equal(type, STR("java.lang.String")))
        return v.kind == VALUE_STRING;
    return true; /* java.lang.Object */
}

struct java_call {
    const struct java_row *method;
    size_t count;
};

static struct value call(void *host, const struct value *values, struct feel_run *run)
{
    const struct java_call *java = host;
    struct str signature = str_of(java->method->signature);
    ptrdiff_t open = str_find(signature, STR("("), 0);
    struct str types = str_part(signature, (size_t)open + 1, signature.len - 1);
    struct java_argument arguments[ARGUMENTS_MAX] = {0};
    struct str rest = STR_NONE;
    bool fine = true;
    for (size_t i = 0; i < java->count && fine; i++) {
        struct str type = types.len ? str_cut(&types, ',') : rest;
        if (str_starts(type, STR("[L")))
            rest = STR("java.lang.Object");
        fine = type.len && read_argument(rest.len ? rest : type, values[i], &arguments[i]);
    }
    struct value out = value_null;
    if (fine && (!types.len || str_starts(types, STR("[L"))) &&
        java->method->call(arguments, java->count, run->arena, &out))
        return out;
    feel_note(run, "%s.%s cannot be called with these arguments", java->method->class_name, java->method->signature);
    return value_null;
}

static bool same_signature(struct str written, const char *known)
{
    for (size_t i = 0; i < written.len; i++) {
        if (written.data[i] == ' ')
            continue;
        if (written.data[i] != *known++)
            return false;
    }
    return *known == 0;
}

/* mapping is {java: {class: …, method signature: …}}, or what stands inside it. */
struct value dmn_java_function(struct arena *arena, struct value mapping, const struct str *parameters, size_t count)
{
    struct value java = mapping;
    if (value_find(mapping, STR("java"), &java) && java.kind != VALUE_CONTEXT)
        return value_null;
    struct str class_name = value_text(value_get(java, STR("class")));
    struct str signature = value_text(value_get(java, STR("method signature")));
    for (size_t i = 0; i < COUNT_OF(methods) && count <= ARGUMENTS_MAX; i++) {
        if (!str_equal(class_name, str_of(methods[i].class_name)) || !same_signature(signature, methods[i].signature))
            continue;
        struct java_call *host = arena_new(arena, struct java_call);
        *host = (struct java_call){&methods[i], count};
        return feel_host_function(arena, parameters, count, call, host);
    }
    return value_null;
}
