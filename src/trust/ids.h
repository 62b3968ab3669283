/* Numbers that check themselves: citizens, organisations, certificates, items. Sources: GB 11643, GB 32100,
 * GB/T 36904, GB/T 39554.1.
 * Every refusal has type "id-invalid" and says which part is wrong. */
#pragma once

#include "base/base.h"

/* ---- Citizen identity number, GB 11643: region 6, birth date 8, sequence 3, check 1 ---- */

enum citizen_sex { CITIZEN_MALE = 1, CITIZEN_FEMALE = 2 }; /* GB/T 2261.1 */
struct citizen {
    char region[7]; /* as on the day of issue; may be abolished since */
    int year, month, day;
    enum citizen_sex sex;
};
/* X must be upper case. Checks province, birth date (from 1850, and that the day exists) and check character. */
MUST_USE enum status citizen_id_check(struct str id, struct citizen *out, struct error *err);
/* The 18th character for 17 digits; 0 if they are not 17 digits. */
char citizen_id_check_char(struct str first17);
/* "230103********1238": for pages and messages. */
struct str citizen_id_mask(struct arena *arena, struct str id);

/* ---- Organisations ---- */

/* Unified social credit code, GB 32100: 18 characters, the 9th to 17th an organisation code. */
MUST_USE enum status uscc_check(struct str code, struct error *err);
char uscc_check_char(struct str first17); /* 0 if a character is not allowed */
/* Organisation code, GB 11714: 8 characters and a check character, with or without a hyphen before it. */
MUST_USE enum status organisation_code_check(struct str code, struct error *err);
char organisation_code_check_char(struct str first8);

/* ---- Certificate identifier, GB/T 36904 ---- */

#define CERTIFICATE_ROOT "1.2.156.3005.2"
struct certificate_id {
    struct str type;   /* 18-character code of the defining body and a three-digit sequence */
    struct str issuer; /* 18-character code of the issuer, or a six-digit region code (older certificates) */
    struct str serial; /* digits and upper-case letters, 1 to 64 */
    int version;       /* 1 to 999 */
    char check;
};
/* Fills id->check and writes the identifier with its root. */
MUST_USE enum status certificate_id_build(struct arena *arena, struct certificate_id *id, struct str *out,
                                          struct error *err);
/* Takes an identifier apart; texts point into id. A wrong check character is not refused, because real ones exist:
 * *check_ok tells. */
MUST_USE enum status certificate_id_parse(struct str id, struct certificate_id *out, bool *check_ok, struct error *err);
/* ISO/IEC 7064 MOD 37,36 over digits and upper-case letters; 0 if another character occurs. */
char mod_37_36_check_char(struct str s);

/* ---- Items: basic code 12, implementing code 31, handling code 33 ---- */

MUST_USE enum status item_code_check(struct str basic, struct error *err);
MUST_USE enum status item_implementing_code_check(struct str code, struct error *err);
MUST_USE enum status item_handling_code_check(struct str code, struct error *err);
