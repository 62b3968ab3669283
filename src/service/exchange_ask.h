/* Asking another agency while somebody waits for the answer: no outbox, no repetition. What is asked is noted in the
 * access log before, what came of it in the log of exchanges. */
#pragma once

#include "service/exchange.h"

struct exchange_question {
    const struct pack_exchange *exchange;
    struct value given;   /* what the exchange's request mapping calls request */
    struct str subject;   /* ID number of whom it is about */
    struct str purpose;   /* for the access log */

    bool answered;
    struct value reply;   /* mapped; in the call's arena */
    struct str problem;   /* one sentence when there is no answer */
};
/* Asks all of them at once. An agency that does not answer is no failure: answered stays false. Not inside a
 * transaction. */
MUST_USE enum status exchange_ask(const struct call *call, struct exchange_question *questions, size_t count,
                                  struct error *err);
