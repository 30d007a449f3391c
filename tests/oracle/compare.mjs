// Where the program and the service agree and differ on one query, and the shares of agreement.

import { differences } from './differences.mjs';

const isError = (d) => d.severity.toLowerCase() === 'error';

/** Whether two spans overlap; an empty one stands for the place between what it touches. */
function overlap(a, b, text) {
  const wide = ({ start, end }) => {
    if (end > start) return [start, end];
    while (start > 0 && /\s/.test(text[start - 1])) start -= 1;
    while (end < text.length && /\s/.test(text[end])) end += 1;
    return [Math.max(0, start - 1), end + 1];
  };
  const [[s, e], [t, f]] = [wide(a), wide(b)];
  return s < f && t < e;
}

export const columnsText = (columns) => columns.map(([name, type]) => `${name}:${type}`).join(' ');

function sameColumns(ours, theirs) {
  if (ours.open || theirs.open || !theirs.columns || !ours.columns) return true;
  // Several tables, or none, have no columns there.
  if (theirs.columns.length === 1 && ['group', 'void'].includes(theirs.columns[0][1])) return true;
  // A scalar statement has no column's name there.
  if (theirs.columns.length === 1 && theirs.columns[0][0] === '') {
    return ours.columns.length === 1 && ours.columns[0][1] === theirs.columns[0][1];
  }
  return columnsText(ours.columns) === columnsText(theirs.columns);
}

/** What one query shows: where the two sides differ, and whether that is intended. */
export function compare({ id, text }, ours, theirs) {
  if (theirs === null) return { id, text, group: id.split('/')[0] };
  const [our, their] = [ours.diagnostics.filter(isError), theirs.diagnostics.filter(isError)];
  const found = { id, text, our, their, ours, theirs, group: id.split('/')[0] };
  const says = (all) => (all.length > 0 ? `${all[0].code}` : 'accepts');
  if (our.length > 0 !== their.length > 0) {
    found.verdict = false;
    found.class = `verdict: kql ${our[0]?.name ?? ''} ${says(our)}, service ${says(their)}`;
  } else if (our.length > 0) {
    Object.assign(found, first(our, their, text));
    if (!found.code) found.class = `code: kql ${our[0].name} ${says(our)}, service ${says(their)}`;
    else if (!found.span) found.class = `span: ${says(our)}`;
  } else if (!ours.diagnostics.some((d) => d.severity === 'unsupported')) {
    // What cannot run has no columns to compare.
    found.schema = sameColumns(ours, theirs);
    if (!found.schema) found.class = 'schema';
  }
  if (found.class !== undefined) found.intended = differences.find((d) => d.covers(found)) ?? each(found) ?? meant(found);
  return found;
}

/** Whether the first errors have one code and overlap. Where the service says several things of one place, each is its first. */
function first(our, their, text) {
  const firsts = their.filter((d) => d.start === their[0].start);
  return { code: firsts.some((d) => d.code === our[0].code), span: firsts.some((d) => overlap(our[0], d, text)) };
}

/** The first of several refusals of ours, each of which is intended by itself. */
function each(found) {
  if (found.verdict !== false || found.our.length < 2) return undefined;
  const all = found.our.map((d) => differences.find((difference) => difference.covers({ ...found, our: [d] })));
  return all.every((difference) => difference) ? all[0] : undefined;
}

/**
 * The difference that makes one side's first error another: what one side alone means to say is left out, one by
 * one, until the first errors agree.
 */
function meant(found) {
  if (found.code === undefined) return undefined;
  const alone = (our, their) => differences.find((d) => d.covers({ ...found, our, their, verdict: false, code: undefined, span: undefined }));
  let [our, their] = [found.our, found.their];
  let difference;
  for (;;) {
    if (our.length === 0 || their.length === 0) return undefined;
    const { code, span } = first(our, their, found.text);
    if (code && span) return difference;
    const [mine, yours] = [alone([our[0]], []), alone([], [their[0]])];
    if (!mine && !yours) return undefined;
    // The one that stands before the other.
    if (mine && (!yours || our[0].start <= their[0].start)) our = our.slice(1);
    else their = their.slice(1);
    difference = mine ?? yours;
  }
}

/** The shares of agreement, in percent. */
export function figures(all) {
  all = all.filter((f) => f.theirs);
  const both = all.filter((f) => f.code !== undefined);
  const accepted = all.filter((f) => f.schema !== undefined);
  const share = (part, whole) => (whole.length === 0 ? 100 : (100 * part.length) / whole.length);
  return {
    queries: all.length,
    refused: both.length,
    accepted: accepted.length,
    verdict: share(all.filter((f) => f.verdict !== false), all),
    code: share(both.filter((f) => f.code), both),
    span: share(both.filter((f) => f.span), both),
    schema: share(accepted.filter((f) => f.schema), accepted),
  };
}

const agree = (what) => (what === undefined ? undefined : true);

/** What was found, with an intended difference taken as agreement. */
export const intended = (f) =>
  f.intended ? { ...f, verdict: true, code: agree(f.code), span: agree(f.span), schema: agree(f.schema) } : f;
