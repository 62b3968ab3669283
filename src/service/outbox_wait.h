/* Exchanges whose agency has no address: they wait aside and are not tried until there is one. */
#pragma once

#include "service/internal.h"
#include "store/system.h"

struct outbox_agency {
    struct str id;
    bool has_address;
};
/* What is known of agencies within one transaction. */
struct outbox_agencies {
    const struct service *service;
    struct arena *arena;
    VECTOR(struct outbox_agency) list;
};
MUST_USE enum status outbox_can_go(struct db_tx *tx, struct outbox_agencies *agencies, struct str exchange, bool *out,
                                   struct error *err);
/* Lets those go whose agency has an address now. Looks after a setting of an agency has changed, when the server has
 * begun, and now and then, since another server or tongban setting may have set it. */
MUST_USE enum status outbox_wake(struct service *service, int64_t now, struct error *err);
/* A setting has changed. */
void outbox_note_setting(struct service *service, struct str name);
