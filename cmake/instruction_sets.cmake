# OCTAVO_ISAS: the instruction sets that a tree compiles kernels for. The layers that contain intrinsics have object
# files for each of them, all other object files are compiled once and linked with either.
#
#   scalar    reference kernels only
#   simd      and those of SIMD128; natively, through SIMDe, those of relaxed SIMD too
#   relaxed   WASM: and those of relaxed SIMD
if(EMSCRIPTEN)
  set(OCTAVO_ISAS simd relaxed)
else()
  set(OCTAVO_ISAS simd CACHE STRING "Instruction sets that kernels are compiled for")
endif()
list(GET OCTAVO_ISAS 0 OCTAVO_FIRST_ISA)

# octavo_isa_<isa>: what tells one's object files from the other's.
foreach(isa IN LISTS OCTAVO_ISAS)
  add_library(octavo_isa_${isa} INTERFACE)
endforeach()
if(TARGET octavo_isa_scalar)
  target_compile_definitions(octavo_isa_scalar INTERFACE OCTAVO_SCALAR=1)
endif()
if(TARGET octavo_isa_relaxed)
  target_compile_options(octavo_isa_relaxed INTERFACE -mrelaxed-simd)
endif()

# octavo_isa_suffix(<variable> <isa>): programs are made for each instruction set; those for others than the first have
# its name at the end of theirs.
function(octavo_isa_suffix variable isa)
  if(isa STREQUAL OCTAVO_FIRST_ISA)
    set(${variable} "" PARENT_SCOPE)
  else()
    set(${variable} "_${isa}" PARENT_SCOPE)
  endif()
endfunction()
