/* Messages to parties: every notice stands in the inbox; from there it goes out by SMS and e-mail, as the party wants
 * it. Queued as rows with the notice itself and sent in the background, at least once, with the same key every time.
 * SMS: the exchange "message.sms" of a pack, request {to, text}. E-mail: SMTP, settings
 *   mail.server   smtp://host:port or smtps://host:port       mail.from       the sender's address
 *   mail.user     mail.password   none: without signing in */
#pragma once

#include "service/service.h"

#define MESSAGE_SMS_EXCHANGE "message.sms"

/* {sms, email, phone, address, language, version}: the actor's own wishes; what was never said has its default. */
MUST_USE enum status service_preference_get(const struct call *call, struct value *out, struct error *err);
/* set is overlaid. preference-invalid with the field; if-match-failed. */
MUST_USE enum status service_preference_put(const struct call *call, struct value set, struct value *out,
                                            struct error *err);

/* Sends what is due, at most batch rows; *done is how many were handled. */
MUST_USE enum status service_messages_run(struct service *self, int64_t now_ms, size_t batch, size_t *done,
                                          struct error *err);
