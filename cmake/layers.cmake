# octavo_layer(<name> [HOT] [SIMD] [DEPENDS <layer>...] [LIBRARIES <target>...])
#
# Declares the layer src/<name>.
#
# * octavo_<name> is its headers. They are visible only along DEPENDS (transitively). Each layer has an include root of
#   its own, build/include/<name>/<name> -> src/<name>, so "graph/graph.h" is found by the layers that name graph and
#   by nobody else: an include against the arrows of docs/design.md does not compile.
# * octavo_<name>_objects is its object files. They go into an executable whole, so objects that only register
#   themselves (operators, kernels) are never left out by the linker; --gc-sections drops what is unused.
# * HOT layers hold inner loops and are optimized for speed, file by file; the others are optimized for size in WASM,
#   across files.
# * SIMD layers include base/simd.h in their sources: they are compiled for each instruction set, as
#   octavo_<name>_objects_<isa>.
function(octavo_layer name)
  cmake_parse_arguments(ARG "HOT;SIMD" "" "DEPENDS;LIBRARIES" ${ARGN})
  set(folder "${PROJECT_SOURCE_DIR}/src/${name}")

  set(include_root "${PROJECT_BINARY_DIR}/include/${name}")
  file(MAKE_DIRECTORY "${include_root}")
  file(CREATE_LINK "${folder}" "${include_root}/${name}" SYMBOLIC)
  add_library(octavo_${name} INTERFACE)
  target_include_directories(octavo_${name} INTERFACE "${include_root}")
  target_link_libraries(octavo_${name} INTERFACE ${ARG_LIBRARIES})

  set(closure ${name})
  foreach(dependency IN LISTS ARG_DEPENDS)
    target_link_libraries(octavo_${name} INTERFACE octavo_${dependency})
    get_property(below GLOBAL PROPERTY OCTAVO_CLOSURE_${dependency})
    list(APPEND closure ${below})
  endforeach()
  list(REMOVE_DUPLICATES closure)
  set_property(GLOBAL PROPERTY OCTAVO_CLOSURE_${name} ${closure})
  set_property(GLOBAL PROPERTY OCTAVO_SIMD_${name} ${ARG_SIMD})

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${folder}/*.cc")
  if(sources AND ARG_SIMD)
    foreach(isa IN LISTS OCTAVO_ISAS)
      octavo_objects(octavo_${name}_objects_${isa} ${ARG_HOT} octavo_${name} ${sources})
      target_link_libraries(octavo_${name}_objects_${isa} PRIVATE octavo_isa_${isa})
      if(OCTAVO_PRECOMPILED AND ARG_HOT)
        target_precompile_headers(octavo_${name}_objects_${isa} REUSE_FROM octavo_hot_headers_${isa})
      endif()
    endforeach()
  elseif(sources)
    octavo_objects(octavo_${name}_objects ${ARG_HOT} octavo_${name} ${sources})
    if(OCTAVO_PRECOMPILED)
      target_precompile_headers(octavo_${name}_objects REUSE_FROM octavo_cold_headers)
    endif()
  endif()
endfunction()

# Flags of layers' object files, but for those of the instruction set.
function(octavo_layer_flags target hot)
  target_link_libraries(${target} PRIVATE octavo_flags)
  if(OCTAVO_FUZZ AND NOT hot)
    # The fuzzer sees which branches a mutant takes and what it compares; those of loops would only slow it.
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  if(EMSCRIPTEN)
    # No layer asks an object for its type; the type names of every shared_ptr would be downloaded. Embind, above, does.
    target_compile_options(${target} PRIVATE -fno-rtti)
    if(NOT hot)
      target_compile_options(${target} PRIVATE -Oz ${OCTAVO_LTO})
    endif()
  endif()
endfunction()

function(octavo_objects target hot headers)
  add_library(${target} OBJECT ${ARGN})
  target_link_libraries(${target} PUBLIC ${headers})
  octavo_layer_flags(${target} ${hot})
endfunction()

if(OCTAVO_PRECOMPILED)
  octavo_precompiled(octavo_cold_headers ${OCTAVO_STANDARD_HEADERS})
  octavo_layer_flags(octavo_cold_headers FALSE)
  foreach(isa IN LISTS OCTAVO_ISAS)
    octavo_precompiled(octavo_hot_headers_${isa} ${OCTAVO_STANDARD_HEADERS})
    octavo_layer_flags(octavo_hot_headers_${isa} TRUE)
    target_link_libraries(octavo_hot_headers_${isa} PRIVATE octavo_isa_${isa})
    if(EMSCRIPTEN)
      target_compile_options(octavo_hot_headers_${isa} PRIVATE -Os)  # as most files of HOT layers are: CMakeLists.txt
    endif()
  endforeach()
endif()

# octavo_link(<target> <layer> [<isa>] [OPS <objects>]): links the layer and every layer below it, object files whole, with
# the kernels for that instruction set or else the tree's first, and with other object files of the layer ops.
function(octavo_link target layer)
  cmake_parse_arguments(ARG "" "OPS" "" ${ARGN})
  set(isa ${OCTAVO_FIRST_ISA} ${ARG_UNPARSED_ARGUMENTS})
  list(GET isa -1 isa)
  get_property(closure GLOBAL PROPERTY OCTAVO_CLOSURE_${layer})
  target_link_libraries(${target} PRIVATE octavo_${layer} octavo_flags)
  get_property(simd GLOBAL PROPERTY OCTAVO_SIMD_${layer})
  if(simd)
    target_link_libraries(${target} PRIVATE octavo_isa_${isa})
  endif()
  if(ARG_OPS)
    list(REMOVE_ITEM closure ops)
    target_link_libraries(${target} PRIVATE ${ARG_OPS})
  endif()
  foreach(each IN LISTS closure)
    foreach(objects octavo_${each}_objects octavo_${each}_objects_${isa})
      if(TARGET ${objects})
        target_link_libraries(${target} PRIVATE ${objects})
      endif()
    endforeach()
  endforeach()
endfunction()
