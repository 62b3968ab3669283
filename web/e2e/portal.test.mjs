// The whole journey on the citizens' pages: phone and desktop, with scripts and without.
import { test, describe } from 'node:test';
import assert from 'node:assert/strict';
import { browser, clean, deathForm, idNumber, newPage, PHONE, reads, server, signedIn, signInAtPortal, stage, WIDE } from './lib.mjs';

let sequence = 201;
stage();

/** Fills the visible fields of a step from the form's data by their names; a step may need a second look after conditions. */
async function fillStep(page, form) {
  const names = await page.$$eval('form[data-form] [name]', (all) => [...new Set(all.filter((one) => !one.closest('[hidden]') && one.type !== 'hidden' && one.name && one.tagName !== 'BUTTON').map((one) => one.name))]);
  for (const name of names) {
    const value = name.split('.').reduce((at, key) => at?.[key], form);
    if (value === undefined) continue;
    const field = page.locator(`form[data-form] [name="${name}"]`);
    const kind = await field.first().evaluate((one) => (one.tagName === 'SELECT' ? 'select' : one.type));
    if (kind === 'select') await field.selectOption(String(value));
    else if (kind === 'radio') await page.check(`[name="${name}"][value="${value}"]`);
    else if (kind === 'checkbox') await field.setChecked(value === true);
    else if (kind === 'datetime-local') await field.fill(String(value).slice(0, 16));
    else await field.fill(String(value));
  }
}

async function reportDeath(page, form, name) {
  await page.goto(`${server.url}/items/death-report`);
  await clean(page, `${name}-guide`);
  await page.click('a.button[href="/apply/death-report"]');
  await page.click('main form button');
  for (let step = 1; step < 20 && !page.url().endsWith('/check'); step++) {
    for (let look = 0; look < 6; look++) {
      await fillStep(page, form);
      if (look === 0) await clean(page, `${name}-step-${step}`);
      const before = page.url();
      await page.click('.actions button:first-child');
      await page.waitForLoadState('load');
      if (page.url() !== before) break;
    }
  }
  await clean(page, `${name}-check`);
  await page.check('[name=promise]');
  await page.click('.actions button');
  await page.waitForURL(/\/cases\/.*new=1/);
  await clean(page, `${name}-receipt`);
}

for (const [name, viewport, scripts] of [['phone', PHONE, true], ['phone-no-scripts', PHONE, false], ['wide', WIDE, true], ['wide-no-scripts', WIDE, false]])
  test(`a doctor reports a death on a page and the answer is the certified case (${name})`, async () => {
    const page = await newPage(browser, { viewport, scripts });
    await page.goto(server.url);
    await clean(page, `${name}-home`);
    await signInAtPortal(page, server, 'dr-wang');
    const id = idNumber('230110', '19460607', (sequence += 2));
    await reportDeath(page, deathForm(id), name);
    await reads(page, 'main', /准予/);
    await page.click('a[href^="/certificates/"]');
    await clean(page, `${name}-certificate`);
    await reads(page, 'h1', /死亡医学证明/);
    const verify = await page.getAttribute('a[href*="/v/"]', 'href');
    const stranger = await newPage(browser, { viewport, scripts });
    await stranger.goto(new URL(new URL(verify).pathname, server.url).href);
    await reads(stranger, 'h1', /真实,有效/);
    await clean(stranger, `${name}-verdict`);
    await stranger.goto(`${server.url}/open`);
    await stranger.fill('#holder_id', id);
    await stranger.fill('#opener_id', '230110198003150010');
    await stranger.click('main form button');
    await stranger.waitForSelector('img.sheet');
    await clean(stranger, `${name}-opened`);
    // A step that is refused answers 422 by design; the browser tells its console so.
    assert.deepEqual(page.troubles.filter((one) => !/status of 422/.test(one)), []);
    assert.deepEqual(stranger.troubles, []);
    await page.context().close();
    await stranger.context().close();
  });

describe('a form that is not filled in', () => {
  test('says what is wrong on top, at the fields, in the title, and keeps what was typed', async () => {
    const page = await newPage(browser, { viewport: PHONE });
    await signInAtPortal(page, server, 'dr-wang');
    await page.goto(`${server.url}/apply/death-report`);
    await page.click('main form:last-of-type button');
    await page.fill('[name="deceased.name"]', '张三');
    await page.click('.actions button:first-child');
    await page.waitForSelector('.errors');
    assert.match(await page.title(), /^错误:/);
    assert.equal(await page.inputValue('[name="deceased.name"]'), '张三');
    assert.ok((await page.$$('.errors li')).length > 2);
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'errors');
    await clean(page, 'phone-errors');
    await page.click('.errors a');
    assert.notEqual(await page.evaluate(() => document.activeElement?.id), 'errors');
    await page.context().close();
  });
});

describe('every page', () => {
  for (const path of ['/', '/items', '/items?q=死亡', '/items?q=没有这样的事', '/items/death-certificate', '/items/radiology/eligible', '/items/doctor-first/sample', '/figures', '/figures?region=230110', '/verify', '/open', '/sign-in', '/about', '/v/WRONGCODE', '/nothing-here'])
    test(`${path} is clean at 320 px in the elder view and in English`, async () => {
      const page = await newPage(browser, { viewport: { width: 320, height: 700 } });
      await page.goto(`${server.url}/prefer?elder=1&next=/`);
      await page.goto(server.url + path);
      await clean(page, `elder${path.replace(/[^a-z]+/g, '-')}`);
      await page.goto(`${server.url}/prefer?lang=en&next=/`);
      await page.goto(server.url + path);
      assert.equal(await page.getAttribute('html', 'lang'), 'en');
      await clean(page, `english${path.replace(/[^a-z]+/g, '-')}`);
      await page.context().close();
    });
});

test('a page needs at most three requests before it can be used', async () => {
  const page = await newPage(browser, { viewport: PHONE });
  let requests = 0;
  page.on('request', (request) => { if (!request.url().startsWith('data:')) requests++; });
  await page.goto(server.url);
  assert.ok(requests <= 3, `${requests} requests`);
  await page.context().close();
});

test('everything can be reached by keyboard, and the skip link works', async () => {
  const page = await newPage(browser);
  await page.goto(server.url);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.className), 'skip');
  await page.keyboard.press('Enter');
  const reached = new Set();
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press('Tab');
    reached.add(await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 120)));
  }
  const wanted = await page.$$eval('main a, main button, main input', (all) => all.length);
  assert.ok(reached.size >= Math.min(wanted, 10), `${reached.size} of ${wanted}`);
  await page.context().close();
});

test('a doubtful report shows the doctor where it stands', async () => {
  const doctor = await signedIn(server, 'dr-wang');
  const id = idNumber('230110', '19460607', (sequence += 2));
  const form = deathForm(id, { 'cause.a.code': 'R96.0', 'cause.a.diagnosis': '原因不明的猝死', 'cause.b': undefined });
  const opened = await doctor.post('/api/v1/cases', { item: 'death-report', form, confirmed: true });
  assert.equal(opened.status, 201, opened.text);
  const page = await newPage(browser, { viewport: PHONE });
  await signInAtPortal(page, server, 'dr-wang');
  await page.goto(`${server.url}/cases/${opened.body.no}`);
  await reads(page, 'main', /审核中/);
  await clean(page, 'phone-doubtful');
  await page.context().close();
});
