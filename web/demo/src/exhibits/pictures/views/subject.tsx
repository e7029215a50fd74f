// Which networks are open: names, sizes, operators; and the ways to others.
import { fileSize } from '../../../page/format';
import { networkBytes, networkName } from '../assets';
import { operatorsOf, type Int8Network, type Network } from '../networks';
import { takeFiles } from '../take';
import { useBench } from '../workbench';
import { FileButton } from './file-button';

export function Subject() {
  const bench = useBench();
  const [float, int8] = [bench.float.value, bench.int8.value];
  const opened = int8 && !int8.made ? int8 : undefined;
  return (
    <section class="subject" aria-label="Network" data-testid="subject">
      <div class="networks">
        {float && <NetworkHead network={float} type="float32" />}
        {opened && <OpenedInt8 network={opened} beside={float !== undefined} />}
        {!float && !opened && (
          <div class="network">
            <h2>{networkName}</h2>
            <p>
              trained on ImageNet, float32, <span class="size">{fileSize(networkBytes)}</span> to fetch
            </p>
          </div>
        )}
      </div>
      <div class="controls">
        <FileButton
          accept=".onnx,.data,.onnx_data,.bin"
          many="files"
          testId="network-file"
          onFiles={(files) => void takeFiles(bench, files)}
        >
          Open an ONNX network
        </FileButton>
        {bench.own.value && (
          <button type="button" data-testid="back" onClick={() => void bench.backToSample()}>
            Back to {networkName}
          </button>
        )}
        {opened && float && (
          <button type="button" onClick={() => bench.closeInt8()}>
            Close {opened.name}
          </button>
        )}
      </div>
    </section>
  );
}

function OpenedInt8({ network, beside }: { network: Int8Network; beside: boolean }) {
  const { scheme } = network.model.describe().quantization;
  return (
    <>
      <NetworkHead network={network} type={`int8, ${scheme}, opened as such`} />
      {!beside && <p class="hint">Open its float original, too, to have them side by side.</p>}
    </>
  );
}

const NetworkHead = ({ network, type }: { network: Network; type: string }) => (
  <div class="network">
    <h2>{network.name}</h2>
    <p>
      {type}
      {network.bytes !== undefined && (
        <>
          , <span class="size">{fileSize(network.bytes)}</span>
        </>
      )}
      : <span data-testid="operators">{operatorsOf(network).join(', ')}</span>
    </p>
  </div>
);
