import { textsOf } from '../lib/i18n.ts';
import zh from '../../../shared/i18n/subjects.zh-CN.json';
import en from '../../../shared/i18n/subjects.en.json';

export const w = textsOf(zh, en);
