/* Time zones. ICU knows the rules; each zone's transitions are read from it once and kept as a sorted table, because
 * asking a calendar object costs a thousand times a binary search.
 *
 * Zones with a rule that goes on for ever are read up to the year 2450; later instants are answered from the same point
 * of the Gregorian calendar's 400-year cycle. */
#include "feel/zone.h"

#include <stdatomic.h>
#include <string.h>
#include <unicode/ucal.h>

#define ZONE_NAME_MAX 63
#define BUCKETS 256
#define READ_FROM_MS (-62135596800000.0) /* year 1 */
#define READ_UNTIL INT64_C(15147216000)  /* 2450-01-01 */
#define CYCLE INT64_C(12622780800)       /* 400 Gregorian years */

struct transition {
    int64_t at; /* instant */
    int32_t before, after;
};

struct zone {
    struct zone *next; /* of the same bucket */
    char name[ZONE_NAME_MAX + 1];
    int32_t first;    /* offset before all transitions */
    int32_t standard; /* without summer time, by the latest rule */
    bool endless;     /* the table was cut at READ_UNTIL */
    size_t count;
    size_t capacity;
    struct transition *transitions;
};

/* Shared by all threads: zones are added in front of a bucket's chain and never change or go away. */
static _Atomic(struct zone *) buckets[BUCKETS];

/* Abbreviations that ICU knows as zones of old systems; in a message they are more likely mistakes. */
static bool is_abbreviation(struct str name)
{
    static const char *const kept[] = {"UTC", "GMT", "UCT", "EST", "MST", "HST", "CET",
                                       "EET", "MET", "WET", "PRC", "ROC", "ROK"};
    if (name.len != 3 || memchr(name.data, '/', 3))
        return false;
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        if (memcmp(name.data, kept[i], 3) == 0)
            return false;
    return true;
}

static bool is_known(struct str name, UChar *wide_name)
{
    if (name.len == 0 || name.len > ZONE_NAME_MAX || is_abbreviation(name) || str_equal(name, STR("Etc/Unknown")))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if ((unsigned char)name.data[i] <= ' ' || (unsigned char)name.data[i] >= 0x7F)
            return false;
        wide_name[i] = (UChar)name.data[i];
    }
    UChar canonical[128];
    UBool is_system = false;
    UErrorCode code = U_ZERO_ERROR;
    ucal_getCanonicalTimeZoneID(wide_name, (int32_t)name.len, canonical, 128, &is_system, &code);
    return U_SUCCESS(code) && is_system;
}

static int32_t current_offset(UCalendar *calendar, UErrorCode *code)
{
    return (ucal_get(calendar, UCAL_ZONE_OFFSET, code) + ucal_get(calendar, UCAL_DST_OFFSET, code)) / 1000;
}

static void add_transition(struct zone *self, int64_t at, int32_t before, int32_t after)
{
    if (before == after)
        return;
    if (self->count == self->capacity) {
        self->capacity = self->capacity ? self->capacity * 2 : 32;
        self->transitions = heap_grow(self->transitions, self->capacity * sizeof(*self->transitions));
    }
    self->transitions[self->count++] = (struct transition){at, before, after};
}

static void read_transitions(struct zone *self, UCalendar *calendar, UErrorCode *code)
{
    ucal_setMillis(calendar, READ_FROM_MS, code);
    self->first = current_offset(calendar, code);
    int32_t offset = self->first;
    UDate at;
    while (ucal_getTimeZoneTransitionDate(calendar, UCAL_TZ_TRANSITION_NEXT, &at, code) && U_SUCCESS(*code)) {
        if (at / 1000 >= (double)READ_UNTIL) {
            self->endless = true;
            break;
        }
        ucal_setMillis(calendar, at, code);
        int32_t after = current_offset(calendar, code);
        add_transition(self, (int64_t)(at / 1000), offset, after);
        offset = after;
    }
    self->standard = ucal_get(calendar, UCAL_ZONE_OFFSET, code) / 1000;
}

static struct zone *zone_read(struct str name, const UChar *wide_name)
{
    UErrorCode code = U_ZERO_ERROR;
    UCalendar *calendar = ucal_open(wide_name, (int32_t)name.len, "en_US", UCAL_GREGORIAN, &code);
    if (U_FAILURE(code))
        return NULL;
    struct zone *self = heap_alloc(sizeof(*self));
    memcpy(self->name, name.data, name.len);
    read_transitions(self, calendar, &code);
    ucal_close(calendar);
    if (U_FAILURE(code)) {
        heap_free(self->transitions);
        heap_free(self);
        return NULL;
    }
    return self;
}

static const struct zone *search(const struct zone *chain, struct str name)
{
    for (; chain; chain = chain->next)
        if (strncmp(chain->name, name.data, name.len) == 0 && chain->name[name.len] == 0)
            return chain;
    return NULL;
}

const struct zone *zone_find(struct str name)
{
    if (name.len == 0 || name.len > ZONE_NAME_MAX)
        return NULL;
    _Atomic(struct zone *) *bucket = &buckets[str_hash(name) % BUCKETS];
    struct zone *head = atomic_load_explicit(bucket, memory_order_acquire);
    const struct zone *found = search(head, name);
    UChar wide_name[ZONE_NAME_MAX];
    if (found || !is_known(name, wide_name))
        return found;
    struct zone *made = zone_read(name, wide_name);
    if (!made)
        return NULL;
    do {
        found = search(head, name);
        if (found) { /* another thread was first */
            heap_free(made->transitions);
            heap_free(made);
            return found;
        }
        made->next = head;
    } while (!atomic_compare_exchange_weak_explicit(bucket, &head, made, memory_order_acq_rel, memory_order_acquire));
    return made;
}

const char *zone_name(const struct zone *self)
{
    return self->name;
}

int32_t zone_offset_standard(const struct zone *self)
{
    return self->standard;
}

/* How many whole cycles to go back so that t lies in the table. */
static int64_t cycles_past(const struct zone *self, int64_t t)
{
    const int64_t last_safe = READ_UNTIL - INT64_C(2) * 86400;
    return self->endless && t > last_safe ? (t - last_safe + CYCLE - 1) / CYCLE * CYCLE : 0;
}

int32_t zone_offset_at(const struct zone *self, int64_t instant)
{
    instant -= cycles_past(self, instant);
    size_t low = 0;
    size_t high = self->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (self->transitions[middle].at <= instant)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? self->transitions[low - 1].after : self->first;
}

int32_t zone_offset_local(const struct zone *self, int64_t *local)
{
    int64_t back = cycles_past(self, *local);
    int64_t wanted = *local - back;
    size_t low = 0;
    size_t high = self->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (self->transitions[middle].at + self->transitions[middle].before <= wanted)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return self->first;
    const struct transition *last = &self->transitions[low - 1];
    if (wanted - last->after < last->at)
        *local += last->after - last->before;
    return last->after;
}
