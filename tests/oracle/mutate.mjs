// Seeded mutations of queries: five kinds in equal shares.

import { tokens } from './service.mjs';

/** A generator of numbers from a seed (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  return { below, pick: (items) => items[below(items.length)] };
}

const LITERALS = {
  LongLiteralToken: '42',
  RealLiteralToken: '4.25',
  StringLiteralToken: '"text"',
  BooleanLiteralToken: 'true',
  DateTimeLiteralToken: 'datetime(2024-05-06)',
  TimespanLiteralToken: '15m',
  GuidLiteralToken: 'guid(74be27de-1e4e-49d9-b579-fe0b331d3642)',
  IntLiteralToken: 'int(7)',
  DecimalLiteralToken: 'decimal(1.5)',
};

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

function misspelt(name, r) {
  const at = r.below(name.length);
  const letter = r.pick(LETTERS);
  switch (r.below(4)) {
    case 0:
      return name.slice(0, at) + name.slice(at + 1);
    case 1:
      return name.slice(0, at + 1) + letter + name.slice(at + 1);
    case 2:
      return name.slice(0, at) + letter + name.slice(at + 1);
    default:
      return name.slice(0, at) + name.slice(at, at + 2).split('').reverse().join('') + name.slice(at + 2);
  }
}

const KINDS = {
  dropped(text, all, r) {
    const { start, end } = r.pick(all);
    return text.slice(0, start) + text.slice(end);
  },
  doubled(text, all, r) {
    const token = r.pick(all);
    return text.slice(0, token.end) + ' ' + token.text + text.slice(token.end);
  },
  swapped(text, all, r) {
    if (all.length < 2) return null;
    const n = r.below(all.length - 1);
    const [a, b] = [all[n], all[n + 1]];
    return text.slice(0, a.start) + b.text + text.slice(a.end, b.start) + ' ' + a.text + text.slice(b.end);
  },
  misspelt(text, all, r) {
    const names = all.filter((t) => t.kind === 'IdentifierToken');
    if (names.length === 0) return null;
    const { start, end, text: name } = r.pick(names);
    return text.slice(0, start) + misspelt(name, r) + text.slice(end);
  },
  retyped(text, all, r) {
    const literals = all.filter((t) => t.kind in LITERALS);
    if (literals.length === 0) return null;
    const { start, end, kind } = r.pick(literals);
    const others = Object.entries(LITERALS).filter(([k]) => k !== kind);
    return text.slice(0, start) + r.pick(others)[1] + text.slice(end);
  },
};

/** `count` mutations, each of a query of one of the groups, which are drawn from in turn. */
export function* mutations(groups, count, seed) {
  const r = random(seed);
  const kinds = Object.keys(KINDS);
  let made = 0;
  while (made < count) {
    const kind = kinds[made % kinds.length];
    const group = groups[Math.floor(made / kinds.length) % groups.length];
    const query = r.pick(group);
    const all = tokens(query.text);
    if (all.length === 0) continue;
    const text = KINDS[kind](query.text, all, r);
    if (text === null || text === query.text) continue;
    made += 1;
    yield { id: `${kind}/${made}/${query.id}`, text };
  }
}
