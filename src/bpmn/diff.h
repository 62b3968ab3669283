/* What differs between two versions of a model that is drawn in XML and names its elements by id: BPMN, and DMN too. */
#pragma once

#include "feel/value.h"

/* {changes [{what added | removed | changed, element (id), type, name, within (name or id of what it stands in),
 * parent (id), more (elements that came or went with it), attributes [{name, from, to}]}], moved (shapes drawn
 * elsewhere)}. In the order of the new version, what was removed last. Attributes are those of the element and of what
 * stands in it without an id of its own, as "calledDecision.decisionId" or "input[subject].source"; "text" is its text,
 * "position" the place of a rule among those that both versions have. Errors as bpmn_model_load's for what is no XML;
 * side, when not NULL, is then 0 for from and 1 for to. */
MUST_USE enum status bpmn_diff(struct arena *arena, struct str from, struct str to, struct value *out, int *side,
                               struct error *err);
