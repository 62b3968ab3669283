/* Built files of the front ends, read into memory at start, so that serving one is a look-up: no path reaches the disk.
 */
#include "http/internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILES_MAX 20000
#define FILES_BYTES_MAX ((size_t)512 * 1024 * 1024)
#define FILES_DEPTH_MAX 12

enum coding { CODING_NONE, CODING_GZIP, CODING_BROTLI, CODINGS };
static const struct {
    const char *suffix;
    const char *name;
} codings[CODINGS] = {{"", NULL}, {".gz", "gzip"}, {".br", "br"}};

struct file {
    struct str name;            /* "assets/index-5f2a91c3.js" */
    struct str bodies[CODINGS]; /* absent: there is no such sibling */
    const char *type;
    uint64_t hash; /* of the plain body */
    bool immutable;
};
struct http_files {
    struct arena arena;
    struct file *items; /* sorted by name */
    size_t count;
    struct str fallback;
};

static const struct {
    const char *extension;
    const char *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".woff", "font/woff"},
    {".ttf", "font/ttf"},
    {".wasm", "application/wasm"},
    {".txt", "text/plain; charset=utf-8"},
    {".xml", "application/xml"},
    {".bpmn", "application/xml"},
    {".pdf", "application/pdf"},
};

static const char *type_of(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (str_ends(name, str_of(types[i].extension)))
            return types[i].type;
    return "application/octet-stream";
}

/* "name-5f2a91c3.js": eight or more letters and digits between the last '-' or '.' before the extension and the
 * extension. */
static bool has_hash(struct str name)
{
    size_t end = name.len;
    while (end > 0 && name.data[end - 1] != '.' && name.data[end - 1] != '/')
        end--;
    if (end == 0 || name.data[end - 1] == '/')
        return false;
    size_t start = --end;
    while (start > 0 && !strchr("-./", name.data[start - 1]))
        start--;
    return start > 0 && name.data[start - 1] != '/' && end - start >= 8;
}

/* ---- Loading ---------------------------------------------------------------------------------------------------- */

struct loading {
    struct http_files *files;
    VECTOR(struct file) items;
    size_t bytes;
};

static enum status load_file(struct loading *loading, const char *path, struct str name, struct error *err)
{
    struct str body;
    struct file file = {.name = arena_str(&loading->files->arena, name), .type = type_of(name)};
    if (loading->items.count == FILES_MAX)
        return error_set(err, ERROR_TOO_LARGE, "too-many-files", "%s: there are more than %d files.", path, FILES_MAX);
    if (file_read(&loading->files->arena, path, FILES_BYTES_MAX - loading->bytes, &body, err))
        return FAILED;
    loading->bytes += body.len;
    file.bodies[CODING_NONE] = body;
    file.hash = str_hash(body);
    file.immutable = has_hash(name);
    VECTOR_PUSH(&loading->files->arena, &loading->items, file);
    return OK;
}

static enum status load_folder(struct loading *loading, const char *path, struct str prefix, int depth,
                               struct error *err)
{
    DIR *folder = opendir(path);
    if (!folder)
        return error_set(err, ERROR_UNAVAILABLE, "file-error", "cannot list %s: %s", path, strerror(errno));
    struct arena *arena = &loading->files->arena;
    enum status status = OK;
    for (struct dirent *entry; status == OK && (entry = readdir(folder));) {
        struct stat about;
        const char *child = arena_printf(arena, "%s/%s", path, entry->d_name).data;
        struct str name = arena_printf(arena, "%.*s%s", STR_ARGS(prefix), entry->d_name);
        if (entry->d_name[0] == '.' || lstat(child, &about) != 0)
            continue;
        if (S_ISREG(about.st_mode))
            status = load_file(loading, child, name, err);
        else if (S_ISDIR(about.st_mode) && depth < FILES_DEPTH_MAX)
            status = load_folder(loading, child, arena_printf(arena, "%.*s/", STR_ARGS(name)), depth + 1, err);
    }
    closedir(folder);
    return status;
}

static int compare_files(const void *a, const void *b)
{
    return str_compare(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static struct file *find_file(const struct http_files *self, struct str name)
{
    struct file key = {.name = name};
    return self->count ? bsearch(&key, self->items, self->count, sizeof(key), compare_files) : NULL;
}

/* Hangs "x.js.br" to "x.js" as a coding of it. */
static void join_siblings(struct http_files *self)
{
    for (size_t i = 0; i < self->count; i++) {
        struct str name = self->items[i].name;
        for (int coding = CODING_GZIP; coding < CODINGS; coding++) {
            struct str suffix = str_of(codings[coding].suffix);
            struct file *plain =
                str_ends(name, suffix) ? find_file(self, str_part(name, 0, name.len - suffix.len)) : NULL;
            if (plain)
                plain->bodies[coding] = self->items[i].bodies[CODING_NONE];
        }
    }
}

enum status http_files_load(const char *folder, const char *fallback, struct http_files **out, struct error *err)
{
    struct http_files *self = heap_alloc(sizeof(*self));
    struct loading loading = {.files = self};
    struct stat about;
    self->fallback = str_of(fallback);
    if (stat(folder, &about) == 0 && load_folder(&loading, folder, STR(""), 0, err)) {
        http_files_free(self);
        return FAILED;
    }
    self->items = loading.items.items;
    self->count = loading.items.count;
    if (self->count)
        qsort(self->items, self->count, sizeof(*self->items), compare_files);
    join_siblings(self);
    *out = self;
    return OK;
}

void http_files_free(struct http_files *self)
{
    if (!self)
        return;
    arena_release(&self->arena);
    heap_free(self);
}

/* ---- Serving ---------------------------------------------------------------------------------------------------- */

static enum coding choose_coding(const struct file *file, struct str accepted)
{
    enum coding best = CODING_NONE;
    int best_quality = 0;
    for (enum coding coding = CODING_BROTLI; coding > CODING_NONE; coding--) {
        int quality = file->bodies[coding].data ? http_accept_quality(accepted, str_of(codings[coding].name)) : 0;
        if (quality > best_quality) {
            best = coding;
            best_quality = quality;
        }
    }
    return best;
}

/* Of its last part: a file that is missing is missing, a page of the application is not. */
static bool has_extension(struct str name)
{
    for (size_t i = name.len; i > 0 && name.data[i - 1] != '/'; i--)
        if (name.data[i - 1] == '.')
            return true;
    return false;
}

static const struct file *find_or_fall_back(const struct http_files *self, struct str name)
{
    const struct file *file = find_file(self, name);
    if (!file && (!name.len || name.data[name.len - 1] == '/'))
        file = find_file(self, STR("index.html"));
    if (!file && self->fallback.data && !has_extension(name))
        file = find_file(self, self->fallback);
    return file;
}

enum status http_files_reply(const struct http_files *self, struct http_request *request, struct str name,
                             struct error *err)
{
    const struct file *file = find_or_fall_back(self, name);
    if (!file)
        return error_set(err, ERROR_NOT_FOUND, "not-found", "There is nothing at this address.");
    enum coding coding = choose_coding(file, http_header(request, "Accept-Encoding"));
    if (file->bodies[CODING_GZIP].data || file->bodies[CODING_BROTLI].data)
        http_set_header(request, "Vary", STR("Accept-Encoding"));
    http_set_header(request, "Cache-Control",
                    file->immutable ? STR("public, max-age=31536000, immutable") : STR("no-cache"));
    if (codings[coding].name)
        http_set_header(request, "Content-Encoding", str_of(codings[coding].name));
    if (http_etag(request, arena_printf(request->arena, "%016" PRIx64 "%s", file->hash, codings[coding].suffix)))
        return OK;
    return http_reply(request, 200, file->type, file->bodies[coding]);
}
