/* A file that comes in parts, so that a lost connection costs one part:
 *
 *     begin ---> part at 0 ---> part where the last one ended ---> … ---> the last part: checked, scanned, kept as a
 * file
 *
 * What nothing comes for within a day is thrown away. */
#pragma once

#include "service/service.h"

#define SERVICE_UPLOAD_PART_LEAST ((size_t)64 * 1024)      /* of a part that is not the last */
#define SERVICE_UPLOAD_PART_MOST ((size_t)4 * 1024 * 1024)

struct service_upload {
    struct str name, type; /* as service_file_put */
    int64_t size;          /* at most 20 MiB */
};
/* {id, offset, size, name, part_least, part_most}. Beyond four of one owner the one that waits longest is thrown away.
 */
MUST_USE enum status service_upload_begin(const struct call *call, const struct service_upload *wanted,
                                          struct value *out, struct error *err);
/* The same. upload-not-found. */
MUST_USE enum status service_upload_get(const struct call *call, struct str id, struct value *out, struct error *err);
/* The same, and with the last part file: the view of service_file_put. upload-offset when it does not begin where the
 * upload stands; upload-part when it is too small, too large or goes beyond the size; what service_file_put refuses
 * ends the upload. */
MUST_USE enum status service_upload_part(const struct call *call, struct str id, int64_t offset, struct str content,
                                         struct value *out, struct error *err);
MUST_USE enum status service_upload_drop(const struct call *call, struct str id, struct error *err);
