// What surrounds a case on the citizens' pages: am I eligible, signing, the receipt, progress without signing in, kiosks; phone and
// desktop, with scripts and without.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { browser, clean, idNumber, newPage, openDesk, PHONE, reads, server, signedIn, signInAtPortal, stage, WIDE } from './lib.mjs';

let people = 300;
stage();

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
    await reads(page, 'main', /符合条件[\s\S]*当场办结/);
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
    await toCheck(page, await assist(page));
    await page.check('[name=promise]');
    await page.fill('#signature', '别人');
    await page.click('form[action$="/check"] .actions button');
    await page.waitForSelector('.errors');
    await reads(page, '.errors', /签名/);
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
    if (scripts) await page.waitForFunction(() => document.querySelector('.signature img').naturalWidth > 0); // the drawing is seen
    else await reads(page, '.signature', /高洁/);

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
  test(`what one notice of corrections named is supplemented on one page (${name})`, async () => {
    const page = await newPage(browser, { viewport, scripts });
    const hospital = { id: '12230000DEM0010173', name: '省示范医院' };
    await signInAtPortal(page, server, 'clerk-gao');
    await page.goto(`${server.url}/acting`);
    await page.fill('#id', hospital.id);
    await page.fill('#assist-name', hospital.name);
    await page.fill('#assist-evidence', '营业执照');
    await page.click('form[action="/acting/assist"] button');
    await page.waitForSelector('.acting');
    const { csrf } = await (await page.request.get(`${server.url}/api/v1/session`)).json();
    const opened = await page.request.post(`${server.url}/api/v1/cases`, {
      headers: { 'X-CSRF-Token': csrf },
      data: {
        item: 'institution-setup', confirmed: true, signature: { name: '高洁' },
        form: { institution_name: hospital.name, institution_uscc: hospital.id, institution_address: '哈尔滨市香坊区红旗大街1号', legal_person: '陈立新', phone: '0451-85971130', statement: true, kind: '3', grade: '3', joint: '2', beds: 120, place: '香坊区红旗大街9号', feasibility: '满足区域需求', capital: 3000, delivery: 'electronic' },
        materials: ['form', 'feasibility', 'site', 'floor-plan'].map((id) => ({ id, paper: true })),
      },
    });
    assert.equal(opened.status(), 201, await opened.text());
    const { no } = await opened.json();
    const lin = await signedIn(server, 'clerk-lin');
    const [task] = (await lin.get(`/api/v1/cases/${no}`)).body.tasks;
    const asked = await lin.post(`/api/v1/tasks/${task.id}/complete`, { form: { decision: 'correct', corrections: [{ material: '选址报告', what: '补充周边医疗机构分布图' }, { material: '可行性研究报告', what: '加盖公章' }] } });
    assert.equal(asked.status, 200, asked.text);
    await page.goto(`${server.url}/cases`);
    assert.match(await page.locator('main .rows li').first().textContent(), /等您补正/, 'what waits for me stands first');
    await clean(page, `public-${name}-cases`);
    await page.goto(`${server.url}/cases/${no}`);
    await clean(page, `public-${name}-correcting`);
    if (name === 'wide') {
      const desk = await openDesk(browser, server, { path: `/cases/${no}`, name: 'clerk-lin' });
      await desk.click('#tab-materials');
      await reads(desk, '[role=tabpanel]', /选址报告[\s\S]*纸质/);
      await clean(desk, 'public-desk-materials');
      await desk.context().close();
    }
    await page.click(`a[href="/cases/${no}/supplement"]`);
    await reads(page, 'main', /选址报告:补充周边医疗机构分布图[\s\S]*可行性研究报告:加盖公章/);
    assert.equal(await page.locator('main input[type=file]').count(), 2, 'each with its own field, and nothing else');
    await clean(page, `public-${name}-supplement`);
    await page.setInputFiles('#file-site', { name: '选址报告.pdf', mimeType: 'application/pdf', buffer: Buffer.from('MZ this is a program') });
    await page.click('main form .actions button');
    await page.waitForSelector('.errors');
    await reads(page, '.errors', /PDF/);
    await clean(page, `public-${name}-supplement-refused`);
    await page.setInputFiles('#file-site', { name: '选址报告.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7\n1 0 obj\n') });
    await page.check('[name="way-feasibility"][value=paper]');
    await page.click('main form .actions button');
    await page.waitForURL(`${server.url}/cases/${no}`);
    assert.doesNotMatch(await page.textContent('main'), /待补正/);
    assert.equal(await page.locator('.warnings').count(), 0, 'nothing waits for me any more');
    await page.click('summary');
    await page.fill('#reason', '另行申请');
    await page.click('form[action$="/withdraw"] button');
    await page.waitForSelector('text=已撤回');
    await page.context().close();
  });

test('a code is scanned from the camera\'s picture where the browser can, and a signed file is read without scripts', async () => {
  const page = await newPage(browser, { viewport: PHONE });
  await page.addInitScript(() => {
    window.BarcodeDetector = class { async detect(source) { return source.width > 1 ? [{ rawValue: 'C230100-20260706-000002-8' }] : []; } };
  });
  await page.goto(`${server.url}/verify#scan`);
  await page.waitForSelector('[data-scan]:not([hidden])');
  await clean(page, 'public-phone-scan');
  const draw = (size) => page.evaluate(async (edge) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: edge, height: edge });
    return new Promise((done) => canvas.toBlob(async (blob) => done([...new Uint8Array(await blob.arrayBuffer())]), 'image/png'));
  }, size);
  await page.setInputFiles('#scan-file', { name: 'a.png', mimeType: 'image/png', buffer: Buffer.from(await draw(1)) });
  await page.waitForFunction(() => document.querySelector('[data-said]').textContent !== '');
  await reads(page, '.scan [data-said]', /没有找到二维码/);
  await page.setInputFiles('#scan-file', { name: 'b.png', mimeType: 'image/png', buffer: Buffer.from(await draw(40)) });
  await page.waitForSelector('.panel');
  await reads(page, 'h1', /不是本机关颁发/);
  await page.context().close();
  const plain = await newPage(browser, { viewport: PHONE, scripts: false });
  await plain.goto(`${server.url}/verify`);
  assert.equal(await plain.locator('[data-scan]').isVisible(), false);
  await plain.setInputFiles('#signed', { name: 'c.jws', mimeType: 'application/jose', buffer: Buffer.from('eyJhbGciOiJFUzI1NiJ9.e30.AAAA') });
  await plain.click('form[enctype] button');
  await plain.waitForSelector('.panel.bad');
  await clean(plain, 'public-phone-signed-file');
  await plain.context().close();
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
    await reads(page, '.acting', /高洁/);
    await page.goto(`${server.url}/items`);
    await reads(page, '.acting', /高洁/);
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
