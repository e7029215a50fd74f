# octavo_kernels_bench: every kernel row and the peak rates, as an ES module for Node and browsers. Not part of `all`.
if(NOT EMSCRIPTEN)
  return()
endif()
foreach(isa IN LISTS OCTAVO_ISAS)
  octavo_isa_suffix(suffix ${isa})
  set(target octavo_kernels_bench${suffix})
  add_executable(${target} EXCLUDE_FROM_ALL
    "${CMAKE_CURRENT_LIST_DIR}/module.cc" "${CMAKE_CURRENT_LIST_DIR}/contestants.cc" "${CMAKE_CURRENT_LIST_DIR}/peaks.cc")
  octavo_link(${target} kernels ${isa})
  target_compile_options(${target} PRIVATE -O3)
  target_link_options(${target} PRIVATE
    -lembind --no-entry -O3 -sEXPORT_ES6=1 -sMODULARIZE=1 -sENVIRONMENT=web,worker,node -sALLOW_MEMORY_GROWTH=1
    -sFILESYSTEM=0 -sSTACK_SIZE=512KB)
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME kernels-bench SUFFIX .mjs RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bench/${isa}")
endforeach()
