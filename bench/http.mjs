// The server over HTTP: one user and 64 connections, SM2 and ES256, on a fresh demo province.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { root, signedIn, startServer } from '../test/api/lib.mjs';

const load = resolve(root, process.env.BUILD ?? 'build', 'bench/bench-http');
const folder = mkdtempSync(join(tmpdir(), 'tongban-bench-'));
const body = join(folder, 'body.json');
const form = JSON.parse(readFileSync(join(root, 'test/api/death-form.json'), 'utf8'));
form.deceased.id_number = '{{id}}';
form.deceased.birth_date = '{{birth}}';
writeFileSync(body, JSON.stringify({ item: 'death-report', form }));
const seconds = process.env.BENCH_SECONDS ?? '10';

function run(port, connections, session) {
  return new Promise((done) => {
    const child = spawn(load, [port, String(connections), seconds, session.cookie, session.csrf, '/api/v1/cases', body], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (part) => (text += part));
    child.on('exit', () => done(text.trim()));
  });
}

for (const algorithm of ['SM2', 'ES256']) {
  const server = await startServer({ args: ['--algorithm', algorithm] });
  const session = await signedIn(server, 'dr-wang');
  const port = new URL(server.url).port;
  console.log(`${algorithm.padEnd(5)}  1 connection   ${await run(port, 1, session)}`);
  console.log(`${algorithm.padEnd(5)} 64 connections  ${await run(port, 64, session)}`);
  const status = readFileSync(`/proc/${server.child.pid}/status`, 'utf8');
  console.log(`${algorithm.padEnd(5)} resident memory  ${(Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024).toFixed(0)} MB`);
  await server.stop();
}
