import { textsOf } from '../lib/i18n.ts';
import zh from '../../../shared/i18n/catalogue.zh-CN.json';
import en from '../../../shared/i18n/catalogue.en.json';

export const w = textsOf(zh, en);
