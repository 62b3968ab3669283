// The wallet on a phone, with scripts and without: a certificate is shown by a code that serves once, its use is authorised and
// seen in the log, its renewal asked for; on the desk it is changed, and its layout previewed.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { browser, clean, newPage, openDesk, PHONE, picture, reads, server, signedIn, stage, WIDE } from './lib.mjs';
import { issue, startCards } from '../../test/api/wallet.mjs';

let office;
stage(async () => {
  office = await signedIn(server, 'li');
}, startCards);

async function signInAs(page, id) {
  await page.goto(`${server.url}/sign-in`);
  await page.fill('[name=id]', id);
  await page.locator('form:has([name=id]) button').click();
  await page.waitForURL(`${server.url}/`);
}

for (const [name, scripts] of [['phone', true], ['phone-no-scripts', false]])
  test(`a holder shows a certificate once, authorises its use and asks for renewal (${name})`, async () => {
    const one = await issue(office);
    const page = await newPage(browser, { viewport: PHONE, scripts });
    await signInAs(page, one.id);
    await page.click('a[href="/wallet"]');
    await clean(page, `wallet-${name}`);
    await page.click(`a[href="/wallet/${one.no}/show"]`);
    await clean(page, `wallet-show-${name}`);
    const code = (await page.textContent('.wide-digits')).trim();
    if (scripts) await reads(page, '[data-left]', /\(\d+\)/);
    else assert.equal(await page.getAttribute('meta[http-equiv=refresh]', 'content'), '50');
    const scanner = await newPage(browser, { viewport: PHONE, scripts });
    await scanner.goto(`${server.url}/v/${code}`);
    await reads(scanner, 'main', /真实,有效/);
    await reads(scanner, 'main', /王\*/);
    await clean(scanner, `wallet-scanned-${name}`);
    await scanner.reload();
    await reads(scanner, 'main', /已经被查看过/);
    await page.goto(`${server.url}/certificates/${one.no}`);
    await reads(page, 'main', /扫亮证码核验/);
    await page.fill('#to', '12230110DEM000030W');
    await page.fill('#purpose', '执业核验');
    await page.click('form[action$="/grant"] button');
    await reads(page, 'main', /12230110DEM000030W · 执业核验/);
    const used = await office.post(`/api/v1/certificates/${one.no}/use`, { purpose: '执业核验' });
    assert.equal(used.status, 200, used.text);
    await page.click('form[action$="/renew"] button');
    await reads(page, 'main', /视为准予延续/);
    await reads(page, 'main', /用途:执业核验|用途: 执业核验/);
    await clean(page, `wallet-certificate-${name}`);
    await page.click('form[action$="/withdraw"] button');
    assert.ok(!/12230110DEM000030W · 执业核验/.test(await page.textContent('main')));
    await page.click('form[action$="/offer"] button');
    await reads(page, 'dd.wide-digits', /^\d{6}$/);
    await clean(page, `wallet-offer-${name}`);
    assert.deepEqual(page.troubles, []);
  });

for (const [name, viewport, scripts] of [['phone', PHONE, true], ['phone-no-scripts', PHONE, false], ['wide', WIDE, true]])
  test(`a holder reads all that is held, takes it along and ends another device (${name})`, async () => {
    const one = await issue(office);
    const other = await newPage(browser, { viewport: PHONE, scripts });
    await signInAs(other, one.id);
    const page = await newPage(browser, { viewport, scripts });
    await signInAs(page, one.id);
    await page.click('footer a[href="/me"]');
    assert.equal(await page.locator('#devices li').count(), 2);
    await clean(page, `mine-${name}`);
    await page.click('main a[href="/me/data"]');
    await reads(page, 'main', new RegExp(`${one.id}[\\s\\S]*${one.no}`));
    await clean(page, `mine-data-${name}`);
    const whole = await (await page.request.get(`${server.url}/me/data?format=json`)).json();
    assert.equal(whole.certificates[0].no, one.no);
    await page.goto(`${server.url}/me`);
    await page.click('form[action$="/end"]:has-text("结束登录") button');
    await page.waitForSelector('.panel.good');
    assert.equal(await page.locator('#devices li').count(), 1);
    await other.goto(`${server.url}/wallet`);
    assert.match(other.url(), /sign-in/, 'the other device is out');
    assert.deepEqual(page.troubles, []);
    await page.context().close();
    await other.context().close();
  });

test('the page makes a fresh code by itself before the old one ends', async () => {
  const one = await issue(office);
  const page = await newPage(browser, { viewport: PHONE });
  await page.clock.install();
  await signInAs(page, one.id);
  await page.goto(`${server.url}/wallet/${one.no}/show`);
  const code = await page.textContent('.wide-digits');
  await page.clock.runFor(51000);
  await page.waitForFunction((old) => document.querySelector('.wide-digits')?.textContent !== old, code);
});

test('the office changes a certificate on the desk and previews its layout', async () => {
  const one = await issue(office);
  const page = await openDesk(browser, server, { path: `/certificates/${one.no}`, name: 'li' });
  page.troubles.length = 0; // that nobody was signed in
  await page.check('input[value=change]');
  await page.fill('#face-name', '王晓明');
  await page.fill('#reason', '更名');
  await clean(page, 'desk-certificate-change');
  await page.click('form button[type=submit]');
  await page.waitForURL((url) => url.pathname.startsWith('/desk/certificates/') && !url.pathname.endsWith(one.no));
  await page.waitForSelector('text=王晓明');
  await page.goto(`${server.url}/desk/certificate-kinds`);
  await page.waitForSelector('.picture img');
  await clean(page, 'desk-certificate-kinds');
  assert.deepEqual(page.troubles, []);
});
