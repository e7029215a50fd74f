// What is built: CMake's presets (CMakePresets.json) and the engines that the package ships.

/** The engines, as in engine-<name>.wasm. */
export const engines = ['', 'train-'].flatMap((kind) =>
  ['simd', 'relaxed', 'simd-threads', 'relaxed-threads'].map((build) => kind + build),
);

/** The target of preset `wasm` that makes them. */
export const engineTarget = 'octavo_engine_modules';
