// What if, staff and windows, and alerts in a real browser.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { browser, clean, deathForm, idNumber, openDesk, PHONE, quiet, server, signedIn, stage, startServer, until, WIDE } from './lib.mjs';

const V = '/api/v1';
stage(async () => {
  const [doctor, head, li] = await Promise.all(['dr-wang', 'head-chen', 'li'].map((name) => signedIn(server, name)));
  for (let i = 0; i < 2; i++) {
    const form = deathForm(idNumber('230110', '19380311', 11 + 2 * i), { 'cause.a.code': 'R96.0', 'cause.a.diagnosis': '原因不明的猝死', 'cause.b': undefined });
    const { no } = (await doctor.post(`${V}/cases`, { item: 'death-report', form })).body;
    const { tasks } = (await li.get(`${V}/cases/${no}`)).body;
    assert.equal((await li.post(`${V}/tasks/${tasks[0].id}/complete`, { form: { decision: 'approve', opinion: '已调阅病历' } })).status, 200);
  }
  await until('two cases counted', async () => (await head.get(`${V}/indicators/cases-closed`)).body.numerator >= 2);
}, () => startServer({ agencies: 'http://127.0.0.1:9' }));

const today = new Date(Date.now() + 8 * 3600000).toISOString().slice(0, 10);

for (const [name, viewport] of [['wide', WIDE], ['phone', PHONE]])
  test(`a new limit is tried on past cases (${name})`, async () => {
    const page = await openDesk(browser, server, { path: '/cockpit/whatif', name: 'head-chen', viewport });
    await page.waitForSelector('#w-item');
    await clean(page, `whatif-empty-${name}`);
    await page.fill('#w-item', 'death-report');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=这段时间没有办结的办件');
    await page.fill('#w-from', today);
    await page.fill('#w-to', today);
    await page.fill('#w-amount', '2');
    await page.keyboard.press('Enter');
    await page.waitForSelector('th:has-text("已受理办结件 2")');
    await page.waitForSelector('td:has-text("2 个工作日")');
    await page.waitForSelector('text=没有会超期的办件');
    await page.click('summary:has-text("口径说明")');
    assert.match(await page.locator('dl.facts').innerText(), /中止/);
    await clean(page, `whatif-${name}`);
    if (viewport === WIDE) {
      const [file] = await Promise.all([page.waitForEvent('download'), page.locator('section.card button', { hasText: '导出 CSV' }).first().click()]);
      assert.match(readFileSync(await file.path(), 'utf8'), /^\uFEFF月份,已受理办结件,当时超期,新期限下超期/);
    }
    await page.fill('#w-item', 'no-such');
    await page.click('form button[type=submit]');
    await page.waitForSelector('[role=alert]');
    quiet(page);
    await page.context().close();
  });

for (const [name, viewport] of [['wide', WIDE], ['phone', PHONE]])
  test(`staff and windows are shown to those who supervise them (${name})`, async () => {
    const page = await openDesk(browser, server, { path: '/cockpit/assessment', name: 'head-guo', viewport });
    await page.waitForSelector('td:has-text("香坊区疾病预防控制中心")');
    await page.click('button:has-text("按人员")');
    await page.waitForSelector('td:has-text("李卓")');
    await page.click('summary:has-text("口径说明")');
    await clean(page, `assessment-${name}`);
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('button:has-text("导出 CSV")')]);
    assert.match(readFileSync(await file.path(), 'utf8'), /^\uFEFF单位,人员,/);
    await page.fill('#a-from', '2020-01-01');
    await page.fill('#a-to', '2020-01-31');
    await page.click('button:has-text("查看")');
    await page.waitForSelector('text=这段时间没有人员办理的办结件');
    quiet(page);
    await page.context().close();
  });

test('both pages are in English too, and whoever supervises nobody has no page of staff', async () => {
  const page = await openDesk(browser, server, { path: '/cockpit/whatif', name: 'head-chen', viewport: WIDE });
  await page.click('.tools button:has-text("English")');
  await page.waitForSelector('label:has-text("New limit")');
  await page.click('#tab-assessment');
  await page.waitForSelector('th:has-text("Cases handled")');
  const other = await openDesk(browser, server, { path: '/cockpit', name: 'li', viewport: WIDE });
  await other.waitForSelector('#tab-overview');
  assert.equal(await other.locator('#tab-assessment').count(), 0);
  quiet(page);
  await Promise.all([page.context().close(), other.context().close()]);
});
