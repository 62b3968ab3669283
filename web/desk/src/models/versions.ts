import type { ModelVersion } from '../../../shared/api/types.ts';
import { w } from './texts.ts';

const kindOf = (one: ModelVersion) => (one.step ? w.of('step', one.step) : one.item_version ? w('itemVersion', { n: one.item_version }) : '');
/** "编号 · 状态"; of an item also which version of it that is, or that it suspends it. */
export const versionName = (one: ModelVersion) => `${one.number === 0 ? w('own', { v: one.pack_version ?? '' }) : w('number', { n: one.number })}${kindOf(one)} · ${w.of('state', one.state)}`;
export const stateLook: Record<string, string> = { 'in-force': 'good', approved: 'good', tested: 'calm', proposed: 'warn', draft: 'calm', rejected: 'bad', 'rolled-back': 'bad' };
