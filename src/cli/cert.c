/* tongban cert verify FILE|- [--keys FILE] [--status FILE]: is a certificate genuine and valid? Needs no network and no
 * server: the file is a JWS, or an SVG, PDF or JSON export that holds one; the keys are the issuer's
 * /.well-known/jwks.json. */
#include "cli/cli.h"

#include "base/base.h"
#include "feel/json.h"
#include "trust/certificate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FILE_MAX ((size_t)64 * 1024 * 1024)

static int fail(const char *what, const struct error *err)
{
    fprintf(stderr, "tongban cert: %s: %s%s%s\n", what, err->message, err->hint[0] ? " " : "", err->hint);
    return 1;
}

static int usage(void)
{
    fprintf(stderr, "usage: tongban cert verify FILE|- [--keys FILE] [--status FILE]\n"
                    "  FILE      a .jws file, or an SVG, PDF or JSON export of a certificate; - reads standard input\n"
                    "  --keys    the issuer's public keys (JWKS), from its address /.well-known/jwks.json\n"
                    "  --status  a list of suspended and revoked certificates\n");
    return 2;
}

static enum status read_input(struct arena *arena, const char *name, struct str *out, struct error *err)
{
    if (strcmp(name, "-") != 0)
        return file_read(arena, name, FILE_MAX, out, err);
    struct buf text;
    buf_init(&text, FILE_MAX);
    char part[65536];
    size_t n;
    while ((n = fread(part, 1, sizeof(part), stdin)) > 0)
        buf_put(&text, (struct str){part, n});
    enum status status = OK;
    if (ferror(stdin))
        status =
            error_set(err, ERROR_INTERNAL, "file-unreadable", "Standard input cannot be read: %s.", strerror(errno));
    else if (text.overflowed)
        status = error_set(err, ERROR_TOO_LARGE, "file-too-large", "The input is longer than %zu bytes.", FILE_MAX);
    else
        *out = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return status;
}

/* Public keys from a JWKS, or from a server's own key file. */
static enum status read_keys(struct arena *arena, const char *name, struct key_set *keys, struct error *err)
{
    struct str text = STR_NONE;
    struct value file = value_null;
    if (file_read(arena, name, FILE_MAX, &text, err) != OK || json_parse(arena, text, NULL, &file, err) != OK)
        return FAILED;
    if (!value_is_null(value_get(file, STR("format"))))
        return key_set_load(keys, text, err);
    return key_set_add_jwks(keys, file, err);
}

/* Text that a stranger wrote, without the control characters that could command a terminal. */
static void print_plain(struct str text)
{
    if (!utf8_valid(text)) {
        printf("?");
        return;
    }
    for (size_t at = 0; at < text.len;) {
        size_t start = at;
        uint32_t c = utf8_next(text, &at);
        bool control =
            c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
        if (control)
            putchar('?');
        else
            fwrite(text.data + start, 1, at - start, stdout);
    }
}

static void print_line(const char *before, struct str name, const char *between, struct str text)
{
    printf("%s", before);
    print_plain(name);
    printf("%s", between);
    print_plain(text);
    printf("\n");
}

static void print_claims(struct arena *arena, struct value claims)
{
    if (claims.kind != VALUE_CONTEXT)
        return;
    for (size_t i = 0; i < claims.context->count; i++) {
        struct member member = claims.context->members[i];
        struct str text = value_text(member.value);
        if (!text.data)
            text = json_text(arena, member.value);
        print_line("  ", member.key, ": ", text);
    }
}

/* embedded: the signed text was taken out of a document that shows more than it. */
static int print_verdict(struct arena *arena, const struct certificate_verdict *verdict, bool embedded)
{
    bool good = verdict->genuine && verdict->state == CERTIFICATE_VALID;
    printf("%s\n", good ? "真实有效" : verdict->genuine ? "真实,但不可使用" : "无法确认真实");
    printf("%s\n", good               ? "genuine and valid"
                   : verdict->genuine ? "genuine, but not to be used"
                                      : "not proven genuine");
    if (verdict->genuine)
        printf("状态 state: %s %s\n", certificate_state_zh(verdict->state), certificate_state_name(verdict->state));
    for (size_t i = 0; i < verdict->reason_count; i++)
        print_line("- ", verdict->reasons[i].zh, " ", verdict->reasons[i].en);
    if (verdict->algorithm.len)
        print_line("签名 signature: ", verdict->algorithm, ", kid ", verdict->kid);
    if (verdict->claims.kind == VALUE_CONTEXT)
        printf("%s\n", verdict->genuine ? "内容 content:" : "自称内容(未经证实) claimed content, not proven:");
    print_claims(arena, verdict->claims);
    if (good && embedded)
        printf("%s\n",
               "请与所持文件的照面内容逐项比对。 Compare these with what the document shows: only they are signed.");
    return good ? 0 : 1;
}

static int verify(struct arena *arena, struct key_set *keys, const char *file, const char *keys_file,
                  const char *status_file)
{
    struct error err = ERROR_INIT;
    struct str text = STR_NONE;
    struct str jws = STR_NONE;
    struct value status_list = value_null;
    if (read_input(arena, file, &text, &err) != OK)
        return fail(file, &err);
    struct str text_in = text;
    if (!certificate_find_jws(text_in, &jws))
        jws = text_in;
    if (keys_file && read_keys(arena, keys_file, keys, &err) != OK)
        return fail(keys_file, &err);
    if (!keys_file)
        fprintf(
            stderr,
            "tongban cert: without --keys nobody can be proven to be the issuer; fetch /.well-known/jwks.json from its "
            "address\n");
    if (status_file && (file_read(arena, status_file, FILE_MAX, &text, &err) != OK ||
                        json_parse(arena, text, NULL, &status_list, &err) != OK))
        return fail(status_file, &err);
    struct certificate_verdict verdict =
        certificate_verify(arena, jws, keys, status_list, world_real.now_ms(world_real.state));
    return print_verdict(arena, &verdict, jws.len != str_trim(text_in).len);
}

int cli_cert(int argc, char **argv)
{
    const char *file = NULL;
    const char *keys_file = NULL;
    const char *status_file = NULL;
    if (argc < 3 || strcmp(argv[1], "verify") != 0)
        return usage();
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--keys") == 0 && i + 1 < argc)
            keys_file = argv[++i];
        else if (strcmp(argv[i], "--status") == 0 && i + 1 < argc)
            status_file = argv[++i];
        else if (!file && (argv[i][0] != '-' || argv[i][1] == 0))
            file = argv[i];
        else
            return usage();
    }
    if (!file)
        return usage();
    struct arena arena;
    arena_init(&arena);
    struct key_set *keys = key_set_new();
    int code = verify(&arena, keys, file, keys_file, status_file);
    key_set_free(keys);
    arena_release(&arena);
    return code;
}
