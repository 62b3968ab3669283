/* What the files that read XML share. */
#pragma once

#include "bpmn/internal.h"

#include <libxml/parser.h>
#include <libxml/tree.h>

#define BPMN_NAMESPACE "http://www.omg.org/spec/BPMN/20100524/MODEL"
#define ZEEBE_NAMESPACE "http://camunda.org/schema/zeebe/1.0"

/* Containers inside containers. */
#define LOAD_DEPTH_MAX 30

struct source {
    struct element *element;
    xmlNode *xml;
};
struct flow_source {
    struct element *scope;
    xmlNode *xml;
};

struct loader {
    struct arena *arena;
    struct bpmn_load_options options;
    struct bpmn_problems problems;
    size_t error_count;
    struct name_table *roots; /* ids of messages, signals, errors, escalations -> xmlNode */
    struct bpmn_model *model;

    /* The process being read. */
    struct bpmn_process *process;
    struct name_table *ids;
    VECTOR(struct source) sources;
    VECTOR(struct flow_source) flows;
    VECTOR(xmlNode *) associations;
};

void bpmn_load_problem(struct loader *self, const xmlNode *xml, struct str id, const char *code, const char *format,
                       ...) PRINTF_LIKE(5, 6);

/* xml.c: texts are copied into the loader's arena; absent ones are STR_NONE. */
bool bpmn_xml_is(const xmlNode *node, const char *namespace, const char *name);
struct str bpmn_xml_attribute(struct loader *self, const xmlNode *node, const char *name);
bool bpmn_xml_flag(struct loader *self, const xmlNode *node, const char *name, bool absent);
struct str bpmn_xml_content(struct loader *self, const xmlNode *node);
/* The first child element of that name, or NULL. */
xmlNode *bpmn_xml_child(const xmlNode *node, const char *namespace, const char *name);
xmlNode *bpmn_xml_extension(const xmlNode *node, const char *name);
xmlNode *bpmn_xml_next(const xmlNode *node, const char *namespace,
                       const char *name); /* the next sibling of that name */
size_t bpmn_xml_count(const xmlNode *node, const char *namespace, const char *name);
xmlDoc *bpmn_xml_read(struct str text, struct error *err);
int bpmn_xml_line(const xmlNode *node);

/* load_detail.c */
void bpmn_load_details(struct loader *self, struct element *element, xmlNode *xml);
void bpmn_load_expression(struct loader *self, const xmlNode *xml, struct str id, struct str text,
                          struct expression *out);
/* FEEL with or without the leading "=". */
void bpmn_load_feel(struct loader *self, const xmlNode *xml, struct str id, struct str text, struct expression *out);
struct bpmn_pairs bpmn_load_pairs(struct loader *self, const xmlNode *parent, const char *name, const char *key);

/* load_event.c */
void bpmn_load_event(struct loader *self, struct element *element, xmlNode *xml);
void bpmn_load_message(struct loader *self, struct element *element, xmlNode *xml, struct str reference);

/* load_rules.c: what cannot be executed although every part of it can. */
void bpmn_load_rules(struct loader *self, struct bpmn_process *process, const struct source *sources);
