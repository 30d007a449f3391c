// Where this program means to differ from the language service: classes of disagreement, at most twenty,
// each with the reason and a query that shows it.

/** @type {{name: string, reason: string, example: string, covers: (found: object) => boolean}[]} */
export const differences = [];
