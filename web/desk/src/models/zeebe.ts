// The zeebe: extension elements, so that the editor reads and writes them without loss, and small helpers over them.
const texts = (...names: string[]) => names.map((name) => ({ name, type: 'String', isAttr: true }));
const many = (name: string, type: string) => ({ name, type, isMany: true });
const type = (name: string, ...properties: object[]) => ({ name, superClass: ['Element'], properties });

export const zeebe = {
  name: 'zeebe', uri: 'http://camunda.org/schema/zeebe/1.0', prefix: 'zeebe', xml: { tagAlias: 'lowerCase' }, associations: [],
  types: [
    type('TaskDefinition', ...texts('type', 'retries')),
    type('TaskHeaders', many('values', 'Header')), type('Header', ...texts('key', 'value')),
    type('IoMapping', many('inputParameters', 'Input'), many('outputParameters', 'Output')),
    type('Input', ...texts('source', 'target')), type('Output', ...texts('source', 'target')),
    type('AssignmentDefinition', ...texts('assignee', 'candidateGroups', 'candidateUsers')),
    type('PriorityDefinition', ...texts('priority')), type('TaskSchedule', ...texts('dueDate', 'followUpDate')),
    type('FormDefinition', ...texts('formKey', 'formId', 'externalReference', 'bindingType', 'versionTag')),
    type('UserTaskForm', ...texts('id'), { name: 'body', type: 'String', isBody: true }), type('UserTask'),
    type('CalledDecision', ...texts('decisionId', 'resultVariable', 'bindingType', 'versionTag')),
    type('CalledElement', ...texts('processId', 'propagateAllChildVariables', 'propagateAllParentVariables', 'bindingType', 'versionTag')),
    type('Subscription', ...texts('correlationKey')), type('PublishMessage', ...texts('correlationKey', 'messageId', 'timeToLive')),
    type('Properties', many('properties', 'Property')), type('Property', ...texts('name', 'value')),
    type('LoopCharacteristics', ...texts('inputCollection', 'inputElement', 'outputCollection', 'outputElement')),
    type('Script', ...texts('expression', 'resultVariable')), type('VersionTag', ...texts('value')),
    type('ExecutionListeners', many('listeners', 'ExecutionListener')), type('ExecutionListener', ...texts('eventType', 'type', 'retries')),
    type('TaskListeners', many('listeners', 'TaskListener')), type('TaskListener', ...texts('eventType', 'type', 'retries')),
    type('AdHoc', ...texts('activeElementsCollection', 'outputCollection', 'outputElement')),
    type('ConditionalFilter', ...texts('variableNames', 'variableEvents')),
  ],
};

export type Moddle = { $type: string; id?: string; name?: string; values?: Moddle[]; properties?: Moddle[]; value?: string; body?: string;
  extensionElements?: Moddle; documentation?: Moddle[]; text?: string; sourceRef?: Moddle; default?: Moddle; conditionExpression?: Moddle;
  eventDefinitions?: Moddle[]; [name: string]: unknown };
export type Shape = { id: string; type: string; businessObject: Moddle; labelTarget?: Shape };
export type Services = {
  modeling: { updateProperties(shape: Shape, properties: object): void; updateModdleProperties(shape: Shape, of: Moddle, properties: object): void };
  moddle: { create(type: string, properties?: object): Moddle };
};

export const extension = (of: Moddle, name: string): Moddle | undefined => of.extensionElements?.values?.find((one) => one.$type === `zeebe:${name}`);

/** Sets attributes of one extension element; with all of them empty it is taken away. */
export function setExtension(services: Services, shape: Shape, name: string, attributes: Record<string, unknown>): void {
  const { modeling, moddle } = services;
  const of = shape.businessObject;
  let all = of.extensionElements;
  if (!all) {
    all = moddle.create('bpmn:ExtensionElements', { values: [] });
    modeling.updateProperties(shape, { extensionElements: all });
  }
  const found = extension(of, name);
  const merged = { ...attributes };
  for (const key of Object.keys(merged)) if (merged[key] === '') merged[key] = undefined;
  if (found) return modeling.updateModdleProperties(shape, found, merged);
  if (Object.values(merged).every((one) => one === undefined)) return;
  const made = moddle.create(`zeebe:${name}`, merged);
  modeling.updateModdleProperties(shape, all, { values: [...(all.values ?? []), made] });
}

export const property = (of: Moddle, name: string): string =>
  extension(of, 'Properties')?.properties?.find((one) => one.name === name)?.value ?? '';
export function setProperty(services: Services, shape: Shape, name: string, value: string): void {
  const rest = (extension(shape.businessObject, 'Properties')?.properties ?? []).filter((one) => one.name !== name);
  const next = value ? [...rest, services.moddle.create('zeebe:Property', { name, value })] : rest;
  setExtension(services, shape, 'Properties', { properties: next });
}
