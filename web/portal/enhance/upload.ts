// Files go up in parts, so that a lost connection costs one part; photos are made smaller on the device first. Without scripts, or
// when anything here fails before the first part, the plain form is sent instead.

const part = 256 * 1024;
const photo = 1024 * 1024; // smaller photos stay as they are
const edge = 2400; // pixels of the longer side: a page of small print stays readable
const waits = [1, 2, 4, 8, 15, 30, 30, 30];

interface Upload { id: string; offset: number; size: number; file?: { id: string } }

/** The photo with its longer side cut down, or the file itself when that gains nothing. */
async function smaller(file: File): Promise<File> {
  if (!/^image\/(jpeg|png)$/.test(file.type) || file.size <= photo || !('createImageBitmap' in window)) return file;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, edge / Math.max(picture.width, picture.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', 0.85));
    return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, '') + '.jpg', { type: 'image/jpeg' }) : file;
  } catch {
    return file; // the server says what is wrong with it
  }
}

class Refused extends Error {}

/** Answers of the server; a refusal is an error of its own, a lost connection is whatever fetch throws. */
async function ask(csrf: string, path: string, method: string, headers: Record<string, string> = {}, body?: BodyInit): Promise<Upload> {
  const answer = await fetch(path, { method, headers: { ...headers, 'X-CSRF-Token': csrf, 'Accept-Language': document.documentElement.lang }, body: body ?? null });
  if (answer.status >= 500) throw new Error(String(answer.status));
  const said = await answer.json() as Upload & { title?: string };
  if (!answer.ok && answer.status !== 409) throw new Refused(said.title);
  return answer.ok ? said : ask(csrf, path, 'GET'); // 409: it stands elsewhere
}

/** Where this file was left, if it was begun before. */
async function begin(csrf: string, file: File): Promise<Upload> {
  const key = `upload ${file.name} ${file.size} ${file.lastModified}`;
  let known: string | null = null;
  try { known = localStorage.getItem(key); } catch { /* it then begins again */ }
  if (known)
    try {
      const found = await ask(csrf, `/api/v1/uploads/${known}`, 'GET');
      if (found.size === file.size && found.offset < found.size) return found;
    } catch (error) { if (!(error instanceof Refused)) throw error; }
  const made = await ask(csrf, '/api/v1/uploads', 'POST', { 'Content-Type': 'application/json' },
    JSON.stringify({ name: file.name, type: file.type, size: file.size }));
  try { localStorage.setItem(key, made.id); } catch { /* private windows may refuse */ }
  return made;
}

async function send(csrf: string, file: File, lost: () => void, moved: (share: number) => void): Promise<string> {
  let at: Upload | undefined;
  for (let tries = 0; ;) {
    try {
      at ??= await begin(csrf, file);
      if (at.file) return at.file.id;
      at = await ask(csrf, `/api/v1/uploads/${at.id}`, 'PATCH', { 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(at.offset) },
        file.slice(at.offset, at.offset + part));
      moved(at.offset / at.size);
      tries = 0;
    } catch (error) {
      const wait = waits[tries++];
      if (error instanceof Refused || wait === undefined) throw error;
      lost();
      await new Promise((done) => setTimeout(done, wait * 1000));
      if (at) at = await ask(csrf, `/api/v1/uploads/${at.id}`, 'GET').catch(() => at);
    }
  }
}

async function submit(form: HTMLFormElement, chosen: File) {
  const said = form.querySelector<HTMLElement>('[data-said]')!;
  const bar = form.querySelector('progress')!;
  const button = form.querySelector('button')!;
  const csrf = form.querySelector<HTMLInputElement>('[name=csrf]')!.value;
  button.disabled = true;
  bar.hidden = false;
  bar.value = 0;
  try {
    const file = await smaller(chosen);
    said.textContent = file === chosen ? '' : `${form.dataset['shrunk']} (${Math.round(file.size / 1024)} KB)`;
    const stored = document.createElement('input');
    stored.type = 'hidden';
    stored.name = 'stored';
    stored.value = await send(csrf, file, () => { said.textContent = form.dataset['lost'] ?? ''; }, (share) => { bar.value = share * 100; });
    form.append(stored);
    form.querySelectorAll<HTMLInputElement>('[type=file]').forEach((input) => { input.value = ''; });
    form.submit();
  } catch (error) {
    said.textContent = error instanceof Refused && error.message ? error.message : form.dataset['again'] ?? '';
    said.classList.add('message');
    button.disabled = false;
    bar.hidden = true;
  }
}

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-upload]'))
  form.addEventListener('submit', (event) => {
    const chosen = [...form.querySelectorAll<HTMLInputElement>('[type=file]')].map((input) => input.files?.[0]).find((file) => file);
    if (!chosen) return;
    event.preventDefault();
    void submit(form, chosen);
  });

export {};
