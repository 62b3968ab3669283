// Pages of the desk beside cases: the window, bulk assignment, handing over, remedies, messages, calendar, standing in, two factors.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { browser, clean, deathForm, idNumber, newPage, openDesk, PASSWORD, PHONE, reads, server, signedIn, stage, WIDE } from './lib.mjs';

let closed; // a case with a certificate
stage(async () => {
  const doctor = await signedIn(server, 'dr-wang');
  for (const n of [21, 23])
    await doctor.post('/api/v1/cases', { item: 'death-report', confirmed: true,
      form: deathForm(idNumber('230110', '19390210', n), { 'cause.a.code': 'R96.0', 'cause.a.diagnosis': '原因不明的猝死', 'cause.b': undefined }) });
  closed = (await doctor.post('/api/v1/cases', { item: 'death-report', form: deathForm(idNumber('230110', '19390210', 25)) })).body.no;
});

const troubles = (page) => page.troubles.filter((one) => !/status of 4(0[0-9]|22)/.test(one));

for (const [name, viewport, n] of [['window-wide', WIDE, 41], ['window-phone', PHONE, 43]])
  test(`a clerk finds who stands at the window, applies with them, and gives the receipt (${name})`, async () => {
    const page = await openDesk(browser, server, { path: '/window', name: 'clerk-gao', viewport });
    await page.waitForSelector('#card');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'card', 'the reader may type at once');
    await page.keyboard.type('12345');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=alert]');
    await clean(page, `${name}-refused`);
    const id = idNumber('230110', '19800315', n);
    await page.fill('#card', '');
    await page.focus('#card');
    await page.keyboard.type(`李明|男|汉|19800315|${id}`);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#name');
    assert.equal(await page.inputValue('#name'), '李明', 'the name of the card');
    assert.doesNotMatch(await page.textContent('main'), new RegExp(id), 'the number is masked');
    await clean(page, `${name}-found`);
    await page.click('.found button');
    await page.waitForSelector('.acting');
    await reads(page, '.acting', /高洁[\s\S]*李明/);
    await page.fill('#item-q', '医师资格证书补');
    await page.click('form[role=search] button');
    await page.waitForFunction(() => document.querySelectorAll('.items li').length < 10);
    await clean(page, `${name}-items`);
    await page.click('.items button:has-text("医师资格证书")');
    await page.waitForSelector('[id="i-name"]');
    assert.equal(await page.inputValue('[id="i-name"]'), '李明', 'what is known is filled in');
    const answers = { phone: '13800001111', region: '230110', certificate_number: `202523110${id}` };
    for (const [key, value] of Object.entries(answers)) {
      const field = page.locator(`[id="i-${key}"]`);
      if (!await field.count()) continue;
      if (await field.evaluate((one) => one.tagName) === 'SELECT') await field.selectOption(value);
      else await field.fill(value);
    }
    for (const [key, value] of [['situation', 'damaged'], ['unchanged', '1'], ['not_withheld', '2']]) {
      if (await page.locator(`select[id="i-${key}"]`).count()) await page.selectOption(`[id="i-${key}"]`, value);
      else if (await page.locator(`input[name="${key}"][value="${value}"]`).count()) await page.check(`input[name="${key}"][value="${value}"]`);
    }
    if (await page.locator('[id="i-statement"]').count()) await page.check('[id="i-statement"]');
    await page.waitForSelector('.lacking');
    await clean(page, `${name}-form`);
    await page.click('.lacking button');
    await page.waitForSelector('.paper');
    await reads(page, '.paper', /一次性告知单[\s\S]*高洁/);
    await clean(page, `${name}-notice`);
    await page.click('.paper button:last-of-type');
    const papers = page.locator('input[type=radio][value=paper]');
    for (let i = 0; i < await papers.count(); i++) await papers.nth(i).check();
    await page.click('.end button:first-child');
    await page.waitForSelector('.told');
    await page.click('.end button[type=submit]');
    await page.waitForSelector('.paper dl');
    await reads(page, '.paper', /高洁/);
    await clean(page, `${name}-receipt`);
    await page.click('.acting button');
    await page.waitForSelector('#card');
    assert.deepEqual(troubles(page), []);
    await page.context().close();
  });

for (const [name, viewport] of [['handovers-wide', WIDE], ['handovers-phone', PHONE]])
  test(`a paper copy is prepared and handed over; without the ID check it is refused (${name})`, async () => {
    const page = await openDesk(browser, server, { path: '/handovers', name: 'li', viewport });
    await page.waitForSelector('p.soft');
    await clean(page, `${name}-empty`);
    await page.click('.filters button');
    await page.fill('#p-no', closed);
    await page.fill('#p-reason', '家属要纸质');
    await clean(page, `${name}-prepare`);
    await page.click('dialog button[type=submit]');
    await page.waitForSelector('table.list tbody tr');
    await clean(page, `${name}-list`);
    await page.click('table.list tbody button');
    await page.fill('#h-received_by', '张女士');
    await page.fill('#h-signature', '本人签字');
    await page.click('dialog button[type=submit]');
    await page.waitForSelector('dialog [role=alert]');
    await clean(page, `${name}-refused`);
    await page.check('#h-checked');
    await page.click('dialog button[type=submit]');
    await page.waitForSelector('.told:has-text("申请人可以看到")');
    await page.selectOption('#h-state', 'done');
    await page.waitForSelector('table.list .tag.good');
    await reads(page, 'table.list', /张女士/);
    assert.deepEqual(troubles(page), []);
    await page.context().close();
  });

test('chosen tasks are assigned with a note; the colleague has a message; a filter is kept', async () => {
  const li = await openDesk(browser, server, { path: '/tasks', name: 'li', viewport: PHONE });
  await li.waitForSelector('table.list tbody tr');
  await li.click('details.more summary');
  await li.fill('#filter-name', '我的死亡报告');
  await li.click('details.more button:has-text("保存")');
  await li.waitForSelector('.saved button');
  await li.check('table.list thead input');
  await clean(li, 'assign-phone');
  await li.click('button:has-text("分派")');
  await li.waitForSelector('dialog select');
  await clean(li, 'assign-phone-form');
  await li.click('dialog button[type=submit]');
  await li.waitForSelector('.told');
  await li.reload();
  await li.waitForSelector('.saved button:has-text("我的死亡报告")');
  await li.context().close();
});

for (const [name, viewport] of [['mine-wide', WIDE], ['mine-phone', PHONE]])
  test(`messages, calendar, standing in and two factors can be used (${name})`, async () => {
    const head = await signedIn(server, 'head-chen');
    const waiting = await head.get('/api/v1/tasks?role=county-cdc');
    if (waiting.body.items?.length) await head.post('/api/v1/tasks/assign', { tasks: [waiting.body.items[0].id], to: 'li', note: '请优先' });
    const page = await openDesk(browser, server, { path: '/mine/messages', name: 'li', viewport });
    await page.waitForSelector('[role=tabpanel] p');
    await clean(page, `${name}-messages`);
    await page.click('#tab-calendar');
    await page.waitForSelector('.months .day.makeup');
    await clean(page, `${name}-calendar`);
    await page.fill('#count-from', '2026-09-18');
    await page.fill('#count-n', '20');
    await page.click('form button[type=submit]');
    await page.waitForSelector('.answer');
    await reads(page, '.answer', /2026-10-22/);
    await page.click('#tab-away');
    await page.waitForSelector('[role=tabpanel] h2');
    await clean(page, `${name}-away-alone`);
    await page.click('#tab-factor');
    await page.waitForSelector('[role=tabpanel] button');
    await clean(page, `${name}-factor`);
    assert.deepEqual(troubles(page), []);
    await page.context().close();
  });

test('somebody names who stands in; the colleague finds their tasks and does one for them', async () => {
  const he = await openDesk(browser, server, { path: '/mine/away', name: 'reviewer-he' });
  await he.waitForSelector('#away-to');
  await he.click('form button[type=submit]');
  await he.waitForSelector('[role=alert]');
  await he.selectOption('#away-to', 'reviewer-tan');
  const day = (days) => new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(Date.now() + days * 86400000);
  await he.fill('#away-from', day(0));
  await he.fill('#away-until', day(2));
  await he.click('form button[type=submit]');
  await he.waitForSelector('.tag.good');
  await clean(he, 'away-wide');
  const tan = await openDesk(browser, server, { path: '/tasks', name: 'reviewer-tan', viewport: PHONE });
  await tan.waitForSelector('button:has-text("代 何平")');
  await tan.click('button:has-text("代 何平")');
  await tan.waitForSelector('button[aria-pressed=true]:has-text("代 何平")');
  await clean(tan, 'away-phone-worklist');
  await tan.context().close();
  await he.click('table.list button');
  await he.waitForSelector('.told');
  await he.context().close();
});

for (const [name, viewport] of [['remedies-wide', WIDE], ['remedies-phone', PHONE]])
  test(`bad ratings stand with what is next (${name})`, async () => {
    const clerk = await signedIn(server, 'clerk-gao');
    const who = { id: idNumber('230110', '19800315', viewport === WIDE ? 51 : 53), name: '李明' };
    const acting = await clerk.post('/api/v1/session/assist', { ...who, evidence: '居民身份证原件' });
    clerk.cookie = acting.headers.getSetCookie().find((set) => set.startsWith('tongban_session=')).split(';')[0];
    clerk.csrf = acting.body.csrf;
    const form = { name: who.name, id_number: who.id, phone: '13800001111', region: '230110', statement: true, situation: 'damaged', certificate_number: `202523110${who.id}`, unchanged: '1', not_withheld: '2' };
    const one = await clerk.post('/api/v1/cases', { item: 'doctor-qualification-replace', form, materials: ['form', 'id'].map((id) => ({ id, paper: true })) });
    const rated = await clerk.post(`/api/v1/cases/${one.body.no}/actions/rate`, { grade: 5, text: '等得太久' });
    assert.equal(rated.status, 200, rated.text);
    const page = await openDesk(browser, server, { path: '/remedies', name: 'reviewer-liu', viewport });
    await page.waitForSelector('article .next');
    await reads(page, 'article', /等得太久[\s\S]*回访核实/);
    await clean(page, name);
    assert.deepEqual(troubles(page), []);
    await page.context().close();
  });

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** The code of RFC 6238 for a secret in base 32. */
function codeOf(secret, step = Math.floor(Date.now() / 30000)) {
  const bits = [...secret].map((sign) => letters.indexOf(sign).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const count = Buffer.alloc(8);
  count.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', key).update(count).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, '0');
}

test('a second factor is set up in the settings and asked for at the next sign-in', async () => {
  const page = await openDesk(browser, server, { path: '/mine/factor', name: 'zhou' });
  await page.click('[role=tabpanel] button');
  await page.waitForSelector('.secret');
  await clean(page, 'factor-secret');
  const secret = (await page.textContent('.secret')).trim();
  await page.fill('#code', codeOf(secret));
  await page.click('form button[type=submit]');
  await page.waitForSelector('.told');
  await page.context().close();

  const again = await newPage(browser, { viewport: PHONE });
  await again.goto(`${server.url}/desk/sign-in`);
  await again.fill('#username', 'zhou');
  await again.fill('#password', PASSWORD);
  await again.click('form button[type=submit]');
  await again.waitForSelector('#code');
  await again.click('summary');
  await clean(again, 'sign-in-factor-phone');
  await again.fill('#code', '000000');
  await again.click('form button[type=submit]');
  await again.waitForSelector('[role=alert]');
  await again.fill('#code', codeOf(secret, Math.floor(Date.now() / 30000) + 1));
  await again.click('form button[type=submit]');
  await again.waitForURL(/\/desk\/tasks/);
  await again.context().close();
});
