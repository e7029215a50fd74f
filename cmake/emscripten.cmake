# Emscripten as `npm run setup` found or installed it: .tools/emscripten is a link to its root folder.
set(OCTAVO_EMSCRIPTEN "${CMAKE_CURRENT_LIST_DIR}/../.tools/emscripten")
if(NOT EXISTS "${OCTAVO_EMSCRIPTEN}/emcc")
  message(FATAL_ERROR "Emscripten is not set up: run `npm run setup` first.")
endif()
file(REAL_PATH "${OCTAVO_EMSCRIPTEN}" OCTAVO_EMSCRIPTEN)
include("${OCTAVO_EMSCRIPTEN}/cmake/Modules/Platform/Emscripten.cmake")
