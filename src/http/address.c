/* Client addresses and networks, all in the 16-byte form. */
#include "http/parse.h"

#include <arpa/inet.h>
#include <string.h>

static const unsigned char mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

static bool is_mapped(const unsigned char address[16])
{
    return memcmp(address, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

/* "192.0.2.1:80" and "[2001:db8::1]:80" lose the port, as some proxies write it. */
static struct str without_port(struct str s)
{
    if (s.len && s.data[0] == '[') {
        ptrdiff_t end = str_find(s, STR("]"), 0);
        return end > 0 ? str_part(s, 1, (size_t)end) : s;
    }
    ptrdiff_t colon = str_find(s, STR(":"), 0);
    bool single = colon > 0 && str_find(s, STR(":"), (size_t)colon + 1) < 0;
    return single ? str_part(s, 0, (size_t)colon) : s;
}

bool http_parse_address(struct str text, unsigned char out[16])
{
    char terminated[INET6_ADDRSTRLEN];
    struct in6_addr six;
    struct in_addr four;
    text = without_port(str_trim(text));
    if (!text.len || text.len >= sizeof(terminated) || memchr(text.data, 0, text.len))
        return false;
    memcpy(terminated, text.data, text.len);
    terminated[text.len] = 0;
    if (inet_pton(AF_INET, terminated, &four) == 1) {
        memcpy(out, mapped_prefix, sizeof(mapped_prefix));
        memcpy(out + sizeof(mapped_prefix), &four, 4);
        return true;
    }
    if (inet_pton(AF_INET6, terminated, &six) == 1) {
        memcpy(out, &six, 16);
        return true;
    }
    return false;
}

struct str http_address_text(struct arena *arena, const unsigned char address[16])
{
    char text[INET6_ADDRSTRLEN];
    bool four = is_mapped(address);
    CHECK(inet_ntop(four ? AF_INET : AF_INET6, four ? address + sizeof(mapped_prefix) : address, text, sizeof(text)));
    return arena_str(arena, str_of(text));
}

enum status http_parse_networks(struct arena *arena, struct str text, struct http_network **out, size_t *count,
                                struct error *err)
{
    VECTOR(struct http_network) networks = {0};
    while (text.len) {
        size_t end = 0;
        while (end < text.len && text.data[end] != ' ' && text.data[end] != ',')
            end++;
        struct str word = str_part(text, 0, end);
        text = str_part(text, end + 1, text.len);
        if (!word.len)
            continue;
        struct str bits_text = word;
        struct str address_text = str_cut(&bits_text, '/');
        struct http_network network = {.bits = 128};
        int64_t bits = 0;
        if (!http_parse_address(address_text, network.address))
            return error_set(err, ERROR_INVALID, "bad-network", "\"%.*s\" is no network address.", STR_ARGS(word));
        if (bits_text.data) {
            unsigned offset = is_mapped(network.address) ? 96 : 0;
            if (!str_to_int64(bits_text, &bits) || bits < 0 || bits > 128 - offset)
                return error_set(err, ERROR_INVALID, "bad-network", "\"%.*s\" has a wrong prefix length.",
                                 STR_ARGS(word));
            network.bits = (unsigned)bits + offset;
        }
        VECTOR_PUSH(arena, &networks, network);
    }
    *out = networks.items;
    *count = networks.count;
    return OK;
}

static bool inside(const struct http_network *network, const unsigned char address[16])
{
    unsigned bytes = network->bits / 8;
    unsigned left = network->bits % 8;
    if (memcmp(network->address, address, bytes) != 0)
        return false;
    return !left || (network->address[bytes] ^ address[bytes]) >> (8 - left) == 0;
}

bool http_network_has(const struct http_network *networks, size_t count, const unsigned char address[16])
{
    for (size_t i = 0; i < count; i++)
        if (inside(&networks[i], address))
            return true;
    return false;
}

void http_client_address(const unsigned char peer[16], struct str forwarded_for, const struct http_network *trusted,
                         size_t trusted_count, unsigned char out[16])
{
    memcpy(out, peer, 16);
    while (forwarded_for.len && http_network_has(trusted, trusted_count, out)) {
        size_t start = forwarded_for.len;
        while (start > 0 && forwarded_for.data[start - 1] != ',')
            start--;
        unsigned char address[16];
        if (!http_parse_address(str_part(forwarded_for, start, forwarded_for.len), address))
            return;
        memcpy(out, address, 16);
        forwarded_for = str_part(forwarded_for, 0, start ? start - 1 : 0);
    }
}
