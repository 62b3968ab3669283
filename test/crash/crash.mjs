// Rounds of: start, load from several clients, kill at a random moment. Then every acknowledged case is looked up and the whole store
// audited. The seed of the moments is printed, so that a bad run can be repeated: CRASH_SEED=… CRASH_ROUNDS=… test/crash/run
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { client, deathForm, idNumber, program, signedIn, sleep, startAgencies, startServer } from '../api/lib.mjs';

const rounds = Number(process.env.CRASH_ROUNDS ?? 50);
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1000000);
const workers = 8;
let dice = seed;
const random = (most) => (dice = (dice * 1103515245 + 12345) % 2147483648) % most;
const folder = mkdtempSync(join(tmpdir(), 'tongban-crash-'));
const acknowledged = new Map(); // ID number -> case number
const asked = new Map(); // ID number -> idempotency key, for those without an answer
let next = 0;
let failed = 0;
let passed = 0;
const check = (good, what) => (good ? passed++ : (failed++, console.log(`not true (seed ${seed}): ${what}`)));

function nextId() {
  const n = next++;
  return idNumber('230110', `19${30 + (n % 50)}${String(1 + (Math.floor(n / 50) % 12)).padStart(2, '0')}${String(1 + (Math.floor(n / 600) % 28)).padStart(2, '0')}`,
    1 + 2 * (Math.floor(n / 16800) % 499));
}

async function send(session, id, key) {
  const answer = await session.post('/api/v1/cases', { item: 'death-report', form: deathForm(id) }, { 'Idempotency-Key': key });
  if (answer.status === 201) {
    if (acknowledged.has(id)) check(acknowledged.get(id) === answer.body.no, `${id} has two cases`);
    acknowledged.set(id, answer.body.no);
    asked.delete(id);
  } else check(false, `a report was refused: ${answer.status} ${answer.text}`);
}

async function work(session, stop) {
  while (!stop.now) {
    const id = nextId();
    asked.set(id, `crash-${id}`);
    try {
      await send(session, id, `crash-${id}`);
    } catch {
      return; // the server is gone
    }
  }
}

const agencies = await startAgencies();
for (let round = 0; round < rounds; round++) {
  const server = await startServer({ data: folder, db: [], agencies: agencies.url });
  const session = await signedIn(server, 'dr-wang');
  // What had no answer before the kill is asked again with the same key: done once, whether it was done before or not.
  for (const [id, key] of [...asked]) await send(session, id, key);
  const stop = { now: false };
  const all = Array.from({ length: workers }, () => work(session, stop));
  await sleep(50 + random(350));
  stop.now = true;
  server.child.kill('SIGKILL');
  await server.ended;
  await Promise.all(all);
}

const server = await startServer({ data: folder, db: [], agencies: agencies.url });
const session = await signedIn(server, 'dr-wang');
for (const [id, key] of [...asked]) await send(session, id, key);
for (const [id, no] of acknowledged) {
  const found = await session.get(`/api/v1/cases/${no}`);
  const good = found.status === 200 && found.body.state === 'closed' && found.body.certificates.length === 1;
  if (!good) check(false, `the acknowledged case ${no} is ${found.status} ${found.body?.state}`);
  else passed++;
  if (random(20) === 0) {
    const list = await session.get(`/api/v1/cases?q=${id}`);
    check(list.body.items.length === 1, `${list.body.items.length} cases for one person`);
  }
}
// Each agency hears of each death exactly once.
for (let i = 0; i < 1800; i++) {
  if ((await agencies.received('police')).length >= acknowledged.size) break;
  await sleep(100);
}
const told = await agencies.received('police');
check(told.length === acknowledged.size, `police were told ${told.length} times of ${acknowledged.size} deaths`);
await server.stop({ keep: true });
const audit = spawnSync(program, ['audit', '--data', folder, '--packs', 'packs'], { encoding: 'utf8' });
check(audit.status === 0, `audit: ${audit.stdout}${audit.stderr}`);
agencies.stop();
rmSync(folder, { recursive: true, force: true });
console.log(`${rounds} kills, ${acknowledged.size} cases acknowledged, seed ${seed}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
