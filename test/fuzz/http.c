/* The readers of what HTTP requests carry. The first byte chooses one; for multipart bodies the boundary is "B".
 * Besides not crashing, what comes out must be UTF-8 and must come from inside the limits. */
#include "http/parse.h"

static void check_pairs(const struct http_pairs *pairs)
{
    CHECK(pairs->count <= HTTP_PAIRS_MAX);
    for (size_t i = 0; i < pairs->count; i++)
        CHECK(utf8_valid(pairs->items[i].name) && utf8_valid(pairs->items[i].value));
}

static void read_multipart(struct arena *arena, struct str input)
{
    struct http_multipart parts;
    struct error err;
    if (http_parse_multipart(arena, input, STR("B"), &parts, &err))
        return;
    CHECK(parts.count <= HTTP_PARTS_MAX);
    for (size_t i = 0; i < parts.count; i++) {
        const struct http_part *part = &parts.items[i];
        CHECK(utf8_valid(part->name) && utf8_valid(part->file_name));
        CHECK(part->content.len <= input.len);
        CHECK(part->file_name.data || utf8_valid(part->content));
    }
}

static void read_lists(struct arena *arena, struct str input)
{
    struct str type;
    struct str parameter;
    struct http_network *networks = NULL;
    size_t count = 0;
    unsigned char client[16];
    static const unsigned char peer[16] = {0};
    (void)!http_parse_media_type(arena, input, "charset", &type, &parameter);
    int quality = http_accept_quality(input, STR("text/html"));
    CHECK(quality >= -1 && quality <= 1000);
    (void)http_tag_listed(input, STR("tag"), true);
    struct str list = input;
    struct str first = str_cut(&list, '\n');
    if (http_parse_networks(arena, first, &networks, &count, NULL) == OK)
        http_client_address(peer, list, networks, count, client);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct arena arena;
    struct http_pairs pairs = {0};
    struct str input = {(const char *)data + 1, size - 1};
    arena_init(&arena);
    if (data[0] == 'q' && http_parse_query(&arena, input, &pairs, NULL) == OK)
        check_pairs(&pairs);
    if (data[0] == 'c') {
        http_parse_cookies(&arena, input, &pairs);
        check_pairs(&pairs);
    }
    if (data[0] == 'm')
        read_multipart(&arena, input);
    if (data[0] == 'h')
        read_lists(&arena, input);
    arena_release(&arena);
    return 0;
}
