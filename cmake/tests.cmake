# Each layer's tests are one executable, octavo_<layer>_test, from tests/<layer>/**/*_test.cc: it links that layer and
# those below it, so tests obey the layering too; those of onnx read files of real operators, and link all.
# tests/support/*.h are visible to all of them; its object files are of the layer graph, and in the programs of that
# layer and those above. Where a tree has two instruction sets, octavo_<layer>_test_<isa> is the same with the second
# one's kernels. tests/fuzz tests the engine. For WebAssembly all of that is one executable, octavo_all_test: linking
# optimizes the layers anew each time. Layers that no inference engine has are tested natively.
set(OCTAVO_TEST_TAG "" CACHE STRING "The tag of the test cases that are built and run; all when empty")
octavo_add_catch2()
octavo_add_json()

# Compiling most tests takes longer than running them; these spend their time in loops over elements and in what the
# layers inline.
set(optimized_tests kernels engine)

# What models/mnist.onnx needs: tests/few_operators is an engine of these.
set(OCTAVO_FEW_OPERATORS BatchNormalization Conv DequantizeLinear DynamicQuantizeLinear Flatten Gemm MaxPool
  QuantizeLinear Relu Transpose octavo.DynamicQGemm octavo.QConv octavo.QGemmToFloat)
list(JOIN OCTAVO_FEW_OPERATORS "," few_operators)

# octavo_test_settings(<target> O0|O1)
function(octavo_test_settings target optimization)
  target_link_libraries(${target} PRIVATE Catch2::Catch2WithMain octavo_json octavo_flags)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  target_compile_options(${target} PRIVATE -${optimization} $<$<NOT:$<BOOL:${EMSCRIPTEN}>>:-gline-tables-only>)
  target_compile_definitions(${target} PRIVATE
    OCTAVO_FEW_OPERATORS="${few_operators}"
    OCTAVO_FIXTURES_DIR="${PROJECT_SOURCE_DIR}/tests/fixtures"
    OCTAVO_FUZZ_DIR="${PROJECT_SOURCE_DIR}/tests/fuzz"
    OCTAVO_MODELS_DIR="${PROJECT_SOURCE_DIR}/models")
endfunction()

foreach(optimization O0 O1)
  octavo_precompiled(octavo_test_headers_${optimization}
    <catch2/catch_test_macros.hpp> <catch2/generators/catch_generators.hpp> <nlohmann/json.hpp>
    ${OCTAVO_STANDARD_HEADERS})
  octavo_test_settings(octavo_test_headers_${optimization} ${optimization})
endforeach()

# The object files of a layer's tests; with an <isa> they contain intrinsics.
function(octavo_test_objects target layer isa)
  add_library(${target} OBJECT ${ARGN})
  set(optimization O0)
  if(layer IN_LIST optimized_tests)
    set(optimization O1)
  endif()
  octavo_test_settings(${target} ${optimization})
  target_link_libraries(${target} PRIVATE octavo_${layer})
  if(isa)
    target_link_libraries(${target} PRIVATE octavo_isa_${isa})
  endif()
  if(NOT isa STREQUAL relaxed)  # precompiled headers are for one instruction set
    target_precompile_headers(${target} REUSE_FROM octavo_test_headers_${optimization})
  endif()
endfunction()

file(GLOB support_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/support/*.cc")
octavo_test_objects(octavo_test_support graph "" ${support_sources})

# octavo_test_program(<name> <layer> <isa> <objects>... [OPS <objects>]): the executable of a layer's tests and its report.
function(octavo_test_program name layer isa)
  cmake_parse_arguments(ARG "" "OPS" "" ${ARGN})
  set(ARGN ${ARG_UNPARSED_ARGUMENTS})
  octavo_isa_suffix(suffix ${isa})
  set(target octavo_${name}_test${suffix})
  get_property(below GLOBAL PROPERTY OCTAVO_CLOSURE_${layer})
  if(graph IN_LIST below)
    list(APPEND ARGN octavo_test_support)
  endif()
  list(TRANSFORM ARGN REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
  add_executable(${target} ${objects})
  octavo_link(${target} ${layer} ${isa} OPS ${ARG_OPS})
  target_link_libraries(${target} PRIVATE Catch2::Catch2WithMain)
  # The report of every run is kept for the closing line of `npm test`.
  set(arguments --reporter console --reporter "junit::out=${PROJECT_BINARY_DIR}/test-results/${name}-${isa}.xml")
  if(OCTAVO_TEST_TAG)
    list(PREPEND arguments "[${OCTAVO_TEST_TAG}]")
  endif()
  if(EMSCRIPTEN)
    target_link_options(${target} PRIVATE
      # Quick links: no binaryen passes over test code.
      -O1 -sENVIRONMENT=node -sNODERAWFS=1 -sALLOW_MEMORY_GROWTH=1 -sMAXIMUM_MEMORY=4GB -sSTACK_SIZE=1MB
      -sEXIT_RUNTIME=1)
    set_target_properties(${target} PROPERTIES SUFFIX .cjs)
    add_test(NAME ${isa}/${name} COMMAND ${OCTAVO_NODE_${isa}} "$<TARGET_FILE:${target}>" ${arguments})
  else()
    add_test(NAME ${isa}/${name} COMMAND ${target} ${arguments})
  endif()
  set_tests_properties(${isa}/${name} PROPERTIES TIMEOUT 900 WORKING_DIRECTORY "${PROJECT_BINARY_DIR}" LABELS ${isa})
endfunction()

# Leaves the files of a list in which OCTAVO_TEST_TAG occurs.
function(octavo_keep_tagged variable)
  foreach(file IN LISTS ${variable})
    file(STRINGS "${file}" tagged REGEX "\\[${OCTAVO_TEST_TAG}\\]" LIMIT_COUNT 1)
    if(tagged OR NOT OCTAVO_TEST_TAG)
      list(APPEND kept "${file}")
    endif()
  endforeach()
  set(${variable} "${kept}" PARENT_SCOPE)
endfunction()

# Natively, what runs with the second instruction set too: where its kernels are called one by one. Whole networks in
# scalar code take minutes; tests/package/same_bits.test.mjs compares one.
set(tested_with_each_isa base kernels ops quant)

# octavo_layer_test(<name> <layer>): the tests in tests/<name>, of that layer.
function(octavo_layer_test name layer)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/${name}/*.cc")
  list(FILTER sources EXCLUDE REGEX "/(libfuzzer|mutants)/")
  octavo_keep_tagged(sources)
  get_property(of_engine GLOBAL PROPERTY OCTAVO_CLOSURE_engine)
  if(NOT sources OR (EMSCRIPTEN AND NOT layer IN_LIST of_engine))
    return()
  endif()
  get_property(simd GLOBAL PROPERTY OCTAVO_SIMD_${layer})
  set(objects octavo_${name}_test_objects)
  if(NOT simd)
    octavo_test_objects(${objects} ${layer} "" ${sources})
  endif()
  set(isas ${OCTAVO_ISAS})
  if(NOT EMSCRIPTEN AND NOT name IN_LIST tested_with_each_isa)
    set(isas ${OCTAVO_FIRST_ISA})
  endif()
  foreach(isa IN LISTS isas)
    if(simd)
      set(objects octavo_${name}_test_objects_${isa})
      octavo_test_objects(${objects} ${layer} ${isa} ${sources})
    endif()
    if(EMSCRIPTEN)
      set_property(GLOBAL APPEND PROPERTY OCTAVO_TEST_OBJECTS_${isa} ${objects})
    else()
      octavo_test_program(${name} ${layer} ${isa} ${objects})
    endif()
  endforeach()
endfunction()

file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/test-results")
foreach(name IN LISTS OCTAVO_LAYERS)
  set(layer ${name})
  if(name STREQUAL onnx)
    set(layer engine)  # files of real operators
  endif()
  octavo_layer_test(${name} ${layer})
endforeach()
if(NOT OCTAVO_TEST_TAG)
  octavo_layer_test(fuzz engine)
  if(NOT EMSCRIPTEN AND NOT OCTAVO_COVERAGE)
    include(tests/few_operators/few_operators.cmake)
  endif()
  set(engine_tests octavo_engine_test)
  if(EMSCRIPTEN)
    set(engine_tests "")
    foreach(isa IN LISTS OCTAVO_ISAS)
      octavo_isa_suffix(suffix ${isa})
      get_property(objects GLOBAL PROPERTY OCTAVO_TEST_OBJECTS_${isa})
      octavo_test_program(all engine ${isa} ${objects})
      list(APPEND engine_tests octavo_all_test${suffix})
    endforeach()
  else()
    # A block that the heap cannot hold is an Error and not the end.
    set_property(TEST ${OCTAVO_FIRST_ISA}/fuzz PROPERTY ENVIRONMENT
      ASAN_OPTIONS=allocator_may_return_null=1:max_allocation_size_mb=256)
  endif()
  # tests/engine/allocation_test.cc counts allocations.
  foreach(engine_test IN LISTS engine_tests)
    target_link_options(${engine_test} PRIVATE
      -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=aligned_alloc)
  endforeach()
endif()

if(OCTAVO_FUZZ)
  include(tests/fuzz/libfuzzer/libfuzzer.cmake)
  include(tests/fuzz/mutants/mutants.cmake)
endif()
