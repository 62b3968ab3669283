/* The demo province: fictional residents, institutions and staff, the same on every machine. For `serve --demo` only.
 */
#pragma once

#include "base/base.h"
#include "cli/store.h"

#include <stdio.h>

#define DEMO_PASSWORD "demo-2026"

/* Fills an empty store; does nothing when it has been filled before. web is the folder of the built pages, for
 * townships. */
MUST_USE enum status demo_load(struct cli_store *store, const char *web, struct error *err);
void demo_print_accounts(const struct cli_store *store, FILE *to);
