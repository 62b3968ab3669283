// How figures are written: shares in per cent, days and grades with their decimals.
import type { Indicator, IndicatorRow } from '../../../shared/api/types.ts';
import { w } from './texts.ts';

export type Unit = Indicator['unit'];

export function figure(unit: Unit, value: number | null | undefined): string {
  if (value === null || value === undefined) return w('none');
  if (unit === 'share') return `${(value * 100).toFixed(2)} %`;
  if (unit === 'working-days') return w('days', { n: value.toFixed(1) });
  return unit === 'grade' ? value.toFixed(2) : String(value);
}

/** What a row says in a table and in a file. */
export const rowFigure = (unit: Unit, row: IndicatorRow): string => (row.suppressed ? w('suppressed') : figure(unit, row.value));

/** Better, worse or the same as the period before, in words. */
export function trend(one: Indicator): string {
  const { value, previous } = one;
  if (value === null || value === undefined || previous === null || previous === undefined) return '';
  const shown = figure(one.unit, previous);
  if (value === previous) return w('trend.same', { was: shown });
  const up = value > previous;
  const word = one.better === 'neither' || !one.better ? (up ? 'trend.up' : 'trend.down') : (up === (one.better === 'up') ? 'trend.better' : 'trend.worse');
  return w(word, { was: shown });
}

export function met(one: Indicator): boolean | null {
  if (one.target === undefined || one.value === null || one.value === undefined) return null;
  return one.better === 'down' ? one.value <= one.target : one.value >= one.target;
}
