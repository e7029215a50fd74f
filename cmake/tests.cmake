# Each layer's tests are one executable, octavo_<layer>_test, from tests/<layer>/**/*_test.cc: it links that layer and
# those below it, so tests obey the layering too. Files in tests/support/*.h are visible to all of them.
# octavo_layer_test(<folder> [<layer>]): the tests in tests/<folder>, where they are called otherwise than their layer.
octavo_add_catch2()
octavo_add_json()

function(octavo_layer_test name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/${name}/*.cc")
  list(FILTER sources EXCLUDE REGEX "/libfuzzer/")
  if(NOT sources)
    return()
  endif()
  set(target octavo_${name}_test)
  add_executable(${target} ${sources})
  if(ARGC GREATER 1)
    octavo_link(${target} ${ARGV1})
  else()
    octavo_link(${target} ${name})
  endif()
  target_link_libraries(${target} PRIVATE Catch2::Catch2WithMain octavo_json)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  target_compile_definitions(${target} PRIVATE
    OCTAVO_FIXTURES_DIR="${PROJECT_SOURCE_DIR}/tests/fixtures"
    OCTAVO_FUZZ_DIR="${PROJECT_SOURCE_DIR}/tests/fuzz"
    OCTAVO_MODELS_DIR="${PROJECT_SOURCE_DIR}/models")

  # The counts of every run are kept for the closing line of `npm test`.
  set(arguments --reporter console --reporter "xml::out=${PROJECT_BINARY_DIR}/test-results/${name}.xml")
  if(EMSCRIPTEN)
    target_link_options(${target} PRIVATE
      # Quick links: no binaryen passes over test code.
      -O1 -sENVIRONMENT=node -sNODERAWFS=1 -sALLOW_MEMORY_GROWTH=1 -sMAXIMUM_MEMORY=4GB -sSTACK_SIZE=1MB -sEXIT_RUNTIME=1)
    set_target_properties(${target} PROPERTIES SUFFIX .cjs)
    add_test(NAME ${name} COMMAND ${OCTAVO_NODE} "$<TARGET_FILE:${target}>" ${arguments})
  else()
    add_test(NAME ${name} COMMAND ${target} ${arguments})
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT 900 WORKING_DIRECTORY "${PROJECT_BINARY_DIR}")
endfunction()

file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/test-results")
foreach(layer IN LISTS OCTAVO_LAYERS)
  octavo_layer_test(${layer})
endforeach()
octavo_layer_test(fuzz engine)
if(OCTAVO_SANITIZE)
  # A block that the heap cannot hold is an Error and not the end.
  set_tests_properties(fuzz PROPERTIES ENVIRONMENT ASAN_OPTIONS=allocator_may_return_null=1:max_allocation_size_mb=256)
endif()
# tests/engine/allocation_test.cc counts allocations.
target_link_options(octavo_engine_test PRIVATE
  -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=aligned_alloc)

if(OCTAVO_FUZZ)
  include(tests/fuzz/libfuzzer/libfuzzer.cmake)
endif()
