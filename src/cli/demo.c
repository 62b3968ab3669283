/* Generates the demo province from demo.json, the base pack's staff and the townships of the built pages. The same seed
 * gives the same people on every machine; ID numbers are well-formed and fictional. */
#include "cli/demo.h"

#include "feel/json.h"
#include "service/account.h"
#include "service/party.h"
#include "trust/ids.h"

#include <string.h>
#include <unistd.h>

static const unsigned char demo_text[] = {
#include "cli/demo.inc"
};

#define BATCH 1000
#define HOUSEHOLD_MAX 6

/* splitmix64: the same numbers everywhere. */
struct dice {
    uint64_t state;
};

static uint64_t dice_next(struct dice *self)
{
    uint64_t z = (self->state += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

static int64_t dice_between(struct dice *self, int64_t from, int64_t to)
{
    return from + (int64_t)(dice_next(self) % (uint64_t)(to - from + 1));
}

struct demo {
    struct arena *arena;
    struct cli_store *store;
    struct value data;      /* demo.json */
    struct value townships; /* of the built pages; null when they are not there */
    struct dice dice;
    int64_t today;          /* days since 1970-01-01 */
    int64_t sequence;       /* makes ID numbers differ */
    int64_t households;
};

/* One code point of a text, drawn evenly. */
static struct str draw_character(struct demo *self, const char *member)
{
    struct str all = value_text(value_get(self->data, str_of(member)));
    int64_t wanted = dice_between(&self->dice, 0, (int64_t)utf8_length(all) - 1);
    size_t at = 0;
    while (wanted-- > 0)
        utf8_next(all, &at);
    size_t from = at;
    utf8_next(all, &at);
    return str_part(all, from, at);
}

static struct str draw_given(struct demo *self, enum citizen_sex sex)
{
    const char *member = sex == CITIZEN_MALE ? "male" : "female";
    struct str first = draw_character(self, member);
    struct str second = dice_between(&self->dice, 0, 9) < 7 ? draw_character(self, member) : STR("");
    return arena_printf(self->arena, "%.*s%.*s", STR_ARGS(first), STR_ARGS(second));
}

struct place {
    struct str county, township, village; /* codes; township and village may be the county's */
    struct str address;
};

static struct str draw_county(struct demo *self)
{
    struct value homes = value_get(self->data, STR("homes"));
    int64_t total = 0;
    int64_t weight = 0;
    for (size_t i = 0; i < value_count(homes); i++)
        total += value_to_int64(value_at(value_at(homes, i), 1), &weight) ? weight : 0;
    int64_t drawn = dice_between(&self->dice, 1, total);
    for (size_t i = 0; i < value_count(homes); i++) {
        struct value home = value_at(homes, i);
        if (value_to_int64(value_at(home, 1), &weight) && (drawn -= weight) <= 0)
            return value_text(value_at(home, 0));
    }
    return value_text(value_at(value_at(homes, 0), 0));
}

/* A township of a county, by its place in the list; the county itself when the list is not there. */
static struct value township_of(struct demo *self, struct str county, int64_t drawn, struct str *code)
{
    const struct context *all = self->townships.kind == VALUE_CONTEXT ? self->townships.context : NULL;
    size_t count = 0;
    for (size_t i = 0; all && i < all->count; i++)
        count += str_starts(all->members[i].key, county);
    *code = county;
    if (!count)
        return value_null;
    size_t wanted = (size_t)drawn % count;
    for (size_t i = 0; i < all->count; i++)
        if (str_starts(all->members[i].key, county) && wanted-- == 0) {
            *code = all->members[i].key;
            return all->members[i].value;
        }
    return value_null;
}

static struct place draw_place(struct demo *self)
{
    struct place place = {.county = draw_county(self)};
    struct value township = township_of(self, place.county, dice_between(&self->dice, 0, 1000000), &place.township);
    struct value villages = value_get(township, STR("villages"));
    struct value village =
        value_count(villages)
            ? value_at(villages, (size_t)dice_between(&self->dice, 0, (int64_t)value_count(villages) - 1))
            : value_null;
    place.village = value_is_null(village) ? place.township : value_text(value_at(village, 0));
    struct value streets = value_get(self->data, STR("streets"));
    struct str street =
        value_text(value_at(streets, (size_t)dice_between(&self->dice, 0, (int64_t)value_count(streets) - 1)));
    struct str county = pack_division_full_name(self->store->packs, self->arena, place.county);
    place.address = arena_printf(self->arena, "%.*s%.*s%.*s%" PRId64 "号", STR_ARGS(county),
                                 STR_ARGS(value_text(value_get(township, STR("name")))), STR_ARGS(street),
                                 dice_between(&self->dice, 1, 399));
    return place;
}

struct resident {
    struct str id, name;
    enum citizen_sex sex;
    int64_t born; /* days since 1970-01-01 */
    int role;     /* index of relations */
};

/* A well-formed number; the sequence counts up so that no two are alike. */
static struct str make_id(struct demo *self, struct str county, int64_t born, enum citizen_sex sex)
{
    struct civil c = temporal_civil((struct value){.kind = VALUE_DATE, .temporal = {.seconds = born * 86400}});
    int64_t sequence = (self->sequence++ % 499) * 2 + (sex == CITIZEN_MALE ? 1 : 2);
    struct str first =
        arena_printf(self->arena, "%.6s%04" PRId64 "%02d%02d%03" PRId64, county.data, c.year, c.month, c.day, sequence);
    return arena_printf(self->arena, "%.*s%c", STR_ARGS(first), citizen_id_check_char(first));
}

static struct resident make_resident(struct demo *self, struct str county, struct str surname, int64_t age, int sex)
{
    struct resident one = {.sex = sex ? (enum citizen_sex)sex : (enum citizen_sex)dice_between(&self->dice, 1, 2)};
    one.born = self->today - age * 365 - dice_between(&self->dice, 1, 360);
    one.id = make_id(self, county, one.born, one.sex);
    one.name = arena_printf(self->arena, "%.*s%.*s", STR_ARGS(surname), STR_ARGS(draw_given(self, one.sex)));
    return one;
}

enum { HEAD, SPOUSE, CHILD, PARENT, ROLES };
/* What b is to a, by their places in the household. */
static const char *const relations[ROLES][ROLES] = {
    [HEAD] = {"本人", "配偶", "子女", "父母"},
    [SPOUSE] = {"配偶", "本人", "子女", "配偶的父母"},
    [CHILD] = {"父母", "父母", "兄弟姐妹", "祖父母"},
    [PARENT] = {"子女", "子女的配偶", "孙子女", "配偶"},
};

static size_t make_household(struct demo *self, struct str county, struct resident *out)
{
    size_t count = 0;
    int64_t age = dice_between(&self->dice, 24, 84);
    struct str surname = draw_character(self, "surnames");
    int head_sex = dice_between(&self->dice, 0, 9) < 6 ? CITIZEN_MALE : CITIZEN_FEMALE;
    out[count++] = make_resident(self, county, surname, age, head_sex);
    if (dice_between(&self->dice, 0, 9) < 7) {
        int64_t other = age + dice_between(&self->dice, -4, 4);
        out[count] =
            make_resident(self, county, draw_character(self, "surnames"), other < 22 ? 22 : other, 3 - head_sex);
        out[count++].role = SPOUSE;
    }
    int64_t children = age < 60 ? dice_between(&self->dice, 0, 2) : dice_between(&self->dice, 0, 1);
    for (int64_t i = 0; i < children && age >= 26; i++) {
        int64_t child = age - dice_between(&self->dice, 24, 34);
        out[count] = make_resident(self, county, surname, child < 0 ? 0 : child, 0);
        out[count++].role = CHILD;
    }
    if (age < 62 && dice_between(&self->dice, 0, 9) < 3) {
        out[count] = make_resident(self, county, surname, age + dice_between(&self->dice, 22, 32), CITIZEN_MALE);
        out[count++].role = PARENT;
    }
    return count;
}

static struct value resident_value(struct demo *self, const struct resident *home, size_t count, size_t who,
                                   const struct place *place)
{
    const struct resident *one = &home[who];
    struct list_builder relatives;
    list_builder_init(&relatives, self->arena);
    for (size_t i = 0; i < count; i++) {
        if (i == who)
            continue;
        struct context_builder relative;
        context_builder_init(&relative, self->arena);
        context_builder_put(&relative, STR("id"), value_string(home[i].id));
        context_builder_put(&relative, STR("name"), value_string(home[i].name));
        context_builder_put(&relative, STR("relation"), value_cstr(relations[one->role][home[i].role]));
        list_builder_push(&relatives, context_builder_done(&relative));
    }
    struct context_builder party;
    context_builder_init(&party, self->arena);
    context_builder_put(&party, STR("kind"), value_cstr("person"));
    context_builder_put(&party, STR("id"), value_string(one->id));
    context_builder_put(&party, STR("name"), value_string(one->name));
    context_builder_put(&party, STR("sex"), value_cstr(one->sex == CITIZEN_MALE ? "1" : "2"));
    context_builder_put(&party, STR("birth"),
                        (struct value){.kind = VALUE_DATE, .temporal = {.seconds = one->born * 86400}});
    context_builder_put(&party, STR("region"), value_string(place->township));
    context_builder_put(&party, STR("address"), value_string(place->address));
    context_builder_put(
        &party, STR("phone"),
        value_string(arena_printf(self->arena, "199%08" PRId64, dice_between(&self->dice, 0, 99999999))));
    context_builder_put(
        &party, STR("household"),
        value_string(arena_printf(self->arena, "%.*s-%06" PRId64, STR_ARGS(place->county), self->households)));
    context_builder_put(&party, STR("relatives"), list_builder_done(&relatives));
    return context_builder_done(&party);
}

/* Loads the residents in batches; each batch's memory is given back. */
static enum status load_residents(struct demo *self, int64_t wanted, struct error *err)
{
    struct call call = cli_call(self->store);
    int64_t made = 0;
    while (made < wanted) {
        struct arena_mark mark = arena_mark(self->arena);
        struct list_builder batch;
        list_builder_init(&batch, self->arena);
        while (batch.items.count < BATCH && made < wanted) {
            struct resident home[HOUSEHOLD_MAX];
            memset(home, 0, sizeof(home));
            struct place place = draw_place(self);
            size_t count = make_household(self, place.county, home);
            self->households++;
            for (size_t i = 0; i < count && made < wanted; i++, made++)
                list_builder_push(&batch, resident_value(self, home, count, i, &place));
        }
        call.arena = self->arena;
        if (service_party_load(&call, list_builder_done(&batch), err) != OK)
            return FAILED;
        arena_rewind(self->arena, mark);
    }
    return OK;
}

/* "{county}人民医院" for a place. */
static struct str institution_name(struct demo *self, struct str pattern, struct str county, struct str township)
{
    struct str name = pattern;
    static const char *const marks[] = {"{county}", "{township}"};
    struct str places[] = {county, township};
    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        ptrdiff_t at = str_find(name, str_of(marks[i]), 0);
        if (at >= 0)
            name = arena_printf(self->arena, "%.*s%.*s%.*s", (int)at, name.data, STR_ARGS(places[i]),
                                STR_ARGS(str_part(name, (size_t)at + strlen(marks[i]), name.len)));
    }
    return name;
}

static struct value make_institution(struct demo *self, struct value pattern, struct str county, int64_t number)
{
    const struct pack_division *division = pack_division_find(self->store->packs, county);
    struct str code;
    struct value township = township_of(self, county, number, &code);
    struct str kind = value_text(value_get(pattern, STR("kind")));
    struct str first8 = arena_printf(self->arena, "DEM1%04" PRId64, number);
    struct str first17 = arena_printf(self->arena, "%.*s%.6s%.*s%c", STR_ARGS(kind), county.data, STR_ARGS(first8),
                                      organisation_code_check_char(first8));
    struct context_builder party;
    context_builder_init(&party, self->arena);
    context_builder_put(&party, STR("kind"), value_cstr("organisation"));
    context_builder_put(&party, STR("id"),
                        value_string(arena_printf(self->arena, "%.*s%c", STR_ARGS(first17), uscc_check_char(first17))));
    context_builder_put(&party, STR("name"),
                        value_string(institution_name(self, value_text(value_get(pattern, STR("name"))),
                                                      division ? division->name : county,
                                                      value_text(value_get(township, STR("name"))))));
    context_builder_put(&party, STR("region"), value_string(code));
    return context_builder_done(&party);
}

static enum status load_institutions(struct demo *self, struct error *err)
{
    int64_t wanted = 0;
    struct value patterns = value_get(self->data, STR("institutions"));
    struct value homes = value_get(self->data, STR("homes"));
    if (!value_to_int64(value_get(self->data, STR("institution_count")), &wanted) || value_count(homes) == 0)
        return error_set(err, ERROR_INTERNAL, "demo-data", "demo.json lists no institutions");
    struct list_builder all;
    list_builder_init(&all, self->arena);
    for (int64_t number = 0; number < wanted; number++) {
        struct value home = value_at(homes, (size_t)number % value_count(homes));
        struct value pattern = value_at(patterns, ((size_t)number / value_count(homes)) % value_count(patterns));
        list_builder_push(&all, make_institution(self, pattern, value_text(value_at(home, 0)), number));
    }
    struct call call = cli_call(self->store);
    call.arena = self->arena;
    return service_party_load(&call, list_builder_done(&all), err);
}

static enum status load_staff(struct demo *self, struct error *err)
{
    struct value staff = pack_staff(self->store->packs);
    struct call call = cli_call(self->store);
    struct str hash; /* one for all: the password is known to everybody, and hashing it is slow */
    if (service_password_hash(self->arena, STR(DEMO_PASSWORD), &hash, err) != OK)
        return FAILED;
    for (size_t i = 0; i < value_count(staff); i++) {
        struct value one = value_at(staff, i);
        struct service_user user = {.name = value_text(value_get(one, STR("name"))),
                                    .title = value_text(value_get(one, STR("title"))),
                                    .role = value_text(value_get(one, STR("role"))),
                                    .region = value_text(value_get(one, STR("region"))),
                                    .unit = value_text(value_get(one, STR("unit"))),
                                    .unit_name = value_text(value_get(one, STR("unit_name"))),
                                    .uscc = value_text(value_get(one, STR("uscc"))),
                                    .hash = hash};
        if (service_user_add(&call, &user, err) != OK)
            return FAILED;
    }
    return OK;
}

static enum status load_all(struct demo *self, const char *townships, struct error *err)
{
    struct str text;
    struct error missing = ERROR_INIT;
    int64_t seed = 0;
    int64_t residents = 0;
    if (json_parse(self->arena, (struct str){(const char *)demo_text, sizeof(demo_text)}, NULL, &self->data, err) != OK)
        return FAILED;
    static const struct json_limits limits = {.max_bytes = 64 * 1024 * 1024};
    if (file_read(self->arena, townships, limits.max_bytes, &text, &missing) == OK &&
        json_parse(self->arena, text, &limits, &self->townships, err) != OK)
        return error_prefix(err, "%s", townships);
    if (!value_to_int64(value_get(self->data, STR("seed")), &seed) ||
        !value_to_int64(value_get(self->data, STR("residents")), &residents))
        return error_set(err, ERROR_INTERNAL, "demo-data", "demo.json lacks seed or residents");
    self->dice.state = (uint64_t)seed;
    self->today = days_from_civil(2026, 7, 1); /* ages do not depend on the day of loading */
    if (load_staff(self, err) != OK || load_institutions(self, err) != OK)
        return FAILED;
    return load_residents(self, residents, err);
}

enum status demo_load(struct cli_store *store, const char *web, struct error *err)
{
    struct call call = cli_call(store);
    struct str loaded;
    if (service_setting_get(&call, STR("demo.loaded"), &loaded, err) != OK)
        return FAILED;
    if (loaded.len)
        return OK;
    struct arena arena;
    arena_init(&arena);
    struct demo demo = {.arena = &arena, .store = store, .townships = value_null};
    enum status status = load_all(&demo, arena_printf(&arena, "%s/dist/townships.json", web).data, err);
    arena_release(&arena);
    return status == OK ? service_setting_put(&call, STR("demo.loaded"), STR("yes"), err) : FAILED;
}

void demo_print_accounts(const struct cli_store *store, FILE *to)
{
    fprintf(to, "Demo accounts, password %s:\n", DEMO_PASSWORD);
    struct value staff = pack_staff(store->packs);
    for (size_t i = 0; i < value_count(staff); i++) {
        struct value one = value_at(staff, i);
        const struct pack_role *role = pack_role_find(store->packs, value_text(value_get(one, STR("role"))));
        fprintf(to, "  %-14.*s %.*s, %.*s\n", STR_ARGS(value_text(value_get(one, STR("name")))),
                STR_ARGS(role ? role->title : STR("")), STR_ARGS(value_text(value_get(one, STR("unit_name")))));
    }
}
