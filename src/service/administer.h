/* What administrators look after besides accounts: exchanges and how they go, settings, templates of notices. */
#pragma once

#include "service/service.h"

/* {items [{id, title, agency, method, path, pack, address, token (one is set), last_good, took_ms, last_bad, status,
 * problem, bad_today (in 24 hours), waiting, failing, state (good, failing, idle, no-address)}]}. Needs
 * exchange.manage. */
MUST_USE enum status service_integration_list(const struct call *call, struct value *out, struct error *err);
/* Asks the agency's address with OPTIONS, which changes nothing there: {id, reachable, status, took_ms, problem}. Needs
 * exchange.manage. exchange-unknown. */
MUST_USE enum status service_integration_test(const struct call *call, struct str id, struct value *out,
                                              struct error *err);

/* The settings that there are: {items [{name, group, secret, set, value (not of secrets)}]}. Needs setting.write. */
MUST_USE enum status service_setting_list(const struct call *call, struct value *out, struct error *err);
/* One of these; an empty value sets it back. Noted in the access log by its name. The line. setting-unknown,
 * setting-invalid. */
MUST_USE enum status service_setting_change(const struct call *call, struct str name, struct str value,
                                            struct value *out, struct error *err);

/* {items [{id, title, text (templates as written), channel, pack}]}. Needs user.manage or setting.write. */
MUST_USE enum status service_notice_kinds(const struct call *call, struct value *out, struct error *err);
/* {title, text} with example data, data (a context or null) laid over it. notice-unknown, and what a template refuses.
 */
MUST_USE enum status service_notice_preview(const struct call *call, struct str id, struct value data,
                                            struct value *out, struct error *err);
