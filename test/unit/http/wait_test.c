/* Long polling: requests that wait without a thread. */
#include "client.h"

#include <stdatomic.h>

static atomic_int handler_runs;
static atomic_int step;

/* /poll/{topic}?ms=N: "woken" on the second run, "waited out" when the time is over. */
static enum status poll_topic(struct http_request *request, struct error *err)
{
    int64_t ms = 0;
    (void)err;
    atomic_fetch_add(&handler_runs, 1);
    if (http_waited_out(request))
        return http_reply(request, 200, "text/plain", STR("waited out"));
    if (request->user)
        return http_reply(request, 200, "text/plain", STR("woken"));
    http_watch(request, http_param(request, "topic"));
    request->user = request;
    (void)!str_to_int64(http_query(request, "ms"), &ms);
    return http_suspend(request, ms);
}

/* Looks for a long time between watching and suspending. */
static enum status look_slowly(struct http_request *request, struct error *err)
{
    (void)err;
    if (request->user)
        return http_reply(request, 200, "text/plain", http_waited_out(request) ? STR("waited out") : STR("woken"));
    request->user = request;
    http_watch(request, STR("slow"));
    atomic_store(&step, 1);
    while (atomic_load(&step) < 2)
        usleep(500);
    return http_suspend(request, 10000);
}

static const struct http_route routes[] = {
    {HTTP_GET, "/poll/{topic}", poll_topic, 0, 0, 0, NULL},
    {HTTP_GET, "/slow", look_slowly, 0, 0, 0, NULL},
};

static int set_up(void **state)
{
    struct error err = ERROR_INIT;
    struct http_routes table = {routes, COUNT_OF(routes)};
    struct http_options options = {
        .listen = "127.0.0.1:0", .tables = &table, .tables_count = 1, .workers = 2, .suspended_max = 300};
    struct http_server *server = NULL;
    atomic_store(&handler_runs, 0);
    atomic_store(&step, 0);
    if (http_server_start(&options, &server, &err))
        fail_msg("%s", err.message);
    *state = server;
    return 0;
}

static int tear_down(void **state)
{
    struct error err = ERROR_INIT;
    return *state && http_server_stop(*state, 5000, &err) ? -1 : 0;
}

static void wait_parked(struct http_server *server, const char *n)
{
    struct buf metrics;
    char wanted[64];
    snprintf(wanted, sizeof(wanted), "\nhttp_waiting %s\n", n);
    buf_init(&metrics, 0);
    do {
        usleep(1000);
        buf_reset(&metrics);
        http_metrics_write(server, &metrics);
    } while (!strstr(metrics.data, wanted));
    buf_release(&metrics);
}

static void read_body(struct client *client, const char *expected)
{
    size_t consumed = 0;
    struct answer answer = client_read(client, &consumed, true);
    assert_int_equal(answer.status, 200);
    assert_true(str_equal(answer.body, str_of(expected)));
}

static void a_waiting_request_is_woken_by_its_topic_only(void **state)
{
    struct http_server *server = *state;
    struct client a = client_open(server);
    struct client b = client_open(server);
    client_send(&a, "GET /poll/a?ms=60000 HTTP/1.1\r\nHost: x\r\n\r\n");
    client_send(&b, "GET /poll/b?ms=60000 HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_parked(server, "2");
    http_wake(server, STR("c"), 10);
    http_wake(server, STR("a"), 10);
    read_body(&a, "woken");
    wait_parked(server, "1");
    http_wake(server, STR("b"), 10);
    read_body(&b, "woken");
    assert_int_equal(atomic_load(&handler_runs), 4);
    client_close(&a);
    client_close(&b);
}

static void waiting_ends_when_the_time_is_over(void **state)
{
    struct client client = client_open(*state);
    int64_t start = monotonic_us();
    client_send(&client, "GET /poll/a?ms=200 HTTP/1.1\r\nHost: x\r\n\r\n");
    read_body(&client, "waited out");
    assert_true(monotonic_us() - start >= 200000);
    client_send(&client, "GET /poll/a?ms=-5 HTTP/1.1\r\nHost: x\r\n\r\n");
    client.in.len = 0;
    read_body(&client, "waited out");
    client_close(&client);
}

static void a_wake_up_between_watching_and_suspending_is_not_lost(void **state)
{
    struct client client = client_open(*state);
    client_send(&client, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    while (atomic_load(&step) < 1)
        usleep(500);
    http_wake(*state, STR("slow"), 1);
    atomic_store(&step, 2);
    read_body(&client, "woken");
    client_close(&client);
}

static void many_wait_with_two_threads_and_are_woken_in_order(void **state)
{
    struct http_server *server = *state;
    struct client clients[200];
    char count[16];
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        clients[i] = client_open(server);
        client_send(&clients[i], "GET /poll/many?ms=60000 HTTP/1.1\r\nHost: x\r\n\r\n");
        snprintf(count, sizeof(count), "%zu", i + 1);
        wait_parked(server, count);
    }
    http_wake(server, STR("many"), 50);
    wait_parked(server, "150");
    for (size_t i = 0; i < 50; i++)
        read_body(&clients[i], "woken");
    http_wake(server, STR("many"), 1000);
    for (size_t i = 50; i < COUNT_OF(clients); i++)
        read_body(&clients[i], "woken");
    for (size_t i = 0; i < COUNT_OF(clients); i++)
        client_close(&clients[i]);
}

static void beyond_the_limit_nobody_waits(void **state)
{
    struct http_server *server = *state;
    struct client clients[300];
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        clients[i] = client_open(server);
        client_send(&clients[i], "GET /poll/many?ms=60000 HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    wait_parked(server, "300");
    struct client late = client_open(server);
    client_send(&late, "GET /poll/many?ms=60000 HTTP/1.1\r\nHost: x\r\n\r\n");
    read_body(&late, "waited out");
    client_close(&late);
    for (size_t i = 0; i < COUNT_OF(clients); i++)
        client_close(&clients[i]); /* gone while they wait */
}

static void stopping_answers_those_who_wait(void **state)
{
    struct error err = ERROR_INIT;
    struct client client = client_open(*state);
    client_send(&client, "GET /poll/a?ms=60000 HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_parked(*state, "1");
    assert_ok(http_server_stop(*state, 5000, &err));
    *state = NULL;
    read_body(&client, "waited out");
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_waiting_request_is_woken_by_its_topic_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(waiting_ends_when_the_time_is_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wake_up_between_watching_and_suspending_is_not_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_wait_with_two_threads_and_are_woken_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(beyond_the_limit_nobody_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stopping_answers_those_who_wait, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
