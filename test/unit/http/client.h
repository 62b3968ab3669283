/* A raw HTTP client for tests: sends the bytes it is given and reads answers by their Content-Length. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define assert_ok(call)                                                                                                \
    do {                                                                                                               \
        if ((call) != OK)                                                                                              \
            fail_msg("%s: %s: %s", #call, err.type, err.message);                                                      \
    } while (0)

struct client {
    int fd;
    struct buf in;
};

/* Texts lie in the client's buffer until the next answer is read. status 0: the connection was closed without one. */
struct answer {
    int status;
    struct str headers;
    struct str body;
};

static struct client client_open(const struct http_server *server)
{
    struct client client = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)http_server_port(server)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(client.fd, (struct sockaddr *)&at, sizeof(at)), 0);
    buf_init(&client.in, 0);
    return client;
}

static void client_close(struct client *client)
{
    close(client->fd);
    buf_release(&client->in);
}

static void client_send_bytes(struct client *client, struct str bytes)
{
    while (bytes.len) {
        ssize_t n = send(client->fd, bytes.data, bytes.len, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* refused early; the answer tells */
        bytes = str_part(bytes, (size_t)n, bytes.len);
    }
}

static void client_send(struct client *client, const char *text)
{
    client_send_bytes(client, str_of(text));
}

static bool client_receive(struct client *client)
{
    char block[65536];
    ssize_t n = recv(client->fd, block, sizeof(block), 0);
    if (n <= 0)
        return false;
    buf_put(&client->in, (struct str){block, (size_t)n});
    return true;
}

/* The value of a header, absent if there is none. */
static struct str answer_header(const struct answer *answer, const char *name)
{
    struct str rest = answer->headers;
    while (rest.len) {
        struct str line = str_cut(&rest, '\n');
        struct str key = str_cut(&line, ':');
        if (str_equal_nocase_ascii(key, str_of(name)))
            return str_trim(line);
    }
    return STR_NONE;
}

/* expect_body: false for answers to HEAD. Drops the answer read before. */
static struct answer client_read(struct client *client, size_t *consumed, bool expect_body)
{
    struct answer answer = {0};
    if (*consumed)
        memmove(client->in.data, client->in.data + *consumed, client->in.len - *consumed);
    client->in.len -= *consumed;
    *consumed = 0;
    ptrdiff_t end;
    while ((end = str_find(buf_str(&client->in), STR("\r\n\r\n"), 0)) < 0)
        if (!client_receive(client))
            return answer;
    size_t length = 0;
    answer.headers = str_part(buf_str(&client->in), 0, (size_t)end);
    struct str length_text = answer_header(&answer, "Content-Length");
    int64_t number = 0;
    if (expect_body && str_to_int64(length_text, &number))
        length = (size_t)number;
    while (client->in.len < (size_t)end + 4 + length)
        if (!client_receive(client))
            return (struct answer){0};
    struct str all = buf_str(&client->in);
    answer.headers = str_part(all, 0, (size_t)end);
    answer.body = str_part(all, (size_t)end + 4, (size_t)end + 4 + length);
    answer.status = atoi(answer.headers.data + strlen("HTTP/1.1 "));
    *consumed = (size_t)end + 4 + length;
    return answer;
}

/* True when the server closes within ms; what it sends meanwhile is thrown away. */
static __attribute__((unused)) bool client_is_closed_within(struct client *client, int ms)
{
    int64_t deadline = monotonic_us() + (int64_t)ms * 1000;
    for (;;) {
        struct pollfd poll_fd = {.fd = client->fd, .events = POLLIN};
        int left = (int)((deadline - monotonic_us()) / 1000);
        char block[65536];
        if (left <= 0 || poll(&poll_fd, 1, left) <= 0)
            return false;
        if (recv(client->fd, block, sizeof(block), 0) <= 0)
            return true;
    }
}

/* One request on a connection of its own. The answer's texts live in the arena. */
static __attribute__((unused)) struct answer request_once(const struct http_server *server, struct arena *arena,
                                                          struct str bytes)
{
    struct client client = client_open(server);
    size_t consumed = 0;
    client_send_bytes(&client, bytes);
    struct answer answer = client_read(&client, &consumed, !str_starts(bytes, STR("HEAD ")));
    answer.headers = arena_str(arena, answer.headers);
    answer.body = arena_str(arena, answer.body);
    client_close(&client);
    return answer;
}
