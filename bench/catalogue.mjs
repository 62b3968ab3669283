// A catalogue of many items: how long a search and a guide page take, as the server measures and as a client sees it.
//   node bench/catalogue.mjs [ITEMS]      10,000 items
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { client, root, startServer } from '../test/api/lib.mjs';

const items = Number(process.argv[2] ?? 10000);
const folder = mkdtempSync(join(tmpdir(), 'tongban-bench-'));
const packs = join(folder, 'packs');
const print = (name, value, unit) => console.log(`${name}\t${value}\t${unit}`);

/* Copies of the items of licensing, each with its own code and name. */
cpSync(join(root, 'packs'), packs, { recursive: true });
const models = readdirSync(join(packs, 'licensing/items')).map((name) => JSON.parse(readFileSync(join(packs, 'licensing/items', name), 'utf8')));
const places = '东西南北中上下前后左右山河湖海江'.split('');
mkdirSync(join(packs, 'licensing/items'), { recursive: true });
for (let i = 0; i < items; i++) {
  const model = models[i % models.length];
  const place = places[i % 16] + places[(i >> 4) % 16] + places[(i >> 8) % 16];
  const item = { ...model, code: `bench-${i}`, title: `${place}${model.title}`, synonyms: [...(model.synonyms ?? []), `${place}证`], pinyin: [...(model.pinyin ?? []), `bench${i}`], unique: undefined };
  writeFileSync(join(packs, 'licensing/items', `bench-${i}.json`), JSON.stringify(item));
}

const begun = performance.now();
const server = await startServer({ args: ['--packs', packs] });
print('catalogue.start', (performance.now() - begun).toFixed(0), `ms until a server with ${items} items answers`);
print('catalogue.memory', (Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))[1]) / 1024).toFixed(0), 'MB');

const visitor = client(server);
/* Time on a processor, in ms: what a busy machine adds is not in it. */
const spent = () => readFileSync(`/proc/${server.child.pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13).reduce((sum, ticks) => sum + Number(ticks) * 10, 0);
async function measure(name, count, path, good = (text) => text.length > 0) {
  const times = [];
  const before = spent();
  for (let i = 0; i < count; i++) {
    const from = performance.now();
    const answer = await visitor.get(path(i));
    times.push(performance.now() - from);
    if (answer.status !== 200 || !good(answer.text)) throw new Error(`${path(i)}: ${answer.status} ${answer.text.slice(0, 300)}`);
  }
  const each = (spent() - before) / count;
  times.sort((a, b) => a - b);
  print(`catalogue.${name}`, `p50 ${times[count >> 1].toFixed(2)} p99 ${times[Math.floor(count * 0.99)].toFixed(2)}`, `ms, client and network in it; ${each.toFixed(2)} ms of a processor each`);
}
const words = ['医师', '执业证', '放射', 'yssczyz', '东西南', '护士注册', 'bench77', '登记', '我要办一个诊所备案', 'no-such-word'];
const found = (text) => 'items' in JSON.parse(text);
await measure('health', 1000, () => '/healthz');
await measure('search', 1000, (i) => `/api/v1/items?limit=20&q=${encodeURIComponent(words[i % words.length])}`, found);
await measure('search.english', 500, () => '/api/v1/items?limit=20&lang=en&q=doctor', found);
await measure('all', 500, (i) => `/api/v1/items?limit=20&cursor=${(i * 20) % items}`, found);
await measure('filter', 500, () => '/api/v1/items?limit=20&topic=licence&subject=1&startable=true', found);
await measure('guide', 1000, (i) => `/api/v1/items/bench-${(i * 7919) % items}`);
await measure('page.search', 500, (i) => `/items?q=${encodeURIComponent(words[i % words.length])}`);
await measure('page.guide', 1000, (i) => `/items/bench-${(i * 7919) % items}`);
await measure('page.home', 300, () => '/');
await server.stop();
rmSync(folder, { recursive: true, force: true });
