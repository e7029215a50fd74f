# Nine tenths of the time that it takes to compile a file of an upper layer go into the headers of the standard library:
# libc++'s <vector> alone brings in <locale>. They are parsed once for each set of flags.
#
# Precompiled headers hide a forgotten #include; so the tree `native` has none for the layers (cmake/tests.cmake has
# for the tests), and refuses such a file.
option(OCTAVO_PRECOMPILED "Precompile the standard library's headers for the layers" ON)

set(OCTAVO_STANDARD_HEADERS
  <algorithm> <cmath> <cstdint> <cstring> <functional> <limits> <map> <memory> <optional> <span> <string> <string_view>
  <vector>)
if(NOT EMSCRIPTEN)
  list(APPEND OCTAVO_STANDARD_HEADERS <thread>)
endif()

# octavo_precompiled(<target> <header>...): a library whose precompiled headers others use by REUSE_FROM. They must
# agree with it in what changes the meaning of headers: octavo_flags, the instruction set, -fno-rtti, -flto, and
# whether they are optimized for size.
function(octavo_precompiled target)
  set(source "${PROJECT_BINARY_DIR}/precompiled/${target}.cc")
  file(CONFIGURE OUTPUT "${source}" CONTENT "// What ${target} consists of is its headers.\n")
  add_library(${target} OBJECT "${source}")
  target_link_libraries(${target} PRIVATE octavo_flags)
  target_precompile_headers(${target} PRIVATE ${ARGN})
  # Without the time in it, the compiler's output depends on its input alone, and ccache knows what depends on it.
  target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
endfunction()
