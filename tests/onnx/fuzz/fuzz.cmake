# libFuzzer on the reader, built only with -DOCTAVO_FUZZ=ON:
#   cmake --preset asan -B build/fuzz -DOCTAVO_FUZZ=ON && cmake --build build/fuzz --target octavo_onnx_fuzz
#   mkdir -p build/fuzz/corpus && build/fuzz/octavo_onnx_fuzz -max_total_time=300 build/fuzz/corpus models
target_compile_options(octavo_flags INTERFACE -fsanitize=fuzzer-no-link)

add_executable(octavo_onnx_fuzz
  "${PROJECT_SOURCE_DIR}/tests/onnx/fuzz/read_model_fuzz.cc"
  "${PROJECT_SOURCE_DIR}/tests/onnx/operators.cc")
octavo_link(octavo_onnx_fuzz onnx)
target_link_options(octavo_onnx_fuzz PRIVATE -fsanitize=fuzzer)
