// The checklist of an item's materials at the window, and what is told when some are missing.
export type Material = { id: string; name: string; need?: string; note?: string; standard?: string; tolerate_days?: number; situations?: string[]; certificate?: string; promise?: boolean };
export type Way = '' | 'paper' | 'file' | 'promise' | 'later';
export type Given = { way: Way; file?: string; name?: string };

/** Those asked for in a situation. */
export function askedFor(materials: Material[], situation: unknown): Material[] {
  return materials.filter((one) => !one.situations?.length || typeof situation !== 'string' || one.situations.includes(situation));
}
export const mayBeLate = (one: Material) => one.need === '3';
/** As the API takes them: what comes later is left out, the process then asks for the promise. */
export function asSent(materials: Material[], given: Record<string, Given>): Array<Record<string, unknown>> {
  return materials.flatMap<Record<string, unknown>>((one) => {
    const of = given[one.id];
    if (of?.way === 'paper') return [{ id: one.id, paper: true }];
    if (of?.way === 'promise') return [{ id: one.id, promise: true }];
    if (of?.way === 'file' && of.file) return [{ id: one.id, file: of.file }];
    return [];
  });
}
/** What is neither given, nor held as a certificate, nor allowed to come later. */
export function missing(materials: Material[], given: Record<string, Given>): Material[] {
  return materials.filter((one) => {
    const of = given[one.id];
    return !(of?.way === 'paper' || of?.way === 'promise' || (of?.way === 'file' && of.file) || (of?.way === 'later' && mayBeLate(one)) || one.certificate);
  });
}
