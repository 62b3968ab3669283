/* One e-mail by SMTP. */
#pragma once

#include "base/base.h"

struct mail {
    struct str server, user, password; /* user absent: without signing in */
    struct str from, to;
    struct str subject, text;
    struct str id; /* becomes the Message-ID: the same for every attempt */
    int64_t now_ms;
};
enum mail_outcome { MAIL_SENT, MAIL_LATER, MAIL_REFUSED };
/* *problem is one sentence unless it was sent. Blocks for at most half a minute. */
enum mail_outcome mail_send(struct arena *arena, const struct mail *mail, struct str *problem);
/* The message as it travels: headers and base64 text, RFC 5322 and 2045. */
struct str mail_message(struct arena *arena, const struct mail *mail);
