/* The words of the legal clock, and what may be asked of it: grounds, suspensions, extensions, office hours. */
#include "clock/instant.h"
#include "clock/internal.h"

static const char *const unit_codes[] = {
    [LIMIT_WORKING_DAYS] = "working-days",
    [LIMIT_NATURAL_DAYS] = "natural-days",
    [LIMIT_MONTHS] = "months",
    [LIMIT_HOURS] = "hours",
    [LIMIT_WORKING_HOURS] = "working-hours",
};

static const struct {
    const char *code, *zh, *en;
} grounds[] = {
    [LIMIT_GROUND_HEARING] = {"hearing", "听证", "hearing"},
    [LIMIT_GROUND_BIDDING] = {"bidding", "招标", "bidding"},
    [LIMIT_GROUND_AUCTION] = {"auction", "拍卖", "auction"},
    [LIMIT_GROUND_INSPECTION] = {"inspection", "检验", "inspection"},
    [LIMIT_GROUND_TESTING] = {"testing", "检测", "testing"},
    [LIMIT_GROUND_QUARANTINE] = {"quarantine", "检疫", "quarantine"},
    [LIMIT_GROUND_APPRAISAL] = {"appraisal", "鉴定", "appraisal"},
    [LIMIT_GROUND_EXPERT_REVIEW] = {"expert-review", "专家评审", "expert review"},
    [LIMIT_GROUND_OTHER_LAW] = {"other-law", "其他法定事由", "another ground given by law"},
};

static const char *const light_names[] = {
    [LIMIT_GREEN] = "green",
    [LIMIT_AMBER] = "amber",
    [LIMIT_ORANGE] = "orange",
    [LIMIT_RED] = "red",
};

enum status limit_unit_parse(struct str code, enum limit_unit *out, struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(unit_codes); i++)
        if (str_equal(code, str_of(unit_codes[i]))) {
            *out = (enum limit_unit)i;
            return OK;
        }
    error_set(err, ERROR_INVALID, "limit-invalid", "There is no unit of time called '%.*s'.",
              (int)(code.len > 40 ? 40 : code.len), code.data ? code.data : "");
    error_field(err, "unit");
    return error_hint(err, "Use working-days, natural-days, months, hours or working-hours.");
}

const char *limit_unit_code(enum limit_unit unit)
{
    return unit_codes[unit];
}

enum status limit_ground_parse(struct str code, enum limit_ground *out, struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(grounds); i++)
        if (str_equal(code, str_of(grounds[i].code))) {
            *out = (enum limit_ground)i;
            return OK;
        }
    error_set(err, ERROR_INVALID, "suspension-ground",
              "'%.*s' is not a ground on which the law lets a limit stand still.", (int)(code.len > 40 ? 40 : code.len),
              code.data ? code.data : "");
    error_field(err, "ground");
    return error_hint(
        err, "Use hearing, bidding, auction, inspection, testing, quarantine, appraisal, expert-review, or other-law "
             "with the law that says so.");
}

const char *limit_ground_code(enum limit_ground ground)
{
    return grounds[ground].code;
}

const char *limit_ground_zh(enum limit_ground ground)
{
    return grounds[ground].zh;
}

const char *limit_ground_en(enum limit_ground ground)
{
    return grounds[ground].en;
}

const char *limit_light_name(enum limit_light light)
{
    return light_names[light];
}

enum status limit_rules_check(const struct limit_rules *self, struct error *err)
{
    bool in_order = 0 <= self->open_minute && self->open_minute <= self->break_minute &&
                    self->break_minute <= self->resume_minute && self->resume_minute <= self->close_minute &&
                    self->close_minute <= 24 * 60 - 1;
    bool works = self->close_minute - self->open_minute > self->resume_minute - self->break_minute;
    if (!in_order || !works) {
        error_set(err, ERROR_INVALID, "limit-invalid",
                  "Office hours must run opening, break, resumption, close within one day and leave time to work.");
        return error_field(err, "open_minute");
    }
    if (self->amber_percent < 0 || self->amber_percent > 100 || self->amber_days < 0) {
        error_set(err, ERROR_INVALID, "limit-invalid",
                  "The amber share must lie between 0 and 100 percent, its days at 0 or above.");
        return error_field(err, "amber_percent");
    }
    return OK;
}

static enum status refuse_time(struct error *err, const char *field, const char *message)
{
    error_set(err, ERROR_CONFLICT, "suspension-time", "%s", message);
    return error_field(err, "%s", field);
}

enum status limit_suspend_check(const struct limit *self, const struct limit_suspension *wanted, struct error *err)
{
    if (wanted->ground == LIMIT_GROUND_OTHER_LAW && str_trim(wanted->basis).len == 0) {
        error_set(err, ERROR_INVALID, "suspension-ground",
                  "A ground outside article 45 needs the law that provides for it.");
        return error_field(err, "basis");
    }
    if (str_trim(wanted->notice).len == 0) {
        error_set(err, ERROR_INVALID, "suspension-notice",
                  "The applicant must be told in writing before the limit stands still (Administrative Licensing Law, "
                  "art. 45).");
        return error_field(err, "notice");
    }
    if (wanted->from_ms < self->start_ms)
        return refuse_time(err, "from", "A suspension cannot begin before the limit does.");
    if (wanted->to_ms < wanted->from_ms)
        return refuse_time(err, "to", "A suspension cannot end before it begins.");
    if (wanted->planned_ms < wanted->from_ms)
        return refuse_time(err, "planned", "The planned end of a suspension cannot lie before its beginning.");
    struct limit_due due;
    if (limit_compute(self, &due, err) != OK)
        return FAILED;
    if (due.due_ms != LIMIT_NEVER && wanted->from_ms > due.due_ms)
        return refuse_time(err, "from", "The limit has run out; it can no longer be suspended.");
    for (size_t i = 0; i < self->suspension_count; i++)
        if (wanted->from_ms <= self->suspensions[i].to_ms && self->suspensions[i].from_ms <= wanted->to_ms)
            return refuse_time(err, "from", "Another suspension covers this time; end it first.");
    return OK;
}

enum status limit_extend_check(const struct limit *self, const struct limit_extension *wanted, struct error *err)
{
    if (self->extension.amount > 0)
        return error_set(err, ERROR_CONFLICT, "extension-repeated",
                         "The limit has been extended already; it can be extended once.");
    if (wanted->amount <= 0 || wanted->amount > self->extension_max) {
        error_set(err, ERROR_INVALID, "extension-too-long",
                  "An extension must lie between 1 and %" PRId64 ", the most that the law allows; this one is %" PRId64
                  ".",
                  self->extension_max, wanted->amount);
        return error_field(err, "amount");
    }
    struct limit_due due;
    if (limit_compute(self, &due, err) != OK)
        return FAILED;
    if (due.due_ms != LIMIT_NEVER && wanted->granted_ms > due.due_ms)
        return error_set(err, ERROR_CONFLICT, "extension-late", "The limit has run out; it can no longer be extended.");
    return OK;
}
