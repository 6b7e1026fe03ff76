import type { Whereabouts } from '../graph/failure.js';
import { behindLines } from '../lines.js';
import type { InputPiece, TextNeeded } from './source-loop.js';

/**
 * Runs a source's loop over a piece. Where it throws at a line and `passesOver` says that it may, it goes on with the line
 * behind; otherwise what it threw is thrown.
 */
export function feedLines(
  given: InputPiece,
  loop: { readonly text: TextNeeded; readonly where: Whereabouts; readonly run: (piece: InputPiece) => void },
  passesOver: (thrown: unknown) => boolean,
): void {
  const { where, text } = loop;
  let [piece, first] = [given, where.line];
  for (;;) {
    try {
      loop.run(piece);
      return;
    } catch (thrown) {
      if (!passesOver(thrown)) throw thrown;
      piece = behind(piece, where.line - first + 1, text);
      where.key = undefined;
      where.line += 1;
      first = where.line;
    }
  }
}

/** What is left of a piece behind its first `lines`. */
function behind({ bytes, from, to, text }: InputPiece, lines: number, needed: TextNeeded): InputPiece {
  const at = behindLines(bytes, lines, { from, end: to });
  if (needed !== 'utf8') return { bytes, from: at, to, text: text.slice(at - from) };
  let start = 0;
  for (let line = 0; line < lines && start < text.length; line += 1) {
    const newline = text.indexOf('\n', start);
    start = newline === -1 ? text.length : newline + 1;
  }
  return { bytes, from: at, to, text: text.slice(start) };
}
