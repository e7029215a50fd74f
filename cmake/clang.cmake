# The native compiler is clang, the version of Emscripten's first, so that both builds read the same C++.
find_program(OCTAVO_CLANGXX NAMES clang++-19 clang++-20 clang++-21 clang++ REQUIRED)
set(CMAKE_CXX_COMPILER "${OCTAVO_CLANGXX}")
