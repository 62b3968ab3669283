// Filled in beforehand, disputed, reviewed; a large photo made smaller and sent in parts; with scripts and without.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { browser, clean, idNumber, newPage, openDesk, PHONE, reads, server, signInAtPortal, stage } from './lib.mjs';

const folder = mkdtempSync(join(tmpdir(), 'tongban-prefill-'));
const pdf = join(folder, '身份证.pdf');
stage(async () => {
  writeFileSync(pdf, `%PDF-1.7\n${'x'.repeat(700000)}`);
});

async function standFor(page, who) {
  await signInAtPortal(page, server, 'clerk-gao');
  await page.goto(`${server.url}/acting`);
  await page.fill('#id', who.id);
  await page.fill('#assist-evidence', '居民身份证原件');
  await page.fill('#assist-name', who.name);
  await page.click('form[action="/acting/assist"] button');
  await page.waitForSelector('.acting');
}

/** Answers one step's fields that are still empty and goes on. */
async function answer(page, values) {
  for (const [name, value] of Object.entries(values)) {
    const field = page.locator(`form[data-form] [name="${name}"]`);
    if (await field.count() === 0) continue;
    const kind = await field.first().evaluate((one) => (one.tagName === 'SELECT' ? 'select' : one.type));
    if (kind === 'select') await field.selectOption(value);
    else if (kind === 'radio') await page.check(`[name="${name}"][value="${value}"]`);
    else if (kind === 'checkbox') await field.check();
    else await field.fill(value);
  }
  await page.click('.actions button:first-child');
  await page.waitForLoadState('load');
}

async function steps(page, values) {
  for (let i = 0; i < 8 && !/materials|check/.test(page.url()); i++) await answer(page, values);
  await page.waitForURL(/\/materials$/);
}

for (const [name, scripts] of [['prefill-phone', true], ['prefill-phone-no-scripts', false]])
  test(`the second application finds what the first one said, and what is not right is corrected (${name})`, async () => {
    const page = await newPage(browser, { viewport: PHONE, scripts });
    const who = { id: idNumber('230110', '19800315', scripts ? 51 : 53), name: '李明' };
    const values = { phone: '13800001111', region: '230110', certificate_number: `202523110${who.id}`.slice(0, 27), situation: 'damaged', unchanged: '1', not_withheld: '1', statement: true };
    await standFor(page, who);
    await page.goto(`${server.url}/apply/doctor-qualification-replace`);
    await page.click('main form:last-of-type button');
    await clean(page, `${name}-tasks-first`);
    await page.click('main a.button');
    await steps(page, values);
    await page.setInputFiles('#file-id', pdf);
    await page.click('form[action$="/materials/id"] button:has-text("上传")');
    await page.waitForSelector('.tag.good');
    await reads(page, 'main', /身份证\.pdf/);
    await page.click('form[action$="/materials/form"] button:has-text("纸质")');
    await page.locator('.tag.good').nth(1).waitFor();
    await page.click('a.button[href$="/check"]');
    await page.check('[name=promise]');
    if (await page.locator('#signature').count()) await page.fill('#signature', '高洁');
    await page.click('.actions button');
    await page.waitForURL(/\/cases\/.*new=1/);

    await page.goto(`${server.url}/apply/doctor-qualification-replace`);
    await page.click('main form:last-of-type button');
    await reads(page, 'main', /项已为您预填[\s\S]*来源:以前的办件/);
    await clean(page, `${name}-tasks`);
    await page.click('main a.button');
    assert.equal(await page.inputValue('[name=phone]'), '13800001111');
    assert.match(await page.textContent('#w-' + await page.locator('[name=phone]').getAttribute('id')), /以前的办件 \(\d{4}-\d\d-\d\d\)/);
    await page.locator('.field', { has: page.locator('[name=phone]') }).locator('a', { hasText: '不对' }).click();
    await page.fill('[name="why.phone"]', '号码已换');
    await clean(page, `${name}-dispute`);
    await steps(page, { ...values, phone: '13911112222' });
    await page.click('form[action$="/materials/id"] button:has-text("以前交过的")');
    await page.waitForSelector('.tag.good');
    await clean(page, `${name}-materials`);
    await page.click('form[action$="/materials/form"] button:has-text("纸质")');
    await page.locator('.tag.good').nth(1).waitFor();
    await page.click('a.button[href$="/check"]');
    await page.check('[name=promise]');
    if (await page.locator('#signature').count()) await page.fill('#signature', '高洁');
    await page.click('.actions button');
    await page.waitForURL(/\/cases\/.*new=1/);
    const no = new URL(page.url()).pathname.split('/').pop();
    await page.context().close();
    if (!scripts) return;
    for (const [size, viewport] of [['wide', undefined], ['phone', PHONE]]) {
      const desk = await openDesk(browser, server, { path: `/cases/${no}`, name: 'clerk-gao', ...(viewport ? { viewport } : {}) });
      await desk.waitForSelector('.disputed');
      await reads(desk, '.disputed', /手机号码[\s\S]*13800001111[\s\S]*以前的办件[\s\S]*13911112222[\s\S]*号码已换/);
      await clean(desk, `prefill-desk-${size}`);
      await desk.context().close();
    }
  });

test('rows of a list are filled in one after another, come back the next time with their source, and are corrected', async () => {
  const page = await newPage(browser, { viewport: PHONE, scripts: false });
  const hospital = { id: '12230000DEM0010173', name: '省示范医院' };
  const day = (days) => new Date(Date.now() + days * 86400000 + 8 * 3600000).toISOString().slice(0, 10);
  const row = (list, n, cells) => Object.fromEntries(Object.entries(cells).map(([key, value]) => [`${list}[${n}].${key}`, value]));
  const values = { institution_address: '哈尔滨市香坊区', legal_person: '陈立新', phone: '0451-85971130', receiver_name: '省疾病预防控制中心', receiver_uscc: '12230000DEM00404X0',
    receiver_approval: '黑卫实验〔2026〕3号', receiver_qualified: '1', ...row('agents', 0, { agent: '布鲁氏菌属', class: '2', packing: 'UN2814', quantity: '2 ml × 6' }), purpose: '检测',
    container: 'UN-CN-2814-01', container_valid: day(300), triple: '1', situation: 'single', from_region: '230110', to_place: '哈尔滨市道里区', mode: 'land', carrier: '省医药冷链运输公司',
    depart: day(1), valid_to: day(3), ...row('escort_list', 0, { name: '李护', training_no: 'T001', training_valid: day(400) }), statement: true };
  await standFor(page, hospital);
  await page.goto(`${server.url}/apply/transport-province`);
  await page.click('main form:last-of-type button');
  await page.click('main a.button');
  for (let i = 0; i < 8 && await page.locator('[name="escort_list[0].name"]').count() === 0; i++) await answer(page, values);
  for (const [key, value] of Object.entries(values).filter(([key]) => key.startsWith('escort_list'))) await page.fill(`[name="${key}"]`, value);
  await page.click('button:has-text("再加一行")');
  await page.waitForSelector('[name="escort_list[1].name"]');
  assert.equal(await page.inputValue('[name="escort_list[0].name"]'), '李护', 'what was typed is kept');
  await clean(page, 'prefill-rows-phone');
  await steps(page, { ...values, ...row('escort_list', 1, { name: '周送', training_no: 'T002', training_valid: day(400) }) });
  for (const id of ['form', 'legal', 'consent', 'receiver-approval', 'packaging', 'escort-training']) {
    const done = await page.locator('.tag.good').count();
    await page.click(`form[action$="/materials/${id}"] button:has-text("纸质")`);
    await page.locator('.tag.good').nth(done).waitFor();
  }
  await page.click('a.button[href$="/check"]');
  await reads(page, 'main', /李护 T001[\s\S]*周送 T002/);
  await page.check('[name=promise]');
  if (await page.locator('#signature').count()) await page.fill('#signature', '高洁');
  await page.click('.actions button');
  await page.waitForURL(/\/cases\/.*new=1/);

  await page.goto(`${server.url}/apply/transport-province`);
  await page.click('main form:last-of-type button');
  await page.click('main a.button');
  for (let i = 0; i < 8 && await page.locator('[name="escort_list[0].name"]').count() === 0; i++) await answer(page, values);
  assert.equal(await page.inputValue('[name="escort_list[1].training_no"]'), 'T002');
  const list = page.locator('fieldset.group', { has: page.locator('[name="escort_list[0].name"]') });
  assert.match(await list.locator('.source').textContent(), /以前的运输申请 \(\d{4}-\d\d-\d\d\)/);
  await list.locator('.source a', { hasText: '不对' }).click();
  await reads(page, '.note', /李护, T001[\s\S]*周送, T002/);
  await page.fill('[name="why.escort_list"]', '周送已离职');
  await page.fill('[name="escort_list[1].name"]', '孙换');
  await clean(page, 'prefill-rows-dispute');
  await page.click('.actions button:first-child');
  await page.goto(page.url().replace(/\/[^/]+$/, '/4'));
  assert.equal(await page.inputValue('[name="escort_list[1].name"]'), '孙换');
  assert.equal(await page.inputValue('[name="why.escort_list"]'), '周送已离职');
  await page.context().close();
});

test('a large photo is made smaller on the device, and a lost connection costs one part', async () => {
  const page = await newPage(browser, { viewport: PHONE });
  const who = { id: idNumber('230110', '19800315', 55), name: '李明' };
  await standFor(page, who);
  await page.goto(`${server.url}/apply/doctor-qualification-replace`);
  await page.click('main form:last-of-type button');
  await page.goto(`${page.url().replace(/\/$/, '')}/materials`);
  await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 3000, height: 2000 });
    const ink = canvas.getContext('2d');
    const noise = ink.createImageData(3000, 2000);
    for (let i = 0; i < noise.data.length; i++) noise.data[i] = i % 4 === 3 ? 255 : Math.random() * 256;
    ink.putImageData(noise, 0, 0);
    const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'));
    const list = new DataTransfer();
    list.items.add(new File([blob], '照片.png', { type: 'image/png' }));
    document.getElementById('camera-id').files = list.files;
    window.before = blob.size;
  });
  const whole = await page.evaluate(() => window.before);
  let sent = 0;
  let cut = 0;
  await page.route('**/api/v1/uploads/*', async (route) => {
    if (route.request().method() !== 'PATCH') return route.continue();
    if (++sent === 2 && cut++ === 0) return route.abort('connectionreset');
    return route.continue();
  });
  const stored = page.waitForRequest((request) => request.method() === 'POST' && /\/materials\/id$/.test(request.url()));
  await page.click('form[action$="/materials/id"] button:has-text("上传")');
  assert.match((await stored).postData(), /name="stored"\s+F\d{6}-[0-9a-f]{32}/);
  await page.waitForSelector('.tag.good');
  await reads(page, 'main', /照片\.jpg/);
  assert.equal(cut, 1);
  assert.ok((sent - 1) * 256 * 1024 < whole, 'less was sent than the photo was large');
  await page.context().close();
});
