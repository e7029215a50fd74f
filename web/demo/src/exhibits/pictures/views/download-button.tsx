import { comparison } from '../workbench/workbench';
import { perform } from '../workbench/activity';
import { quantized } from '../workbench/networks';
import { megabytes } from '../format';

/** Writes the int8 network as an ONNX file. */
export function DownloadButton() {
  const network = quantized.value;
  const bytes = comparison.value?.quantized.bytes;
  if (!network || bytes === undefined) return null;
  return (
    <button type="button" data-testid="download" onClick={() => void download()}>
      Download int8 ONNX, {megabytes(bytes)}
    </button>
  );
}

const download = () =>
  perform(async ({ signal, report }) => {
    const network = quantized.value;
    if (!network) return '';
    report({ title: 'Writing the ONNX file', restartable: true });
    const bytes = await network.model.toOnnx({ signal });
    const fileName = `${network.name.replace(/\.onnx$/i, '').toLowerCase()}.int8.onnx`;
    const url = URL.createObjectURL(
      new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' }),
    );
    const link = document.createElement('a');
    link.href = url;
    link.download = fileName;
    link.click();
    // The browser has taken hold of the blob once the click was handled; a minute is ample.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    return `${fileName} was written: standard ONNX, which ONNX Runtime reads too.`;
  });
