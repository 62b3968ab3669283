// Applying for many at once in a real browser: the template, a table sent by drag and by keyboard, exceptions mended, cases opened.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { browser, clean, idNumber, openDesk, PHONE, quiet, server, signedIn, stage, WIDE } from './lib.mjs';

stage();

const open = (viewport, path = '/bulk') => openDesk(browser, server, { path, name: 'clerk-gao', viewport });
const HEAD = '姓名,公民身份号码,手机号码,办理地,申请情形,资格条件,村卫生室名称,考核合格';
let people = 0;
const row = (phone = '13800001111', assessed = '是') =>
  `村医甲${++people},${idNumber('230110', String(19700401 + 10000 * Math.floor(people / 900)), 1 + (people % 900))},${phone},香坊区,再次注册,连续从业二十年以上,向阳乡第一村卫生室,${assessed}`;
const file = (name, lines) => ({ name, mimeType: 'text/csv', buffer: Buffer.from([HEAD, ...lines].join('\r\n')) });

for (const [name, viewport] of [['wide', WIDE], ['phone', PHONE]])
  test(`before the first table the page says what to do (${name})`, async () => {
    const page = await open(viewport);
    await page.waitForSelector('text=还没有批量申请');
    await page.click('summary:has-text("各列填什么")');
    assert.match(await page.locator('section.card table.list').first().innerText(), /首次注册 \/ 再次注册/);
    await clean(page, `bulk-empty-${name}`);
    quiet(page);
    await page.context().close();
  });

test('the template is taken, filled in and sent; exceptions are mended and sent again; who went to a person is one click away', async () => {
  const page = await open(WIDE);
  const [template] = await Promise.all([page.waitForEvent('download'), page.click('a:has-text("下载模板")')]);
  assert.ok(readFileSync(await template.path(), 'utf8').startsWith(`\uFEFF${HEAD}`));
  await page.setInputFiles('#b-file', file('村医再注册.csv', [row(), row('138'), row('13800001111', '否'), row(), row('139')]));
  await page.waitForURL(/\/desk\/bulk\/\d+$/);
  await page.waitForSelector('.tag:has-text("已完成")');
  await page.waitForSelector('text=办结 2 · 转人工 1 · 不予办理 0 · 填写有误 2 · 重复 0');
  await page.waitForSelector('td:has-text("手机号码不是有效的手机号码")');
  await page.waitForSelector('td.why:has-text("考核不合格")');
  await clean(page, 'bulk-run-wide');
  const [exceptions] = await Promise.all([page.waitForEvent('download'), page.click('a:has-text("下载填写有误的行")')]);
  const mended = readFileSync(await exceptions.path(), 'utf8').replace(',138,', ',13800002222,').replace(',139,', ',13800002223,');
  await page.selectOption('#b-result', 'waiting');
  await page.waitForFunction(() => document.querySelectorAll('table.list tbody tr').length === 1);
  await page.click('table.list a[href*="/cases/"]');
  await page.waitForURL(/\/desk\/cases\//);
  await page.goBack();
  await page.waitForSelector('h1:has-text("乡村医生执业注册")');
  await page.click('a:has-text("返回批量申请")');
  await page.waitForSelector('td:has-text("村医再注册.csv")');
  // Dragged onto the box.
  const data = await page.evaluateHandle((text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], '改正.csv', { type: 'text/csv' }));
    return transfer;
  }, mended);
  await page.dispatchEvent('.drop', 'dragover', { dataTransfer: data });
  await page.dispatchEvent('.drop', 'drop', { dataTransfer: data });
  await page.waitForSelector('text=办结 2 · 转人工 0 · 不予办理 0 · 填写有误 0 · 重复 0');
  await page.waitForSelector('text=没有例外,全部办结');
  await page.click('.tools button:has-text("English")');
  await page.waitForSelector('text=2 granted · 0 to a person · 0 refused · 0 wrong · 0 repeated');
  quiet(page);
  await page.context().close();
});

test('a table with a wrong column is refused with the name of the column; the box works by keyboard', async () => {
  const page = await open(PHONE);
  await page.waitForSelector('#b-item');
  await page.waitForSelector('h2:has-text("批量申请记录") ~ .table-wrap, h2:has-text("批量申请记录") ~ p');
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.locator('#b-file').press('Enter')]);
  await chooser.setFiles({ name: 'wrong.csv', mimeType: 'text/csv', buffer: Buffer.from(`${HEAD},血型\n${row()},A`) });
  await page.waitForSelector('[role=alert]');
  await page.waitForSelector('text=列:血型');
  await clean(page, 'bulk-refused-phone');
  const huge = await page.evaluateHandle((size) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(size)], 'huge.csv', { type: 'text/csv' }));
    return transfer;
  }, 20 * 1024 * 1024 + 1);
  await page.dispatchEvent('.drop', 'drop', { dataTransfer: huge });
  await page.waitForSelector('[role=alert]:has-text("20 MB")');
  quiet(page);
  await page.context().close();
});

test('a run that is worked on shows how far it is, and can be cancelled', async () => {
  const clerk = await signedIn(server, 'clerk-gao');
  const body = [HEAD, ...Array.from({ length: 8000 }, () => row())].join('\n'); // more than is done before the page is there
  const run = (await clerk.ask('POST', '/api/v1/items/village-doctor-registration/bulk?name=many.csv', body, { 'Content-Type': 'text/csv' })).body;
  const page = await open(PHONE, `/bulk/${run.id}`);
  await page.click('button:has-text("取消办理")');
  await page.click('dialog button:has-text("取消办理")');
  await page.waitForSelector('.tag:has-text("已取消")');
  await clean(page, 'bulk-cancelled-phone');
  quiet(page);
  await page.context().close();
});
