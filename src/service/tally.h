/* What a sweep counts: answers by their canonical JSON, changes from one answer to another, and the residents
 * concerned. Shared by the sweep's threads; each counts in a tally_local of its own and adds it up now and then. Memory
 * is bounded: answers and changes beyond the limits are counted together. */
#pragma once

#include "feel/value.h"

#define TALLY_ANSWERS_MAX 10000
#define TALLY_CHANGES_MAX 10000
#define TALLY_OTHER 0 /* all answers beyond the limit */

struct tally;
struct tally_local;

/* A resident of the list. was and is number the answers; both the same where nothing is compared. */
struct tally_one {
    int64_t region;
    unsigned char id[16];
    uint32_t was, is;
};

/* Keeps the first list_max residents by region and id. */
struct tally *tally_new(size_t list_max);
void tally_free(struct tally *self);

/* The number of an answer, given one if it is new. Thread-safe. */
uint32_t tally_answer(struct tally *self, struct value v);

struct tally_local *tally_local_new(struct tally *shared);
void tally_local_free(struct tally_local *self);
/* The same number, mostly without asking the shared tally. */
uint32_t tally_local_answer(struct tally_local *self, struct value v);
void tally_count(struct tally_local *self, uint32_t answer);
/* The answer under a proposed version, and that it is not the same as the one in force. */
void tally_count_proposed(struct tally_local *self, uint32_t answer);
void tally_count_change(struct tally_local *self, uint32_t from, uint32_t to);
void tally_list(struct tally_local *self, const struct tally_one *one);
/* Adds everything counted to the shared tally. */
void tally_add_up(struct tally_local *self);

/* ---- Reading, while others count ---- */

/* Most frequent first: [{value, count, proposed}]; proposed only where compared. A last one without value is all
 * others. */
struct value tally_answers(struct tally *self, struct arena *arena, bool compared);
/* {count, items [{from, to, count}]}, most frequent first. */
struct value tally_changes(struct tally *self, struct arena *arena);
/* The value of an answer; null for TALLY_OTHER. */
struct value tally_value(struct tally *self, struct arena *arena, uint32_t answer);
/* *listed: how many were to be listed; the first list_max of them are kept. */
size_t tally_page(struct tally *self, struct arena *arena, size_t from, size_t limit, struct tally_one **out,
                  int64_t *listed);
/* Sorts the list; before that, pages may change. */
void tally_finish(struct tally *self);
