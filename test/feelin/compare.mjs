// Evaluates random expressions with tongban and with feelin. Each difference must be one that docs/tck-notes.md explains.
// usage: node compare.mjs [COUNT] [SEED]; TONGBAN names the program, build/tongban by default.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { context, generator, random } from './generate.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const program = process.env.TONGBAN ?? join(root, 'build', 'tongban');
const count = Number(process.argv[2] ?? 2000);
const seed = Number(process.argv[3] ?? 20260701);

const feelin = await import('feelin').catch(() => null);
if (!feelin || !existsSync(program)) {
  console.log(`skipped: ${feelin ? `${program} is not built` : 'npm install was not run in test/feelin'}`);
  process.exit(0);
}

function ours(expression) {
  const run = spawnSync(program, ['feel', expression, '--context', JSON.stringify(context)], { encoding: 'utf8' });
  if (run.status === null || run.signal) throw new Error(`${expression}: the program ended with ${run.signal}`);
  if (run.stdout === '') return { error: run.stderr.trim() };
  return { value: JSON.parse(run.stdout), notes: run.stderr.trim() };
}

function theirs(expression) {
  try {
    const result = feelin.evaluate(expression, context);
    const value = result && typeof result === 'object' && 'value' in result && 'warnings' in result ? result.value : result;
    return { value: value === undefined ? null : value };
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
}

function same(a, b) {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
}

const { known } = await import('./known.mjs');
const next = generator(random(seed));
const told = new Map();
let passed = 0;
let failed = 0;
for (let i = 0; i < count; i++) {
  const expression = next();
  const a = ours(expression);
  const b = theirs(expression);
  if (a.error && b.error ? true : !a.error && !b.error && same(a.value, b.value)) {
    passed++;
    continue;
  }
  const reason = known.find((row) => row.when(expression, a, b));
  if (reason) {
    told.set(reason.name, (told.get(reason.name) ?? 0) + 1);
    passed++;
    continue;
  }
  failed++;
  if (failed <= 40) console.log(`${expression}\n    tongban ${JSON.stringify(a)}\n    feelin  ${JSON.stringify(b)}`);
}
for (const [name, times] of told) console.log(`explained ${times} times: ${name}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
