/* Runs a fuzz target on files without a fuzzer: those named, or the target's corpus.
 *     json-replay [FILE…]        prints 'N passed, 0 failed'; a target that finds a fault aborts */
#include "base/base.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    struct arena arena;
    struct error err = ERROR_INIT;
    struct str text;
    arena_init(&arena);
    enum status status = file_read(&arena, path, (size_t)64 << 20, &text, &err);
    if (status == OK) {
        /* An exact copy, so that a sanitizer sees every byte read beyond the end. */
        uint8_t *exact = heap_alloc(text.len);
        for (size_t i = 0; i < text.len; i++)
            exact[i] = (uint8_t)text.data[i];
        LLVMFuzzerTestOneInput(exact, text.len);
        heap_free(exact);
    } else {
        fprintf(stderr, "%s\n", err.message);
    }
    arena_release(&arena);
    return status == OK;
}

int main(int argc, char **argv)
{
    struct arena arena;
    struct error err = ERROR_INIT;
    struct str *names = NULL;
    size_t count = 0;
    size_t passed = 0;
    arena_init(&arena);
    if (argc > 1) {
        count = (size_t)argc - 1;
        for (size_t i = 0; i < count; i++)
            passed += run_file(argv[i + 1]);
    } else if (folder_list(&arena, CORPUS, "", &names, &count, &err) != OK || count == 0) {
        fprintf(stderr, "no corpus in %s\n", CORPUS);
        count = 1;
    } else {
        for (size_t i = 0; i < count; i++)
            passed += run_file(arena_printf(&arena, "%s/%.*s", CORPUS, STR_ARGS(names[i])).data);
    }
    arena_release(&arena);
    printf("%zu passed, %zu failed\n", passed, count - passed);
    return passed == count ? 0 : 1;
}
