/* Readers of what HTTP requests carry, as pure functions: percent-encoding, queries, forms, cookies, multipart bodies,
 * media types, accept lists, addresses. Every output is valid UTF-8 without NUL (file contents of multipart parts
 * excepted) and lives in the arena or in the input. */
#pragma once

#include "base/base.h"

struct http_pair {
    struct str name;
    struct str value;
};
struct http_pairs {
    size_t count;
    const struct http_pair *items;
};
/* The first value of that name; absent if there is none. */
struct str http_pairs_find(const struct http_pairs *pairs, struct str name);

/* Limits of all readers here. */
#define HTTP_PAIRS_MAX 1000 /* fields in a query or form */
#define HTTP_COOKIES_MAX 64
#define HTTP_PARTS_MAX 200
#define HTTP_NAME_MAX 200 /* bytes of a field's name */

/* "%E4%BD%A0" -> UTF-8. plus: '+' is a space (forms and queries, not paths). Fails with bad-encoding on broken escapes,
 * bad UTF-8 and control characters other than tab, CR, LF. */
MUST_USE enum status http_percent_decode(struct arena *arena, struct str text, bool plus, struct str *out,
                                         struct error *err);
/* "a=1&b=%20" (a query or an application/x-www-form-urlencoded body). Empty pieces are skipped; "a" is a with an empty
 * value. */
MUST_USE enum status http_parse_query(struct arena *arena, struct str text, struct http_pairs *out, struct error *err);
/* A Cookie header. Pieces that are not name=value are skipped, values lose surrounding quotes. Never fails. */
void http_parse_cookies(struct arena *arena, struct str header, struct http_pairs *out);

/* One part of a multipart/form-data body (RFC 7578). */
struct http_part {
    struct str name;
    struct str file_name;    /* absent for plain fields; without folders */
    struct str content_type; /* lower case, without parameters; absent if not told */
    struct str content;      /* bytes in the body; valid UTF-8 only if it is a plain field */
};
struct http_multipart {
    size_t count;
    const struct http_part *items;
};
/* The first part of that name or NULL. */
const struct http_part *http_multipart_find(const struct http_multipart *parts, struct str name);
MUST_USE enum status http_parse_multipart(struct arena *arena, struct str body, struct str boundary,
                                          struct http_multipart *out, struct error *err);

/* "Text/HTML; charset=\"utf-8\"" -> "text/html" and, for wanted = "charset", utf-8 (absent if it is not there). False
 * when it is not a media type. */
MUST_USE bool http_parse_media_type(struct arena *arena, struct str header, const char *wanted, struct str *type,
                                    struct str *parameter);
/* Quality of token in an Accept or Accept-Encoding list, 0…1000; -1 if the list does not cover it. For media types "*"
 * and "text" with any subtype cover what they match; the most specific entry counts. */
int http_accept_quality(struct str header, struct str token);
/* True when an If-None-Match or If-Match list has "tag" (weak comparison if weak) or is "*". */
bool http_tag_listed(struct str header, struct str tag, bool weak);

/* An address in its 16-byte form (IPv4 as ::ffff:a.b.c.d). False when the text is none. */
MUST_USE bool http_parse_address(struct str text, unsigned char out[16]);
/* The text form; IPv4 without the prefix. */
struct str http_address_text(struct arena *arena, const unsigned char address[16]);
struct http_network {
    unsigned char address[16];
    unsigned bits; /* of the 16-byte form */
};
/* "10.0.0.0/8 ::1": space- or comma-separated. */
MUST_USE enum status http_parse_networks(struct arena *arena, struct str text, struct http_network **out, size_t *count,
                                         struct error *err);
bool http_network_has(const struct http_network *networks, size_t count, const unsigned char address[16]);
/* The client's address: the peer unless it is a trusted proxy; otherwise the last address of X-Forwarded-For that is
 * not one. */
void http_client_address(const unsigned char peer[16], struct str forwarded_for, const struct http_network *trusted,
                         size_t trusted_count, unsigned char out[16]);
