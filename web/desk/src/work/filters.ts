// Filters of the worklist that somebody keeps, in this browser and for this account.
export type Filter = { name: string; whose: string; item: string; role: string };

const key = (user: string) => `tongban.filters.${user}`;

export function savedFilters(user: string): Filter[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key(user)) ?? '[]');
    return Array.isArray(kept) ? (kept as Filter[]).filter((one) => typeof one.name === 'string') : [];
  } catch {
    return [];
  }
}
export function saveFilters(user: string, filters: Filter[]): void {
  try {
    localStorage.setItem(key(user), JSON.stringify(filters.slice(0, 20)));
  } catch { /* private windows may refuse; the filters then last for the page */ }
}
