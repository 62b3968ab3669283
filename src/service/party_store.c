/* Parties as values: found, laid over, sealed. */
#include "service/builtin.h"
#include "service/resident.h"
#include "trust/ids.h"

static struct str party_context(struct arena *arena, const struct store_party *row)
{
    char place[PARTY_PLACE_MAX];
    return arena_str(arena, party_place(row, place));
}

/* What this work has queued for the party already. */
static const struct work_change *queued(const struct work *work, struct str index)
{
    for (size_t i = work->changes.count; i-- > 0;) {
        const struct work_change *change = &work->changes.items[i];
        if (change->kind != CHANGE_PARTY_INSERT && change->kind != CHANGE_PARTY_UPDATE)
            continue;
        if (str_equal(((const struct store_party *)change->row)->id, index))
            return change;
    }
    return NULL;
}

enum status party_find(struct work *work, struct str id, struct party_held *out, struct error *err)
{
    struct str index = party_index(work->service, work->arena, id);
    struct party_held held = {0};
    if (index.data) {
        const struct work_change *change = queued(work, index);
        held.found = change != NULL;
        if (change)
            held.row = *(const struct store_party *)change->row;
        else if (store_party_find(work->tx, work->arena, index, &held.row, &held.found, err) != OK)
            return FAILED;
    }
    if (held.found && service_unseal(work->service, work->arena, party_context(work->arena, &held.row), held.row.body,
                                     &held.body, err) != OK)
        return FAILED;
    *out = held;
    return OK;
}

static enum status check_party(struct value body, struct error *err)
{
    struct str id = value_text(value_get(body, STR("id")));
    bool organisation = str_equal(value_text(value_get(body, STR("kind"))), STR("organisation"));
    struct citizen citizen;
    if (id.len == 0 || id.len > 64)
        return error_set(err, ERROR_INVALID, "party-invalid", "A party has an id of at most 64 bytes.");
    /* Eighteen characters claim to be an ID number or a USCC; other papers (passports) are taken as they are. */
    if (id.len == 18 && (organisation ? uscc_check(id, err) : citizen_id_check(id, &citizen, err)) != OK)
        return error_field(err, "id");
    return OK;
}

enum status party_row(struct service *service, struct arena *arena, struct value body, struct store_party *out,
                      struct error *err)
{
    if (check_party(body, err) != OK)
        return FAILED;
    struct str id = value_text(value_get(body, STR("id")));
    struct str region = value_text(value_get(body, STR("region")));
    bool organisation = str_equal(value_text(value_get(body, STR("kind"))), STR("organisation"));
    if (region.len == 0)
        region = organisation ? str_part(id, 2, 8) : str_part(id, 0, 6);
    out->kind = organisation;
    out->id = party_index(service, arena, id);
    out->name = service_index(service, arena, "name", value_text(value_get(body, STR("name"))));
    out->division = division_of(region);
    if (out->version == 0) {
        out->version = 1;
        out->region = region_of(service->packs, region);
    }
    region_note(service, out->region);
    out->body = service_seal(service, arena, party_context(arena, out), body);
    return OK;
}

enum status party_write(struct work *work, struct str id, struct value set, struct party_held *out, struct error *err)
{
    struct party_held held;
    if (party_find(work, id, &held, err) != OK)
        return FAILED;
    struct value base = held.body;
    if (!held.found) {
        base = context_set(work->arena, value_null, "kind", value_cstr("person"));
        base = context_set(work->arena, base, "id", value_string(id));
    }
    held.body = value_merge(work->arena, base, set);
    held.body = context_set(work->arena, held.body, "id", value_string(id));
    int64_t version_was = held.row.version;
    struct store_party *row = arena_new(work->arena, struct store_party);
    *row = held.row;
    row->version = held.found ? version_was + 1 : 0;
    if (party_row(work->service, work->arena, held.body, row, err) != OK)
        return FAILED;
    work_change_from(work, held.found ? CHANGE_PARTY_UPDATE : CHANGE_PARTY_INSERT, row, version_was);
    held.row = *row;
    held.found = true;
    *out = held;
    return OK;
}
