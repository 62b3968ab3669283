// Boxed expressions and forms edited as what they are: changed on the page, saved as a draft, read back through the API.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { browser, clean, openDesk, PHONE, server, signedIn, stage } from './lib.mjs';

const RULES = 'death.death-certificate.dmn';
const FORM = 'death.death-report.form';
let api;
stage(async () => {
  api = await signedIn(server, 'analyst-lin');
});

// The DMN editor writes the place of the bpmn.io mark as an inline style, which the policy refuses: our style sheet puts it there.
const troubles = (page) => page.troubles.filter((one) => !/status of 40[134]/.test(one) && !/inline style/.test(one));
async function drafted(model, source) {
  const made = await api.post('/api/v1/models', source ? { model, source } : { model, from: 0 });
  assert.equal(made.status, 201, made.text);
  return made.body.number;
}
const sourceOf = async (model, number) => (await api.get(`/api/v1/models/${model}?version=${number}`)).body.source;
const edit = (model, number, viewport) => openDesk(browser, server, { path: `/models/${model}/edit?version=${number}`, name: 'analyst-lin', viewport });
async function saved(page) {
  await page.waitForSelector('text=有未保存的修改');
  await page.click('button:has-text("保存草稿")');
  await page.waitForSelector('text=已保存');
}
const formOf = async (number) => JSON.parse(await sourceOf(FORM, number));

test('a boxed context is changed entry by entry, with the error of an expression at its place', async () => {
  const number = await drafted(RULES);
  const before = await sourceOf(RULES, number);
  const page = await edit(RULES, number);
  await page.click('.views button:has-text("申领要素")');
  const third = page.getByLabel('“有效证明”的表达式');
  await third.fill('if certificates = null then [] els');
  await page.waitForSelector('[data-box="certificate-facts_e3_x"] .message');
  assert.equal(await third.getAttribute('aria-invalid'), 'true');
  await clean(page, 'editors-boxed-error');
  await third.fill('if certificates = null then [] else certificates[item.state != "revoked"]');
  await page.waitForSelector('[data-box="certificate-facts_e3_x"] .message', { state: 'detached' });
  await page.getByRole('button', { name: '增加条目' }).last().click();
  await page.getByLabel('条目名称').last().fill('申领人级别');
  await page.getByLabel('“申领人级别”的表达式').fill('applicant.level');
  await page.getByLabel('“申领人级别”的种类').selectOption('conditional');
  await page.getByLabel('“如果”的表达式').fill('applicant = null');
  await page.getByLabel('“那么”的表达式').fill('0');
  await page.getByRole('button', { name: '撤销' }).click();
  await page.getByRole('button', { name: '重做' }).click();
  await clean(page, 'editors-boxed');
  await saved(page);
  const source = await sourceOf(RULES, number);
  assert.match(source, /certificates\[item\.state != "revoked"\]/);
  assert.match(source, /name="申领人级别"\/>\s*<conditional id="[^"]+">\s*<if>\s*<literalExpression id="[^"]+">\s*<text>applicant = null<\/text>/);
  const lines = new Set(source.split('\n'));
  const lost = before.split('\n').filter((line) => !lines.has(line));
  assert.deepEqual(lost.map((line) => /id="([^"]+)"/.exec(line)[1]), ['certificate-facts_e3'], 'nothing else is written anew');
  assert.equal((await api.post(`/api/v1/models/${RULES}/check`, { version: number })).body.errors, 0);
  assert.deepEqual(troubles(page), []);
  await page.context().close();
});

test('every kind of box is drawn and changed, in a file that the diagram editor would damage', async () => {
  const box = (name, body) => `<decision id="${name}" name="${name}"><variable name="${name}"/>${body}</decision>`;
  const text = (words) => `<literalExpression><text>${words}</text></literalExpression>`;
  const before = await sourceOf(RULES, await drafted(RULES));
  const added = [
    box('list', `<list id="l">${text('1')}${text('2')}</list>`),
    box('relation', `<relation id="r"><column name="a"/><column name="b"/><row>${text('1')}${text('2')}</row></relation>`),
    box('filter', `<filter id="f"><in>${text('[1, 2]')}</in><match>${text('item > 1'.replace('>', '&gt;'))}</match></filter>`),
    box('loop', `<for id="o" iteratorVariable="x"><in>${text('[1, 2]')}</in><return>${text('x * 2')}</return></for>`),
    box('function', `<functionDefinition id="u"><formalParameter name="a"/>${text('a + 1')}</functionDefinition>`),
    box('invocation', `<invocation id="i">${text('abs')}<binding><parameter name="n"/>${text('-1')}</binding></invocation>`),
  ].join('');
  const number = await drafted(RULES, before.replace(/(?=<dmndi:|<\/definitions>)/, added));
  const page = await edit(RULES, number, PHONE);
  const open = (name) => page.locator('.views button').filter({ hasText: new RegExp(`${name}\\s*$`) }).click();
  await open('list');
  await page.getByRole('button', { name: '“2”上移' }).click();
  await open('relation');
  await page.getByRole('button', { name: '增加一列' }).click();
  await page.getByLabel('“新项3 1”的表达式').fill('3');
  await clean(page, 'editors-relation-phone');
  await open('filter');
  await page.getByLabel('“满足”的表达式').fill('item > 0');
  await open('loop');
  await page.getByLabel('“loop”的循环变量').fill('y');
  await page.getByLabel('“得到”的表达式').fill('y * 3');
  await open('function');
  await page.getByRole('button', { name: '增加参数' }).click();
  await open('invocation');
  await page.getByLabel('“n”的表达式').fill('-7');
  await open('自动出具判定');
  await page.getByLabel('实名等级 1', { exact: true }).fill('< 2');
  await clean(page, 'editors-table-phone');
  await saved(page);
  const source = await sourceOf(RULES, number);
  for (const part of [/<text>2<\/text><\/literalExpression>\s*<literalExpression><text>1</, /<column name="b"\/>\s*<column[^>]+name="新项3"/, /item &gt; 0/, /iteratorVariable="y"/, /y \* 3/,
    /<formalParameter name="a"\/>\s*<formalParameter [^>]*name="新项2"/, /<text>-7</, /<text>&lt; 2</])
    assert.match(source, part);
  assert.deepEqual(troubles(page), []);
  await page.context().close();
});

test('fields of a form are added, moved, ruled and removed, the preview beside them, and undone', async () => {
  const number = await drafted(FORM);
  const before = await formOf(number);
  const page = await edit(FORM, number);
  await page.waitForSelector('.preview legend:has-text("死者")');
  await page.click('.fields button:has-text("国家或地区")');
  await page.selectOption('#new-type', 'radio');
  await page.click('.designer button:has-text("增加") >> nth=0');
  await page.fill('[id="prop-label"]', '遗体去向');
  await page.fill('[id="prop-key"]', 'remains');
  await page.check('[id="prop-validate.required"]');
  await page.getByLabel('第 1 个选项的名称').fill('火化');
  await page.getByRole('button', { name: '增加选项' }).click();
  await page.getByLabel('第 2 个选项的名称').fill('捐献');
  await page.waitForSelector('.preview label:has-text("捐献")');
  await page.fill('[id="prop-conditional.hide"]', 'deceased.nationality ! "CHN"');
  await page.waitForSelector('[id="why-conditional.hide"]');
  await clean(page, 'editors-form-error');
  await page.fill('[id="prop-conditional.hide"]', 'deceased.nationality != "CHN"');
  await page.waitForSelector('[id="why-conditional.hide"]', { state: 'detached' });
  await page.focus('.fields [aria-current=true]');
  await page.keyboard.press('Alt+ArrowUp');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Delete');
  await page.keyboard.press('Control+z');
  await clean(page, 'editors-form');
  await saved(page);
  const [group, ...rest] = (await formOf(number)).components;
  const made = group.components[2];
  assert.deepEqual({ ...made, id: '' }, { type: 'radio', id: '', key: 'remains', label: '遗体去向', values: [{ value: '1', label: '火化' }, { value: '2', label: '捐献' }],
    validate: { required: true }, conditional: { hide: '=deceased.nationality != "CHN"' } });
  assert.deepEqual([group.components.filter((one) => one !== made), rest], [before.components[0].components, before.components.slice(1)]);
  assert.deepEqual(troubles(page), []);
  await page.context().close();
});

test('on a phone, in English, and for readers', async () => {
  const number = await drafted(FORM);
  const page = await edit(FORM, number, PHONE);
  await page.waitForSelector('.preview legend');
  await page.click('button.menu');
  await page.click('.tools button:has-text("English")');
  await page.click('button.menu');
  await page.waitForSelector('h2:has-text("Preview")');
  await clean(page, 'editors-form-phone');
  await page.context().close();
  const reader = await openDesk(browser, server, { path: `/models/${RULES}/edit`, name: 'approver-he' });
  await reader.waitForSelector('.box.context');
  assert.equal(await reader.getByLabel('“有效证明”的表达式').isDisabled(), true);
  await clean(reader, 'editors-read');
  await reader.context().close();
});
