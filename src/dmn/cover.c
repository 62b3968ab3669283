/* Boxes of rules, see cover.h. */
#include "dmn/cover.h"

#include <string.h>

#define WORD_BITS 64
#define NODES_MAX 200000
#define CLASSES_MAX 4096
#define SIGNATURES_MAX ((size_t)4 * 1000 * 1000) /* pieces times tests of one axis */

static bool has_bit(const uint64_t *set, size_t at)
{
    return (set[at / WORD_BITS] >> (at % WORD_BITS)) & 1;
}

static void put_bit(uint64_t *set, size_t at)
{
    set[at / WORD_BITS] |= UINT64_C(1) << (at % WORD_BITS);
}

/* ---- An axis ---- */

static const struct feel_type *axis_type(const struct table *table, const struct input_clause *clause)
{
    if (clause->type || !clause->expression || clause->expression->literal.slot < 0)
        return clause->type;
    size_t slot = (size_t)clause->expression->literal.slot;
    const struct node *owner = table->owner;
    if (slot < owner->binding_count)
        return owner->bindings[slot].node ? owner->bindings[slot].node->type : NULL;
    for (size_t i = 0; owner->element.kind == DMN_KNOWLEDGE && i < owner->parameter_count; i++)
        if (owner->binding_count + i == slot)
            return owner->parameters[i].type;
    return NULL;
}

static enum value_kind kind_of_type(const struct feel_type *type)
{
    switch (type ? type->kind : FEEL_TYPE_ANY) {
    case FEEL_TYPE_BOOLEAN: return VALUE_BOOLEAN;
    case FEEL_TYPE_NUMBER: return VALUE_NUMBER;
    case FEEL_TYPE_STRING: return VALUE_STRING;
    case FEEL_TYPE_DATE: return VALUE_DATE;
    case FEEL_TYPE_YEARS_MONTHS: return VALUE_YEARS_MONTHS;
    case FEEL_TYPE_DAYS_TIME: return VALUE_DAYS_TIME;
    case FEEL_TYPE_ANY:
    case FEEL_TYPE_NULL:
    case FEEL_TYPE_TIME:
    case FEEL_TYPE_DATE_TIME:
    case FEEL_TYPE_LIST:
    case FEEL_TYPE_CONTEXT:
    case FEEL_TYPE_RANGE:
    case FEEL_TYPE_FUNCTION: break;
    }
    return VALUE_NULL;
}

enum value_kind dmn_input_kind(const struct table *table, const struct input_clause *clause)
{
    return kind_of_type(axis_type(table, clause));
}

struct shapes {
    VECTOR(struct feel_tests_shape) tests;   /* of all columns of the axis, column after column */
    VECTOR(struct feel_tests_shape) domains; /* allowed values: all must hold */
};

static void add_domains(struct arena *arena, const struct feel_type *type, struct shapes *shapes)
{
    for (; type; type = type->base)
        if (type->allowed)
            VECTOR_PUSH(arena, &shapes->domains, feel_tests_shape(type->allowed));
}

static void collect_shapes(struct arena *arena, const struct table *table, struct str text, struct shapes *shapes)
{
    for (size_t i = 0; i < table->input_count; i++) {
        const struct input_clause *clause = &table->inputs[i];
        if (!str_equal(clause->text, text))
            continue;
        for (size_t t = 0; t < clause->test_count; t++)
            VECTOR_PUSH(arena, &shapes->tests, clause->tests[t].shape);
        add_domains(arena, axis_type(table, clause), shapes);
        if (clause->allowed)
            VECTOR_PUSH(arena, &shapes->domains, feel_tests_shape(clause->allowed));
    }
}

/* ---- Examples of pieces ---- */

static struct value add_whole(struct value v, int64_t n)
{
    struct value out = v;
    if (v.kind == VALUE_NUMBER && !number_add(v, value_int(n), &out))
        return v;
    if (v.kind == VALUE_DATE)
        out.temporal.seconds += n * 86400;
    if (v.kind == VALUE_YEARS_MONTHS)
        out.months += n;
    if (v.kind == VALUE_DAYS_TIME)
        out.span.seconds += n;
    return out;
}

static bool is_less(struct value a, struct value b)
{
    int order = 0;
    return value_compare(a, b, &order) && order < 0;
}

static struct value middle_number(struct value a, struct value b)
{
    struct value sum = value_null;
    struct value half = value_null;
    struct value whole = value_null;
    if (number_round(a, 0, ROUND_FLOOR, &whole) && number_add(whole, value_int(1), &whole) && is_less(whole, b))
        return whole;
    return number_add(a, b, &sum) && number_divide(sum, value_int(2), &half) && is_less(a, half) && is_less(half, b)
               ? half
               : value_null;
}

static struct value text_after(struct arena *arena, struct value a, const struct value *b)
{
    static const char *const endings[] = {" (other)", " ", "\x01"};
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        struct value v = value_string(arena_printf(arena, "%.*s%s", STR_ARGS(a.string), endings[i]));
        if (!b || is_less(v, *b))
            return v;
    }
    return value_null;
}

/* A value strictly between a and b (either may be NULL: no end); null when there is none. */
static struct value between(struct arena *arena, enum value_kind kind, const struct value *a, const struct value *b)
{
    if (!a && !b) {
        struct value day = value_null;
        if (kind == VALUE_NUMBER)
            return value_int(0);
        if (kind == VALUE_DATE && date_make(2000, 1, 1, &day))
            return day;
        if (kind == VALUE_STRING)
            return value_string(STR("any"));
        return kind == VALUE_YEARS_MONTHS || kind == VALUE_DAYS_TIME ? (struct value){.kind = (uint8_t)kind}
                                                                     : value_null;
    }
    if (kind == VALUE_STRING) {
        if (a)
            return text_after(arena, *a, b);
        return b->string.len ? value_string(STR("")) : value_null;
    }
    if (kind == VALUE_NUMBER && a && b)
        return middle_number(*a, *b);
    struct value v = a ? add_whole(*a, 1) : add_whole(*b, -1);
    return (!a || is_less(*a, v)) && (!b || is_less(v, *b)) ? v : value_null;
}

static struct value piece_example(struct arena *arena, const struct column *column, size_t piece)
{
    size_t low = piece / 2;
    if (piece % 2 == 1)
        return column->cuts[low];
    if (column->kind == VALUE_BOOLEAN)
        return value_null;
    return between(arena, column->kind, low > 0 ? &column->cuts[low - 1] : NULL,
                   low < column->cut_count ? &column->cuts[low] : NULL);
}

/* ---- Classes ---- */

/* What the tests say about a piece, as bytes: equal for pieces of one class. */
static struct str signature_of(struct arena *arena, const struct column *column, const struct shapes *shapes,
                               size_t piece)
{
    char *bytes = arena_alloc(arena, shapes->tests.count + 1);
    for (size_t i = 0; i < shapes->tests.count; i++) {
        struct feel_tests_shape shape = shapes->tests.items[i];
        bool decided = dmn_column_shape_is(shape, column->kind);
        bytes[i] = shape.kind == FEEL_TEST_ANY                    ? 'y'
                   : !decided                                     ? '?'
                   : dmn_column_shape_holds(column, shape, piece) ? 'y'
                                                                  : 'n';
    }
    return (struct str){bytes, shapes->tests.count + 1};
}

static bool in_domain(const struct column *column, const struct shapes *shapes, size_t piece)
{
    for (size_t i = 0; i < shapes->domains.count; i++)
        if (dmn_column_shape_is(shapes->domains.items[i], column->kind) &&
            !dmn_column_shape_holds(column, shapes->domains.items[i], piece))
            return false;
    return true;
}

struct axis_parts {
    struct axis *axis;
    VECTOR(struct str) signatures; /* of each class */
};

static void cut_axis(struct arena *arena, enum value_kind kind, const struct shapes *shapes, struct column *column)
{
    size_t count = shapes->tests.count + shapes->domains.count;
    struct feel_tests_shape *all = arena_array(arena, struct feel_tests_shape, count + 1);
    if (shapes->tests.count)
        memcpy(all, shapes->tests.items, shapes->tests.count * sizeof(*all));
    if (shapes->domains.count)
        memcpy(all + shapes->tests.count, shapes->domains.items, shapes->domains.count * sizeof(*all));
    static const struct range both[] = {
        {.start = {.kind = VALUE_BOOLEAN, .boolean = false},
         .end = {.kind = VALUE_BOOLEAN, .boolean = false},
         .start_included = true,
         .end_included = true},
        {.start = {.kind = VALUE_BOOLEAN, .boolean = true},
         .end = {.kind = VALUE_BOOLEAN, .boolean = true},
         .start_included = true,
         .end_included = true},
    };
    if (kind != VALUE_NULL) /* tests of another kind never hold; they cut nothing */
        for (size_t i = 0; i < count; i++)
            if (!dmn_column_shape_is(all[i], kind))
                all[i] = (struct feel_tests_shape){.kind = FEEL_TEST_OTHER};
    enum value_kind found = VALUE_NULL;
    if (kind == VALUE_BOOLEAN)
        all[count++] = (struct feel_tests_shape){FEEL_TEST_VALUES, 2, both};
    struct value *cuts = NULL;
    column->cut_count = dmn_column_cuts(arena, all, count, &found, &cuts);
    column->cuts = cuts;
    column->kind = kind != VALUE_NULL ? kind : found;
}

static void build_axis(struct arena *arena, const struct table *table, size_t input, struct axis_parts *parts)
{
    struct shapes shapes = {0};
    struct column column = {0};
    struct names known = {0};
    const struct input_clause *clause = &table->inputs[input];
    collect_shapes(arena, table, clause->text, &shapes);
    cut_axis(arena, dmn_input_kind(table, clause), &shapes, &column);
    if ((column.cut_count * 2 + 1) * shapes.tests.count > SIGNATURES_MAX)
        column = (struct column){0}; /* nothing is decided then */
    VECTOR(struct axis_class) classes = {0};
    for (size_t piece = 0; piece <= column.cut_count * 2; piece++) {
        struct value example = piece_example(arena, &column, piece);
        bool nothing = value_is_null(example) && column.kind != VALUE_NULL;
        if (nothing || !in_domain(&column, &shapes, piece))
            continue;
        struct str signature = signature_of(arena, &column, &shapes, piece);
        if (!dmn_names_put(&known, arena, signature, parts))
            continue;
        VECTOR_PUSH(arena, &classes, ((struct axis_class){example}));
        VECTOR_PUSH(arena, &parts->signatures, signature);
    }
    *parts->axis = (struct axis){
        .text = clause->text,
        .kind = column.kind,
        .classes = classes.items,
        .class_count = classes.count,
        .words = (classes.count + WORD_BITS - 1) / WORD_BITS + 1,
    };
}

/* ---- Boxes ---- */

/* The classes on which all the rule's tests of this axis hold; true when one could not be decided. */
static bool fill_box(const struct table *table, const struct axis_parts *parts, const struct rule *rule, uint64_t *set)
{
    bool open = false;
    for (size_t c = 0; c < parts->axis->class_count; c++) {
        bool holds = true;
        size_t base = 0;
        for (size_t i = 0; i < table->input_count; i++) {
            if (!str_equal(table->inputs[i].text, parts->axis->text))
                continue;
            char says = parts->signatures.items[c].data[base + rule->tests[i]];
            const struct test *test = &table->inputs[i].tests[rule->tests[i]];
            bool foreign = says == '?' && test->shape.kind != FEEL_TEST_OTHER && parts->axis->kind != VALUE_NULL;
            open |= says == '?' && !foreign;
            holds &= says != 'n' && !foreign;
            base += table->inputs[i].test_count;
        }
        if (holds)
            put_bit(set, c);
    }
    return open;
}

static bool is_empty(const uint64_t *set, size_t words)
{
    for (size_t i = 0; i < words; i++)
        if (set[i])
            return false;
    return true;
}

static void fill_boxes(struct arena *arena, struct space *space, const struct axis_parts *parts)
{
    const struct table *table = space->table;
    space->boxes = arena_array(arena, struct box, table->rule_count);
    space->whole.sets = arena_array(arena, uint64_t *, space->axis_count);
    for (size_t a = 0; a < space->axis_count; a++) {
        space->whole.sets[a] = arena_array(arena, uint64_t, space->axes[a].words);
        for (size_t c = 0; c < space->axes[a].class_count; c++)
            put_bit(space->whole.sets[a], c);
    }
    for (size_t r = 0; r < table->rule_count; r++) {
        struct box *box = &space->boxes[r];
        box->sets = arena_array(arena, uint64_t *, space->axis_count);
        for (size_t a = 0; a < space->axis_count; a++) {
            box->sets[a] = arena_array(arena, uint64_t, space->axes[a].words);
            box->open |= fill_box(table, &parts[a], &table->rules[r], box->sets[a]);
            box->empty |= is_empty(box->sets[a], space->axes[a].words);
        }
    }
}

void dmn_space_build(struct arena *arena, const struct table *table, struct space *out)
{
    struct axis_parts *parts = arena_array(arena, struct axis_parts, table->input_count);
    struct names seen = {0};
    *out = (struct space){.table = table, .axes = arena_array(arena, struct axis, table->input_count), .exact = true};
    for (size_t i = 0; i < table->input_count; i++) {
        if (!dmn_names_put(&seen, arena, table->inputs[i].text, out))
            continue;
        struct axis_parts *part = &parts[out->axis_count];
        part->axis = &out->axes[out->axis_count++];
        build_axis(arena, table, i, part);
        out->exact &= part->axis->class_count <= CLASSES_MAX;
    }
    fill_boxes(arena, out, parts);
}

bool dmn_space_meet(const struct space *self, const struct box *a, const struct box *b, size_t *classes)
{
    for (size_t axis = 0; axis < self->axis_count; axis++) {
        bool found = false;
        for (size_t w = 0; w < self->axes[axis].words && !found; w++) {
            uint64_t both = a->sets[axis][w] & b->sets[axis][w];
            found = both != 0;
            if (found)
                classes[axis] = w * WORD_BITS + (size_t)__builtin_ctzll(both);
        }
        if (!found)
            return false;
    }
    return true;
}

/* ---- Covering ---- */

struct search {
    struct arena *arena;
    const struct space *space;
    const struct box *box;
    const uint32_t *rules;
    size_t count, words;
    size_t *full_from;     /* per rule: from this axis on it holds everything in the box */
    struct names *covered; /* per axis: sets of rules that were found to cover all that follows */
    size_t nodes;
    size_t *classes;
};

static bool contains(const uint64_t *outer, const uint64_t *inner, size_t words)
{
    for (size_t i = 0; i < words; i++)
        if (inner[i] & ~outer[i])
            return false;
    return true;
}

static void fill_full_from(struct search *self)
{
    for (size_t r = 0; r < self->count; r++) {
        size_t from = self->space->axis_count;
        const struct box *box = &self->space->boxes[self->rules[r]];
        while (from > 0 && contains(box->sets[from - 1], self->box->sets[from - 1], self->space->axes[from - 1].words))
            from--;
        self->full_from[r] = from;
    }
}

static size_t first_class(const struct search *self, size_t axis)
{
    size_t c = 0;
    while (c < self->space->axes[axis].class_count && !has_bit(self->box->sets[axis], c))
        c++;
    return c;
}

static enum cover cover_from(struct search *self, size_t axis, const uint64_t *active);

static enum cover cover_class(struct search *self, size_t axis, const uint64_t *active, size_t c)
{
    uint64_t *next = arena_array(self->arena, uint64_t, self->words);
    for (size_t r = 0; r < self->count; r++)
        if (has_bit(active, r) && has_bit(self->space->boxes[self->rules[r]].sets[axis], c))
            put_bit(next, r);
    self->classes[axis] = c;
    return cover_from(self, axis + 1, next);
}

static enum cover cover_from(struct search *self, size_t axis, const uint64_t *active)
{
    if (is_empty(active, self->words)) {
        for (; axis < self->space->axis_count; axis++)
            self->classes[axis] = first_class(self, axis);
        return UNCOVERED;
    }
    for (size_t r = 0; r < self->count; r++)
        if (has_bit(active, r) && self->full_from[r] <= axis)
            return COVERED;
    struct str key = {(const char *)active, self->words * sizeof(*active)};
    if (dmn_names_get(&self->covered[axis], key))
        return COVERED;
    if (++self->nodes > NODES_MAX)
        return COVER_UNKNOWN;
    for (size_t c = 0; c < self->space->axes[axis].class_count; c++) {
        if (!has_bit(self->box->sets[axis], c))
            continue;
        enum cover cover = cover_class(self, axis, active, c);
        if (cover != COVERED)
            return cover;
    }
    dmn_names_put(&self->covered[axis], self->arena, key, self);
    return COVERED;
}

enum cover dmn_space_cover(struct arena *arena, const struct space *self, const struct box *box, const uint32_t *rules,
                           size_t count, size_t *classes)
{
    struct search search = {
        .arena = arena,
        .space = self,
        .box = box,
        .rules = rules,
        .count = count,
        .words = count / WORD_BITS + 1,
        .full_from = arena_array(arena, size_t, count),
        .covered = arena_array(arena, struct names, self->axis_count + 1),
        .classes = classes,
    };
    uint64_t *active = arena_array(arena, uint64_t, search.words);
    for (size_t r = 0; r < count; r++)
        put_bit(active, r);
    fill_full_from(&search);
    return self->exact ? cover_from(&search, 0, active) : COVER_UNKNOWN;
}

struct value dmn_space_example(struct arena *arena, const struct space *self, const size_t *classes)
{
    struct context_builder builder;
    context_builder_init(&builder, arena);
    for (size_t i = 0; i < self->axis_count; i++)
        if (classes[i] < self->axes[i].class_count)
            context_builder_put(&builder, self->axes[i].text, self->axes[i].classes[classes[i]].example);
    return context_builder_done(&builder);
}
