/* Verdicts on certificates: signature first, then dates, then the status list; what is only odd becomes a warning. */
#include "trust/certificate.h"

#include "feel/json.h"
#include "trust/ids.h"
#include "trust/jws.h"

#include <string.h>

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)

static const struct {
    const char *name, *zh;
} states[] = {
    [CERTIFICATE_VALID] = {"valid", "有效"},       [CERTIFICATE_NOT_YET] = {"not-yet", "尚未生效"},
    [CERTIFICATE_EXPIRED] = {"expired", "已过期"}, [CERTIFICATE_SUSPENDED] = {"suspended", "暂停使用"},
    [CERTIFICATE_REVOKED] = {"revoked", "已失效"}, [CERTIFICATE_UNKNOWN] = {"unknown", "无法判断"},
};

/* Words and national codes (GB/T 36903) that a status list may use. */
static const struct {
    const char *word;
    enum certificate_state state;
} status_words[] = {
    {"valid", CERTIFICATE_VALID},       {"01", CERTIFICATE_VALID},        {"suspended", CERTIFICATE_SUSPENDED},
    {"02", CERTIFICATE_SUSPENDED},      {"revoked", CERTIFICATE_REVOKED}, {"replaced", CERTIFICATE_REVOKED},
    {"cancelled", CERTIFICATE_REVOKED}, {"03", CERTIFICATE_REVOKED},      {"04", CERTIFICATE_REVOKED},
    {"06", CERTIFICATE_REVOKED},        {"07", CERTIFICATE_REVOKED},      {"expired", CERTIFICATE_EXPIRED},
    {"05", CERTIFICATE_EXPIRED},        {"99", CERTIFICATE_UNKNOWN},
};

const char *certificate_state_name(enum certificate_state state)
{
    return states[state].name;
}

const char *certificate_state_zh(enum certificate_state state)
{
    return states[state].zh;
}

static void add_reason(struct certificate_verdict *verdict, struct str zh, struct str en)
{
    if (verdict->reason_count < CERTIFICATE_REASONS_MAX)
        verdict->reasons[verdict->reason_count++] = (struct certificate_reason){zh, en};
}

/* The graver of two findings. */
static void worsen(struct certificate_verdict *verdict, enum certificate_state state)
{
    static const int gravity[] = {[CERTIFICATE_VALID] = 0,     [CERTIFICATE_NOT_YET] = 1, [CERTIFICATE_EXPIRED] = 2,
                                  [CERTIFICATE_SUSPENDED] = 3, [CERTIFICATE_REVOKED] = 4, [CERTIFICATE_UNKNOWN] = 5};
    if (gravity[state] > gravity[verdict->state])
        verdict->state = state;
}

/* ---- Dates ---- */

enum reading { READING_ABSENT, READING_GOOD, READING_BAD };

/* A date ("2026-07-01", midnight in China) or date-time; *day_only tells which. */
static enum reading read_date(struct value claims, struct str name, int64_t *out, bool *day_only)
{
    struct value given = value_get(claims, name);
    struct str text = value_text(given);
    if (value_is_null(given) || str_equal(text, STR("长期")) || str_equal(text, STR("长期有效")))
        return READING_ABSENT;
    struct value date = value_null;
    *day_only = text.data && str_find(text, STR("T"), 0) < 0;
    if (!text.data || !date_time_parse(text, &date) || !date_time_to_ms(date, out))
        return READING_BAD;
    return READING_GOOD;
}

static enum reading read_seconds(struct value claims, struct str name, int64_t *out)
{
    struct value given = value_get(claims, name);
    int64_t seconds = 0;
    if (value_is_null(given))
        return READING_ABSENT;
    if (!value_to_int64(given, &seconds) || seconds > INT64_MAX / 1000 || seconds < INT64_MIN / 1000)
        return READING_BAD;
    *out = seconds * 1000;
    return READING_GOOD;
}

static void refuse_dates(struct certificate_verdict *verdict)
{
    worsen(verdict, CERTIFICATE_UNKNOWN);
    add_reason(verdict, STR("有效期无法读取。"), STR("Its dates cannot be read."));
}

static void judge_start(struct arena *arena, struct certificate_verdict *verdict, int64_t now_ms)
{
    int64_t day_ms = 0;
    int64_t seconds_ms = 0;
    bool day_only = false;
    enum reading day = read_date(verdict->claims, STR("valid_from"), &day_ms, &day_only);
    enum reading seconds = read_seconds(verdict->claims, STR("nbf"), &seconds_ms);
    if (day == READING_BAD || seconds == READING_BAD) {
        refuse_dates(verdict);
        return;
    }
    if ((day == READING_GOOD && now_ms < day_ms) || (seconds == READING_GOOD && now_ms < seconds_ms)) {
        worsen(verdict, CERTIFICATE_NOT_YET);
        struct str from = value_text(value_get(verdict->claims, STR("valid_from")));
        add_reason(
            verdict, arena_printf(arena, "尚未到生效日期%s%.*s。", from.len ? ":" : "", STR_ARGS(from)),
            arena_printf(arena, "It is not in force yet%s%.*s.", from.len ? ": valid from " : "", STR_ARGS(from)));
    }
}

static void judge_end(struct arena *arena, struct certificate_verdict *verdict, int64_t now_ms)
{
    int64_t day_ms = 0;
    int64_t seconds_ms = 0;
    bool day_only = false;
    enum reading day = read_date(verdict->claims, STR("valid_to"), &day_ms, &day_only);
    enum reading seconds = read_seconds(verdict->claims, STR("exp"), &seconds_ms);
    if (day == READING_BAD || seconds == READING_BAD) {
        refuse_dates(verdict);
        return;
    }
    int64_t last_ms = day_only ? day_ms + DAY_MS - 1 : day_ms;
    if ((day == READING_GOOD && now_ms > last_ms) || (seconds == READING_GOOD && now_ms >= seconds_ms)) {
        worsen(verdict, CERTIFICATE_EXPIRED);
        struct str to = value_text(value_get(verdict->claims, STR("valid_to")));
        add_reason(verdict, arena_printf(arena, "有效期已过%s%.*s。", to.len ? ":止于" : "", STR_ARGS(to)),
                   arena_printf(arena, "It has expired%s%.*s.", to.len ? ": valid to " : "", STR_ARGS(to)));
    }
}

/* ---- Status ---- */

/* The last entry about this certificate, or null: a later one (resumed) overrules an earlier one (suspended). */
static struct value find_status(struct value entries, struct value claims)
{
    struct str id = value_text(value_get(claims, STR("id")));
    struct str no = value_text(value_get(claims, STR("no")));
    for (size_t i = value_count(entries); i-- > 0;) {
        struct value entry = value_at(entries, i);
        struct str entry_id = value_text(value_get(entry, STR("id")));
        struct str entry_no = value_text(value_get(entry, STR("no")));
        if ((id.len && str_equal(entry_id, id)) || (no.len && str_equal(entry_no, no)))
            return entry;
    }
    return value_null;
}

static void judge_status(struct arena *arena, struct certificate_verdict *verdict, struct value list)
{
    if (value_is_null(list)) {
        add_reason(verdict, STR("未核对吊销名单。"), STR("It was not checked against a list of revoked certificates."));
        return;
    }
    struct value entries = value_get(list, STR("statuses"));
    if (entries.kind != VALUE_LIST) {
        worsen(verdict, CERTIFICATE_UNKNOWN);
        add_reason(verdict, STR("吊销名单无法读取。"), STR("The list of revoked certificates cannot be read."));
        return;
    }
    verdict->status_checked = true;
    struct value entry = find_status(entries, verdict->claims);
    if (value_is_null(entry))
        return;
    struct str word = value_text(value_get(entry, STR("state")));
    struct str reason = value_text(value_get(entry, STR("reason")));
    struct str since = value_text(value_get(entry, STR("since")));
    enum certificate_state state = CERTIFICATE_UNKNOWN;
    for (size_t i = 0; i < COUNT_OF(status_words); i++)
        if (str_equal(word, str_of(status_words[i].word)))
            state = status_words[i].state;
    worsen(verdict, state);
    if (state != CERTIFICATE_VALID)
        add_reason(verdict,
                   arena_printf(arena, "发证机关已登记为%s%s%.*s%s%.*s。", certificate_state_zh(state),
                                since.len ? ",自" : "", STR_ARGS(since), reason.len ? ",原因:" : "", STR_ARGS(reason)),
                   arena_printf(arena, "The issuer has registered it as %s%s%.*s%s%.*s.", certificate_state_name(state),
                                since.len ? " since " : "", STR_ARGS(since), reason.len ? ": " : "", STR_ARGS(reason)));
}

static void warn_of_identifier(struct certificate_verdict *verdict)
{
    struct str id = value_text(value_get(verdict->claims, STR("id")));
    if (!str_starts(id, STR(CERTIFICATE_ROOT ".")))
        return;
    struct certificate_id parts;
    bool check_ok = false;
    struct error ignored = ERROR_INIT;
    if (certificate_id_parse(id, &parts, &check_ok, &ignored) != OK || !check_ok)
        add_reason(verdict, STR("提示:电子证照标识的校验位不符。"),
                   STR("Note: the check character of its identifier does not fit."));
}

/* ---- The verdict ---- */

/* What an altered or unknown certificate claims to be: shown, never believed. */
static void read_unproven(struct arena *arena, struct str jws, struct certificate_verdict *verdict)
{
    struct jws_parts parts;
    struct error ignored = ERROR_INIT;
    struct value claims = value_null;
    if (jws_parse(arena, jws, &parts, &ignored) != OK)
        return;
    verdict->kid = parts.kid;
    verdict->algorithm = parts.algorithm;
    if (json_parse(arena, parts.payload, NULL, &claims, &ignored) == OK && claims.kind == VALUE_CONTEXT)
        verdict->claims = claims;
}

/* Chinese words for the types of refusal of jws_verify. */
static const char *problem_zh(const char *type)
{
    static const struct {
        const char *type, *zh;
    } rows[] = {
        {"jws-signature", "签名不符:内容被改动,或不是由该密钥签发。"},
        {"jws-key-unknown", "签发密钥不在发证机关的公钥之中。"},
        {"jws-algorithm", "签名算法不被接受。"},
        {"jws-payload", "签名相符,但内容不是证照。"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(type, rows[i].type) == 0)
            return rows[i].zh;
    return "签名文本的格式不正确。";
}

struct certificate_verdict certificate_verify(struct arena *arena, struct str jws, const struct key_set *keys,
                                              struct value status_list, int64_t now_ms)
{
    struct certificate_verdict verdict = {.state = CERTIFICATE_VALID, .claims = value_null};
    const struct key *signer = NULL;
    if (jws_verify(arena, keys, jws, &verdict.claims, &signer, &verdict.problem) != OK) {
        read_unproven(arena, jws, &verdict);
        verdict.state = CERTIFICATE_UNKNOWN;
        add_reason(&verdict, str_of(problem_zh(verdict.problem.type)),
                   arena_str(arena, str_of(verdict.problem.message)));
        return verdict;
    }
    verdict.genuine = true;
    verdict.kid = key_id(signer);
    verdict.algorithm = str_of(key_algorithm_name(key_algorithm(signer)));
    judge_start(arena, &verdict, now_ms);
    judge_end(arena, &verdict, now_ms);
    judge_status(arena, &verdict, status_list);
    warn_of_identifier(&verdict);
    return verdict;
}

/* ---- Finding the JWS in a file ---- */

static bool is_base64url(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static size_t skip_base64url(struct str s, size_t at)
{
    while (at < s.len && is_base64url(s.data[at]))
        at++;
    return at;
}

bool certificate_find_jws(struct str file, struct str *out)
{
    size_t at = 0;
    for (;;) {
        ptrdiff_t hit = str_find(file, STR("eyJ"), at);
        if (hit < 0)
            return false;
        size_t start = (size_t)hit;
        size_t ends[3];
        size_t parts = 0;
        for (at = start; parts < 3; at++) {
            ends[parts] = skip_base64url(file, at);
            at = ends[parts++];
            if (at >= file.len || file.data[at] != '.')
                break;
        }
        bool alone = start == 0 || !is_base64url(file.data[start - 1]);
        if (alone && parts == 3 && ends[2] - ends[1] == 1 + 86) {
            *out = str_part(file, start, ends[2]);
            return true;
        }
        at = ends[0];
    }
}
