import { useEffect, useRef } from 'preact/hooks';
import type { Work } from './work';

/** What went wrong, in a region that screen readers announce; empty while nothing has. */
export function FailureNotice({ work: { failure } }: { work: Work }) {
  const notice = useRef<HTMLDivElement>(null);
  const text = failure.value;
  useEffect(() => {
    if (text !== undefined) notice.current?.scrollIntoView({ block: 'nearest' });
  }, [text]);
  return (
    <div class="failure" role="alert" ref={notice}>
      {text !== undefined && (
        <>
          <p>{text}</p>
          <button type="button" class="quiet" onClick={() => (failure.value = undefined)}>
            Dismiss
          </button>
        </>
      )}
    </div>
  );
}
