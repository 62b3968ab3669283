// A table of applications: good rows become cases, the others are listed with row and reason; mended ones are sent again.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { idNumber, signedIn, sleep, startServer, until } from './lib.mjs';

const ITEM = 'village-doctor-registration';
const HEAD = ['姓名', '公民身份号码', '手机号码', '办理地', '申请情形', '资格条件', '村卫生室名称', '考核合格'];
let server;
let clerk;
before(async () => {
  server = await startServer();
  clerk = await signedIn(server, 'clerk-gao');
});
after(() => server.stop());

let people = 0;
const doctor = (changes = {}) => {
  people++;
  const row = { 姓名: `村医${people}`, 公民身份号码: idNumber('230110', `19750${1 + Math.floor(people / 900)}02`, 1 + (people % 900)), 手机号码: '13800001111', 办理地: '香坊区', 申请情形: '再次注册',
    资格条件: '连续从业二十年以上', 村卫生室名称: '向阳乡第一村卫生室', 考核合格: '是', ...changes };
  return row;
};
const cell = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const table = (rows, head = HEAD) => [head, ...rows.map((row) => head.map((name) => row[name] ?? ''))].map((row) => row.map(cell).join(',')).join('\r\n');
const send = (who, body, headers = {}) => who.ask('POST', `/api/v1/items/${ITEM}/bulk?name=cunyi.csv`, body, { 'Content-Type': 'text/csv', ...headers });
const runOf = async (who, id) => (await who.get(`/api/v1/bulk/${id}`)).body;
const ended = (who, id) => until('the end of the run', async () => {
  const run = await runOf(who, id);
  return run.state !== 'running' && run;
});
async function worked(who, body, headers) {
  const begun = await send(who, body, headers);
  assert.equal(begun.status, 202, begun.text);
  return ended(who, begun.body.id);
}
const rowsOf = async (who, id, result = '') => (await who.get(`/api/v1/bulk/${id}/rows?limit=100&result=${result}`)).body.items;
const counts = ({ total, done, granted, waiting, refused, invalid, repeated }) => ({ total, done, granted, waiting, refused, invalid, repeated });

test('the items that take tables are named with their columns, and the template is their first row and an example', async () => {
  const items = (await clerk.get('/api/v1/bulk/items')).body.items;
  const one = items.find((each) => each.item === ITEM);
  assert.deepEqual(one.columns.map((each) => each.title), HEAD);
  assert.deepEqual(one.columns[4].options, ['首次注册', '再次注册']);
  const template = await clerk.get(`/api/v1/items/${ITEM}/bulk.csv`);
  assert.match(template.headers.get('content-type'), /^text\/csv/);
  assert.equal(template.bytes.subarray(0, 3).toString('hex'), 'efbbbf');
  const [head, example] = template.text.split('\r\n');
  assert.equal(head.replace('\uFEFF', ''), HEAD.join(','));
  assert.equal(example.split(',').length, HEAD.length);
  const run = await worked(clerk, template.bytes);
  assert.deepEqual(counts(run), { total: 1, done: 1, granted: 0, waiting: 0, refused: 0, invalid: 1, repeated: 0 });
  assert.equal((await rowsOf(clerk, run.id))[0].problems[0].code, 'example-row');
});

test('good rows are granted, doubtful ones go to people, wrong ones are listed with row, column and reason', async () => {
  const good = [doctor(), doctor({ 办理地: '230110' }), doctor({ 办理地: '黑龙江省哈尔滨市香坊区', 村卫生室名称: '东风村"老"卫生室,二组' })];
  const checkDigit = doctor();
  checkDigit.公民身份号码 = checkDigit.公民身份号码.slice(0, 17) + (checkDigit.公民身份号码[17] === '1' ? '2' : '1');
  const run = await worked(clerk, table([good[0], doctor({ 考核合格: '否' }), checkDigit, good[1], doctor({ 资格条件: '以上都没有' }),
    doctor({ 手机号码: '12', 申请情形: '没有这一种' }), doctor({ 办理地: '哈尔滨市南岗区' }), good[2]]));
  assert.equal(run.state, 'done');
  assert.deepEqual(counts(run), { total: 8, done: 8, granted: 3, waiting: 1, refused: 1, invalid: 3, repeated: 0 });
  const rows = Object.fromEntries((await rowsOf(clerk, run.id, 'all')).map((row) => [row.row, row]));
  assert.deepEqual(Object.values(rows).map((row) => row.result), ['granted', 'waiting', 'invalid', 'granted', 'refused', 'invalid', 'invalid', 'granted']);
  assert.equal(rows[4].problems[0].column, '公民身份号码');
  assert.equal(rows[4].problems[0].code, 'format');
  assert.match(rows[4].problems[0].message, /校验码/);
  assert.deepEqual(rows[7].problems.map((one) => one.column).sort(), ['手机号码', '申请情形']);
  assert.equal(rows[8].problems[0].code, 'region-foreign');
  assert.match(rows[6].problems[0].message, /资格条件/);
  assert.deepEqual(rows[3].problems.map((one) => [one.code, one.message]), [['waiting', '考核不合格']]);
  assert.ok(!rows[4].title.includes('村医'), 'a name is masked where it is listed');
  const opened = (await clerk.get(`/api/v1/cases/${rows[2].case}`)).body;
  assert.equal(opened.outcome, 'granted');
  assert.equal(opened.form.clinic, good[0].村卫生室名称);
  assert.equal(opened.applicant.id, good[0].公民身份号码);
  assert.equal(opened.certificates.length, 1);
  const events = (await clerk.get(`/api/v1/cases/${rows[2].case}/events`)).body.items;
  const told = events.find((event) => event.type === 'case.bulk');
  assert.equal(told.by_name, '高洁');
  const doubtful = (await clerk.get(`/api/v1/cases/${rows[3].case}`)).body;
  assert.equal(doubtful.state, 'reviewing');
  const task = doubtful.tasks[0];
  await clerk.post(`/api/v1/tasks/${task.id}/claim`);
  assert.equal((await clerk.post(`/api/v1/tasks/${task.id}/complete`, { form: { decision: 'approve', opinion: '已核对' } })).status, 200);
  const [now] = await rowsOf(clerk, run.id, 'waiting');
  assert.deepEqual([now.case_state, now.outcome], ['closed', 'granted']);
});

test('exceptions come back as a table that is mended and sent again; what is done already is known', async () => {
  const good = doctor();
  const bad = doctor({ 手机号码: '138' });
  const run = await worked(clerk, table([good, bad]));
  assert.deepEqual([run.granted, run.invalid], [1, 1]);
  const exceptions = await clerk.get(`/api/v1/bulk/${run.id}/exceptions.csv`);
  const lines = exceptions.text.replace('\uFEFF', '').trim().split('\r\n');
  assert.equal(lines[0], [...HEAD, '行号', '原因', '已核对'].join(','));
  assert.equal(lines.length, 2);
  assert.match(lines[1], /,3,.*手机号码/);
  const mended = await worked(clerk, exceptions.text.replace(',138,', ',13800002222,'));
  assert.deepEqual(counts(mended), { total: 1, done: 1, granted: 1, waiting: 0, refused: 0, invalid: 0, repeated: 0 });
  const again = await worked(clerk, table([good, { ...bad, 手机号码: '13800002222' }, doctor()]));
  assert.deepEqual(counts(again), { total: 3, done: 3, granted: 1, waiting: 0, refused: 0, invalid: 0, repeated: 2 });
  const [first] = await rowsOf(clerk, again.id, 'repeated');
  assert.equal(first.problems[0].code, 'bulk-done');
  assert.equal(first.case, (await rowsOf(clerk, run.id, 'all'))[0].case);
  const results = await clerk.get(`/api/v1/bulk/${again.id}/results.csv`);
  assert.equal(results.text.trim().split('\r\n').length, 4);
  assert.match(results.text, new RegExp(`重复,未再办理",${first.case}`));
});

test('one person twice in one table has one case; the second row names the first', async () => {
  const one = doctor();
  const run = await worked(clerk, table([one, one, { ...one, 公民身份号码: one.公民身份号码.toLowerCase(), 手机号码: '13800003333' }, doctor()]));
  assert.deepEqual(counts(run), { total: 4, done: 4, granted: 2, waiting: 0, refused: 0, invalid: 0, repeated: 2 });
  const repeated = await rowsOf(clerk, run.id, 'repeated');
  assert.deepEqual(repeated.map((row) => [row.row, row.same, row.problems[0].code]), [[3, 2, 'bulk-twice'], [4, 2, 'bulk-twice']]);
  const cases = (await clerk.get(`/api/v1/cases?party=${one.公民身份号码}`)).body.items;
  assert.equal(cases.length, 1);
});

test('GB18030 is read as UTF-8 is', async () => {
  const rows = [doctor()];
  const text = table(rows);
  const bytes = await gb18030(text);
  assert.notDeepEqual(bytes, Buffer.from(text));
  const run = await worked(clerk, bytes, { 'Content-Type': 'text/csv; charset=gb18030' });
  assert.equal(run.granted, 1);
  const [row] = await rowsOf(clerk, run.id, 'all');
  assert.equal((await clerk.get(`/api/v1/cases/${row.case}`)).body.form.clinic, '向阳乡第一村卫生室');
});
async function gb18030(text) {
  const decoder = new TextDecoder('gb18030');
  const known = new Map();
  for (let high = 0x81; high <= 0xfe; high++)
    for (let low = 0x40; low <= 0xfe; low++) {
      const bytes = Buffer.from([high, low]);
      known.set(decoder.decode(bytes), bytes);
    }
  return Buffer.concat([...text].map((letter) => (letter.codePointAt(0) < 128 ? Buffer.from(letter) : known.get(letter))));
}

test('a table that cannot be read at all is refused at once, with what is wrong', async () => {
  const good = table([doctor()]);
  const cases = [
    ['', 'csv-empty'],
    [HEAD.join(','), 'csv-empty'],
    [table([doctor()], HEAD.filter((name) => name !== '公民身份号码')), 'csv-column', '公民身份号码'],
    [table([doctor()], [...HEAD, '血型']), 'csv-column-unknown', '血型'],
    [table([doctor()], [...HEAD, '姓名']), 'csv-column-twice', '姓名'],
    [good + ',"never closed', 'csv-quote'],
    [Buffer.concat([Buffer.from(good), Buffer.from([0xff, 0xff, 0xfe, 0x00])]), 'csv-encoding'],
    [[HEAD.join(','), ...Array(20001).fill('甲,1,2,3,4,5,6,7')].join('\n'), 'csv-too-long'],
  ];
  for (const [body, type, field] of cases) {
    const answer = await send(clerk, body);
    assert.equal(answer.status, 422, `${type}: ${answer.text}`);
    assert.equal(answer.body.type, type);
    assert.ok(answer.body.title.match(/[一-鿿]/), answer.body.title);
    if (field) assert.equal(answer.body.field, field);
  }
  assert.equal(await announced(20 * 1024 * 1024 + 1), 413);
  const full = await send(clerk, Buffer.concat([Buffer.from(HEAD.join(',') + '\n'), Buffer.alloc(20 * 1024 * 1024 - 200, 'a')]));
  const run = await ended(clerk, full.body.id);
  assert.equal((await rowsOf(clerk, run.id))[0].problems[0].code, 'cell-unreadable');
});

/** The answer to a table that is only announced by its length. */
function announced(length) {
  return new Promise((done, fail) => {
    const headers = { 'Content-Type': 'text/csv', 'Content-Length': length, Cookie: clerk.cookie, 'X-CSRF-Token': clerk.csrf };
    const asked = request(`${server.url}/api/v1/items/${ITEM}/bulk`, { method: 'POST', headers }, (answer) => {
      done(answer.statusCode);
      asked.destroy();
    });
    asked.on('error', fail);
    asked.flushHeaders();
  });
}

test('only who may apply for others may send tables, and sees those of their own region', async () => {
  const doctorWang = await signedIn(server, 'dr-wang');
  assert.equal((await send(doctorWang, table([doctor()]))).status, 403);
  assert.equal((await doctorWang.get('/api/v1/bulk')).status, 403);
  const admin = await signedIn(server, 'admin');
  assert.equal((await send(admin, table([doctor()]))).status, 403);
  const other = await clerk.ask('POST', '/api/v1/items/village-doctor-change/bulk', table([doctor()]), { 'Content-Type': 'text/csv' });
  assert.deepEqual([other.status, other.body.type], [422, 'item-not-bulk']);
  const province = await signedIn(server, 'clerk-lin');
  const theirs = await worked(province, table([doctor({ 办理地: '哈尔滨市南岗区' })]));
  assert.equal(theirs.granted, 1);
  assert.equal((await clerk.get(`/api/v1/bulk/${theirs.id}`)).status, 404);
  const seen = (await province.get('/api/v1/bulk?limit=100')).body.items;
  assert.ok(seen.some((run) => run.by === '高洁' && !run.mine));
  assert.ok(seen.some((run) => run.id === theirs.id && run.mine));
});

test('the same request is begun once; pages of rows follow each other; an ended run cannot be cancelled', async () => {
  const body = table([doctor(), doctor({ 手机号码: '1' }), doctor({ 手机号码: '2' }), doctor({ 手机号码: '3' })]);
  const key = { 'Idempotency-Key': 'one-table' };
  const first = await send(clerk, body, key);
  const second = await send(clerk, body, key);
  assert.equal(first.body.id, second.body.id);
  const run = await ended(clerk, first.body.id);
  assert.equal(run.invalid, 3);
  const seen = [];
  for (let cursor = ''; cursor !== undefined;) {
    const page = (await clerk.get(`/api/v1/bulk/${run.id}/rows?limit=2&cursor=${cursor}`)).body;
    seen.push(...page.items.map((row) => row.row));
    cursor = page.next ?? undefined;
  }
  assert.deepEqual(seen, [3, 4, 5]);
  const late = await clerk.ask('DELETE', `/api/v1/bulk/${run.id}`);
  assert.deepEqual([late.status, late.body.type], [409, 'bulk-ended']);
  assert.equal((await clerk.get(`/api/v1/bulk/${run.id}/rows?result=unknown`)).status, 422);
});

test('a cancelled run leaves what is done and does no more', async () => {
  const many = 5000;
  const begun = await send(clerk, table(Array.from({ length: many }, () => doctor())));
  const cancelled = await clerk.ask('DELETE', `/api/v1/bulk/${begun.body.id}`);
  assert.equal(cancelled.body.state, 'cancelled');
  let seen;
  const still = await until('nothing more is done', async () => {
    const last = seen;
    seen = await runOf(clerk, begun.body.id);
    if (last?.done === seen.done) return seen;
    await sleep(1000);
    return undefined;
  });
  assert.ok(still.done < many, `${still.done} rows are done`);
});

test('after being killed again and again a run goes on where it stood: every good row has exactly one case', async (test) => {
  let killed = await startServer();
  test.after(() => killed.stop());
  const rows = Array.from({ length: 400 }, (_each, i) => doctor(i % 20 === 7 ? { 手机号码: '12' } : {}));
  let who = await signedIn(killed, 'clerk-gao');
  const begun = await send(who, table(rows));
  for (const least of [1, 100, 250]) {
    for (let run; !run || (run.done < least && run.state === 'running');) run = (await who.get(`/api/v1/bulk/${begun.body.id}`)).body;
    await killed.stop({ keep: true, signal: 'SIGKILL' });
    killed = await startServer({ data: killed.data, db: killed.db });
    who = await signedIn(killed, 'clerk-gao');
  }
  const run = await ended(who, begun.body.id);
  assert.equal(run.state, 'done');
  assert.deepEqual(counts(run), { total: 400, done: 400, granted: 380, waiting: 0, refused: 0, invalid: 20, repeated: 0 });
  const seen = new Set();
  for (let cursor = ''; cursor !== undefined;) {
    const page = (await who.get(`/api/v1/bulk/${begun.body.id}/rows?result=granted&limit=100&cursor=${cursor}`)).body;
    for (const row of page.items) seen.add(row.case);
    cursor = page.next ?? undefined;
  }
  assert.equal(seen.size, 380);
  const cases = [];
  for (let cursor = ''; cursor !== undefined;) {
    const page = (await who.get(`/api/v1/cases?item=${ITEM}&limit=100&cursor=${cursor}`)).body;
    cases.push(...page.items.map((one) => one.no));
    cursor = page.next ?? undefined;
  }
  assert.deepEqual(cases.sort(), [...seen].sort());
});
