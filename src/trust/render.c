/* SVG to PDF and PNG by librsvg and cairo. A document is given as bytes without an address, so that librsvg has nothing
 * that a reference could be relative to and refuses to load any; entities and includes of files are refused likewise.
 */
#include "trust/render.h"

#include "trust/internal.h"

#include <cairo-pdf.h>
#include <librsvg/rsvg.h>
#include <math.h>
#include <time.h>

#define DPI 96.0
#define A4_WIDTH (210.0 / 25.4 * DPI)
#define A4_HEIGHT (297.0 / 25.4 * DPI)
#define SIDE_MAX 20000.0 /* px: more than 5 metres */
#define OUTPUT_MAX ((size_t)256 * 1024 * 1024)

/* One loaded SVG and its size in px. */
struct drawing {
    RsvgHandle *handle;
    double width, height;
};

static void drawing_release(struct drawing *self)
{
    if (self->handle)
        g_object_unref(self->handle);
}

static enum status refuse_svg(GError *problem, struct error *err)
{
    error_set(err, ERROR_INVALID, "svg-invalid", "This is no SVG that can be drawn: %s.",
              problem ? problem->message : "unknown reason");
    if (problem)
        g_error_free(problem);
    return FAILED;
}

static enum status drawing_load(struct str svg, struct drawing *out, struct error *err)
{
    if (svg.len > RENDER_SVG_MAX)
        return error_set(err, ERROR_TOO_LARGE, "svg-too-large", "The SVG is longer than %zu bytes.", RENDER_SVG_MAX);
    if (svg.len == 0 || !utf8_valid(svg))
        return error_set(err, ERROR_INVALID, "svg-invalid",
                         "This is no SVG that can be drawn: it is empty or not UTF-8.");
    GError *problem = NULL;
    struct drawing drawing = {rsvg_handle_new_from_data((const guint8 *)svg.data, svg.len, &problem), A4_WIDTH,
                              A4_HEIGHT};
    if (!drawing.handle)
        return refuse_svg(problem, err);
    rsvg_handle_set_dpi(drawing.handle, DPI);
    double width = 0;
    double height = 0;
    if (rsvg_handle_get_intrinsic_size_in_pixels(drawing.handle, &width, &height)) {
        drawing.width = width;
        drawing.height = height;
    }
    if (!(drawing.width >= 1 && drawing.height >= 1 && drawing.width <= SIDE_MAX && drawing.height <= SIDE_MAX)) {
        drawing_release(&drawing);
        error_set(err, ERROR_INVALID, "svg-invalid",
                  "The SVG is %.0f by %.0f px; each side must lie between 1 and %.0f.", width, height, SIDE_MAX);
        return error_field(err, "width");
    }
    *out = drawing;
    return OK;
}

static enum status drawing_draw(const struct drawing *self, cairo_t *cairo, double width, double height,
                                struct error *err)
{
    GError *problem = NULL;
    RsvgRectangle whole = {0, 0, width, height};
    if (!rsvg_handle_render_document(self->handle, cairo, &whole, &problem))
        return refuse_svg(problem, err);
    return OK;
}

/* ---- Output ---- */

static cairo_status_t append(void *closure, const unsigned char *data, unsigned int len)
{
    struct buf *out = closure;
    buf_put(out, (struct str){(const char *)data, len});
    return out->overflowed ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static enum status refuse_cairo(cairo_status_t status, struct error *err)
{
    return error_set(err, ERROR_INTERNAL, "svg-invalid", "The page cannot be drawn: %s.",
                     cairo_status_to_string(status));
}

enum status picture_png(struct arena *arena, cairo_t *cairo, cairo_surface_t *surface, struct str *out,
                        struct error *err)
{
    if (cairo_status(cairo) != CAIRO_STATUS_SUCCESS)
        return refuse_cairo(cairo_status(cairo), err);
    struct buf bytes;
    buf_init(&bytes, OUTPUT_MAX);
    cairo_surface_flush(surface);
    cairo_status_t status = cairo_surface_write_to_png_stream(surface, append, &bytes);
    if (status == CAIRO_STATUS_SUCCESS)
        *out = arena_str(arena, buf_str(&bytes));
    buf_release(&bytes);
    return status == CAIRO_STATUS_SUCCESS ? OK : refuse_cairo(status, err);
}

struct png_job {
    struct arena *arena;
    struct str svg;
    int width_px;
    struct str *out;
    struct error *err;
    enum status status;
};

static enum status draw_png(struct png_job *job)
{
    struct drawing drawing = {0};
    if (drawing_load(job->svg, &drawing, job->err) != OK)
        return FAILED;
    double height = ceil(drawing.height * job->width_px / drawing.width);
    if (height > 32767) {
        drawing_release(&drawing);
        return error_set(job->err, ERROR_INVALID, "svg-invalid",
                         "At this width the picture would be higher than 32767 pixels.");
    }
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, job->width_px, (int)height);
    cairo_t *cairo = cairo_create(surface);
    enum status status = drawing_draw(&drawing, cairo, job->width_px, height, job->err);
    if (status == OK)
        status = picture_png(job->arena, cairo, surface, job->out, job->err);
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    drawing_release(&drawing);
    return status;
}

static void run_png(void *argument)
{
    struct png_job *job = argument;
    job->status = draw_png(job);
}

enum status render_png(struct arena *arena, struct str svg, int width_px, struct str *out, struct error *err)
{
    if (width_px < 1 || width_px > 8192)
        return error_set(err, ERROR_INVALID, "svg-invalid", "A picture is 1 to 8192 pixels wide.");
    struct png_job job = {arena, svg, width_px, out, err, FAILED};
    draw_run(run_png, &job);
    return job.status;
}

/* ---- PDF ---- */

static void set_metadata(cairo_surface_t *surface, const struct render_options *options)
{
    struct arena arena;
    arena_init(&arena);
    const struct {
        cairo_pdf_metadata_t field;
        struct str text;
    } fields[] = {
        {CAIRO_PDF_METADATA_TITLE, options->title},
        {CAIRO_PDF_METADATA_AUTHOR, options->author},
        {CAIRO_PDF_METADATA_KEYWORDS, options->keywords},
    };
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (fields[i].text.len && utf8_valid(fields[i].text))
            cairo_pdf_surface_set_metadata(surface, fields[i].field, arena_cstr(&arena, fields[i].text));
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "tongban " TONGBAN_VERSION);
    time_t seconds = (time_t)(options->created_ms / 1000);
    struct tm utc;
    char date[40] = "";
    if (gmtime_r(&seconds, &utc) && strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &utc) > 0)
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, date);
    arena_release(&arena);
}

static enum status draw_page(cairo_surface_t *surface, cairo_t *cairo, struct str svg, struct error *err)
{
    struct drawing drawing = {0};
    if (drawing_load(svg, &drawing, err) != OK)
        return FAILED;
    double width = drawing.width * 72 / DPI;
    double height = drawing.height * 72 / DPI;
    cairo_pdf_surface_set_size(surface, width, height);
    enum status status = drawing_draw(&drawing, cairo, width, height, err);
    cairo_show_page(cairo);
    drawing_release(&drawing);
    return status;
}

struct pdf_job {
    struct arena *arena;
    const struct str *pages;
    size_t page_count;
    const struct render_options *options;
    struct str *out;
    struct error *err;
    enum status status;
};

static enum status draw_pdf(struct pdf_job *job)
{
    struct buf bytes;
    buf_init(&bytes, OUTPUT_MAX);
    cairo_surface_t *surface =
        cairo_pdf_surface_create_for_stream(append, &bytes, A4_WIDTH * 72 / DPI, A4_HEIGHT * 72 / DPI);
    set_metadata(surface, job->options);
    cairo_t *cairo = cairo_create(surface);
    enum status status = OK;
    for (size_t i = 0; i < job->page_count && status == OK; i++) {
        status = draw_page(surface, cairo, job->pages[i], job->err);
        if (status != OK)
            error_field(job->err, "page %zu", i + 1);
    }
    cairo_status_t drawn = cairo_status(cairo);
    cairo_destroy(cairo);
    cairo_surface_finish(surface);
    if (drawn == CAIRO_STATUS_SUCCESS)
        drawn = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (status == OK && drawn != CAIRO_STATUS_SUCCESS)
        status = refuse_cairo(drawn, job->err);
    if (status == OK)
        *job->out = pdf_slim(job->arena, buf_str(&bytes));
    buf_release(&bytes);
    return status;
}

static void run_pdf(void *argument)
{
    struct pdf_job *job = argument;
    job->status = draw_pdf(job);
}

enum status render_pdf(struct arena *arena, const struct str *pages, size_t page_count,
                       const struct render_options *options, struct str *out, struct error *err)
{
    if (page_count < 1 || page_count > RENDER_PAGES_MAX)
        return error_set(err, ERROR_INVALID, "svg-invalid", "A document has 1 to %d pages.", RENDER_PAGES_MAX);
    struct pdf_job job = {arena, pages, page_count, options, out, err, FAILED};
    draw_run(run_pdf, &job);
    return job.status;
}
