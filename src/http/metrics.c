/* Counts and times of requests by route, and their Prometheus text. */
#include "http/internal.h"

#include <inttypes.h>

static const int statuses[] = {200, 201, 202, 204, 206, 303, 304, 308, 400, 401, 403,
                               404, 405, 409, 412, 413, 415, 422, 429, 500, 503, 0 /* all others */};
static const double seconds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30};

#define STATUSES COUNT_OF(statuses)
#define TIMES (COUNT_OF(seconds) + 1)

struct route_counters {
    atomic_uint_fast64_t statuses[HTTP_METHODS][STATUSES];
    atomic_uint_fast64_t times[TIMES];
    atomic_uint_fast64_t sum_us;
};
struct http_counters {
    size_t count; /* the last one counts what matched no route */
    struct route_counters routes[];
};

struct http_counters *http_counters_new(size_t routes)
{
    struct http_counters *self = heap_alloc(sizeof(*self) + (routes + 1) * sizeof(self->routes[0]));
    self->count = routes + 1;
    return self;
}

void http_counters_free(struct http_counters *self)
{
    heap_free(self);
}

static size_t status_slot(int status)
{
    size_t slot = 0;
    while (slot < STATUSES - 1 && statuses[slot] != status)
        slot++;
    return slot;
}

void http_counters_add(struct http_counters *self, size_t route, enum http_method method, int status, int64_t us)
{
    struct route_counters *counters = &self->routes[route < self->count ? route : self->count - 1];
    size_t slot = 0;
    while (slot < TIMES - 1 && (double)us / 1e6 > seconds[slot])
        slot++;
    size_t row = method < HTTP_METHODS ? (size_t)method : HTTP_GET;
    atomic_fetch_add_explicit(&counters->statuses[row][status_slot(status)], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&counters->times[slot], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&counters->sum_us, (uint64_t)us, memory_order_relaxed);
}

/* Label values: only patterns and our own words, which need no escaping. */
static const char *pattern_of(const struct http_server *server, size_t route)
{
    return route < server->tree.routes.count ? server->tree.routes.items[route]->route.pattern : "none";
}

static void put_requests(const struct http_server *server, size_t route, struct buf *out)
{
    for (size_t method = 0; method < HTTP_METHODS; method++) {
        for (size_t slot = 0; slot < STATUSES; slot++) {
            uint64_t n = atomic_load(&server->counters->routes[route].statuses[method][slot]);
            if (!n)
                continue;
            buf_printf(out, "http_requests_total{method=\"%s\",route=\"%s\",status=\"",
                       http_method_name((enum http_method)method), pattern_of(server, route));
            if (statuses[slot])
                buf_printf(out, "%d\"} %" PRIu64 "\n", statuses[slot], n);
            else
                buf_printf(out, "other\"} %" PRIu64 "\n", n);
        }
    }
}

/* Times of one pattern: its methods together. A pattern's routes stand in several rows; the first one speaks for all.
 */
static void put_times(const struct http_server *server, size_t route, struct buf *out)
{
    struct str pattern = str_of(pattern_of(server, route));
    uint64_t times[TIMES] = {0};
    uint64_t sum = 0;
    uint64_t count = 0;
    for (size_t other = 0; other < server->counters->count; other++) {
        if (!str_equal(str_of(pattern_of(server, other)), pattern))
            continue;
        if (other < route)
            return;
        const struct route_counters *counters = &server->counters->routes[other];
        sum += atomic_load(&counters->sum_us);
        for (size_t i = 0; i < TIMES; i++)
            times[i] += atomic_load(&counters->times[i]);
    }
    for (size_t i = 0; i < TIMES; i++)
        count += times[i];
    if (!count)
        return;
    uint64_t below = 0;
    for (size_t i = 0; i < TIMES - 1; i++) {
        below += times[i];
        buf_printf(out, "http_request_seconds_bucket{route=\"%.*s\",le=\"%g\"} %" PRIu64 "\n", STR_ARGS(pattern),
                   seconds[i], below);
    }
    buf_printf(out, "http_request_seconds_bucket{route=\"%.*s\",le=\"+Inf\"} %" PRIu64 "\n", STR_ARGS(pattern), count);
    buf_printf(out, "http_request_seconds_sum{route=\"%.*s\"} %g\n", STR_ARGS(pattern), (double)sum / 1e6);
    buf_printf(out, "http_request_seconds_count{route=\"%.*s\"} %" PRIu64 "\n", STR_ARGS(pattern), count);
}

static void put_number(struct buf *out, const char *name, const char *type, const char *help, uint64_t value)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n", name, help, name, type, name, value);
}

void http_metrics_write(struct http_server *self, struct buf *out)
{
    buf_put(out, STR("# HELP http_requests_total Answers by route.\n# TYPE http_requests_total counter\n"));
    for (size_t i = 0; i < self->counters->count; i++)
        put_requests(self, i, out);
    buf_put(out, STR("# HELP http_request_seconds Time from the request line to the end of the answer.\n"
                     "# TYPE http_request_seconds histogram\n"));
    for (size_t i = 0; i < self->counters->count; i++)
        put_times(self, i, out);
    pthread_mutex_lock(&self->waiting.lock);
    uint64_t parked = self->waiting.parked;
    pthread_mutex_unlock(&self->waiting.lock);
    pthread_mutex_lock(&self->queue_lock);
    uint64_t queued = self->queue_length;
    pthread_mutex_unlock(&self->queue_lock);
    put_number(out, "http_running", "gauge", "Requests being answered.", (uint64_t)atomic_load(&self->running));
    put_number(out, "http_queued", "gauge", "Requests waiting for a worker.", queued);
    put_number(out, "http_waiting", "gauge", "Long polls.", parked);
    put_number(out, "http_connections", "gauge", "Open connections.", (uint64_t)atomic_load(&self->guards.count));
    put_number(out, "http_body_bytes", "gauge", "Bytes of request bodies held.", atomic_load(&self->bodies));
    put_number(out, "http_limited_total", "counter", "Requests refused by rate limits.", atomic_load(&self->limited));
    put_number(out, "http_overloaded_total", "counter", "Requests refused for lack of room.",
               atomic_load(&self->overloaded));
}
