/* Standing in, inside a work. */
#pragma once

#include "service/work.h"

/* Fills work->away once. */
MUST_USE enum status delegation_load(struct work *work, struct error *err);
/* The one of them with this staff name; NULL: the actor does not stand in for them now. */
const struct actor *delegation_of(const struct work *work, struct str name);
/* {name, title} of whose place work->behalf names; null when the actor works in their own. */
struct value delegation_behalf(const struct work *work);
