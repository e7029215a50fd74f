import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { filesOfInput, type OwnFile } from '../own-files';

interface Props {
  accept?: string;
  /** Many files, or a folder with all that is in it. */
  many?: 'files' | 'folder';
  testId: string;
  onFiles: (files: OwnFile[]) => void;
  children: ComponentChildren;
}

/** A button that opens the browser's dialog for files. */
export function FileButton({ accept, many, testId, onFiles, children }: Props) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" onClick={() => input.current?.click()}>
        {children}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        data-testid={testId}
        multiple={many !== undefined}
        {...(accept === undefined ? {} : { accept })}
        {...(many === 'folder' ? { webkitdirectory: true } : {})}
        onChange={({ currentTarget }) => {
          const files = filesOfInput(currentTarget.files);
          currentTarget.value = '';
          if (files.length > 0) onFiles(files);
        }}
      />
    </>
  );
}
