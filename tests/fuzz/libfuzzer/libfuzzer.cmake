# octavo_fuzz: libFuzzer on the engine's facade, with a mutator that knows the format. In the tree asan.
file(GLOB fuzz_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/*.cc" "${CMAKE_CURRENT_LIST_DIR}/../*.cc")
list(FILTER fuzz_sources EXCLUDE REGEX "(_test|files)\\.cc$")
add_executable(octavo_fuzz ${fuzz_sources})
octavo_link(octavo_fuzz engine)
target_include_directories(octavo_fuzz PRIVATE "${PROJECT_SOURCE_DIR}/tests")
target_link_options(octavo_fuzz PRIVATE -fsanitize=fuzzer)
