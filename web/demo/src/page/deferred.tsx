// Views whose code is fetched when they are first looked at.
import { signal } from '@preact/signals';
import type { ComponentChild } from 'preact';
import { useEffect } from 'preact/hooks';
import { FailureNotice } from './failure-notice';
import { Problem } from './problem';
import type { Work } from './work';

/** A view that `load` fetches once; until then the page says so. Browsers remember a module that failed until the page is loaded again. */
export function deferred(load: () => Promise<() => ComponentChild>, work: Work): () => ComponentChild {
  const loaded = signal<{ view: () => ComponentChild } | undefined>(undefined);
  const fetchView = async () => {
    const view = await load().catch((error: unknown) => {
      throw new Problem(`This exhibit could not be fetched: ${(error as Error).message}`);
    });
    loaded.value ??= { view };
  };
  const Deferred = () => {
    useEffect(() => {
      if (!loaded.value) void work.attempt(fetchView);
    }, []);
    if (loaded.value) return <>{loaded.value.view()}</>;
    return (
      <section aria-label="Exhibit">
        {work.failure.value === undefined ? (
          <p>Fetching the exhibit…</p>
        ) : (
          <button type="button" onClick={() => location.reload()}>
            Load the page again
          </button>
        )}
        <FailureNotice work={work} />
      </section>
    );
  };
  return () => <Deferred />;
}
