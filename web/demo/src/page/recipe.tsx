import { useSignal } from '@preact/signals';

/** What the page does, as code to take along. */
export function Recipe({ title, code }: { title: string; code: string }) {
  const copied = useSignal('');
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
      <h2 id="recipe-title">{title}</h2>
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
