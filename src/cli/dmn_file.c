/* Model files for `tongban dmn`. */
#include "cli/dmn.h"

#include <libgen.h>
#include <stdio.h>
#include <string.h>

#define FILES_MAX 64

void cli_dmn_report(const char *what, const struct error *err)
{
    fprintf(stderr, "tongban dmn%s%s: %s%s%s%s\n", what[0] ? " " : "", what, err->message, err->field[0] ? " (" : "",
            err->field, err->field[0] ? ")" : "");
    if (err->hint[0])
        fprintf(stderr, "  %s\n", err->hint);
}

/* ---- Files that a model imports stand beside it ---- */

struct beside {
    struct dmn_source source;
    struct dmn_peek peek;
    bool wanted;
};

static size_t read_beside(struct arena *arena, struct str folder, struct str main_name, struct beside *out)
{
    struct str *names = NULL;
    size_t count = 0;
    size_t kept = 0;
    struct error ignored = ERROR_INIT;
    if (folder_list(arena, folder.data, ".dmn", &names, &count, &ignored) != OK)
        return 0;
    for (size_t i = 0; i < count && kept < FILES_MAX; i++) {
        struct str path = arena_printf(arena, "%.*s/%.*s", STR_ARGS(folder), STR_ARGS(names[i]));
        struct beside *file = &out[kept];
        *file = (struct beside){.source = {.name = names[i]}};
        if (!str_equal(names[i], main_name) &&
            file_read(arena, path.data, CLI_DMN_BYTES_MAX, &file->source.text, &ignored) == OK &&
            dmn_peek(arena, &file->source, NULL, &file->peek, &ignored) == OK)
            kept++;
    }
    return kept;
}

/* Marks the files that peek imports, and what those import. */
static void want(struct beside *files, size_t count, const struct dmn_peek *peek)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t n = 0; n < peek->import_count; n++) {
            if (files[i].wanted || !str_equal(files[i].peek.namespace_, peek->imports[n]))
                continue;
            files[i].wanted = true;
            want(files, count, &files[i].peek);
        }
    }
}

enum status cli_dmn_load(struct arena *arena, const char *path, enum dmn_strictness strictness,
                         const struct dmn_model **out, struct error *err)
{
    struct str copy = arena_str(arena, str_of(path));
    struct str copy_too = arena_str(arena, str_of(path));
    struct str folder = str_of(dirname((char *)(uintptr_t)copy.data));
    struct str name = str_of(basename((char *)(uintptr_t)copy_too.data));
    struct dmn_source *sources = arena_array(arena, struct dmn_source, FILES_MAX + 1);
    size_t count = 1;
    sources[0].name = name;
    struct dmn_peek peek;
    if (file_read(arena, path, CLI_DMN_BYTES_MAX, &sources[0].text, err) != OK ||
        dmn_peek(arena, &sources[0], NULL, &peek, err) != OK)
        return FAILED;
    if (peek.import_count) {
        struct beside *files = arena_array(arena, struct beside, FILES_MAX);
        size_t file_count = read_beside(arena, folder, name, files);
        want(files, file_count, &peek);
        for (size_t i = 0; i < file_count; i++)
            if (files[i].wanted)
                sources[count++] = files[i].source;
    }
    struct dmn_options options = {.strictness = strictness};
    return dmn_load(arena, sources, count, &options, out, err);
}
