# octavo_kernels_bench: the speed of every kernel row that this engine can run. Not part of `all`.
add_executable(octavo_kernels_bench EXCLUDE_FROM_ALL "${CMAKE_CURRENT_LIST_DIR}/main.cc")
octavo_link(octavo_kernels_bench kernels)
if(EMSCRIPTEN)
  target_link_options(octavo_kernels_bench PRIVATE
    -O3 -sENVIRONMENT=node -sALLOW_MEMORY_GROWTH=1 -sEXIT_RUNTIME=1)
  set_target_properties(octavo_kernels_bench PROPERTIES SUFFIX .cjs)
endif()
