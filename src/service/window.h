/* The service window: whoever stands there is found by the number on their card. Acting for them is acting.h. */
#pragma once

#include "service/service.h"

/* {id (masked), kind, known, name (masked), region}: what is shown before the clerk chooses them; logged as party.find.
 * Needs mandate.grant and party.read. person-id-invalid with the field when the check digit is wrong. */
MUST_USE enum status service_window_find(const struct call *call, struct str id, struct value *out, struct error *err);
