// What somebody sets going and what may fail: busy while it runs, then why it did not succeed.
import { ref } from 'vue';

export function useAttempt() {
  const busy = ref(false);
  const error = ref<unknown>(null);
  async function attempt(what: () => unknown): Promise<void> {
    busy.value = true;
    error.value = null;
    try {
      await what();
    } catch (cause) {
      error.value = cause;
    } finally {
      busy.value = false;
    }
  }
  return { busy, error, attempt };
}
