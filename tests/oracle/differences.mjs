// Where this program means to differ from the language service: classes of disagreement, at most twenty,
// each with the reason and a query that shows it.
//
// `covers` is given what was found: `our` and `their` errors, `text`, and which of `verdict`, `code`, `span`
// and `schema` disagree (`false`).

const refuses = (f, ...names) => f.verdict === false && f.our.length > 0 && f.our.every((d) => names.includes(d.name));
const says = (f, pattern) => f.our.every((d) => pattern.test(d.message));

const text = (columns) => columns.map((c) => c.join(':')).join(' ');

/** Whether ours are theirs but for the names or types that `change` maps theirs to. */
const mapped = (f, change) => f.ours.columns.length === f.theirs.columns.length && f.ours.columns.every((our, n) => text([our]) === text([change(f.theirs.columns[n], our)]));

/** Whether ours are theirs without those that `more` says are more, and at least one is. */
const fewer = (f, more) => {
  const left = f.theirs.columns.filter((c) => !more(c));
  return left.length < f.theirs.columns.length && text(left) === text(f.ours.columns);
};
const sameSet = (f) => text([...f.ours.columns].sort()) === text([...f.theirs.columns].sort());
const without = (name) => name.replace(/\d+$/, '');

/** What operators yield: a pattern of the query, and what ours and theirs then differ by. */
const operators = [
  // No column of matches unless asked for (measured).
  [/\bscan\b(?![^|]*with_match_id)/, (f) => fewer(f, ([name]) => name === 'match_id')],
  // A column of the same name is replaced where it stands (measured); the editor adds another, or leaves it.
  [/\bparse(-where|-kv)?\b/, (f) => fewer(f, ([name, type]) => f.theirs.columns.filter(([n]) => n === name).length > 1 && !f.ours.columns.some((c) => text([c]) === `${name}:${type}`)) || text([...new Map(f.theirs.columns)].sort()) === text([...f.ours.columns].sort())],
  // `kind=source` adds the pattern alone (Microsoft's page).
  [/\breduce\b[^|]*kind *= *source/, (f) => fewer(f, ([name]) => name === 'Count' || name === 'Representative')],
  // `kind=inner` keeps what all tables have (Microsoft's page).
  [/\bunion\b[^|]*kind *= *inner/, (f) => fewer(f, () => false) || f.ours.columns.every((c) => text(f.theirs.columns).includes(text([c])))],
  // Which of two columns of one name takes a number (measured).
  [/\bunion\b/, (f) => mapped(f, ([name, type], [our]) => [without(name) === without(our) ? our : name, type])],
  // The columns of the networks stand first (measured).
  [/\bipv6_lookup\b/, sameSet],
  // A series of any aggregate is an array.
  [/\bmake-series\b/, (f) => mapped(f, ([name, type], our) => [name, our[1] === 'dynamic' ? 'dynamic' : type])],
  // A column of several types becomes one of each (Microsoft's page).
  [/\bfind\b/, (f) => f.ours.columns.every(([name]) => f.theirs.columns.some(([n]) => n === name || name.startsWith(`${n}_`)))],
  // An expression called like a column takes its place (Microsoft's page: "add or update").
  [/\bserialize\b/, (f) => fewer(f, ([name]) => /\d$/.test(name) && f.ours.columns.some(([n]) => n === without(name)))],
  // A parameter that is a table has the columns that it declares; not measured.
  [/\b\w+ *: *\( *\w+ *: */, (f) => fewer(f, (c) => !f.ours.columns.some((our) => our[0] === c[0]))],
  // What plugins yield (Microsoft's pages).
  [/\bevaluate +(new_activity_metrics|funnel_sequence|funnel_sequence_completion|diffpatterns)\b/, (f) => f.ours.columns.every(([name]) => f.theirs.columns.some(([n]) => n === name))],
  // What is called after a node, an edge or a path, which the editor only numbers; nodes have what all their tables have.
  [/\bgraph-(match|to-table)\b/, (f) => mapped(f, (their, our) => (/^Column\d+$/.test(their[0]) ? our : their)) || fewer(f, ([, type]) => type === 'dynamic')],
  [/\bgetschema\b/, (f) => mapped(f, ([name, type]) => [name, name === 'ColumnOrdinal' ? 'int' : type])],
];

/** What columns are called that have no name in the query. */
const named = [
  // Several values under one name: the first alone (measured).
  [/\b(series_\w+|array_sort_\w+)\(/, (f) => fewer(f, ([name]) => /^(series_|.*_sorted\d*$)/.test(name) && !f.ours.columns.some(([n]) => n === name))],
  // Both values of a covariance (measured).
  [/\bcovariance/, (f) => mapped(f, ([name, type], [our]) => [/^covariance/.test(name) && our.startsWith(name) ? our : name, type])],
  // `d.a[-1]` (measured).
  [/\[ *- *\d/, (f) => mapped(f, ([name, type], [our]) => [/_$/.test(name) && our.startsWith(name) ? our : name, type])],
  // A variable as a key (measured).
  [/\blet\b/, (f) => mapped(f, ([name, type], [our]) => [/^Column\d+$/.test(our) ? our : name, type])],
  // Names that are taken, and functions that pass none on (measured).
  [/\bproject\b/, (f) => mapped(f, ([name, type], [our, kind]) => (without(name) === without(our) || /^Column\d+$/.test(our) ? [our, kind] : [name, type])) || sameSet(f)],
];

const known = (rules) => (f) => f.schema === false && rules.some(([pattern, covers]) => pattern.test(f.text) && covers(f));

/** @type {{name: string, reason: string, example: string, covers: (found: object) => boolean}[]} */
export const differences = [
  {
    name: 'values of a datatable have the types of its columns',
    reason: 'The engine refuses a value that its column cannot hold; the editor does not look.',
    example: "datatable(a: long)['x']",
    covers: (f) => refuses(f, 'wrong-type', 'bad-literal') && says(f, /the column is|not a valid|does not fit/),
  },
  {
    name: 'only values of one type are equal',
    reason: 'The engine refuses to compare, for example, a string with a datetime (SEM0064).',
    example: 'print x = 1 | where x == guid(74be27de-1e4e-49d9-b579-fe0b331d3642)',
    covers: (f) => refuses(f, 'operand-types') && says(f, /`(==|!=|=~|!~)` is not defined|cannot be compared/),
  },
  {
    name: 'typed literals are read',
    reason: 'The engine refuses a literal whose text is no value of its type (SYN0002); the editor makes it null.',
    example: 'print datetime(xyz)',
    covers: (f) => refuses(f, 'bad-literal'),
  },
  {
    name: 'values of arguments are checked',
    reason: 'The engine refuses formats, periods, counts and limits that are none (SEM0235, SEM0254, SEM0208 …).',
    example: 'print x = 1 | summarize percentile(x, 101)',
    covers: (f) => refuses(f, 'argument-value'),
  },
  {
    name: 'regular expressions are read',
    reason: 'The engine refuses what its regular expressions lack, as look-ahead (SEM0420).',
    example: "print 'a' matches regex '(?=a)'",
    covers: (f) => refuses(f, 'bad-regex'),
  },
  {
    name: 'constants are constants',
    reason: 'The engine refuses a column where a value is needed before rows are read (SEM0040).',
    example: 'range x from 1 to 3 step 1 | take x',
    covers: (f) => refuses(f, 'constant-expected'),
  },
  {
    name: 'branches have one type',
    reason: 'The engine refuses branches of different types (SEM0525).',
    example: "print iff(true, 1, 'a')",
    covers: (f) => refuses(f, 'common-type'),
  },
  {
    name: 'tables stand where tables are needed',
    reason: 'The engine refuses a pipe after a single value; the editor lets a variable pass.',
    example: 'let a = 1; a | count',
    covers: (f) => refuses(f, 'table-expected', 'scalar-expected', 'row-context', 'one-column-expected'),
  },
  {
    name: 'window functions need an order',
    reason: 'The engine refuses row_number() and its kin over rows without one (SEM0219).',
    example: 'datatable(x: long)[1] | summarize by x | extend n = row_number()',
    covers: (f) => refuses(f, 'not-serialized'),
  },
  {
    name: 'dynamic values are no keys',
    reason: 'The engine refuses to compare, sort and join dynamic values as they are (SEM0001, SEM0480).',
    example: 'print a = dynamic(1), b = dynamic(1) | where a == b',
    covers: (f) => refuses(f, 'dynamic-key', 'join-types'),
  },
  {
    name: 'functions are not unfolded without end',
    reason: 'A query whose functions unfold into more parts than can run is refused.',
    example: 'let f = (x: long) { x + x }; print f(f(1))',
    covers: (f) => refuses(f, 'too-complex', 'too-deep'),
  },
  {
    name: 'types of operators\' arguments',
    reason: 'The engine refuses what an operator or plugin cannot use: text to unpack, addresses that are numbers.',
    example: "print d = '{}' | evaluate bag_unpack(d)",
    covers: (f) => refuses(f, 'wrong-type', 'not-expandable', 'argument-types'),
  },
  {
    name: 'words that only the editor keeps',
    reason: 'The engine takes `kind`, `missing`, `title` … as names of columns and tables; the editor wants brackets.',
    example: 'datatable(kind: string)[]',
    covers: (f) => f.verdict === false && f.our.length === 0 && /\b(kind|missing|title|first|last|earliest|latest|flags|sql|card|views|journal|cycles|accumulate)\b/.test(f.text.slice(f.their[0].start, f.their[0].end + 12)),
  },
  {
    name: 'numbers are predicates',
    reason: 'The engine takes a number for a bool in not(1) and count(x) (measured); the editor does not.',
    example: 'print not(1)',
    covers: (f) => f.verdict === false && f.our.length === 0 && ['KS107', 'KS106'].includes(f.their[0].code) && /bool/.test(f.their[0].message),
  },
  {
    name: 'dynamic values of any kind are arguments',
    reason: 'The engine yields null for a dynamic literal of another kind (measured); the editor refuses the literal.',
    example: "print set_union(dynamic([1]), dynamic('x'))",
    covers: (f) => f.verdict === false && f.our.length === 0 && ['KS234', 'KS235', 'KS107'].includes(f.their[0].code) && /^dynamic/.test(f.text.slice(f.their[0].start)),
  },
  {
    name: 'types of results as the engine gives them',
    reason: 'Parts of datetimes and bits of ints are long, weeks between and ceilings real (measured).',
    example: "print datetime_part('year', now())",
    covers: (f) =>
      f.schema === false &&
      f.ours.columns.length === f.theirs.columns.length &&
      f.ours.columns.every(([name, type], n) => {
        const [other, theirs] = f.theirs.columns[n];
        return name === other && (type === theirs || ['long int', 'real long', 'real dynamic'].includes(`${type} ${theirs}`));
      }),
  },
  {
    name: 'patterns of a fuzzy union',
    reason: 'The engine drops a pattern of a fuzzy union that no table matches (measured); the editor refuses it.',
    example: 'union isfuzzy=true (print a = 1), Nothing*',
    covers: (f) => f.verdict === false && f.our.length === 0 && f.their[0].code === 'KS142' && /isfuzzy/.test(f.text),
  },
  {
    name: 'columns of operators as the engine gives them',
    reason: 'Columns that operators add, keep, replace and put first, as measured or on Microsoft\'s pages.',
    example: 'range x from 1 to 3 step 1 | scan declare (s: long = 0) with (step a: true => s = x + a.s;)',
    covers: known(operators),
  },
  {
    name: 'names of columns as the engine gives them',
    reason: 'What columns are called whose expression has no name, or one that is taken, as measured.',
    example: 'datatable(x: long)[1] | project abs(x), sqrt(x), x1 = 100',
    covers: known(named),
  },
];
