/* The form of a case as it was opened, for pages that show or change it. */
#pragma once

#include "form/form.h"
#include "pack/pack.h"
#include "portal/internal.h"

struct portal_form {
    const struct form *form;
    struct pack_texts texts;
    struct feel_run run;
    struct form_env env; /* borrows texts and run */
};
/* The version of the item that a case was opened under; NULL when the packs no longer have it. */
const struct pack_item *portal_case_item(const struct http_request *request, struct value one);
/* False when the item has no form. */
bool portal_case_form(struct http_request *request, const struct pack_item *item, struct portal_form *out);
