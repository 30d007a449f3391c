// The queries that are compared: published ones, the cases, the shared conformance set.

import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

function files(folder, ending) {
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? files(path, ending) : path.endsWith(ending) ? [path] : []));
}

/** The queries of `queries/`. */
export function published(root) {
  return files(join(root, 'queries'), '.kql').map((path) => ({
    id: relative(root, path),
    text: readFileSync(path, 'utf8'),
  }));
}

/** The queries of the cases: after each `// --- title`, up to the first line that starts with `//`. */
export function cases(root) {
  return files(join(root, 'tests/cases'), '.kql').flatMap((path) => {
    const name = relative(join(root, 'tests/cases'), path);
    const [, ...all] = readFileSync(path, 'utf8').split(/^\/\/ --- /m);
    return all.map((piece) => {
      const [title, ...lines] = piece.split('\n');
      const first = lines.findIndex((line) => line.trim() !== '' && !line.startsWith('//'));
      const end = lines.findIndex((line, n) => n > first && line.startsWith('//'));
      return { id: `${name}: ${title}`, text: lines.slice(first, end < 0 ? undefined : end).join('\n').trimEnd() };
    });
  });
}

/** The shared conformance queries, if they are there. */
export function conformance(shared) {
  const path = join(shared, 'conformance/kusto-open.jsonl');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line)
    .map((line) => JSON.parse(line))
    .map(({ id, kql }) => ({ id, text: kql }));
}
