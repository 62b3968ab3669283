/* Paths and the routes they lead to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/internal.h"

#include <string.h>

static enum status no_handler(struct http_request *request, struct error *err)
{
    (void)request;
    (void)err;
    return OK;
}

static const struct http_route routes[] = {
    {HTTP_GET, "/", no_handler, 0, 0, 0, NULL},
    {HTTP_GET, "/cases", no_handler, 0, 0, 0, NULL},
    {HTTP_POST, "/cases", no_handler, 0, 0, 0, NULL},
    {HTTP_GET, "/cases/{no}", no_handler, 0, 0, 0, NULL},
    {HTTP_GET, "/cases/new", no_handler, 0, 0, 0, NULL},
    {HTTP_POST, "/cases/{no}/actions/{action}", no_handler, 0, 0, 0, NULL},
    {HTTP_DELETE, "/cases/{number}/actions/stop", no_handler, 0, 0, 0, NULL},
    {HTTP_GET, "/certificates/{no}", no_handler, 0, 0, 0, NULL},
    {HTTP_GET, "/certificates/{no}.svg", no_handler, 0, 0, 0, NULL},
    {HTTP_GET, "/certificates/{no}.pdf", no_handler, 0, 0, 0, NULL},
    {HTTP_GET, "/desk/{path...}", no_handler, 0, 0, 0, NULL},
    {HTTP_GET, "/desk/app.js", no_handler, 0, 0, 0, NULL},
};

/* "pattern name=value …", or the allowed methods as bits, or the error's type. */
static const char *found(const struct http_tree *tree, struct arena *arena, enum http_method method, const char *path)
{
    struct http_match match;
    struct error err = ERROR_INIT;
    if (http_tree_match(tree, arena, str_of(path), method, &match, &err))
        return arena_cstr(arena, str_of(err.type));
    if (!match.route)
        return arena_printf(arena, "allowed %u", match.allowed).data;
    struct str text = str_of(match.route->route.pattern);
    for (size_t i = 0; i < match.route->names_count; i++)
        text = arena_printf(arena, "%.*s %s=%.*s", STR_ARGS(text), match.route->names[i], STR_ARGS(match.params[i]));
    return arena_cstr(arena, text);
}

static void paths_lead_to_routes(void **state)
{
    (void)state;
    static const struct {
        enum http_method method;
        const char *path;
        const char *expected;
    } lines[] = {
        {HTTP_GET, "/", "/"},
        {HTTP_GET, "/cases", "/cases"},
        {HTTP_POST, "/cases", "/cases"},
        {HTTP_PUT, "/cases", "allowed 3"},
        {HTTP_METHODS, "/cases", "allowed 3"},
        {HTTP_GET, "/cases/", "allowed 0"},
        {HTTP_GET, "//cases", "allowed 0"},
        {HTTP_GET, "/case", "allowed 0"},
        {HTTP_GET, "/cases/230103", "/cases/{no} no=230103"},
        {HTTP_GET, "/cases/new", "/cases/new"},
        {HTTP_GET, "/cases/%6Eew", "/cases/new"},
        {HTTP_GET, "/cases/a%2Fb", "/cases/{no} no=a/b"},
        {HTTP_GET, "/cases/%E5%81%A5", "/cases/{no} no=健"},
        {HTTP_POST, "/cases/7/actions/withdraw", "/cases/{no}/actions/{action} no=7 action=withdraw"},
        {HTTP_POST, "/cases/7/actions/stop", "/cases/{no}/actions/{action} no=7 action=stop"},
        {HTTP_DELETE, "/cases/7/actions/stop", "/cases/{number}/actions/stop number=7"},
        {HTTP_DELETE, "/cases/7/actions/go", "allowed 2"},
        {HTTP_GET, "/cases/7/actions", "allowed 0"},
        {HTTP_GET, "/certificates/X-1", "/certificates/{no} no=X-1"},
        {HTTP_GET, "/certificates/X-1.svg", "/certificates/{no}.svg no=X-1"},
        {HTTP_GET, "/certificates/X-1.pdf", "/certificates/{no}.pdf no=X-1"},
        {HTTP_GET, "/certificates/.svg", "/certificates/{no} no=.svg"},
        {HTTP_GET, "/desk/", "/desk/{path...} path="},
        {HTTP_GET, "/desk", "allowed 0"},
        {HTTP_GET, "/desk/app.js", "/desk/app.js"},
        {HTTP_GET, "/desk/a/b%20c/d", "/desk/{path...} path=a/b c/d"},
        {HTTP_POST, "/desk/a/b", "allowed 1"},
        {HTTP_GET, "/desk/../x", "bad-path"},
        {HTTP_GET, "/desk/%2e%2E/x", "bad-path"},
        {HTTP_GET, "/cases/.", "bad-path"},
        {HTTP_GET, "cases", "bad-path"},
        {HTTP_GET, "", "bad-path"},
        {HTTP_GET, "/cases/%", "bad-encoding"},
        {HTTP_GET, "/cases/%FF", "bad-encoding"},
        {HTTP_GET, "/cases/%00", "bad-encoding"},
        {HTTP_GET, "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a", "not-found"},
    };
    struct http_tree tree = {0};
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(routes); i++)
        http_tree_add(&tree, &routes[i]);
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        const char *result = found(&tree, &arena, lines[i].method, lines[i].path);
        if (strcmp(result, lines[i].expected) != 0)
            fail_msg("%s: %s", lines[i].path, result);
    }
    arena_release(&arena);
    arena_release(&tree.arena);
}

static void a_bucket_gives_its_burst_and_then_its_rate(void **state)
{
    (void)state;
    struct http_limiter *limiter = http_limiter_new((struct http_rate){2, 5});
    int64_t wait_s = 0;
    for (int i = 0; i < 5; i++)
        assert_true(http_limiter_take(limiter, 7, 1, 1000000, &wait_s));
    assert_false(http_limiter_take(limiter, 7, 1, 1000000, &wait_s));
    assert_int_equal(wait_s, 1);
    assert_false(http_limiter_take(limiter, 7, 4, 1000000, &wait_s));
    assert_int_equal(wait_s, 2);
    assert_true(http_limiter_take(limiter, 8, 5, 1000000, &wait_s)); /* somebody else */
    assert_true(http_limiter_take(limiter, 7, 1, 1500000, &wait_s));
    assert_false(http_limiter_take(limiter, 7, 1, 1500000, &wait_s));
    assert_true(http_limiter_take(limiter, 7, 100, 9000000, &wait_s)); /* dearer than a full bucket */
    assert_false(http_limiter_take(limiter, 7, 1, 9000000, &wait_s));
    for (uint64_t key = 100; key < 300000; key++) /* far more clients than there is room for */
        assert_true(http_limiter_take(limiter, key, 1, 9000001, &wait_s));
    http_limiter_free(limiter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_lead_to_routes),
        cmocka_unit_test(a_bucket_gives_its_burst_and_then_its_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
