# octavo_fuzz: libFuzzer on the engine's facade, with a mutator that knows the format. In the tree asan.
file(GLOB fuzz_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/*.cc")
octavo_test_objects(octavo_fuzz_objects engine "" ${fuzz_sources})
add_executable(octavo_fuzz $<TARGET_OBJECTS:octavo_fuzz_objects>
  $<FILTER:$<TARGET_OBJECTS:octavo_fuzz_test_objects>,EXCLUDE,_test\\.cc>)
octavo_link(octavo_fuzz engine)
target_link_options(octavo_fuzz PRIVATE -fsanitize=fuzzer)
