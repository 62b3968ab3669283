// How the tests in node tell what happened: a line for each test as it ends; last each failed one with its place and error, and
// 'N passed, N failed'. A test that failed only because one inside it did is neither named nor counted.
//   node --test --test-reporter=tools/report.mjs FILE…
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const MOST_LINES = 25; // of an error
const WIDEST = 300;

const local = (path) => relative(root, path.startsWith('file://') ? fileURLToPath(path) : path);

/** The first place of ours in a stack, "folder/file:line". */
function placeIn(stack = '') {
  for (const [, path, line] of stack.matchAll(/\(?((?:file:\/\/)?\/[^\s()]+):(\d+):\d+\)?$/gm))
    if (!local(path).startsWith('..') && !path.includes('node_modules')) return `${local(path)}:${line}`;
  return '';
}

/** said: what the file's process last wrote, for a file that failed as a whole. */
function told({ name, within, said, file, line, details }) {
  const error = details.error?.cause ?? details.error;
  const whole = said && local(name) === local(file) ? `\n${said}` : '';
  const text = stripVTControlCharacters(String(error?.message || (error ?? 'no error is given')));
  const lines = (text + whole).split('\n').filter((one) => one.trim()).slice(0, MOST_LINES).map((one) => `      ${one.slice(0, WIDEST)}`);
  const places = [file && `${local(file)}${line ? `:${line}` : ''}`, placeIn(error?.stack)];
  return [`  ${[...within, name].join(' > ')}`, `    ${[...new Set(places)].filter(Boolean).join(', at ')}`, ...lines].join('\n');
}

/** Counts the tests of one or more runs. label: put before each line, as a database's name. */
export class Tally {
  passed = 0;
  failed = 0;
  failures = [];
  #names = [];
  #said = {};

  /** What is to be printed for an event, '' for nothing. */
  line({ type, data }, label = '') {
    if (type === 'test:start') this.#names[data.nesting] = data.name;
    if (type === 'test:stderr') this.#said[data.file] = ((this.#said[data.file] ?? '') + data.message).slice(-2000);
    if (type === 'test:stdout' || type === 'test:stderr') return data.message;
    if ((type !== 'test:pass' && type !== 'test:fail') || data.skip || data.todo) return '';
    const seconds = `(${((data.details.duration_ms ?? 0) / 1000).toFixed(1)} s)`;
    if (type === 'test:fail') {
      if (data.details.error?.failureType === 'subtestsFailed') return '';
      this.failed++;
      this.failures.push(label + told({ ...data, within: this.#names.slice(0, data.nesting), said: this.#said[data.file] }).trimStart());
      return `${label}not ok ${data.name} ${seconds}\n`;
    }
    if (data.details.type === 'suite') return '';
    this.passed++;
    return `${label}ok ${data.name} ${seconds}\n`;
  }

  end() {
    const list = this.failures.map((one) => `failed: ${one}\n`).join('');
    return `${list}${this.passed} passed, ${this.failed} failed\n`;
  }
}

export default async function* report(events) {
  const tally = new Tally();
  for await (const event of events) yield tally.line(event);
  yield tally.end();
}
