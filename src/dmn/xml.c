/* Reading XML safely: from memory only, no network, no document types and so no entities; sizes and depth limited. */
#include "dmn/internal.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <string.h>

#define BYTES_MAX ((size_t)10 * 1024 * 1024)
#define ELEMENTS_MAX ((size_t)500000)

static const char *const namespaces[] = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",   /* 1.1 */
    "http://www.omg.org/spec/DMN/20151101/dmn11.xsd", /* 1.1, as some tools wrote it */
    "http://www.omg.org/spec/DMN/20180521/MODEL/",    /* 1.2 */
    "https://www.omg.org/spec/DMN/20191111/MODEL/",   /* 1.3 */
    "https://www.omg.org/spec/DMN/20211108/MODEL/",   /* 1.4 */
    "https://www.omg.org/spec/DMN/20230324/MODEL/",   /* 1.5 */
    "https://www.omg.org/spec/DMN/20240513/MODEL/",   /* 1.6 */
};

static void refuse_document_type(void *context, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
    (void)name, (void)public_id, (void)system_id;
    xmlParserCtxt *parser = context;
    *(bool *)parser->_private = true;
    xmlStopParser(parser);
}

static bool too_many_elements(const xmlNode *root, size_t max)
{
    size_t count = 0;
    const xmlNode *node = root;
    while (node) {
        if (node->type == XML_ELEMENT_NODE && ++count > max)
            return true;
        if (node->children && node->type == XML_ELEMENT_NODE) {
            node = node->children;
            continue;
        }
        while (node != root && !node->next)
            node = node->parent;
        node = node == root ? NULL : node->next;
    }
    return false;
}

static bool is_dmn(const xmlNode *root)
{
    if (!root || !root->ns || !root->ns->href || strcmp((const char *)root->name, "definitions") != 0)
        return false;
    for (size_t i = 0; i < COUNT_OF(namespaces); i++)
        if (strcmp((const char *)root->ns->href, namespaces[i]) == 0)
            return true;
    return false;
}

static enum status refuse_syntax(const struct dmn_source *source, xmlParserCtxt *parser, struct error *err)
{
    const xmlError *last = xmlCtxtGetLastError(parser);
    const char *message = last && last->message ? last->message : "it is empty";
    struct str text = str_trim(str_of(message));
    error_set(err, ERROR_INVALID, "dmn-xml", "%.*s is not well-formed XML: %.*s.", STR_ARGS(source->name),
              STR_ARGS(text));
    return error_field(err, "line %d, column %d", last ? last->line : 1, last ? last->int2 : 1);
}

static enum status check_document(const struct dmn_source *source, const xmlDoc *document, size_t elements_max,
                                  struct error *err)
{
    const xmlNode *root = xmlDocGetRootElement(document);
    if (!is_dmn(root)) {
        error_set(err, ERROR_INVALID, "dmn-model", "%.*s is not a DMN model: its root is <%s> in namespace '%s'.",
                  STR_ARGS(source->name), root ? (const char *)root->name : "",
                  root && root->ns && root->ns->href ? (const char *)root->ns->href : "");
        error_field(err, "line %u", root ? dmn_xml_line(root) : 1);
        return error_hint(err, "Save it as DMN 1.1, 1.2, 1.3, 1.4 or 1.5.");
    }
    if (too_many_elements(root, elements_max)) {
        error_set(err, ERROR_LIMIT, "dmn-limit", "%.*s has more than %zu elements.", STR_ARGS(source->name),
                  elements_max);
        return FAILED;
    }
    return OK;
}

enum status dmn_xml_open(const struct dmn_source *source, const struct dmn_options *options, xmlDoc **out,
                         struct error *err)
{
    size_t bytes_max = options && options->bytes_max ? options->bytes_max : BYTES_MAX;
    size_t elements_max = options && options->elements_max ? options->elements_max : ELEMENTS_MAX;
    if (bytes_max > INT32_MAX)
        bytes_max = INT32_MAX;
    if (source->text.len > bytes_max) {
        error_set(err, ERROR_TOO_LARGE, "dmn-limit", "%.*s is larger than %zu bytes.", STR_ARGS(source->name),
                  bytes_max);
        return error_hint(err, "Split the model into several files that import each other.");
    }
    xmlParserCtxt *parser = xmlNewParserCtxt();
    CHECK(parser);
    bool has_document_type = false;
    parser->_private = &has_document_type;
    parser->sax->internalSubset = refuse_document_type;
    xmlDoc *document =
        xmlCtxtReadMemory(parser, source->text.data ? source->text.data : "", (int)source->text.len, NULL, NULL,
                          XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES);
    enum status status = OK;
    if (has_document_type) {
        status = error_set(err, ERROR_INVALID, "dmn-xml", "%.*s has a document type or entities, which are refused.",
                           STR_ARGS(source->name));
        error_field(err, "line %d", parser->input ? parser->input->line : 1);
    } else if (!document) {
        status = refuse_syntax(source, parser, err);
    } else {
        status = check_document(source, document, elements_max, err);
    }
    xmlFreeParserCtxt(parser);
    if (status == OK)
        *out = document;
    else
        xmlFreeDoc(document);
    return status;
}

bool dmn_xml_is(const xmlNode *node, const char *name)
{
    return strcmp((const char *)node->name, name) == 0;
}

static bool same_namespace(const xmlNode *a, const xmlNode *b)
{
    return a->ns && b->ns && (a->ns == b->ns || xmlStrEqual(a->ns->href, b->ns->href));
}

static xmlNode *first_from(xmlNode *node, const xmlNode *like, const char *name)
{
    for (; node; node = node->next)
        if (node->type == XML_ELEMENT_NODE && same_namespace(node, like) && (!name || dmn_xml_is(node, name)))
            return node;
    return NULL;
}

xmlNode *dmn_xml_child(const xmlNode *parent, const char *name)
{
    return parent ? first_from(parent->children, parent, name) : NULL;
}

xmlNode *dmn_xml_next(const xmlNode *node, const char *name)
{
    return first_from(node->next, node, name);
}

struct str dmn_xml_attribute(struct arena *arena, const xmlNode *node, const char *name)
{
    xmlChar *value = node ? xmlGetNoNsProp(node, (const xmlChar *)name) : NULL;
    if (!value)
        return STR_NONE;
    struct str copy = arena_str(arena, str_trim(str_of((const char *)value)));
    xmlFree(value);
    return copy;
}

struct str dmn_xml_name(struct arena *arena, const xmlNode *node, const char *name)
{
    struct str text = dmn_xml_attribute(arena, node, name);
    char *to = (char *)(uintptr_t)text.data;
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool blank = text.data[i] == ' ' || text.data[i] == '\t' || text.data[i] == '\n' || text.data[i] == '\r';
        if (!blank)
            to[len++] = text.data[i];
        else if (to[len - 1] != ' ')
            to[len++] = ' ';
    }
    return (struct str){text.data, len};
}

struct str dmn_xml_content(struct arena *arena, const xmlNode *node)
{
    xmlChar *content = xmlNodeGetContent(node);
    if (!content)
        return STR_NONE;
    struct str copy = arena_str(arena, str_of((const char *)content));
    xmlFree(content);
    return copy;
}

struct str dmn_xml_child_text(struct arena *arena, const xmlNode *parent, const char *name)
{
    const xmlNode *child = dmn_xml_child(parent, name);
    return child ? dmn_xml_content(arena, child) : STR_NONE;
}

uint32_t dmn_xml_line(const xmlNode *node)
{
    long line = xmlGetLineNo(node);
    return line > 0 ? (uint32_t)line : 0;
}

struct str dmn_xml_id(struct arena *arena, const xmlNode *node)
{
    for (; node && node->type == XML_ELEMENT_NODE; node = node->parent) {
        struct str id = dmn_xml_attribute(arena, node, "id");
        if (id.len)
            return id;
    }
    return STR_NONE;
}
