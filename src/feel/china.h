/* Check digits of Chinese national numbers: pure functions of the text, for built-ins, forms and parties alike. */
#pragma once

#include "base/base.h"

/* GB 11643-1999: region, birth date (a real day), sequence, check character by ISO 7064 MOD 11-2. Upper-case X only. */
bool china_id_valid(struct str text);
/* GB 32100-2015: 18 characters without I O S V Z, check character modulo 31. */
bool china_uscc_valid(struct str text);
/* Check character for the 17 characters before it; 0 when they are not of the alphabet. */
char china_id_check(struct str first17);
char china_uscc_check(struct str first17);
