// Tables and numbers as the examples print them.
import Table from 'cli-table3';

/** A table without colours, and without lines between its rows. */
export function newTable(head) {
  const noLines = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };
  return new Table({ head, chars: noLines, style: { head: [], border: [] } });
}

export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;

export const milliseconds = (ms) => `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;

export const percent = (share) => `${(100 * share).toFixed(1)} %`;
