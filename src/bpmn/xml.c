/* Reading XML with libxml2: no network, no document types, no entities. */
#include "bpmn/load.h"

#include <libxml/xmlerror.h>
#include <string.h>

bool bpmn_xml_is(const xmlNode *node, const char *namespace, const char *name)
{
    return node->type == XML_ELEMENT_NODE && node->ns && node->ns->href &&
           strcmp((const char *)node->ns->href, namespace) == 0 && strcmp((const char *)node->name, name) == 0;
}

static struct str take(struct loader *self, xmlChar *text)
{
    if (!text)
        return STR_NONE;
    struct str copy = arena_str(self->arena, str_of((const char *)text));
    xmlFree(text);
    return copy;
}

struct str bpmn_xml_attribute(struct loader *self, const xmlNode *node, const char *name)
{
    return take(self, xmlGetNoNsProp(node, (const xmlChar *)name));
}

bool bpmn_xml_flag(struct loader *self, const xmlNode *node, const char *name, bool absent)
{
    struct str text = bpmn_xml_attribute(self, node, name);
    if (!text.data)
        return absent;
    return str_equal(text, STR("true")) || str_equal(text, STR("1"));
}

struct str bpmn_xml_content(struct loader *self, const xmlNode *node)
{
    struct str text = take(self, xmlNodeGetContent(node));
    return text.data ? str_trim(text) : STR("");
}

static xmlNode *first_of(xmlNode *from, const char *namespace, const char *name)
{
    for (xmlNode *node = from; node; node = node->next)
        if (bpmn_xml_is(node, namespace, name))
            return node;
    return NULL;
}

xmlNode *bpmn_xml_child(const xmlNode *node, const char *namespace, const char *name)
{
    return node ? first_of(node->children, namespace, name) : NULL;
}

xmlNode *bpmn_xml_next(const xmlNode *node, const char *namespace, const char *name)
{
    return first_of(node->next, namespace, name);
}

xmlNode *bpmn_xml_extension(const xmlNode *node, const char *name)
{
    return bpmn_xml_child(bpmn_xml_child(node, BPMN_NAMESPACE, "extensionElements"), ZEEBE_NAMESPACE, name);
}

size_t bpmn_xml_count(const xmlNode *node, const char *namespace, const char *name)
{
    size_t count = 0;
    for (xmlNode *child = bpmn_xml_child(node, namespace, name); child; child = bpmn_xml_next(child, namespace, name))
        count++;
    return count;
}

int bpmn_xml_line(const xmlNode *node)
{
    return node ? (int)xmlGetLineNo(node) : 0;
}

xmlDoc *bpmn_xml_read(struct str text, struct error *err)
{
    xmlParserCtxt *parser = xmlNewParserCtxt();
    if (!parser) {
        error_set(err, ERROR_INTERNAL, "xml-reader", "The XML reader cannot be started.");
        return NULL;
    }
    xmlDoc *doc = xmlCtxtReadMemory(parser, text.data, (int)text.len, NULL, NULL,
                                    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES);
    if (!doc) {
        const xmlError *last = xmlCtxtGetLastError(parser);
        struct str message = str_trim(str_of(last && last->message ? last->message : "not readable"));
        error_set(err, ERROR_INVALID, "bpmn-xml", "The file is not well-formed XML: %.*s.", STR_ARGS(message));
        error_field(err, "line %d", last ? last->line : 0);
    } else if (doc->intSubset || doc->extSubset) {
        error_set(err, ERROR_INVALID, "bpmn-xml", "The file has a document type declaration; that is not accepted.");
        error_hint(err, "Remove the <!DOCTYPE …> line.");
        xmlFreeDoc(doc);
        doc = NULL;
    }
    xmlFreeParserCtxt(parser);
    return doc;
}
