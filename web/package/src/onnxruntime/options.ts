// What a session is asked for: onnxruntime-common's options, and Octavo's own among them.
import type { InferenceSession, OnnxValue } from 'onnxruntime-common';
import {
  OctavoError,
  type Engine,
  type EngineOptions,
  type LoadOptions,
  type Model,
  type ModelSource,
  type QuantizeDynamicOptions,
  type QuantizeStaticOptions,
  type QuantizeWeightsOptions,
} from '../api.js';
import { sayOnce } from './environment.js';

/** How a session quantizes its model as it loads: the name of a method, and that method's options. */
export type SessionQuantization =
  | ({ quantize: 'dynamic' } & QuantizeDynamicOptions)
  | ({ quantize: 'static' } & QuantizeStaticOptions)
  | ({ quantize: 'weights' } & QuantizeWeightsOptions)
  | { quantize?: undefined };

/** What Octavo takes beyond onnxruntime-common's options. */
export type OctavoSessionOptions = SessionQuantization & {
  /** The engine to load into; by default one that all sessions share. */
  engine?: Engine | Promise<Engine>;
  /**
   * The names of outputs that stay in the engine, beside those that `preferredOutputLocation` leaves there: they come back as inputs
   * without a copy, and their `location` is 'gpu-buffer'. Whoever wants their data calls `getData()`, whoever is done `dispose()`.
   */
  keepOutputs?: RegExp;
} & Pick<LoadOptions, 'signal' | 'onProgress'>;

declare module 'onnxruntime-common' {
  interface Env {
    /** How Octavo's engine is made, where `wasm.numThreads` and `wasm.proxy` do not say it: the options of `createEngine`. */
    octavo?: EngineOptions;
  }
  // eslint-disable-next-line @typescript-eslint/no-namespace -- how onnxruntime-common declares it
  namespace InferenceSession {
    interface SessionOptions {
      octavo?: OctavoSessionOptions;
    }
  }
}

export type SessionOptions = InferenceSession.SessionOptions;

/** Where outputs can be left, and whether that is in the engine. */
const locations: Record<string, 'page' | 'engine'> = {
  cpu: 'page',
  'cpu-pinned': 'page',
  'gpu-buffer': 'engine',
};

/** Options that are taken and change nothing, with what they would have to be for that to be worth no word. */
const withoutEffect: { [Name in keyof SessionOptions]?: readonly unknown[] } = {
  graphOptimizationLevel: ['all'],
  executionMode: ['sequential'],
  enableCpuMemArena: [true],
  enableMemPattern: [true],
  enableGraphCapture: [false],
  enableProfiling: [false],
  interOpNumThreads: [1],
  optimizedModelFilePath: [],
  profileFilePrefix: [],
  logVerbosityLevel: [0],
  extra: [],
};

/** @throws OctavoError `InvalidOption` for a location that outputs cannot have here */
export function checkOptions(options: SessionOptions): void {
  for (const name of Object.keys(withoutEffect) as (keyof SessionOptions)[]) {
    const value = options[name];
    if (value !== undefined && !withoutEffect[name]?.includes(value))
      sayOnce(`the session option '${name}' has no effect`);
  }
  const { preferredOutputLocation: preferred } = options;
  for (const location of typeof preferred === 'object' ? Object.values(preferred) : [preferred ?? 'cpu']) {
    if (Object.hasOwn(locations, location)) continue;
    const known = Object.keys(locations).join(', ');
    throw new OctavoError(
      'InvalidOption',
      `preferredOutputLocation '${String(location)}' is not possible; possible are ${known}`,
    );
  }
}

/** Whether an output is to stay in the engine until somebody wants its data. */
export function staysInEngine(output: string, options: SessionOptions): boolean {
  const { preferredOutputLocation: preferred, octavo } = options;
  if (octavo?.keepOutputs?.test(output)) return true;
  const location: OnnxValue['location'] | undefined =
    typeof preferred === 'object' ? (preferred as Record<string, OnnxValue['location']>)[output] : preferred;
  return locations[location ?? 'cpu'] === 'engine';
}

/** External data as `loadModel` takes them. */
export function externalDataOf({ externalData }: SessionOptions): LoadOptions['externalData'] {
  if (externalData === undefined) return undefined;
  const files: Record<string, ModelSource> = {};
  for (const file of externalData) {
    const { path, data } = typeof file === 'string' ? { path: file, data: file } : file;
    files[path.replace(/^\.\//, '')] = data as ModelSource;
  }
  return files;
}

/**
 * The copy of a model that its session asked for; the model itself where it asked for none.
 * @throws OctavoError `InvalidOption` for another method; what that method throws
 */
export async function quantized(model: Model, options: SessionOptions['octavo']): Promise<Model> {
  if (options?.quantize === undefined) return model;
  const asked = { ...options };
  delete asked.engine;
  delete asked.keepOutputs;
  try {
    return await quantizedBy(model, asked);
  } finally {
    model.dispose();
  }
}

function quantizedBy(
  model: Model,
  asked: Exclude<SessionQuantization, { quantize?: undefined }>,
): Promise<Model> {
  const { quantize, ...options } = asked;
  switch (quantize) {
    case 'dynamic':
      return model.quantizeDynamic(options);
    case 'static':
      return model.quantizeStatic(options as QuantizeStaticOptions);
    case 'weights':
      return model.quantizeWeights(options as QuantizeWeightsOptions);
    default:
      throw new OctavoError(
        'InvalidOption',
        `option 'octavo.quantize' is 'dynamic', 'static' or 'weights', not ${String(quantize)}`,
      );
  }
}
