// Boxed expressions as the XML has them (DMN 1.2 to 1.5): read and changed in place, so that what is not known here stays as it is.
export const KINDS = ['literalExpression', 'context', 'list', 'relation', 'functionDefinition', 'invocation', 'conditional', 'filter', 'for', 'some', 'every'] as const;
export type Kind = (typeof KINDS)[number] | 'decisionTable';
const EXPRESSIONS: readonly string[] = [...KINDS, 'decisionTable', 'encapsulatedLogic'];
/** What the DMN editor reads: it drops the elements that later versions brought. */
const NAMESPACE = 'https://www.omg.org/spec/DMN/20191111/MODEL/';
const LATER = ['conditional', 'filter', 'for', 'some', 'every'];

export const children = (of: Element, name?: string) => [...of.children].filter((one) => one.namespaceURI === of.namespaceURI && (!name || one.localName === name));
export const child = (of: Element, name: string): Element | undefined => children(of, name)[0];
export const expressions = (of: Element) => children(of).filter((one) => EXPRESSIONS.includes(one.localName));
export const textOf = (of: Element | undefined) => (of && child(of, 'text')?.textContent) ?? '';
export const attribute = (of: Element | undefined, name: string) => of?.getAttribute(name) ?? '';

export function parse(source: string): Document | null {
  const made = new DOMParser().parseFromString(source, 'application/xml');
  return made.getElementsByTagName('parsererror').length ? null : made;
}
const START_TAG = /^<[^\s>]+(?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*>/;
/** The text again; what stands before the root element and its start tag, which browsers put in another order, are kept to the letter. */
export function write(made: Document, source: string): string {
  const from = source.slice(source.indexOf('<' + made.documentElement.tagName));
  const before = source.slice(0, source.length - from.length);
  const after = source.slice(source.lastIndexOf('>') + 1);
  const text = new XMLSerializer().serializeToString(made.documentElement);
  const tag = START_TAG.exec(from)?.[0];
  return before + (tag ? tag + text.replace(START_TAG, '') : text) + after;
}

const isTable = (logic: Element) => logic.localName === 'decisionTable';
/** A whole function's logic, or a decision's: what is one box at the top. */
export function logicOf(node: Element): Element | undefined {
  return node.localName === 'businessKnowledgeModel' ? child(node, 'encapsulatedLogic') : expressions(node)[0];
}
export const nodesOf = (made: Document) => children(made.documentElement).filter((one) => one.localName === 'decision' || one.localName === 'businessKnowledgeModel');
export const nodeOf = (made: Document, id: string) => nodesOf(made).find((one) => attribute(one, 'id') === id);
/** Whether the DMN editor would lose something of it. */
export const isForeign = (made: Document) =>
  made.documentElement.namespaceURI !== NAMESPACE || [...made.getElementsByTagNameNS(NAMESPACE, '*')].some((one) => LATER.includes(one.localName));
/** The DMN editor has a view for tables, literal expressions, and functions whose body is one. */
export function isBoxed(node: Element): boolean {
  const logic = logicOf(node);
  const body = logic && (node.localName === 'decision' ? logic : expressions(logic)[0]);
  if (!body) return true;
  return body.localName !== 'literalExpression' && (!isTable(body) || node.localName !== 'decision');
}

// ---- Changes ----
const INDENT = '  ';
function depthOf(of: Element): number {
  let depth = 0;
  for (let at = of.parentElement; at; at = at.parentElement) depth++;
  return depth;
}
const blankBefore = (of: Element) => (of.previousSibling?.nodeType === Node.TEXT_NODE && !of.previousSibling.textContent!.trim() ? of.previousSibling : null);
function make(like: Element, name: string): Element {
  const prefix = like.prefix ? like.prefix + ':' : '';
  return like.ownerDocument.createElementNS(like.namespaceURI, prefix + name);
}
function made(like: Element, name: string, attributes: Record<string, string> = {}): Element {
  const one = make(like, name);
  one.setAttribute('id', `${name}_${crypto.randomUUID().slice(0, 8)}`);
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
  return one;
}
/** before: null puts it at the end. */
export function put(into: Element, one: Element, before: Element | null = null): Element {
  const break_ = '\n' + INDENT.repeat(depthOf(into) + 1);
  if (before) {
    into.insertBefore(one, before);
    into.insertBefore(into.ownerDocument.createTextNode(break_), before);
    return one;
  }
  const last = into.lastElementChild;
  if (last) last.after(break_, one);
  else {
    for (const rest of [...into.childNodes]) if (rest.nodeType === Node.TEXT_NODE && !rest.textContent!.trim()) rest.remove();
    into.prepend(break_, one);
    into.append('\n' + INDENT.repeat(depthOf(into)));
  }
  return one;
}
export function drop(one: Element): void {
  blankBefore(one)?.remove();
  one.remove();
}
/** Among its like: -1 up, 1 down. */
export function move(one: Element, by: -1 | 1): void {
  const like = children(one.parentElement!, one.localName);
  const all = EXPRESSIONS.includes(one.localName) ? expressions(one.parentElement!) : like;
  const other = all[all.indexOf(one) + by];
  if (!other) return;
  const place = one.ownerDocument.createComment('');
  one.replaceWith(place);
  other.replaceWith(one);
  place.replaceWith(other);
}
export function setText(of: Element, text: string): void {
  const at = child(of, 'text') ?? put(of, make(of, 'text'));
  at.textContent = text;
}
export function setAttribute(of: Element, name: string, value: string): void {
  if (value) of.setAttribute(name, value);
  else of.removeAttribute(name);
}
export function setName(entry: Element, name: string): void {
  setAttribute(child(entry, 'variable') ?? put(entry, made(entry, 'variable'), entry.firstElementChild), 'name', name);
}

function literal(like: Element, text = ''): Element {
  const one = made(like, 'literalExpression');
  const words = make(like, 'text');
  words.textContent = text;
  one.append(words);
  return one;
}
export const addLiteral = (into: Element, before: Element | null = null) => put(into, literal(into), before);
/** A decision or function without logic gets an empty expression. */
export function begin(node: Element): void {
  addLiteral(node.localName === 'decision' ? node : child(node, 'encapsulatedLogic') ?? put(node, made(node, 'encapsulatedLogic'), child(node, 'knowledgeRequirement') ?? null));
}
export function addEntry(context: Element, name: string, inner?: Element): Element {
  const result = children(context, 'contextEntry').find((one) => !child(one, 'variable')) ?? null;
  const entry = put(context, made(context, 'contextEntry'), result);
  put(entry, made(context, 'variable', { name }));
  put(entry, inner ?? literal(context));
  return entry;
}
export function addResult(context: Element): void {
  addLiteral(put(context, made(context, 'contextEntry')));
}
export function addParameter(of: Element, name: string): void {
  put(of, made(of, 'formalParameter', { name }), expressions(of)[0] ?? null);
}
export function addBinding(invocation: Element, name: string): void {
  const binding = put(invocation, make(invocation, 'binding'));
  put(binding, made(invocation, 'parameter', { name }));
  addLiteral(binding);
}
export function addColumn(relation: Element, name: string): void {
  put(relation, made(relation, 'column', { name }), child(relation, 'row') ?? null);
  for (const row of children(relation, 'row')) addLiteral(row);
}
export function dropColumn(relation: Element, index: number): void {
  drop(children(relation, 'column')[index]!);
  for (const row of children(relation, 'row')) if (expressions(row)[index]) drop(expressions(row)[index]!);
}
export function addRow(relation: Element): void {
  const row = put(relation, made(relation, 'row'));
  for (const _ of children(relation, 'column')) addLiteral(row);
}
export function addRule(table: Element): void {
  const rule = put(table, made(table, 'rule'));
  const cell = (name: string, text: string) => { const one = made(table, name); const words = make(table, 'text'); words.textContent = text; one.append(words); put(rule, one); };
  for (const _ of children(table, 'input')) cell('inputEntry', '-');
  for (const _ of children(table, 'output')) cell('outputEntry', '');
}

const PARTS: Record<string, string[]> = { conditional: ['if', 'then', 'else'], filter: ['in', 'match'], for: ['in', 'return'], some: ['in', 'satisfies'], every: ['in', 'satisfies'] };
export const partsOf = (expression: Element) => PARTS[expression.localName] ?? [];
/** Another kind in its place; what was there becomes its first part. */
export function turnInto(old: Element, kind: Kind): Element {
  const before = old.ownerDocument.createComment('');
  const next = kind === 'literalExpression' ? literal(old) : made(old, kind);
  old.replaceWith(before);
  before.replaceWith(next);
  const kept = kind === 'literalExpression' ? null : old;
  if (kind === 'context') addEntry(next, 'a', kept!);
  else if (kind === 'list' || kind === 'functionDefinition') put(next, kept!);
  else if (kind === 'relation') { addColumn(next, 'a'); put(put(next, made(old, 'row')), kept!); }
  else if (kind === 'invocation') { put(next, old.localName === 'literalExpression' ? old : literal(old)); addBinding(next, 'a'); }
  for (const [i, part] of partsOf(next).entries()) {
    const at = put(next, make(next, part));
    put(at, i === 0 ? kept! : literal(next));
  }
  if (partsOf(next).length && kind !== 'conditional' && kind !== 'filter') next.setAttribute('iteratorVariable', 'item');
  return next;
}
