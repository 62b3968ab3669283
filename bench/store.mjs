// A server on a store of many closed cases: how soon it is ready, how much memory it takes, how long look-ups take.
//   node bench/store.mjs [CASES [FOLDER [OPEN]]]      100,000 cases; a folder is kept, and used again when there is a store in it;
// OPEN of them more wait in one county's worklist (10,000; the figure asked for is of 1,000,000)
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { root, signedIn, startServer } from '../test/api/lib.mjs';

const cases = Number(process.argv[2] ?? 100000);
const open = Number(process.argv[4] ?? 10000);
const folder = process.argv[3] ?? mkdtempSync(join(tmpdir(), 'tongban-bench-'));
const print = (name, value, unit) => console.log(`${name}\t${value}\t${unit}`);

if (!existsSync(join(folder, 'tongban.db'))) {
  await (await startServer({ data: folder })).stop({ keep: true }); // makes the demo province
  const filled = spawnSync(resolve(root, process.env.BUILD ?? 'build', 'bench/bench-cases'), ['fill', folder, String(cases)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (filled.status !== 0) process.exit(1);
  process.stdout.write(filled.stdout);
  const waiting = spawnSync(resolve(root, process.env.BUILD ?? 'build', 'bench/bench-cases'), ['fill', folder, String(open), 'classification-doubtful'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (waiting.status !== 0) process.exit(1);
  process.stdout.write(waiting.stdout);
}
print('store.size', (statSync(join(folder, 'tongban.db')).size / 1e6).toFixed(0), 'MB');

const begun = performance.now();
const server = await startServer({ data: folder });
print('store.start', (performance.now() - begun).toFixed(0), 'ms until it answers');
const memory = () => (Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))[1]) / 1024).toFixed(0);
print('store.memory.idle', memory(), 'MB');

const doctor = await signedIn(server, 'dr-wang');
const chief = await signedIn(server, 'head-chen');
const clerk = await signedIn(server, 'li');
const operator = await signedIn(server, 'ops-lin');
const numbers = [];
for (let cursor = ''; numbers.length < 2000; ) {
  const answer = await doctor.ask('GET', `/api/v1/cases?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
  if (answer.status !== 200) throw new Error(answer.text);
  const page = answer.body;
  numbers.push(...page.items.map((one) => one.no));
  if (!page.next) break;
  cursor = page.next;
}

async function measure(name, count, ask) {
  const times = [];
  for (let i = 0; i < count; i++) {
    const from = performance.now();
    const answer = await ask(i);
    if (answer.status !== 200) throw new Error(`${name}: ${answer.status} ${answer.text}`);
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  print(`store.${name}`, `p50 ${times[count >> 1].toFixed(2)} p99 ${times[Math.floor(count * 0.99)].toFixed(2)}`, 'ms, client and network in it');
}

const pick = (i) => numbers[(i * 7919) % numbers.length];
await measure('case', 1000, (i) => doctor.ask('GET', `/api/v1/cases/${pick(i)}`));
await measure('worklist', 500, () => doctor.ask('GET', '/api/v1/tasks?limit=50'));
await measure('worklist.clerk', 500, () => clerk.ask('GET', '/api/v1/tasks?limit=50'));
await measure('cases.mine', 500, () => doctor.ask('GET', '/api/v1/cases?limit=50'));
await measure('cases.region', 500, () => chief.ask('GET', '/api/v1/cases?limit=50'));
await measure('cases.closed', 500, () => chief.ask('GET', '/api/v1/cases?state=closed&limit=50'));
// Counting begins anew in a store that no indicator was counted in.
const counting = performance.now();
let counted = -1;
for (let behind = true; behind; ) {
  const { as_of: asOf, items } = (await chief.ask('GET', '/api/v1/indicators?from=2020-01-01')).body;
  const now = items.find((one) => one.id === 'cases-opened').numerator;
  behind = now === 0 || now !== counted || Date.now() - Date.parse(asOf) > 5000;
  counted = now;
  if (behind) await new Promise((done) => setTimeout(done, 500));
}
print('store.indicators.counted', `${counted} cases in ${((performance.now() - counting) / 1000).toFixed(1)}`, 's, while it answers');
let events = 0;
for (let i = 0; i < 20; i++) events += (await doctor.ask('GET', `/api/v1/cases/${pick(i)}/events`)).body.items.length;
print('store.events', ((events / 20) * counted).toFixed(0), 'events behind the figures, from a sample of cases');
await measure('indicators.overview', 500, () => chief.ask('GET', '/api/v1/indicators'));
await measure('indicators.year', 500, () => chief.ask('GET', '/api/v1/indicators?from=2026-01-01&to=2026-12-31'));
await measure('indicators.items', 500, () => chief.ask('GET', '/api/v1/indicators/cases-closed?by=item'));
await measure('indicators.cases', 500, () => chief.ask('GET', '/api/v1/indicators/cases-closed/cases?limit=20'));
await measure('deadlines', 500, () => chief.ask('GET', '/api/v1/deadlines'));
const { body: versions } = await operator.ask('GET', '/api/v1/processes?running=false&limit=50');
const most = versions.items.reduce((a, b) => (b.ended > a.ended ? b : a));
print('store.versions.ended', most.ended, `cases of ${most.process} that are over`);
await measure('versions', 100, () => operator.ask('GET', '/api/v1/processes?limit=50'));
await measure('heat', 100, () => operator.ask('GET', `/api/v1/processes/${most.process}/heat`));
print('store.memory.used', memory(), 'MB');
await server.stop({ keep: true });
if (!process.argv[3]) rmSync(folder, { recursive: true, force: true });
