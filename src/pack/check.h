/* What the files of the static check share. */
#pragma once

#include "pack/internal.h"

struct pack_checking {
    struct arena *arena;
    const struct pack_set *set;
    struct pack_problems *problems;
};

/* Tells a problem of a file of a pack; place may be "". */
void pack_check_tell(const struct pack_checking *c, const struct pack *pack, struct str path, struct str place,
                     const char *format, ...) PRINTF_LIKE(5, 6);
void pack_check_warn(const struct pack_checking *c, const struct pack *pack, struct str path, struct str place,
                     const char *format, ...) PRINTF_LIKE(5, 6);
/* Names that an expression reads must be among those allowed; tells those that are not. */
void pack_check_names(const struct pack_checking *c, const struct pack *pack, struct str path, struct str place,
                      const struct feel_program *program, const char *const *allowed, size_t count);
/* The folder and name of the file that a declaration was read from: exchanges and the like are named after their id. */
struct str pack_check_path(const struct pack_checking *c, const char *folder, struct str id);

void pack_check_item(const struct pack_checking *c, const struct pack_item *item);
void pack_check_bulk(const struct pack_checking *c, const struct pack_item *item);
void pack_check_item_texts(const struct pack_checking *c, const struct pack_item *item);
void pack_check_form(const struct pack_checking *c, const struct pack_form *form);
void pack_check_process(const struct pack_checking *c, const struct pack_process *process);
void pack_check_decisions(const struct pack_checking *c, const struct pack *pack);
void pack_check_used(const struct pack_checking *c, const struct pack *pack);
void pack_check_certificate(const struct pack_checking *c, const struct pack_certificate *certificate);
void pack_check_exchange(const struct pack_checking *c, const struct pack_exchange *exchange);
void pack_check_indicator(const struct pack_checking *c, const struct pack_indicator *indicator);
struct pack_prefill; /* prefill.h */
void pack_check_prefill(const struct pack_checking *c, const struct pack_prefill *prefill);
void pack_check_alert(const struct pack_checking *c, const struct pack_alert *alert);
void pack_check_roles(const struct pack_checking *c, const struct pack *pack);
void pack_check_scenarios(const struct pack_checking *c, const struct pack *pack);
void pack_check_texts(const struct pack_checking *c, const struct pack *pack);
