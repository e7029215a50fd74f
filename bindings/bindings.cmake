# engine-simd.{mjs,wasm} or engine-relaxed.{mjs,wasm}, or one of them with -threads: the module that the npm package loads,
# from bindings/*.cc.
file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bindings/*.cc")
if(NOT sources)
  return()
endif()
if(OCTAVO_RELAXED_SIMD)
  set(engine engine-relaxed)
else()
  set(engine engine-simd)
endif()
if(OCTAVO_SHARED_MEMORY)
  string(APPEND engine -threads)
endif()
include("${CMAKE_CURRENT_LIST_DIR}/link_flags.cmake")

add_executable(octavo_engine_module ${sources})
octavo_link(octavo_engine_module engine)
target_compile_options(octavo_engine_module PRIVATE -Oz ${OCTAVO_LTO})
target_link_options(octavo_engine_module PRIVATE ${OCTAVO_ENGINE_LINK_FLAGS})
set_target_properties(octavo_engine_module PROPERTIES
  OUTPUT_NAME ${engine} SUFFIX .mjs RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/engine"
  LINK_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/link_flags.cmake")

# The package finds the engine beside its own modules.
set(dist "${PROJECT_SOURCE_DIR}/web/package/dist")
set(files "$<TARGET_FILE_DIR:octavo_engine_module>/${engine}.mjs" "$<TARGET_FILE_DIR:octavo_engine_module>/${engine}.wasm")
add_custom_command(TARGET octavo_engine_module POST_BUILD
  COMMAND ${CMAKE_COMMAND} -E make_directory "${dist}"
  COMMAND ${CMAKE_COMMAND} -E copy_if_different ${files} "${dist}"
  VERBATIM)
