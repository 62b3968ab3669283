// The one way to the server: JSON in and out, problems as errors, the CSRF token and an idempotency key on changes.
import type { Problem, FieldError } from '../../../shared/api/types.ts';

export class ApiError extends Error {
  constructor(public problem: Problem) {
    super(problem.detail || problem.title);
  }
  get type(): string { return this.problem.type; }
  get status(): number { return this.problem.status; }
  get errors(): FieldError[] { return this.problem.errors ?? []; }
}

let csrf = '';
let language = 'zh-CN';
export function setCsrf(token: string): void { csrf = token; }
export function setApiLanguage(lang: string): void { language = lang; }
let expired: () => Promise<boolean> = async () => false;
/** Asked when the session is over: true once it goes on, and the request is sent again. */
export function onExpired(ask: () => Promise<boolean>): void { expired = ask; }

type Options = { method?: string; body?: unknown; file?: Blob; form?: FormData; etag?: number; key?: string; signal?: AbortSignal };

export async function api<T>(path: string, options: Options = {}): Promise<T> {
  const kept = { key: crypto.randomUUID(), ...options };
  try {
    return await send<T>(path, kept);
  } catch (cause) {
    const over = cause instanceof ApiError && cause.status === 401 && !path.startsWith('/session');
    if (!over || !(await expired())) throw cause;
    return send<T>(path, kept);
  }
}

async function send<T>(path: string, options: Options & { key: string }): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': language };
  const method = options.method ?? (options.body === undefined && !options.file && !options.form ? 'GET' : 'POST');
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  if (options.file) headers['Content-Type'] = 'text/csv';
  if (method !== 'GET') {
    headers['X-CSRF-Token'] = csrf;
    if (method === 'POST') headers['Idempotency-Key'] = options.key;
  }
  if (options.etag !== undefined) headers['If-Match'] = `"${options.etag}"`;
  let response: Response;
  try {
    response = await fetch('/api/v1' + path, {
      method, headers, credentials: 'same-origin', signal: options.signal,
      body: options.form ?? options.file ?? (options.body === undefined ? undefined : JSON.stringify(options.body)),
    });
  } catch (cause) {
    if ((cause as Error).name === 'AbortError') throw cause;
    throw new ApiError({ type: 'network', title: 'network', status: 0 });
  }
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  if (response.ok && response.headers.get('Content-Type')?.startsWith('text/csv')) return text as T;
  let content: unknown = undefined;
  try { content = text ? JSON.parse(text) : undefined; } catch { /* told below as an unreadable answer */ }
  if (!response.ok) {
    const problem = (content as Problem | undefined) ?? { type: 'unreadable', title: response.statusText, status: response.status };
    throw new ApiError(problem);
  }
  return content as T;
}

/** A file as it is, for looking at. */
export async function fileAt(path: string): Promise<Blob> {
  const response = await fetch('/api/v1' + path, { credentials: 'same-origin', headers: { 'Accept-Language': language } }).catch(() => null);
  if (!response) throw new ApiError({ type: 'network', title: 'network', status: 0 });
  if (!response.ok) throw new ApiError(await response.json().catch(() => ({ type: 'unreadable', title: response.statusText, status: response.status })) as Problem);
  return response.blob();
}

export function query(params: Record<string, string | number | boolean | undefined | null>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined && value !== null && value !== '') search.set(name, String(value));
  const text = search.toString();
  return text ? '?' + text : '';
}
