import { textsOf } from '../lib/i18n.ts';
import zh from '../../../shared/i18n/work.zh-CN.json';
import en from '../../../shared/i18n/work.en.json';

export const w = textsOf(zh, en);
