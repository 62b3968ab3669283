// The only script of the citizens' pages. Everything works without it; it saves a round trip here and there.
import './upload.ts';
import './scan.ts';

// Errors take the focus, so that a screen reader speaks them first.
document.getElementById('errors')?.focus();

// Where a field's conditions depend on another, the step is refreshed by itself: what is typed is kept by the server.
const form = document.querySelector<HTMLFormElement>('form[data-form]');
if (form) {
  const refresh = form.querySelector<HTMLButtonElement>('[data-refresh]');
  const conditions = [...form.querySelectorAll<HTMLElement>('[data-hide]')].map((one) => one.dataset['hide'] ?? '').join('\n');
  if (refresh) refresh.hidden = true;
  form.addEventListener('change', (event) => {
    const name = (event.target as HTMLInputElement).name?.split('.').pop();
    if (name && refresh && conditions.includes(name)) {
      try { sessionStorage.setItem('focus', (event.target as HTMLElement).id); } catch { /* the focus is then at the top */ }
      form.requestSubmit(refresh);
    }
  });
  // What is typed is saved a moment later, and at once when the page is left: a lost phone loses nothing.
  let timer: ReturnType<typeof setTimeout> | undefined;
  const save = () => {
    clearTimeout(timer);
    timer = undefined;
    const data = new URLSearchParams(new FormData(form) as unknown as Record<string, string>);
    data.set('later', '1');
    fetch(form.action, { method: 'POST', body: data, redirect: 'manual', keepalive: true }).catch(() => { /* the next step saves it */ });
  };
  form.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(save, 1500); });
  form.addEventListener('submit', () => { clearTimeout(timer); timer = undefined; });
  addEventListener('pagehide', () => { if (timer !== undefined) save(); });
  // A second press while the first is on its way changes nothing.
  form.addEventListener('submit', () => setTimeout(() => form.querySelectorAll('button').forEach((button) => { button.disabled = true; })));
  addEventListener('pageshow', () => form.querySelectorAll('button').forEach((button) => { button.disabled = false; }));
  try {
    const last = sessionStorage.getItem('focus');
    sessionStorage.removeItem('focus');
    if (last) document.getElementById(last)?.focus();
  } catch { /* private windows may refuse */ }
}

// A code that shows a certificate: the clock runs, and a fresh code comes before the old one ends.
const live = document.querySelector<HTMLElement>('[data-live]');
if (live) {
  let made = Number(live.dataset['made']);
  let since = performance.now();
  let asking = false;
  const renew = async () => {
    asking = true;
    try {
      const page = new DOMParser().parseFromString(await (await fetch(location.href, { headers: { Accept: 'text/html' } })).text(), 'text/html');
      const fresh = page.querySelector<HTMLElement>('[data-live]');
      if (!fresh) { location.reload(); return; }
      live.replaceChildren(...fresh.childNodes);
      made = Number(fresh.dataset['made']);
      since = performance.now();
    } catch { /* the network is away: it is tried again in a second */ }
    asking = false;
  };
  const tick = () => {
    const passed = performance.now() - since;
    const left = Math.max(0, Math.round(Number(live.dataset['seconds']) - 10 - passed / 1000));
    const clock = live.querySelector('[data-clock]');
    const rest = live.querySelector('[data-left]');
    if (clock) clock.textContent = new Date(made + passed).toLocaleString(document.documentElement.lang, { timeZone: 'Asia/Shanghai', hour12: false });
    if (rest) rest.textContent = `(${left})`;
    if (left === 0 && !asking) void renew();
  };
  tick();
  setInterval(tick, 1000);
}

// Printing needs a script; without one the browser's own menu does it.
for (const button of document.querySelectorAll<HTMLButtonElement>('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => print());
}

// A signature may be drawn instead of typed: with a finger, a pen or the mouse.
const pad = document.querySelector<HTMLElement>('[data-pad]');
const canvas = pad?.querySelector('canvas');
const ink = canvas?.getContext('2d');
if (pad && canvas && ink) {
  const drawing = pad.querySelector<HTMLInputElement>('[name=drawing]');
  pad.hidden = false;
  ink.lineWidth = 4;
  ink.lineCap = 'round';
  let down = false;
  const to = (event: PointerEvent) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * canvas.width / box.width, (event.clientY - box.top) * canvas.height / box.height] as const;
  };
  canvas.addEventListener('pointerdown', (event) => { down = true; canvas.setPointerCapture(event.pointerId); ink.beginPath(); ink.moveTo(...to(event)); });
  canvas.addEventListener('pointermove', (event) => { if (down) { ink.lineTo(...to(event)); ink.stroke(); } });
  canvas.addEventListener('pointerup', () => { down = false; if (drawing) drawing.value = canvas.toDataURL('image/png'); });
  pad.querySelector('button')?.addEventListener('click', () => { ink.clearRect(0, 0, canvas.width, canvas.height); if (drawing) drawing.value = ''; });
}

// A kiosk empties itself when nobody moves; it says so beforehand. Without scripts the page refreshes to the same end.
const seconds = Number(document.body.dataset['kiosk']);
if (seconds) {
  let last = performance.now();
  const note = document.createElement('p');
  note.className = 'kiosk-left';
  note.setAttribute('role', 'status');
  note.hidden = true;
  document.body.append(note);
  for (const kind of ['pointerdown', 'keydown', 'input', 'scroll']) addEventListener(kind, () => { last = performance.now(); note.hidden = true; }, { passive: true });
  setInterval(() => {
    const left = Math.ceil(seconds - 10 - (performance.now() - last) / 1000);
    note.hidden = left > 30;
    note.textContent = `${document.body.dataset['warn']} ${Math.max(0, left)}`;
    if (left <= 0) location.replace('/kiosk/end');
  }, 1000);
  addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
}

export {};
