// The only script of the citizens' pages. Everything works without it; it saves a round trip here and there.

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

export {};
