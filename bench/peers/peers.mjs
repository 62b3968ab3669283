// Other people's engines on the work that bench-bpmn, bench-feel and bench-dmn do: bpmn-engine and feelin, one core each.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine } from 'bpmn-engine';
import { evaluate, unaryTest } from 'feelin';

const seconds = Number(process.env.BENCH_SECONDS ?? 3);
const print = (name, rate, unit) => console.log(`${name.padEnd(30)} ${rate.toFixed(0).padStart(12)} ${unit}`);

/** How often a second once() can be done, alone or one after the other. */
async function rate(once) {
  for (let i = 0; i < 20; i++) await once(i);
  const begun = performance.now();
  let count = 0;
  while (performance.now() - begun < seconds * 1000) for (let i = 0; i < 10; i++) await once(count++);
  return (count * 1000) / (performance.now() - begun);
}

const source = `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="b">
  <process id="straight" isExecutable="true"><startEvent id="begin"/><sequenceFlow id="f0" sourceRef="begin" targetRef="choose"/>
    <exclusiveGateway id="choose" default="f2"/><sequenceFlow id="f1" sourceRef="choose" targetRef="work">
      <conditionExpression xsi:type="tFormalExpression" language="javascript">next(null, this.environment.variables.age &gt;= 35)</conditionExpression></sequenceFlow>
    <sequenceFlow id="f2" sourceRef="choose" targetRef="end"/><serviceTask id="work" implementation="\${environment.services.work}"/>
    <sequenceFlow id="f3" sourceRef="work" targetRef="end"/><endEvent id="end"/></process></definitions>`;
const work = (scope, done) => done(null, true);
print('bpmn-engine, npm', await rate((i) => new Promise((done, fail) => {
  const engine = new Engine({ name: 'straight', source, services: { work }, variables: { age: 35 + (i % 50) } });
  engine.execute((problem, execution) => (problem ? fail(problem) : execution.state === 'running' ? execution.once('end', done) : done()));
})), 'instances/s, model read each time as it is used');

const context = { age: 36, systolic: 141, weeks: 20 };
for (const text of ['if age >= 35 and systolic >= 140 then "high" else "low"', '(age + systolic) / 2 - weeks * 1.5'])
  print('feelin, npm', await rate(() => evaluate(text, context)), `evaluations/s of ${text}`);

const folder = join(process.env.SHARED ?? '../shared', 'bench');
try {
  const model = readFileSync(join(folder, 'risk.dmn'), 'utf8');
  const inputs = JSON.parse(readFileSync(join(folder, 'inputs.json'), 'utf8'));
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
  const names = ['age', 'systolic', 'weeks', 'condition'];
  const decode = (text) => text.replace(/&gt;/g, '>').replace(/&lt;/g, '<').replace(/&amp;/g, '&');
  const rules = [...model.matchAll(/<rule .*?<\/rule>/gs)].map(([rule]) => ({
    tests: [...rule.matchAll(/<inputEntry[^>]*><text>(.*?)<\/text>/gs)].map(([, text]) => decode(text)),
    colour: JSON.parse(decode(/<outputEntry[^>]*><text>(.*?)<\/text>/s.exec(rule)[1])),
  }));
  const value = (result) => result?.value ?? result;
  const decide = (input) => rules.find((rule) => rule.tests.every((test, i) => test === '-' || value(unaryTest(test, { ...input, '?': input[names[i]] })) === true))?.colour;
  for (let i = 0; i < 50; i++)
    if (decide(inputs[i]) !== expected[i][0]) throw new Error(`row ${i}: ${decide(inputs[i])} is not ${expected[i][0]}`);
  print('feelin, npm', await rate((i) => decide(inputs[i % inputs.length])), 'tables/s of 12 rules and 4 inputs');
} catch (problem) {
  if (problem.code !== 'ENOENT') throw problem;
  console.log('skipped: no bench folder');
}
