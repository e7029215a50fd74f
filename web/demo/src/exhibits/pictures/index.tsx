// A network that looks at pictures, as it is and in eight bits.
import type { Exhibit } from '../exhibit';
import { PicturesView } from './views/pictures-view';
import { BenchContext, PictureBench } from './workbench';

export function pictures(): Exhibit {
  const bench = new PictureBench();
  return {
    name: 'pictures',
    title: 'Pictures',
    lead:
      'One network looks at a picture twice: as it was trained, in 32-bit floats, and folded to 8-bit integers, ' +
      'here on your device.',
    finePrint:
      'The networks, the photos and your own files stay on this device. EfficientNet-Lite0 was trained by Google on ' +
      'ImageNet; it knows a thousand things, and takes everything else for one of them.',
    work: bench.work,
    view: () => (
      <BenchContext.Provider value={bench}>
        <PicturesView />
      </BenchContext.Provider>
    ),
  };
}
