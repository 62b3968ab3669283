/* What the files of built-ins share. Each ends in a table: one row per overload, names as DMN 1.5, 10.3.4 spells them.
 */
#pragma once

#include "feel/internal.h"

extern const struct builtin builtins_number[], builtins_string[], builtins_list[], builtins_aggregate[],
    builtins_context[], builtins_time[], builtins_range[], builtins_extra[];

#define P(name, take)                                                                                                  \
    {                                                                                                                  \
        name, take                                                                                                     \
    }
#define ONE(take_name, take)                                                                                           \
    {                                                                                                                  \
        P(take_name, take)                                                                                             \
    }

/* A whole number, anything behind the point cut off; false beyond int64. */
bool take_whole(struct value number, int64_t *out);
/* 1 … count from the front, -1 … -count from the back, as an index from 0; -1 when outside. */
int64_t position_index(int64_t position, size_t count);
/* = where null equals null, and what cannot be compared is unequal. */
bool values_match(struct value a, struct value b);
