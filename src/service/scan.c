#include "service/scan.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define PIECE ((size_t)64 * 1024)
#define TIMEOUT_S 20
#define ANSWER_MAX 1000

/* ---- Kinds ---- */

static bool begins(struct str content, const char *bytes, size_t n)
{
    return content.len >= n && memcmp(content.data, bytes, n) == 0;
}

/* An OFD (GB/T 33190) is a ZIP archive with OFD.xml at its top: its name stands whole in an entry's header. */
static bool is_ofd(struct str content)
{
    if (!begins(content, "PK\003\004", 4))
        return false;
    for (ptrdiff_t at = str_find(content, STR("OFD.xml"), 0); at >= 0;
         at = str_find(content, STR("OFD.xml"), (size_t)at + 1)) {
        size_t header = (size_t)at;
        bool local = header >= 30 && memcmp(content.data + header - 30, "PK\003\004", 4) == 0;
        if (local && content.data[header - 4] == 7 && content.data[header - 3] == 0)
            return true;
    }
    return false;
}

enum file_kind file_kind_of(struct str content)
{
    static const struct {
        const char *bytes;
        size_t n;
        enum file_kind kind;
    } known[] = {{"%PDF-", 5, FILE_PDF},
                 {"\x89PNG\r\n\x1a\n", 8, FILE_PNG},
                 {"\xff\xd8\xff", 3, FILE_JPEG},
                 {"MZ", 2, FILE_PROGRAM},
                 {"\x7f" "ELF", 4, FILE_PROGRAM},
                 {"\xcf\xfa\xed\xfe", 4, FILE_PROGRAM},
                 {"\xca\xfe\xba\xbe", 4, FILE_PROGRAM},
                 {"#!", 2, FILE_PROGRAM}};
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (begins(content, known[i].bytes, known[i].n))
            return known[i].kind;
    return is_ofd(content) ? FILE_OFD : FILE_OTHER;
}

static const struct {
    const char *title, *type;
    const char *endings[2];
} kinds[] = {[FILE_OTHER] = {"of no known kind", NULL, {NULL, NULL}},
             [FILE_PDF] = {"a PDF", "application/pdf", {".pdf", NULL}},
             [FILE_PNG] = {"a PNG picture", "image/png", {".png", NULL}},
             [FILE_JPEG] = {"a JPEG picture", "image/jpeg", {".jpg", ".jpeg"}},
             [FILE_OFD] = {"an OFD", "application/ofd", {".ofd", NULL}},
             [FILE_PROGRAM] = {"a program", NULL, {NULL, NULL}}};

struct str file_kind_type(enum file_kind kind)
{
    return kinds[kind].type ? str_of(kinds[kind].type) : STR_NONE;
}

static bool ends_nocase(struct str name, const char *ending)
{
    size_t n = strlen(ending);
    return name.len > n && str_equal_nocase_ascii(str_part(name, name.len - n, name.len), str_of(ending));
}

/* The kind that a name or type claims; FILE_OTHER when it claims none of ours. */
static enum file_kind claimed_by(struct str name, struct str type)
{
    for (int kind = FILE_PDF; kind <= FILE_OFD; kind++) {
        for (size_t i = 0; i < 2; i++)
            if (kinds[kind].endings[i] && ends_nocase(name, kinds[kind].endings[i]))
                return (enum file_kind)kind;
        if (str_equal(type, str_of(kinds[kind].type)))
            return (enum file_kind)kind;
    }
    return FILE_OTHER;
}

static enum status refuse(struct error *err, const char *why, enum file_kind found)
{
    error_set(err, ERROR_INVALID, "file-type", "%s: its content is %s.", why, kinds[found].title);
    error_field(err, "file");
    return error_hint(err, "Send a PDF, PNG, JPEG or OFD as the camera or the program that made it saved it.");
}

enum status file_check(const struct call *call, struct str name, struct str content, struct str *type,
                       struct error *err)
{
    enum file_kind kind = file_kind_of(content), claimed = claimed_by(name, *type);
    bool party = call->actor->kind == ACTOR_PERSON || call->actor->kind == ACTOR_ORGANISATION;
    if (kind == FILE_PROGRAM)
        return refuse(err, "Programs are not taken", kind);
    if (claimed != FILE_OTHER && claimed != kind)
        return refuse(err, "The file is not what its name or type says", kind);
    if (party && kind == FILE_OTHER)
        return refuse(err, "This kind of file is not taken as a material", kind);
    if (kind != FILE_OTHER)
        *type = file_kind_type(kind);
    return OK;
}

/* ---- Scanning: clamd(8), INSTREAM. The stream is pieces of [length, 4 bytes, network order][bytes], ended by a length
 * of 0; the answer is "stream: OK" or "stream: <name> FOUND". ---- */

static int open_socket(int family, const struct sockaddr *address, socklen_t size)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = {.tv_sec = TIMEOUT_S};
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0 || connect(fd, address, size) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int connect_path(struct str path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path.len >= sizeof address.sun_path)
        return -1;
    memcpy(address.sun_path, path.data, path.len);
    return open_socket(AF_UNIX, (const struct sockaddr *)&address, sizeof address);
}

static int connect_host(struct arena *arena, struct str where)
{
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    size_t colon = where.len;
    while (colon > 0 && where.data[colon - 1] != ':')
        colon--;
    if (colon < 2 || getaddrinfo(arena_cstr(arena, str_part(where, 0, colon - 1)),
                                 arena_cstr(arena, str_part(where, colon, where.len)), &wanted, &found) != 0)
        return -1;
    int fd = -1;
    for (const struct addrinfo *one = found; one && fd < 0; one = one->ai_next)
        fd = open_socket(one->ai_family, one->ai_addr, one->ai_addrlen);
    freeaddrinfo(found);
    return fd;
}

static bool send_all(int fd, const void *bytes, size_t n)
{
    const char *at = bytes;
    while (n > 0) {
        ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += sent;
        n -= (size_t)sent;
    }
    return true;
}

static bool send_pieces(int fd, struct str content)
{
    uint32_t end = 0;
    if (!send_all(fd, "zINSTREAM", sizeof "zINSTREAM"))
        return false;
    for (size_t at = 0; at < content.len; at += PIECE) {
        struct str piece = str_part(content, at, at + PIECE);
        uint32_t length = htonl((uint32_t)piece.len);
        if (!send_all(fd, &length, sizeof length) || !send_all(fd, piece.data, piece.len))
            return false;
    }
    return send_all(fd, &end, sizeof end);
}

static struct str read_answer(int fd, char out[ANSWER_MAX])
{
    size_t n = 0;
    while (n < ANSWER_MAX) {
        ssize_t got = recv(fd, out + n, ANSWER_MAX - n, 0);
        if (got <= 0)
            break;
        n += (size_t)got;
        if (out[n - 1] == 0 || out[n - 1] == '\n')
            break;
    }
    while (n > 0 && (out[n - 1] == 0 || out[n - 1] == '\n'))
        n--;
    return (struct str){out, n};
}

enum status file_scan(const struct call *call, struct str content, struct error *err)
{
    struct str where;
    char text[ANSWER_MAX];
    struct str answer = STR_NONE;
    if (service_setting_get(call, STR("scan.clamd"), &where, err) != OK)
        return FAILED;
    if (!where.len)
        return OK;
    int fd = str_starts(where, STR("/")) ? connect_path(where) : connect_host(call->arena, where);
    if (fd >= 0) {
        /* A scanner that has seen enough may answer and close before it was sent everything. */
        (void)send_pieces(fd, content);
        answer = read_answer(fd, text);
        close(fd);
    }
    if (str_equal(answer, STR("stream: OK")))
        return OK;
    if (str_starts(answer, STR("stream: ")) && str_ends(answer, STR(" FOUND"))) {
        log_event(LOG_WARNING, "file.infected", "size=%zu", content.len);
        error_set(err, ERROR_INVALID, "file-infected", "The scanner found malware in this file: %.*s.",
                  STR_ARGS(str_part(answer, 8, answer.len - 6)));
        error_field(err, "file");
        return error_hint(err, "Check the device that it comes from, and send a clean file.");
    }
    log_event(LOG_ERROR, "file.scan_failed", "connected=%s", fd >= 0 ? "yes" : "no");
    error_set(err, ERROR_UNAVAILABLE, "scan-unavailable", "Files cannot be scanned just now, so none are taken.");
    return error_hint(err, "Try again in a few minutes; the rest of the form is saved.");
}
