// A form as its JSON has it: components in order, groups and lists holding more. Members that are not known here are kept.
export type Component = { id: string; type: string; key?: string; path?: string; label?: string; text?: string; components?: Component[];
  values?: { value: string; label: string }[]; [name: string]: unknown };
export type FormFile = { components: Component[]; [name: string]: unknown };
export type Row = { component: Component; depth: number; place: string };
export type Value = string | number | boolean | { value: string; label: string }[] | undefined;

export const TYPES = ['textfield', 'textarea', 'number', 'datetime', 'select', 'radio', 'checkbox', 'checklist', 'group', 'dynamiclist', 'text', 'separator'] as const;
const TEXTS = ['textfield', 'textarea'];
export const CHOICES = ['select', 'radio', 'checklist'];
const HOLDERS = ['group', 'dynamiclist'];
const SILENT = ['text', 'separator'];
const KEYED = TYPES.filter((one) => !HOLDERS.includes(one) && !SILENT.includes(one)) as string[];
const LOUD = [...KEYED, ...HOLDERS];

/** One line of the properties. kind bound: a number or a date, as the component is; feel: an expression, kept with "=" before it. */
export type Property = { path: string; kind: 'text' | 'area' | 'number' | 'flag' | 'choice' | 'bound' | 'feel' | 'codes'; of: readonly string[]; options?: string[] };
export const PROPERTIES: Property[] = [
  { path: 'label', kind: 'text', of: LOUD },
  { path: 'text', kind: 'area', of: ['text'] },
  { path: 'description', kind: 'text', of: LOUD },
  { path: 'key', kind: 'text', of: KEYED },
  { path: 'path', kind: 'text', of: HOLDERS },
  { path: 'validate.required', kind: 'flag', of: KEYED },
  { path: 'readonly', kind: 'flag', of: KEYED },
  { path: 'subtype', kind: 'choice', of: ['datetime'], options: ['date', 'time', 'datetime'] },
  { path: 'properties.codes', kind: 'codes', of: ['textfield', ...CHOICES] },
  { path: 'properties.format', kind: 'choice', of: ['textfield'], options: ['cn-id', 'uscc', 'mobile', 'phone', 'org-code', 'icd10'] },
  { path: 'validate.minLength', kind: 'number', of: [...TEXTS, 'dynamiclist'] },
  { path: 'validate.maxLength', kind: 'number', of: [...TEXTS, 'dynamiclist'] },
  { path: 'validate.pattern', kind: 'text', of: TEXTS },
  { path: 'validate.min', kind: 'bound', of: ['number', 'datetime'] },
  { path: 'validate.max', kind: 'bound', of: ['number', 'datetime'] },
  { path: 'properties.integer', kind: 'flag', of: ['number'] },
  { path: 'properties.unit', kind: 'text', of: ['number'] },
  { path: 'properties.past', kind: 'flag', of: ['datetime'] },
  { path: 'properties.sensitivity', kind: 'choice', of: KEYED, options: ['personal', 'health'] },
  { path: 'conditional.hide', kind: 'feel', of: TYPES },
  { path: 'properties.prefill', kind: 'feel', of: KEYED },
];

export function parseForm(source: string): FormFile | null {
  try {
    const form = JSON.parse(source) as FormFile | null;
    return form && Array.isArray(form.components) ? form : null;
  } catch {
    return null;
  }
}
/** The text again, indented as it was. */
export function writeForm(form: FormFile, source: string): string {
  const indent = /\n( +|\t)"/.exec(source)?.[1] ?? 2;
  return JSON.stringify(form, null, indent) + (source.endsWith('\n') ? '\n' : '');
}
export function rowsOf(components: Component[], depth = 0, within = ''): Row[] {
  return components.flatMap((component, i) => {
    const place = `${within}components[${i}]`;
    return [{ component, depth, place }, ...rowsOf(component.components ?? [], depth + 1, place + '.')];
  });
}

type Spot = { list: Component[]; index: number; holder: Component | null; above: Spot | null };
function spotOf(list: Component[], id: string, holder: Component | null = null, above: Spot | null = null): Spot | null {
  for (const [index, one] of list.entries()) {
    const here = { list, index, holder, above };
    if (one.id === id) return here;
    const inner = one.components && spotOf(one.components, id, one, here);
    if (inner) return inner;
  }
  return null;
}
export const find = (form: FormFile, id: string) => rowsOf(form.components).find((row) => row.component.id === id)?.component;
const enters = (one: Component, into: Component | undefined) => !!into && HOLDERS.includes(into.type) && one.type !== 'group' && !(one.type === 'dynamiclist' && into.type === 'dynamiclist');

/** One place up or down: into a group that stands there, and out of the own one at its edge. False where there is no further. */
export function move(form: FormFile, id: string, by: -1 | 1): boolean {
  const spot = spotOf(form.components, id);
  if (!spot) return false;
  const { list, index, above } = spot;
  const one = list[index]!;
  const next = list[index + by];
  if (!next && !above) return false;
  list.splice(index, 1);
  if (!next) above!.list.splice(above!.index + (by > 0 ? 1 : 0), 0, one);
  else if (enters(one, next)) (next.components ??= []).splice(by > 0 ? 0 : next.components.length, 0, one);
  else list.splice(index + by, 0, one);
  return true;
}
/** The one that is chosen afterwards. */
export function remove(form: FormFile, id: string): string {
  const spot = spotOf(form.components, id);
  if (!spot) return '';
  spot.list.splice(spot.index, 1);
  return (spot.list[spot.index] ?? spot.list[spot.index - 1] ?? spot.holder)?.id ?? '';
}
/** After the chosen one, or as the last of it when it holds others. */
export function add(form: FormFile, chosen: string, type: string, label: string): string {
  const one: Component = { type, id: `${type}_${crypto.randomUUID().slice(0, 8)}` };
  const taken = new Set(rowsOf(form.components).flatMap((row) => [row.component.key, row.component.path]));
  let n = 1;
  while (taken.has(`field${n}`)) n++;
  if (KEYED.includes(type)) one.key = `field${n}`;
  if (type === 'dynamiclist') one.path = `field${n}`;
  if (LOUD.includes(type)) one.label = label;
  if (type === 'text') one.text = label;
  if (HOLDERS.includes(type)) one.components = [];
  fit(one, label);
  const spot = spotOf(form.components, chosen);
  const at = spot?.list[spot.index];
  if (enters(one, at)) (at!.components ??= []).push(one);
  else if (!spot || (type === 'group' && spot.above)) form.components.push(one);
  else spot.list.splice(spot.index + 1, 0, one);
  return one.id;
}

export function get(component: Component, path: string): unknown {
  return path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], component);
}
/** undefined takes the member away, and what then holds nothing. */
export function set(component: Component, path: string, value: Value): void {
  const [name, inner] = path.split('.') as [string, string?];
  const holder = inner ? { ...(component[name] as Record<string, unknown> | undefined) } : component;
  if (value === undefined) delete holder[inner ?? name];
  else holder[inner ?? name] = value;
  if (!inner) return;
  if (Object.keys(holder).length) component[name] = holder;
  else delete component[name];
}
/** A choice has values or a code table, not both. */
function fit(component: Component, label: string): void {
  const choice = CHOICES.includes(component.type);
  if (!choice || get(component, 'properties.codes')) delete component.values;
  else if (!component.values) component.values = [{ value: '1', label }];
}
export function setChoice(component: Component, codes: string | undefined, label: string): void {
  set(component, 'properties.codes', codes);
  fit(component, label);
}
/** What the new type does not have goes. */
export function setType(component: Component, type: string, label: string): void {
  component.type = type;
  for (const one of PROPERTIES) if (!one.of.includes(type) || one.kind === 'bound') set(component, one.path, undefined);
  delete component['defaultValue'];
  fit(component, label);
}
