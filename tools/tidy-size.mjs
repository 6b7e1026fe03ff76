// Keeps tools/size-ratchet.mjs honest: an exception that is not needed, or looser than needed, has to go.
// ESLint enforces the limits themselves.
import { LIMITS, LONGER } from './size-ratchet.mjs';

// Room for a few edits, so that the list does not change with every line.
const SLACK = 40;

export const SIZE_CHECKS = {
  'size-exception-idle': (files) =>
    LONGER.flatMap(({ file, lines }) => {
      const found = files.find((candidate) => candidate.file === file);
      if (found === undefined) return [{ file, says: 'It does not exist; remove it from tools/size-ratchet.mjs.' }];
      if (lines === undefined) return [];
      const now = codeLines(found.text);
      if (now <= LIMITS.file)
        return [{ file, says: `It has ${now} lines now; remove it from tools/size-ratchet.mjs.` }];
      if (now < lines - SLACK)
        return [{ file, says: `It has ${now} lines now; lower its ${lines} in tools/size-ratchet.mjs.` }];
      return [];
    }),
  'size-exception-unexplained': () =>
    LONGER.filter(({ why }) => why.trim().length < 20).map(({ file }) => ({ file, says: 'Say why it is longer.' })),
};

/** Lines that are neither blank nor only a comment: what ESLint counts. */
function codeLines(text) {
  const withoutBlocks = text.replace(/^\s*\/\*[\s\S]*?\*\/\s*$/gm, '');
  return withoutBlocks.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('//')).length;
}
