// A table of 18,115 village doctors, 300 of them wrong: how long it takes, and how long another person waits for a command meanwhile.
import { deathForm, idNumber, signedIn, sleep, startServer } from '../test/api/lib.mjs';

const ROWS = Number(process.env.BENCH_ROWS ?? 18115);
const BAD = Math.round((ROWS * 300) / 18115);
const every = Math.floor(ROWS / BAD);
const head = '姓名,公民身份号码,手机号码,办理地,申请情形,资格条件,村卫生室名称,考核合格';
const wrongs = [(row) => [row[0], row[1].slice(0, 17) + (row[1][17] === '0' ? '1' : '0'), ...row.slice(2)], (row) => [...row.slice(0, 2), '138', ...row.slice(3)],
  (row) => [...row.slice(0, 3), '南岗区', ...row.slice(4)]];
let bad = 0;
const lines = Array.from({ length: ROWS }, (_each, i) => {
  const day = `19${50 + (i % 40)}${String(1 + (Math.floor(i / 40) % 12)).padStart(2, '0')}${String(1 + (Math.floor(i / 480) % 28)).padStart(2, '0')}`;
  const row = [`村医${i}`, idNumber('230110', day, 1 + Math.floor(i / 13440)), '13800001111', '香坊区', '再次注册', '连续从业二十年以上', `第${i % 300}村卫生室`, '是'];
  return i % every === 11 && bad < BAD ? wrongs[bad++ % wrongs.length](row).join(',') : row.join(',');
});

const server = await startServer();
const clerk = await signedIn(server, 'clerk-gao');
const doctor = await signedIn(server, 'dr-wang');
let deaths = 0;
async function command(times) {
  const id = idNumber('230110', `19${30 + (deaths % 20)}0${1 + (Math.floor(deaths / 20) % 9)}1${Math.floor(deaths / 180) % 10}`, 1 + 2 * Math.floor(deaths / 1800));
  deaths++;
  const form = deathForm(id);
  const begun = performance.now();
  const answer = await doctor.post('/api/v1/cases', { item: 'death-report', form });
  times.push(performance.now() - begun);
  if (answer.status !== 201) throw new Error(answer.text);
  await sleep(20);
}
const at = (times, share) => [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))].toFixed(1);
const told = (name, times) => console.log(`bulk.${name}	${at(times, 0.5)} ms p50, ${at(times, 0.99)} ms p99 of ${times.length} commands of another person`);

const alone = [];
for (let i = 0; i < 30; i++) await command([]);
for (let i = 0; i < 300; i++) await command(alone);
const meanwhile = [];
const begun = performance.now();
const started = await clerk.ask('POST', '/api/v1/items/village-doctor-registration/bulk', [head, ...lines].join('\n'), { 'Content-Type': 'text/csv' });
const accepted = performance.now() - begun;
if (started.status !== 202) throw new Error(started.text);
let run = started.body;
for (let asked = 0; run.state === 'running'; asked++) {
  await command(meanwhile);
  if (asked % 20 === 0) run = (await clerk.get(`/api/v1/bulk/${run.id}`)).body;
}
const seconds = (performance.now() - begun) / 1000;
console.log(`bulk.upload	${accepted.toFixed(0)} ms until the table is accepted (${run.total} rows)`);
console.log(`bulk.run	${seconds.toFixed(1)} s, ${(run.total / seconds).toFixed(0)} rows/s: ${run.granted} granted, ${run.invalid} listed as wrong, ${run.waiting + run.refused + run.repeated} other`);
told('alone', alone);
told('meanwhile', meanwhile);
await server.stop();
