/* QR codes by libqrencode; PNG by cairo. Safe in threads: libqrencode is built with locks. */
#include "trust/qr.h"

#include "trust/internal.h"

#include <cairo.h>
#include <qrencode.h>

#define QUIET 4

/* NULL if the text does not fit; err tells. */
static QRcode *encode(struct str text, enum qr_level level, struct error *err)
{
    static const QRecLevel levels[] = {
        [QR_LOW] = QR_ECLEVEL_L, [QR_MEDIUM] = QR_ECLEVEL_M, [QR_QUARTILE] = QR_ECLEVEL_Q, [QR_HIGH] = QR_ECLEVEL_H};
    if (text.len == 0) {
        error_set(err, ERROR_INVALID, "qr-empty", "There is nothing to put into the QR code.");
        return NULL;
    }
    QRcode *code = NULL;
    if (text.len <= QR_TEXT_MAX)
        code = QRcode_encodeData((int)text.len, (const unsigned char *)text.data, 0, levels[level]);
    if (!code) {
        error_set(err, ERROR_INVALID, "qr-too-long", "The text of %zu bytes does not fit into a QR code.", text.len);
        error_hint(err, "Use a shorter address or a lower level of error correction.");
    }
    return code;
}

static bool is_black(const QRcode *code, int x, int y)
{
    return code->data[y * code->width + x] & 1;
}

/* How many black modules follow each other in a row from x on. */
static int run_length(const QRcode *code, int x, int y)
{
    int end = x;
    while (end < code->width && is_black(code, end, y))
        end++;
    return end - x;
}

enum status qr_svg_path(struct arena *arena, struct str text, enum qr_level level, struct qr_path *out,
                        struct error *err)
{
    QRcode *code = encode(text, level, err);
    if (!code)
        return FAILED;
    struct buf d;
    buf_init(&d, 0);
    for (int y = 0; y < code->width; y++)
        for (int x = 0; x < code->width;) {
            int run = run_length(code, x, y);
            if (run)
                buf_printf(&d, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, run, run);
            x += run ? run : 1;
        }
    *out = (struct qr_path){arena_str(arena, buf_str(&d)), code->width + 2 * QUIET};
    buf_release(&d);
    QRcode_free(code);
    return OK;
}

enum status qr_png(struct arena *arena, struct str text, enum qr_level level, int width_px, struct str *out,
                   struct error *err)
{
    if (width_px < 1 || width_px > 4096)
        return error_set(err, ERROR_INVALID, "qr-width", "A QR code's picture is 1 to 4096 pixels wide.");
    QRcode *code = encode(text, level, err);
    if (!code)
        return FAILED;
    int modules = code->width + 2 * QUIET;
    int scale = (width_px + modules - 1) / modules;
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, modules * scale, modules * scale);
    cairo_t *cairo = cairo_create(surface);
    cairo_set_source_rgb(cairo, 1, 1, 1);
    cairo_paint(cairo);
    cairo_set_source_rgb(cairo, 0, 0, 0);
    cairo_set_antialias(cairo, CAIRO_ANTIALIAS_NONE);
    for (int y = 0; y < code->width; y++)
        for (int x = 0; x < code->width;) {
            int run = run_length(code, x, y);
            if (run)
                cairo_rectangle(cairo, (x + QUIET) * scale, (y + QUIET) * scale, run * scale, scale);
            x += run ? run : 1;
        }
    cairo_fill(cairo);
    QRcode_free(code);
    enum status status = picture_png(arena, cairo, surface, out, err);
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    return status;
}
