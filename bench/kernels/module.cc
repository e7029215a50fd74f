// What JavaScript sees of the kernels: cases of rows, and peaks; each is checked and run by index.
#include <emscripten/bind.h>

#include "base/isa.h"
#include "contestants.h"
#include "peaks.h"

namespace octavo::bench {

using emscripten::val;

namespace {

/// One problem and every row that can solve it here. Arguments are lists of numbers, in the order of
/// bench/shapes/*.txt.
class Case {
 public:
  Case(const std::string& kind, const val& shape) {
    const std::vector<int> s = emscripten::convertJSArrayToNumberVector<int>(shape);
    if (kind == "gemm") {
      contestants_ = gemm_contestants(s[0], s[1], s[2]);
      macs_ = double(s[0]) * s[1] * s[2];
      return;
    }
    const kernels::ConvGeometry g = geometry(s[0], s[1], s[2], s[3], s[4], kind == "dwconv" ? s[1] : 1);
    contestants_ = kind == "dwconv" ? dwconv_contestants(g) : conv_contestants(g);
    macs_ = double(g.positions()) * g.oc * g.depth();
  }
  double macs() const { return macs_; }
  val rows() const {
    val list = val::array();
    for (const Contestant& contestant : contestants_) {
      val row = val::object();
      row.set("row", contestant.row);
      row.set("precision", contestant.precision);
      list.call<void>("push", row);
    }
    return list;
  }
  std::string check(int row) const { return contestants_.at(size_t(row)).check(); }
  void run(int row, int repetitions) const {
    const Contestant& contestant = contestants_.at(size_t(row));
    for (int i = 0; i < repetitions; ++i) contestant.run();
  }

 private:
  /// Square, padded so that stride 1 keeps the size.
  static kernels::ConvGeometry geometry(int size, int in, int out, int kernel, int stride, int groups) {
    const int oh = (size + 2 * (kernel / 2) - kernel) / stride + 1;
    return {.h = size,
            .w = size,
            .c = in,
            .oh = oh,
            .ow = oh,
            .oc = out,
            .kh = kernel,
            .kw = kernel,
            .stride_h = stride,
            .stride_w = stride,
            .pad_top = kernel / 2,
            .pad_left = kernel / 2,
            .groups = groups};
  }

  std::vector<Contestant> contestants_;
  double macs_ = 0;
};

val list_peaks() {
  val list = val::array();
  for (const Peak& peak : peaks()) {
    val entry = val::object();
    entry.set("instruction", peak.instruction);
    entry.set("shape", peak.shape);
    entry.set("macs", peak.macs);
    list.call<void>("push", entry);
  }
  return list;
}

std::string check_peak(int index) { return check(peaks().at(size_t(index))); }
void run_peak(int index, int iterations) {
  static const std::vector<Peak> list = peaks();
  list.at(size_t(index)).loop(iterations);
}

/// How i32x4.relaxed_dot_i8x16_i7x16_add_s behaves here.
std::string dot() {
  const IsaFacts& facts = isa_facts();
  if (facts.isa != Isa::relaxed) return "none";
  const char* sign = facts.dot_high_bit == HighBit::reads_unsigned ? "unsigned"
                     : facts.dot_high_bit == HighBit::reads_signed ? "signed"
                                                                   : "unknown";
  return std::string(sign) + (facts.dot_saturates ? ", saturating" : ", exact");
}

}  // namespace

EMSCRIPTEN_BINDINGS(octavo_kernels_bench) {
  emscripten::class_<Case>("Case")
      .constructor<std::string, val>()
      .function("macs", &Case::macs)
      .function("rows", &Case::rows)
      .function("check", &Case::check)
      .function("run", &Case::run);
  emscripten::function("peaks", &list_peaks);
  emscripten::function("checkPeak", &check_peak);
  emscripten::function("runPeak", &run_peak);
  emscripten::function("dot", &dot);
}

}  // namespace octavo::bench
