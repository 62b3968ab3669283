// Holds the built pages to their byte budgets (brotli). Ends with 'N passed, N failed'.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url);
const kb = (bytes) => bytes / 1024;
const br = (path) => brotliCompressSync(readFileSync(path)).length;
let passed = 0;
let failed = 0;

function hold(what, bytes, budget) {
  const good = kb(bytes) <= budget;
  good ? passed++ : failed++;
  console.log(`${good ? 'ok    ' : 'FAILED'} ${what}: ${kb(bytes).toFixed(1)} KB br, budget ${budget}`);
}
function count(what, n, most) {
  const good = n <= most;
  good ? passed++ : failed++;
  console.log(`${good ? 'ok    ' : 'FAILED'} ${what}: ${n}, at most ${most}`);
}

// All files that a page needs before it shows: the entry, what it imports statically, and their styles.
function first(manifest, key, files = new Set()) {
  const chunk = manifest[key];
  if (!chunk || files.has(chunk.file)) return files;
  files.add(chunk.file);
  for (const style of chunk.css ?? []) files.add(style);
  for (const other of chunk.imports ?? []) first(manifest, other, files);
  return files;
}
const total = (folder, files) => [...files].reduce((sum, file) => sum + br(new URL(folder + file, dist)), 0);

if (!existsSync(new URL('desk/manifest.json', dist))) {
  console.log('0 passed, 1 failed (the pages are not built)');
  process.exit(1);
}
const portal = JSON.parse(readFileSync(new URL('portal/manifest.json', dist), 'utf8'));
const style = br(new URL('portal/' + portal['css/portal.css'].file, dist));
const templates = new URL('../portal/templates/', import.meta.url);
const largest = Math.max(...readdirSync(templates).filter((name) => name.endsWith('.html')).map((name) => br(new URL(name, templates))));
hold('portal: style and largest template', style + largest, 15);
hold('portal: enhance.js', br(new URL('portal/' + portal['enhance/enhance.ts'].file, dist)), 8);

const desk = JSON.parse(readFileSync(new URL('desk/manifest.json', dist), 'utf8'));
const start = first(desk, 'index.html');
hold('desk: first load', total('desk/', start), 230);
count('desk: files of the first load', start.size, 8);
const page = first(desk, 'src/pages/CasePage.vue');
first(desk, 'src/bpmn/CaseDiagram.vue', page);
// The viewer shares the helpers of diagram-js with the editors, which use more of them.
hold('desk: case with diagram, on top', total('desk/', [...page].filter((file) => !start.has(file))), 68);
const modelPage = first(desk, 'src/pages/ModelPage.vue'); // which is there before its editors are
for (const [what, key, budget] of [['model library', 'src/pages/Models.vue', 15], ['model page', 'src/pages/ModelPage.vue', 20],
  ['BPMN editor', 'src/models/BpmnEditor.vue', 155], ['DMN editor', 'src/models/DmnEditor.vue', 300], ['walk of a token', 'src/models/TryProcess.vue', 70]])
  hold(`desk: ${what}, on top`, total('desk/', [...first(desk, key)].filter((file) => !start.has(file) && (key.includes('pages/') || !modelPage.has(file)))), budget);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
