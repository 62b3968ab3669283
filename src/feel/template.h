/* Text templates in the FEELers notation, the one template language for pages, certificates and messages:
 *   {{expr}}                     the value, escaped for the kind of text
 *   {{{expr}}}                   the value unescaped; refused in templates that are not trusted (TEMPLATE_RAW not set)
 *   {{#if expr}}…{{else}}…{{/if}}   null, false, 0, "" and empty lists and contexts count as false
 *   {{#loop expr}}…{{/loop}}     expr gives a list; inside, `this` is the item, its members are names, `loop.index`
 * 1…n, `loop.first`, `loop.last`; outer names stay visible
 *   {{> name}}                   another template (a partial), resolved when compiled
 * null is written as nothing. */
#pragma once

#include "feel/feel.h"

enum template_kind { TEMPLATE_TEXT, TEMPLATE_HTML, TEMPLATE_XML };

struct template_options {
    enum template_kind kind;
    bool raw_allowed;
    /* Finds a partial's source; NULL or false: an unknown partial is an error. */
    bool (*partial)(void *state, struct str name, struct str *out);
    void *partial_state;
};

struct template;

/* Errors: type "template-syntax" with field "line L, column C". */
MUST_USE enum status template_compile(struct arena *arena, struct str source, const struct template_options *options,
                                      const struct template **out, struct error *err);
/* Renders with the members of context as names. FAILED only when a limit is met or out overflows. */
MUST_USE enum status template_render(const struct template *self, struct value context, struct feel_run *run,
                                     struct buf *out, struct error *err);
