#!/usr/bin/env node
// What models' checks, incidents and FEEL say in C is English; packs/base/texts/zh-CN.json holds it in Chinese, under the English
// sentence with {1} {2} … where its arguments stand (pack/sentence.c). Says which sentences it lacks and which of its entries
// nobody says any more. With --list: all sentences, as JSON. The last line is 'N passed, N failed' over sentences.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
/* Functions that say something, by folder, and what they put behind it. */
const sayers = {
  'src/dmn': { report: '.', dmn_load_problem: '.', faulty: '', note_undecided: '' },
  'src/bpmn': { bpmn_check_report: '', bpmn_load_problem: '', bpmn_step_incident: '' },
  'src/feel': { parse_fail: '.', parse_limit: '', expect_char: '', note_null: '', note_at: '' },
};
const literals = /"(?:[^"\\]|\\.)*"(?:\s*(?:PRI\w+|"(?:[^"\\]|\\.)*"))*/g;

/* The text between a call's brackets. */
function argumentsAt(text, from) {
  let at = from;
  for (let depth = 1, quoted = false; depth > 0 && at < text.length; at++) {
    if (quoted && text[at] === '\\') at++;
    else if (text[at] === '"') quoted = !quoted;
    else if (!quoted) depth += text[at] === '(' ? 1 : text[at] === ')' ? -1 : 0;
  }
  return text.slice(from, at - 1);
}

/* The sentence of a format, with {1} {2} … in place of its conversions. */
function sentenceOf(format) {
  let n = 0;
  const text = format.replace(/"\s*PRI\w+\s*"?/g, 'd').replace(/"\s*"/g, '').replace(/^"|"$/g, '').replace(/\\(["\\])/g, '$1');
  return text.replace(/%(?:\.\*)?(?:z|ll|l)?[sduc]/g, () => `{${++n}}`).replace(/%%/g, '%');
}

/* What a call says; the arguments of models' checks may be words or whole sentences too. */
function saidIn(text, folder, sayer, ending) {
  return [...text.matchAll(new RegExp(`\\b${sayer}\\(`, 'g'))].flatMap((call) => {
    const formats = argumentsAt(text, call.index + call[0].length).match(literals) ?? [];
    const [sentence, ...words] = formats.map(sentenceOf).filter((one) => / /.test(one));
    return sentence === undefined ? [] : [sentence + ending, ...words.filter(() => folder !== 'src/feel')];
  });
}

const said = new Set(['The expression {1}.', 'line {1}, column {2}']);
const others = new Set(); // what checks of packs and of items say, of which the desk shows a part
for (const [folder, functions] of Object.entries(sayers))
  for (const file of readdirSync(join(root, folder)).filter((name) => name.endsWith('.c'))) {
    const text = readFileSync(join(root, folder, file), 'utf8').replace(/'"'|'[()]'(?=[,)])/g, '0');
    for (const [sayer, ending] of Object.entries(functions)) saidIn(text, folder, sayer, ending).forEach((one) => said.add(one));
    const reasons = folder === 'src/bpmn' ? text.split('\n').filter((line) => /reason\b/.test(line)) : [];
    reasons.flatMap((line) => line.match(literals) ?? []).map(sentenceOf).filter((one) => / .* /.test(one)).forEach((one) => said.add(one));
  }

for (const folder of ['src/pack', 'src/service'])
  for (const file of readdirSync(join(root, folder)).filter((name) => name.endsWith('.c')))
    for (const format of readFileSync(join(root, folder, file), 'utf8').match(literals) ?? []) others.add(sentenceOf(format));

if (process.argv[2] === '--list') {
  console.log(JSON.stringify([...said], null, 1));
} else {
  const texts = JSON.parse(readFileSync(join(root, 'packs/base/texts/zh-CN.json'), 'utf8'));
  const missing = [...said].filter((one) => !texts[one]);
  const idle = Object.keys(texts).filter((key) => /^[^.]*\{\d\}|^[A-Z][a-z]+ .* /.test(key) && !said.has(key) && !others.has(key));
  for (const one of missing) console.log(`packs/base/texts/zh-CN.json: lacks ${JSON.stringify(one)}`);
  for (const one of idle) console.log(`packs/base/texts/zh-CN.json: nobody says ${JSON.stringify(one)}`);
  console.log(`${said.size - missing.length} passed, ${missing.length + idle.length} failed`);
  process.exitCode = missing.length + idle.length > 0 ? 1 : 0;
}
