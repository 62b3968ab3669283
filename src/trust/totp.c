#include "trust/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

int64_t totp_step(int64_t now_ms)
{
    return now_ms / TOTP_STEP_MS;
}

int totp_code(struct str secret, int64_t step)
{
    unsigned char counter[8], mac[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    for (int i = 0; i < 8; i++)
        counter[i] = (unsigned char)((uint64_t)step >> (56 - 8 * i));
    CHECK(HMAC(EVP_sha1(), secret.data, (int)secret.len, counter, sizeof counter, mac, &size) && size == 20);
    unsigned at = mac[19] & 0x0f;
    uint32_t n =
        (uint32_t)(mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 | (uint32_t)mac[at + 2] << 8 | mac[at + 3];
    return (int)(n % 1000000);
}

static bool read_code(struct str code, int *out)
{
    int n = 0, digits = 0;
    for (size_t i = 0; i < code.len; i++) {
        char c = code.data[i];
        if (c == ' ')
            continue;
        if (c < '0' || c > '9' || ++digits > 6)
            return false;
        n = n * 10 + (c - '0');
    }
    *out = n;
    return digits == 6;
}

bool totp_check(struct str secret, struct str code, int64_t now_ms, int64_t used, int64_t *step)
{
    int given;
    int64_t now = totp_step(now_ms);
    if (!read_code(code, &given))
        return false;
    for (int64_t at = now - 1; at <= now + 1; at++)
        if (at > used && totp_code(secret, at) == given) {
            *step = at;
            return true;
        }
    return false;
}

struct str base32_encode(struct arena *arena, struct str bytes)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    char *text = arena_alloc(arena, bytes.len * 8 / 5 + 2);
    size_t n = 0;
    uint32_t held = 0;
    int bits = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        held = held << 8 | (unsigned char)bytes.data[i];
        for (bits += 8; bits >= 5; bits -= 5)
            text[n++] = letters[held >> (bits - 5) & 31];
    }
    if (bits)
        text[n++] = letters[held << (5 - bits) & 31];
    return (struct str){text, n};
}
