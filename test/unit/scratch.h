/* The memory of a test, for cmocka's set-up and tear-down. */
#pragma once

#include "base/base.h"

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}
