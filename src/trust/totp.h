/* One-time codes of an authenticator app: RFC 6238 with HMAC-SHA-1, six digits, 30 seconds, as every such app knows
 * them. Pure. */
#pragma once

#include "base/base.h"

#define TOTP_SECRET_SIZE 20
#define TOTP_STEP_MS INT64_C(30000)

/* The step that an instant lies in. */
int64_t totp_step(int64_t now_ms);
/* The code of a step as a number below 1,000,000. */
int totp_code(struct str secret, int64_t step);
/* True when code (six digits, blanks allowed) is that of the step of now, of the one before or of the one after, and of
 * a later step than used; *step is then it. */
bool totp_check(struct str secret, struct str code, int64_t now_ms, int64_t used, int64_t *step);
/* RFC 4648 base 32 without padding. */
struct str base32_encode(struct arena *arena, struct str bytes);
