/* Citizens' identity numbers (GB 11643-1999) and unified social credit codes (GB 32100-2015). */
#include "feel/china.h"

#include "feel/value.h"

#include <string.h>

static bool digits(struct str text, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return true;
}

static int number_at(struct str text, size_t from, size_t to)
{
    int n = 0;
    for (size_t i = from; i < to; i++)
        n = n * 10 + (text.data[i] - '0');
    return n;
}

char china_id_check(struct str first17)
{
    static const int weights[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    if (first17.len < 17 || !digits(first17, 0, 17))
        return 0;
    int sum = 0;
    for (size_t i = 0; i < 17; i++)
        sum += weights[i] * (first17.data[i] - '0');
    return "10X98765432"[sum % 11];
}

bool china_id_valid(struct str text)
{
    struct value birth;
    if (text.len != 18 || !digits(text, 0, 17))
        return false;
    int province = number_at(text, 0, 2);
    int year = number_at(text, 6, 10);
    bool plausible = province >= 11 && province <= 91 && year >= 1800;
    return plausible && date_make(year, number_at(text, 10, 12), number_at(text, 12, 14), &birth) &&
           text.data[17] == china_id_check(text);
}

static const char uscc_alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

char china_uscc_check(struct str first17)
{
    static const int weights[17] = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
    if (first17.len < 17)
        return 0;
    int sum = 0;
    for (size_t i = 0; i < 17; i++) {
        const char *place = first17.data[i] ? strchr(uscc_alphabet, first17.data[i]) : NULL;
        if (!place)
            return 0;
        sum += weights[i] * (int)(place - uscc_alphabet);
    }
    return uscc_alphabet[(31 - sum % 31) % 31];
}

bool china_uscc_valid(struct str text)
{
    return text.len == 18 && digits(text, 2, 8) && text.data[17] == china_uscc_check(text);
}
