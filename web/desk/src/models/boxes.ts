// What the boxes of one expression share.
import type { InjectionKey } from 'vue';

export type Boxes = {
  /** The XML was changed. Changes of the same key that follow each other are undone together. */
  touch(key?: string): void;
  /** What the check says about an element. */
  problemsOf(id: string): string[];
};
export const BOXES: InjectionKey<Boxes> = Symbol('boxes');
