/* What C says in English, in another language. A language's texts hold a sentence under its English form with {1} {2} …
 * where its arguments stand, "Type '{1}' is not defined.": that form is the sentence's stable name, and what stands in
 * a message in its place are its arguments. tools/messages.mjs lists all of them. */
#pragma once

#include "pack/pack.h"

/* said in that language, its arguments too when they are sentences themselves or kinds of values ("kind.number"); said
 * itself where the language has no such sentence. */
struct str pack_sentence(const struct pack_set *self, struct arena *arena, struct str language, struct str said);
