import type { ModelVersion } from '../../../shared/api/types.ts';
import { w } from './texts.ts';

export const versionName = (one: ModelVersion) => `${one.number === 0 ? w('own', { v: one.pack_version ?? '' }) : w('number', { n: one.number })} · ${w.of('state', one.state)}`;
export const stateLook: Record<string, string> = { 'in-force': 'good', approved: 'good', tested: 'calm', proposed: 'warn', draft: 'calm', rejected: 'bad', 'rolled-back': 'bad' };
