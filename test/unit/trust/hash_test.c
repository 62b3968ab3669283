/* Hashes against the vectors of their standards. */
#include "trust/hash.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include "../scratch.h"

static const char *hex(const unsigned char hash[HASH_SIZE])
{
    return hex_encode(&arena, hash, HASH_SIZE).data;
}

static void known_texts_have_known_hashes(void **state)
{
    (void)state;
    unsigned char hash[HASH_SIZE];
    hash_sm3(STR("abc"), hash);
    assert_string_equal(hex(hash), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    hash_sm3(STR("abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd"), hash);
    assert_string_equal(hex(hash), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
    hash_sm3(STR_NONE, hash);
    assert_string_equal(hex(hash), "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b");
    hash_sha256(STR("abc"), hash);
    assert_string_equal(hex(hash), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void keyed_hashes_are_those_of_rfc_4231(void **state)
{
    (void)state;
    unsigned char hash[HASH_SIZE];
    hash_hmac(HASH_SHA256, STR("Jefe"), STR("what do ya want for nothing?"), hash);
    assert_string_equal(hex(hash), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    char key[131];
    memset(key, 0xaa, sizeof(key));
    hash_hmac(HASH_SHA256, (struct str){key, sizeof(key)},
              STR("Test Using Larger Than Block-Size Key - Hash Key First"), hash);
    assert_string_equal(hex(hash), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void pieces_hash_as_the_whole(void **state)
{
    (void)state;
    char text[5000];
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * 7);
    unsigned char whole[HASH_SIZE];
    unsigned char pieces[HASH_SIZE];
    for (int kind = HASH_SM3; kind <= HASH_SHA256; kind++) {
        hash_of((enum hash_kind)kind, (struct str){text, sizeof(text)}, whole);
        struct hash *hash = hash_new((enum hash_kind)kind);
        for (size_t at = 0; at < sizeof(text); at += 700)
            hash_put(hash, str_part((struct str){text, sizeof(text)}, at, at + 700));
        hash_done(hash, pieces);
        hash_free(hash);
        assert_true(hash_equal(whole, pieces, HASH_SIZE));
    }
    pieces[31] ^= 1;
    assert_false(hash_equal(whole, pieces, HASH_SIZE));
}

static void a_chain_is_the_hash_of_the_previous_and_the_text(void **state)
{
    (void)state;
    unsigned char previous[HASH_SIZE] = {0};
    unsigned char link[HASH_SIZE];
    unsigned char wanted[HASH_SIZE];
    char both[HASH_SIZE + 3] = {0};
    memcpy(both + HASH_SIZE, "abc", 3);
    hash_sm3((struct str){both, sizeof(both)}, wanted);
    hash_chain(previous, STR("abc"), link);
    assert_memory_equal(link, wanted, HASH_SIZE);
    hash_chain(link, STR("abc"), link);
    assert_memory_not_equal(link, wanted, HASH_SIZE);
}

static void *hash_often(void *wrong)
{
    unsigned char hash[HASH_SIZE];
    unsigned char first[HASH_SIZE];
    hash_sm3(STR("abc"), first);
    for (int i = 0; i < 2000; i++) {
        hash_sm3(STR("abc"), hash);
        if (memcmp(first, hash, HASH_SIZE) != 0 || first[0] != 0x66)
            *(int *)wrong = 1;
    }
    return NULL;
}

static void threads_do_not_disturb_each_other(void **state)
{
    (void)state;
    pthread_t threads[4];
    int wrong[4] = {0};
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_often, &wrong[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(wrong[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_texts_have_known_hashes),
        cmocka_unit_test(keyed_hashes_are_those_of_rfc_4231),
        cmocka_unit_test(pieces_hash_as_the_whole),
        cmocka_unit_test(a_chain_is_the_hash_of_the_previous_and_the_text),
        cmocka_unit_test(threads_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
