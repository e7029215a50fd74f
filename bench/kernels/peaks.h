// The rates that no kernel can exceed: loops of one multiply instruction whose accumulators stay in registers.
#pragma once

#include <string>
#include <vector>

namespace octavo::bench {

/// A loop of one instruction in one shape. The best shape of an instruction is its peak.
struct Peak {
  std::string instruction;  ///< "relaxed_dot", "rd16", "dot_i16x8", "relaxed_madd" or "mul_add"
  std::string shape;
  double macs;  ///< multiply-adds of one iteration
  void (*loop)(int iterations);
  /// What every lane of every accumulator holds after `iterations`.
  double (*expected)(int iterations);
  bool is_float;
};

std::vector<Peak> peaks();

/// Runs few iterations and compares all accumulators with what they must hold: what is wrong, or nothing.
std::string check(const Peak&);

}  // namespace octavo::bench
