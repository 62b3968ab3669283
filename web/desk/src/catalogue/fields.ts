// The fields of an item as the form shows them. A field's key is its path in the item's file; its label is the text `f.<path>`.
export type Kind = 'text' | 'long' | 'number' | 'choice' | 'codes' | 'words' | 'lines' | 'flag' | 'date' | 'rows';
export type Field = { path: string; kind: Kind; table?: string; values?: string[]; columns?: { key: string; kind: Kind; values?: string[] }[] };

const text = (...paths: string[]): Field[] => paths.map((path) => ({ path, kind: 'text' }));
const units = ['working-day', 'day', 'hour', 'month'];
const own = (...paths: string[]) => text(...paths.map((path) => `implementation.${path}`));

export const sections: { name: string; fields: Field[] }[] = [
  { name: 'basics', fields: [
    ...text('title'), { path: 'summary', kind: 'long' }, ...text('catalog_code'), { path: 'type', kind: 'choice', table: 'item-type' },
    { path: 'topic', kind: 'choice', table: 'topic' }, { path: 'handling', kind: 'choice', values: ['instant', 'commitment'] },
    { path: 'subjects', kind: 'codes', table: 'service-subject' }, { path: 'keywords', kind: 'words' }, { path: 'synonyms', kind: 'words' }, { path: 'pinyin', kind: 'words' },
  ] },
  { name: 'limits', fields: [
    { path: 'limits.statutory.n', kind: 'number' }, { path: 'limits.statutory.unit', kind: 'choice', values: units }, ...text('limits.statutory.basis'),
    { path: 'limits.previous.n', kind: 'number' }, { path: 'limits.previous.unit', kind: 'choice', values: units },
    { path: 'limits.promised.n', kind: 'number' }, { path: 'limits.promised.unit', kind: 'choice', values: units }, ...own('review', 'special'),
  ] },
  { name: 'service', fields: [
    { path: 'visits', kind: 'number' }, ...text('visits_reason'), { path: 'online_depth', kind: 'number' }, { path: 'channels', kind: 'codes', values: ['1', '2', '3', '4', '9'] },
    { path: 'scope', kind: 'codes', table: 'service-scope' }, ...text('contact.consult', 'contact.complain'),
    ...text('result.name'), { path: 'result.type', kind: 'choice', values: ['10', '20', '30'] }, ...text('result.sample', 'result.certificate'),
  ] },
  { name: 'law', fields: [
    { path: 'basis', kind: 'rows', columns: [{ key: 'law', kind: 'text' }, { key: 'article', kind: 'text' }, { key: 'text', kind: 'long' }] },
    { path: 'conditions', kind: 'lines' },
  ] },
  { name: 'materials', fields: [
    { path: 'materials', kind: 'rows', columns: [{ key: 'id', kind: 'text' }, { key: 'name', kind: 'text' }, { key: 'need', kind: 'choice', values: ['1', '2', '3'] },
      { key: 'format', kind: 'choice', values: ['1', '2', '3'] }, { key: 'source', kind: 'choice', values: ['10', '20', '99'] },
      { key: 'certificate', kind: 'text' }, { key: 'standard', kind: 'long' }] },
  ] },
  { name: 'flow', fields: [
    { path: 'flow', kind: 'rows', columns: [{ key: 'step', kind: 'text' }, { key: 'days', kind: 'number' }, { key: 'unit', kind: 'choice', values: units }, { key: 'result', kind: 'long' }] },
  ] },
  { name: 'fees', fields: [
    { path: 'pay_online', kind: 'flag' },
    { path: 'fees', kind: 'rows', columns: [{ key: 'name', kind: 'text' }, { key: 'standard', kind: 'text' }, { key: 'basis', kind: 'long' }] },
  ] },
  { name: 'faq', fields: [{ path: 'faq', kind: 'rows', columns: [{ key: 'question', kind: 'text' }, { key: 'answer', kind: 'long' }] }] },
  { name: 'implementation', fields: [
    ...own('task_code', 'handle_code', 'use_level', 'body', 'body_code', 'body_kind', 'power_source', 'undertaking', 'accepting', 'deciding', 'joint', 'entrusted', 'content', 'rights',
      'duties', 'address', 'hours', 'centre', 'reservation', 'express', 'terminal', 'quantity', 'intermediary', 'reconsideration', 'litigation'),
    { path: 'implementation.planned_from', kind: 'date' }, { path: 'implementation.planned_to', kind: 'date' },
    { path: 'implementation.user_topics', kind: 'words' }, { path: 'implementation.corp_topics', kind: 'words' },
  ] },
  { name: 'runs', fields: [...text('process', 'form')] },
];

export type Json = { [name: string]: unknown };
export function read(item: Json, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => (at as Json | null | undefined)?.[key], item);
}
/** A copy with one member set; what is empty is left out. */
export function written(item: Json, path: string, value: unknown): Json {
  const [key, ...rest] = path.split('.') as [string, ...string[]];
  const inner = rest.length ? written((item[key] as Json | undefined) ?? {}, rest.join('.'), value) : value;
  const copy = { ...item };
  if (inner === undefined || inner === '' || (rest.length && Object.keys(inner as Json).length === 0)) delete copy[key];
  else copy[key] = inner;
  return copy;
}
/** What the check found, by the field beside which it is shown; '' for what belongs to none. */
export function placed(problems: { element?: string | undefined; severity: string; message: string }[]): Map<string, string[]> {
  const paths = sections.flatMap(({ fields }) => fields.map(({ path }) => path));
  const found = new Map<string, string[]>();
  for (const one of problems.filter(({ severity }) => severity === 'error')) {
    const place = (one.element ?? '').replace(/\[.*$/, '');
    const path = paths.find((each) => each === place) ?? paths.find((each) => place.startsWith(each + '.')) ?? paths.find((each) => place && each.startsWith(place + '.')) ?? '';
    found.set(path, [...(found.get(path) ?? []), one.message]);
  }
  return found;
}
