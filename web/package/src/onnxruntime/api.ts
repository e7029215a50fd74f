// What stands in for onnxruntime-web: onnxruntime-common itself, with sessions of Octavo.
import * as common from 'onnxruntime-common';
import './backend.js';

/** The names by which pages ask for what Octavo is: code on the CPU. */
const octavoProviders = ['wasm', 'cpu', 'octavo'];

type Provider = common.InferenceSession.ExecutionProviderConfig;
const nameOf = (provider: Provider) => (typeof provider === 'string' ? provider : provider.name);

/** The same options with Octavo where they name the CPU, or nothing. */
function onOctavo(options: common.InferenceSession.SessionOptions): common.InferenceSession.SessionOptions {
  const { executionProviders: asked = [] } = options;
  const providers = asked.map((each) => (octavoProviders.includes(nameOf(each)) ? 'octavo' : each));
  return { ...options, executionProviders: providers.length > 0 ? [...new Set(providers)] : ['octavo'] };
}

/**
 * The arguments of `create` with options that name Octavo. Whatever is wrong in them stays so: onnxruntime-common says it as
 * it always does.
 */
function argumentsOnOctavo(source: unknown, given: readonly unknown[]): unknown[] {
  const rest = [...given];
  const [offset, length] = rest;
  // A part of a buffer: the options come behind its length, and only there.
  const isPart = typeof offset === 'number';
  if (isPart && length === undefined) rest[1] = (source as ArrayBuffer).byteLength - offset;
  const place = isPart ? 2 : 0;
  const options = rest[place] === undefined ? {} : rest[place];
  if (typeof options === 'object' && options !== null) rest[place] = onOctavo(options);
  return rest;
}

type Create = (...args: unknown[]) => Promise<common.InferenceSession>;
const CommonSession = common.InferenceSession as unknown as { new (): object; create: Create };

/**
 * Sessions that run on Octavo. `create` takes what onnxruntime-common's does: a path or URL, bytes, or a part of a buffer;
 * also a `URL`.
 */
export const InferenceSession: common.InferenceSessionFactory & {
  create(url: URL, options?: common.InferenceSession.SessionOptions): Promise<common.InferenceSession>;
} = class extends CommonSession {
  static override async create(source: unknown, ...rest: unknown[]): Promise<common.InferenceSession> {
    return super.create(source instanceof URL ? source.href : source, ...argumentsOnOctavo(source, rest));
  }

  /** What onnxruntime-common makes are sessions of its own class. */
  static override [Symbol.hasInstance](session: unknown): boolean {
    return session instanceof CommonSession;
  }
};

export type InferenceSession = common.InferenceSession;
// eslint-disable-next-line @typescript-eslint/no-namespace -- how onnxruntime-common declares it
export namespace InferenceSession {
  export type OnnxValueMapType = common.InferenceSession.OnnxValueMapType;
  export type NullableOnnxValueMapType = common.InferenceSession.NullableOnnxValueMapType;
  export type FeedsType = common.InferenceSession.FeedsType;
  export type FetchesType = common.InferenceSession.FetchesType;
  export type ReturnType = common.InferenceSession.ReturnType;
  export type SessionOptions = common.InferenceSession.SessionOptions;
  export type RunOptions = common.InferenceSession.RunOptions;
  export type ExecutionProviderConfig = common.InferenceSession.ExecutionProviderConfig;
  export type ValueMetadata = common.InferenceSession.ValueMetadata;
}
export type { OctavoSessionOptions, SessionQuantization } from './options.js';
export default { ...common, InferenceSession };
