/* Sentences of C in another language: which sentence a message was made from, and what its arguments become. */
#include "pack/sentence.h"

#include <setjmp.h>

#include <cmocka.h>

#define TEXTS                                                                                                          \
    "{\"Rule {1} tests {2} with {3}, but it is a {4}.\": \"规则{1}用{3}判断{2},但它是{4}。\","                          \
    "\"'{1}': {2}.\": \"“{1}”:{2}。\", \"'{1}' is expected here\": \"这里应有“{1}”\", \"Nothing is left\": \"没有了\","    \
    "\"{1} of {2}\": \"{2}之{1}\", \"kind.number\": \"数字\", \"problem.x\": \"错\"}"

static const struct {
    const char *said, *chinese;
} rows[] = {
    {"Nothing is left", "没有了"},
    {"Rule 3 tests age with > 5, but it is a number.", "规则3用> 5判断age,但它是数字。"},
    {"Rule 3 tests a with b with c, but it is a cat.", "规则3用b with c判断a,但它是cat。"},
    {"'a': 'b' is expected here.", "“a”:这里应有“b”。"},
    {"'a': Nothing is left.", "“a”:没有了。"},
    {"one of two of three", "three之two之one"},
    {"'x' is expected here", "这里应有“x”"},
    {"'' is expected here", "这里应有“”"},
    {"{1} of {2}", "{2}之{1}"},
    {"Somebody else said this.", "Somebody else said this."},
    {"'x' is expected", "'x' is expected"},
    {"", ""},
};

static void sentences_are_found_and_their_arguments_too(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const struct pack_file files[] = {
        {STR("pack.json"), STR("{\"id\": \"t\", \"version\": \"1\", \"title\": \"T\", \"needs\": []}"), STR_NONE},
        {STR("texts/zh-CN.json"), STR(TEXTS), STR_NONE},
        {STR("texts/en.json"), STR("{\"problem.x\": \"wrong\"}"), STR_NONE}};
    const struct pack *pack = NULL;
    const struct pack_set *set = NULL;
    struct error err = ERROR_INIT;
    assert_int_equal(pack_load_files(&arena, files, 3, NULL, &pack, &err), OK);
    assert_int_equal(pack_set_new(&arena, &pack, 1, NULL, &set, &err), OK);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct str said = str_of(rows[i].said);
        assert_string_equal(arena_cstr(&arena, pack_sentence(set, &arena, STR("zh-CN"), said)), rows[i].chinese);
        assert_string_equal(arena_cstr(&arena, pack_sentence(set, &arena, STR("en"), said)), rows[i].said);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sentences_are_found_and_their_arguments_too)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
