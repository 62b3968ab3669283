// The server's check of a text that is being written: asked when the writer pauses; a late answer to an older text is dropped.
import { onBeforeUnmount, ref, shallowRef } from 'vue';
import type { ModelProblems } from '../../../shared/api/types.ts';

const PAUSE_MS = 500;
export type Check = (source: string) => Promise<ModelProblems>;

export function useChecking(check: Check) {
  const found = shallowRef<ModelProblems | null>(null);
  const error = ref<unknown>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;

  async function run(source: string) {
    const turn = ++asked;
    try {
      const answer = await check(source);
      if (turn === asked) [found.value, error.value] = [answer, null];
    } catch (cause) {
      if (turn === asked) error.value = cause;
    }
  }
  function later(source: string) {
    clearTimeout(timer);
    timer = setTimeout(() => void run(source), PAUSE_MS);
  }
  onBeforeUnmount(() => { clearTimeout(timer); asked++; });
  return { found, error, run, later };
}
