/* Exchanges over HTTP: all of a batch at once through libcurl's multi interface. */
#include "service/exchange.h"

#include <curl/curl.h>
#include <pthread.h>
#include <string.h>

#define REPLY_MAX ((size_t)4 * 1024 * 1024)
#define PER_HOST 8
#define AT_ONCE 64

/* One transfer under way. */
struct transfer {
    struct service_delivery *delivery;
    CURL *handle;
    struct curl_slist *headers;
    struct buf reply;
    int64_t started_us;
};

static size_t take(char *data, size_t size, size_t n, void *arg)
{
    struct transfer *transfer = arg;
    buf_put(&transfer->reply, (struct str){data, size * n});
    return transfer->reply.overflowed ? 0 : size * n;
}

static struct curl_slist *header(struct curl_slist *list, struct arena *arena, const char *name, struct str value)
{
    return curl_slist_append(list, arena_cstr(arena, arena_printf(arena, "%s: %.*s", name, STR_ARGS(value))));
}

static void start(struct transfer *self, struct arena *arena, CURLM *multi)
{
    struct service_delivery *delivery = self->delivery;
    CURL *handle = curl_easy_init();
    CHECK(handle);
    self->handle = handle;
    self->started_us = monotonic_us();
    buf_init(&self->reply, REPLY_MAX);
    self->headers =
        header(NULL, arena, "Content-Type",
               delivery->content_type.len ? delivery->content_type : STR("application/json; charset=utf-8"));
    self->headers = header(self->headers, arena, "Accept", STR("application/json"));
    self->headers = header(self->headers, arena, "Expect", STR(""));
    if (delivery->idempotency_key.len)
        self->headers = header(self->headers, arena, "Idempotency-Key", delivery->idempotency_key);
    if (delivery->authorization.len)
        self->headers = header(self->headers, arena, "Authorization", delivery->authorization);
    else if (delivery->token.len)
        self->headers = header(self->headers, arena, "Authorization",
                               arena_printf(arena, "Bearer %.*s", STR_ARGS(delivery->token)));
    curl_easy_setopt(handle, CURLOPT_URL, arena_cstr(arena, delivery->url));
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, arena_cstr(arena, delivery->method));
    if (!str_equal(delivery->method, STR("GET"))) {
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)delivery->body.len);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, delivery->body.data);
    }
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, self->headers);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)delivery->timeout_ms);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, self);
    curl_easy_setopt(handle, CURLOPT_PRIVATE, self);
    curl_multi_add_handle(multi, handle);
}

static void finish(struct transfer *self, struct arena *arena, CURLcode code)
{
    long status = 0;
    curl_easy_getinfo(self->handle, CURLINFO_RESPONSE_CODE, &status);
    self->delivery->took_ms = (monotonic_us() - self->started_us) / 1000;
    if (code == CURLE_OK) {
        self->delivery->status = (int)status;
        self->delivery->reply = arena_str(arena, buf_str(&self->reply));
    } else {
        self->delivery->problem = arena_str(arena, str_of(curl_easy_strerror(code)));
    }
}

static void stop(struct transfer *self, CURLM *multi)
{
    curl_multi_remove_handle(multi, self->handle);
    curl_easy_cleanup(self->handle);
    curl_slist_free_all(self->headers);
    buf_release(&self->reply);
}

static void reap(CURLM *multi, struct arena *arena)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left));) {
        struct transfer *transfer;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        finish(transfer, arena, code);
        stop(transfer, multi);
    }
}

static void initialise(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void deliver(void *state, struct arena *arena, struct service_delivery *items, size_t count)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)state;
    pthread_once(&once, initialise);
    CURLM *multi = curl_multi_init();
    CHECK(multi);
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)PER_HOST);
    curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)AT_ONCE);
    struct transfer *transfers = arena_array(arena, struct transfer, count);
    for (size_t i = 0; i < count; i++) {
        transfers[i].delivery = &items[i];
        if (items[i].url.len)
            start(&transfers[i], arena, multi);
        else
            items[i].problem = STR("The agency has no address.");
    }
    int running = 1;
    while (running) {
        if (curl_multi_perform(multi, &running) != CURLM_OK)
            break;
        reap(multi, arena);
        if (running && curl_multi_poll(multi, NULL, 0, 1000, NULL) != CURLM_OK)
            break;
    }
    reap(multi, arena);
    curl_multi_cleanup(multi);
}

const struct service_transport service_transport_http = {.state = NULL, .deliver = deliver, .needs_address = true};
