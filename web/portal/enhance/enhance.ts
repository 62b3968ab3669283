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
  // A second press while the first is on its way changes nothing.
  form.addEventListener('submit', () => setTimeout(() => form.querySelectorAll('button').forEach((button) => { button.disabled = true; })));
  addEventListener('pageshow', () => form.querySelectorAll('button').forEach((button) => { button.disabled = false; }));
  try {
    const last = sessionStorage.getItem('focus');
    sessionStorage.removeItem('focus');
    if (last) document.getElementById(last)?.focus();
  } catch { /* private windows may refuse */ }
}

export {};
