# engine-<isa>.{mjs,wasm} and engine-<isa>-threads.{mjs,wasm}: the modules that the npm package loads, from
# bindings/*.cc. All are linked from the same object files, but for the kernels' and bindings/module.cc.
# engine-train-<isa>.{mjs,wasm} and engine-train-<isa>-threads.{mjs,wasm} are the same with the layer train and its facet.
#
# OCTAVO_FACETS: what they can do beside loading and running, each a file of that name. The package needs all; who embeds the
# engine alone can leave out what he does not call.
set(OCTAVO_FACETS quantizer comparer sequences writer CACHE STRING "What the engine can do beside loading and running")
include("${CMAKE_CURRENT_LIST_DIR}/link_flags.cmake")
file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/*.cc")
list(REMOVE_ITEM sources "${CMAKE_CURRENT_LIST_DIR}/module.cc" "${CMAKE_CURRENT_LIST_DIR}/threads.cc"
  "${CMAKE_CURRENT_LIST_DIR}/trainer.cc")
foreach(facet quantizer comparer sequences writer)
  if(NOT facet IN_LIST OCTAVO_FACETS)
    list(REMOVE_ITEM sources "${CMAKE_CURRENT_LIST_DIR}/${facet}.cc")
  endif()
endforeach()

octavo_precompiled(octavo_embind <emscripten/bind.h> ${OCTAVO_STANDARD_HEADERS})
target_compile_options(octavo_embind PRIVATE -Oz ${OCTAVO_LTO})

function(octavo_bindings_objects target)
  add_library(${target} OBJECT ${ARGN})
  target_link_libraries(${target} PRIVATE octavo_engine octavo_flags)
  target_compile_options(${target} PRIVATE -Oz ${OCTAVO_LTO})
  target_precompile_headers(${target} REUSE_FROM octavo_embind)
endfunction()

octavo_bindings_objects(octavo_bindings ${sources})
octavo_bindings_objects(octavo_trainer bindings/trainer.cc)
target_link_libraries(octavo_trainer PRIVATE octavo_train)
octavo_bindings_objects(octavo_module bindings/module.cc)
octavo_bindings_objects(octavo_module_threads bindings/module.cc bindings/threads.cc)
target_compile_definitions(octavo_module_threads PRIVATE OCTAVO_THREADS=1)

# The package finds the engine beside its own modules.
set(dist "${PROJECT_SOURCE_DIR}/web/package/dist/engine")

execute_process(COMMAND "${OCTAVO_EMSCRIPTEN}/em-config" BINARYEN_ROOT OUTPUT_VARIABLE binaryen
  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)

set(link_depends bindings/link_flags.cmake tools/order-functions.mjs tools/lib/order_alike.mjs
  tools/lib/shared_runs.mjs)
list(TRANSFORM link_depends PREPEND "${PROJECT_SOURCE_DIR}/")

function(octavo_engine_module name layer isa module)
  string(REPLACE "engine-" "octavo_engine_module_" target ${name})
  add_executable(${target} $<TARGET_OBJECTS:octavo_bindings> $<TARGET_OBJECTS:${module}>)
  if(layer STREQUAL "train")
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:octavo_trainer>)
  endif()
  octavo_link(${target} ${layer} ${isa})
  target_link_options(${target} PRIVATE ${OCTAVO_ENGINE_LINK_FLAGS} ${ARGN})
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME ${name} SUFFIX .mjs RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/engine"
    LINK_DEPENDS "${link_depends}")
  set(folder "$<TARGET_FILE_DIR:${target}>")
  if(OCTAVO_ENGINE_DEBUG STREQUAL "-g0")
    set(wasm "${folder}/${name}.wasm")
    add_custom_command(TARGET ${target} POST_BUILD
      COMMAND "${binaryen}/bin/wasm-opt" "${wasm}" ${OCTAVO_SHARE_LOCALS} -o "${wasm}"
      COMMAND "${OCTAVO_NODE_PROGRAM}" "${PROJECT_SOURCE_DIR}/tools/order-functions.mjs" "${wasm}"
      COMMAND "${binaryen}/bin/wasm-opt" "${wasm}" ${OCTAVO_FINISH_ENGINE} -o "${wasm}"
      COMMAND ${CMAKE_COMMAND} -E make_directory "${dist}"
      COMMAND ${CMAKE_COMMAND} -E copy_if_different "${folder}/${name}.mjs" "${wasm}" "${dist}" VERBATIM)
  endif()
  add_dependencies(octavo_engine_modules ${target})
endfunction()

# Without threads and with.
function(octavo_engine_modules_of name layer isa)
  octavo_engine_module(${name}-${isa} ${layer} ${isa} octavo_module)
  octavo_engine_module(${name}-${isa}-threads ${layer} ${isa} octavo_module_threads
    ${OCTAVO_THREADED_ENGINE_LINK_FLAGS})
endfunction()

add_custom_target(octavo_engine_modules)
foreach(isa IN LISTS OCTAVO_ISAS)
  octavo_engine_modules_of(engine engine ${isa})
  octavo_engine_modules_of(engine-train train ${isa})
endforeach()
