// What was undone can be done again. Changes with the same key that follow each other are one step, so that typing is.
import { computed, ref } from 'vue';

export function useHistory(take: (text: string) => void) {
  const past = ref<string[]>([]);
  const future = ref<string[]>([]);
  let last: string | undefined;

  /** before: the text that the change was made to. */
  function keep(before: string, key?: string) {
    if (key === undefined || key !== last) past.value.push(before);
    future.value = [];
    last = key;
  }
  function step(from: typeof past, to: typeof past, now: string) {
    const text = from.value.pop();
    if (text === undefined) return;
    to.value.push(now);
    last = undefined;
    take(text);
  }
  const undo = (now: string) => step(past, future, now);
  const redo = (now: string) => step(future, past, now);
  /** Ctrl+Z and Ctrl+Y outside of text, where the browser has its own. */
  function press(event: KeyboardEvent, now: string) {
    if (!(event.ctrlKey || event.metaKey) || (event.target as HTMLElement).matches('input, textarea')) return;
    const name = event.key.toLowerCase();
    if (name !== 'z' && name !== 'y') return;
    event.preventDefault();
    (name === 'y' || event.shiftKey ? redo : undo)(now);
  }
  return { keep, undo, redo, press, canUndo: computed(() => past.value.length > 0), canRedo: computed(() => future.value.length > 0) };
}
