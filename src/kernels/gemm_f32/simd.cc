// One multiply and one add, or relaxed_madd, which most engines round once.
#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/gemm_f32/kernels.h"
#include "kernels/gemm_tile.h"

#if OCTAVO_SIMD

namespace octavo::kernels::gemm_f32_rows {
namespace {

struct MulAdd {
  static constexpr int mr = 4, b_bytes = 16;
  static v128_t load_b(const void* p) { return wasm_v128_load(p); }
  static v128_t multiply_add(v128_t acc, v128_t a, v128_t b) {
    return wasm_f32x4_add(acc, wasm_f32x4_mul(a, b));
  }
};

template <class Mac>
void run(const PackedGemmF32& b, const float* a, ptrdiff_t lda, int m, const BiasClampF32& e) {
  run_panels<Mac>({b.panels, b.n, b.k, nullptr, nullptr}, a, lda * ptrdiff_t(sizeof(float)), m, e);
}

#if OCTAVO_RELAXED
struct RelaxedMadd : MulAdd {
  static constexpr int mr = 6;
  static v128_t multiply_add(v128_t acc, v128_t a, v128_t b) { return wasm_f32x4_relaxed_madd(a, b, acc); }
};
#endif

}  // namespace

void simd_mul_add_run(const PackedGemmF32& b, const float* a, ptrdiff_t lda, int m, const BiasClampF32& e) {
  run<MulAdd>(b, a, lda, m, e);
}

#if OCTAVO_RELAXED
void relaxed_madd_run(const PackedGemmF32& b, const float* a, ptrdiff_t lda, int m, const BiasClampF32& e) {
  run<RelaxedMadd>(b, a, lda, m, e);
}
#endif

}  // namespace octavo::kernels::gemm_f32_rows

#endif
