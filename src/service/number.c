/* Numbers that people see, and keys. Counters live in the database; blocks of them are taken ahead of need, so that no
 * two commands wait for each other over a number. */
#include "service/internal.h"
#include "store/operate.h"
#include "trust/ids.h"

#include "clock/instant.h"

#include <stdio.h>
#include <string.h>

/* ---- Blocks ---- */

#define BLOCK_FIRST 64
#define BLOCK_MOST 4096

static struct number_block *block_find(struct service *self, const char *name)
{
    for (struct number_block *block = self->numbers; block; block = block->next_block)
        if (strcmp(block->name, name) == 0)
            return block;
    return NULL;
}

bool service_number_try(struct service *self, const char *name, int64_t n, int64_t *out)
{
    bool found = false;
    pthread_mutex_lock(&self->lock);
    struct number_block *block = block_find(self, name);
    if (block && block->end - block->next >= n) {
        *out = block->next;
        block->next += n;
        found = true;
    }
    pthread_mutex_unlock(&self->lock);
    return found;
}

struct take_arg {
    const char *name;
    int64_t n, now, first;
};

static enum status take(struct db_tx *tx, void *arg, struct error *err)
{
    struct take_arg *a = arg;
    return store_counter_take(tx, str_of(a->name), a->n, a->now, &a->first, err);
}

/* Two threads may fill at once: the second block simply replaces what is left of the first. */
enum status service_number_fill(struct service *self, const char *name, int64_t least, struct error *err)
{
    pthread_mutex_lock(&self->lock);
    struct number_block *block = block_find(self, name);
    int64_t size = block && block->size ? limit_between(block->size * 2, BLOCK_FIRST, BLOCK_MOST) : BLOCK_FIRST;
    bool full = block && block->end - block->next >= least;
    pthread_mutex_unlock(&self->lock);
    if (full)
        return OK;
    struct take_arg arg = {name, size > least ? size : least, service_now(self), 0};
    if (db_write(self->db, take, &arg, err) != OK)
        return FAILED;
    pthread_mutex_lock(&self->lock);
    block = block_find(self, name);
    if (!block) {
        block = heap_alloc(sizeof *block);
        *block = (struct number_block){.next_block = self->numbers};
        snprintf(block->name, sizeof block->name, "%s", name);
        self->numbers = block;
    }
    block->next = arg.first;
    block->end = arg.first + arg.n;
    block->size = size;
    pthread_mutex_unlock(&self->lock);
    return OK;
}

/* ---- Case and certificate numbers ---- */

void case_counter_name(char out[48], int64_t region, int64_t now_ms)
{
    struct clock_date date = day_date(instant_day(now_ms));
    memcpy(out, "no/", 3);
    digits_put(out + 3, 6, region);
    out[9] = '/';
    digits_put(out + 10, 6, date.year % 100 * 10000 + date.month * 100 + date.day);
    out[16] = 0;
}

struct case_id case_id_make(int64_t region, int64_t now_ms, int64_t n)
{
    struct clock_date date = day_date(instant_day(now_ms));
    int64_t day = date.year % 100 * 10000 + date.month * 100 + date.day;
    return (struct case_id){region, day * STORE_CASES_A_DAY + n};
}

/* 230100 20260706 000001, without dashes and check character. */
static void digits_of(char out[40], struct case_id id)
{
    digits_put(out, 6, id.region);
    digits_put(out + 6, 8, 20000000 + id.id / STORE_CASES_A_DAY);
    int64_t n = id.id % STORE_CASES_A_DAY;
    size_t width = n < 1000000 ? 6 : n < 10000000 ? 7 : 8;
    digits_put(out + 14, width, n);
    out[14 + width] = 0;
}

static struct str number_text(struct arena *arena, const char *prefix, struct case_id id)
{
    char digits[40];
    digits_of(digits, id);
    char check = mod_37_36_check_char(str_of(digits));
    const struct str parts[] = {str_of(prefix), {digits, 6},      STR("-"), {digits + 6, 8}, STR("-"),
                                str_of(digits + 14), STR("-"), {&check, 1}};
    return arena_join(arena, parts, COUNT_OF(parts));
}

struct str case_no(struct arena *arena, struct case_id id)
{
    return number_text(arena, "", id);
}

struct str certificate_no(struct arena *arena, struct case_id id)
{
    return number_text(arena, "C", id);
}

/* Digits and one check character, dashes dropped; false when it cannot be such a number. */
static bool compact(struct str no, char out[40], size_t *len)
{
    size_t n = 0;
    for (size_t i = 0; i < no.len; i++) {
        char c = no.data[i];
        if (c == '-')
            continue;
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if (n == 30 || !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')))
            return false;
        out[n++] = c;
    }
    out[n] = 0;
    *len = n;
    return n >= 21 && n <= 23;
}

static bool number_parse(struct str no, struct case_id *out)
{
    char text[40];
    size_t len;
    int64_t region, day, n;
    if (!compact(no, text, &len))
        return false;
    struct str digits = {text, len - 1};
    if (!str_to_int64(str_part(digits, 0, 6), &region) || !str_equal(str_part(digits, 6, 8), STR("20")) ||
        !str_to_int64(str_part(digits, 8, 14), &day) || !str_to_int64(str_part(digits, 14, digits.len), &n))
        return false;
    if (mod_37_36_check_char(digits) != text[len - 1])
        return false;
    *out = (struct case_id){region, day * STORE_CASES_A_DAY + n};
    return true;
}

bool case_no_parse(struct str no, struct case_id *out)
{
    return number_parse(str_trim(no), out);
}

bool certificate_no_parse(struct str no, struct case_id *out)
{
    struct str text = str_trim(no);
    if (text.len == 0 || (text.data[0] != 'C' && text.data[0] != 'c'))
        return false;
    return number_parse(str_part(text, 1, text.len), out);
}

/* ---- Codes in QRs ---- */

#define CODE_MAC 4 /* bytes: eight hex digits */

static struct str code_mac(const struct service *self, struct arena *arena, struct case_id id)
{
    return service_mac(self, arena, arena_printf(arena, "code:%" PRId64 ":%" PRId64, id.region, id.id), CODE_MAC);
}

struct str certificate_code(const struct service *self, struct arena *arena, struct case_id id)
{
    char digits[40];
    digits_of(digits, id);
    struct str mac = code_mac(self, arena, id);
    char upper[2 * CODE_MAC + 1] = {0};
    for (size_t i = 0; i < mac.len && i < 2 * CODE_MAC; i++)
        upper[i] = (char)(mac.data[i] >= 'a' ? mac.data[i] - 'a' + 'A' : mac.data[i]);
    return arena_printf(arena, "C%s%c%s", digits, mod_37_36_check_char(str_of(digits)), upper);
}

bool certificate_code_parse(const struct service *self, struct arena *arena, struct str code, struct case_id *out)
{
    struct case_id id;
    struct str text = str_trim(code);
    if (text.len <= 2 * CODE_MAC)
        return false;
    struct str no = str_part(text, 0, text.len - 2 * CODE_MAC);
    struct str mac = str_part(text, text.len - 2 * CODE_MAC, text.len);
    if (!certificate_no_parse(no, &id) || !str_equal_nocase_ascii(mac, code_mac(self, arena, id)))
        return false;
    *out = id;
    return true;
}

struct str key_text(struct arena *arena, int64_t key)
{
    return arena_numbers(arena, "", &key, 1);
}

bool key_parse(struct str text, int64_t *out)
{
    int64_t key;
    if (!str_to_int64(text, &key) || key <= 0 || (text.data[0] < '0' || text.data[0] > '9'))
        return false;
    *out = key;
    return true;
}
