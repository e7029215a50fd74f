// What is built: CMake's presets (CMakePresets.json) and the engines that the package ships.

/** Presets of native builds in which all C++ tests run. */
export const nativePresets = ['native', 'asan'];

/** The engines, as in engine-<name>.wasm. */
export const engines = ['simd', 'relaxed', 'simd-threads', 'relaxed-threads'];

/** The target of preset `wasm` that makes them. */
export const engineTarget = 'octavo_engine_modules';
