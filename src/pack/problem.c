/* The list of what is wrong with packs. */
#include "pack/internal.h"

#include <stdio.h>

#define PROBLEMS_MAX 2000

void pack_problem_add(struct pack_problems *problems, struct str file, struct str place, struct str message,
                      bool warning)
{
    if (!problems || problems->list.count >= PROBLEMS_MAX)
        return;
    struct pack_problem one = {arena_str(problems->arena, file), arena_str(problems->arena, place),
                               arena_str(problems->arena, message), warning};
    VECTOR_PUSH(problems->arena, &problems->list, one);
}

void pack_wrong(struct pack_loader *loader, struct str place, const char *format, ...)
{
    char message[600];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    struct str file = arena_printf(loader->arena, "%.*s/%.*s", STR_ARGS(loader->pack->id),
                                   STR_ARGS(loader->file ? loader->file->path : STR("")));
    loader->errors++;
    pack_problem_add(loader->problems, file, place, str_of(message), false);
}
