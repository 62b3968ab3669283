// The server's own TLS: answers, the cookie that never travels without it, and a key that does not fit.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PASSWORD, program, root, startServer } from './lib.mjs';

const folder = mkdtempSync(join(tmpdir(), 'tongban-tls-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function certificate(name) {
  const files = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', files.key, '-out', files.cert], { stdio: 'ignore' });
  return files;
}

function ask(url, { ca, method = 'GET', body, headers = {} }) {
  return new Promise((done, failed) => {
    const asked = request(url, { ca, method, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => (text += part)).on('end', () => done({ status: answer.statusCode, headers: answer.headers, text }));
    });
    asked.on('error', failed).end(body);
  });
}

test('the server speaks TLS with its own certificate, and its cookie is for TLS only', async () => {
  const { cert, key } = certificate('good');
  const server = await startServer({ args: ['--tls-cert', cert, '--tls-key', key] });
  try {
    const url = server.url.replace('http:', 'https:');
    const ca = readFileSync(cert);
    const health = await ask(`${url}/healthz`, { ca });
    assert.equal(health.status, 200, health.text);
    const signedIn = await ask(`${url}/api/v1/session`, {
      ca, method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username: 'li', password: PASSWORD }),
    });
    assert.equal(signedIn.status, 201, signedIn.text);
    assert.match(String(signedIn.headers['set-cookie']), /; Secure/);
    await assert.rejects(ask(`${url}/healthz`, { ca: readFileSync(certificate('other').cert) }), /self-signed|unable to verify/i);
    await assert.rejects(fetch(`${server.url}/healthz`)); // no answer without TLS
  } finally {
    await server.stop();
  }
});

test('a certificate without its key is refused before anything is served', () => {
  const { cert } = certificate('alone');
  for (const [args, told] of [[['--tls-cert', cert], /both a certificate file and a key file/],
    [['--tls-cert', cert, '--tls-key', join(folder, 'nowhere.key')], /nowhere\.key/],
    [['--tls-cert', cert, '--tls-key', certificate('another').key], /TLS/]]) {
    const data = mkdtempSync(join(folder, 'data-'));
    const ran = spawnSync(program, ['serve', '--data', data, '--listen', '127.0.0.1:0', '--packs', 'packs', '--web', 'web', ...args],
      { cwd: root, encoding: 'utf8', timeout: 60000 });
    assert.equal(ran.status, 1, ran.stderr);
    assert.match(ran.stderr, told);
  }
});
