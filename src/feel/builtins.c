/* All built-ins, and their signatures in words for editors and help pages. */
#include "feel/builtins.h"

#include <stdio.h>
#include <string.h>
#include <threads.h>

const struct builtin *const feel_builtin_tables[] = {builtins_number,    builtins_string,  builtins_list,
                                                     builtins_aggregate, builtins_context, builtins_time,
                                                     builtins_range,     builtins_extra,   NULL};

#define SIGNATURES_MAX 256
#define SIGNATURE_LENGTH 160

static struct {
    once_flag once;
    size_t count;
    struct feel_builtin_info items[SIGNATURES_MAX];
    char texts[SIGNATURES_MAX][SIGNATURE_LENGTH];
} signatures = {.once = ONCE_FLAG_INIT};

static const char *take_word(uint8_t take)
{
    static const char *const words[] = {"Any",     "boolean", "number",   "string",        "list",
                                        "context", "date",    "time",     "date and time", "days and time duration",
                                        "range",   "point",   "function", "date or time"};
    size_t kind = take & TAKE_KIND;
    return kind < COUNT_OF(words) ? words[kind] : "Any";
}

/* name(parameter: type, parameter?: type, …) */
static void write_signature(const struct builtin *row, char out[SIGNATURE_LENGTH])
{
    struct buf text;
    buf_init(&text, 0);
    buf_printf(&text, "%s(", row->name);
    for (size_t i = 0; i < BUILTIN_PARAMETERS_MAX && row->parameters[i].name; i++) {
        const struct builtin_parameter *parameter = &row->parameters[i];
        buf_printf(&text, "%s%s%s: %s", i ? ", " : "", parameter->name, parameter->take & TAKE_OPTIONAL ? "?" : "",
                   take_word(parameter->take));
    }
    if (row->flags & (BUILTIN_TAIL | BUILTIN_GATHERS))
        buf_put(&text, STR(", …"));
    buf_put_char(&text, ')');
    snprintf(out, SIGNATURE_LENGTH, "%s", text.data);
    buf_release(&text);
}

static void signatures_build(void)
{
    for (size_t table = 0; feel_builtin_tables[table]; table++) {
        for (const struct builtin *row = feel_builtin_tables[table]; row->name; row++) {
            CHECK(signatures.count < SIGNATURES_MAX);
            size_t i = signatures.count++;
            write_signature(row, signatures.texts[i]);
            signatures.items[i] = (struct feel_builtin_info){row->name, signatures.texts[i]};
        }
    }
}

const struct feel_builtin_info *builtin_signatures(size_t *count)
{
    call_once(&signatures.once, signatures_build);
    *count = signatures.count;
    return signatures.items;
}
