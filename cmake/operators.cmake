# OCTAVO_OPERATORS: the operators of an engine that has no others, for who embeds it with networks that are known. Names
# are as OpDef has them (src/graph/op_def.h), of what a graph is made of once it is read and lowered, Octavo's own
# included: `npx octavo operators MODEL… --cmake` prints the argument for models. Reading and quantizing stay whole; a
# network that comes to need another operator is refused by its name.
set(OCTAVO_OPERATORS "" CACHE STRING "The operators of the engine, separated by semicolons; all when empty")

# What no graph needs to have at its beginning or end for it to occur between: Casts at borders of 16-bit floats and
# around float64, Transposes where the layout changes, the Identity of a branch that is taken, and what calibration and
# comparison look through.
set(OCTAVO_ALWAYS Cast Identity Transpose octavo.Inspect octavo.Observe
  octavo.ObserveWindows)

# octavo_operators_definition(<variable> <name>...): the compile definition that leaves the others out of src/ops. An
# error where src/ops has no operator of such a name.
function(octavo_operators_definition variable)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/ops/*.cc")
  set(known "")
  foreach(source IN LISTS sources)
    file(READ "${source}" text)
    string(REGEX MATCHALL "\"(octavo\\.)?[A-Z][A-Za-z0-9]+\"" names "${text}")
    list(APPEND known ${names})
  endforeach()
  foreach(name IN LISTS ARGN)
    if(NOT "\"${name}\"" IN_LIST known)
      message(FATAL_ERROR "OCTAVO_OPERATORS: '${name}' is no operator of src/ops. What a model needs, once it is read "
        "and lowered, is listed by: npx octavo operators MODEL")
    endif()
  endforeach()
  list(APPEND ARGN ${OCTAVO_ALWAYS})
  list(REMOVE_DUPLICATES ARGN)
  list(JOIN ARGN "," names)
  set(${variable} "OCTAVO_OPERATORS=\",${names},\"" PARENT_SCOPE)
endfunction()

# Of operators that are left out there is much that nobody uses. Behind the options of octavo_flags.
add_library(octavo_left_out INTERFACE)
target_compile_options(octavo_left_out INTERFACE -Wno-unused -Wno-unneeded-internal-declaration)

# octavo_use_operators(<target> <name>...): compiles object files of src/ops with these operators alone.
function(octavo_use_operators target)
  octavo_operators_definition(definition ${ARGN})
  target_compile_definitions(${target} PRIVATE "${definition}")
  target_link_libraries(${target} PRIVATE octavo_left_out)
endfunction()
