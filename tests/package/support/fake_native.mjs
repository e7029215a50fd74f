// A native module in JavaScript, for tests of everything around the engine. A model file is JSON {"scale": s}; the model
// computes y = s * x, and quantized it rounds y to whole numbers. It counts what is alive and checks the heap rules.

class NativeError {
  constructor(code, message, node = '', op = '') {
    Object.assign(this, { code, message, node, op });
  }
}
const nativeError = (...args) => new NativeError(...args);

/** Lets calls of an object keep the NativeErrors that they throw, as the engine's do: `keep` takes them. */
function keepErrors(object, names, keep) {
  for (const name of names) {
    const call = object[name];
    object[name] = function (...args) {
      try {
        return call.apply(this, args);
      } catch (error) {
        if (!(error instanceof NativeError)) throw error;
        keep(error);
      }
    };
  }
}

export function makeFakeNative() {
  const state = {
    HEAPU8: new Uint8Array(64),
    next: 8,
    allocated: new Map(),
    models: 0,
    calibrators: 0,
    bindings: 0,
    observed: [],
    stack: 1000,
  };
  let error;

  const allocate = (bytes) => {
    if (bytes > 1 << 28) throw nativeError('OutOfMemory', `cannot allocate ${bytes} bytes`);
    const pointer = state.next;
    state.next += bytes;
    state.allocated.set(pointer, bytes);
    if (state.next > state.HEAPU8.byteLength) {
      const grown = new Uint8Array(2 * state.next);
      grown.set(state.HEAPU8);
      // Views of the old memory die when a real heap grows.
      structuredClone(state.HEAPU8.buffer, { transfer: [state.HEAPU8.buffer] });
      state.HEAPU8 = grown;
    }
    return pointer;
  };
  const release = (pointer) => {
    if (!state.allocated.delete(pointer)) throw new Error('released twice');
  };

  class Download {
    constructor() {
      this.reserve(1);
      this.size = 0;
    }
    reserve(bytes) {
      const old = this.pointer;
      this.pointer = allocate(bytes);
      this.capacity = bytes;
      if (old === undefined) return;
      state.HEAPU8.copyWithin(this.pointer, old, old + this.size);
      release(old);
    }
    externalLocations() {
      return [];
    }
    append(chunk) {
      const needed = this.size + chunk.byteLength;
      if (needed > this.capacity) this.reserve(Math.max(needed, 2 * this.capacity));
      state.HEAPU8.set(chunk, this.pointer + this.size);
      this.size = needed;
    }
    delete() {
      if (this.pointer !== undefined) release(this.pointer);
    }
  }

  class Model {
    constructor(scale, scheme = 'none') {
      Object.assign(this, { scale, scheme });
      ++state.models;
    }
    describe() {
      const x = { name: 'x', type: 'float32', dims: ['n'] };
      const quantization = { scheme: this.scheme, integerNodes: 0, floatNodes: 1, islands: [] };
      const facts = {
        opset: 17,
        irVersion: 8,
        producer: 'test',
        overridableInitializers: [],
        parameters: 1,
        tensorBytes: { float32: 4, float16: 0, int8: 0, int4: 0, int32: 0, scales: 0, other: 0 },
        macs: 1,
        operators: { Mul: 1 },
        metadata: {},
      };
      return { ...facts, inputs: [x], outputs: [{ ...x, name: 'y' }], quantization };
    }
    bind([feed, ...others]) {
      if (feed?.name !== 'x' || others.length > 0) throw nativeError('InvalidInput', "input 'x' is missing");
      if (feed.type !== 'float32')
        throw nativeError('InvalidInput', `input 'x' is float32, not ${feed.type}`);
      if (this.arena) release(this.arena.pointer);
      const bytes = feed.data.byteLength;
      this.arena = { pointer: allocate(2 * bytes), bytes };
      ++state.bindings;
      const { pointer } = this.arena;
      const input = { name: 'x', type: 'float32', dims: feed.dims, pointer, bytes };
      const output = { ...input, name: 'y', pointer: pointer + bytes };
      return { inputs: [input], outputs: [output], reusable: true };
    }
    execute() {
      const { pointer, bytes } = this.arena;
      const data = new Float32Array(state.HEAPU8.slice(pointer, pointer + bytes).buffer);
      if (data[0] === 666) throw new WebAssembly.RuntimeError('unreachable');
      const scaled = data.map((value) => this.scale * value);
      const rounded = this.scheme === 'none' ? scaled : scaled.map(Math.round);
      state.HEAPU8.set(new Uint8Array(rounded.buffer), pointer + bytes);
    }
    quantizeDynamic(options) {
      if (options.granularity === 'bug') throw nativeError('Internal', 'vector');
      if (options.granularity === 'wrong')
        throw nativeError('InvalidOption', "option 'granularity' is one of 'row'");
      return new Model(this.scale, 'dynamic');
    }
    calibrate(options) {
      return new Calibrator(this, options);
    }
    compareLayers() {
      return new LayerComparer();
    }
    toOnnx() {
      const file = new TextEncoder().encode(JSON.stringify({ scale: this.scale }));
      this.onnx = allocate(file.byteLength);
      state.HEAPU8.set(file, this.onnx);
      return { pointer: this.onnx, bytes: file.byteLength };
    }
    releaseOnnx() {
      release(this.onnx);
    }
    delete() {
      if (this.arena) release(this.arena.pointer);
      --state.models;
    }
  }

  class LayerComparer {
    compare() {
      return [{ name: 'mul', op: 'Mul', cosine: 0.5, sqnrDb: 10, maxAbs: 1 }];
    }
    delete() {}
  }

  class Calibrator {
    constructor(model, options) {
      Object.assign(this, { model, options });
      state.observed = [];
      ++state.calibrators;
    }
    observe([feed]) {
      if (feed.data.some(Number.isNaN))
        throw nativeError('InvalidData', 'there is NaN in the data', 'mul', 'Mul');
      state.observed.push([...feed.data]);
    }
    finish() {
      return new Model(this.model.scale, 'static');
    }
    delete() {
      --state.calibrators;
    }
  }

  class Engine {
    info() {
      return { build: 'simd', dot: 'none', kernels: [], heapBytes: state.HEAPU8.byteLength };
    }
    load(download) {
      const { pointer, size } = download;
      const bytes = state.HEAPU8.slice(pointer, pointer + size);
      release(pointer);
      download.pointer = undefined;
      let scale;
      try {
        ({ scale } = JSON.parse(new TextDecoder().decode(bytes)));
      } catch {
        throw nativeError('InvalidModel', 'the bytes are no model');
      }
      return new Model(scale);
    }
    delete() {}
  }

  const module = {
    get HEAPU8() {
      return state.HEAPU8;
    },
    takeError() {
      const taken = error;
      error = undefined;
      return taken;
    },
    stackSave: () => state.stack,
    stackRestore: (top) => (state.stack = top),
    beginDownload: () => new Download(),
    makeEngine: () => new Engine(),
    Download,
    Model,
    Calibration: Calibrator,
    LayerComparer,
    Engine,
    supportedOperators: () => [{ domain: '', type: 'Mul', since: 1 }],
    compareTensors(reference, other) {
      const maxAbs = Math.max(...reference.map((value, i) => Math.abs(value - other[i])));
      return { cosine: maxAbs === 0 ? 1 : 0.5, sqnrDb: maxAbs === 0 ? Infinity : 20, maxAbs };
    },
  };
  const keep = (thrown) => (error = thrown);
  keepErrors(module, ['beginDownload', 'makeEngine', 'compareTensors', 'supportedOperators'], keep);
  for (const { prototype } of [Download, Engine, Model, Calibrator, LayerComparer]) {
    const names = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
    keepErrors(prototype, names, keep);
  }
  return { module, state };
}
