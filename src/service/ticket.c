/* Tickets and nonces. */
#include "service/ticket.h"

#include <string.h>

#define RANDOM_SIZE 16
#define MAC_SIZE 4
#define REGION_DIGITS 6
#define TEXT_LEN (1 + REGION_DIGITS + 2 * RANDOM_SIZE + 2 * MAC_SIZE)
#define NONCE_MAC_SIZE 8

static const char letters[] = {[STORE_TICKET_SHOW] = 'S', [STORE_TICKET_OFFER] = 'P', [STORE_TICKET_TOKEN] = 'T'};

static struct str upper(struct arena *arena, struct str text)
{
    char *out = arena_alloc_raw(arena, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        out[i] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    out[text.len] = 0;
    return (struct str){out, text.len};
}

static struct str mac_of(const struct service *service, struct arena *arena, struct str text, size_t n)
{
    return upper(arena, service_mac(service, arena, arena_printf(arena, "ticket:%.*s", STR_ARGS(text)), n));
}

static struct str hash_text(struct arena *arena, struct str text)
{
    unsigned char *hash = arena_alloc(arena, HASH_SIZE);
    hash_sha256(text, hash);
    return (struct str){(const char *)hash, HASH_SIZE};
}

static struct str place_of(struct arena *arena, const struct store_ticket *row)
{
    return arena_printf(arena, "ticket:%.*s", STR_ARGS(hex_encode(arena, row->hash.data, row->hash.len)));
}

enum status ticket_make(struct work *work, const struct ticket_terms *terms, struct str *out, struct error *err)
{
    (void)err;
    struct arena *arena = work->arena;
    struct str random = service_random(work->service, arena, RANDOM_SIZE);
    struct str head = arena_printf(arena, "%c%06" PRId64 "%.*s", letters[terms->kind], terms->certificate.region,
                                   STR_ARGS(upper(arena, hex_encode(arena, random.data, random.len))));
    struct str text =
        arena_printf(arena, "%.*s%.*s", STR_ARGS(head), STR_ARGS(mac_of(work->service, arena, head, MAC_SIZE)));
    struct store_ticket row = {.region = terms->certificate.region,
                               .hash = hash_text(arena, text),
                               .kind = terms->kind,
                               .certificate = terms->certificate.id,
                               .made = work->now,
                               .expires = work->now + terms->life_ms};
    if (!value_is_null(terms->body))
        row.body = service_seal(work->service, arena, place_of(arena, &row), terms->body);
    work_change(work, CHANGE_TICKET_INSERT, work_row(work, &row, sizeof row));
    *out = text;
    return OK;
}

bool ticket_alike(enum store_ticket_kind kind, struct str text)
{
    text = str_trim(text);
    return text.len == TEXT_LEN && (text.data[0] & ~0x20) == letters[kind];
}

/* Used, or tried, by this work itself. */
static void look_at_changes(const struct work *work, struct store_ticket *row)
{
    for (size_t i = 0; i < work->changes.count; i++) {
        const struct store_ticket *one = work->changes.items[i].row;
        if (work->changes.items[i].kind == CHANGE_TICKET_USE && str_equal(one->hash, row->hash))
            *row = *one;
    }
}

enum status ticket_find(struct work *work, enum store_ticket_kind kind, struct str text, struct ticket *out,
                        struct error *err)
{
    struct arena *arena = work->arena;
    struct ticket ticket = {.state = TICKET_FOREIGN};
    int64_t region = 0;
    bool found = false;
    text = upper(arena, str_trim(text));
    bool ours = ticket_alike(kind, text) && str_to_int64(str_part(text, 1, 1 + REGION_DIGITS), &region) &&
                hash_equal(text.data + TEXT_LEN - 2 * MAC_SIZE,
                           mac_of(work->service, arena, str_part(text, 0, TEXT_LEN - 2 * MAC_SIZE), MAC_SIZE).data,
                           2 * (size_t)MAC_SIZE);
    if (ours && store_ticket_find(work->tx, arena, region, hash_text(arena, text), &ticket.row, &found, err) != OK)
        return FAILED;
    if (found) {
        look_at_changes(work, &ticket.row);
        ticket.state = ticket.row.used ? TICKET_USED : ticket.row.expires <= work->now ? TICKET_EXPIRED : TICKET_GOOD;
        if (ticket.row.body.data && service_unseal(work->service, arena, place_of(arena, &ticket.row), ticket.row.body,
                                                   &ticket.body, err) != OK)
            return FAILED;
    } else if (ours) {
        ticket.state = TICKET_EXPIRED; /* its row was thrown away */
    }
    *out = ticket;
    return OK;
}

static void change(struct work *work, struct store_ticket row, int64_t tries_was)
{
    work_change_from(work, CHANGE_TICKET_USE, work_row(work, &row, sizeof row), tries_was);
}

void ticket_spend(struct work *work, const struct ticket *ticket)
{
    CHECK(ticket->state == TICKET_GOOD);
    struct store_ticket row = ticket->row;
    row.used = work->now;
    change(work, row, row.tries);
}

void ticket_missed(struct work *work, const struct ticket *ticket)
{
    CHECK(ticket->state == TICKET_GOOD);
    struct store_ticket row = ticket->row;
    row.tries++;
    change(work, row, ticket->row.tries);
}

/* ---- Nonces: until.random.mac ---- */

struct str nonce_make(const struct service *service, struct arena *arena, int64_t now_ms, int64_t life_ms)
{
    struct str random = service_random(service, arena, RANDOM_SIZE);
    struct str head = arena_printf(arena, "N%" PRId64 ".%.*s", now_ms + life_ms,
                                   STR_ARGS(hex_encode(arena, random.data, random.len)));
    return arena_printf(arena, "%.*s.%.*s", STR_ARGS(head), STR_ARGS(mac_of(service, arena, head, NONCE_MAC_SIZE)));
}

static bool nonce_ours(const struct work *work, struct str nonce, int64_t *until)
{
    ptrdiff_t dot = str_find(nonce, STR("."), 0);
    if (dot < 2 || nonce.len > 100 || nonce.len < 2 * NONCE_MAC_SIZE + 2 || nonce.data[0] != 'N')
        return false;
    struct str mac = str_part(nonce, nonce.len - 2 * NONCE_MAC_SIZE, nonce.len);
    struct str head = str_part(nonce, 0, nonce.len - 2 * NONCE_MAC_SIZE - 1);
    return str_to_int64(str_part(nonce, 1, (size_t)dot), until) &&
           hash_equal(mac.data, mac_of(work->service, work->arena, head, NONCE_MAC_SIZE).data, mac.len);
}

enum status nonce_spend(struct work *work, int64_t region, struct str nonce, bool *good, struct error *err)
{
    int64_t until = 0;
    struct store_ticket used = {0};
    bool found = false;
    *good = false;
    if (!nonce_ours(work, nonce, &until) || until <= work->now)
        return OK;
    struct store_ticket row = {.region = region,
                               .hash = hash_text(work->arena, nonce),
                               .kind = STORE_TICKET_NONCE,
                               .made = work->now,
                               .expires = until,
                               .used = work->now};
    if (store_ticket_find(work->tx, work->arena, region, row.hash, &used, &found, err) != OK)
        return FAILED;
    if (found)
        return OK;
    work_change(work, CHANGE_TICKET_INSERT, work_row(work, &row, sizeof row));
    *good = true;
    return OK;
}
