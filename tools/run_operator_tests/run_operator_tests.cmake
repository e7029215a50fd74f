# octavo_run_operator_tests, natively: see run_operator_tests.cc.
add_executable(octavo_run_operator_tests "${CMAKE_CURRENT_LIST_DIR}/run_operator_tests.cc")
octavo_link(octavo_run_operator_tests engine)
