/* Scenarios: what they name exists, and every item has a story that shows it and one that shows it refusing. */
#include "pack/check.h"

static const char *const verbs[] = {"open",    "complete", "action",    "work", "expect",
                                    "advance", "until",    "delivered", "note"};

static bool listed_staff(struct value staff, struct str name)
{
    for (size_t i = 0; i < value_count(staff); i++)
        if (str_equal(value_text(value_get(value_at(staff, i), STR("name"))), name))
            return true;
    return false;
}

static void check_step_names(const struct pack_checking *c, const struct pack_scenario *s, struct value step,
                             struct str place)
{
    struct str item = value_text(value_get(step, STR("open")));
    struct str exchange = value_text(value_get(step, STR("delivered")));
    size_t known = 0;
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        known += value_is_null(value_get(step, str_of(verbs[i]))) ? 0 : 1;
    if (known == 0)
        pack_check_tell(c, s->pack, s->file->path, place, "is no known kind of step");
    if (item.len > 0 && !pack_item_find(c->set, item, INT32_MAX))
        pack_check_tell(c, s->pack, s->file->path, place, "there is no item '%.*s'", STR_ARGS(item));
    if (exchange.len > 0 && !pack_exchange_find(c->set, exchange))
        pack_check_tell(c, s->pack, s->file->path, place, "there is no exchange '%.*s'", STR_ARGS(exchange));
    struct str as = value_text(value_get(step, STR("as")));
    if (!str_starts(as, STR("staff:")))
        return;
    struct str name = str_part(as, 6, as.len);
    if (!listed_staff(value_get(s->json, STR("staff")), name) && !listed_staff(pack_staff(c->set), name))
        pack_check_tell(c, s->pack, s->file->path, place, "there is no staff '%.*s'", STR_ARGS(name));
}

static void check_conditions(const struct pack_checking *c, const struct pack_scenario *s, struct value step,
                             struct str place)
{
    struct value that = value_get(step, STR("that"));
    for (size_t i = 0; i < value_count(that); i++) {
        struct str source = value_text(value_at(that, i));
        const struct feel_program *program = NULL;
        struct feel_options options = {.syntax = FEEL_EXPRESSION};
        struct error err = ERROR_INIT;
        if (!str_starts(source, STR("=")))
            pack_check_tell(c, s->pack, s->file->path, place, "a condition begins with '='");
        else if (feel_compile(c->arena, str_part(source, 1, source.len), &options, &program, &err) != OK)
            pack_check_tell(c, s->pack, s->file->path, place, "%s (%s)", err.message, err.field);
    }
}

/* Which cases of an item a scenario opens, and whether one of them is refused. */
struct shown {
    bool granted, refused;
};

static bool says_no(struct value that)
{
    static const char *const words[] = {"\"refused\"", "\"declined\"", "\"lapsed\""};
    for (size_t i = 0; i < value_count(that); i++)
        for (size_t k = 0; k < COUNT_OF(words); k++)
            if (str_find(value_text(value_at(that, i)), str_of(words[k]), 0) >= 0)
                return true;
    return false;
}

static void look(const struct pack_scenario *s, struct str item, struct shown *out)
{
    struct value steps = value_get(s->json, STR("steps"));
    for (size_t i = 0; i < value_count(steps); i++) {
        struct value step = value_at(steps, i);
        if (!str_equal(value_text(value_get(step, STR("open"))), item))
            continue;
        if (!value_is_null(value_get(step, STR("refused")))) {
            out->refused = true;
            continue;
        }
        struct str name = value_text(value_get(step, STR("save")));
        bool no = false;
        for (size_t k = i + 1; k < value_count(steps); k++) {
            struct value later = value_at(steps, k);
            struct str of = value_text(value_get(later, STR("expect")));
            if (of.len > 0 && str_equal(of, name))
                no |= says_no(value_get(later, STR("that")));
        }
        out->refused |= no;
        out->granted |= !no;
    }
}

void pack_check_scenarios(const struct pack_checking *c, const struct pack *pack)
{
    for (size_t i = 0; i < pack->scenarios.count; i++) {
        const struct pack_scenario *s = pack->scenarios.items[i];
        struct value steps = value_get(s->json, STR("steps"));
        for (size_t k = 0; k < value_count(steps); k++) {
            struct str place = arena_printf(c->arena, "steps[%zu]", k);
            check_step_names(c, s, value_at(steps, k), place);
            check_conditions(c, s, value_at(steps, k), place);
        }
    }
    for (size_t i = 0; i < pack->items.count; i++) {
        const struct pack_item *item = pack->items.items[i];
        struct shown shown = {0};
        for (size_t k = 0; k < c->set->scenarios.count; k++)
            look(c->set->scenarios.items[k], item->code, &shown);
        if (!shown.granted)
            pack_check_tell(c, pack, item->file->path, STR("code"), "no scenario shows this item");
        if (!shown.refused)
            pack_check_tell(c, pack, item->file->path, STR("code"), "no scenario shows this item refusing");
    }
}
