// Texts of the desk: t('worklist'), t('daysLeft', {n: 3}). The language and the type size are remembered in the browser.
import { ref, watchEffect } from 'vue';
import zh from '../../../shared/i18n/zh-CN.json';
import en from '../../../shared/i18n/en.json';
import { setApiLanguage } from './api.ts';

export type TextKey = keyof typeof zh;
const tables: Record<string, Record<string, string>> = { 'zh-CN': zh, en };

function remembered(name: string, fallback: string): string {
  try { return localStorage.getItem(name) ?? fallback; } catch { return fallback; }
}
export const language = ref(remembered('language', 'zh-CN'));
export const largeType = ref(remembered('large-type', 'no') === 'yes');

watchEffect(() => {
  document.documentElement.lang = language.value;
  document.documentElement.classList.toggle('large-type', largeType.value);
  setApiLanguage(language.value);
  try {
    localStorage.setItem('language', language.value);
    localStorage.setItem('large-type', largeType.value ? 'yes' : 'no');
  } catch { /* private windows may refuse; the choice then lasts for the page */ }
});

type Values = Record<string, string | number>;
const fill = (text: string, values: Values) => text.replace(/\{(\w+)\}/g, (_all, name: string) => String(values[name] ?? ''));

export function t(key: TextKey, values: Values = {}): string {
  return fill(tables[language.value]?.[key] ?? zh[key] ?? key, values);
}
/** The texts of a part that is loaded by itself: words('check.run'), or words.of('state', word) for keys put together. */
export function textsOf<K extends string>(chinese: Record<K, string>, english: Record<K, string>) {
  const words = (key: K, values: Values = {}) => fill((language.value === 'en' ? english : chinese)[key] ?? key, values);
  return Object.assign(words, { of: (prefix: string, word: string | null | undefined) => (word ? words(`${prefix}.${word}` as K) : '') });
}
/** A text whose key is put together at run time, such as `state.closed`; the last part itself when there is none. */
export function tk(prefix: string, word: string | null | undefined): string {
  if (!word) return '';
  const key = `${prefix}.${word}`;
  return tables[language.value]?.[key] ?? (zh as Record<string, string>)[key] ?? word;
}

export function dateTime(iso: string | null | undefined): string {
  if (!iso) return '';
  return new Intl.DateTimeFormat(language.value, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'Asia/Shanghai' }).format(new Date(iso));
}
