// A decision model as a page needs it: the tables to read, the decisions to ask, and whose a part is.
import type { DecisionTable } from '../../../shared/api/types.ts';

const parse = (xml: string) => new DOMParser().parseFromString(xml, 'application/xml');
const children = (of: Element, name: string) => [...of.children].filter((one) => one.localName === name);
const text = (of: Element | undefined) => (of ? children(of, 'text')[0]?.textContent?.trim() ?? '' : '');

/** The decision or business knowledge that an element stands in. */
export function decisionOf(xml: string, id: string): string | null {
  let at = [...parse(xml).getElementsByTagName('*')].find((one) => one.getAttribute('id') === id) ?? null;
  while (at && at.localName !== 'decision' && at.localName !== 'businessKnowledgeModel') at = at.parentElement;
  return at?.getAttribute('id') ?? null;
}

export type Decision = { id: string; name: string; knowledge: boolean; table: DecisionTable | null };
function tableOf(decision: Element): DecisionTable | null {
  const table = decision.getElementsByTagNameNS('*', 'decisionTable')[0];
  if (!table) return null;
  return {
    id: table.getAttribute('id') ?? '', name: decision.getAttribute('name') ?? '', hit_policy: table.getAttribute('hitPolicy') ?? 'UNIQUE',
    inputs: children(table, 'input').map((one) => ({ label: one.getAttribute('label') ?? '', expression: text(children(one, 'inputExpression')[0]) })),
    outputs: children(table, 'output').map((one) => ({ label: one.getAttribute('label') ?? '', name: one.getAttribute('name') ?? '' })),
    rules: children(table, 'rule').map((rule, i) => ({ index: i + 1, id: rule.getAttribute('id') ?? '', inputs: children(rule, 'inputEntry').map(text),
      outputs: children(rule, 'outputEntry').map(text), annotation: children(rule, 'annotationEntry').map(text).join(' ') || (children(rule, 'description')[0]?.textContent ?? '') })),
  };
}
export function decisionsOf(xml: string): Decision[] {
  return [...parse(xml).getElementsByTagName('*')].filter((one) => one.localName === 'decision' || one.localName === 'businessKnowledgeModel')
    .map((one) => ({ id: one.getAttribute('id') ?? '', name: one.getAttribute('name') ?? '', knowledge: one.localName !== 'decision', table: tableOf(one) }));
}
export function inputsOf(xml: string): Record<string, unknown> {
  return Object.fromEntries([...parse(xml).getElementsByTagName('*')].filter((one) => one.localName === 'inputData').map((one) => [one.getAttribute('name') ?? '', null]));
}
