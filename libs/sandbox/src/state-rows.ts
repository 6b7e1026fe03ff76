import type { StateRow } from '@tidemark/engine';

/**
 * Rows of state as text, one a line: slot, key and value, with a tab between. Keys and values are JSON texts, in which
 * tabs and line ends are always escaped.
 */
export const rowText = ({ slot, key, value }: StateRow): string => `${slot}\t${key}\t${value}\n`;

/** @returns undefined if `text` is not rows. Slot, key and value are not judged. */
export function readRows(text: string): StateRow[] | undefined {
  const rows: StateRow[] = [];
  for (let from = 0; from < text.length;) {
    const end = text.indexOf('\n', from);
    if (end === -1) return undefined;
    const line = text.slice(from, end);
    const afterSlot = line.indexOf('\t');
    const afterKey = line.indexOf('\t', afterSlot + 1);
    if (afterSlot === -1 || afterKey === -1) return undefined;
    rows.push({
      slot: Number(line.slice(0, afterSlot)),
      key: line.slice(afterSlot + 1, afterKey),
      value: line.slice(afterKey + 1),
    });
    from = end + 1;
  }
  return rows;
}
