/* QR codes (ISO/IEC 18004), drawn with the quiet zone of four modules that the standard asks for. */
#pragma once

#include "base/base.h"

enum qr_level { QR_LOW, QR_MEDIUM, QR_QUARTILE, QR_HIGH }; /* 7, 15, 25, 30 % may be damaged */
#define QR_TEXT_MAX 2900

struct qr_path {
    struct str d; /* for <path d="…"/>: one unit per module, black parts, origin at the corner of the quiet zone */
    int size;     /* units along one side, quiet zone included: the viewBox is "0 0 size size" */
};
/* Type "qr-too-long" if the text does not fit at that level. */
MUST_USE enum status qr_svg_path(struct arena *arena, struct str text, enum qr_level level, struct qr_path *out,
                                 struct error *err);
/* A black-and-white PNG at least width pixels wide (whole pixels per module), width up to 4096. */
MUST_USE enum status qr_png(struct arena *arena, struct str text, enum qr_level level, int width_px, struct str *out,
                            struct error *err);
