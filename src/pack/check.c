/* The static check of a set of packs: everything referred to exists, expressions read only what is there, items keep
 * the publishing rules, every visible text has its English, every item has its stories. */
#include "pack/check.h"
#include "pack/prefill.h"

#include <stdio.h>
#include <string.h>

static const char *const builtin_jobs[] = {
    "case.accept",        "case.correct",       "case.suspend",     "case.resume",       "case.decide",
    "case.open",          "party.find",         "party.write",      "record.write",      "record.find",
    "record.void",        "certificate.issue",  "certificate.find", "certificate.grant", "certificate.suspend",
    "certificate.resume", "certificate.revoke", "ledger.post",      "notice.send",       "exchange.call",
    "serial.next",        "case.extend",        "document.issue",    "certificate.deliver",
};

const char *const *pack_builtin_jobs(size_t *count)
{
    *count = COUNT_OF(builtin_jobs);
    return builtin_jobs;
}

static void tell(const struct pack_checking *c, const struct pack *pack, struct str path, struct str place,
                 struct str message, bool warning)
{
    struct str file = arena_printf(c->arena, "%.*s/%.*s", STR_ARGS(pack->id), STR_ARGS(path));
    pack_problem_add(c->problems, file, place, message, warning);
}

void pack_check_tell(const struct pack_checking *c, const struct pack *pack, struct str path, struct str place,
                     const char *format, ...)
{
    char message[600];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    tell(c, pack, path, place, str_of(message), false);
}

void pack_check_warn(const struct pack_checking *c, const struct pack *pack, struct str path, struct str place,
                     const char *format, ...)
{
    char message[600];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    tell(c, pack, path, place, str_of(message), true);
}

void pack_check_names(const struct pack_checking *c, const struct pack *pack, struct str path, struct str place,
                      const struct feel_program *program, const char *const *allowed, size_t count)
{
    const struct str *names = NULL;
    size_t n = program ? feel_free_names(program, &names) : 0;
    for (size_t i = 0; i < n; i++) {
        bool known = false;
        for (size_t k = 0; k < count && !known; k++)
            known = str_equal(names[i], str_of(allowed[k]));
        if (!known)
            pack_check_tell(c, pack, path, place, "the expression reads '%.*s', which does not exist here",
                            STR_ARGS(names[i]));
    }
}

struct str pack_check_path(const struct pack_checking *c, const char *folder, struct str id)
{
    return arena_printf(c->arena, "%s/%.*s.json", folder, STR_ARGS(id));
}

/* Calls check for every declaration of the index that belongs to the pack. */
#define EACH(c, pack, index, kind, check)                                                                              \
    for (size_t i_ = 0; i_ < (c)->set->index.count; i_++) {                                                            \
        const struct kind *one_ = (c)->set->index.items[i_];                                                           \
        if (one_->pack == (pack))                                                                                      \
            check((c), one_);                                                                                          \
    }

static void check_records(const struct pack_checking *c, const struct pack_record *record)
{
    struct str path = pack_check_path(c, "records", record->id);
    for (size_t i = 0; i < record->read_role_count; i++)
        if (!pack_role_find(c->set, record->read_roles[i]))
            pack_check_tell(c, record->pack, path, STR("read_roles"), "there is no role '%.*s'",
                            STR_ARGS(record->read_roles[i]));
}

static void check_pack(const struct pack_checking *c, const struct pack *pack)
{
    EACH(c, pack, items, pack_item, pack_check_item)
    EACH(c, pack, forms, pack_form, pack_check_form)
    EACH(c, pack, processes, pack_process, pack_check_process)
    pack_check_decisions(c, pack);
    pack_check_used(c, pack);
    EACH(c, pack, certificates, pack_certificate, pack_check_certificate)
    EACH(c, pack, exchanges, pack_exchange, pack_check_exchange)
    EACH(c, pack, records, pack_record, check_records)
    EACH(c, pack, indicators, pack_indicator, pack_check_indicator)
    EACH(c, pack, alerts, pack_alert, pack_check_alert)
    EACH(c, pack, prefills, pack_prefill, pack_check_prefill)
    pack_check_roles(c, pack);
    pack_check_scenarios(c, pack);
    pack_check_texts(c, pack);
}

static bool has_error(const struct pack_problems *problems, size_t from, struct str file)
{
    for (size_t i = from; i < problems->list.count; i++)
        if (!problems->list.items[i].warning && str_equal(problems->list.items[i].file, file))
            return true;
    return false;
}

void pack_check(const struct pack_set *self, const struct pack *only, struct pack_problems *problems, size_t *passed)
{
    struct pack_checking c = {problems->arena, self, problems};
    size_t from = problems->list.count;
    size_t good = 0;
    for (size_t i = 0; i < self->pack_count; i++) {
        const struct pack *pack = self->packs[i];
        if (only && pack != only)
            continue;
        check_pack(&c, pack);
        for (size_t k = 0; k < pack->file_count; k++) {
            struct str file = arena_printf(c.arena, "%.*s/%.*s", STR_ARGS(pack->id), STR_ARGS(pack->files[k].path));
            good += has_error(problems, from, file) ? 0 : 1;
        }
    }
    if (passed)
        *passed = good;
}
