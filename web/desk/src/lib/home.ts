// The pages of the menu and who may use them; the first of them is where somebody begins.
import type { TextKey } from './i18n.ts';
import { useSession } from './session.ts';

type Entry = { to: string; title: TextKey; may: readonly string[]; needs?: string };

export const entries: readonly Entry[] = [
  { to: '/tasks', title: 'page.worklist', may: ['task.work'] },
  { to: '/window', title: 'page.window', may: ['mandate.grant'] },
  { to: '/handovers', title: 'page.handovers', may: ['certificate.deliver'] },
  { to: '/remedies', title: 'page.remedies', may: ['task.work', 'supervision.manage'], needs: 'case.read' },
  { to: '/cases', title: 'page.cases', may: ['case.read'] },
  { to: '/bulk', title: 'page.bulk', may: ['case.bulk'] },
  { to: '/subjects', title: 'page.subjects', may: ['party.read'] },
  { to: '/cockpit', title: 'page.cockpit', may: ['indicator.read'] },
  { to: '/certificates', title: 'page.certificates', may: ['certificate.read'] },
  { to: '/models', title: 'page.models', may: ['model.read'] },
  { to: '/items', title: 'page.items', may: ['model.read'] },
  { to: '/operations', title: 'page.operations', may: ['incident.manage', 'process.read', 'process.operate', 'exchange.manage'] },
  { to: '/audit', title: 'page.audit', may: ['audit.read'] },
  { to: '/admin', title: 'page.admin', may: ['user.manage', 'setting.write', 'exchange.manage'] },
];

export function mayUse(entry: Entry): boolean {
  const session = useSession();
  if (session.acting) return entry.to === '/window';
  return entry.may.some((one) => session.may(one)) && (!entry.needs || session.may(entry.needs));
}
/** Where the signed-in person begins; a page that says so when there is none. */
export function home(): string {
  return entries.find(mayUse)?.to ?? '/nothing';
}
/** Is this the page of a menu entry that is not theirs? */
export function isClosed(path: string): boolean {
  const entry = entries.find((one) => one.to === path);
  return entry !== undefined && !mayUse(entry);
}
