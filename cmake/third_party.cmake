# Libraries that `npm run setup` put under .tools; where it could not, CMake fetches the same version.
include(FetchContent)

set(OCTAVO_TOOLS "${PROJECT_SOURCE_DIR}/.tools")

# protozero: header-only reader and writer of the protobuf wire format (ONNX files).
add_library(octavo_protozero INTERFACE)
if(EXISTS "${OCTAVO_TOOLS}/protozero/include/protozero/pbf_reader.hpp")
  target_include_directories(octavo_protozero SYSTEM INTERFACE "${OCTAVO_TOOLS}/protozero/include")
else()
  FetchContent_Declare(protozero GIT_REPOSITORY https://github.com/mapbox/protozero GIT_TAG v1.8.1
    SOURCE_SUBDIR include)
  FetchContent_MakeAvailable(protozero)
  target_include_directories(octavo_protozero SYSTEM INTERFACE "${protozero_SOURCE_DIR}/include")
endif()

# SIMDe: SIMD128 intrinsics for native builds, header-only. Only src/base/simd.h includes it.
if(NOT EMSCRIPTEN)
  if(EXISTS "${OCTAVO_TOOLS}/simde/include/simde/wasm/simd128.h")
    target_include_directories(octavo_flags SYSTEM INTERFACE "${OCTAVO_TOOLS}/simde/include")
  else()
    FetchContent_Declare(simde GIT_REPOSITORY https://github.com/simd-everywhere/simde GIT_TAG v0.8.2
      SOURCE_SUBDIR simde)
    FetchContent_MakeAvailable(simde)
    target_include_directories(octavo_flags SYSTEM INTERFACE "${simde_SOURCE_DIR}")
  endif()
endif()

# Catch2 v3, for the tests.
function(octavo_add_catch2)
  if(EXISTS "${OCTAVO_TOOLS}/catch2/CMakeLists.txt")
    file(REAL_PATH "${OCTAVO_TOOLS}/catch2" source)
    add_subdirectory("${source}" "${PROJECT_BINARY_DIR}/catch2" EXCLUDE_FROM_ALL SYSTEM)
  else()
    FetchContent_Declare(Catch2 GIT_REPOSITORY https://github.com/catchorg/Catch2 GIT_TAG v3.7.1 SYSTEM)
    FetchContent_MakeAvailable(Catch2)
  endif()
  # Its declarations depend on the standard that it and its users are compiled with: std::string_view, for one.
  set_target_properties(Catch2 Catch2WithMain PROPERTIES CXX_STANDARD 23)
  # One translation unit instead of a hundred: a fifth of the build time.
  set_target_properties(Catch2 PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
  # Compiling it takes longer than running it.
  target_compile_options(Catch2 PRIVATE -O0 -g0)
endfunction()

# nlohmann-json, which reads fixtures in the tests.
function(octavo_add_json)
  add_library(octavo_json INTERFACE)
  if(EXISTS "${OCTAVO_TOOLS}/nlohmann-json/include/nlohmann/json.hpp")
    target_include_directories(octavo_json SYSTEM INTERFACE "${OCTAVO_TOOLS}/nlohmann-json/include")
  else()
    FetchContent_Declare(nlohmann_json GIT_REPOSITORY https://github.com/nlohmann/json GIT_TAG v3.11.3
      SOURCE_SUBDIR include)
    FetchContent_MakeAvailable(nlohmann_json)
    target_include_directories(octavo_json SYSTEM INTERFACE "${nlohmann_json_SOURCE_DIR}/include")
  endif()
endfunction()
