/* What the files about certificates share: who may open one, its views, its log and its uses. */
#pragma once

#include "service/builtin.h"

/* ---- certificate.c ---- */

/* Holder, applicant or grantee, and staff whose scope covers its case; certificate-not-found for others. */
MUST_USE enum status certificate_may_open(struct work *work, const struct work_certificate *held, struct str no,
                                          struct error *err);
/* Loads it for those who may open it. */
MUST_USE enum status certificate_open(struct work *work, struct str no, struct work_certificate **out,
                                      struct error *err);
/* Is it the actor's own: a person's or organisation's who holds it or is as good as its holder? */
bool certificate_is_own(struct work *work, const struct work_certificate *held);
/* Who may dispose of it: its holder, or who applied for it; not those it was lent to. */
bool certificate_is_holders(struct work *work, const struct work_certificate *held);
struct case_id certificate_id(const struct work_certificate *held);
/* [{key, label, value}]; for strangers the public ones only, masked as the pack says. */
struct value certificate_labels(struct work *work, const struct work_certificate *held, bool only_public);
/* {no, certificate, title, number, identifier, issuer, issuer_name, valid_from, valid_to, replaces, state, issued, …}
 */
void certificate_head(struct view *view, struct work *work, const struct work_certificate *held);
/* Draws pages of a kind with these names. */
struct certificate_drawing {
    struct value names;
    struct str page; /* empty: all for PDF, else the first */
    int format;      /* enum service_format */
    struct str author, keywords;
    struct str line; /* in the margin of printed pages; absent: none */
    int64_t created_ms;
};
MUST_USE enum status certificate_draw(struct work *work, const struct pack_certificate *kind,
                                      const struct certificate_drawing *drawing, struct str *out, struct error *err);
/* path of the QR code in a square of 1 by 1, whatever the number of modules */
MUST_USE enum status certificate_qr(struct arena *arena, struct str text, struct str *out, struct error *err);
/* That path as a picture of its own. */
struct str certificate_qr_svg(struct arena *arena, struct str path);

/* ---- certificate_copy.c ---- */

/* "Copy 2, printed …" of one that was printed again; absent otherwise. */
struct str certificate_copy_line(struct work *work, const struct work_certificate *held);
/* A page with that line in its lower margin. */
struct str certificate_put_line(struct arena *arena, struct str svg, struct str line);

/* ---- certificate_store.c ---- */

/* A line in the certificate's own log. */
void certificate_note(struct work *work, struct work_certificate *held, const char *what, struct str reason);
/* What is signed, from row and body. */
struct value certificate_claims(struct work *work, const struct work_certificate *held, struct str case_no);

/* ---- certificate_use.c ---- */

/* Writes into the use log: the actor did this, for that purpose, for that case. */
struct certificate_use {
    const char *what;
    struct str purpose, case_no;
};
MUST_USE enum status certificate_used(struct work *work, const struct work_certificate *held,
                                      const struct certificate_use *use, struct error *err);

/* ---- certificate_life.c ---- */

/* A new version under the next identifier; the old one is replaced. members of face are laid over the old ones. */
struct certificate_version {
    struct value face;       /* or null */
    struct value valid_from; /* dates */
    struct value valid_to;   /* null: without end */
    struct str reason;
    const char *event; /* what the case tells: "certificate.changed" */
};
MUST_USE enum status certificate_reissue(struct work *work, struct work_certificate *old,
                                         const struct certificate_version *version, struct work_certificate **out,
                                         struct error *err);
/* How often it was printed again. */
int64_t certificate_copies(const struct work_certificate *held);
/* {possible, until, asked, decided_by} of one that has an end and is valid; null otherwise. */
struct value certificate_renewal(struct work *work, const struct work_certificate *held);
/* Tells it in the certificate's case: {no, reason, …more}. */
MUST_USE enum status certificate_event(struct work *work, const struct work_certificate *held, const char *type,
                                       struct value more, struct error *err);
