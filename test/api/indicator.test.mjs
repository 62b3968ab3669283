// Indicators counted in the background, the cases behind them, who is late, supervision, bulletins, and the recount.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { deathForm, idNumber, program, root, signedIn, startServer, until } from './lib.mjs';

const V = '/api/v1';
let server;
let admin;
let head;
let doctor;
let li;
before(async () => {
  server = await startServer({ agencies: 'http://127.0.0.1:9' });
  [admin, head, doctor, li] = await Promise.all(['admin', 'head-chen', 'dr-wang', 'li'].map((name) => signedIn(server, name)));
});
after(() => server.stop());

async function get(who, path) {
  const answer = await who.get(V + path);
  assert.equal(answer.status, 200, `${path}: ${answer.text}`);
  return answer.body;
}
async function refused(promise, status, type, field) {
  const answer = await promise;
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.body.type, type);
  if (field) assert.equal(answer.body.field, field);
}
const report = async (sequence, changes) => {
  const opened = await doctor.post(`${V}/cases`, { item: 'death-report', form: deathForm(idNumber('230110', '19400520', sequence), changes) });
  assert.equal(opened.status, 201, opened.text);
  return opened.body;
};
// Counting follows the cases; a figure says how far it is.
const counted = (from) => until(`${from} cases counted`, async () => {
  const figure = await get(head, '/indicators/cases-opened');
  return figure.numerator >= from && figure;
});
let waiting;
let opened;

test('cases are counted once each, with definition, source and time', async () => {
  const before = (await counted(0)).numerator;
  for (let i = 1; i <= 3; i++) await report(20 + 2 * i + 1);
  waiting = await report(41, { 'cause.a.code': 'R96.0', 'cause.a.diagnosis': '原因不明的猝死', 'cause.b': undefined });
  assert.equal(waiting.state, 'reviewing');
  opened = await counted(before + 4);
  assert.equal(opened.numerator, before + 4);
  assert.equal(opened.unit, 'count');
  assert.ok(opened.formula && opened.source && opened.sources.length);
  assert.ok(Date.now() - Date.parse(opened.as_of) < 60000);
  assert.match(opened.from, /-01$/);
  const again = await get(head, `/indicators/cases-opened?by=item`);
  assert.equal(again.rows.reduce((sum, one) => sum + one.numerator, 0), again.numerator);
  for (const by of ['region', 'unit', 'month'])
    assert.equal((await get(head, `/indicators/cases-opened?by=${by}`)).rows.reduce((sum, one) => sum + one.numerator, 0), again.numerator, by);
});

test('the overview has every figure with the period before; figures over items need no case', async () => {
  const { items, as_of: asOf } = await get(head, '/indicators');
  const of = (id) => items.find((one) => one.id === id);
  assert.ok(Date.parse(asOf));
  assert.equal(of('cases-opened').numerator, opened.numerator);
  assert.equal(of('cases-opened').previous, 0);
  assert.ok(of('on-time') && of('satisfaction') && of('automatic') && of('overdue-now'));
  for (const id of ['limit-cut-total', 'limit-cut-mean']) assert.match(of(id).title, /口径/);
  const english = (await get(head, '/indicators?lang=en')).items.find((one) => one.id === 'zero-visit');
  assert.equal(english.of, 'items');
});

test('a figure opens the cases behind it, page by page, and the look is logged', async () => {
  const seen = new Set();
  for (let next = ''; next !== null;) {
    const page = await get(head, `/indicators/cases-opened/cases?part=numerator&limit=2${next ? `&cursor=${next}` : ''}`);
    for (const one of page.items) seen.add(one.no);
    next = page.next ?? null;
  }
  assert.equal(seen.size, opened.numerator);
  const [first] = (await get(head, '/indicators/cases-opened/cases?limit=1')).items;
  assert.ok(first.item_title && first.region && first.opened);
  assert.equal(first.title, undefined);
  assert.equal((await get(head, '/indicators/cases-opened/cases?region=420000')).items.length, 0);
  await refused(head.get(`${V}/indicators/cases-opened/cases?part=half`), 422, 'filter-invalid', 'part');
  await refused(head.get(`${V}/indicators/cases-opened/cases?cursor=x`), 422, 'bad-cursor', 'cursor');
});

test('figures are for those who may, of their region', async () => {
  await refused(doctor.get(`${V}/indicators`), 403, 'forbidden');
  await refused(doctor.get(`${V}/indicators/cases-opened`), 403, 'forbidden');
  await refused(doctor.get(`${V}/deadlines`), 403, 'forbidden');
  await refused(doctor.get(`${V}/bulletins`), 403, 'forbidden');
  await refused(head.get(`${V}/indicators/none`), 404, 'indicator-not-found');
  await refused(head.get(`${V}/indicators/cases-opened?by=moon`), 422, 'filter-invalid', 'by');
  await refused(head.get(`${V}/indicators/zero-visit?by=unit`), 422, 'filter-invalid', 'by');
  await refused(head.get(`${V}/indicators/cases-opened?from=x`), 422, 'filter-invalid', 'from');
  const county = await get(li, '/indicators/cases-opened');
  assert.deepEqual(county.rows.map((one) => one.key), ['230110']);
  assert.equal((await get(li, '/indicators/cases-opened?region=230103')).numerator, 0);
});

test('a rating is counted the moment it is given', async () => {
  const [one] = (await get(head, '/indicators/cases-closed/cases?limit=1')).items;
  assert.ok(one, 'a report closes at once');
  const rated = await doctor.post(`${V}/cases/${one.no}/actions/rate`, { grade: 2 });
  assert.equal(rated.status, 200, rated.text);
  await until('the rating counted', async () => (await get(head, '/indicators/ratings')).numerator > 0);
  assert.equal((await get(head, '/indicators/satisfaction')).value, 1);
  assert.equal((await get(head, '/indicators/grade')).value, 2);
});

test('small numbers are left out of what is open to all', async () => {
  const figure = await get(head, '/indicators/ratings?open=true');
  assert.deepEqual(figure.rows.map((one) => [one.suppressed, one.numerator]), [[true, undefined]]);
});

test('a case is put on the supervision list, answered, and closed with a proof', async () => {
  const listed = waiting;
  const body = { case: listed.no, reason: '已超期,请说明原因', owner: 'li' };
  await refused(doctor.post(`${V}/supervisions`, body), 403, 'forbidden');
  await refused(head.post(`${V}/supervisions`, { case: listed.no }), 422, 'text-missing', 'reason');
  await refused(head.post(`${V}/supervisions`, { ...body, owner: 'nobody' }), 422, 'owner-unknown', 'owner');
  await refused(head.post(`${V}/supervisions`, { ...body, due: '2001-01-01' }), 422, 'due-invalid', 'due');
  await refused(head.post(`${V}/supervisions`, { ...body, case: '230100-20200101-000001-0' }), 404, 'case-not-found', 'case');
  const made = await head.post(`${V}/supervisions`, body);
  assert.equal(made.status, 201, made.text);
  assert.deepEqual([made.body.state, made.body.owner, made.body.overdue], ['open', 'li', false]);
  await refused(head.post(`${V}/supervisions`, body), 409, 'supervision-exists');
  const act = (who, action, input) => who.post(`${V}/supervisions/${made.body.id}/actions/${action}`, input);
  await refused(act(li, 'close', { proof: '好了' }), 403, 'forbidden');
  await refused(act(li, 'answer', { text: ' ' }), 422, 'text-missing', 'text');
  const answered = await act(li, 'answer', { text: '材料已补齐,今日办结' });
  assert.deepEqual([answered.body.state, answered.body.answered_by], ['answered', '李卓'], answered.text);
  assert.ok(Date.parse(answered.body.answered));
  await refused(act(head, 'close', {}), 422, 'text-missing', 'proof');
  assert.equal((await act(head, 'close', { proof: '已见办结证明' })).body.state, 'closed');
  await refused(act(head, 'close', { proof: '再一次' }), 409, 'supervision-closed');
  await refused(act(head, 'sing', {}), 404, 'action-not-found');
  assert.deepEqual((await get(head, '/supervisions?state=active')).items, []);
  assert.equal((await get(head, '/supervisions?state=closed')).items[0].proof, '已见办结证明');
  const told = (await get(head, `/cases/${listed.no}/events`)).items.map((one) => one.type).filter((type) => type.startsWith('case.superv'));
  assert.deepEqual(told, ['case.supervised', 'case.supervision.answered', 'case.supervision.closed']);
});

test('a bulletin takes the figures once, is edited, and stays when it is published', async () => {
  await refused(head.post(`${V}/bulletins`, { kind: 'day', title: 'x' }), 422, 'bulletin-invalid', 'kind');
  await refused(li.post(`${V}/bulletins`, { kind: 'week', title: 'x' }), 403, 'forbidden');
  const today = new Date(Date.now() + 8 * 3600000).toISOString().slice(0, 10);
  const made = await head.post(`${V}/bulletins`, { kind: 'month', date: today, title: '政务服务月报' });
  assert.equal(made.status, 201, made.text);
  const figure = made.body.figures.find((one) => one.id === 'cases-opened');
  assert.equal(figure.numerator, opened.numerator);
  assert.ok(made.body.by_region.some((one) => one.id === 'cases-opened'));
  assert.ok(Date.parse(made.body.as_of));
  const path = `${V}/bulletins/${made.body.id}`;
  const sections = [{ heading: '总体情况', text: '本月收件平稳。' }];
  const saved = await head.ask('PUT', path, { title: '月报(修订)', sections }, { 'If-Match': '"1"' });
  assert.deepEqual([saved.status, saved.body.title, saved.body.version], [200, '月报(修订)', 2], saved.text);
  assert.equal((await head.ask('PUT', path, { sections }, { 'If-Match': '"1"' })).body.type, 'if-match-failed');
  await refused(head.ask('PUT', path, { sections: [{ heading: 1 }] }), 422, 'bulletin-invalid', 'sections');
  assert.equal((await head.post(`${path}/publish`, {})).body.state, 'published');
  await refused(head.ask('PUT', path, { sections: [] }), 409, 'bulletin-published');
  const kept = await get(head, `/bulletins/${made.body.id}`);
  assert.deepEqual(kept.sections, sections);
  assert.equal((await get(head, '/bulletins')).items[0].title, '月报(修订)');
  await refused(li.get(path), 404, 'bulletin-not-found');
});

const head7 = 'item,title,province,materials,promised_days,steps,visits,fee_fen,as_of,source';
test('other provinces are read from a table: good rows are taken, bad ones listed with row and reason', async () => {
  const send = (who, text) => who.ask('POST', `${V}/benchmarks/import`, text, { 'Content-Type': 'text/csv' });
  const rows = [head7, 'death-certificate,出具死亡证明,浙江省,0,0,1,0,0,2026-06-30,演示', 'no-such,没有这个事项,浙江省,1,1,1,1', 'death-correction,死亡登记更正,浙江省,0,一天,4,0',
    'death-correction,死亡登记更正,,0,1,4,0', 'death-correction,"死亡登记更正",广东省,0,0.5,4,0', ',死亡登记更正,江苏省,0,5,9,2', 'death-correction,死亡登记更正,广东省,0,2,4,0', 'death-correction,短'];
  await refused(send(doctor, rows.join('\n')), 403, 'forbidden');
  await refused(send(head, 'item,title\na,b'), 422, 'csv-column', 'province');
  await refused(send(head, `${head7}\n"a`), 422, 'csv-quote', 'line 2');
  await refused(send(head, Buffer.from([0xff, 0xff, 0xff])), 422, 'csv-encoding');
  const { body, status, text } = await send(head, rows.join('\r\n'));
  assert.equal(status, 200, text);
  assert.equal(body.imported, 3);
  assert.deepEqual(body.refused.map((one) => [one.row, one.field, one.reason]), [[3, 'item', 'item-unknown'], [4, 'promised_days', 'number-invalid'],
    [5, 'province', 'province-missing'], [8, 'item', 'row-repeated'], [9, 'province', 'cells-missing']]);
  const chinese = Buffer.from([...Buffer.from(`${head7}\ndeath-hold,x,`), 0xd5, 0xe3, 0xbd, 0xad, ...Buffer.from(',9,9,9,9\n')]);
  assert.equal((await send(head, chinese)).body.imported, 1);
  const all = await get(head, '/benchmarks');
  const of = (item) => all.items.find((one) => one.item === item);
  assert.equal(of('death-hold').provinces[0].province, '浙江');
  assert.equal(of('death-hold').national_best, true);
  const correction = of('death-correction');
  assert.equal(correction.national_best, false);
  assert.deepEqual(correction.gaps, [{ measure: 'promised_days', ours: 3, best: 0.5, province: '广东省' }]);
  assert.deepEqual([all.compared, all.best], [3, all.items.filter((one) => one.national_best).length]);
  const plan = { measure: '更正即时办结', owner: '信息统计处', due: '2026-12-31' };
  await refused(head.ask('PUT', `${V}/benchmarks/death-correction`, { ...plan, due: '年底' }), 422, 'plan-invalid', 'due');
  await refused(head.ask('PUT', `${V}/benchmarks/none`, plan), 404, 'item-not-found');
  await refused(li.ask('PUT', `${V}/benchmarks/death-correction`, plan), 403, 'forbidden');
  assert.equal((await head.ask('PUT', `${V}/benchmarks/death-correction`, plan)).status, 200);
  assert.equal((await get(head, '/benchmarks')).items.find((one) => one.item === 'death-correction').plan.owner, '信息统计处');
  for (const one of (await get(head, '/benchmarks/materials')).items) assert.equal(one.asked_by.length, one.n);
});

test('43 of the 67 items are equal to the national best; each of the 24 others has its gap, measure, owner and date', async () => {
  const read = (name) => readFileSync(`${root}/packs/licensing/benchmarks/${name}`, 'utf8');
  const sent = await head.ask('POST', `${V}/benchmarks/import`, read('provinces.csv'), { 'Content-Type': 'text/csv' });
  assert.deepEqual([sent.status, sent.body.refused], [200, []], sent.text);
  const [, ...gaps] = read('gaps.csv').trim().split(/\r?\n/).map((line) => line.split(','));
  for (const [item, , , , , , measure, owner, due] of gaps)
    assert.equal((await head.ask('PUT', `${V}/benchmarks/${item}`, { measure, owner, due })).status, 200, item);
  const codes = new Set(read('provinces.csv').trim().split(/\r?\n/).slice(1).map((line) => line.split(',')[0]));
  const all = (await get(head, '/benchmarks')).items.filter(({ item }) => codes.has(item));
  assert.deepEqual([all.length, all.filter((one) => one.national_best).length], [67, 43]);
  const behind = all.filter((one) => !one.national_best);
  assert.deepEqual(behind.map(({ item }) => item).sort(), gaps.map(([item]) => item).sort());
  for (const one of behind) assert.ok(one.gaps.length && one.plan.measure && one.plan.owner && one.plan.due, one.item);
  const merged = (await get(head, '/benchmarks/materials')).items;
  assert.ok(merged.some(({ n }) => n > 1), 'materials that several items ask for are found');
});

test('counting everything again from the events gives the same numbers', async () => {
  const where = server.db.length ? server.db : ['--data', server.data];
  const data = server.db.length ? ['--data', server.data, ...server.db] : where;
  const again = spawnSync(program, ['recount', ...data, '--packs', 'packs'], { cwd: root, encoding: 'utf8' });
  assert.equal(again.status, 0, again.stdout + again.stderr);
  assert.match(again.stdout, /^[1-9]\d* cases, [1-9]\d* sums: 0 cases counted wrongly, 0 wrong sums$/m);
});
