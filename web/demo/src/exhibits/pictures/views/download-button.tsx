import { fileSize } from '../../../page/format';
import { save } from '../../../page/save';
import { fileNameOf } from '../quantize';
import { useBench } from '../workbench';

/**
 * Writes the int8 network that was made here as an ONNX file; says which it is, as settings may have changed since. Before
 * there is one it keeps its place on narrow windows, so that nothing moves when there is.
 */
export function DownloadButton() {
  const bench = useBench();
  const network = bench.int8.value;
  const made = network?.made;
  if (network && !made) return null;
  const ready = network !== undefined && bench.work.activity.value === undefined;
  const bytes = bench.figures.value?.found.quantized?.bytes;
  return (
    <button
      type="button"
      class="download"
      data-testid="download"
      aria-disabled={!ready}
      onClick={() => ready && void bench.download(save)}
    >
      Download {network ? fileNameOf(network) : 'int8 ONNX'}
      <span>
        {made?.how ?? 'once it is made'}
        {bytes === undefined ? '' : `; ${fileSize(bytes)}`}
      </span>
    </button>
  );
}
