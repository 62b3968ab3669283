/* Judging what was filled in: the server's only word on a form. */
#include "form/form.h"

#include "clock/instant.h"

#include "form/internal.h"

#include <string.h>

struct judging {
    const struct form *form;
    const struct form_env *env;
    struct arena *arena;
    struct value names; /* settled data: what conditions see */
    VECTOR(struct form_error) errors;
};

/* Sentences; {label} {min} {max} {field} are filled in after translation. */
static const char *const sentences[] = {
    "请填写{label}",
    "请选择{label}",
    "请勾选{label}",
    "请至少添加一项{label}",
    "{label}应当是文字",
    "{label}应当是数字",
    "{label}应当是整数",
    "{label}应当是日期，例如2026-07-05",
    "{label}应当是时间，例如13:45",
    "{label}应当是日期和时间，例如2026-07-05T13:45",
    "{label}应当是“是”或“否”",
    "{label}应当是列表",
    "{label}至少要有{min}个字",
    "{label}最多{max}个字",
    "{label}至少要有{min}项",
    "{label}最多{max}项",
    "{label}不能小于{min}",
    "{label}不能大于{max}",
    "{label}不能早于{min}",
    "{label}不能晚于{max}",
    "{label}的格式不正确",
    "{label}不在可选范围内",
    "{label}不能晚于现在",
    "没有这个字段：{field}",
    "表单数据应当是一个对象",
    "{label}不是有效的公民身份号码：请核对18位号码和末位校验码",
    "{label}不是有效的统一社会信用代码：请核对18位代码和末位校验码",
    "{label}不是有效的手机号码：应当是11位数字",
    "{label}不是有效的电话号码：固定电话请加区号，例如0451-85971114",
    "{label}不是有效的组织机构代码：请核对8位代码和校验码",
    "{label}不是有效的ICD-10编码，例如I21.9",
};

const char *const *form_texts_used(size_t *count)
{
    *count = COUNT_OF(sentences);
    return sentences;
}

static struct str fill_in(struct arena *arena, struct str pattern, struct value params)
{
    struct buf out;
    buf_init(&out, 4096);
    for (size_t i = 0; i < pattern.len; i++) {
        ptrdiff_t end = pattern.data[i] == '{' ? str_find(pattern, STR("}"), i) : -1;
        if (end < 0) {
            buf_put_char(&out, pattern.data[i]);
            continue;
        }
        struct value v = value_get(params, str_part(pattern, i + 1, (size_t)end));
        buf_put(&out, value_to_text(arena, v));
        i = (size_t)end;
    }
    return arena_take(arena, &out);
}

/* bound is min or max, or absent. */
static void blame(struct judging *j, const struct form_component *c, struct str field, const char *code,
                  const char *sentence, const char *bound_name, struct value bound)
{
    if (j->errors.count == FORM_ERRORS_MAX)
        return;
    struct context_builder params;
    context_builder_init(&params, j->arena);
    struct str label = c && c->label.len > 0 ? form_translate(&j->env->texts, c->label) : field;
    context_builder_put(&params, STR("label"), value_string(label));
    context_builder_put(&params, STR("field"), value_string(field));
    if (bound_name[0])
        context_builder_put(&params, str_of(bound_name), bound);
    struct form_error error = {.field = field, .code = code, .params = context_builder_done(&params)};
    error.message = fill_in(j->arena, form_translate(&j->env->texts, str_of(sentence)), error.params);
    VECTOR_PUSH(j->arena, &j->errors, error);
}

/* The common case: a sentence without bounds. */
static void blame_plainly(struct judging *j, const struct form_component *c, struct str field, const char *code,
                          const char *sentence)
{
    blame(j, c, field, code, sentence, "", value_null);
}

/* ---- Normal forms ---- */

static struct value normal_text(struct arena *arena, const struct form_component *c, struct value v)
{
    struct str text = str_trim(v.string);
    if (c->format.len > 0)
        text = form_format_normal(arena, text);
    return value_string(text);
}

/* A date and time of another zone as Chinese time, so that its first ten characters are the day it was here. */
static struct str in_chinese_time(struct arena *arena, struct str text)
{
    struct value when;
    int64_t ms;
    if (str_ends(text, STR("+08:00")) || str_find(text, STR("T"), 0) != 10 || !date_time_parse(text, &when) ||
        !date_time_to_ms(when, &ms))
        return text;
    struct clock_date day = day_date(instant_day(ms));
    int64_t seconds = instant_time_of_day(ms) / 1000;
    if (day.year < 1 || day.year > 9999)
        return text;
    return arena_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02d+08:00", (int)day.year, (int)day.month, (int)day.day,
                        (int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));
}

static struct value normal_datetime(struct arena *arena, const struct form_component *c, struct value v)
{
    struct str text = str_trim(v.string);
    if (c->subtype == FORM_DATE)
        return value_string(text);
    size_t seconds_at = c->subtype == FORM_TIME ? 5 : 16;
    if (text.len == seconds_at && c->subtype == FORM_TIME)
        text = arena_printf(arena, "%.*s:00", STR_ARGS(text));
    else if (text.len == seconds_at)
        text = arena_printf(arena, "%.*s:00+08:00", STR_ARGS(text));
    else if (text.len == 19 && c->subtype == FORM_DATE_TIME)
        text = arena_printf(arena, "%.*s+08:00", STR_ARGS(text));
    else if (c->subtype == FORM_DATE_TIME)
        text = in_chinese_time(arena, text);
    return value_string(text);
}

static struct value normal_checklist(struct arena *arena, struct value v)
{
    struct list_builder out;
    list_builder_init(&out, arena);
    for (size_t i = 0; i < v.list->count; i++) {
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++)
            seen = value_identical(v.list->items[k], v.list->items[i]);
        if (!seen)
            list_builder_push(&out, v.list->items[i]);
    }
    return list_builder_done(&out);
}

/* The value in its normal form; values of a wrong kind stay as they are, to be blamed later. */
static struct value normal(struct arena *arena, const struct form_component *c, struct value v)
{
    if (form_empty(v))
        return value_null;
    if (v.kind == VALUE_STRING && (c->type == FORM_TEXTFIELD || c->type == FORM_TEXTAREA))
        return normal_text(arena, c, v);
    if (v.kind == VALUE_STRING && c->type == FORM_DATETIME)
        return normal_datetime(arena, c, v);
    if (v.kind == VALUE_LIST && c->type == FORM_CHECKLIST)
        return normal_checklist(arena, v);
    return v;
}

static struct str path_join(struct arena *arena, struct str base, struct str own)
{
    if (own.len == 0)
        return base;
    if (base.len == 0)
        return own;
    char *joined = arena_alloc_raw(arena, base.len + own.len + 1);
    memcpy(joined, base.data, base.len);
    joined[base.len] = '.';
    memcpy(joined + base.len + 1, own.data, own.len);
    return (struct str){joined, base.len + own.len + 1};
}

/* A copy of data in normal form; names that the form does not have are blamed and left out. */
static struct value take(struct judging *j, const struct form_shape *shape, struct value data, struct str base)
{
    struct context_builder out;
    context_builder_init(&out, j->arena);
    for (size_t i = 0; data.kind == VALUE_CONTEXT && i < data.context->count; i++) {
        struct member m = data.context->members[i];
        struct str path = path_join(j->arena, base, m.key);
        const struct form_shape *child = NULL;
        for (size_t k = 0; k < shape->children.count && !child; k++)
            if (str_equal(shape->children.items[k]->name, m.key))
                child = shape->children.items[k];
        if (!child || (!child->component && m.value.kind != VALUE_CONTEXT && !value_is_null(m.value))) {
            blame_plainly(j, NULL, path, "unknown-field", "没有这个字段：{field}");
            continue;
        }
        struct value v = m.value;
        if (!child->component) {
            v = take(j, child, v, path);
        } else if (child->component->type == FORM_DYNAMICLIST && v.kind == VALUE_LIST) {
            size_t count = v.list->count < FORM_ROWS_MAX + 1 ? v.list->count : FORM_ROWS_MAX + 1;
            struct list *rows = list_new(j->arena, count);
            for (size_t r = 0; r < count; r++) {
                struct value row = v.list->items[r];
                struct str at = arena_printf(j->arena, "%.*s[%zu]", STR_ARGS(path), r);
                rows->items[r] = row.kind == VALUE_CONTEXT ? take(j, child, row, at) : row;
            }
            v = value_of_list(rows);
        } else {
            v = normal(j->arena, child->component, v);
        }
        context_builder_put(&out, m.key, v);
    }
    return context_builder_done(&out);
}

/* ---- Rules ---- */

static bool plain_text(struct str text, bool lines)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char ch = (unsigned char)text.data[i];
        if (ch < 0x20 && !(lines && (ch == '\n' || ch == '\r' || ch == '\t')))
            return false;
    }
    return true;
}

static void judge_text(struct judging *j, const struct form_component *c, struct str field, struct value v)
{
    bool area = c->type == FORM_TEXTAREA;
    if (v.kind != VALUE_STRING || !plain_text(v.string, area)) {
        blame_plainly(j, c, field, "type", "{label}应当是文字");
        return;
    }
    int64_t length = (int64_t)utf8_length(v.string);
    int64_t most = c->max_length >= 0 ? c->max_length : area ? FORM_TEXTAREA_MAX : FORM_TEXT_MAX;
    struct str label = STR_NONE;
    if (length < c->min_length)
        blame(j, c, field, "too-short", "{label}至少要有{min}个字", "min", value_int(c->min_length));
    else if (length > most)
        blame(j, c, field, "too-long", "{label}最多{max}个字", "max", value_int(most));
    else if (c->format.len > 0 && !form_format_valid(c->format, v.string))
        blame_plainly(j, c, field, "format", form_format_message(c->format));
    else if (c->codes.len > 0 && c->format.len == 0 && !form_option_find(c, &j->env->codes, v.string, &label))
        blame_plainly(j, c, field, "not-in-list", "{label}不在可选范围内");
    else if (c->rules->pattern) {
        struct feel_input input = {.slots = &v};
        if (!value_is_true(feel_evaluate(c->rules->pattern, &input, j->env->run)))
            blame_plainly(j, c, field, "pattern", "{label}的格式不正确");
    }
}

static void judge_number(struct judging *j, const struct form_component *c, struct str field, struct value v)
{
    if (v.kind != VALUE_NUMBER)
        blame_plainly(j, c, field, "type", "{label}应当是数字");
    else if (c->integer && !number_is_integer(v))
        blame_plainly(j, c, field, "type", "{label}应当是整数");
    else if (!value_is_null(c->min) && number_compare(v, c->min) < 0)
        blame(j, c, field, "too-small", "{label}不能小于{min}", "min", c->min);
    else if (!value_is_null(c->max) && number_compare(v, c->max) > 0)
        blame(j, c, field, "too-large", "{label}不能大于{max}", "max", c->max);
}

static bool read_datetime(const struct form_component *c, struct value v, struct value *out)
{
    if (v.kind != VALUE_STRING)
        return false;
    if (c->subtype == FORM_DATE && (v.string.len != 10 || !date_parse(v.string, out)))
        return false;
    if (c->subtype == FORM_TIME && !time_parse(v.string, out))
        return false;
    if (c->subtype == FORM_DATE_TIME && (str_find(v.string, STR("T"), 0) != 10 || !date_time_parse(v.string, out)))
        return false;
    if (c->subtype == FORM_TIME)
        return true;
    struct civil civil = temporal_civil(*out);
    return civil.year >= 1 && civil.year <= 9999;
}

static bool in_future(const struct form_component *c, struct value when, int64_t now_ms)
{
    struct value now = date_time_from_ms(now_ms, "Asia/Shanghai");
    int64_t ms = 0;
    if (c->subtype == FORM_DATE_TIME)
        return date_time_to_ms(when, &ms) && ms > now_ms;
    struct civil a = temporal_civil(when);
    struct civil b = temporal_civil(now);
    return days_from_civil(a.year, a.month, a.day) > days_from_civil(b.year, b.month, b.day);
}

/* Compares days only: bounds of date-times are dates. */
static int compare_days(struct value a, struct value b)
{
    struct civil x = temporal_civil(a);
    struct civil y = temporal_civil(b);
    int64_t difference = days_from_civil(x.year, x.month, x.day) - days_from_civil(y.year, y.month, y.day);
    return difference < 0 ? -1 : difference > 0;
}

static void judge_datetime(struct judging *j, const struct form_component *c, struct str field, struct value v)
{
    static const char *const kinds[] = {
        [FORM_DATE] = "{label}应当是日期，例如2026-07-05",
        [FORM_TIME] = "{label}应当是时间，例如13:45",
        [FORM_DATE_TIME] = "{label}应当是日期和时间，例如2026-07-05T13:45",
    };
    struct value when = value_null;
    if (!read_datetime(c, v, &when))
        blame_plainly(j, c, field, "type", kinds[c->subtype]);
    else if (c->past && in_future(c, when, j->env->run->now_ms))
        blame_plainly(j, c, field, "future", "{label}不能晚于现在");
    else if (c->subtype != FORM_TIME && !value_is_null(c->min) && compare_days(when, c->min) < 0)
        blame(j, c, field, "too-small", "{label}不能早于{min}", "min", c->min);
    else if (c->subtype != FORM_TIME && !value_is_null(c->max) && compare_days(when, c->max) > 0)
        blame(j, c, field, "too-large", "{label}不能晚于{max}", "max", c->max);
}

static void judge_choice(struct judging *j, const struct form_component *c, struct str field, struct value v)
{
    struct str label = STR_NONE;
    if (v.kind != VALUE_STRING || !form_option_find(c, &j->env->codes, v.string, &label))
        blame_plainly(j, c, field, "not-in-list", "{label}不在可选范围内");
}

static void judge_checklist(struct judging *j, const struct form_component *c, struct str field, struct value v)
{
    struct str label = STR_NONE;
    if (v.kind != VALUE_LIST) {
        blame_plainly(j, c, field, "type", "{label}应当是列表");
        return;
    }
    for (size_t i = 0; i < v.list->count; i++) {
        struct value one = v.list->items[i];
        if (one.kind == VALUE_STRING && form_option_find(c, &j->env->codes, one.string, &label))
            continue;
        blame_plainly(j, c, field, "not-in-list", "{label}不在可选范围内");
        return;
    }
}

static void judge_checkbox(struct judging *j, const struct form_component *c, struct str field, struct value v)
{
    if (v.kind != VALUE_BOOLEAN)
        blame_plainly(j, c, field, "type", "{label}应当是“是”或“否”");
    else if (c->required && !v.boolean)
        blame_plainly(j, c, field, "required", "请勾选{label}");
}

/* One row a type that carries a value: how it is judged, and what is said when it is missing. */
static const struct {
    void (*judge)(struct judging *j, const struct form_component *c, struct str field, struct value v);
    const char *missing;
} judges[] = {
    [FORM_TEXTFIELD] = {judge_text, "请填写{label}"},    [FORM_TEXTAREA] = {judge_text, "请填写{label}"},
    [FORM_NUMBER] = {judge_number, "请填写{label}"},     [FORM_DATETIME] = {judge_datetime, "请填写{label}"},
    [FORM_SELECT] = {judge_choice, "请选择{label}"},     [FORM_RADIO] = {judge_choice, "请选择{label}"},
    [FORM_CHECKBOX] = {judge_checkbox, "请勾选{label}"}, [FORM_CHECKLIST] = {judge_checklist, "请选择{label}"},
};

static struct value path_value(struct value v, struct str path)
{
    while (path.len > 0)
        v = value_get(v, str_cut(&path, '.'));
    return v;
}

static void judge_list(struct judging *j, const struct form_component *components, size_t count, struct value place,
                       struct str base, const bool *hidden);

static void judge_rows(struct judging *j, const struct form_component *c, struct value v, struct str field,
                       const bool *hidden)
{
    int64_t least = c->min_length > 0 ? c->min_length : c->required ? 1 : 0;
    int64_t most = c->max_length >= 0 && c->max_length < FORM_ROWS_MAX ? c->max_length : FORM_ROWS_MAX;
    if (form_empty(v)) {
        if (least > 0)
            blame_plainly(j, c, field, "required", "请至少添加一项{label}");
        return;
    }
    if (v.kind != VALUE_LIST) {
        blame_plainly(j, c, field, "type", "{label}应当是列表");
        return;
    }
    int64_t rows = (int64_t)v.list->count;
    if (rows < least)
        blame(j, c, field, "too-short", "{label}至少要有{min}项", "min", value_int(least));
    if (rows > most) {
        blame(j, c, field, "too-long", "{label}最多{max}项", "max", value_int(most));
        return;
    }
    bool *row_hidden = arena_array(j->arena, bool, j->form->total);
    for (size_t i = 0; i < v.list->count; i++) {
        struct str at = arena_printf(j->arena, "%.*s[%zu]", STR_ARGS(field), i);
        struct value row = v.list->items[i];
        if (row.kind != VALUE_CONTEXT) {
            blame_plainly(j, c, at, "type", "{label}应当是列表");
            continue;
        }
        memcpy(row_hidden, hidden, j->form->total);
        form_hidden(c->children, c->child_count, form_row_names(j->arena, j->names, row), j->env, false, row_hidden);
        judge_list(j, c->children, c->child_count, row, at, row_hidden);
    }
}

static void judge_list(struct judging *j, const struct form_component *components, size_t count, struct value place,
                       struct str base, const bool *hidden)
{
    for (size_t i = 0; i < count; i++) {
        const struct form_component *c = &components[i];
        if (hidden[c->rules->index])
            continue;
        if (c->type == FORM_GROUP) {
            judge_list(j, c->children, c->child_count, path_value(place, c->path), path_join(j->arena, base, c->path),
                       hidden);
        } else if (c->type == FORM_DYNAMICLIST) {
            judge_rows(j, c, path_value(place, c->path), path_join(j->arena, base, c->path), hidden);
        } else if (form_has_value(c->type)) {
            struct value v = path_value(place, c->key);
            struct str field = path_join(j->arena, base, c->key);
            if (!form_empty(v))
                judges[c->type].judge(j, c, field, v);
            else if (c->required)
                blame_plainly(j, c, field, "required", judges[c->type].missing);
        }
    }
}

/* Hidden and empty values dropped, the rest kept, also what was blamed: pages show it again. */
static struct value without_nulls(struct arena *arena, struct value v)
{
    if (v.kind == VALUE_LIST) {
        struct list *out = list_new(arena, v.list->count);
        for (size_t i = 0; i < v.list->count; i++)
            out->items[i] = without_nulls(arena, v.list->items[i]);
        return value_of_list(out);
    }
    if (v.kind != VALUE_CONTEXT)
        return v;
    struct context_builder out;
    context_builder_init(&out, arena);
    for (size_t i = 0; i < v.context->count; i++) {
        struct value member = without_nulls(arena, v.context->members[i].value);
        if (!form_empty(member) && !(member.kind == VALUE_CONTEXT && member.context->count == 0))
            context_builder_put(&out, v.context->members[i].key, member);
    }
    return context_builder_done(&out);
}

struct form_result form_validate(const struct form *self, struct value data, const struct form_env *env)
{
    struct judging j = {.form = self, .env = env, .arena = env->run->arena};
    if (data.kind != VALUE_CONTEXT && !value_is_null(data))
        blame_plainly(&j, NULL, STR(""), "type", "表单数据应当是一个对象");
    struct value taken = take(&j, &self->shape, data, STR_NONE);
    j.names = form_settle(self, taken, env);
    bool *hidden = arena_array(j.arena, bool, self->total);
    form_hidden(self->components, self->count, j.names, env, false, hidden);
    judge_list(&j, self->components, self->count, j.names, STR_NONE, hidden);
    return (struct form_result){without_nulls(j.arena, j.names), j.errors.items, j.errors.count};
}

struct value form_errors_value(struct arena *arena, const struct form_error *errors, size_t count)
{
    struct list_builder list;
    list_builder_init(&list, arena);
    for (size_t i = 0; i < count; i++) {
        struct context_builder one;
        context_builder_init(&one, arena);
        context_builder_put(&one, STR("field"), value_string(errors[i].field));
        context_builder_put(&one, STR("code"), value_cstr(errors[i].code));
        context_builder_put(&one, STR("message"), value_string(errors[i].message));
        list_builder_push(&list, context_builder_done(&one));
    }
    return list_builder_done(&list);
}
