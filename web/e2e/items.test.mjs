// The catalogue on the desk: an analyst finds an item, drafts a version with errors beside the fields, mends it, compares and proposes;
// another approves; it is suspended and its guide says so; a table is read with bad rows told.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { clean, launch, openDesk, PHONE, signedIn, startServer } from './lib.mjs';

const ITEM = 'licensing.doctor-first.json';
let server;
let browser;
before(async () => {
  server = await startServer();
  browser = await launch();
});
after(async () => {
  await browser.close();
  await server.stop();
});
const open = (name, path, viewport) => openDesk(browser, server, { path, name, viewport });
const troubles = (page) => page.troubles.filter((one) => !/status of 40[1349]|status of 422/.test(one));

test('items are found by pinyin and state, also on a phone and in English', async () => {
  const page = await open('analyst-lin', '/items');
  await page.waitForSelector('table.items tbody tr');
  await clean(page, 'items-list');
  await page.fill('#items-text', 'yssczyz');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelectorAll('table.items tbody tr').length === 1);
  await page.selectOption('#items-state', 'suspended');
  await page.waitForSelector('text=没有符合条件的事项');
  await page.click('.tools button:has-text("English")');
  await page.waitForSelector('h1:has-text("Items")');
  assert.deepEqual(troubles(page), []);
  await page.context().close();
  const phone = await open('approver-he', `/items/${ITEM}/content`, PHONE);
  await phone.waitForSelector('#item-title');
  await clean(phone, 'items-phone');
  assert.equal(await phone.locator('button:has-text("保存草稿")').count(), 0, 'who only approves drafts nothing');
  await phone.context().close();
});

test('a version is drafted with errors beside its fields, mended, compared, proposed and approved by another', async () => {
  const page = await open('analyst-lin', `/items/${ITEM}/content`);
  await page.waitForSelector('#item-title');
  await page.click('button:has-text("起草新版本")');
  await page.waitForURL(/version=1/);
  await page.waitForSelector('#item-limits-promised-n:not([readonly])');
  await page.fill('#item-limits-promised-n', '3');
  await page.fill('#item-visits_reason', '核对原件');
  await page.fill('#item-summary', '当场办结,全程网办');
  await page.click('h1');
  await page.click('button:has-text("保存草稿")');
  await page.waitForSelector('#item-limits-promised-n-wrong:has-text("规则 1")');
  await page.waitForSelector('#item-visits_reason-wrong:has-text("规则 4")');
  assert.equal(await page.getAttribute('#item-limits-promised-n', 'aria-invalid'), 'true');
  await clean(page, 'items-errors');
  await page.fill('#item-limits-promised-n', '0');
  await page.fill('#item-visits_reason', '');
  await page.click('h1');
  await page.click('button:has-text("保存草稿")');
  await page.waitForSelector('.tag.good:has-text("检查通过")');
  await page.click('#tab-diff');
  await page.waitForSelector('.differences tbody tr');
  assert.equal(await page.locator('.differences tbody tr').count(), 1, 'only the summary differs');
  await clean(page, 'items-diff');
  await page.click('#tab-release');
  await page.fill('#release-reason', '说明更清楚');
  await page.click('.decide button:has-text("送审")');
  await page.waitForSelector('text=等待另一人审批');
  await clean(page, 'items-release');
  assert.deepEqual(troubles(page), []);
  await page.context().close();

  const other = await open('approver-he', `/items/${ITEM}/release?version=1`);
  await other.waitForSelector('button:has-text("同意")');
  await other.click('.decide button:has-text("同意")');
  await other.waitForSelector('.versions tbody tr:first-child .tag.good:has-text("现行")');
  await other.context().close();
  const guide = await (await signedIn(server, 'analyst-lin')).get('/items/doctor-first');
  assert.match(guide.text, /当场办结,全程网办/);
});

test('a suspension is proposed and approved; the guide says why and offers nothing to open', async () => {
  const page = await open('analyst-lin', `/items/${ITEM}/release`);
  await page.waitForSelector('#release-reason');
  await page.fill('#release-reason', '系统升级');
  await page.click('button:has-text("提出暂停办理")');
  await page.waitForSelector('text=等待另一人审批');
  await page.context().close();
  const other = await open('approver-he', '/items');
  await other.selectOption('#items-state', 'proposed');
  await other.click('table.items a:has-text("暂停办理")');
  await other.click('#tab-release');
  await other.click('.decide button:has-text("同意")');
  await other.waitForSelector('.versions tbody tr:first-child .tag.good:has-text("现行")');
  await clean(other, 'items-suspended');
  await other.goto(`${server.url}/items/doctor-first`);
  await other.waitForSelector('text=系统升级');
  assert.equal(await other.locator('main a[href="/apply/doctor-first"]').count(), 0);
  await clean(other, 'items-guide-suspended');
  await other.context().close();
});

test('a table is read: bad rows are named with field and reason, the good one is a draft', async () => {
  const page = await open('analyst-lin', '/items');
  await page.waitForSelector('table.items tbody tr');
  const table = 'local_task_code,task_name\r\nradiology,放射诊疗许可(导入)\r\nno-such-item,没有\r\n';
  await page.setInputFiles('#items-file', { name: 'items.csv', mimeType: 'text/csv', buffer: Buffer.from(table) });
  await page.waitForSelector('.refused tbody tr');
  assert.match(await page.textContent('.refused tbody'), /3.*pack.*服务包/s);
  await clean(page, 'items-import');
  await page.selectOption('#items-state', 'drafted');
  await page.waitForFunction(() => document.querySelectorAll('table.items tbody tr').length === 1);
  await page.click('table.items a:has-text("编号 1")');
  await page.waitForSelector('h1:has-text("放射诊疗许可(导入)")');
  assert.deepEqual(troubles(page), []);
  await page.context().close();
});
