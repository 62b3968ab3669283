// Operations on the desk: what is stuck and due, retry and skip, changes by two persons, heat; a case's diagram with times.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { browser, clean, deathForm, idNumber, openDesk, PHONE, picture, quiet, server, signedIn, stage, WIDE } from './lib.mjs';
import { deploy, inspect, patrol, start } from '../../test/api/patrol.mjs';

let lin;
const V = '/api/v1';
stage(async () => {
  const admin = await signedIn(server, 'admin');
  lin = await signedIn(server, 'ops-lin');
  await deploy(server, admin, patrol());
  for (let i = 0; i < 4; i++) await start(admin);
  await inspect(admin, { score: 88 });
  for (let i = 0; i < 3; i++) await start(admin);
  await inspect(admin, {});
  for (let i = 0; i < 2; i++) await start(admin);
  const [job] = (await admin.post(`${V}/jobs/activate`, { type: 'inspect-site', worker: 'crew', max: 1 })).body.items;
  await admin.post(`${V}/jobs/${job.id}/fail`, { retries: 0, message: '设备故障' });
  await deploy(server, admin, patrol({ ids: { cool: 'publish' }, name: '场所巡查(新)' }));
  const opened = await (await signedIn(server, 'dr-wang')).post(`${V}/cases`, { item: 'death-report', form: deathForm(idNumber('230110', '19390210', 19)) });
  assert.equal(opened.status, 201, opened.text);
});

const open = (viewport, path, name = 'ops-lin') => openDesk(browser, server, { path, name, viewport });
const rows = (page) => page.locator('[role=tabpanel] table.list > tbody > tr');

for (const [name, viewport] of [['ops-wide', WIDE], ['ops-phone', PHONE]])
  test(`every tab shows what it is about (${name})`, async () => {
    const page = await open(viewport, '/operations');
    await page.waitForSelector('[role=tablist]');
    for (const [tab, text] of [['incidents', '合格?'], ['timers', '公示期'], ['jobs', 'inspect-site'], ['outbox', '部门地址未配置'], ['versions', '场所巡查'], ['changes', null]]) {
      await page.click(`#tab-${tab}`);
      if (tab === 'versions') {
        await page.fill('#v-q', '巡查');
        await page.click('form[role=search] button');
      }
      assert.equal(await page.getAttribute(`#tab-${tab}`, 'aria-selected'), 'true');
      if (text) await rows(page).filter({ hasText: text }).first().waitFor();
      else await page.waitForSelector(`#panel-${tab} [role=status]`);
      await clean(page, `${name}-${tab}`);
    }
    await page.click('#tab-timers');
    await page.check('#panel-timers input[type=checkbox]');
    await page.waitForSelector('#panel-timers [role=status]');
    assert.equal(await rows(page).count(), 0);
    quiet(page);
    await page.context().close();
  });

test('an incident goes on with another variable; skipping asks for a reason', async () => {
  const page = await open(WIDE, '/operations?tab=incidents');
  const gateways = rows(page).filter({ hasText: '合格?' });
  await gateways.first().waitFor();
  assert.equal(await gateways.count(), 3);
  await gateways.first().getByRole('button', { name: '重试' }).click();
  await page.fill('#m-variables', '{"score": ');
  await page.click('dialog button[type=submit]');
  await page.waitForSelector('dialog [role=alert]');
  await page.fill('#m-variables', '{"score": 91}');
  await clean(page, 'ops-retry');
  await page.click('dialog button[type=submit]');
  await page.waitForSelector('.told');
  await page.waitForFunction(() => document.querySelectorAll('[role=tabpanel] tbody tr').length === 3);
  await gateways.first().getByRole('button', { name: '跳过' }).click();
  await page.click('dialog button[type=submit]');
  await page.waitForSelector('dialog [role=alert]');
  await page.fill('#m-reason', '现场复核合格');
  await page.fill('#m-flow', 'f3');
  await clean(page, 'ops-skip');
  await page.click('dialog button[type=submit]');
  await page.waitForFunction(() => document.querySelectorAll('[role=tabpanel] tbody tr').length === 2);
  await page.selectOption('#i-type', 'job-no-retries');
  await page.waitForFunction(() => document.querySelectorAll('[role=tabpanel] tbody tr').length === 1);
  quiet(page);
  await page.context().close();
});

test('a job is given tries back', async () => {
  const page = await open(WIDE, '/operations?tab=jobs');
  await page.selectOption('#j-state', 'spent');
  await page.waitForFunction(() => document.querySelectorAll('[role=tabpanel] tbody tr').length === 1);
  await rows(page).first().getByRole('button').click();
  await page.fill('#r-n', '5');
  await page.click('dialog button[type=submit]');
  await page.waitForSelector('#panel-jobs [role=status]');
  assert.equal((await lin.get(`${V}/jobs?state=free`)).body.items.some((one) => one.retries === 5), true);
  await page.context().close();
});

test('a migration is proposed by one person and approved by another', async () => {
  const page = await open(WIDE, '/operations?tab=versions');
  await page.check('#panel-versions input[type=checkbox]');
  await page.waitForFunction(() => document.querySelectorAll('[role=tabpanel] tbody tr').length === 1);
  await rows(page).first().getByRole('button', { name: '变更' }).click();
  await page.waitForSelector('#c-cool');
  await page.selectOption('#c-cool', 'publish');
  await page.fill('#c-reason', '公示环节改名');
  await clean(page, 'ops-propose');
  await page.click('dialog button[type=submit]');
  await page.waitForSelector('#panel-changes tbody tr');
  assert.equal(await rows(page).getByRole('button', { name: '批准' }).count(), 0);
  assert.match(await rows(page).first().innerText(), /等待另一人批准/);
  await clean(page, 'ops-proposed');

  const other = await open(WIDE, '/operations?tab=changes', 'ops-song');
  await rows(other).first().getByRole('button', { name: '批准' }).click();
  await clean(other, 'ops-approve');
  await other.click('dialog button[type=submit]');
  await rows(other).first().getByText('已完成').waitFor();
  assert.match(await rows(other).first().innerText(), /已变更 9\/9/);
  await clean(other, 'ops-done');
  for (const one of [page, other]) {
    quiet(one);
    await one.context().close();
  }
});

for (const [name, viewport] of [['heat-wide', WIDE], ['heat-phone', PHONE]])
  test(`heat is a picture and a table that is sorted and exported (${name})`, async () => {
    const page = await open(viewport, '/operations/heat/patrol');
    await page.waitForSelector('.heat-badge');
    assert.ok(await page.$('.djs-element.heat-5'), 'where most wait is marked most');
    await clean(page, name);
    const waiting = page.locator('th', { hasText: '等待中' });
    assert.equal(await waiting.getAttribute('aria-sort'), 'descending');
    const first = () => page.locator('table.list tbody tr td').first().innerText();
    assert.match(await first(), /公示期/);
    await waiting.getByRole('button').press('Enter');
    assert.equal(await waiting.getAttribute('aria-sort'), 'ascending');
    assert.doesNotMatch(await first(), /公示期/);
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: '导出' }).click()]);
    assert.match(file.suggestedFilename(), /^patrol-2-.*\.csv$/);
    assert.match(readFileSync(await file.path(), 'utf8'), /^\uFEFF环节,id,.*\r\n(.*\r\n)*公示期,publish,中间捕获事件,\d+,/);
    await page.getByRole('button', { name: '用时中位数' }).first().click();
    await page.waitForFunction(() => [...document.querySelectorAll('.heat-badge')].some((badge) => /秒|分/.test(badge.textContent)));
    quiet(page);
    await page.context().close();
    const counted = await open(viewport, '/operations/heat/death-report');
    await counted.getByText('不超过 6.25%').waitFor();
    await clean(counted, `${name}-counted`);
    quiet(counted);
    await counted.context().close();
  });

test('operations can be read in English and in large type, by keyboard', async () => {
  const page = await open(WIDE, '/operations?tab=incidents');
  await page.click('.tools button:has-text("English")');
  await page.click('.tools button[aria-pressed]');
  await page.focus('#tab-incidents');
  await page.keyboard.press('ArrowRight');
  await page.waitForURL(/tab=timers/);
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'tab-timers');
  await rows(page).first().waitFor();
  await clean(page, 'ops-english-large');
  await page.context().close();
});

test('the diagram of a case shows the passed path, times, and a stuck step that can be retried', async () => {
  const [incident] = (await lin.get(`${V}/incidents?process=patrol`)).body.items;
  const page = await open(WIDE, `/cases/${incident.case}`);
  await page.click('#tab-process');
  await page.waitForSelector('.djs-connection.passed', { state: 'attached' });
  const strokes = await page.$$eval('.djs-connection', (all) => all.map((one) => [one.classList.contains('passed'), getComputedStyle(one.querySelector('.djs-visual > path')).stroke]));
  for (const [passed, stroke] of strokes) assert.equal(stroke === 'rgb(27, 122, 61)', passed, stroke);
  assert.ok(strokes.some(([passed]) => passed) && strokes.some(([passed]) => !passed));
  const steps = page.locator('table.steps tbody tr');
  assert.match(await steps.filter({ hasText: '现场检查' }).innerText(), /秒/);
  await clean(page, 'ops-case');
  await steps.filter({ hasText: '异常' }).getByRole('button').click();
  await page.waitForFunction((id) => !document.body.innerText.includes(id), incident.id);
  await steps.filter({ hasText: '异常' }).waitFor();
  assert.notEqual((await lin.get(`${V}/incidents?case=${incident.case}`)).body.items[0].id, incident.id);
  quiet(page);
  await page.context().close();
});

test('who has no such right has neither the menu nor the page', async () => {
  const page = await open(WIDE, '/operations', 'li');
  assert.equal(await page.locator('nav a', { hasText: '运行监控' }).count(), 0);
  await page.getByText('您没有运行监控的权限').waitFor();
  await clean(page, 'ops-not-yours');
  await page.context().close();
});
