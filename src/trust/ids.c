/* Check characters and structures of numbers. Pure text work; the weights and alphabets are the standards' own. */
#include "trust/ids.h"

#include "feel/china.h"

#include <string.h>

static bool is_digits(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.data[i] < '0' || s.data[i] > '9')
            return false;
    return s.len > 0;
}

static int digits_value(struct str s)
{
    int value = 0;
    for (size_t i = 0; i < s.len; i++)
        value = value * 10 + (s.data[i] - '0');
    return value;
}

/* Place of c in an alphabet, or -1. */
static int place_in(const char *alphabet, char c)
{
    const char *found = c ? strchr(alphabet, c) : NULL;
    return found ? (int)(found - alphabet) : -1;
}

static enum status refuse(struct error *err, const char *message)
{
    return error_set(err, ERROR_INVALID, "id-invalid", "%s", message);
}

/* ---- Citizens ---- */

char citizen_id_check_char(struct str first17)
{
    return first17.len == 17 ? china_id_check(first17) : 0;
}

/* Provinces of GB/T 2260, and 81-83 as on residence permits of Hong Kong, Macao and Taiwan residents. */
static bool is_province(int code)
{
    static const unsigned char provinces[] = {11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43,
                                              44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83};
    return memchr(provinces, code, sizeof(provinces)) != NULL;
}

static bool is_date(int year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap);
}

enum status citizen_id_check(struct str id, struct citizen *out, struct error *err)
{
    if (id.len != 18) {
        refuse(err, "An identity number has 18 characters.");
        return error_hint(err, id.len == 15 ? "This looks like a number of before 1999; use the 18-character one."
                                            : "Copy it from the identity card without blanks.");
    }
    if (!is_digits(str_part(id, 0, 17)))
        return refuse(err, "The first 17 characters of an identity number are digits.");
    if (id.data[17] == 'x') {
        refuse(err, "The X at the end of an identity number is written in upper case.");
        return error_hint(err, "Write X instead of x.");
    }
    if (!is_province(digits_value(str_part(id, 0, 2))))
        return refuse(err, "The first two digits of the identity number are no province.");
    struct citizen citizen = {
        .year = digits_value(str_part(id, 6, 10)),
        .month = digits_value(str_part(id, 10, 12)),
        .day = digits_value(str_part(id, 12, 14)),
        .sex = (id.data[16] - '0') % 2 ? CITIZEN_MALE : CITIZEN_FEMALE,
    };
    if (citizen.year < 1850 || !is_date(citizen.year, citizen.month, citizen.day))
        return refuse(err, "The birth date in the identity number (7th to 14th digit) does not exist.");
    if (id.data[17] != citizen_id_check_char(str_part(id, 0, 17))) {
        refuse(err, "The last character of the identity number does not fit the others.");
        return error_hint(err, "One of its characters is mistyped, or two are exchanged.");
    }
    memcpy(citizen.region, id.data, 6);
    *out = citizen;
    return OK;
}

struct str citizen_id_mask(struct arena *arena, struct str id)
{
    if (id.len != 18)
        return arena_printf(arena, "%s", "******************");
    return arena_printf(arena, "%.6s********%.4s", id.data, id.data + 14);
}

/* ---- Organisations ---- */

char uscc_check_char(struct str first17)
{
    return first17.len == 17 ? china_uscc_check(first17) : 0;
}

char organisation_code_check_char(struct str first8)
{
    static const int weights[8] = {3, 7, 9, 10, 5, 8, 4, 2};
    if (first8.len != 8)
        return 0;
    int sum = 0;
    for (size_t i = 0; i < 8; i++) {
        int value = place_in("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", first8.data[i]);
        if (value < 0)
            return 0;
        sum += value * weights[i];
    }
    int check = 11 - sum % 11;
    return check == 10 ? 'X' : check == 11 ? '0' : (char)('0' + check);
}

enum status organisation_code_check(struct str code, struct error *err)
{
    bool hyphen = code.len == 10 && code.data[8] == '-';
    if (code.len != 9 && !hyphen)
        return refuse(err, "An organisation code has 8 characters and a check character.");
    char check = organisation_code_check_char(str_part(code, 0, 8));
    if (!check)
        return refuse(err, "An organisation code has only digits and upper-case letters.");
    if (code.data[code.len - 1] != check)
        return refuse(err, "The check character of the organisation code does not fit the others.");
    return OK;
}

enum status uscc_check(struct str code, struct error *err)
{
    if (code.len != 18)
        return refuse(err, "A unified social credit code has 18 characters.");
    char check = uscc_check_char(str_part(code, 0, 17));
    if (!check) {
        refuse(err, "The unified social credit code has a character that is not allowed.");
        return error_hint(err, "Only digits and upper-case letters other than I, O, S, V and Z are used.");
    }
    if (!is_digits(str_part(code, 2, 8)))
        return refuse(err, "The 3rd to 8th character of a unified social credit code is a region code in digits.");
    struct error inner = ERROR_INIT;
    if (organisation_code_check(str_part(code, 8, 17), &inner) != OK)
        return refuse(err,
                      "The organisation code inside the unified social credit code (9th to 17th character) is wrong.");
    if (code.data[17] != check) {
        refuse(err, "The last character of the unified social credit code does not fit the others.");
        return error_hint(err, "One of its characters is mistyped, or two are exchanged.");
    }
    return OK;
}

/* ---- Certificates ---- */

#define ALPHABET_36 "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* One character of MOD 37,36; p is 36 at the start. -1 for a character outside the alphabet. */
static int mod_37_36_step(int p, char c)
{
    int value = place_in(ALPHABET_36, c);
    if (value < 0)
        return -1;
    p = (p + value) % 36;
    return (p == 0 ? 36 : p) * 2 % 37;
}

static int mod_37_36_run(int p, struct str s)
{
    for (size_t i = 0; i < s.len && p >= 0; i++)
        p = mod_37_36_step(p, s.data[i]);
    return p;
}

char mod_37_36_check_char(struct str s)
{
    int p = mod_37_36_run(36, s);
    return p < 0 ? 0 : ALPHABET_36[(37 - p) % 36];
}

static bool is_alphanumeric(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (place_in(ALPHABET_36, s.data[i]) < 0)
            return false;
    return s.len > 0;
}

static enum status check_certificate_id(const struct certificate_id *id, struct error *err)
{
    if (id->type.len != 21 || !is_alphanumeric(id->type) || !is_digits(str_part(id->type, 18, 21))) {
        refuse(err, "A certificate's type code is an organisation's 18-character code and a three-digit number.");
        return error_field(err, "type");
    }
    bool region = id->issuer.len == 6 && is_digits(id->issuer);
    if (!region && (id->issuer.len != 18 || !is_alphanumeric(id->issuer))) {
        refuse(err, "A certificate's issuer is an 18-character organisation code or a six-digit region code.");
        return error_field(err, "issuer");
    }
    if (id->serial.len > 64 || !is_alphanumeric(id->serial)) {
        refuse(err, "A certificate's serial has 1 to 64 digits and upper-case letters.");
        return error_field(err, "serial");
    }
    if (id->version < 1 || id->version > 999) {
        refuse(err, "A certificate's version lies between 1 and 999.");
        return error_field(err, "version");
    }
    return OK;
}

/* The check character runs over all parts without dots and root. */
static char certificate_check_char(const struct certificate_id *id)
{
    char version[4] = {(char)('0' + id->version / 100), (char)('0' + id->version / 10 % 10),
                       (char)('0' + id->version % 10), 0};
    int p = mod_37_36_run(36, id->type);
    p = mod_37_36_run(p, id->issuer);
    p = mod_37_36_run(p, id->serial);
    p = mod_37_36_run(p, (struct str){version, 3});
    CHECK(p >= 0);
    return ALPHABET_36[(37 - p) % 36];
}

enum status certificate_id_build(struct arena *arena, struct certificate_id *id, struct str *out, struct error *err)
{
    if (check_certificate_id(id, err) != OK)
        return FAILED;
    id->check = certificate_check_char(id);
    *out = arena_printf(arena, CERTIFICATE_ROOT ".%.*s.%.*s.%.*s.%03d.%c", STR_ARGS(id->type), STR_ARGS(id->issuer),
                        STR_ARGS(id->serial), id->version, id->check);
    return OK;
}

enum status certificate_id_parse(struct str id, struct certificate_id *out, bool *check_ok, struct error *err)
{
    if (!str_starts(id, STR(CERTIFICATE_ROOT "."))) {
        refuse(err, "A certificate identifier begins with " CERTIFICATE_ROOT ".");
        return error_field(err, "id");
    }
    struct str rest = str_part(id, sizeof(CERTIFICATE_ROOT), id.len);
    struct certificate_id parts = {
        .type = str_cut(&rest, '.'), .issuer = str_cut(&rest, '.'), .serial = str_cut(&rest, '.')};
    struct str version = str_cut(&rest, '.');
    if (version.len != 3 || !is_digits(version) || rest.len != 1 || !is_alphanumeric(rest)) {
        refuse(err, "A certificate identifier ends with a three-digit version and a check character.");
        return error_field(err, "id");
    }
    parts.version = digits_value(version);
    parts.check = rest.data[0];
    if (check_certificate_id(&parts, err) != OK)
        return FAILED;
    *out = parts;
    *check_ok = parts.check == certificate_check_char(&parts);
    return OK;
}

/* ---- Items: ^[0-9]{2}(0[1-9]|[12][0-9])[0-9]{2}[0-9A-HJ-NP-RTUWXY]{3}([0-9]{3}|00Y|W[0-9]{2})$ ---- */

enum status item_code_check(struct str basic, struct error *err)
{
    if (basic.len != 12)
        return refuse(err, "The basic code of an item has 12 characters.");
    struct str type = str_part(basic, 2, 4);
    bool type_ok = is_digits(type) && digits_value(type) >= 1 && digits_value(type) <= 29;
    if (!is_digits(str_part(basic, 0, 2)) || !type_ok || !is_digits(str_part(basic, 4, 6)))
        return refuse(
            err, "An item's basic code begins with region (2), item type (01 to 29) and department (2) in digits.");
    for (size_t i = 6; i < 9; i++)
        if (place_in("0123456789ABCDEFGHJKLMNPQRTUWXY", basic.data[i]) < 0)
            return refuse(
                err,
                "The 7th to 9th character of an item's basic code is a digit or a letter other than I, O, S, V and Z.");
    struct str sub = str_part(basic, 9, 12);
    bool sub_ok =
        is_digits(sub) || str_equal(sub, STR("00Y")) || (sub.data[0] == 'W' && is_digits(str_part(sub, 1, 3)));
    if (!sub_ok)
        return refuse(err, "An item's basic code ends with three digits, 00Y, or W and two digits.");
    return OK;
}

enum status item_implementing_code_check(struct str code, struct error *err)
{
    if (code.len != 31)
        return refuse(err, "The implementing code of an item has 31 characters.");
    if (uscc_check(str_part(code, 0, 18), err) != OK)
        return error_prefix(err, "implementing body");
    if (code.data[18] < '1' || code.data[18] > '7')
        return refuse(err, "The 19th character of an implementing code is the level of government, 1 to 7.");
    return item_code_check(str_part(code, 19, 31), err);
}

enum status item_handling_code_check(struct str code, struct error *err)
{
    if (code.len != 33)
        return refuse(err, "The handling code of an item has 33 characters.");
    if (item_implementing_code_check(str_part(code, 0, 31), err) != OK)
        return FAILED;
    struct str sequence = str_part(code, 31, 33);
    if (!is_digits(sequence) || digits_value(sequence) == 0)
        return refuse(err, "A handling code ends with a sequence from 01 to 99.");
    return OK;
}
