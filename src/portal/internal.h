/* What the files of the portal share. */
#pragma once

#include "feel/value.h"
#include "gate/gate.h"
#include "portal/portal.h"
#include "service/service.h"

#define PORTAL_ELDER_COOKIE "tongban_elder"
#define PORTAL_KIOSK_COOKIE "tongban_kiosk"

/* Renders a template (its file name without .html) with data's members and those of every page: t (texts), lang, user,
 * csrf, demo, elder, path, assets. */
enum status portal_page(struct http_request *request, int status, const char *template, struct value data,
                        struct error *err);
/* A text of the pages in the caller's language. */
struct str portal_text(const struct http_request *request, const char *key);
struct str portal_language(const struct http_request *request);
const struct pack_set *portal_packs(const struct http_request *request);
bool portal_signed_in(const struct http_request *request);
/* 303 to the sign-in page, which comes back to this address. */
enum status portal_ask_sign_in(struct http_request *request);
/* A pack's Chinese text in the caller's language; every string of a value likewise. */
struct str portal_translate(const struct http_request *request, struct str text);
struct value portal_translate_all(struct http_request *request, struct value v);
/* A sentence of C in the caller's language; "" where that has none for it. */
struct value portal_sentence(const struct http_request *request, const char *said);
/* The title of a problem in the caller's language. */
struct str portal_problem(const struct http_request *request, const struct error *err);
/* "2026年7月6日 09:00" or "6 July 2026, 09:00" of a date-time or date; "" for null. */
struct value portal_time(struct http_request *request, struct value v);
/* The state of a case or certificate in words: texts "case.closed", "outcome.granted", … */
struct str portal_state(const struct http_request *request, const char *kind, struct str word);
/* A field of a posted form; absent when it is not there or the body is none. */
struct str portal_field(struct http_request *request, const char *name);

/* The path to go back to, if it is one of this site; else "/". */
struct str portal_safe_next(struct str next);
enum status portal_show_sign_in(struct http_request *request, struct str next, const struct error *refused,
                                struct error *err);

/* Handlers, one row each in portal.c. */
#define PORTAL_HANDLERS(row)                                                                                           \
    row(home) row(catalogue) row(guide) row(start) row(start_post) row(step) row(step_post) row(check) row(check_post) \
        row(my_cases) row(progress) row(act) row(wallet) row(certificate) row(certificate_file) row(verify_code)       \
            row(verify) row(verify_post) row(open) row(open_post) row(sign_in) row(sign_in_post) row(sign_out)         \
                row(prefer) row(about) row(oidc) row(oidc_callback) row(acting) row(act_for) row(assist) row(grant)    \
                    row(end_mandate) row(factor) row(factor_post) row(tasks) row(materials) row(material_post)         \
                        row(drop_draft) row(inbox) row(read_notice) row(set_preferences) row(show_certificate)         \
                            row(offer_credential) row(wallet_act) row(eligible) row(lookup) row(lookup_post)           \
                                row(kiosk) row(kiosk_end) row(receipt) row(application) row(supplement)                \
                                    row(supplement_post) row(mine) row(mine_data) row(end_session) row(openness)       \
                                        row(sample)
#define PORTAL_DECLARE(name) enum status portal_##name(struct http_request *request, struct error *err);
PORTAL_HANDLERS(PORTAL_DECLARE)
#undef PORTAL_DECLARE

/* One template into a buffer of at most 4 MiB, for what is no page. */
MUST_USE enum status portal_render(struct http_request *request, const char *template, struct value data,
                                   struct buf *out, struct error *err);
/* Is this a machine that many use: the session is a kiosk's, or the device was set to be one? */
bool portal_at_kiosk(const struct http_request *request);
/* The cookie of a session just begun; on a kiosk's device it becomes a kiosk's session first. */
MUST_USE enum status portal_begin(struct http_request *request, struct service_session *session, struct error *err);
/* One case with its state, times and events in words. */
struct value portal_case_row(struct http_request *request, struct value one);
/* "3 working days left", "due today", "2 working days late", "clock paused"; "" without a clock. */
struct str portal_left(struct http_request *request, struct value left);
struct value portal_public_events(struct http_request *request, struct value events);
/* The sentence that explains a deadline, in the caller's language; null without one. */
struct value portal_deadline_why(struct http_request *request, struct value explanation);
/* A picture of a QR code with this text, as base64 of an SVG. */
MUST_USE enum status portal_qr(struct http_request *request, struct str text, struct value *out, struct error *err);
/* Where the progress of a case is looked up without signing in. */
struct str portal_lookup_url(const struct http_request *request, struct str no);
/* What was posted as a signature: {name, drawing}. */
struct value portal_signed(struct http_request *request);
/* What the check page needs for asking for one. */
void portal_put_signing(struct http_request *request, struct value item, const struct error *refused,
                        struct context_builder *data);
/* The signature of a case in words; null without one. */
struct value portal_signature(struct http_request *request, struct value signature);

/* A figure's value in words; those of a list with value_text, target_text, rows and whether they are about ratings. */
struct str portal_figure(struct http_request *request, struct value figure);
struct value portal_figures(struct http_request *request, struct value figures);
/* Is there an example of the item's application? */
bool portal_has_sample(const struct http_request *request, struct str code);
/* Rows of drafts and cases with titles and times as the pages show them. */
struct value portal_drafts(struct http_request *request, struct value drafts);
struct value portal_case_rows(struct http_request *request, struct value cases);
/* A certificate's page, with what was refused (or NULL). */
enum status portal_certificate_with(struct http_request *request, const struct error *refused, struct error *err);
/* Lines of its use log in words. */
struct value portal_uses(struct http_request *request, struct value uses);
/* One certificate's row or view with its state and times in words. */
struct value portal_certificate_row(struct http_request *request, struct value certificate);
/* Described steps whose dynamic lists have rows to fill in: [{number, fields}], the last one empty, each field with an
 * id of its own. */
struct value portal_step_rows(struct http_request *request, struct value steps);
/* The fields of a described step that have an error. */
struct value portal_step_errors(struct http_request *request, struct value step);
