// The spellers: the networks as they were trained, and in eight bits.
import { loadModel, type Model } from 'octavo';
import { Speller } from '../../../../../examples/networks/speller.mjs';
import { cachedFetch } from '../../page/cached-fetch';
import type { Job } from '../../page/work';
import { decoderUrl, encoderUrl, networkBytes } from './assets';

export type Side = 'float' | 'quantized';
/** Something of each of the two. */
export type Both<T> = Record<Side, T>;

export interface Spellers {
  spellers: Both<Speller>;
  /** Of their files. */
  bytes: Both<number>;
}

/** Fetches the networks, and makes the int8 copy. */
export async function openSpellers(job: Job): Promise<Spellers> {
  job.report({ title: 'Starting the engine' });
  const opened: Model[] = [];
  try {
    let fetched = 0;
    for (const url of [encoderUrl, decoderUrl]) {
      let loaded = 0;
      const onProgress = (progress: { phase: string; loaded: number }) => {
        if (progress.phase !== 'download') return;
        loaded = progress.loaded;
        job.report({
          title: 'Fetching the networks',
          unit: 'bytes',
          loaded: fetched + loaded,
          total: networkBytes,
        });
      };
      opened.push(await loadModel(await cachedFetch(url, job.signal), { signal: job.signal, onProgress }));
      fetched += loaded;
    }
    const [encoder, decoder] = opened as [Model, Model];
    job.report({ title: 'Folding weights into eight bits' });
    const float = new Speller(encoder, decoder);
    const quantized = await float.quantize();
    const bytes = { float: await float.bytes(), quantized: await quantized.bytes() };
    return { spellers: { float, quantized }, bytes };
  } catch (error) {
    for (const model of opened) model.dispose();
    throw error;
  }
}
