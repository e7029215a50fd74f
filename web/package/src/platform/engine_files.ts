// The modules that instantiate the engines. Spelt out in full, the form in which bundlers recognise them.
import type { CreateNativeModule } from '../host.js';
import type { Variant } from '../start.js';

export const glue: Record<Variant, () => Promise<{ default: CreateNativeModule }>> = {
  simd: () => import('../engine/engine-simd.mjs'),
  relaxed: () => import('../engine/engine-relaxed.mjs'),
  'simd-threads': () => import('../engine/engine-simd-threads.mjs'),
  'relaxed-threads': () => import('../engine/engine-relaxed-threads.mjs'),
};
