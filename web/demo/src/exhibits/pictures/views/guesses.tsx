import { percent } from '../../../page/format';
import type { Guess } from '../answers';
import { useBench } from '../workbench';

/** The five best guesses; before there are any, five empty lines of the same height. */
export function Guesses({ guesses }: { guesses: readonly Guess[] | undefined }) {
  const bench = useBench();
  if (!guesses) {
    return (
      <div class="guesses">
        <p class="visually-hidden">No answer yet.</p>
        {Array.from({ length: 5 }, (_, line) => (
          <div class="guess" key={line} aria-hidden="true">
            <span class="bar" style={{ '--share': 0 }} />
          </div>
        ))}
      </div>
    );
  }
  return (
    <ol class="guesses">
      {guesses.map(({ index, share }, line) => (
        <li class="guess" key={line}>
          <span class="label">{bench.labelOf(index)}</span> <span class="share">{percent(share)}</span>
          <span class="bar" style={{ '--share': share }} aria-hidden="true" />
        </li>
      ))}
    </ol>
  );
}
