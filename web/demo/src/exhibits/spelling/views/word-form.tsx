// Where one types, and words to try.
import { useId } from 'preact/hooks';
import { sampleWords } from '../assets';
import { useBench } from '../bench';

export function WordForm() {
  const bench = useBench();
  const id = useId();
  return (
    <form class="word" onSubmit={(event) => event.preventDefault()}>
      <label for={id}>An English word, or a few</label>
      <input
        id={id}
        type="text"
        maxLength={60}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        data-testid="word"
        value={bench.text.value}
        onInput={({ currentTarget }) => void bench.type(currentTarget.value)}
      />
      <fieldset class="controls">
        <legend>or one of these</legend>
        {sampleWords.map((word) => (
          <button
            type="button"
            key={word}
            aria-pressed={bench.text.value === word}
            onClick={() => void bench.type(word)}
          >
            {word}
          </button>
        ))}
      </fieldset>
    </form>
  );
}
