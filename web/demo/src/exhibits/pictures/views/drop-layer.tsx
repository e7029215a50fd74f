// Files can be dropped and pasted anywhere; while some are held over the page, it says so.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { filesOfTransfer } from '../own-files';
import { takeFiles } from '../take';
import { useBench } from '../workbench';

export function DropLayer() {
  const bench = useBench();
  const hovering = useSignal(false);
  useEffect(() => {
    const take = (transfer: DataTransfer | null) =>
      void filesOfTransfer(transfer).then(
        (files) => takeFiles(bench, files),
        (error: unknown) => bench.work.fail(error),
      );
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      hovering.value = true;
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) hovering.value = false;
    };
    const drop = (event: DragEvent) => {
      event.preventDefault();
      hovering.value = false;
      take(event.dataTransfer);
    };
    const paste = (event: ClipboardEvent) => take(event.clipboardData);
    const ends = new AbortController();
    document.addEventListener('dragover', over, ends);
    document.addEventListener('dragleave', leave, ends);
    document.addEventListener('drop', drop, ends);
    document.addEventListener('paste', paste, ends);
    return () => ends.abort();
  }, [bench, hovering]);
  return hovering.value ? (
    <div class="drop-layer" data-testid="drop-layer">
      <p>A picture, an ONNX network, labels, or a folder of pictures</p>
    </div>
  ) : null;
}
