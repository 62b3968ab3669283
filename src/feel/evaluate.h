/* The eval functions that compile.c chooses from, and what the files that hold them share. */
#pragma once

#include "feel/internal.h"

node_eval eval_slot, eval_local, eval_local_near, eval_dynamic, eval_item, eval_tested;
node_eval eval_add, eval_subtract, eval_multiply, eval_operate, eval_negate, eval_chain, eval_logic_chain, eval_and,
    eval_or;
node_eval eval_compare, eval_less_number, eval_less_equal_number, eval_greater_number, eval_greater_equal_number;
node_eval eval_equal_number, eval_not_equal_number, eval_equal_string, eval_between, eval_in, eval_instance_of;
node_eval eval_if, eval_list, eval_path, eval_range;
node_eval eval_for, eval_some, eval_every, eval_filter, eval_filter_index, eval_context;
node_eval eval_function, eval_call, eval_call_builtin, eval_is_defined;
node_eval eval_any, eval_tests, eval_tests_strings, eval_test_number, eval_test_number_range;

const struct env *env_at(const struct frame *frame, unsigned hops);
/* Gives the place of node to the notes from number `from` on that have none. */
void notes_place(const struct node *node, struct frame *frame, size_t from);
