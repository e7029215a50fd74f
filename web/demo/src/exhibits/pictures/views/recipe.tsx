import { useSignal } from '@preact/signals';
import { codeOf } from '../code';
import { useBench } from '../workbench';

/** What the page does, as code to take along. */
export function Recipe() {
  const bench = useBench();
  const copied = useSignal('');
  if (bench.question.value) return null;
  const code = codeOf(bench);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code);
      copied.value = 'Copied.';
    } catch {
      copied.value = 'The browser does not let the page copy: select the text instead.';
    }
  };
  return (
    <section class="recipe" aria-labelledby="recipe-title">
      <h2 id="recipe-title">The same in five lines</h2>
      <pre tabIndex={0} role="region" aria-label="Code">
        <code data-testid="code">{code}</code>
      </pre>
      <div class="controls">
        <button type="button" onClick={() => void copy()}>
          Copy the code
        </button>
        <p role="status">{copied.value}</p>
      </div>
    </section>
  );
}
