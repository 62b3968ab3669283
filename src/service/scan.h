/* What an uploaded file is, told by its content, and whether a scanner finds malware in it. */
#pragma once

#include "service/service.h"

enum file_kind { FILE_OTHER, FILE_PDF, FILE_PNG, FILE_JPEG, FILE_OFD, FILE_PROGRAM };

enum file_kind file_kind_of(struct str content);
/* Media type; absent for FILE_OTHER and FILE_PROGRAM. */
struct str file_kind_type(enum file_kind kind);

/* Refuses a program, a name or type that its content contradicts, and, from persons and organisations, what is neither
 * PDF, PNG, JPEG nor OFD: file-type, with the field "file". *type becomes the media type of the content where it is
 * known. */
MUST_USE enum status file_check(const struct call *call, struct str name, struct str content, struct str *type,
                                struct error *err);

/* Asks the scanner of the setting scan.clamd ("127.0.0.1:3310", or the path of a socket) by clamd's INSTREAM; does
 * nothing without the setting. file-infected; scan-unavailable when it does not answer: nothing is taken in unscanned.
 */
MUST_USE enum status file_scan(const struct call *call, struct str content, struct error *err);
