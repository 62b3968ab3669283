// Browsers without pages: cookies per site, redirects followed by hand.
import { freePort, prepared, startServer } from '../api/lib.mjs';

export function browser() {
  const jars = new Map();
  async function go(url, options = {}) {
    const { host } = new URL(url);
    const jar = jars.get(host) ?? new Map();
    jars.set(host, jar);
    const response = await fetch(url, {
      redirect: 'manual', ...options,
      headers: { Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '), Accept: 'text/html', ...options.headers },
    });
    for (const set of response.headers.getSetCookie()) {
      const [pair, ...attributes] = set.split(';');
      const [name, ...value] = pair.split('=');
      const gone = attributes.some((one) => /max-age=0|expires=thu, 01 jan 1970/i.test(one.trim()));
      if (gone || value.join('=') === '') jar.delete(name);
      else jar.set(name, value.join('='));
    }
    return { status: response.status, location: response.headers.get('location'), text: await response.text(), url };
  }
  const next = (answer) => new URL(answer.location, answer.url).href;
  return { go, next, cookies: (host) => jars.get(host), post: (url, form) => go(url, { method: 'POST', body: new URLSearchParams(form) }) };
}

/** A server that signs people in through the provider at issuer. */
export async function tongban(issuer, more = {}) {
  const port = await freePort();
  const where = prepared({
    'oidc.issuer': issuer, 'oidc.client': 'tongban', 'oidc.secret': 'a secret/with+marks', 'oidc.levels': 'low=1 substantial=2 high=3',
    ...more,
  });
  return startServer({ ...where, args: ['--listen', `127.0.0.1:${port}`] });
}

/** What the browser's session is; undefined when nobody is signed in. */
export async function who(one, server) {
  const answer = await one.go(`${server.url}/api/v1/session`, { headers: { Accept: 'application/json' } });
  return answer.status === 200 ? JSON.parse(answer.text) : undefined;
}
