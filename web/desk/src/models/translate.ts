// What the editors say. bpmn-js has a Chinese table; the DMN editor has none, so its words stand here.
import { language } from '../lib/i18n.ts';

type Translate = (text: string, values?: Record<string, string>) => string;
export const translator = (table: Record<string, string>): Translate => (text, values = {}) =>
  ((language.value === 'en' ? undefined : table[text]) ?? text).replace(/\{(\w+)\}/g, (all, name: string) => values[name] ?? all);
export const module = (table: Record<string, string>) => ({ translate: ['value', translator(table)] });

export const dmnWords: Record<string, string> = {
  'Activate hand tool': '移动画布', 'Activate lasso tool': '框选', 'Add cell description': '加单元格说明', 'Add input column left': '左侧加输入列',
  'Add input column right': '右侧加输入列', 'Add input': '加输入列', 'Add output column left': '左侧加输出列', 'Add output column right': '右侧加输出列', 'Add output': '加输出列',
  'Add parameter': '加参数', 'Add predefined values': '加预定值', 'Add rule above': '上方加规则', 'Add rule below': '下方加规则', 'Add rule': '加规则', 'Add text annotation': '加注释',
  'Add values': '加值', After: '之后', And: '并且', Annotation: '说明', Annotations: '说明', 'Append business knowledge model': '接业务知识', 'Append decision': '接判定',
  'Append input data': '接输入数据', 'Append knowledge source': '接知识来源', Before: '之前', Between: '介于', 'Boolean value': '是或否', 'Change cell expression language': '改单元格语言',
  'Change type': '改类型', 'Clear predefined values': '清除预定值', 'Comparison operator': '比较方式', Comparison: '比较', 'Connect to other element': '连到其他元素',
  'Copy input column': '复制输入列', 'Copy output column': '复制输出列', 'Copy rule': '复制规则', 'Create decision': '新建判定', 'Create input data': '新建输入数据',
  'Create knowledge model': '新建业务知识', 'Create knowledge source': '新建知识来源', 'Custom values': '自定义值', 'Cut input column': '剪切输入列', 'Cut output column': '剪切输出列',
  'Cut rule': '剪切规则', 'Date and time value': '日期时间', 'Date and time': '日期时间', 'Date value': '日期', Date: '日期', 'Decision name': '判定名称', 'Decision name: ': '判定名称:',
  'Definition ID': '模型编号', 'Definition name': '模型名称', Delete: '删除', 'Duration value': '时长', Edit: '编辑', 'Edit input': '编辑输入', 'Edit output': '编辑输出',
  'Edit formal parameters': '编辑参数', 'Edit function kind': '编辑函数种类', 'Edit number': '编辑数字', 'Edit string': '编辑文字', 'Edit boolean': '编辑是或否', 'Edit date': '编辑日期',
  'Edit time': '编辑时间', 'Edit date and time': '编辑日期时间', 'Edit duration': '编辑时长', 'Element name': '元素名称', 'End date': '止日', 'End value': '止', 'Enter expression': '填写表达式',
  Equals: '等于', Exactly: '恰好', Exclude: '不含', 'Expression language': '表达式语言', 'Expression language:': '表达式语言:', Expression: '表达式', Greater: '大于', 'Greater or equals': '大于等于',
  'Hit policy': '命中策略', 'Hit policy:': '命中策略:', Include: '含', 'Input expression': '输入表达式', 'Input expression: ': '输入表达式:', 'Input label': '输入列名', 'Input label: ': '输入列名:',
  'Input type': '输入类型', 'Input values': '输入取值', Input: '输入', Less: '小于', 'Less or equals': '小于等于', 'Literal expression': '表达式', 'Literal expression editor': '表达式编辑',
  'Match none': '都不是', 'Match one': '其中之一', 'Move rule': '移动规则', 'No values': '没有取值', No: '否', Yes: '是', 'Output label': '输出列名', 'Output label: ': '输出列名:',
  'Output name': '输出变量', 'Output name: ': '输出变量:', 'Output type': '输出类型', 'Output values': '输出取值', Output: '输出', 'Paste input column left': '粘贴到左侧', 'Paste input column right': '粘贴到右侧',
  'Paste output column left': '粘贴到左侧', 'Paste output column right': '粘贴到右侧', 'Paste rule above': '粘贴到上方', 'Paste rule below': '粘贴到下方', 'Predefined values': '预定值',
  Range: '区间', 'Remove cell description': '删除单元格说明', 'Remove input column': '删除输入列', 'Remove output column': '删除输出列', 'Remove parameter': '删除参数', 'Remove rule': '删除规则',
  Resize: '调整宽度', 'Start date': '起日', 'Start value': '起', 'String value': '文字', 'Strings must be in double quotes': '文字要放在双引号里', Then: '则', When: '当', 'Time value': '时间',
  'Type': '类型', 'Type:': '类型:', 'View DRD': '看判定关系图', 'Rule': '规则', Unique: '唯一', First: '首个', Priority: '优先', Any: '任一', Collect: '收集', 'Rule order': '规则顺序', 'Output order': '输出顺序',
  string: '文字', number: '数字', boolean: '是或否', date: '日期', time: '时间', dateTime: '日期时间', dayTimeDuration: '天时长', yearMonthDuration: '年月时长',
};
