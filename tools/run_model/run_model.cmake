# octavo_run_model, natively: see run_model.cc.
foreach(isa IN LISTS OCTAVO_ISAS)
  octavo_isa_suffix(suffix ${isa})
  add_executable(octavo_run_model${suffix} "${CMAKE_CURRENT_LIST_DIR}/run_model.cc")
  octavo_link(octavo_run_model${suffix} engine ${isa})
endforeach()
