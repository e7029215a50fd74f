// The extremes of a tensor, found on all threads.
#pragma once

#include "base/parallel_for.h"
#include "kernels/observe/observe.h"

namespace octavo {

// `find` of n floats. It allocates nothing, and which thread sees which of them makes no difference.
kernels::Extremes find_extremes(const Threads& threads, const float* x, int64_t n,
                                kernels::Extremes (*find)(const float*,
                                                          std::size_t) = kernels::find_extremes);

}  // namespace octavo
