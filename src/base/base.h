/* What every other module stands on: text, memory, errors, checks. No domain words here. */
#pragma once

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Checks -------------------------------------------------------------------------------------------------- */

/* States a fact that only a bug can make false. Aborts in release builds too; nothing a user or file sends may reach
 * it. */
#define CHECK(fact) ((fact) ? (void)0 : check_failed(#fact, __FILE__, __LINE__))
_Noreturn void check_failed(const char *fact, const char *file, int line);

/* ---- Text ---------------------------------------------------------------------------------------------------- */

/* Borrowed text: bytes that somebody else owns, UTF-8 unless said otherwise, not terminated. {NULL, 0} is "absent". */
struct str {
    const char *data;
    size_t len;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_NONE ((struct str){NULL, 0})
/* For "%.*s" in printf-like calls. */
#define STR_ARGS(s) (int)(s).len, ((s).data ? (s).data : "")

struct str str_of(const char *terminated);
bool str_equal(struct str a, struct str b);
bool str_equal_nocase_ascii(struct str a, struct str b);
/* Bytewise order, which for UTF-8 is code-point order: <0, 0, >0. */
int str_compare(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Byte offset of the first occurrence at or after from, or -1. */
ptrdiff_t str_find(struct str s, struct str wanted, size_t from);
/* The part [from, to) in bytes; both are clamped to the text. */
struct str str_part(struct str s, size_t from, size_t to);
/* Without ASCII white space at both ends. */
struct str str_trim(struct str s);
/* Cuts the text before the first separator off *rest and returns it; *rest becomes what follows (absent at the end). */
struct str str_cut(struct str *rest, char separator);
/* Decimal digits with an optional sign, nothing else. False when it is not that or does not fit; *out is then
 * untouched. */
MUST_USE bool str_to_int64(struct str s, int64_t *out);
uint64_t str_hash(struct str s);

bool utf8_valid(struct str s);
/* Code points in valid UTF-8. */
size_t utf8_length(struct str s);
/* Decodes the code point at *at (valid UTF-8) and moves *at behind it. */
uint32_t utf8_next(struct str s, size_t *at);
/* Writes 1 to 4 bytes; returns how many. */
size_t utf8_put(uint32_t code_point, char out[4]);

/* ---- Memory -------------------------------------------------------------------------------------------------- */

/* A region whose memory is given back all at once. Three lifetimes: process (packs), request, scratch (one evaluation).
 * Running out of memory aborts. Nothing from an arena is freed alone. Not shared between threads. */
struct arena {
    struct arena_chunk *chunk; /* the one being filled; older ones hang behind it */
    size_t used;               /* bytes given out in all, for limits and statistics */
    size_t limit;              /* 0: none; otherwise arena_exhausted() tells when a caller should stop */
};

struct arena_mark {
    struct arena_chunk *chunk;
    size_t chunk_used;
    size_t used;
};

void arena_init(struct arena *self);
void arena_release(struct arena *self);
/* Forgets everything but keeps the first chunk, for reuse without malloc. */
void arena_reset(struct arena *self);
/* Zeroed memory, aligned to 16 bytes. size 0 gives a valid pointer. */
void *arena_alloc(struct arena *self, size_t size) __attribute__((malloc, returns_nonnull, alloc_size(2)));
void *arena_alloc_array(struct arena *self, size_t count, size_t size) __attribute__((malloc, returns_nonnull));
/* Not zeroed, otherwise as arena_alloc. */
void *arena_alloc_raw(struct arena *self, size_t size) __attribute__((malloc, returns_nonnull, alloc_size(2)));
struct arena_mark arena_mark(const struct arena *self);
/* Gives back all that was allocated after the mark. */
void arena_rewind(struct arena *self, struct arena_mark mark);
bool arena_exhausted(const struct arena *self);

/* A copy that is also terminated by a zero byte (not counted in len). */
struct str arena_str(struct arena *self, struct str s);
const char *arena_cstr(struct arena *self, struct str s);
struct str arena_printf(struct arena *self, const char *format, ...) PRINTF_LIKE(2, 3);
struct str arena_join(struct arena *self, const struct str *parts, size_t count);
/* Writes the decimal digits of number, not ended by a zero byte; returns how many. */
#define NUMBER_DIGITS_MAX 20
size_t number_digits(int64_t number, char out[NUMBER_DIGITS_MAX]);
/* "name:1:-2" of numbers 1 and -2; with an empty name "1:-2". Many times faster than arena_printf. */
struct str arena_numbers(struct arena *self, const char *name, const int64_t *numbers, size_t count);
/* The last width decimal digits of n (not negative), zeros in front, without a final zero byte. */
void digits_put(char *out, size_t width, int64_t n);

#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_alloc_array((arena), (count), sizeof(type)))

/* Heap memory for what outlives every arena: connection pools, queues, caches. Aborts when there is none. */
void *heap_alloc(size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1)));
void *heap_grow(void *memory, size_t size) __attribute__((returns_nonnull));
void heap_free(void *memory);

/* Text being written. Grows up to max bytes (0: BUF_MAX_DEFAULT); beyond that it keeps what fits and overflowed is set.
 */
#define BUF_MAX_DEFAULT ((size_t)64 * 1024 * 1024)
struct buf {
    char *data; /* owned; terminated by a zero byte when not NULL */
    size_t len;
    size_t capacity;
    size_t max;
    bool overflowed;
};

void buf_init(struct buf *self, size_t max);
void buf_release(struct buf *self);
void buf_reset(struct buf *self);
void buf_put(struct buf *self, struct str s);
void buf_put_char(struct buf *self, char c);
void buf_printf(struct buf *self, const char *format, ...) PRINTF_LIKE(2, 3);
struct str buf_str(const struct buf *self);
/* What was written, in the arena; the buffer is released. */
struct str arena_take(struct arena *arena, struct buf *self);

/* A vector that grows inside an arena: the old copy is abandoned to the arena. Use through VECTOR_PUSH. */
#define VECTOR(type)                                                                                                   \
    struct {                                                                                                           \
        type *items;                                                                                                   \
        size_t count;                                                                                                  \
        size_t capacity;                                                                                               \
    }
#define VECTOR_PUSH(arena, vector, item)                                                                               \
    do {                                                                                                               \
        if ((vector)->count == (vector)->capacity)                                                                     \
            (vector)->items = vector_grow((arena), (vector)->items, (vector)->count, &(vector)->capacity,              \
                                          sizeof(*(vector)->items));                                                   \
        (vector)->items[(vector)->count++] = (item);                                                                   \
    } while (0)
void *vector_grow(struct arena *arena, void *items, size_t count, size_t *capacity, size_t size);

/* ---- Errors -------------------------------------------------------------------------------------------------- */

/* What a function that can be refused or can fail returns. On FAILED, err is filled and outputs are untouched. */
enum status { OK = 0, FAILED = -1 };

/* The broad kind; the API maps each to one HTTP status. */
enum error_kind {
    ERROR_NONE = 0,
    ERROR_INVALID,         /* the input is wrong: 422 (400 for unreadable bodies) */
    ERROR_UNAUTHENTICATED, /* 401 */
    ERROR_FORBIDDEN,       /* 403 */
    ERROR_NOT_FOUND,       /* 404 */
    ERROR_CONFLICT,        /* not in this state, already done, changed meanwhile: 409 (412 for If-Match) */
    ERROR_TOO_LARGE,       /* 413 */
    ERROR_TOO_MANY,        /* rate limits: 429 */
    ERROR_LIMIT,           /* a limit on steps, depth, time or size was met: 422 */
    ERROR_UNAVAILABLE,     /* busy, stopping, an agency is down: 503, may be retried */
    ERROR_INTERNAL,        /* ours: 500 */
};

/* A refusal or failure, complete enough to be shown. type is the problem type, kebab-case ("case-closed"). */
struct error {
    enum error_kind kind;
    char type[48];
    char message[480]; /* one complete sentence */
    char field[120];   /* path of the field that is wrong, "" if none: "form.deceased.id" or "line 3, column 7" */
    char hint[200];    /* what to do about it, "" if nothing */
};

#define ERROR_INIT ((struct error){0})

/* Fills err and returns FAILED, so that a refusal is one statement: return error_set(err, ERROR_CONFLICT,
 * "case-closed", …). */
enum status error_set(struct error *err, enum error_kind kind, const char *type, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* Adds to an error already set; both return FAILED. */
enum status error_field(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
enum status error_hint(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
/* Puts "prefix: " before the message (names a file, an element). Returns FAILED. */
enum status error_prefix(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* ---- Chance, time of day, files -------------------------------------------------------------------------------- */

/* The outside world as the program sees it; tests and the simulation put their own in its place. */
struct world {
    void *state;
    int64_t (*now_ms)(void *state);                            /* instant, ms since 1970 UTC */
    void (*random)(void *state, unsigned char *out, size_t n); /* unpredictable bytes */
};
/* The real clock and the system's random generator. */
extern const struct world world_real;

int64_t monotonic_us(void);

/* Reads a whole file of at most max bytes. */
MUST_USE enum status file_read(struct arena *arena, const char *path, size_t max, struct str *out, struct error *err);
/* Writes through a temporary name and rename, synced: the old or the new content, never a mixture. mode as in open(2).
 */
MUST_USE enum status file_write(const char *path, struct str content, int mode, struct error *err);
/* Names in a folder that end in suffix ("" for all), sorted; . and .. are left out. */
MUST_USE enum status folder_list(struct arena *arena, const char *path, const char *suffix, struct str **out,
                                 size_t *count, struct error *err);

/* ---- Log ----------------------------------------------------------------------------------------------------- */

/* One JSON object a line on stderr: {"t":…,"level":"info","event":"case.opened",…}. Ids only: never names, ID numbers
 * or health data. Pairs are key, printf-formatted value: log_event(LOG_INFO, "http.request", "status=%d path=%s", 200,
 * p). Values end at the next space, so they must not contain one. */
enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };
void log_event(enum log_level level, const char *event, const char *format, ...) PRINTF_LIKE(3, 4);
void log_set_level(enum log_level level);

/* ---- Encodings ----------------------------------------------------------------------------------------------- */

struct str hex_encode(struct arena *arena, const void *bytes, size_t n);
MUST_USE bool hex_decode(struct arena *arena, struct str text, struct str *out);
struct str base64_encode(struct arena *arena, const void *bytes, size_t n);
MUST_USE bool base64_decode(struct arena *arena, struct str text, struct str *out);
/* RFC 4648 section 5 without padding, as JOSE uses it. */
struct str base64url_encode(struct arena *arena, const void *bytes, size_t n);
MUST_USE bool base64url_decode(struct arena *arena, struct str text, struct str *out);
