// The unmodified npm clients of Camunda 8 against a real server, with a token as a worker of another agency would have it.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCamundaClient as createNine } from '@camunda8/orchestration-cluster-api';
import { createCamundaClient as createEight } from 'orchestration-cluster-api-8';
import { program, root } from '../api/lib.mjs';

export { until } from '../api/lib.mjs';

const here = dirname(fileURLToPath(import.meta.url));
export const model = (name) => join(here, 'models', name);
export const text = (name) => readFileSync(model(name), 'utf8');

export function command(server, ...words) {
  const done = spawnSync(program, [...words, '--data', server.data, ...server.db], { cwd: root, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${words.join(' ')}: ${done.stderr}`);
  return done.stdout.trim();
}

/** A bearer token of a user. */
export const token = (server, user = 'admin') => command(server, 'token', 'create', '--user', user);

/** Clients by major version; strict ones check every request and response against the published schema. They get their token from
 * /oauth/token, as they would from any OAuth server: the client secret is the token. */
export const versions = { 8: createEight, 9: createNine };
export function clientOf(server, secret, { version = 9, validation = 'none' } = {}) {
  return versions[version]({
    config: {
      CAMUNDA_REST_ADDRESS: server.url, CAMUNDA_SDK_VALIDATION: validation, CAMUNDA_SDK_LOG_LEVEL: 'error',
      CAMUNDA_SDK_HTTP_RETRY_MAX_ATTEMPTS: '1', CAMUNDA_AUTH_STRATEGY: 'OAUTH', CAMUNDA_OAUTH_URL: `${server.url}/oauth/token`,
      CAMUNDA_CLIENT_ID: 'worker', CAMUNDA_CLIENT_SECRET: secret, CAMUNDA_TOKEN_AUDIENCE: 'tongban',
    },
  });
}

/** Reads see writes at once, so no waiting for consistency is asked for. */
export const now = { consistency: { waitUpToMs: 0 } };

/** The problem that a call is refused with. */
export async function refused(promise) {
  try {
    await promise;
  } catch (problem) {
    return problem;
  }
  throw new Error('the call was not refused');
}
