#include "peaks.h"

#include <cstring>
#include <utility>

#include "base/simd.h"

namespace octavo::bench {

namespace {

// Operands and results. Their contents are not known to compilers; operands of a loop change address at each iteration,
// or compilers would compute their product once.
constexpr int slots = 4;
constexpr int most_loaded = 8 * 4;
alignas(64) v128_t left[8];
alignas(64) v128_t right[slots * most_loaded];
alignas(64) v128_t result[16];
int result_count;

// A compiler that knew the operands to be equal would multiply once for all of them.
[[gnu::noinline]] void fill(v128_t a, v128_t b) {
  for (v128_t& v : left) v = a;
  for (v128_t& v : right) v = b;
  asm volatile("" ::: "memory");
}

struct MulAdd {
  static constexpr const char* name = "mul_add";
  static constexpr int macs = 4;
  static constexpr bool is_float = true;
  static void prepare() { fill(wasm_f32x4_splat(0.5f), wasm_f32x4_splat(0.125f)); }
  static constexpr double step = 0.0625;
  v128_t operator()(v128_t c, v128_t a, v128_t b) const { return wasm_f32x4_add(c, wasm_f32x4_mul(a, b)); }
};

struct DotI16x8 {
  static constexpr const char* name = "dot_i16x8";
  static constexpr int macs = 8;
  static constexpr bool is_float = false;
  static void prepare() { fill(wasm_i16x8_splat(3), wasm_i16x8_splat(2)); }
  static constexpr double step = 12;
  v128_t operator()(v128_t c, v128_t a, v128_t b) const {
    return wasm_i32x4_add(c, wasm_i32x4_dot_i16x8(a, b));
  }
};

#if OCTAVO_RELAXED
struct RelaxedMadd : MulAdd {
  static constexpr const char* name = "relaxed_madd";
  v128_t operator()(v128_t c, v128_t a, v128_t b) const { return wasm_f32x4_relaxed_madd(a, b, c); }
};

struct Bytes {
  static constexpr int macs = 16;
  static constexpr bool is_float = false;
  static void prepare() { fill(wasm_i8x16_splat(3), wasm_i8x16_splat(2)); }
  static constexpr double step = 24;
};

struct RelaxedDot : Bytes {
  static constexpr const char* name = "relaxed_dot";
  v128_t operator()(v128_t c, v128_t a, v128_t b) const {
    return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(a, b, c);
  }
};

// Pairs of products, then pairs of pairs: by extadd_pairwise, or by dot_i16x8 with ones, the same instruction of x86
// with its constant in a register of its own.
struct Rd16Pairwise : Bytes {
  static constexpr const char* name = "rd16";
  v128_t operator()(v128_t c, v128_t a, v128_t b) const {
    return wasm_i32x4_add(c, wasm_i32x4_extadd_pairwise_i16x8(wasm_i16x8_relaxed_dot_i8x16_i7x16(a, b)));
  }
};

v128_t ones;

struct Rd16Ones : Bytes {
  static constexpr const char* name = "rd16";
  static void prepare() {
    Bytes::prepare();
    ones = wasm_i16x8_splat(1);
  }
  v128_t one = ones;
  v128_t operator()(v128_t c, v128_t a, v128_t b) const {
    return wasm_i32x4_add(c, wasm_i32x4_dot_i16x8(wasm_i16x8_relaxed_dot_i8x16_i7x16(a, b), one));
  }
};
#endif

template <int N> void store(const v128_t (&acc)[N]) {
  for (int i = 0; i < N; ++i) result[i] = acc[i];
  result_count = N;
}

#define OCTAVO_UNROLL _Pragma("clang loop unroll(full)")

/// `Held` operands in registers times `Loaded` ones from memory: Held·Loaded accumulators.
template <class Op, int Held, int Loaded, int Unroll> [[gnu::noinline]] void tile_loop(int iterations) {
  Op::prepare();
  const Op op;
  v128_t a[Held], acc[Held * Loaded] = {};
  OCTAVO_UNROLL
  for (int i = 0; i < Held; ++i) a[i] = left[i];
#pragma clang loop unroll(disable)
  for (int n = 0; n < iterations; ++n) {
    const v128_t* b = right + (n % slots) * most_loaded;
    OCTAVO_UNROLL
    for (int u = 0; u < Unroll; ++u) {
      OCTAVO_UNROLL
      for (int j = 0; j < Loaded; ++j) {
        const v128_t value = b[u * Loaded + j];
        OCTAVO_UNROLL
        for (int i = 0; i < Held; ++i) acc[j * Held + i] = op(acc[j * Held + i], a[i], value);
      }
    }
  }
  store(acc);
}

/// Twelve accumulators, two operands that never change: for instructions that add by themselves.
template <class Op, int Unroll> [[gnu::noinline]] void invariant_loop(int iterations) {
  Op::prepare();
  const Op op;
  v128_t acc[12] = {};
  const v128_t a = left[0], b[2] = {right[0], right[1]};
#pragma clang loop unroll(disable)
  for (int n = 0; n < iterations; ++n) {
    OCTAVO_UNROLL
    for (int u = 0; u < Unroll; ++u) {
      OCTAVO_UNROLL
      for (int i = 0; i < 12; ++i) acc[i] = op(acc[i], a, b[i % 2]);
    }
  }
  store(acc);
}

template <class Op, int Unroll> double expected_of(int iterations) { return Op::step * Unroll * iterations; }

template <class Op, int Held, int Loaded, int Unroll> void add_tile(std::vector<Peak>& list) {
  static_assert(Loaded * Unroll <= most_loaded);
  list.push_back({Op::name,
                  std::to_string(Held) + "x" + std::to_string(Loaded) + " unrolled " + std::to_string(Unroll),
                  double(Op::macs) * Held * Loaded * Unroll, tile_loop<Op, Held, Loaded, Unroll>,
                  expected_of<Op, Unroll>, Op::is_float});
}

template <class Op, int Held, int Loaded> void add_tiles(std::vector<Peak>& list) {
  add_tile<Op, Held, Loaded, 1>(list);
  add_tile<Op, Held, Loaded, 2>(list);
  add_tile<Op, Held, Loaded, 4>(list);
}

/// Shapes that fit into the fifteen vector registers V8 has on x86.
template <class Op> void add_shapes(std::vector<Peak>& list) {
  add_tiles<Op, 1, 8>(list);
  add_tiles<Op, 2, 4>(list);
  add_tiles<Op, 2, 5>(list);
  add_tiles<Op, 3, 2>(list);
  add_tiles<Op, 3, 3>(list);
  add_tiles<Op, 4, 2>(list);
  add_tiles<Op, 6, 1>(list);
}

template <class Op, int Unroll> void add_invariant(std::vector<Peak>& list) {
  list.push_back({Op::name, "12 accumulators unrolled " + std::to_string(Unroll),
                  double(Op::macs) * 12 * Unroll, invariant_loop<Op, Unroll>, expected_of<Op, Unroll>,
                  Op::is_float});
}

}  // namespace

std::vector<Peak> peaks() {
  std::vector<Peak> list;
  add_shapes<MulAdd>(list);
  add_shapes<DotI16x8>(list);
#if OCTAVO_RELAXED
  add_shapes<Rd16Pairwise>(list);
  add_shapes<Rd16Ones>(list);
  add_invariant<RelaxedMadd, 1>(list);
  add_invariant<RelaxedMadd, 2>(list);
  add_invariant<RelaxedMadd, 4>(list);
  add_invariant<RelaxedDot, 1>(list);
  add_invariant<RelaxedDot, 2>(list);
  add_invariant<RelaxedDot, 4>(list);
#endif
  return list;
}

std::string check(const Peak& peak) {
  constexpr int iterations = 1003;
  peak.loop(iterations);
  const double expected = peak.expected(iterations);
  for (int i = 0; i < result_count; ++i) {
    for (int lane = 0; lane < 4; ++lane) {
      float f[4];
      int32_t s[4];
      std::memcpy(f, &result[i], sizeof f);
      std::memcpy(s, &result[i], sizeof s);
      const double actual = peak.is_float ? double(f[lane]) : double(s[lane]);
      if (actual != expected)
        return "an accumulator is " + std::to_string(actual) + ", not " + std::to_string(expected);
    }
  }
  return {};
}

}  // namespace octavo::bench
