/* What the pages of one application share: start and task list (begin.c), steps and check (apply.c), materials
 * (material.c). */
#pragma once

#include "form/form.h"
#include "pack/pack.h"
#include "portal/internal.h"
#include "service/case.h"

/* What the pages of one application need. */
struct application {
    struct call call;
    struct str code;
    struct str draft;
    struct value item;
    const struct form *form;
    struct value data;
    struct value materials, sources, asked, carried_over; /* of the draft */
    struct value disputes; /* {path: why} that a post brings; null: none */
    struct pack_texts texts;
    struct feel_run run;
    struct form_env env;
};

/* The item of the path with its form. */
MUST_USE enum status application_item(struct http_request *request, struct application *app, struct error *err);
/* The draft of the path. */
MUST_USE enum status application_load(struct http_request *request, struct application *app, struct error *err);
MUST_USE enum status application_keep(struct http_request *request, struct application *app, int64_t step,
                                      struct value *out, struct error *err);
/* 303 to a page of the draft: "1", "materials", "check"; "": its task list. */
enum status application_to_step(struct http_request *request, const struct application *app, const char *step);
/* Steps that are to be seen, in order, each with its number among them. */
struct value application_steps(struct http_request *request, struct value description);
/* Parties bring materials; staff who apply for their own work write them into the form. */
bool application_has_materials(const struct application *app);
/* The materials that the draft asks for: service_materials_asked. */
MUST_USE enum status application_materials(const struct application *app, struct value *out, struct error *err);
/* Fields of a step with source_text, held_text, differs and why where they were filled in beforehand. wrong: the path
 * whose value the applicant says is not right, or empty. */
struct value application_sourced(struct http_request *request, const struct application *app, struct value fields,
                                 struct str wrong);
/* Where the values were taken from: [{text, count}]. */
struct value application_summary(struct http_request *request, const struct application *app);
