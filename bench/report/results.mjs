// Looks results up.

/** Rows of results, with look-ups by what they must match: {case: 'ResNet-18', precision: ['u8', 'u7'], …}. */
export class Results {
  constructor(rows) {
    this.rows = rows.filter(({ error }) => !error);
    /** Of the machine that measured; rows of one file share it. */
    this.machine = rows[0]?.machine;
    this.date = rows[0]?.date;
  }

  matching(wanted) {
    const entries = Object.entries(wanted).map(([field, values]) => [field, [values].flat()]);
    return this.rows.filter((row) => entries.every(([field, values]) => values.includes(row[field])));
  }

  /** The shortest time, by `statistic` best or median; undefined where nothing was measured. */
  time(wanted, statistic) {
    const times = this.matching(wanted).map((row) => row[statistic]);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** How many times as long `slow` takes as `fast` does. */
  ratio(slow, fast, statistic) {
    const ratio = this.time(slow, statistic) / this.time(fast, statistic);
    return Number.isNaN(ratio) ? undefined : ratio;
  }

  /** The largest share of the peak. */
  share(wanted, statistic) {
    const field = statistic === 'best' ? 'peakShare' : 'peakShareMedian';
    const shares = this.matching(wanted).map((row) => row[field] ?? 0);
    return shares.length > 0 ? Math.max(...shares) : undefined;
  }

  bytes(wanted) {
    return this.matching(wanted)[0]?.bytes;
  }
}
