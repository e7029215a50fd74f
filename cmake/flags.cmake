# octavo_flags: what every translation unit of Octavo's own is compiled with. Third-party targets do not link it.
add_library(octavo_flags INTERFACE)
target_compile_features(octavo_flags INTERFACE cxx_std_23)

target_compile_options(octavo_flags INTERFACE
  -Wall -Wextra -Werror
  # Records such as OpDef are written with the fields that matter; the others have their defaults.
  -Wno-missing-designated-field-initializers
  # Same bits everywhere: a*b+c is two roundings unless the source asks for a fused one.
  -ffp-contract=off
  # Nothing reads errno after sqrt and its like; without this they are calls instead of one instruction.
  -fno-math-errno
  # Lets --gc-sections drop what no table row and no operator refers to.
  -ffunction-sections -fdata-sections)

if(EMSCRIPTEN)
  add_compile_options(-fwasm-exceptions)
  add_link_options(-fwasm-exceptions)
  target_compile_options(octavo_flags INTERFACE -msimd128)
  # For code that is optimized for size: 3 % less of it.
  set(OCTAVO_LTO -flto)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  # SSE4.2: every PC since 2009 has it, and SIMDe maps SIMD128 onto it nearly one to one.
  target_compile_options(octavo_flags INTERFACE -march=x86-64-v2)
endif()

if(OCTAVO_SANITIZE)
  add_compile_options(-fsanitize=${OCTAVO_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${OCTAVO_SANITIZE})
endif()
if(OCTAVO_COVERAGE)
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
endif()
