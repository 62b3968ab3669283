// A small process as a modeller would deploy it, with its drawing: a job, a gateway without a default, a timer, a person.
// Later versions give elements other ids.

const shapes = (ids) => [
  [ids.start, 'startEvent', 100, 100, 36, 36], [ids.inspect, 'serviceTask', 190, 78, 100, 80], [ids.good, 'exclusiveGateway', 350, 93, 50, 50],
  [ids.cool, 'intermediateCatchEvent', 460, 100, 36, 36], [ids.sign, 'userTask', 560, 78, 100, 80], [ids.end, 'endEvent', 720, 100, 36, 36],
];

export function patrol({ ids = {}, wait = 'PT720H', name = '场所巡查' } = {}) {
  const all = { start: 'start', inspect: 'inspect', good: 'good', cool: 'cool', sign: 'sign', end: 'end', ...ids };
  const boxes = shapes(all);
  const names = { start: '开始', inspect: '现场检查', good: '合格?', cool: '公示期', sign: '签发', end: '结束' };
  const nameOf = (id) => names[Object.keys(all).find((key) => all[key] === id)];
  const flows = [['f1', 0, 1], ['f2', 1, 2], ['f3', 2, 3], ['f4', 3, 4], ['f5', 4, 5]];
  const inside = {
    serviceTask: '<bpmn:extensionElements><zeebe:taskDefinition type="inspect-site" retries="2" /></bpmn:extensionElements>',
    userTask: '<bpmn:extensionElements><zeebe:userTask /><zeebe:assignmentDefinition candidateGroups="operator" /></bpmn:extensionElements>',
    intermediateCatchEvent: `<bpmn:timerEventDefinition id="td"><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">${wait}</bpmn:timeDuration></bpmn:timerEventDefinition>`,
  };
  const elements = boxes.map(([id, type]) => `<bpmn:${type} id="${id}" name="${nameOf(id)}">${inside[type] ?? ''}</bpmn:${type}>`).join('\n');
  const sequence = flows.map(([id, from, to]) => `<bpmn:sequenceFlow id="${id}" sourceRef="${boxes[from][0]}" targetRef="${boxes[to][0]}">${
    id === 'f3' ? '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">=score &gt; 60</bpmn:conditionExpression>' : ''}</bpmn:sequenceFlow>`).join('\n');
  const drawn = boxes.map(([id, , x, y, w, h]) => `<bpmndi:BPMNShape id="${id}_di" bpmnElement="${id}"><dc:Bounds x="${x}" y="${y}" width="${w}" height="${h}" /></bpmndi:BPMNShape>`);
  const lines = flows.map(([id, from, to]) => `<bpmndi:BPMNEdge id="${id}_di" bpmnElement="${id}"><di:waypoint x="${boxes[from][2] + boxes[from][4]}" y="118" /><di:waypoint x="${boxes[to][2]}" y="118" /></bpmndi:BPMNEdge>`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" id="patrols" targetNamespace="https://tongban.example/patrol">
<bpmn:process id="patrol" name="${name}" isExecutable="true">
${elements}
${sequence}
</bpmn:process>
<bpmndi:BPMNDiagram id="drawing"><bpmndi:BPMNPlane id="plane" bpmnElement="patrol">
${drawn.join('\n')}
${lines.join('\n')}
</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</bpmn:definitions>`;
}

/** Deploys with a signed-in client. */
export async function deploy(server, who, xml, file = 'patrol.bpmn') {
  const form = new FormData();
  form.set('resources', new Blob([xml], { type: 'application/xml' }), file);
  const answer = await fetch(`${server.url}/v2/deployments`, { method: 'POST', body: form, headers: { Cookie: who.cookie, 'X-CSRF-Token': who.csrf } });
  if (answer.status !== 200) throw new Error(`not deployed: ${await answer.text()}`);
  return answer.json();
}

/** Starts one and gives its instance key. */
export async function start(who, variables = {}, version) {
  const answer = await who.post('/v2/process-instances', { processDefinitionId: 'patrol', variables, ...(version ? { processDefinitionVersion: version } : {}) });
  if (answer.status !== 200) throw new Error(`not started: ${answer.text}`);
  return answer.body.processInstanceKey;
}

/** Does every job that waits. */
export async function inspect(who, variables = {}, type = 'inspect-site') {
  const jobs = (await who.post('/api/v1/jobs/activate', { type, worker: 'crew', max: 100 })).body.items;
  for (const job of jobs) await who.post(`/api/v1/jobs/${job.id}/complete`, { variables });
  return jobs;
}
