/* Named formats with check digits: in C, because no regular expression can say them. */
#include "form/form.h"

#include "feel/china.h"
#include "form/internal.h"

static bool all_digits(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.data[i] < '0' || s.data[i] > '9')
            return false;
    return s.len > 0;
}

static bool valid_mobile(struct str s)
{
    return s.len == 11 && s.data[0] == '1' && s.data[1] >= '3' && all_digits(s);
}

/* A mobile number, or 0AAA-NNNNNNN(N) with a three- or four-digit area code, with or without the dash. */
static bool valid_phone(struct str s)
{
    if (valid_mobile(s))
        return true;
    ptrdiff_t dash = str_find(s, STR("-"), 0);
    if (dash < 0)
        return s.len >= 10 && s.len <= 12 && s.data[0] == '0' && all_digits(s);
    struct str area = str_part(s, 0, (size_t)dash);
    struct str number = str_part(s, (size_t)dash + 1, s.len);
    return area.len >= 3 && area.len <= 4 && area.data[0] == '0' && all_digits(area) && number.len >= 7 &&
           number.len <= 8 && all_digits(number);
}

/* GB 11714: eight characters, an optional dash, a check character: weights 3 7 9 10 5 8 4 2, 11 - sum mod 11. */
static bool valid_org_code(struct str s)
{
    static const int weights[] = {3, 7, 9, 10, 5, 8, 4, 2};
    size_t check_at = s.len == 10 && s.data[8] == '-' ? 9 : 8;
    if (s.len != check_at + 1)
        return false;
    int sum = 0;
    for (size_t i = 0; i < COUNT_OF(weights); i++) {
        char ch = s.data[i];
        int value = ch >= '0' && ch <= '9' ? ch - '0' : ch >= 'A' && ch <= 'Z' ? ch - 'A' + 10 : -1;
        if (value < 0)
            return false;
        sum += weights[i] * value;
    }
    int check = 11 - sum % 11;
    return s.data[check_at] == (check == 10 ? 'X' : check == 11 ? '0' : (char)('0' + check));
}

/* A category, a subcategory, or a national extension: I21, I21.9, I21.900. */
static bool valid_icd10(struct str s)
{
    if (s.len < 3 || s.len == 4 || s.len > 9 || s.data[0] < 'A' || s.data[0] > 'Z' || !all_digits(str_part(s, 1, 3)))
        return false;
    return s.len == 3 || (s.data[3] == '.' && s.data[4] >= '0' && s.data[4] <= '9');
}

static const struct {
    const char *name;
    bool (*valid)(struct str text);
    const char *message;
} formats[] = {
    {"cn-id", china_id_valid, "{label}不是有效的公民身份号码：请核对18位号码和末位校验码"},
    {"uscc", china_uscc_valid, "{label}不是有效的统一社会信用代码：请核对18位代码和末位校验码"},
    {"mobile", valid_mobile, "{label}不是有效的手机号码：应当是11位数字"},
    {"phone", valid_phone, "{label}不是有效的电话号码：固定电话请加区号，例如0451-85971114"},
    {"org-code", valid_org_code, "{label}不是有效的组织机构代码：请核对8位代码和校验码"},
    {"icd10", valid_icd10, "{label}不是有效的ICD-10编码，例如I21.9"},
};

static size_t format_at(struct str name)
{
    size_t i = 0;
    while (i < COUNT_OF(formats) && !str_equal(name, str_of(formats[i].name)))
        i++;
    return i;
}

bool form_format_known(struct str name)
{
    return format_at(name) < COUNT_OF(formats);
}

bool form_format_valid(struct str name, struct str text)
{
    size_t i = format_at(name);
    return i < COUNT_OF(formats) && formats[i].valid(text);
}

const char *form_format_message(struct str name)
{
    size_t i = format_at(name);
    return i < COUNT_OF(formats) ? formats[i].message : "{label}的格式不正确";
}

/* Upper case, and no blanks: people write numbers in groups. */
struct str form_format_normal(struct arena *arena, struct str text)
{
    char *out = arena_alloc_raw(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char ch = text.data[i];
        if (ch == ' ')
            continue;
        out[len++] = ch >= 'a' && ch <= 'z' ? (char)(ch - 'a' + 'A') : ch;
    }
    out[len] = 0;
    return (struct str){out, len};
}
