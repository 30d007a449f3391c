// Where this program means to differ from the language service: classes of disagreement, at most twenty,
// each with the reason and what it rests on, a query that shows it, and the case of `tests/cases` that does.
//
// `covers` is given what was found: `our` and `their` errors, `text`, and which of `verdict`, `code`, `span`
// and `schema` disagree (`false`).

/** We refuse, and all we say has one of these names. */
const refuses = (f, ...names) => f.verdict === false && f.our.length > 0 && f.our.every((d) => names.includes(d.name));
const says = (f, pattern) => f.our.every((d) => pattern.test(d.message));
/** We accept, and the service's first error has one of these codes. */
const accepts = (f, ...codes) => f.verdict === false && f.our.length === 0 && codes.includes(f.their[0].code);
const before = (f) => f.text.slice(0, f.their[0].start);
const from = (f) => f.text.slice(f.their[0].start).trimStart();

const text = (columns) => columns.map((c) => c.join(':')).join(' ');

/** Whether ours are theirs but for the names or types that `change` maps theirs to. */
const mapped = (f, change) => f.ours.columns.length === f.theirs.columns.length && f.ours.columns.every((our, n) => text([our]) === text([change(f.theirs.columns[n], our)]));

/** Whether ours are theirs without those that `more` says are more, and at least one is. */
const fewer = (f, more) => {
  const left = f.theirs.columns.filter((c) => !more(c));
  return left.length < f.theirs.columns.length && text(left) === text(f.ours.columns);
};
const sameSet = (f) => text([...f.ours.columns].sort()) === text([...f.theirs.columns].sort());
/** Whether there is for each of these columns one of its type among others, in their order; for a numbered dynamic one, any. */
const inOrder = (columns, others) => {
  let at = -1;
  return columns.every(([name, type]) => {
    const any = type === 'dynamic' && /^Column\d+$/.test(name);
    return (at = others.findIndex((other, n) => n > at && (any || other[1] === type))) >= 0;
  });
};
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
  // What is computed of a node is not called after it (measured); the editor leaves out sums without a name.
  [/\bgraph-match\b/, (f) => f.ours.columns.some(([name]) => /^Column\d+$/.test(name)) && inOrder(f.theirs.columns, f.ours.columns)],
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
  [/\b(project|distinct)\b/, (f) => mapped(f, ([name, type], [our, kind]) => (without(name) === without(our) || /^Column\d+$/.test(our) ? [our, kind] : [name, type])) || sameSet(f)],
];

const known = (rules) => (f) => f.schema === false && rules.some(([pattern, covers]) => pattern.test(f.text) && covers(f));

/** @type {{name: string, reason: string, example: string, case: string, covers: (found: object) => boolean}[]} */
export const differences = [
  {
    name: 'values beside each other have one type',
    reason:
      'Measured: the engine refuses to compare, for example, a string with a datetime (SEM0064, SEM0025), and ' +
      'branches of different types (SEM0525). A column of several types is given one to be found, as the page of find ' +
      'says; in the condition it has the type it has in each table.',
    example: 'print x = 1 | where x == guid(74be27de-1e4e-49d9-b579-fe0b331d3642)',
    case: 'functions/list.kql: types that do not compare are refused',
    covers: (f) =>
      (refuses(f, 'operand-types', 'wrong-type') &&
        says(f, /^operator `(==|!=|=~|!~)` is not defined|cannot be compared|^the table's first column is/)) ||
      (refuses(f, 'common-type') && says(f, /^the arguments of `(iff|iif|case|coalesce)`|has several types/)) ||
      (accepts(f, 'KS106') && /\bfind\b[^|;]*$/.test(before(f)) && /\bdynamic\b/.test(f.their[0].message)),
  },
  {
    name: 'typed literals are read',
    reason:
      'Measured: the engine refuses a literal whose text is no value of its type (SYN0002) and constant ' +
      'arithmetic that leaves the range of long; the editor makes them null.',
    example: 'print datetime(xyz)',
    case: 'types/long.kql: a literal that is no long',
    covers: (f) => refuses(f, 'bad-literal'),
  },
  {
    name: 'values of arguments are checked',
    reason:
      'Measured: the engine refuses letters of formats, flags, kinds and groups that do not exist (SEM0213, ' +
      'SEM0255, SEM0473, SEM0477). The limits of other arguments, and the words for how to part, are those of their pages.',
    example: "print format_datetime(now(), 'yyyy-MM-ddTHH:mm')",
    case: 'functions/format.kql: other letters are refused',
    covers: (f) =>
      refuses(f, 'argument-value') &&
      f.our.every((d) => d.code === 'KS140' || /no kind is called `relaxed`|only kind=regex has flags|is none of native, shuffle, legacy/.test(d.message)),
  },
  {
    name: 'patterns are read',
    reason:
      'Measured: the engine refuses regular expressions that are malformed or look around (SEM0420, SEM0476), ' +
      'and an empty text in a pattern of parse.',
    example: "print 'a' matches regex '(?=a)'",
    case: 'functions/regex.kql: look-around does not exist',
    covers: (f) => refuses(f, 'bad-regex') || (refuses(f, 'parse-pattern') && says(f, /cannot be empty/)),
  },
  {
    name: 'constants are constants',
    reason:
      'Measured: the engine refuses a column where a value is needed before rows are read (SEM0040). A query ' +
      'parameter without a default must be given, as its page says.',
    example: 'range x from 1 to 3 step 1 | take x',
    case: 'operators/take.kql: take by a column is a mistake',
    covers: (f) => refuses(f, 'constant-expected') && says(f, /needs a constant here|must be a constant|has no value/),
  },
  {
    name: 'tables stand where tables are needed',
    reason:
      'Measured: the engine refuses a value that depends on a row inside a table (CRT0018), a pipe after a single ' +
      'value, and neighbouring rows inside scan. Pages: fork is the last operator, and restrict hides the rest.',
    example: 'let f = (a: long) { toscalar(print z = a) }; print x = 1 | extend y = f(x)',
    case: 'operators/restrict.kql: restrict access hides the rest',
    covers: (f) =>
      refuses(f, 'table-expected', 'row-context', 'one-column-expected') ||
      (refuses(f, 'unknown-table') && /\brestrict\s+access\b/.test(f.text)),
  },
  {
    name: 'window functions need an order',
    reason: 'Pages: the rows that row_number(), scan and their kin go through must be serialized.',
    example: 'datatable(x: long)[1] | summarize by x | extend n = row_number()',
    case: 'functions/window.kql: window functions need ordered rows',
    covers: (f) => refuses(f, 'not-serialized'),
  },
  {
    name: 'keys and aggregates',
    reason:
      'Measured: the engine refuses to compare, group and sort dynamic values as they are (SEM0001, SEM0480), and ' +
      'columns beside aggregates, as pack_all() makes them.',
    example: 'print a = dynamic(1), b = dynamic(1) | where a == b',
    case: 'types/dynamic.kql: two dynamics do not compare',
    covers: (f) => refuses(f, 'dynamic-key', 'join-types', 'not-aggregated'),
  },
  {
    name: 'nothing is nested or unfolded without end',
    reason: 'A limit of this program: a query whose functions unfold into more than can run, or whose brackets do.',
    example: `print ${'('.repeat(120)}1${')'.repeat(120)}`,
    case: 'diagnostics/codes.kql: an example of too-deep',
    covers: (f) => refuses(f, 'too-complex', 'too-deep'),
  },
  {
    name: 'types that operators and plugins need',
    reason:
      'Pages: bag_unpack takes a dynamic column, ipv4_lookup strings, assert-schema the very schema, an address is a ' +
      'string, the condition of a step of scan a bool; a default, a step, the key of others and a bin have the type of ' +
      'their column; moments are parted and listed by timespans, parts of dates, levels of cells and digits are whole. ' +
      'Measured: repeat of a dynamic.',
    example: "print d = '{}' | evaluate bag_unpack(d)",
    case: 'operators/bag_unpack.kql: a string is no bag',
    covers: (f) =>
      (refuses(f, 'wrong-type', 'not-expandable') &&
        says(
          f,
          /can be unpacked|other columns than these|a column of strings|^an address is|names of columns are|^the key is|must be \w+ here|^a step's condition|^the column is|cannot be expanded|^range cannot go|^the step must be/,
        )) ||
      (refuses(f, 'argument-types') &&
        says(f, /^`(repeat|bin|floor|range|around|make_datetime|format_bytes|geo_h3cell_parent|geo_h3cell_rings)`/)),
  },
  {
    name: 'kind names a value',
    reason:
      'Published queries that were run name a value `kind`; the engine was seen to refuse it (SYN0002) where a column ' +
      'is declared, as the editor does, and not there.',
    example: 'print kind = 1',
    case: 'diagnostics/keywords.kql: `kind` names a value and means it',
    covers: (f) => accepts(f, 'KS005', 'KS006', 'KS142', 'KS228') && /^kind\b/.test(from(f)),
  },
  {
    name: 'numbers and truth values',
    reason:
      'Measured: not() and count() take a number, between, bin() and functions of one real number a bool, and a bool ' +
      'is an index of an array; the editor refuses them.',
    example: 'print not(1)',
    case: 'functions/comparison.kql: not turns nothing into nothing',
    covers: (f) =>
      (accepts(f, 'KS107') && /bool expected/.test(f.their[0].message) && /\b(not|count)\s*\(\s*$/.test(before(f))) ||
      (accepts(f, 'KS134', 'KS137', 'KS138') &&
        /\b(bin|floor|sqrt|exp2?|exp10|log2?|log10|a?(sin|cos|tan)|cot|degrees|radians|(log)?gamma|erfc?)\s*\(\s*$/.test(before(f)) &&
        /^(true|false)\b/.test(from(f))) ||
      (accepts(f, 'KS106') && /^!?between\b/.test(from(f))) ||
      (accepts(f, 'KS137') && /\bbetween\s*\([^|;]*$/.test(before(f))) ||
      (accepts(f, 'KS141') && /\[\s*$/.test(before(f)) && /^(true|false)\b/.test(from(f))),
  },
  {
    name: 'terms of search',
    reason: 'Measured: in search the engine negates terms with not(), and a number is a term.',
    example: "print s = 'a' | search not('b') and 1.5",
    case: 'operators/search.kql: stars say where a term is part of a word',
    covers: (f) =>
      accepts(f, 'KS106', 'KS107', 'KS141') &&
      /\bsearch\b[^|;]*$/.test(before(f)) &&
      /operator '(and|or)'|\bbool\b/.test(f.their[0].message),
  },
  {
    name: 'dynamic values of any kind are arguments',
    reason:
      'Measured: the engine yields null for a dynamic value of another kind, and for a key of an array; the editor ' +
      'refuses a literal, and a key where it knows of an array.',
    example: "print set_union(dynamic([1]), dynamic('x'))",
    case: 'functions/array.kql: array_concat passes over nulls',
    covers: (f) => accepts(f, 'KS234', 'KS235') || (accepts(f, 'KS107') && /^dynamic\b/.test(from(f))) ||
      (accepts(f, 'KS141') && /\[\s*$/.test(before(f)) && /types: int or long/.test(f.their[0].message)),
  },
  {
    name: 'patterns of names that match nothing',
    reason:
      'Measured: a fuzzy union drops a pattern that no table matches, as a part in which one is missing, and is ' +
      'refused when nothing is left. ' +
      'For the engine a pattern of project-away or project-keep may match nothing; only a name must be there.',
    example: 'union isfuzzy=true (print a = 1), Nothing*',
    case: 'operators/project_away.kql: a pattern of project-away may match nothing',
    covers: (f) =>
      (accepts(f, 'KS142') && /isfuzzy/.test(f.text) && /^[\w*]*\*/.test(from(f))) ||
      (accepts(f, 'KS204') && /isfuzzy/.test(f.text)) ||
      (refuses(f, 'unknown-table') && says(f, /^none of the union's tables/)) ||
      (accepts(f, 'KS109') && /^[\w*]*\*/.test(from(f))),
  },
  {
    name: 'what pages show and the service lacks',
    reason:
      'Pages: schema_merge, four arguments of bag_unpack, seconds with a fraction, the degree of a polynomial, ' +
      'windows by the calendar, pack_all() and pipelines in find, expressions in top-hitters, diffpatterns_text, ' +
      'dimensions of activity_engagement without a start. The engine has stdevpif beside stdevp and stdevif. Microsoft\'s ' +
      'published grammar: set takes a word, the cases of a pattern end without a semicolon. A database may have any ' +
      'name here; its data is asked for when the query runs. Every workspace has the functions _ASIM_….',
    example: 'print a = make_timespan(1, 12, 30, 55.123)',
    case: 'functions/moment.kql: timespans of parts',
    covers: (f) =>
      accepts(f, 'KS208') ||
      (accepts(f, 'KS124', 'KS211', 'KS119', 'KS120') &&
        /^(schema_merge|stdevpif|bag_unpack|diffpatterns_text|activity_engagement|_ASIM_\w+)\b/.test(from(f))) ||
      (accepts(f, 'KS006', 'KS117', 'KS142') && /\bset\s+\w+\s*=\s*$/.test(before(f))) ||
      (accepts(f, 'KS005') && /\bdeclare\s+pattern\b/.test(before(f)) && /^Expected: ;/.test(f.their[0].message)) ||
      (accepts(f, 'KS134') && /make_timespan\([^()]*$/.test(before(f))) ||
      (accepts(f, 'KS107') && /series_fit_poly\(.*$/.test(before(f)) && /\bint expected/.test(f.their[0].message)) ||
      (accepts(f, 'KS138') && /activity_(counts_)?metrics\([^|]*$/.test(before(f))) ||
      (accepts(f, 'KS109') && (/^pack_all\b/.test(from(f)) || /top-hitters[^|]*\bof\s*$/.test(before(f)))) ||
      (accepts(f, 'KS006') && /\bfind\b.*\bin\s*\([^)]*$/s.test(before(f)) && from(f).startsWith('(')),
  },
  {
    name: 'graphs as the engine has them',
    reason:
      'Measured (a published comparison with the emulator): nodes have the name of with_node_id, in inner_nodes(), too; ' +
      'identities have one type, properties of two types are none, patterns are connected and projected, bounds rise; ' +
      'pages: the words for cycles and output. A stored graph may have any name here; its data is asked for later.',
    example: "datatable(s: long, t: string)[1, '2'] | make-graph s --> t | graph-match (a)-->(b) project a",
    case: 'operators/make_graph.kql: the ends of edges have one type',
    covers: (f) =>
      accepts(f, 'KS260') ||
      f.verdict === false &&
      /\bmake-graph\b/.test(f.text) &&
      (f.our.length > 0
        ? f.our.every((d) => /^SEM1\d\d\d$|^SEM0001$/.test(d.code)) ||
          says(f, /identified by values of one type|no node of this graph has|is parted by|^`(cycles|output)` cannot be/)
        : f.their[0].code === 'KS142' &&
          // What an edge has is named there, as what a node has.
          (/\bgraph-where-edges\b[^|;]*$/.test(before(f)) ||
            (new RegExp(`\\bwith_node_id *= *${/^\w*/.exec(from(f))[0]}\\b`).test(before(f)) &&
              /inner_nodes\(|graph-match|graph-where|graph-shortest-paths/.test(before(f))))),
  },
  {
    name: 'types of results as the engine gives them',
    reason: 'Measured: parts of datetimes and bits of ints are long, weeks between and ceilings real.',
    example: "print datetime_part('year', now())",
    case: 'functions/datetime.kql: the parts of a datetime',
    covers: (f) =>
      f.schema === false &&
      /\b(dayof\w+|week_of_year|(get)?month(ofyear)?|getmonth|getyear|hourofday|date(time_)?part|datetime_diff|binary_all_\w+|ceiling|jaccard_index|new_activity_metrics)\s*\(/.test(f.text) &&
      f.ours.columns.length === f.theirs.columns.length &&
      f.ours.columns.every(([name, type], n) => {
        const [other, theirs] = f.theirs.columns[n];
        return name === other && (type === theirs || ['long int', 'real long', 'real dynamic'].includes(`${type} ${theirs}`));
      }),
  },
  {
    name: 'columns of operators as the engine gives them',
    reason: 'Columns that operators add, keep, replace and put first, as measured or on Microsoft\'s pages.',
    example: 'range x from 1 to 3 step 1 | scan declare (s: long = 0) with (step a: true => s = x + a.s;)',
    case: 'operators/scan.kql: scan keeps a running sum in the state of its step',
    covers: known(operators),
  },
  {
    name: 'names of columns as the engine gives them',
    reason: 'What columns are called whose expression has no name, or one that is taken, as measured.',
    example: 'datatable(x: long)[1] | project abs(x), sqrt(x), x1 = 100',
    case: 'operators/project.kql: a name taken by an earlier column gets a number, an explicit one is passed over',
    covers: known(named),
  },
];
