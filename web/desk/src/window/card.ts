// What a card reader types: a keyboard that ends with Enter. Readers send the number alone, or the card's fields between signs.
export type Card = { id: string; name: string };

const citizen = /[1-9]\d{16}[\dX]/i;
const organisation = /\b[0-9A-HJ-NPQRTUWXY]{18}\b/i;

export function readCard(text: string): Card {
  const id = (citizen.exec(text) ?? organisation.exec(text))?.[0]?.toUpperCase() ?? text.trim().toUpperCase();
  const name = /[\u4e00-\u9fff·]{2,20}/.exec(text)?.[0] ?? '';
  return { id, name };
}
