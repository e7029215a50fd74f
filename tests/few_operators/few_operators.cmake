# octavo_few_operators_test: an engine of OCTAVO_FEW_OPERATORS (cmake/operators.cmake), which is what
# Model::needed_operators says of models/mnist.onnx. Only the layer ops is compiled anew.
file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/ops/*.cc")
octavo_objects(octavo_few_operators_objects FALSE octavo_ops ${sources})
octavo_use_operators(octavo_few_operators_objects ${OCTAVO_FEW_OPERATORS})
if(OCTAVO_PRECOMPILED)
  target_precompile_headers(octavo_few_operators_objects REUSE_FROM octavo_cold_headers)
endif()
octavo_test_objects(octavo_few_operators_test_objects engine "" "${CMAKE_CURRENT_LIST_DIR}/few_operators_test.cc")
octavo_test_program(few_operators engine ${OCTAVO_FIRST_ISA} octavo_few_operators_test_objects
  OPS octavo_few_operators_objects)

# An unknown name is refused when the build is configured.
set(refuse "${PROJECT_BINARY_DIR}/unknown_operator")
add_test(NAME few_operators/unknown_name COMMAND ${CMAKE_COMMAND} -S "${PROJECT_SOURCE_DIR}" -B "${refuse}" -G Ninja
  "-DCMAKE_TOOLCHAIN_FILE=${CMAKE_TOOLCHAIN_FILE}" "-DOCTAVO_OPERATORS=Conv\;Frobnicate")
set_tests_properties(few_operators/unknown_name PROPERTIES
  PASS_REGULAR_EXPRESSION "OCTAVO_OPERATORS: 'Frobnicate' is no operator" LABELS ${OCTAVO_FIRST_ISA})
