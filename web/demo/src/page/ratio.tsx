import { times } from './format';

/** How many times better or, below 1, worse. */
export function Ratio({
  value,
  words,
  testId,
}: {
  value: number | undefined;
  words: [string, string];
  testId: string;
}) {
  const better = value === undefined || value >= 1;
  return (
    <p class={value === undefined ? 'ratio unknown' : 'ratio'} data-testid={testId}>
      <strong>{value === undefined ? '–' : times(better ? value : 1 / value)}</strong>{' '}
      <span>{better ? words[0] : words[1]}</span>
    </p>
  );
}
