// What surrounds a case on the citizens' pages: am I eligible, signing, the receipt, progress without signing in, kiosks; phone and
// desktop, with scripts and without.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { clean, idNumber, launch, newPage, openDesk, PHONE, signInAtPortal, startServer, WIDE } from './lib.mjs';

let server;
let browser;
let people = 300;
before(async () => {
  server = await startServer();
  browser = await launch();
});
after(async () => {
  await browser.close();
  await server.stop();
});

const sizes = [['phone', PHONE, true], ['phone-no-scripts', PHONE, false], ['wide', WIDE, true], ['wide-no-scripts', WIDE, false]];

/** A clerk stands in for somebody at the window. */
async function assist(page) {
  const who = { id: idNumber('230110', '19750607', ++people), name: '赵小满' };
  await signInAtPortal(page, server, 'clerk-gao');
  await page.goto(`${server.url}/acting`);
  await page.fill('#id', who.id);
  await page.fill('#assist-name', who.name);
  await page.fill('#assist-evidence', '居民身份证原件');
  await page.click('form[action="/acting/assist"] button');
  await page.waitForSelector('.acting');
  return who;
}

/** Keeps a draft that is filled in and opens its check page. */
async function toCheck(page, who) {
  const form = { name: who.name, id_number: who.id, phone: '13845006789', region: '230110', situation: 'damaged', unchanged: '1', not_withheld: '1', certificate_number: 'VIL2026230110000001', statement: true };
  const { csrf } = await (await page.request.get(`${server.url}/api/v1/session`)).json();
  const draft = await page.request.post(`${server.url}/api/v1/drafts`, {
    headers: { 'X-CSRF-Token': csrf },
    data: { item: 'village-doctor-replace', form, step: 1, materials: ['form', 'id', 'village-certificate'].map((id) => ({ id, paper: true })) },
  });
  assert.equal(draft.status(), 201, await draft.text());
  await page.goto(`${server.url}/apply/village-doctor-replace/${(await draft.json()).id}/check`);
}

for (const [name, viewport, scripts] of sizes)
  test(`anybody finds out whether they are eligible, and what to do else (${name})`, async () => {
    const page = await newPage(browser, { viewport, scripts });
    await page.goto(server.url);
    await clean(page, `public-${name}-home`);
    await page.goto(`${server.url}/items/doctor-first`);
    await clean(page, `public-${name}-guide`);
    await page.click('a[href="/items/doctor-first/eligible"]');
    await clean(page, `public-${name}-questions`);
    await page.click('main form button');
    await page.waitForSelector('.errors');
    await clean(page, `public-${name}-questions-missing`);
    const questions = await page.$$eval('main fieldset input[type=radio]', (all) => [...new Set(all.map((one) => one.name))]);
    assert.ok(questions.length >= 3 && questions.length <= 6);
    for (const one of questions) await page.check(`[name="${one}"][value=yes]`);
    await page.click('main form button');
    await page.waitForSelector('.panel.good');
    assert.match(await page.textContent('main'), /符合条件[\s\S]*当场办结/);
    await clean(page, `public-${name}-eligible`);
    await page.check(`[name="${questions[1]}"][value=no]`);
    await page.click('main form button');
    await page.waitForSelector('.panel.bad');
    assert.equal(await page.locator('main a[href="/items/doctor-change"]').count(), 1, 'what fits instead');
    await clean(page, `public-${name}-not-eligible`);
    await page.goto(`${server.url}/items?type=10&instant=1`);
    await clean(page, `public-${name}-catalogue`);
    assert.deepEqual(page.troubles.filter((one) => !/status of 422/.test(one)), []);
    await page.context().close();
  });

for (const [name, viewport, scripts] of sizes)
  test(`an application is signed, the receipt taken home and its progress looked up (${name})`, async () => {
    const page = await newPage(browser, { viewport, scripts });
    page.setDefaultTimeout(10000);
    await toCheck(page, await assist(page));
    await page.check('[name=promise]');
    await page.fill('#signature', '别人');
    await page.click('form[action$="/check"] .actions button');
    await page.waitForSelector('.errors');
    assert.match(await page.textContent('.errors'), /签名/);
    await clean(page, `public-${name}-signature-refused`);
    await page.check('[name=promise]');
    if (scripts) {
      const box = await page.locator('canvas').boundingBox();
      await page.mouse.move(box.x + 20, box.y + 40);
      await page.mouse.down();
      for (let i = 1; i < 12; i++) await page.mouse.move(box.x + 20 + i * 15, box.y + 40 + (i % 3) * 20);
      await page.mouse.up();
      await clean(page, `public-${name}-signature-drawn`);
    } else {
      assert.equal(await page.locator('[data-pad]').isVisible(), false);
      await page.fill('#signature', '高洁');
    }
    await page.click('form[action$="/check"] .actions button');
    await page.waitForURL(/\/cases\/.*new=1/);
    const no = /cases\/([^?]+)/.exec(page.url())[1];
    assert.equal(await page.locator('img.code').count(), 1, 'the code that leads to the progress');
    await clean(page, `public-${name}-receipt`);
    await page.click(`a[href="/cases/${no}/application"]`);
    await page.waitForSelector('.signature');
    await clean(page, `public-${name}-application`);
    if (scripts) assert.ok(await page.locator('.signature img').evaluate((one) => one.complete && one.naturalWidth > 0), 'the drawing is seen');
    else assert.match(await page.textContent('.signature'), /高洁/);

    const stranger = await newPage(browser, { viewport, scripts });
    await stranger.goto(`${server.url}/lookup?no=${no}`);
    await clean(stranger, `public-${name}-lookup`);
    await stranger.fill('#phone', '0000');
    await stranger.click('main form button');
    await stranger.waitForSelector('.errors');
    await clean(stranger, `public-${name}-lookup-refused`);
    await stranger.fill('#phone', '6789');
    await stranger.click('main form button');
    await stranger.waitForSelector('.timeline');
    const told = await stranger.textContent('main');
    assert.ok(told.includes(no) && !told.includes('赵小满') && !told.includes('13845006789'));
    await clean(stranger, `public-${name}-progress`);
    await stranger.context().close();
    if (name === 'wide') {
      const desk = await openDesk(browser, server, { path: `/cases/${no}`, name: 'clerk-gao' });
      await desk.waitForSelector('.signature img');
      await clean(desk, 'public-desk-signature');
      await desk.context().close();
    }
    await page.context().close();
  });

for (const [name, viewport, scripts] of sizes)
  test(`a kiosk has large targets, names its operator and empties itself (${name})`, async () => {
    const page = await newPage(browser, { viewport, scripts });
    await signInAtPortal(page, server, 'clerk-gao');
    await page.goto(`${server.url}/acting`);
    await page.click('form[action="/kiosk"] button');
    await page.waitForSelector('body.kiosk');
    await clean(page, `public-${name}-kiosk`);
    await page.fill('#id', idNumber('230110', '19750607', ++people));
    await page.fill('#assist-name', '赵小满');
    await page.fill('#assist-evidence', '居民身份证原件');
    await page.click('form[action="/acting/assist"] button');
    await page.waitForSelector('.acting');
    assert.match(await page.textContent('.acting'), /高洁/);
    await page.goto(`${server.url}/items`);
    assert.match(await page.textContent('.acting'), /高洁/, 'on every page');
    const small = await page.$$eval('main button, main .button', (all) => all.filter((one) => one.offsetParent && one.getBoundingClientRect().height < 60).length);
    assert.equal(small, 0);
    const leave = await page.evaluate(() => document.querySelector('noscript')?.innerHTML ?? document.querySelector('meta[http-equiv=refresh]')?.outerHTML);
    assert.match(leave, /180;url=\/kiosk\/end/);
    await page.click('.kiosk-end button');
    await page.waitForSelector('.panel.good');
    await clean(page, `public-${name}-kiosk-ended`);
    await page.goBack();
    assert.ok(!(await page.textContent('body')).includes('赵小满'), 'nothing is left to go back to');
    await page.goto(`${server.url}/acting`);
    assert.match(page.url(), /sign-in/);
    await page.context().close();
  });

test('a kiosk counts down, is woken by a key, and leaves for the empty page', async () => {
  const page = await newPage(browser, { viewport: WIDE });
  await page.clock.install();
  await page.goto(`${server.url}/prefer?kiosk=1&next=/lookup`);
  await page.fill('#no', '230110-20260706-000001-K');
  await page.clock.runFor(145000);
  assert.equal(await page.locator('.kiosk-left').isVisible(), true);
  await clean(page, 'public-kiosk-warning');
  await page.press('#no', 'Tab');
  assert.equal(await page.locator('.kiosk-left').isVisible(), false, 'somebody is there');
  const left = page.waitForURL(`${server.url}/kiosk/end`);
  await page.clock.runFor(175000);
  await left;
  await page.goto(`${server.url}/lookup`);
  assert.equal(await page.inputValue('#no'), '');
  await page.context().close();
});
