/* The proof log: every inclusion and consistency proof of small trees holds, and no altered one does. */
#include "trust/prooflog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SIZE 40

static struct prooflog_hash leaves[SIZE];
static struct prooflog_hash roots[SIZE + 1];

static int set_up(void **state)
{
    (void)state;
    struct prooflog log = {0};
    roots[0] = prooflog_root(&log);
    for (unsigned i = 0; i < SIZE; i++) {
        char entry[2] = {(char)i, 'x'};
        leaves[i] = prooflog_leaf((struct str){entry, 2});
        prooflog_append(&log, leaves[i]);
        roots[i + 1] = prooflog_root(&log);
    }
    return 0;
}

static struct prooflog_hash sm3_of(const char *prefix, struct prooflog_hash left, struct prooflog_hash right)
{
    char text[65];
    text[0] = *prefix;
    memcpy(text + 1, left.bytes, 32);
    memcpy(text + 33, right.bytes, 32);
    struct prooflog_hash out;
    hash_sm3((struct str){text, sizeof(text)}, out.bytes);
    return out;
}

static void roots_are_built_as_rfc_6962_says(void **state)
{
    (void)state;
    unsigned char empty[HASH_SIZE];
    hash_sm3(STR(""), empty);
    assert_memory_equal(roots[0].bytes, empty, HASH_SIZE);
    assert_memory_equal(roots[1].bytes, leaves[0].bytes, HASH_SIZE);
    struct prooflog_hash two = sm3_of("\1", leaves[0], leaves[1]);
    assert_memory_equal(roots[2].bytes, two.bytes, HASH_SIZE);
    struct prooflog_hash three = sm3_of("\1", two, leaves[2]);
    assert_memory_equal(roots[3].bytes, three.bytes, HASH_SIZE);
    struct prooflog_hash four = sm3_of("\1", two, sm3_of("\1", leaves[2], leaves[3]));
    assert_memory_equal(roots[4].bytes, four.bytes, HASH_SIZE);
    struct prooflog_hash five = sm3_of("\1", four, leaves[4]);
    assert_memory_equal(roots[5].bytes, five.bytes, HASH_SIZE);
}

static void every_entry_is_proven_and_no_other(void **state)
{
    (void)state;
    for (uint64_t size = 1; size <= SIZE; size++)
        for (uint64_t index = 0; index < size; index++) {
            struct prooflog_path path = prooflog_inclusion(leaves, size, index);
            assert_true(prooflog_included(leaves[index], index, size, roots[size], &path));
            assert_false(prooflog_included(leaves[(index + 1) % SIZE], index, size, roots[size], &path));
            assert_false(prooflog_included(leaves[index], index, size, roots[size - 1], &path));
            assert_false(prooflog_included(leaves[index], size, size, roots[size], &path));
            if (size > 1) {
                assert_false(prooflog_included(leaves[index], (index + 1) % size, size, roots[size], &path));
                path.hashes[path.count - 1].bytes[5] ^= 1;
                assert_false(prooflog_included(leaves[index], index, size, roots[size], &path));
            }
            path.count++;
            assert_false(prooflog_included(leaves[index], index, size, roots[size], &path));
        }
}

static void every_growth_is_proven_and_no_rewriting(void **state)
{
    (void)state;
    for (uint64_t size = 1; size <= SIZE; size++)
        for (uint64_t old = 1; old <= size; old++) {
            struct prooflog_path path = prooflog_consistency(leaves, size, old);
            assert_true(prooflog_consistent(old, roots[old], size, roots[size], &path));
            assert_false(prooflog_consistent(old, roots[old - 1], size, roots[size], &path));
            assert_false(prooflog_consistent(old, roots[old], size, roots[size - 1], &path));
            assert_false(prooflog_consistent(size + 1, roots[old], size, roots[size], &path));
            assert_false(prooflog_consistent(0, roots[0], size, roots[size], &path));
            if (path.count) {
                path.hashes[0].bytes[0] ^= 1;
                assert_false(prooflog_consistent(old, roots[old], size, roots[size], &path));
                path.hashes[0].bytes[0] ^= 1;
                path.count--;
                assert_false(prooflog_consistent(old, roots[old], size, roots[size], &path));
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_built_as_rfc_6962_says),
        cmocka_unit_test(every_entry_is_proven_and_no_other),
        cmocka_unit_test(every_growth_is_proven_and_no_rewriting),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
