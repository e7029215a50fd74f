// The modules that instantiate the engines. Spelt out in full, the form in which bundlers recognise them.
import type { CreateNativeModule } from '../host.js';
import type { Variant } from '../start.js';

export const glue: Record<Variant, () => Promise<{ default: CreateNativeModule }>> = {
  simd: () => import('../engine/engine-simd.mjs'),
  relaxed: () => import('../engine/engine-relaxed.mjs'),
  'simd-threads': () => import('../engine/engine-simd-threads.mjs'),
  'relaxed-threads': () => import('../engine/engine-relaxed-threads.mjs'),
  'train-simd': () => import('../engine/engine-train-simd.mjs'),
  'train-relaxed': () => import('../engine/engine-train-relaxed.mjs'),
  'train-simd-threads': () => import('../engine/engine-train-simd-threads.mjs'),
  'train-relaxed-threads': () => import('../engine/engine-train-relaxed-threads.mjs'),
};
