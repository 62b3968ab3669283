#include "service/mail.h"

#include <curl/curl.h>
#include <string.h>
#include <time.h>

#define TIMEOUT_MS 30000L
#define LINE 57 /* bytes that make a line of 76 base64 characters */
#define WORD 42 /* bytes of one encoded word: with its frame under 75 characters */

static void put_subject(struct buf *out, struct arena *arena, struct str text)
{
    size_t at = 0;
    while (at < text.len) {
        size_t end = at;
        while (end < text.len) {
            size_t next = end;
            (void)utf8_next(text, &next);
            if (next - at > WORD)
                break;
            end = next;
        }
        struct str word = base64_encode(arena, text.data + at, end - at);
        buf_printf(out, "%s=?UTF-8?B?%.*s?=", at ? "\r\n " : "", STR_ARGS(word));
        at = end;
    }
}

static struct str address_part(struct str address)
{
    ptrdiff_t at = str_find(address, STR("@"), 0);
    return at < 0 ? STR("localhost") : str_part(address, (size_t)at + 1, address.len);
}

struct str mail_message(struct arena *arena, const struct mail *mail)
{
    struct buf out;
    char date[64];
    struct tm tm;
    time_t seconds = (time_t)(mail->now_ms / 1000);
    CHECK(gmtime_r(&seconds, &tm) && strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &tm));
    buf_init(&out, 0);
    buf_printf(&out, "Date: %s\r\nFrom: <%.*s>\r\nTo: <%.*s>\r\nMessage-ID: <%.*s@%.*s>\r\nSubject: ", date,
               STR_ARGS(mail->from), STR_ARGS(mail->to), STR_ARGS(mail->id), STR_ARGS(address_part(mail->from)));
    put_subject(&out, arena, mail->subject);
    buf_put(&out, STR("\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                      "Content-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n"));
    for (size_t at = 0; at < mail->text.len; at += LINE) {
        struct str piece = str_part(mail->text, at, at + LINE);
        buf_put(&out, base64_encode(arena, piece.data, piece.len));
        buf_put(&out, STR("\r\n"));
    }
    return arena_take(arena, &out);
}

static size_t give(char *to, size_t size, size_t n, void *state)
{
    struct str *rest = state;
    size_t most = size * n < rest->len ? size * n : rest->len;
    if (most)
        memcpy(to, rest->data, most);
    rest->data += most;
    rest->len -= most;
    return most;
}

/* A server on this machine may be spoken to in the clear; a password goes to no other without TLS. */
static bool is_local(struct str server)
{
    return str_starts(server, STR("smtp://127.0.0.1")) || str_starts(server, STR("smtp://localhost"));
}

enum mail_outcome mail_send(struct arena *arena, const struct mail *mail, struct str *problem)
{
    struct str rest = mail_message(arena, mail);
    CURL *handle = curl_easy_init();
    CHECK(handle);
    struct curl_slist *to =
        curl_slist_append(NULL, arena_cstr(arena, arena_printf(arena, "<%.*s>", STR_ARGS(mail->to))));
    curl_easy_setopt(handle, CURLOPT_URL, arena_cstr(arena, mail->server));
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(handle, CURLOPT_USE_SSL,
                     (long)(mail->user.len && !is_local(mail->server) ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    curl_easy_setopt(handle, CURLOPT_MAIL_FROM, arena_cstr(arena, arena_printf(arena, "<%.*s>", STR_ARGS(mail->from))));
    curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, to);
    if (mail->user.len) {
        curl_easy_setopt(handle, CURLOPT_USERNAME, arena_cstr(arena, mail->user));
        curl_easy_setopt(handle, CURLOPT_PASSWORD, arena_cstr(arena, mail->password));
    }
    curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(handle, CURLOPT_READDATA, &rest);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    CURLcode code = curl_easy_perform(handle);
    long answer = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer);
    curl_slist_free_all(to);
    curl_easy_cleanup(handle);
    if (code == CURLE_OK)
        return MAIL_SENT;
    *problem = arena_printf(arena, "%s (%ld)", curl_easy_strerror(code), answer);
    return answer >= 500 && answer < 600 && answer != 530 && answer != 535 ? MAIL_REFUSED : MAIL_LATER;
}
