// Parts of Markdown pages.

const line = (cells) => `| ${cells.join(' | ')} |`;

/** `columns` are [title, function of a row, 'right' or nothing]. */
export function markdownTable(rows, columns) {
  return [
    line(columns.map(([title]) => title)),
    `|${columns.map(([, , align]) => (align === 'right' ? '---:' : '---')).join('|')}|`,
    ...rows.map((row) => line(columns.map(([, cell]) => cell(row)))),
  ].join('\n');
}

/** A table that names a case once. */
export function caseTable(rows, columns) {
  const firsts = new Set(rows.filter((row, i) => row.case !== rows[i - 1]?.case));
  return markdownTable(rows, [['case', (row) => (firsts.has(row) ? row.case : '')], ...columns]);
}
