// A list that is read page by page: reload() starts over, more() appends.
import { ref, shallowRef } from 'vue';
import { api, query } from './api.ts';

type Page<Row> = { items: Row[]; next?: string | null };

export function usePages<Row>(path: string, params: () => Record<string, string | number | boolean | undefined>) {
  const rows = shallowRef<Row[]>([]);
  const next = ref<string | null>(null);
  const told = shallowRef<Record<string, unknown>>({}); // besides the rows: totals
  const loading = ref(false);
  const error = ref<unknown>(null);
  let running: AbortController | undefined;

  async function read(cursor: string | null) {
    running?.abort();
    running = new AbortController();
    const { signal } = running;
    loading.value = true;
    error.value = null;
    try {
      const page = await api<Page<Row>>(path + query({ ...params(), cursor: cursor ?? undefined, limit: 20 }), { signal });
      rows.value = cursor ? [...rows.value, ...page.items] : page.items;
      next.value = page.next ?? null;
      told.value = page;
    } catch (cause) {
      if ((cause as Error).name !== 'AbortError') error.value = cause;
    } finally {
      if (running?.signal === signal) loading.value = false;
    }
  }
  return { rows, next, told, loading, error, reload: () => read(null), more: () => read(next.value) };
}
