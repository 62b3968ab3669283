/* Load over HTTP with kept-alive connections: each thread posts bodies made from a template and measures every answer.
 *
 *   bench-http PORT CONNECTIONS SECONDS COOKIE CSRF PATH BODY-FILE
 *
 * In the body {{id}} becomes a well-formed ID number that no other request has, {{birth}} its date, {{sex}} 1 or 2.
 * Prints one line: requests, failures, requests a second, p50, p90, p99 and slowest in milliseconds. */
#include "trust/ids.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SAMPLES_MAX 400000

struct load {
    int port;
    int64_t until_us;
    const char *cookie, *csrf, *path;
    struct str body;
};

struct worker {
    const struct load *load;
    pthread_t thread;
    uint32_t *micros;
    size_t count, failures;
    char first_failure[400];
};

static atomic_llong next_person;

/* Births run through the days of 1930 to 1999 and three-digit sequences: about twelve million numbers. */
static void make_person(struct arena *arena, struct str *id, struct str *birth, int *sex)
{
    long long n = atomic_fetch_add(&next_person, 1);
    int day = (int)(n % 28) + 1;
    int month = (int)(n / 28 % 12) + 1;
    int year = 1930 + (int)(n / 336 % 70);
    int sequence = (int)(n / 23520 % 499) * 2 + 1; /* odd: male */
    static const char *const regions[] = {"230110", "230103", "230102", "230104", "230108", "230109", "230111"};
    const char *region = regions[n / 11736480 % (long long)COUNT_OF(regions)];
    struct str first = arena_printf(arena, "%s%04d%02d%02d%03d", region, year, month, day, sequence);
    *id = arena_printf(arena, "%.*s%c", STR_ARGS(first), citizen_id_check_char(first));
    *birth = arena_printf(arena, "%04d-%02d-%02d", year, month, day);
    *sex = 1;
}

static struct str replace(struct arena *arena, struct str text, struct str mark, struct str with)
{
    struct str out = text;
    for (ptrdiff_t at; (at = str_find(out, mark, 0)) >= 0;) {
        struct str parts[] = {str_part(out, 0, (size_t)at), with, str_part(out, (size_t)at + mark.len, out.len)};
        out = arena_join(arena, parts, 3);
    }
    return out;
}

static int dial(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Reads one answer with Content-Length; its status, or -1. */
static int read_answer(int fd, char *buffer, size_t size)
{
    size_t have = 0;
    for (;;) {
        ssize_t got = read(fd, buffer + have, size - 1 - have);
        if (got <= 0)
            return -1;
        have += (size_t)got;
        buffer[have] = 0;
        char *end = strstr(buffer, "\r\n\r\n");
        if (!end)
            continue;
        char *length = strcasestr(buffer, "content-length:");
        size_t body = length && length < end ? strtoul(length + 15, NULL, 10) : 0;
        if (have >= (size_t)(end - buffer) + 4 + body)
            return atoi(buffer + 9);
        if (have == size - 1)
            return -1;
    }
}

static void *work(void *argument)
{
    struct worker *self = argument;
    const struct load *load = self->load;
    struct arena arena;
    arena_init(&arena);
    char *answer = heap_alloc(1 << 20);
    int fd = dial(load->port);
    while (fd >= 0 && monotonic_us() < load->until_us && self->count < SAMPLES_MAX) {
        arena_reset(&arena);
        struct str id;
        struct str birth;
        int sex;
        make_person(&arena, &id, &birth, &sex);
        struct str body = replace(&arena, replace(&arena, load->body, STR("{{id}}"), id), STR("{{birth}}"), birth);
        struct str request = arena_printf(&arena,
                                          "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                                          "Cookie: %s\r\nX-CSRF-Token: %s\r\nIdempotency-Key: bench-%.*s\r\nContent-Length: %zu\r\n\r\n%.*s",
                                          load->path, load->cookie, load->csrf, STR_ARGS(id), body.len, STR_ARGS(body));
        int64_t started = monotonic_us();
        int status = write(fd, request.data, request.len) == (ssize_t)request.len ? read_answer(fd, answer, 1 << 20) : -1;
        self->micros[self->count++] = (uint32_t)(monotonic_us() - started);
        if (status < 200 || status > 299) {
            if (!self->failures++)
                snprintf(self->first_failure, sizeof(self->first_failure), "%d %.300s", status, answer);
            if (status < 0) {
                close(fd);
                fd = dial(load->port);
            }
        }
    }
    if (fd >= 0)
        close(fd);
    heap_free(answer);
    arena_release(&arena);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    if (argc != 8) {
        fprintf(stderr, "usage: bench-http PORT CONNECTIONS SECONDS COOKIE CSRF PATH BODY-FILE\n");
        return 2;
    }
    struct arena arena;
    arena_init(&arena);
    struct error err = ERROR_INIT;
    struct load load = {.port = atoi(argv[1]), .cookie = argv[4], .csrf = argv[5], .path = argv[6]};
    size_t connections = (size_t)atoi(argv[2]);
    double seconds = atof(argv[3]);
    if (file_read(&arena, argv[7], 1 << 20, &load.body, &err) != OK) {
        fprintf(stderr, "bench-http: %s\n", err.message);
        return 1;
    }
    atomic_store(&next_person, (world_real.now_ms(NULL) / 100) % 60000000); /* other people in each run */
    struct worker *workers = heap_alloc(connections * sizeof(*workers));
    int64_t started = monotonic_us();
    load.until_us = started + (int64_t)(seconds * 1e6);
    for (size_t i = 0; i < connections; i++) {
        workers[i].load = &load;
        workers[i].micros = heap_alloc(SAMPLES_MAX * sizeof(uint32_t));
        CHECK(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
    }
    size_t count = 0;
    size_t failures = 0;
    const char *failure = "";
    uint32_t *all = NULL;
    for (size_t i = 0; i < connections; i++) {
        pthread_join(workers[i].thread, NULL);
        all = heap_grow(all, (count + workers[i].count + 1) * sizeof(*all));
        memcpy(all + count, workers[i].micros, workers[i].count * sizeof(*all));
        count += workers[i].count;
        failures += workers[i].failures;
        if (workers[i].first_failure[0])
            failure = workers[i].first_failure;
    }
    double took = (double)(monotonic_us() - started) / 1e6;
    if (count == 0) {
        fprintf(stderr, "bench-http: no answer\n");
        return 1;
    }
    qsort(all, count, sizeof(*all), compare);
    printf("requests %zu failures %zu per_second %.0f p50_ms %.2f p90_ms %.2f p99_ms %.2f max_ms %.2f\n", count, failures,
           (double)(count - failures) / took, all[count / 2] / 1000.0, all[count * 9 / 10] / 1000.0, all[count * 99 / 100] / 1000.0,
           all[count - 1] / 1000.0);
    if (failures)
        fprintf(stderr, "first failure: %s\n", failure);
    return failures > 0;
}
