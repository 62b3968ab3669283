// Counts working days of 2024 to 2026 with Tongban's calendar and with the npm package chinese-days; both must agree.
// usage: node compare.mjs [COUNT] [SEED]; DRIVER names the program, build/test/clock/clock-driver by default.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const driver = process.env.DRIVER ?? join(root, 'build', 'test', 'clock', 'clock-driver');
const count = Number(process.argv[2] ?? 5000);
const seed = Number(process.argv[3] ?? 20260705);
const first = '2024-01-01';
const last = '2026-12-31';
const dayMs = 86400000;

const days = await import('chinese-days').then((module) => module.default ?? module).catch(() => null);
if (!days || !existsSync(driver)) {
  console.log(`skipped: ${days ? `${driver} is not built` : 'npm ci was not run in test/clock'}`);
  process.exit(0);
}

let state = seed;
function below(n) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
}
const at = (text) => Date.parse(`${text}T00:00:00Z`) / dayMs;
const text = (day) => new Date(day * dayMs).toISOString().slice(0, 10);
const isWorkday = new Map();
for (let day = at(first); day <= at(last); day++) isWorkday.set(day, days.isWorkday(text(day)));

// The plain way: one day after the other, as the law says it.
function limit(start, minute, amount, stops) {
  let day = start;
  const closed = 17 * 60 + 30;
  if (!isWorkday.get(day) || minute > closed) {
    do day++;
    while (!isWorkday.get(day));
  }
  const received = day;
  for (let left = amount; left > 0; ) {
    day++;
    if (!isWorkday.has(day)) return null;
    if (isWorkday.get(day) && !stops.some(([from, to]) => day >= from && day <= to)) left--;
  }
  return { received, day };
}

function between(from, to) {
  let n = 0;
  for (let day = Math.min(from, to) + 1; day <= Math.max(from, to); day++) n += isWorkday.get(day) ? 1 : 0;
  return from <= to ? n : -n;
}

const span = at(last) - at(first);
const anyDay = (margin) => at(first) + margin + below(span - 2 * margin);
const questions = [];
for (let day = at(first); day <= at(last); day++) questions.push([`is ${text(day)}`, isWorkday.get(day) ? '1' : '0']);
for (let i = 0; i < count; i++) {
  const from = anyDay(120);
  const n = 1 + below(60);
  const sign = below(2) ? 1 : -1;
  questions.push([`add ${text(from)} ${sign * n}`, days.findWorkday(sign * n, text(from))]);
  const to = anyDay(0);
  questions.push([`between ${text(from)} ${text(to)}`, String(between(from, to))]);
}
for (let i = 0; i < count; i++) {
  const start = anyDay(200);
  const minute = below(24 * 60);
  const amount = below(40);
  const stops = [];
  let from = start + 15 + below(10);
  for (let n = below(3); n > 0; n--) {
    const to = from + below(20);
    stops.push([from, to]);
    from = to + 1 + below(15);
  }
  const plain = limit(start, minute, amount, stops);
  if (!plain) continue;
  const counted = stops.map(([a, b]) => `${text(a)} ${text(b)}`).join(' ');
  questions.push([`limit ${text(start)} ${minute} ${amount} ${counted}`.trim(), text(plain.day)]);
}

const run = spawnSync(driver, [join(root, 'packs')], { input: questions.map(([q]) => q).join('\n') + '\n', encoding: 'utf8', maxBuffer: 1 << 26 });
if (run.error) throw run.error;
const answers = run.stdout.trim().split('\n');
let passed = 0;
let failed = 0;
questions.forEach(([question, theirs], i) => {
  if (answers[i] === theirs) passed++;
  else if (++failed <= 20) console.log(`FAILED ${question}: ours ${answers[i]}, theirs ${theirs}`);
});
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
