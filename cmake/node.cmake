# OCTAVO_NODE_<isa>: the command that runs WASM tests. Node 20 has relaxed SIMD behind a flag, which later ones reject;
# its baseline compiler loses the accumulator of i32x4.relaxed_dot_i8x16_i7x16_add_s, so there only the optimizing one
# runs.
if(NOT EMSCRIPTEN)
  return()
endif()
find_program(OCTAVO_NODE_PROGRAM NAMES node REQUIRED)
set(OCTAVO_NODE_simd "${OCTAVO_NODE_PROGRAM}")
set(OCTAVO_NODE_relaxed "${OCTAVO_NODE_PROGRAM}")
execute_process(COMMAND "${OCTAVO_NODE_PROGRAM}" --experimental-wasm-relaxed-simd -e 0
  RESULT_VARIABLE rejected OUTPUT_QUIET ERROR_QUIET)
if(NOT rejected)
  list(APPEND OCTAVO_NODE_relaxed --experimental-wasm-relaxed-simd --no-liftoff)
endif()
