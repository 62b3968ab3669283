// Asks before somebody leaves what they have not saved: for another page, or for good.
import { onBeforeUnmount, type Ref } from 'vue';
import { onBeforeRouteLeave } from 'vue-router';

export function useLeaveGuard(dirty: Readonly<Ref<boolean>>, question: () => string): void {
  const warn = (event: BeforeUnloadEvent) => { if (dirty.value) event.preventDefault(); };
  window.addEventListener('beforeunload', warn);
  onBeforeUnmount(() => window.removeEventListener('beforeunload', warn));
  onBeforeRouteLeave(() => !dirty.value || window.confirm(question()));
}
