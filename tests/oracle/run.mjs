// Compares what `kql check` says with what Microsoft's language service says.
//
//   node tests/oracle/run.mjs [--mutations N] [--seed N] [--sentences N] [--show CLASS] [--limits]
//       [--shared FOLDER] [--binary FILE]
//
// Prints verdict, code, span and schema agreement, before and after the intended differences of
// `differences.mjs`, then the classes of disagreement, most frequent first. `--show TEXT` lists the
// disagreements whose class holds TEXT. `--limits` fails below the agreement that `limits` asks for.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { columnsText, compare, figures, intended } from './compare.mjs';
import { differences } from './differences.mjs';
import { mutations } from './mutate.mjs';
import { cases, conformance, published } from './queries.mjs';
import { analyse, globals, version } from './service.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

function argument(name, otherwise) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
}

const options = {
  mutations: Number(argument('mutations', 1000)),
  seed: Number(argument('seed', 1)),
  sentences: Number(argument('sentences', 200)),
  show: argument('show', null),
  examples: Number(argument('examples', 2)),
  classes: Number(argument('classes', 60)),
  shared: argument('shared', join(root, '../shared')),
  binary: argument('binary', null),
  limits: process.argv.includes('--limits'),
};

/**
 * At least so much of the mutations must agree, in percent, for `--limits`: below what is reached by as
 * much as a few hundred mutations vary, so that nothing gets much worse. The aim is 99.5, 90, 95 and 100. And at
 * most so many mutations, in percent, may be told of more than once.
 */
const limits = { verdict: 99, code: 90, span: 94, schema: 98, severally: 3 };

function kql(args, input) {
  const [program, ...before] = options.binary
    ? [options.binary]
    : ['cargo', 'run', '--quiet', '--example', 'oracle', '--'];
  const run = spawnSync(program, [...before, ...args], { cwd: root, input, maxBuffer: 1 << 30, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${run.error ?? run.stderr}`);
  return run.stdout.split('\n').filter((line) => line).map((line) => JSON.parse(line));
}

function line(name, f) {
  const cells = ['verdict', 'code', 'span', 'schema'].map((k) => `${f[k].toFixed(2).padStart(7)} %`);
  return [name.padEnd(24), String(f.queries).padStart(7), ...cells, `${f.accepted}/${f.refused}`].join('  ');
}

function report(title, groups) {
  console.log(`\n${title}`);
  console.log(['', 'queries', ' verdict', '    code', '    span', '  schema', 'both accept/refuse'].map((t, n) => t.padEnd([24, 7, 9, 9, 9, 9, 0][n])).join('  '));
  for (const [name, all] of Object.entries(groups)) console.log(line(name, figures(all)));
}

function show(f) {
  console.log(`    ${f.id}`);
  console.log(f.text.replace(/^/gm, '      > '));
  const said = (all) => all.slice(0, 4).map((d) => `${d.code} ${d.start}-${d.end} ${d.message}`).join('\n               ');
  console.log(`      kql:     ${said(f.our)}`);
  console.log(`      service: ${said(f.their)}`);
  if (f.schema === false) {
    console.log(`      kql:     ${columnsText(f.ours.columns)}`);
    console.log(`      service: ${columnsText(f.theirs.columns)}`);
  }
}

const started = Date.now();
const state = globals(kql(['--schema'])[0]);
const bases = {
  queries: published(root),
  cases: cases(root),
  conformance: conformance(options.shared),
  grammar: options.sentences > 0 ? kql(['--sentences', options.sentences, options.seed]) : [],
};
if (bases.conformance.length === 0) console.log('skipped: the shared conformance queries are not there');
const groups = Object.values(bases).filter((group) => group.length > 0);
// Sentences of the grammar are refused for many reasons at once, so that a mutation of one tells little:
// a tenth of the mutations are of them.
const { grammar, ...others } = bases;
const turns = [1, 2, 3].flatMap(() => Object.values(others)).concat([grammar]);
const drawn = turns.filter((group) => group.length > 0);
const mutated = [...mutations(drawn, options.mutations, options.seed)];
const all = [...groups.flat(), ...mutated];
const answers = kql([], all.map((q) => JSON.stringify({ id: q.id, text: q.text })).join('\n'));
const theirs = all.map((query) => analyse(query.text, state));
const failed = theirs.filter((t) => t === null).length;
const compared = all.map((query, n) => compare(query, answers[n], theirs[n]));

// Each difference has a case, and an example that shows it.
const examples = differences.map((d) => ({ id: `example/${d.name}`, text: d.example }));
const said = kql([], examples.map((q) => JSON.stringify(q)).join('\n'));
for (const [n, difference] of differences.entries()) {
  const found = compare(examples[n], said[n], analyse(examples[n].text, state));
  const covered = found.class !== undefined && difference.covers(found);
  const known = bases.cases.some(({ id }) => id === difference.case);
  if (covered && known) continue;
  console.log(`'${difference.name}': ${known ? 'its example does not show it' : `there is no case '${difference.case}'`}`);
  if (!covered) show({ ...found, schema: undefined });
  process.exitCode = 1;
}

const parts = (found) => {
  const names = Object.keys(bases).filter((name) => bases[name].length > 0);
  let at = 0;
  const split = {};
  for (const name of names) {
    split[name] = found.slice(at, (at += bases[name].length));
  }
  const rest = found.slice(at);
  for (const kind of ['dropped', 'doubled', 'swapped', 'misspelt', 'retyped']) {
    split[`mutations: ${kind}`] = rest.filter((f) => f.group === kind);
  }
  split.mutations = rest;
  return split;
};
console.log(`language service ${version}, seed ${options.seed}, ${failed} queries fail it, ${((Date.now() - started) / 1000).toFixed(0)} s`);
report('Before any exemption', parts(compared));
report('After the intended differences', parts(compared.map(intended)));

// A mutation is one mistake: it should be told once.
const base = (id) => id.slice(id.indexOf('/', id.indexOf('/') + 1) + 1);
const refuses = (answer) => answer.diagnostics.filter((d) => ['error', 'unsupported'].includes(d.severity)).length;
const clean = new Set(groups.flat().filter((_, n) => refuses(answers[n]) === 0).map(({ id }) => id));
const told = mutated
  .map((query, n) => (clean.has(base(query.id)) ? refuses(answers[groups.flat().length + n]) : 0))
  .filter((count) => count > 0);
const severally = (100 * told.filter((count) => count > 1).length) / (told.length || 1);
console.log(`\nOf ${told.length} queries refused for one mutation, ${severally.toFixed(2)} % are told of more than once`);

const used = new Map(differences.map((d) => [d, 0]));
for (const f of compared) if (f.intended) used.set(f.intended, used.get(f.intended) + 1);
console.log('\nIntended differences');
for (const [d, count] of used) console.log(`${String(count).padStart(6)}  ${d.name}`);

const classes = new Map();
for (const f of compared) {
  if (f.class === undefined || f.intended) continue;
  if (!classes.has(f.class)) classes.set(f.class, []);
  classes.get(f.class).push(f);
}
console.log('\nDisagreements, most frequent first');
const sorted = [...classes].sort((a, b) => b[1].length - a[1].length);
for (const [name, members] of sorted.slice(0, options.classes)) {
  console.log(`${String(members.length).padStart(6)}  ${name}`);
  if (options.show !== null && name.includes(options.show)) members.slice(0, options.examples).forEach(show);
}

if (options.limits) {
  const reached = figures(compared.slice(groups.flat().length).map(intended));
  const missed = Object.keys(reached).filter((k) => reached[k] < limits[k]);
  if (severally > limits.severally) {
    console.log(`\ntold of more than once: ${severally.toFixed(2)} % > ${limits.severally} %`);
    process.exitCode = 1;
  }
  if (missed.length > 0) {
    console.log(`\nbelow the limits: ${missed.map((k) => `${k} ${reached[k].toFixed(2)} % < ${limits[k]} %`).join(', ')}`);
    process.exitCode = 1;
  }
}
