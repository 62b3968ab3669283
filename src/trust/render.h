/* SVG to print and picture. Nothing outside the SVG is ever read: references to files and addresses stay empty.
 * Safe in any thread; two threads draw at a time, others wait (about 30 ms a page). Fonts: what the system has;
 * fonts-noto-cjk for Chinese ("Noto Serif CJK SC", "Noto Sans CJK SC"). */
#pragma once

#include "base/base.h"

#define RENDER_SVG_MAX ((size_t)8 * 1024 * 1024)
#define RENDER_PAGES_MAX 500

struct render_options {
    struct str title, author, keywords; /* of the PDF; keywords is where a certificate's JWS travels */
    int64_t created_ms;                 /* written as its creation date, so that equal input gives equal bytes */
};
/* One page per SVG, of the size its width and height say ("210mm", "297mm"; without a unit 96 px an inch); A4 if it
 * says nothing. Types "svg-invalid" (field "page 2"), "svg-too-large". */
MUST_USE enum status render_pdf(struct arena *arena, const struct str *pages, size_t page_count,
                                const struct render_options *options, struct str *out, struct error *err);
/* width_px 1 to 8192; the height follows. */
MUST_USE enum status render_png(struct arena *arena, struct str svg, int width_px, struct str *out, struct error *err);
