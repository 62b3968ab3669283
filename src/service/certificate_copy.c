/* What a certificate that was printed again says of it: which copy it is and when it was printed, in the margin of
 * every page. */
#include "service/certificate_work.h"

#include "clock/instant.h"

#include <string.h>

struct str certificate_copy_line(struct work *work, const struct work_certificate *held)
{
    struct value log = value_get(held->body, STR("log"));
    int64_t copies = certificate_copies(held), at = 0;
    for (size_t i = value_count(log); at == 0 && i-- > 0;)
        if (str_equal(value_text(value_get(value_at(log, i), STR("what"))), STR("reprinted")))
            at = value_int_or(value_get(value_at(log, i), STR("at")), 0);
    if (copies == 0)
        return STR_NONE;
    const struct pack_set *packs = work->service->packs;
    struct str number = pack_text(packs, STR("zh-CN"), STR("certificate.copy"));
    struct str time = pack_text(packs, STR("zh-CN"), STR("certificate.printed"));
    struct clock_date day = day_date(instant_day(at));
    int64_t minutes = instant_time_of_day(at) / CLOCK_MINUTE_MS;
    return arena_printf(work->arena, "%.*s %" PRId64 " · %.*s %04d-%02d-%02d %02d:%02d", STR_ARGS(number), copies + 1,
                        STR_ARGS(time), (int)day.year, day.month, day.day, (int)(minutes / 60), (int)(minutes % 60));
}

/* Width and height of viewBox="0 0 W H". */
static bool box_of(struct str svg, int64_t *width, int64_t *height)
{
    ptrdiff_t at = str_find(svg, STR("viewBox=\"0 0 "), 0);
    if (at < 0)
        return false;
    struct str rest = str_part(svg, (size_t)at + strlen("viewBox=\"0 0 "), svg.len);
    struct str size = str_cut(&rest, '"'), w = str_cut(&size, ' ');
    return str_to_int64(w, width) && str_to_int64(size, height);
}

struct str certificate_put_line(struct arena *arena, struct str svg, struct str line)
{
    int64_t width, height;
    struct str end = STR("</svg>"), body = str_trim(svg);
    if (!line.len || !str_ends(body, end) || !box_of(svg, &width, &height))
        return svg;
    return arena_printf(arena,
                        "%.*s<text x=\"%" PRId64 "\" y=\"%" PRId64
                        "\" text-anchor=\"middle\" style=\"font-family: 'Noto Sans CJK SC',"
                        " sans-serif; font-size: 2.6px; fill: #444\">%.*s</text></svg>",
                        (int)(body.len - end.len), body.data, width / 2, height - 4, STR_ARGS(line));
}
