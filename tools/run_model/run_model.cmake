# octavo_run_model, natively: see run_model.cc.
add_executable(octavo_run_model "${CMAKE_CURRENT_LIST_DIR}/run_model.cc")
octavo_link(octavo_run_model engine)
