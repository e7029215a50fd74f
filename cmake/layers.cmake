# octavo_layer(<name> [HOT] [SIMD] [DEPENDS <layer>...] [LIBRARIES <target>...])
#
# Declares the layer src/<name> as the target octavo_<name>.
#
# * Headers are visible only along DEPENDS (transitively). Each layer has an include root of its own,
#   build/include/<name>/<name> -> src/<name>, so "graph/graph.h" is found by the layers that name graph
#   and by nobody else: an include against the arrows of docs/design.md does not compile.
# * A layer is an OBJECT library. Its object files go into an executable whole, so objects that only register
#   themselves (operators, kernels) are never left out by the linker; --gc-sections drops what is unused.
# * HOT layers hold inner loops and are optimized for speed, file by file; the others are optimized for size in WASM,
#   across files.
# * SIMD layers include base/simd.h in their sources: they are compiled anew for each instruction set.
function(octavo_layer name)
  cmake_parse_arguments(ARG "HOT;SIMD" "" "DEPENDS;LIBRARIES" ${ARGN})
  set(folder "${PROJECT_SOURCE_DIR}/src/${name}")
  set(target octavo_${name})

  set(include_root "${PROJECT_BINARY_DIR}/include/${name}")
  file(MAKE_DIRECTORY "${include_root}")
  file(CREATE_LINK "${folder}" "${include_root}/${name}" SYMBOLIC)

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${folder}/*.cc")
  if(sources)
    add_library(${target} OBJECT ${sources})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE octavo_flags)
    if(ARG_SIMD)
      target_link_libraries(${target} PRIVATE octavo_isa)
    endif()
    if(EMSCRIPTEN AND NOT ARG_HOT)
      target_compile_options(${target} PRIVATE -Oz ${OCTAVO_LTO})
    endif()
    if(EMSCRIPTEN)
      # No layer asks an object for its type; the type names of every shared_ptr would be downloaded. Embind, above, does.
      target_compile_options(${target} PRIVATE -fno-rtti)
    endif()
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope} "${include_root}")

  set_property(GLOBAL PROPERTY OCTAVO_SIMD_${name} ${ARG_SIMD})

  set(closure ${target})
  foreach(dependency IN LISTS ARG_DEPENDS)
    target_link_libraries(${target} ${scope} octavo_${dependency})
    get_property(below GLOBAL PROPERTY OCTAVO_CLOSURE_${dependency})
    list(APPEND closure ${below})
  endforeach()
  list(REMOVE_DUPLICATES closure)
  set_property(GLOBAL PROPERTY OCTAVO_CLOSURE_${name} ${closure})
  if(ARG_LIBRARIES)
    target_link_libraries(${target} ${scope} ${ARG_LIBRARIES})
  endif()
endfunction()

# octavo_link(<target> <layer>): links the layer and every layer below it, object files whole.
function(octavo_link target layer)
  get_property(closure GLOBAL PROPERTY OCTAVO_CLOSURE_${layer})
  target_link_libraries(${target} PRIVATE ${closure} octavo_flags)
  get_property(simd GLOBAL PROPERTY OCTAVO_SIMD_${layer})
  if(simd)
    target_link_libraries(${target} PRIVATE octavo_isa)
  endif()
endfunction()
