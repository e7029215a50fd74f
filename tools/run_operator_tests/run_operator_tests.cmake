# octavo_run_operator_tests, natively: see run_operator_tests.cc.
add_executable(octavo_run_operator_tests "${CMAKE_CURRENT_LIST_DIR}/run_operator_tests.cc")
target_include_directories(octavo_run_operator_tests PRIVATE "${PROJECT_SOURCE_DIR}/tests")
octavo_link(octavo_run_operator_tests engine)
