/* What who applies signs: the item's words over the answers and materials, with a typed name or a drawn signature. */
#pragma once

#include "service/case_open.h"

#define SIGNATURE_BYTES_MAX ((size_t)64 * 1024)
#define SIGNATURE_PIXELS_MAX 2000

/* Reads and keeps what was given with the input when the item asks persons and organisations for it; *out stays null
 * otherwise: {kind: typed | drawn, name, file (of a drawn one), text, content, at, id}. content is the SM3 of the
 * canonical JSON of what was signed, id that of the record itself; in hex. given: {name} or {drawing: a PNG in base64}.
 * The name is that of the person who acts: the agent's when somebody acts for the party. signature-missing,
 * signature-name, signature-drawing, with the field. */
MUST_USE enum status signature_take(const struct call *call, const struct case_opening *opening, struct value *out,
                                    struct error *err);
/* Is what the case holds now what was signed? */
bool signature_covers(const struct work_case *of, struct value signature);
/* Whose name stands under it. */
struct str signature_name(const struct actor *actor);
