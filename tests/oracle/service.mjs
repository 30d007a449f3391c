// Microsoft's language service: what it says of a query over given tables and functions.

import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

function load() {
  const log = console.log;
  console.log = () => {};
  try {
    require('@kusto/language-service-next/bridge.min.js');
    require('@kusto/language-service-next/Kusto.Language.Bridge.min.js');
  } finally {
    console.log = log;
  }
  return globalThis.Kusto.Language;
}

const L = load();
const S = L.Symbols;

/** The version of the language service that is installed. */
export const version = require('@kusto/language-service-next/package.json').version;

const quoted = (name) => `['${name.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}']`;
const declared = (columns) => columns.map(([name, type]) => `${quoted(name)}: ${type}`).join(', ');

/**
 * The globals for a schema as the driver's `--schema` prints it:
 * `{tables: {name: [[column, type]]}, functions: {name: {parameters: [[name, type, default]], columns}}}`.
 */
export function globals(schema) {
  const members = [];
  for (const [name, columns] of Object.entries(schema.tables)) {
    members.push(new S.TableSymbol.$ctor7(name, `(${declared(columns)})`, ''));
  }
  for (const [name, { parameters, columns }] of Object.entries(schema.functions)) {
    const list = parameters.map(([n, type, value]) => `${n}: ${type} = ${value}`).join(', ');
    const body = `{ datatable(${declared(columns)}) [] }`;
    members.push(new S.FunctionSymbol.$ctor16(name, `(${list})`, body, ''));
  }
  const database = new S.DatabaseSymbol.$ctor3('db', '', toArray(members), false);
  const cluster = new S.ClusterSymbol.ctor('cluster', [database], false);
  return L.GlobalState.Default.WithCluster(cluster).WithDatabase(database);
}

const toArray = (items) => globalThis.System.Array.init(items, S.Symbol);

function items(list) {
  return Array.from({ length: list.Count ?? list.length }, (_, i) => (Array.isArray(list) ? list[i] : list.getItem(i)));
}

const said = (d) => ({
  code: d.Code,
  severity: d.Severity,
  start: d.Start,
  end: d.End,
  message: d.Message,
});

const SCALARS = new Map(
  ['Bool', 'Int', 'Long', 'Real', 'Decimal', 'String', 'DateTime', 'TimeSpan', 'Guid', 'Dynamic'].map((name) => [
    name,
    name.toLowerCase(),
  ]),
);

function typeName(type) {
  const name = type?.Name ?? 'unknown';
  return SCALARS.has(name) ? SCALARS.get(name) : name.toLowerCase();
}

/**
 * What the service says of a query: diagnostics in the order of their places, and output columns; null
 * where it fails itself.
 */
export function analyse(text, state) {
  try {
    return answer(text, state);
  } catch {
    return null;
  }
}

function answer(text, state) {
  const code = L.KustoCode.ParseAndAnalyze(text, state);
  const diagnostics = items(code.GetDiagnostics()).map(said);
  diagnostics.sort((a, b) => a.start - b.start);
  const result = code.ResultType;
  let columns = null;
  let open = false;
  if (result && result.Columns) {
    columns = items(result.Columns).map((c) => [c.Name, typeName(c.Type)]);
    open = Boolean(result.IsOpen);
  } else if (result && result.Name) {
    columns = [['', typeName(result)]];
  }
  return { diagnostics, columns, open };
}

/** The tokens of a text: `{kind, start, end, text}`, the end of the text left out. */
export function tokens(text) {
  const found = [];
  const list = L.Parsing.TokenParser.ParseTokens(text, L.ParseOptions.Default);
  let at = 0;
  for (const token of items(list)) {
    const start = at + token.Trivia.length;
    at = start + token.Text.length;
    const kind = globalThis.System.Enum.getName(L.Syntax.SyntaxKind, token.Kind);
    if (token.Text.length > 0) found.push({ kind, start, end: at, text: token.Text });
  }
  return found;
}
