/* Text templates: a source is read once into a tree of pieces, each expression compiled; rendering walks the tree.
 *
 * A loop's names (the item's members, this, loop) lie in front of the outer names in one array, so that the first hit
 * wins and a turn of the loop writes only its own part:
 *
 *     [ .... | item's members, this, loop | outer names ..... ]
 *            ^ the context of this turn begins here */
#include "feel/template.h"

#include "feel/number.h"

#include <stdio.h>
#include <string.h>

#define NESTING_MAX 64
#define PIECES_MAX 100000
#define LOOP_NAMES 2 /* this, loop */
#define TURNS_MAX 10000000
#define LIST_MAX 1000000

enum piece_kind { PIECE_TEXT, PIECE_VALUE, PIECE_RAW, PIECE_IF, PIECE_LOOP, PIECE_PARTIAL };

struct pieces {
    struct piece *items;
    size_t count;
};

struct piece {
    enum piece_kind kind;
    struct str text;
    const struct feel_program *program;
    struct pieces body;      /* of an if, a loop, a partial */
    struct pieces otherwise; /* behind {{else}} */
};

struct template
{
    enum template_kind kind;
    struct pieces pieces;
};

/* ---- Reading ---- */

enum end { END_OF_SOURCE, END_ELSE, END_IF, END_LOOP };

struct reader {
    struct arena *arena;
    const struct template_options *options;
    struct str source;
    size_t at;
    size_t tag; /* where the tag being read begins */
    int nesting;
    size_t *piece_count; /* of the whole template, partials included */
    struct error *err;
};

static void position(struct str source, size_t offset, size_t *line, size_t *column)
{
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < offset; i++) {
        if (source.data[i] == '\n') {
            (*line)++;
            *column = 1;
        } else {
            *column += ((unsigned char)source.data[i] & 0xC0) != 0x80;
        }
    }
}

static enum status refuse(struct reader *self, size_t offset, const char *message)
{
    size_t line;
    size_t column;
    position(self->source, offset, &line, &column);
    error_set(self->err, ERROR_INVALID, "template-syntax", "%s.", message);
    return error_field(self->err, "line %zu, column %zu", line, column);
}

/* The offset of close outside of string literals and braces, or -1. */
static ptrdiff_t find_close(struct str source, size_t from, struct str close)
{
    int braces = 0;
    bool quoted = false;
    for (size_t i = from; i < source.len; i++) {
        char c = source.data[i];
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{') {
            braces++;
        } else if (c == '}' && braces > 0) {
            braces--;
        } else if (c == '}' && str_starts(str_part(source, i, source.len), close)) {
            return (ptrdiff_t)i;
        }
    }
    return -1;
}

/* Cuts out what stands up to close and moves behind it. */
static enum status read_inner(struct reader *self, struct str close, struct str *out)
{
    ptrdiff_t end = find_close(self->source, self->at, close);
    if (end < 0)
        return refuse(self, self->tag, "A tag is not closed");
    *out = str_part(self->source, self->at, (size_t)end);
    self->at = (size_t)end + close.len;
    return OK;
}

/* The expression starts at its first non-blank character, which is where columns count from. */
static enum status compile(struct reader *self, struct str text, const struct feel_program **out)
{
    struct str trimmed = str_trim(text);
    struct feel_options options = {.syntax = FEEL_EXPRESSION};
    struct error found = ERROR_INIT;
    if (trimmed.len == 0)
        return refuse(self, self->tag, "An expression is missing");
    if (feel_compile(self->arena, trimmed, &options, out, &found) == OK)
        return OK;
    size_t line;
    size_t column;
    unsigned inner_line = 1;
    unsigned inner_column = 1;
    position(self->source, (size_t)(trimmed.data - self->source.data), &line, &column);
    if (sscanf(found.field, "line %u, column %u", &inner_line, &inner_column) != 2)
        inner_line = inner_column = 1;
    error_set(self->err, ERROR_INVALID, "template-syntax", "%s", found.message);
    error_hint(self->err, "%s", found.hint);
    if (inner_line > 1)
        return error_field(self->err, "line %zu, column %u", line + inner_line - 1, inner_column);
    return error_field(self->err, "line %zu, column %zu", line, column + inner_column - 1);
}

typedef VECTOR(struct piece) piece_vector;

static enum status read_pieces(struct reader *self, enum end wanted, enum end *found, struct pieces *out);

static enum status add(struct reader *self, piece_vector *pieces, struct piece piece)
{
    if (++*self->piece_count > PIECES_MAX) {
        refuse(self, self->tag, "The template is too large");
        self->err->kind = ERROR_LIMIT;
        return FAILED;
    }
    VECTOR_PUSH(self->arena, pieces, piece);
    return OK;
}

static enum status read_body(struct reader *self, enum end wanted, struct piece *piece)
{
    size_t tag = self->tag;
    enum end found;
    if (++self->nesting > NESTING_MAX)
        return refuse(self, tag, "Blocks are nested too deeply");
    if (read_pieces(self, wanted, &found, &piece->body) != OK)
        return FAILED;
    if (found == END_ELSE && read_pieces(self, END_IF, &found, &piece->otherwise) != OK)
        return FAILED;
    if (found == END_ELSE)
        return refuse(self, self->tag, "A second {{else}} in one block");
    if (found != wanted)
        return refuse(self, tag, "A block is not closed");
    self->nesting--;
    return OK;
}

static enum status read_block(struct reader *self, struct piece *piece)
{
    struct str inner = STR_NONE;
    if (read_inner(self, STR("}}"), &inner) != OK)
        return FAILED;
    struct str word = str_starts(inner, STR("#loop")) ? STR("#loop") : STR("#if");
    struct str rest = str_part(inner, word.len, inner.len);
    if (!str_starts(inner, word) || (rest.len && !strchr(" \t\r\n(", rest.data[0])))
        return refuse(self, self->tag, "Only {{#if …}} and {{#loop …}} are known");
    piece->kind = word.len == 3 ? PIECE_IF : PIECE_LOOP;
    if (compile(self, rest, &piece->program) != OK)
        return FAILED;
    return read_body(self, piece->kind == PIECE_IF ? END_IF : END_LOOP, piece);
}

static enum status read_partial(struct reader *self, struct piece *piece)
{
    struct str inner = STR_NONE;
    if (read_inner(self, STR("}}"), &inner) != OK)
        return FAILED;
    struct str name = str_trim(str_part(inner, 1, inner.len));
    struct str source = STR_NONE;
    if (!self->options->partial || !self->options->partial(self->options->partial_state, name, &source)) {
        refuse(self, self->tag, "There is no such partial template");
        return error_prefix(self->err, "%.*s", STR_ARGS(str_part(name, 0, 80)));
    }
    if (self->nesting >= NESTING_MAX)
        return refuse(self, self->tag, "Partial templates are nested too deeply, or contain themselves");
    struct reader partial = *self;
    partial.source = arena_str(self->arena, source);
    partial.at = 0;
    partial.nesting++;
    enum end found;
    piece->kind = PIECE_PARTIAL;
    if (read_pieces(&partial, END_OF_SOURCE, &found, &piece->body) != OK)
        return strstr(self->err->message, "partial template")
                   ? FAILED
                   : error_prefix(self->err, "In the partial template %.*s", STR_ARGS(str_part(name, 0, 80)));
    return OK;
}

/* {{else}}, {{/if}} or {{/loop}} at self->at? Moves behind it. */
static bool read_end(struct reader *self, enum end *found)
{
    const struct {
        struct str text;
        enum end end;
    } ends[] = {{STR("{{else}}"), END_ELSE}, {STR("{{/if}}"), END_IF}, {STR("{{/loop}}"), END_LOOP}};
    struct str rest = str_part(self->source, self->at, self->source.len);
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        if (!str_starts(rest, ends[i].text))
            continue;
        self->at += ends[i].text.len;
        *found = ends[i].end;
        return true;
    }
    return false;
}

static enum status read_value_tag(struct reader *self, struct piece *piece)
{
    bool raw = str_starts(str_part(self->source, self->at, self->source.len), STR("{"));
    if (raw && !self->options->raw_allowed)
        return refuse(self, self->tag, "{{{…}}} is not allowed in this template, write {{…}}");
    self->at += raw;
    struct str inner = STR_NONE;
    if (read_inner(self, raw ? STR("}}}") : STR("}}"), &inner) != OK)
        return FAILED;
    piece->kind = raw ? PIECE_RAW : PIECE_VALUE;
    return compile(self, inner, &piece->program);
}

static enum status read_tag(struct reader *self, struct piece *piece)
{
    self->at += 2;
    switch (self->at < self->source.len ? self->source.data[self->at] : 0) {
    case '#': return read_block(self, piece);
    case '>': return read_partial(self, piece);
    case '/': return refuse(self, self->tag, "Only {{/if}} and {{/loop}} close a block");
    default: return read_value_tag(self, piece);
    }
}

static enum status read_pieces(struct reader *self, enum end wanted, enum end *found, struct pieces *out)
{
    piece_vector pieces = {0};
    *found = END_OF_SOURCE;
    while (self->at < self->source.len) {
        ptrdiff_t next = str_find(self->source, STR("{{"), self->at);
        size_t tag = next < 0 ? self->source.len : (size_t)next;
        if (tag > self->at) {
            struct piece text = {.kind = PIECE_TEXT, .text = str_part(self->source, self->at, tag)};
            if (add(self, &pieces, text) != OK)
                return FAILED;
        }
        self->at = tag;
        self->tag = tag;
        if (next < 0)
            break;
        if (read_end(self, found)) {
            if (*found == wanted || (*found == END_ELSE && wanted == END_IF))
                break;
            return refuse(self, tag, "This closes a block that is not open");
        }
        struct piece piece = {0};
        if (read_tag(self, &piece) != OK || add(self, &pieces, piece) != OK)
            return FAILED;
    }
    *out = (struct pieces){pieces.items, pieces.count};
    return OK;
}

enum status template_compile(struct arena *arena, struct str source, const struct template_options *options,
                             const struct template **out, struct error *err)
{
    static const struct template_options none = {.kind = TEMPLATE_TEXT};
    size_t piece_count = 0;
    struct error unwanted;
    struct reader reader = {.arena = arena, .options = options ? options : &none, .piece_count = &piece_count};
    reader.err = err ? err : &unwanted;
    reader.source = arena_str(arena, source);
    struct template *template = arena_new(arena, struct template);
    template->kind = reader.options->kind;
    enum end found;
    if (read_pieces(&reader, END_OF_SOURCE, &found, &template->pieces) != OK)
        return FAILED;
    *out = template;
    return OK;
}

/* ---- Rendering ---- */

struct renderer {
    enum template_kind kind;
    struct feel_run *run;
    struct buf *out;
    uint64_t turns;
    struct error *err;
};

static enum status render(struct renderer *self, const struct pieces *pieces, struct value context);

static enum status evaluate(struct renderer *self, const struct piece *piece, struct value context, struct value *out)
{
    *out = feel_evaluate_in(piece->program, context, self->run);
    if (!self->run->stopped)
        return OK;
    struct str why = self->run->note_count ? self->run->notes[self->run->note_count - 1].text : STR("a limit was met");
    return error_set(self->err, ERROR_LIMIT, "template-limit", "Rendering was stopped: %.*s", STR_ARGS(why));
}

/* What stands for c in this kind of text: NULL for c itself, "" where it cannot be written at all. */
static const char *escape_of(unsigned char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    case '\t':
    case '\n':
    case '\r': return NULL;
    default: return c < 0x20 ? "" : NULL;
    }
}

static void put_escaped(struct buf *out, struct str s)
{
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        const char *escape = escape_of((unsigned char)s.data[i]);
        if (!escape)
            continue;
        buf_put(out, str_part(s, from, i));
        buf_put(out, str_of(escape));
        from = i + 1;
    }
    buf_put(out, str_part(s, from, s.len));
}

static void put_value(struct renderer *self, struct value v, enum piece_kind kind)
{
    if (value_is_null(v))
        return;
    struct str text = value_to_text(self->run->arena, v);
    if (kind == PIECE_RAW || self->kind == TEMPLATE_TEXT)
        buf_put(self->out, text);
    else
        put_escaped(self->out, text);
}

static bool holds(struct value v)
{
    switch ((enum value_kind)v.kind) {
    case VALUE_NULL: return false;
    case VALUE_BOOLEAN: return v.boolean;
    case VALUE_NUMBER: return !number_is_zero(v);
    case VALUE_STRING: return v.string.len > 0;
    case VALUE_LIST:
    case VALUE_CONTEXT: return value_count(v) > 0;
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATE_TIME:
    case VALUE_YEARS_MONTHS:
    case VALUE_DAYS_TIME:
    case VALUE_RANGE:
    case VALUE_FUNCTION:
    default: return true;
    }
}

/* The array described at the top of this file. */
struct overlay {
    struct member *members;
    size_t own; /* places for the loop's names */
    size_t outer;
};

static struct overlay overlay_new(const struct value *items, size_t count, struct value context)
{
    struct overlay overlay = {.own = LOOP_NAMES, .outer = context.kind == VALUE_CONTEXT ? context.context->count : 0};
    for (size_t i = 0; i < count; i++)
        if (items[i].kind == VALUE_CONTEXT && items[i].context->count + LOOP_NAMES > overlay.own)
            overlay.own = items[i].context->count + LOOP_NAMES;
    overlay.members = heap_alloc((overlay.own + overlay.outer) * sizeof(*overlay.members));
    if (overlay.outer)
        memcpy(overlay.members + overlay.own, context.context->members, overlay.outer * sizeof(*overlay.members));
    return overlay;
}

static struct context overlay_turn(struct overlay *self, struct value item, struct value loop)
{
    size_t used = LOOP_NAMES + (item.kind == VALUE_CONTEXT ? item.context->count : 0);
    struct member *at = self->members + self->own - used;
    at[0] = (struct member){STR("this"), item};
    at[1] = (struct member){STR("loop"), loop};
    if (used > LOOP_NAMES)
        memcpy(at + LOOP_NAMES, item.context->members, (used - LOOP_NAMES) * sizeof(*at));
    return (struct context){.count = used + self->outer, .members = at};
}

static enum status render_turn(struct renderer *self, const struct piece *piece, struct overlay *overlay, size_t i,
                               const struct value *items, size_t count)
{
    struct member told[] = {
        {STR("index"), value_int((int64_t)i + 1)},
        {STR("first"), value_boolean(i == 0)},
        {STR("last"), value_boolean(i + 1 == count)},
    };
    struct context loop = {.count = COUNT_OF(told), .members = told};
    struct context context = overlay_turn(overlay, items[i], (struct value){.kind = VALUE_CONTEXT, .context = &loop});
    if (++self->turns > (self->run->steps_max ? self->run->steps_max : TURNS_MAX))
        return error_set(self->err, ERROR_LIMIT, "template-limit",
                         "Rendering was stopped: its loops take too many turns.");
    return render(self, &piece->body, (struct value){.kind = VALUE_CONTEXT, .context = &context});
}

static enum status render_loop(struct renderer *self, const struct piece *piece, struct value context)
{
    struct value list;
    if (evaluate(self, piece, context, &list) != OK)
        return FAILED;
    const struct value *items = list.kind == VALUE_LIST ? list.list->items : &list;
    size_t count = list.kind == VALUE_LIST ? list.list->count : !value_is_null(list);
    if (count > (self->run->list_max ? self->run->list_max : LIST_MAX))
        return error_set(self->err, ERROR_LIMIT, "template-limit", "Rendering was stopped: a loop's list is too long.");
    struct overlay overlay = overlay_new(items, count, context);
    enum status status = OK;
    for (size_t i = 0; i < count && status == OK; i++)
        status = render_turn(self, piece, &overlay, i, items, count);
    heap_free(overlay.members);
    return status;
}

static enum status render_piece(struct renderer *self, const struct piece *piece, struct value context)
{
    struct value v;
    switch (piece->kind) {
    case PIECE_TEXT: buf_put(self->out, piece->text); return OK;
    case PIECE_PARTIAL: return render(self, &piece->body, context);
    case PIECE_LOOP: return render_loop(self, piece, context);
    case PIECE_IF:
        if (evaluate(self, piece, context, &v) != OK)
            return FAILED;
        return render(self, holds(v) ? &piece->body : &piece->otherwise, context);
    case PIECE_VALUE:
    case PIECE_RAW:
    default:
        if (evaluate(self, piece, context, &v) != OK)
            return FAILED;
        put_value(self, v, piece->kind);
        return OK;
    }
}

static enum status render(struct renderer *self, const struct pieces *pieces, struct value context)
{
    for (size_t i = 0; i < pieces->count; i++) {
        if (render_piece(self, &pieces->items[i], context) != OK)
            return FAILED;
        if (self->out->overflowed)
            return error_set(self->err, ERROR_LIMIT, "template-limit", "The rendered text is longer than %zu bytes.",
                             self->out->max);
    }
    return OK;
}

enum status template_render(const struct template *self, struct value context, struct feel_run *run, struct buf *out,
                            struct error *err)
{
    CHECK(self && run && run->arena && out);
    struct error unwanted;
    struct renderer renderer = {.kind = self->kind, .run = run, .out = out, .err = err ? err : &unwanted};
    return render(&renderer, &self->pieces, context);
}
