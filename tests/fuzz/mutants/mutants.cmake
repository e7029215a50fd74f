# octavo_mutants: writes mutants of the known files, for octavo_fuzz to replay. In the tree asan.
file(GLOB mutants_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/*.cc")
octavo_test_objects(octavo_mutants_objects engine "" ${mutants_sources})
add_executable(octavo_mutants $<TARGET_OBJECTS:octavo_mutants_objects>
  $<FILTER:$<TARGET_OBJECTS:octavo_fuzz_test_objects>,EXCLUDE,_test\\.cc>)
octavo_link(octavo_mutants engine)
