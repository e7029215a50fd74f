# How the engine module is linked, and why.
set(OCTAVO_ENGINE_DEBUG -g0 CACHE STRING "-gsource-map tells from which file each byte comes: npm run sizes")
set(OCTAVO_ENGINE_LINK_FLAGS
  # 1. Embind makes the dozen calls of bindings/*.cc. There is no main().
  -lembind --no-entry
  # 2. Runs under a Content-Security-Policy with no more than 'wasm-unsafe-eval': no eval, no new Function.
  -sDYNAMIC_EXECUTION=0
  # 3. An ES module whose default export makes a new, independent engine at each call: nothing is global.
  -sEXPORT_ES6=1 -sMODULARIZE=1 -sEXPORT_NAME=createEngine
  # 4. Leaves out all code that finds and reads the .wasm: the package compiles it by itself, in Node as well. The code
  #    for Node would make bundlers warn of its import of "module".
  -sENVIRONMENT=web,worker
  # 5. The heap follows the model: starts small, grows up to all that 32-bit pointers reach, and an allocation that
  #    does not fit throws std::bad_alloc (which becomes a typed error) instead of aborting.
  #    It grows by a twentieth at least: engines reserve the addresses beforehand, so growing is cheap.
  -sALLOW_MEMORY_GROWTH=1 -sMEMORY_GROWTH_GEOMETRIC_STEP=0.05 -sINITIAL_MEMORY=16MB -sMAXIMUM_MEMORY=4GB -sABORTING_MALLOC=0
  # 6. The engine takes and gives bytes, never files: 20 KB of JavaScript less.
  -sFILESYSTEM=0
  # 7. The engine's own exceptions stay inside: bindings catch them all and hand over a typed error. So the helpers that
  #    would read them from JavaScript are not exported: they bring in the C++ demangler, 26 KB gzip.
  -fwasm-exceptions
  # 8. int64 crosses as BigInt. Every browser with SIMD128 has this.
  -sWASM_BIGINT=1
  # 9. Kernels and shape inference keep short arrays on the stack; 64 KB is tight for recursion into subgraphs.
  -sSTACK_SIZE=512KB
  # 10. What the package passes in: its own instantiation (streaming, shared compilation), loggers, shared memory.
  -sINCOMING_MODULE_JS_API=instantiateWasm,print,printErr,wasmMemory
  #     And what it puts right after an exception of JavaScript's that passed through the engine.
  -sEXPORTED_RUNTIME_METHODS=stackSave,stackRestore
  # 11. No polyfills, no setjmp: every browser with SIMD128 and wasm exceptions has TextDecoder and the rest.
  -sPOLYFILL=0 -sTEXTDECODER=2 -sSUPPORT_LONGJMP=0
  # 12. The linker drops what nothing reaches; binaryen shrinks the rest once more. Kernels are what LLVM made of them
  #     at -O3: binaryen leaves SIMD loops alone at any level.
  #     With -flto the C and C++ libraries are optimized together with the rest (2 KB). Functions of the same code become
  #     one, and small ones are not repeated where they are called (1 KB): kernels have been inlined before.
  -Oz ${OCTAVO_ENGINE_DEBUG} -flto -Wl,--gc-sections -Wl,-mllvm,-enable-merge-functions -Wl,-mllvm,-inline-threshold=0
  # 13. A few large, long-lived blocks: the small allocator (2 KB) serves as well as the fast one (9 KB).
  -sMALLOC=emmalloc)

# What wasm-opt does first: locals that are never alive together become one. That is 1 KB, and nothing to engines, which
# give each definition a name of its own.
set(OCTAVO_SHARE_LOCALS -all --disable-gc --coalesce-locals --reorder-locals)

# What wasm-opt does after all that Emscripten has it do, which ends with functions in the order of how often they are
# called: it puts them in the order of names that tools/order-functions.mjs has given them, by which what is alike stands
# together. gzip makes 21 to 24 KB of that; nothing else changes.
set(OCTAVO_FINISH_ENGINE -all --disable-gc --reorder-functions-by-name --strip-debug --strip-producers
  --strip-target-features)

set(OCTAVO_THREADED_ENGINE_LINK_FLAGS
  # 14. Threads without pthreads: the package starts workers that instantiate the module on the same memory and call
  #     one function (bindings/threads.cc). They run kernels only, which never allocate, never fail and call nothing
  #     outside of the module. So no thread but the engine's own enters the C library, whose single-threaded variant
  #     does, and no file but src/base/thread_pool.cc needs the instructions of threads, though the linker cannot know
  #     either; and no glue is needed that spawns workers.
  -sSHARED_MEMORY=1 -Wl,--no-check-features)
