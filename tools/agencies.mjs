#!/usr/bin/env node
// A SIMULATOR of the outside agencies (police, civil affairs, insurance, human resources, disease control): it stands in for them in the
// demo and in tests, over real HTTP on 127.0.0.1. It takes any POST below /<agency>/, remembers what it received, answers the same
// Idempotency-Key with the same answer, and shows latency and faults to order.
//
//   node tools/agencies.mjs [--port N] [--attached]   port 0 picks a free one; the first line printed is the address
//                                               attached: ends when its standard input does, as when who started it is gone
//
//   POST /_control   {"agency": "police", "latency_ms": 0, "fault": "none" | "hang" | "error" | "garbage" | "refuse" | "close", "times": 3,
//                     "reply": {…}}             times: how many requests the fault lasts; absent: until changed
//   GET  /_received?agency=police               what came in: [{agency, path, key, body, times}]
//   POST /_reset
import { createServer } from 'node:http';

const portAt = process.argv.indexOf('--port');
const port = portAt > 0 ? Number(process.argv[portAt + 1]) : 8090;
if (process.argv.includes('--attached')) process.stdin.on('end', () => process.exit()).resume();
const BODY_MAX = 1024 * 1024;

// Registers that can be asked: fictional, but the same for the same number.
const registers = {
  '/market/enterprises': ({ uscc }) => ({ uscc, legal_person: '赵德平', address: `哈尔滨市松北区世纪大道${Number(uscc?.slice(-6, -2).replace(/\D/g, '') || 1)}号`, phone: '0451-85970001' }),
  '/hr/employment': ({ id_number }) => ({ id_number, institution_name: '哈尔滨市松花江医院', institution_uscc: '12230100424005678R' }),
};

let settings = new Map();
let received = new Map(); // by agency and idempotency key

function json(response, status, content) {
  const text = JSON.stringify(content);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

async function read(request) {
  let size = 0;
  const parts = [];
  for await (const part of request) {
    size += part.length;
    if (size > BODY_MAX) throw new Error('body too large');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

// The fault that the agency shows for this request; counts down those that last a number of times.
function faultOf(setting) {
  if (!setting?.fault || setting.fault === 'none') return 'none';
  if (setting.times === undefined) return setting.fault;
  if (setting.times <= 0) return 'none';
  setting.times -= 1;
  return setting.fault;
}

function answer(request, response, agency, path, body) {
  const setting = settings.get(agency);
  const fault = faultOf(setting);
  if (fault === 'hang') return; // the caller's time-out ends it
  if (fault === 'close') return void request.socket.destroy();
  if (fault === 'error') return json(response, 500, { error: 'simulated failure' });
  if (fault === 'garbage') {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    return void response.end('<html>not what you asked for');
  }
  if (fault === 'refuse') return json(response, 422, { error: 'simulated refusal' });
  const key = request.headers['idempotency-key'] ?? `${agency} ${received.size}`;
  const seen = received.get(`${agency} ${key}`);
  if (seen) {
    seen.times += 1;
    return json(response, 200, seen.reply);
  }
  const reply = setting?.reply ?? registers[path]?.(body) ?? { ok: true, accepted: true, number: `${agency.toUpperCase()}-${String(received.size + 1).padStart(6, '0')}` };
  received.set(`${agency} ${key}`, { agency, path, key, body, times: 1, reply });
  json(response, 200, reply);
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://127.0.0.1');
  try {
    if (url.pathname === '/_received') {
      const agency = url.searchParams.get('agency');
      return json(response, 200, [...received.values()].filter((one) => !agency || one.agency === agency));
    }
    const text = await read(request);
    if (url.pathname === '/_reset') {
      settings = new Map();
      received = new Map();
      return json(response, 200, { ok: true });
    }
    if (request.method === 'OPTIONS') return json(response, 200, { ok: true });
    const body = text ? JSON.parse(text) : {};
    if (url.pathname === '/_control') {
      settings.set(body.agency, body);
      return json(response, 200, { ok: true });
    }
    const agency = url.pathname.split('/')[1];
    const latency = settings.get(agency)?.latency_ms ?? 0;
    setTimeout(() => answer(request, response, agency, url.pathname, body), latency);
  } catch (error) {
    json(response, 400, { error: error.message });
  }
});

server.listen(port, '127.0.0.1', () => console.log(`simulator of agencies on http://127.0.0.1:${server.address().port}`));
for (const signal of ['SIGTERM', 'SIGINT'])
  process.on(signal, () => {
    server.closeAllConnections();
    server.close(() => process.exit(0));
  });
