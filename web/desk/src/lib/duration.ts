// Times spent, in the two largest units that say something.
const units = [['day', 86400000], ['hour', 3600000], ['minute', 60000], ['second', 1000]] as const;
const words: Record<string, Record<string, string>> = {
  'zh-CN': { day: '{n}天', hour: '{n}小时', minute: '{n}分', second: '{n}秒', none: '不到1秒', gap: '' },
  en: { day: '{n} d', hour: '{n} h', minute: '{n} min', second: '{n} s', none: 'under 1 s', gap: ' ' },
};

export function duration(ms: number | null | undefined, language: string): string {
  if (ms === undefined || ms === null) return '';
  const of = words[language] ?? words['zh-CN']!;
  const first = units.findIndex(([, size]) => ms >= size);
  if (first < 0) return of['none']!;
  const parts = [];
  let rest = ms;
  for (const [name, size] of units.slice(first, first + 2)) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n) parts.push(of[name]!.replace('{n}', String(n)));
  }
  return parts.join(of['gap']);
}
