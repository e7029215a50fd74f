import { useBench } from '../workbench';

/** Has every method measured: there is no advice on a network that is int8 already, nor on one that cannot be fed yet. */
export function AdviceButton() {
  const bench = useBench();
  const int8 = bench.int8.value;
  if (int8 && !int8.made) return null;
  const ready = bench.work.activity.value === undefined && bench.nextStep.value !== 'ask';
  return (
    <button
      type="button"
      data-testid="advise"
      aria-disabled={!ready}
      onClick={() => ready && void bench.advise()}
    >
      {bench.advice.value ? 'Advise me again' : 'Advise me'}
    </button>
  );
}
