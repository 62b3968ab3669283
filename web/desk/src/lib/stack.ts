// v-stack: on a phone a table's rows stand one below the other, each cell with its column's head. The roles say what it still is.
import type { Directive } from 'vue';

const roles: Record<string, string> = { thead: 'rowgroup', tbody: 'rowgroup', tr: 'row', td: 'cell' };

function label(table: HTMLTableElement): void {
  const heads = [...table.querySelectorAll<HTMLElement>('thead th')];
  const names = heads.map((head) => head.textContent?.trim() || head.querySelector('[aria-label]')?.getAttribute('aria-label') || '');
  table.setAttribute('role', 'table');
  for (const [name, role] of Object.entries(roles)) table.querySelectorAll(name).forEach((one) => one.setAttribute('role', role));
  heads.forEach((head, i) => { head.setAttribute('role', 'columnheader'); head.dataset['label'] = names[i]; });
  for (const row of table.tBodies[0]?.rows ?? [])
    [...row.cells].forEach((cell, i) => {
      if (cell.tagName === 'TH') cell.setAttribute('role', 'rowheader');
      if (cell.colSpan === 1) cell.dataset['label'] = heads[i]?.textContent?.trim() ?? '';
    });
}
export const stack: Directive<HTMLTableElement> = { mounted: label, updated: label };
