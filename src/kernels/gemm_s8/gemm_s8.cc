#include "kernels/gemm_s8/gemm_s8.h"

#include <algorithm>

#include "kernels/a_panel.h"
#include "kernels/gemm_s8/kernels.h"

namespace octavo::kernels {
namespace {

constexpr GemmS8Kernel table[] = {
#define KERNEL(name, isa, mr, nr, kr, range, form) \
  {#name,                                          \
   Isa::isa,                                       \
   mr,                                             \
   nr,                                             \
   kr,                                             \
   ActivationRange::range,                         \
   AForm::form,                                    \
   gemm_s8_rows::name##_usable,                    \
   gemm_s8_rows::name##_requantize,                \
   gemm_s8_rows::name##_dequantize},
#include "kernels/gemm_s8/kernels.inc"
#undef KERNEL
};

bool takes(const GemmS8Kernel& kernel, const IsaFacts& facts, ActivationRange range) {
  return kernel.isa <= facts.isa && (kernel.range == ActivationRange::u8 || range == ActivationRange::u7) &&
         kernel.usable(facts);
}

/// Whether the tile can read the rows of A where they lie.
bool reads_in_place(const PackedGemmS8& b) { return b.kernel->form == AForm::u8 && b.k == b.k_padded; }

template <class Form> void fill_rows(const PackedGemmS8& b, const GemmS8Args& args, int row, int count) {
  auto* out = static_cast<typename Form::Element*>(args.workspace);
  for (int m = row; m < row + count; ++m, out += b.k_padded) {
    Form::copy(out, args.a + m * args.lda, b.k);
    Form::fill(out + b.k, 0, b.k_padded - b.k);
  }
}

void run(const PackedGemmS8& b, const APanel& a, const RequantizeU8& e) { b.kernel->requantize(b, a, e); }
void run(const PackedGemmS8& b, const APanel& a, const DequantizeF32& e) { b.kernel->dequantize(b, a, e); }

template <class Epilogue> void multiply(const PackedGemmS8& b, const GemmS8Args& args, const Epilogue& e) {
  const bool in_place = reads_in_place(b);
  const ptrdiff_t row_bytes = in_place ? args.lda : panel_row_bytes(b);
  const int rows = panel_rows(panel_row_bytes(b));
  for (int row = 0; row < args.m; row += rows) {
    const int count = std::min(rows, args.m - row);
    touch_rows(args.a + row * args.lda, args.lda, b.k, count);
    if (!in_place) {
      switch (b.kernel->form) {
        case AForm::u8: fill_rows<PanelU8>(b, args, row, count); break;
        case AForm::s8_flipped: fill_rows<PanelS8Flipped>(b, args, row, count); break;
        case AForm::s16: fill_rows<PanelS16>(b, args, row, count); break;
      }
    }
    const void* panel = in_place ? args.a + row * args.lda : args.workspace;
    run(b, {panel, row_bytes, count}, shifted(e, row, 0));
  }
}

}  // namespace

std::span<const GemmS8Kernel> gemm_s8_kernels() { return table; }

const GemmS8Kernel* select_gemm_s8(const IsaFacts& facts, ActivationRange range, std::string_view force) {
  for (const GemmS8Kernel& kernel : table) {
    if ((force.empty() || force == kernel.name) && takes(kernel, facts, range)) return &kernel;
  }
  return nullptr;
}

uint64_t workspace_bytes_gemm_s8(const PackedGemmS8& b) {
  return reads_in_place(b) ? 0 : uint64_t(panel_rows(panel_row_bytes(b))) * uint64_t(panel_row_bytes(b));
}

void gemm_s8(const PackedGemmS8& b, const GemmS8Args& args, const RequantizeU8& e) { multiply(b, args, e); }
void gemm_s8(const PackedGemmS8& b, const GemmS8Args& args, const DequantizeF32& e) { multiply(b, args, e); }

}  // namespace octavo::kernels
