// A server on a store of many closed and many open cases, beside a server on a small one in the same run: how soon it is ready, how
// much memory it takes, how long look-ups, lists, figures and on-the-spot items take.
//   node bench/store.mjs [CASES [FOLDER [OPEN]]]      100,000 closed cases and 10,000 open ones in one county
// The figures asked for are of 1,000,000 and 1,000,000. A folder is kept, and used again when there is a store in it. BUILD: where
// the programs are. Exchanges are delivered before anything is measured, unless NODELIVER is set.
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, fdatasyncSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { idNumber, root, signedIn, sleep, startServer } from '../test/api/lib.mjs';

const cases = Number(process.argv[2] ?? 100000);
const open = Number(process.argv[4] ?? 10000);
const folder = process.argv[3] ?? mkdtempSync(join(tmpdir(), 'tongban-bench-'));
const SMALL = 300;
const SPOT = ['doctor-first', 'nurse-first', 'radiation-worker-card', 'village-doctor-registration', 'doctor-qualification-replace'];
const print = (name, value, unit) => console.log(`${name}\t${value}\t${unit}`);
const load = () => loadavg()[0].toFixed(1);

function fill(where, closed, waiting) {
  const bench = (...words) => {
    const done = spawnSync(resolve(root, process.env.BUILD ?? 'build', 'bench/bench-cases'), words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    if (done.status !== 0) process.exit(1);
    process.stdout.write(done.stdout);
  };
  bench('fill', where, String(closed));
  bench('fill', where, String(waiting), 'classification-doubtful');
  if (!process.env.NODELIVER) bench('deliver', where);
}

/** Starts a server on the folder's store, which is made when there is none. */
async function begin(where, closed, waiting) {
  if (!existsSync(join(where, 'tongban.db'))) {
    await (await startServer({ data: where })).stop({ keep: true }); // makes the demo province
    fill(where, closed, waiting);
  }
  const from = performance.now();
  const server = await startServer({ data: where });
  const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))[1]) / 1024;
  return { server, memory, started: performance.now() - from };
}

/** Counting begins anew in a store that no indicator was counted in. */
async function counted(chief) {
  const begun = performance.now();
  for (let before = -1; ; await sleep(500)) {
    const { as_of: asOf, items } = (await chief.get('/api/v1/indicators?from=2020-01-01')).body;
    const now = items.find((one) => one.id === 'cases-opened').numerator;
    if (now > 0 && now === before && Date.now() - Date.parse(asOf) < 5000)
      return { cases: now, seconds: (performance.now() - begun) / 1000 };
    before = now;
  }
}

async function timed(name, count, ask) {
  const times = [];
  for (let i = 0; i < count; i++) {
    const from = performance.now();
    const answer = await ask(i);
    times.push(performance.now() - from);
    if (answer.status >= 300) throw new Error(`${name}: ${answer.status} ${answer.text}`);
  }
  return summary(times);
}

/** What the disk takes to keep one page: a look at a case is answered when it is kept in the log of looks. */
function disk(where) {
  const file = openSync(join(where, 'bench-sync'), 'w');
  const page = Buffer.alloc(4096, 1);
  const times = [];
  for (let i = 0; i < 500; i++) {
    const from = performance.now();
    writeSync(file, page);
    fdatasyncSync(file);
    times.push(performance.now() - from);
  }
  closeSync(file);
  rmSync(join(where, 'bench-sync'));
  return summary(times);
}

async function numbersOf(one) {
  const numbers = [];
  for (let cursor = ''; numbers.length < 2000; ) {
    const answer = await one.get(`/api/v1/cases?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    if (answer.status !== 200) throw new Error(answer.text);
    numbers.push(...answer.body.items.map((each) => each.no));
    if (!answer.body.next) break;
    cursor = answer.body.next;
  }
  return numbers;
}

/** What took how long, in the order of length. */
function summary(times) {
  times.sort((a, b) => a - b);
  return { p50: times[times.length >> 1], p99: times[Math.floor(times.length * 0.99)], load: load(), times };
}

/** What the scenario of an on-the-spot item gives when it is granted, for a new person at the window. */
function application(item) {
  const { steps } = JSON.parse(readFileSync(join(root, `packs/licensing/scenarios/spot-${item}.json`), 'utf8'));
  return steps.find((one) => one.open === item && one.save === 'done');
}

let people = 0;
async function onTheSpot(server, item, count) {
  const step = application(item);
  const sample = /\d{17}[\dX]/.exec(step.as)[0];
  const asked = [];
  for (let i = 0; i < count; i++) {
    const one = await signedIn(server, 'clerk-gao');
    const id = idNumber('230110', `1985${String(1 + (++people % 12)).padStart(2, '0')}${String(1 + (people % 28)).padStart(2, '0')}`, (people % 499) * 2 + 1);
    const begun = await one.post('/api/v1/session/assist', { id, name: step.form.name, evidence: '居民身份证原件' });
    if (begun.status !== 201) throw new Error(begun.text);
    one.cookie = begun.headers.getSetCookie().find((each) => each.startsWith('tongban_session=')).split(';')[0];
    one.csrf = begun.body.csrf;
    const form = JSON.parse(JSON.stringify(step.form).replaceAll(sample, id));
    asked.push({ one, body: { item, form, materials: step.materials.map((each) => ({ id: each.id, paper: true })), signature: { name: '高洁' } } });
  }
  return timed(item, count, async (i) => {
    const answer = await asked[i].one.post('/api/v1/cases', asked[i].body);
    const done = answer.body?.state === 'closed' && answer.body.certificates?.length === 1;
    return done ? answer : { status: 500, text: answer.text };
  });
}

/** Every question, as [name, milliseconds that 99 of 100 must stay under, times, ask]. */
async function questions(server) {
  const [doctor, chief, clerk, operator] = await Promise.all(['dr-wang', 'head-chen', 'li', 'ops-lin'].map((name) => signedIn(server, name)));
  const as_of = await counted(chief);
  const numbers = await numbersOf(doctor);
  const pick = (i) => numbers[(i * 7919) % numbers.length];
  const list = (who, query) => () => who.get(`/api/v1/cases?limit=50${query}`);
  const { body: versions } = await operator.get('/api/v1/processes?running=false&limit=50');
  const most = versions.items.reduce((a, b) => (b.ended > a.ended ? b : a), { ended: -1 });
  return { as_of, doctor, pick, all: [
    ['case', 20, 1000, (i) => doctor.get(`/api/v1/cases/${pick(i)}`)],
    ['worklist', 20, 500, () => doctor.get('/api/v1/tasks?limit=50')],
    ['worklist.clerk', 20, 500, () => clerk.get('/api/v1/tasks?limit=50')],
    ['worklist.item', 20, 500, () => clerk.get('/api/v1/tasks?limit=50&item=death-report')],
    ['worklist.none', 20, 500, () => clerk.get('/api/v1/tasks?limit=50&item=doctor-first')],
    ['cases.mine', 20, 500, list(doctor, '&mine=true')],
    ['cases.mine.open', 20, 500, list(doctor, '&mine=true&state=open')],
    ['cases.unit', 20, 500, list(doctor, '')],
    ['cases.county', 20, 500, list(clerk, '')],
    ['cases.region', 20, 500, list(chief, '')],
    ['cases.closed', 20, 500, list(chief, '&state=closed')],
    ['cases.open', 20, 500, list(chief, '&state=open')],
    ['cases.state', 20, 500, list(chief, '&state=correcting')],
    ['cases.item', 20, 500, list(chief, '&item=death-report')],
    ['cases.item.county', 20, 500, list(clerk, '&item=doctor-first')],
    ['cases.search', 20, 500, (i) => chief.get(`/api/v1/cases?q=${pick(i)}`)],
    ['indicators.overview', 100, 500, () => chief.get('/api/v1/indicators')],
    ['indicators.year', 100, 500, () => chief.get('/api/v1/indicators?from=2026-01-01&to=2026-12-31')],
    ['indicators.items', 100, 500, () => chief.get('/api/v1/indicators/cases-closed?by=item')],
    ['indicators.cases', 100, 500, () => chief.get('/api/v1/indicators/cases-closed/cases?limit=20')],
    ['deadlines', 100, 100, () => chief.get('/api/v1/deadlines')],
    ['versions', 100, 100, () => operator.get('/api/v1/processes?limit=50')],
    ...(most.process ? [['heat', 100, 100, () => operator.get(`/api/v1/processes/${most.process}/heat`)]] : []),
    ...SPOT.map((item) => [`spot.${item}`, 30, 100, null, item]),
    ['spot', 30],
  ] };
}

async function answers(server) {
  const asked = await questions(server);
  const times = {};
  for (const [name, , count, ask, item] of asked.all)
    if (count) times[name] = item ? await onTheSpot(server, item, count) : await timed(name, count, ask);
  times.spot = summary(SPOT.flatMap((item) => times[`spot.${item}`].times));
  return { ...asked, times };
}

const beside = mkdtempSync(join(tmpdir(), 'tongban-bench-'));
const small = await begin(beside, SMALL, SMALL / 3);
const few = await answers(small.server);
await small.server.stop();

const { server, memory, started } = await begin(folder, cases, open);
print('store.size', (statSync(join(folder, 'tongban.db')).size / 1e6).toFixed(0), 'MB');
print('store.start', started.toFixed(0), `ms until it answers; target 1000; ${small.started.toFixed(0)} with ${SMALL} cases`);
print('store.memory.idle', memory().toFixed(0), 'MB');
const many = await answers(server);
print('store.indicators.counted', `${many.as_of.cases} cases in ${many.as_of.seconds.toFixed(1)}`, 's, while it answers');
let events = 0;
for (let i = 0; i < 20; i++) events += (await many.doctor.get(`/api/v1/cases/${many.pick(i)}/events`)).body.items.length;
print('store.events', ((events / 20) * many.as_of.cases).toFixed(0), 'events behind the figures, from a sample of cases');
for (const [name, target] of many.all) {
  const { p50, p99, load: now } = many.times[name];
  const less = few.times[name];
  print(`store.${name}`, `p50 ${p50.toFixed(2)} p99 ${p99.toFixed(2)}`,
    `ms, client and network in it; p99 under ${target}: ${p99 < target ? 'yes' : 'no'}; with ${SMALL} cases ${less ? `p50 ${less.p50.toFixed(2)} p99 ${less.p99.toFixed(2)}` : 'nothing'}; load ${now}`);
}
const { p50, p99 } = disk(folder);
print('store.disk', `p50 ${p50.toFixed(2)} p99 ${p99.toFixed(2)}`, 'ms to keep one page of 4 KiB, without any server');
print('store.memory.used', memory().toFixed(0), 'MB; target 150');
await server.stop({ keep: true });
if (!process.argv[3]) rmSync(folder, { recursive: true, force: true });
