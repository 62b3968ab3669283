// The wallet: showing codes, use by authorisation, the use log, the life of a certificate, many checked at once.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { client } from './lib.mjs';
import { inDays, issue, signedIn, signedInPerson, startCards } from './wallet.mjs';

const V = '/api/v1/certificates';
let server;
let office;
let far;
let stranger;

before(async () => {
  server = await startCards();
  office = await signedIn(server, 'li');
  far = await signedIn(server, 'super-ma');
  stranger = client(server);
});
after(() => server.stop());

const verify = async (given, who = stranger) => (await who.post(`${V}/verify`, given)).body;
const act = (who, no, action, body = {}) => who.post(`${V}/${no}/actions/${action}`, body);
async function holderOf(options) {
  const one = await issue(office, options);
  return { ...one, client: await signedInPerson(server, one.id) };
}
async function refused(answer, status, type) {
  const { status: got, body, text } = await answer;
  assert.deepEqual([got, body?.type], [status, type], text);
}

test('a wallet holds its holder\'s certificates with their states, page by page, and nobody else\'s', async () => {
  const one = await holderOf();
  const second = await issue(office, { id: one.id, remark: '二' });
  assert.equal((await act(office, second.no, 'revoke', { reason: '注销' })).status, 200);
  const all = (await one.client.get('/api/v1/wallet')).body;
  assert.deepEqual(all.items.map((item) => [item.no, item.state]), [[second.no, 'revoked'], [one.no, 'valid']]);
  assert.deepEqual([all.states.valid, all.states.revoked], [1, 1]);
  assert.deepEqual((await one.client.get('/api/v1/wallet?state=valid')).body.items.map((item) => item.no), [one.no]);
  const first = (await one.client.get('/api/v1/wallet?limit=1')).body;
  const next = (await one.client.get(`/api/v1/wallet?limit=1&cursor=${first.next}`)).body;
  assert.deepEqual([...first.items, ...next.items].map((item) => item.no), [second.no, one.no]);
  assert.equal(next.next, undefined);
  await refused(stranger.get('/api/v1/wallet'), 401, 'unauthenticated');
  await refused(office.get('/api/v1/wallet'), 403, 'wallet-none');
  await refused(one.client.get('/api/v1/wallet?state=lost'), 422, 'bad-query');
  await refused(one.client.get('/api/v1/wallet?cursor=x'), 422, 'bad-cursor');
});

test('a showing code serves once, within its time, for its holder only', async () => {
  const one = await holderOf();
  const other = await holderOf({ name: '李四' });
  const made = await one.client.post(`${V}/${one.no}/show`);
  assert.equal(made.status, 201, made.text);
  assert.equal(made.body.seconds, 60);
  assert.match(made.body.svg, /^<svg/);
  assert.match(made.headers.get('cache-control'), /no-store/);
  const seen = await verify({ code: made.body.code, purpose: '应聘' });
  assert.deepEqual([seen.result, seen.valid, seen.no, seen.holder_name], ['genuine', true, one.no, '王**']);
  const again = await verify({ code: made.body.code });
  assert.deepEqual([again.result, again.valid, again.no], ['used', false, undefined]);
  assert.match(again.checks[0].message, /already/);
  const forged = made.body.code.slice(0, -1) + (made.body.code.endsWith('0') ? '1' : '0');
  assert.equal((await verify({ code: forged })).result, 'not-genuine');
  await refused(other.client.post(`${V}/${one.no}/show`), 404, 'certificate-not-found');
  await refused(office.post(`${V}/${one.no}/show`), 403, 'forbidden');
  const uses = (await one.client.get(`${V}/${one.no}/uses`)).body.items;
  assert.deepEqual(uses.map((use) => use.what), ['shown-verified', 'code-made']);
  assert.deepEqual([uses[0].kind, uses[0].purpose], ['nobody', '应聘']);
  assert.equal((await act(office, one.no, 'suspend', { reason: '核查' })).status, 200);
  await refused(one.client.post(`${V}/${one.no}/show`), 409, 'certificate-state');
});

test('two looks at one code at the same moment: one of them sees it', async () => {
  const one = await holderOf();
  const { code } = (await one.client.post(`${V}/${one.no}/show`)).body;
  const results = await Promise.all(Array.from({ length: 8 }, () => verify({ code })));
  assert.deepEqual(results.map((seen) => seen.result).sort(), ['genuine', ...Array(7).fill('used')]);
});

test('the public page takes a showing code once, and says what is wrong with it afterwards', async () => {
  const one = await holderOf();
  const { code } = (await one.client.post(`${V}/${one.no}/show`)).body;
  assert.match((await stranger.get(`/v/${code}`, { Accept: 'text/html' })).text, /真实,有效/);
  assert.match((await stranger.get(`/v/${code}`, { Accept: 'text/html' })).text, /已经被查看过/);
});

test('it is used for the purpose and the case that its holder authorised, and not otherwise', async () => {
  const one = await holderOf();
  const use = (who, purpose, no) => who.post(`${V}/${one.no}/use`, { purpose, ...(no ? { case: no } : {}) });
  await refused(use(office, '执业核验'), 403, 'use-not-authorised');
  await refused(act(one.client, one.no, 'grant', { purpose: 'x' }), 422, 'grant-invalid');
  const uscc = (await office.get('/api/v1/session')).body.user?.uscc ?? '12230110DEM000030W';
  const granted = await act(one.client, one.no, 'grant', { to: uscc, purpose: '执业核验', case: one.case, days: 7 });
  assert.equal(granted.status, 200, granted.text);
  const used = await use(office, '执业核验', one.case);
  assert.equal(used.status, 200, used.text);
  assert.equal(used.body.authorised_by, 'holder');
  assert.ok(used.body.labels.some((label) => label.value === '王小明'));
  await refused(use(office, '别的用途', one.case), 403, 'use-not-authorised');
  await refused(use(office, '执业核验'), 403, 'use-not-authorised');
  await refused(use(office, ''), 422, 'purpose-missing');
  await refused(use(stranger, '执业核验', one.case), 401, 'unauthenticated');
  const keyed = (purpose) => office.post(`${V}/${one.no}/use`, { purpose, case: one.case }, { 'Idempotency-Key': `use-${one.no}` });
  const many = await Promise.all(Array.from({ length: 4 }, () => keyed('执业核验')));
  assert.ok(many.every((answer) => answer.status === 200 || answer.body.type === 'idempotency-key-busy'), many.map((answer) => answer.text).join());
  const first = many.find((answer) => answer.status === 200);
  assert.deepEqual((await keyed('执业核验')).body, first.body, 'the same key gives the same answer');
  await refused(keyed('别的用途'), 409, 'idempotency-key-reused');
  const counted = (await one.client.get(`${V}/${one.no}/uses`)).body.items.filter((line) => line.what === 'used');
  assert.equal(counted.length, 2, 'one without a key, one for all with the same key');
  const log = (await one.client.get(`${V}/${one.no}/uses`)).body.items;
  assert.deepEqual([log[0].what, log[0].purpose, log[0].case, log[0].kind], ['used', '执业核验', one.case, 'staff']);
  assert.equal((await act(one.client, one.no, 'withdraw', { to: uscc })).status, 200);
  await refused(use(office, '执业核验', one.case), 403, 'use-not-authorised');
  await refused(act(one.client, one.no, 'withdraw', { to: uscc }), 404, 'grant-not-found');
});

test('whoever it is lent to may look at it and show it, not lend it on, renew it or take it', async () => {
  const one = await holderOf();
  const friend = await holderOf({ name: '李四' });
  assert.equal((await act(one.client, one.no, 'grant', { to: friend.id, purpose: '代办' })).status, 200);
  assert.equal((await friend.client.get(`${V}/${one.no}`)).status, 200);
  assert.equal((await friend.client.post(`${V}/${one.no}/show`)).status, 201);
  for (const action of ['grant', 'withdraw', 'renew']) await refused(act(friend.client, one.no, action, { to: friend.id }), 403, 'forbidden');
  await refused(friend.client.post(`${V}/${one.no}/offer`), 403, 'forbidden');
});

test('an open case of the holder whose item asks for it may use it; a revoked one may not be used at all', async () => {
  const one = await holderOf();
  const opened = await office.post('/api/v1/cases', { item: 'card-use', form: { name: one.name, id_number: one.id } });
  assert.equal(opened.status, 201, opened.text);
  const use = () => office.post(`${V}/${one.no}/use`, { purpose: '办理', case: opened.body.no });
  assert.equal((await use()).body.authorised_by, 'item');
  const other = await issue(office, { name: '赵六' });
  await refused(office.post(`${V}/${other.no}/use`, { purpose: '办理', case: opened.body.no }), 403, 'use-not-authorised');
  assert.equal((await act(office, one.no, 'revoke', { reason: '注销' })).status, 200);
  await refused(use(), 409, 'certificate-state');
});

test('a change makes a new version; the old one points to it and says so at the next look', async () => {
  const one = await holderOf();
  await refused(act(office, one.no, 'change', { reason: '更名', face: {} }), 422, 'face-invalid');
  await refused(act(office, one.no, 'change', { reason: '更名', face: { nothing: 'x' } }), 422, 'face-invalid');
  await refused(act(office, one.no, 'change', { reason: '更名', face: { name: null } }), 422, 'face-invalid');
  await refused(act(office, one.no, 'change', { face: { name: 'x' } }), 422, 'reason-missing');
  await refused(act(one.client, one.no, 'change', { reason: 'x', face: { name: 'x' } }), 403, 'forbidden');
  const changed = await act(office, one.no, 'change', { reason: '更名', face: { name: '王晓明' } });
  assert.equal(changed.status, 200, changed.text);
  const [oldOne, newOne] = await Promise.all([one.no, changed.body.no].map(async (no) => (await office.get(`${V}/${no}`)).body));
  assert.deepEqual([oldOne.state, oldOne.replaced_by], ['replaced', newOne.no]);
  assert.deepEqual([newOne.state, newOne.face.name, newOne.replaces], ['valid', '王晓明', oldOne.identifier]);
  assert.match(newOne.identifier, /\.002\.[0-9A-Z]$/);
  assert.equal((await verify({ no: one.no })).valid, false);
  assert.equal((await verify({ no: newOne.no })).valid, true);
  await refused(act(office, one.no, 'change', { reason: '更名', face: { name: 'x' } }), 409, 'certificate-state');
  const told = (await office.get(`/api/v1/cases/${one.case}/events`)).body.items.map((event) => event.type);
  assert.ok(told.includes('certificate.changed'), told.join());
});

test('each act needs the right and a reason, is told in the case, and shows at the very next check', async () => {
  const one = await holderOf();
  for (const action of ['suspend', 'resume', 'reprint', 'revoke']) {
    await refused(act(office, one.no, action), 422, 'reason-missing');
    await refused(act(far, one.no, action, { reason: 'x' }), 403, 'forbidden');
    assert.equal((await act(office, one.no, action, { reason: '依法' })).status, 200, action);
    assert.equal((await verify({ no: one.no })).valid, action === 'resume' || action === 'reprint', action);
  }
  await refused(act(office, one.no, 'resume', { reason: 'x' }), 409, 'certificate-state');
  await refused(act(office, one.no, 'frame', { reason: 'x' }), 404, 'action-not-found');
  const told = (await office.get(`/api/v1/cases/${one.case}/events`)).body.items.map((event) => event.type);
  for (const type of ['suspended', 'resumed', 'reprinted', 'revoked']) assert.ok(told.includes(`certificate.${type}`), type);
});

test('renewal is asked for 30 days before the end at the latest and decided by the office', async () => {
  const late = await holderOf({ valid_to: inDays(29) });
  await refused(act(late.client, late.no, 'renew'), 409, 'renewal-too-late');
  const one = await holderOf({ valid_to: inDays(30) });
  await refused(act(office, one.no, 'grant-renewal', { reason: 'x' }), 409, 'renewal-not-asked');
  assert.equal((await act(one.client, one.no, 'renew')).status, 200);
  await refused(act(one.client, one.no, 'renew'), 409, 'renewal-asked');
  const waiting = (await one.client.get('/api/v1/wallet')).body.items[0].renewal;
  assert.equal(waiting.possible, false);
  assert.ok(waiting.asked && waiting.decided_by);
  await refused(act(one.client, one.no, 'grant-renewal', { reason: 'x' }), 403, 'forbidden');
  const granted = await act(office, one.no, 'grant-renewal', { reason: '符合条件' });
  assert.equal(granted.status, 200, granted.text);
  const fresh = (await office.get(`${V}/${granted.body.no}`)).body;
  assert.equal(Number(fresh.valid_to.slice(0, 4)), Number(inDays(30).slice(0, 4)) + 1);
  const [refusedOne] = [await holderOf({ valid_to: inDays(200) })];
  assert.equal((await act(refusedOne.client, refusedOne.no, 'renew')).status, 200);
  assert.equal((await act(office, refusedOne.no, 'refuse-renewal', { reason: '不符合条件' })).status, 200);
  assert.equal((await verify({ no: refusedOne.no })).valid, true);
});

test('many are checked at once, each with its own answer', async () => {
  const one = await issue(office, {});
  const { number } = (await office.get(`${V}/${one.no}`)).body;
  const items = [{ no: one.no }, { no: 'C1' }, { code: 'x' }, {}, { number, holder: one.id }, { number: 'X', holder: one.id, certificate: 'card' }, 7];
  const { status, body, text } = await far.post(`${V}/verify-batch`, { items });
  assert.equal(status, 200, text);
  assert.deepEqual(body.items.map((item) => item.result), ['genuine', 'not-genuine', 'not-genuine', 'refused', 'genuine', 'not-genuine', 'refused']);
  assert.equal(body.items[3].problem, 'input-missing');
  const thousand = await far.post(`${V}/verify-batch`, { items: Array(1000).fill({ no: one.no }) });
  assert.equal(thousand.body.items.filter((item) => item.valid).length, 1000);
  await refused(far.post(`${V}/verify-batch`, { items: Array(1001).fill({ no: one.no }) }), 422, 'batch-size');
  await refused(far.post(`${V}/verify-batch`, { items: [] }), 422, 'batch-size');
  await refused(stranger.post(`${V}/verify-batch`, { items }), 401, 'unauthenticated');
});

test('kinds can be previewed with example data by staff', async () => {
  const kinds = (await office.get('/api/v1/certificate-kinds')).body.items;
  assert.ok(kinds.some((kind) => kind.id === 'card' && kind.pages[0].id === 'page'));
  const example = await office.get('/api/v1/certificate-kinds/card/preview');
  assert.match(example.text, /示例姓名/);
  assert.match(example.text, /演示/);
  assert.match((await office.post('/api/v1/certificate-kinds/card/preview', { face: { name: '<赵>' } })).text, /&lt;赵&gt;/);
  await refused(office.post('/api/v1/certificate-kinds/card/preview', { face: { name: [1] } }), 422, 'face-invalid');
  await refused(office.get('/api/v1/certificate-kinds/none/preview'), 404, 'certificate-unknown');
  await refused(office.get('/api/v1/certificate-kinds/card/preview?page=x'), 404, 'page-not-found');
  const one = await holderOf();
  await refused(one.client.get('/api/v1/certificate-kinds'), 403, 'forbidden');
});
