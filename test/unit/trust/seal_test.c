/* Field encryption: what is sealed opens only unaltered, in its place, with its key. */
#include "trust/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static const unsigned char first_master[SEAL_MASTER_SIZE] = "the first master key, 32 bytes.";
static const unsigned char second_master[SEAL_MASTER_SIZE] = "the second master key, 32 byte.";
static const unsigned char nonce[SEAL_NONCE_SIZE] = "a nonce";

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

static void what_is_sealed_opens_again(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "x", "王小明", "230103197001011238"};
    struct seal_ring *ring = seal_ring_new();
    seal_ring_add(ring, 1, first_master);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct error err = ERROR_INIT;
        struct str sealed = seal(&arena, ring, STR("party.name:7"), str_of(texts[i]), nonce);
        assert_int_equal(sealed.len, strlen(texts[i]) + SEAL_OVERHEAD);
        if (*texts[i])
            assert_true(str_find(sealed, str_of(texts[i]), 0) < 0 || strlen(texts[i]) < 2);
        struct str plain;
        assert_int_equal(seal_open(&arena, ring, STR("party.name:7"), sealed, &plain, &err), OK);
        assert_true(str_equal(plain, str_of(texts[i])));
    }
    seal_ring_free(ring);
}

static void any_altered_bit_is_found(void **state)
{
    (void)state;
    struct seal_ring *ring = seal_ring_new();
    seal_ring_add(ring, 1, first_master);
    struct str sealed = seal(&arena, ring, STR("place"), STR("secret"), nonce);
    char *copy = arena_alloc(&arena, sealed.len);
    for (size_t bit = 0; bit < sealed.len * 8; bit++) {
        memcpy(copy, sealed.data, sealed.len);
        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
        struct str plain = STR("untouched");
        struct error err = ERROR_INIT;
        assert_int_equal(seal_open(&arena, ring, STR("place"), (struct str){copy, sealed.len}, &plain, &err), FAILED);
        assert_true(str_equal(plain, STR("untouched")));
        assert_string_equal(err.type, bit / 8 == 1 || bit / 8 == 2 ? "seal-key" : "seal-broken");
    }
    for (size_t len = 0; len < sealed.len; len++) {
        struct str plain;
        struct error err = ERROR_INIT;
        assert_int_equal(seal_open(&arena, ring, STR("place"), str_part(sealed, 0, len), &plain, &err), FAILED);
    }
    seal_ring_free(ring);
}

static void a_field_does_not_open_in_another_place_or_with_another_key(void **state)
{
    (void)state;
    struct seal_ring *ring = seal_ring_new();
    struct seal_ring *other = seal_ring_new();
    seal_ring_add(ring, 1, first_master);
    seal_ring_add(other, 1, second_master);
    struct str sealed = seal(&arena, ring, STR("party.name:7"), STR("secret"), nonce);
    struct str plain;
    struct error err = ERROR_INIT;
    assert_int_equal(seal_open(&arena, ring, STR("party.name:8"), sealed, &plain, &err), FAILED);
    assert_int_equal(seal_open(&arena, other, STR("party.name:7"), sealed, &plain, &err), FAILED);
    assert_string_equal(err.type, "seal-broken");
    seal_ring_free(other);
    seal_ring_free(ring);
}

static void rotation_keeps_old_fields_and_indexes_usable(void **state)
{
    (void)state;
    struct seal_ring *ring = seal_ring_new();
    seal_ring_add(ring, 1, first_master);
    struct str old = seal(&arena, ring, STR("p"), STR("old"), nonce);
    unsigned char index[2][SEAL_INDEX_SIZE];
    seal_index(ring, STR("party.id"), STR("230103197001011238"), index[0]);
    seal_ring_add(ring, 300, second_master);
    assert_true(seal_ring_holds(ring, 300));
    assert_false(seal_ring_holds(ring, 2));
    struct str fresh = seal(&arena, ring, STR("p"), STR("new"), nonce);
    struct str plain;
    struct error err = ERROR_INIT;
    assert_int_equal(seal_open(&arena, ring, STR("p"), old, &plain, &err), OK);
    assert_int_equal(seal_open(&arena, ring, STR("p"), fresh, &plain, &err), OK);
    assert_true(str_equal(plain, STR("new")));
    assert_int_equal((unsigned char)fresh.data[1] << 8 | (unsigned char)fresh.data[2], 300);
    seal_index(ring, STR("party.id"), STR("230103197001011238"), index[1]);
    assert_memory_equal(index[0], index[1], SEAL_INDEX_SIZE);
    seal_ring_free(ring);
}

static void indexes_agree_on_the_same_text_written_differently(void **state)
{
    (void)state;
    struct seal_ring *ring = seal_ring_new();
    seal_ring_add(ring, 1, first_master);
    unsigned char a[SEAL_INDEX_SIZE], b[SEAL_INDEX_SIZE];
    seal_index(ring, STR("party.id"), STR("34082519900124151X"), a);
    seal_index(ring, STR("party.id"), STR(" 340825 19900124 151x\n"), b);
    assert_memory_equal(a, b, sizeof(a));
    seal_index(ring, STR("party.id"), STR("\uff13\uff14082519900124151\uff58"), b);
    assert_memory_equal(a, b, sizeof(a));
    seal_index(ring, STR("party.phone"), STR("34082519900124151X"), b);
    assert_memory_not_equal(a, b, sizeof(a));
    seal_index(ring, STR("party.id"), STR("340825199001241510"), b);
    assert_memory_not_equal(a, b, sizeof(a));
    seal_ring_free(ring);
}

static void normal_form_is_half_width_upper_case_without_blanks(void **state)
{
    (void)state;
    assert_string_equal(seal_normalise(&arena, STR("\u3000王 小明\t")).data, "王小明");
    assert_string_equal(seal_normalise(&arena, STR("ab\u00a0c\uff11")).data, "ABC1");
    assert_string_equal(seal_normalise(&arena, STR("\xff\xfe")).data, "\xff\xfe");
}

static void an_opener_opens_what_seal_open_opens_whatever_key_comes_next(void **state)
{
    (void)state;
    struct seal_ring *ring = seal_ring_new();
    struct str sealed[4], plain;
    char room[64];
    seal_ring_add(ring, 1, first_master);
    sealed[0] = seal(&arena, ring, STR("a"), STR("one"), nonce);
    sealed[1] = seal(&arena, ring, STR("b"), STR(""), nonce);
    seal_ring_add(ring, 2, second_master);
    sealed[2] = seal(&arena, ring, STR("c"), STR("three"), nonce);
    sealed[3] = seal(&arena, ring, STR("d"), STR("four"), nonce);
    static const char *const places[] = {"a", "b", "c", "d"}, *const texts[] = {"one", "", "three", "four"};
    static const size_t order[] = {0, 2, 1, 3, 3, 0};
    struct seal_opener *opener = seal_opener_new(ring);
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        struct error err = ERROR_INIT;
        size_t n = order[i];
        assert_int_equal(seal_opener_open(opener, str_of(places[n]), sealed[n], room, &plain, &err), OK);
        assert_string_equal(plain.data, texts[n]);
        assert_int_equal(seal_opener_open(opener, STR("elsewhere"), sealed[n], room, &plain, &err), FAILED);
        assert_string_equal(err.type, "seal-broken");
        assert_int_equal(seal_opener_open(opener, str_of(places[n]), STR("short"), room, &plain, &err), FAILED);
    }
    seal_opener_free(opener);
    seal_ring_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_opens_again),
        cmocka_unit_test(any_altered_bit_is_found),
        cmocka_unit_test(a_field_does_not_open_in_another_place_or_with_another_key),
        cmocka_unit_test(rotation_keeps_old_fields_and_indexes_usable),
        cmocka_unit_test(indexes_agree_on_the_same_text_written_differently),
        cmocka_unit_test(normal_form_is_half_width_upper_case_without_blanks),
        cmocka_unit_test(an_opener_opens_what_seal_open_opens_whatever_key_comes_next),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
