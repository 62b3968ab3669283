/* Models that clients deploy while the server runs, beside those of packs. Kept by content with versions and keys;
 * running instances keep theirs. Views of deployed things, here and in process.h and search.h, use the words of the
 * Zeebe REST API, so that its clients can take them as they are: keys are decimal texts, times are UTC, what has no
 * value is null, and every tenantId is "<default>". */
#pragma once

#include "service/service.h"

struct service_resource {
    struct str name; /* file name: *.bpmn, *.dmn, *.form */
    struct str content;
};

/* All or nothing. A file that is the newest version already, with all others, is not stored again. Needs
 * process.deploy. {deploymentKey, tenantId, deployments [{processDefinition | decisionDefinition | decisionRequirements
 * | form, resource}]}. deployment-refused: problems is then the list of {resource, element, line, code, message}. */
MUST_USE enum status service_deploy(const struct call *call, const struct service_resource *resources, size_t count,
                                    struct value *out, struct value *problems, struct error *err);

/* Not started any more; running instances go on. The version before it is the newest then. definition-not-found. */
MUST_USE enum status service_definition_delete(const struct call *call, struct str key, struct error *err);

enum service_definition { SERVICE_PROCESS = 1, SERVICE_DECISION, SERVICE_REQUIREMENTS, SERVICE_FORM };

/* One by key, as search gives it. definition-not-found also when it is of another kind. Needs process.read. */
MUST_USE enum status service_definition_get(const struct call *call, enum service_definition kind, struct str key,
                                            struct value *out, struct error *err);
/* Its file. */
MUST_USE enum status service_definition_text(const struct call *call, enum service_definition kind, struct str key,
                                             struct str *out, struct error *err);
/* The form of a process's plain start event: {formId, formKey, schema (JSON text), version, tenantId}; null when it has
 * none. */
MUST_USE enum status service_definition_form(const struct call *call, struct str key, struct value *out,
                                             struct error *err);

/* Evaluates a decision: deployed by key (or id, the newest), else of a pack by id. decision-not-found. Needs
 * decision.evaluate. {decisionDefinitionId, decisionDefinitionKey, decisionDefinitionName, decisionDefinitionVersion,
 * decisionRequirementsId, decisionRequirementsKey, decisionEvaluationKey, decisionInstanceKey, output (JSON text),
 * failedDecisionDefinitionId, failureMessage, tenantId, evaluatedDecisions [{…, decisionDefinitionType, output,
 * matchedRules [{ruleId, ruleIndex, evaluatedOutputs [{outputId, outputName, outputValue}]}], evaluatedInputs
 * [{inputId, inputName, inputValue}]}]} */
MUST_USE enum status service_definition_evaluate(const struct call *call, struct str id, struct str key,
                                                 struct value variables, struct value *out, struct error *err);
