// Random FEEL expressions from a seed: typed enough that most of them have a value, wild enough that many are null.

export function random(seed) {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * n);
  };
}

export const context = {
  n: 5, m: -2.5, zero: 0, s: 'feel', t: '中文 text', yes: true, no: false, nothing: null,
  list: [1, 2, 3], words: ['b', 'a', 'c'], people: [{ name: 'A', age: 30 }, { name: 'B', age: 5 }, { name: 'C', age: null }],
  person: { name: 'D', address: { city: 'Harbin' } },
};

export function generator(pick) {
  const one = (items) => items[pick(items.length)];
  const forms = {
    number: [
      () => String(pick(20)), () => `${pick(9)}.${pick(9)}`, () => `-${pick(9) + 1}`, () => one(['n', 'm', 'zero']),
      (d) => `(${make('number', d)} ${one(['+', '-', '*', '/'])} ${make('number', d)})`,
      (d) => `${make('number', d)} ${one(['+', '-', '*'])} ${make('number', d)}`,
      (d) => `${pick(4)} ** ${pick(4)}`,
      (d) => `if ${make('boolean', d)} then ${make('number', d)} else ${make('number', d)}`,
      (d) => `${one(['sum', 'min', 'max', 'mean', 'count', 'product', 'median'])}(${make('numbers', d)})`,
      (d) => `${one(['abs', 'floor', 'ceiling'])}(${make('number', d)})`,
      (d) => `modulo(${make('number', d)}, ${make('number', d)})`,
      (d) => `string length(${make('string', d)})`,
      (d) => `${make('numbers', d)}[${one(['1', '2', '-1', '9'])}]`,
      () => 'people[1].age', () => 'person.age',
    ],
    string: [
      () => `"${one(['', 'a', 'ab', 'feel', '中文', 'A b'])}"`, () => one(['s', 't', 'person.name', 'person.address.city']),
      (d) => `${make('string', d)} + ${make('string', d)}`,
      (d) => `${one(['upper case', 'lower case'])}(${make('string', d)})`,
      (d) => `substring(${make('string', d)}, ${one(['1', '2', '-1'])})`,
      (d) => `${one(['substring before', 'substring after'])}(${make('string', d)}, ${make('string', d)})`,
      (d) => `string join(${make('strings', d)}, ${make('string', d)})`,
      (d) => `if ${make('boolean', d)} then ${make('string', d)} else ${make('string', d)}`,
    ],
    boolean: [
      () => one(['true', 'false', 'yes', 'no']),
      (d) => `${make('number', d)} ${one(['<', '<=', '>', '>=', '=', '!='])} ${make('number', d)}`,
      (d) => `${make('string', d)} ${one(['=', '!=', '<'])} ${make('string', d)}`,
      (d) => `(${make('boolean', d)} ${one(['and', 'or'])} ${make('boolean', d)})`,
      (d) => `not(${make('boolean', d)})`,
      (d) => `${make('number', d)} between ${make('number', d)} and ${make('number', d)}`,
      (d) => `${make('number', d)} in [${pick(5)}..${pick(9) + 4}]`,
      (d) => `${make('number', d)} in (${make('number', d)}, < ${make('number', d)})`,
      (d) => `${one(['contains', 'starts with', 'ends with'])}(${make('string', d)}, ${make('string', d)})`,
      (d) => `list contains(${make('numbers', d)}, ${make('number', d)})`,
      (d) => `${one(['some', 'every'])} x in ${make('numbers', d)} satisfies x ${one(['<', '>', '='])} ${make('number', d)}`,
      (d) => `${one(['all', 'any'])}([${make('boolean', d)}, ${make('boolean', d)}])`,
      (d) => `${make('any', d)} = null`,
      (d) => `${make('any', d)} instance of ${one(['number', 'string', 'boolean'])}`,
    ],
    numbers: [
      () => 'list', (d) => `[${make('number', d)}, ${make('number', d)}, ${make('number', d)}]`, () => '[]',
      (d) => `for x in ${make('numbers', d)} return x * 2`, () => `for i in 1..${pick(4) + 1} return i + n`,
      (d) => `(${make('numbers', d)})[item > ${make('number', d)}]`,
      (d) => `${one(['reverse', 'distinct values', 'flatten'])}(${make('numbers', d)})`,
      (d) => `concatenate(${make('numbers', d)}, ${make('numbers', d)})`,
      (d) => `append(${make('numbers', d)}, ${make('number', d)})`, () => 'people.age', () => 'people[age > 4].age',
      (d) => `sort(${make('numbers', d)}, function(a, b) a < b)`, (d) => `index of(${make('numbers', d)}, ${make('number', d)})`,
    ],
    strings: [() => 'words', (d) => `[${make('string', d)}, ${make('string', d)}]`, () => 'people.name', () => 'people[name != "A"].name',
      (d) => `split(${make('string', d)}, "e")`, () => 'sort(words, function(a, b) a < b)'],
    context: [() => 'person', (d) => `{a: ${make('number', d)}, b: a + 1}`, (d) => `{"k 1": ${make('any', d)}}`,
      (d) => `context put(person, "age", ${make('number', d)})`, () => 'people[1]', () => 'people[-1]'],
    any: [(d) => make(one(['number', 'string', 'boolean', 'numbers', 'context']), d), () => 'nothing', () => 'null', () => 'person.none'],
  };
  function make(kind, depth) {
    // Now and then a value of another kind, which mostly ends in null.
    if (pick(40) === 0) kind = one(Object.keys(forms));
    const choices = depth <= 0 ? forms[kind].slice(0, kind === 'context' ? 1 : 2) : forms[kind];
    return one(choices)(depth - 1);
  }
  return () => make(one(['number', 'string', 'boolean', 'numbers', 'strings', 'context', 'any']), 3);
}
