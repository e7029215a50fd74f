// Formulas of gradient rules: Backward::formula.
#include <cstdlib>

#include "autodiff/backward.h"

namespace octavo {

// Formulas are ours: what does not fit the grammar is a bug.
class FormulaReader {
 public:
  FormulaReader(Backward& backward, std::string_view text) : b_(backward), rest_(text) {}

  ValueId read() {
    for (;;) {
      const std::string_view before = rest_;
      const std::string_view name = word();
      if (name.empty() || !take("=") || rest_.starts_with('=')) {
        rest_ = before;
        return comparison();
      }
      b_.bind(name, comparison());
      if (!take(";")) std::abort();
    }
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
  bool take(std::string_view token) {
    skip_spaces();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    skip_spaces();
    return true;
  }
  void skip_spaces() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
  }
  std::string_view word() {
    std::size_t length = 0;
    if (!rest_.empty() && !is_digit(rest_[0]))
      while (length < rest_.size() && (is_letter(rest_[length]) || is_digit(rest_[length]))) ++length;
    const std::string_view found = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return found;
  }
  double number() {
    double value = 0, unit = 0;
    const bool is_negative = rest_.starts_with('-');
    if (is_negative) rest_.remove_prefix(1);
    for (; !rest_.empty() && (rest_[0] == '.' || is_digit(rest_[0])); rest_.remove_prefix(1)) {
      if (rest_[0] == '.') {
        unit = 1;
        continue;
      }
      value = 10 * value + (rest_[0] - '0');
      unit *= 10;
    }
    value = unit > 0 ? value / unit : value;
    return is_negative ? -value : value;
  }

  ValueId comparison() {
    const ValueId left = sum();
    struct Comparison {
      std::string_view token;
      std::string_view op;
    };
    constexpr Comparison kComparisons[] = {
        {"<=", "LessOrEqual"}, {">=", "GreaterOrEqual"}, {"==", "Equal"}, {"<", "Less"}, {">", "Greater"}};
    for (const auto& [token, op] : kComparisons)
      if (take(token)) return b_.add(op, {left, sum()});
    return left;
  }
  ValueId sum() {
    ValueId left = product();
    for (;;) {
      if (take("+"))
        left = b_.add("Add", {left, product()});
      else if (take("-"))
        left = b_.add("Sub", {left, product()});
      else
        return left;
    }
  }
  ValueId product() {
    ValueId left = factor();
    for (;;) {
      if (take("*"))
        left = b_.add("Mul", {left, factor()});
      else if (take("/"))
        left = b_.add("Div", {left, factor()});
      else
        return left;
    }
  }
  ValueId factor() {
    if (rest_.size() > 1 && rest_[0] == '-' && is_digit(rest_[1])) return b_.number(number());
    if (take("-")) return b_.add("Neg", {factor()});
    if (take("(")) {
      const ValueId value = comparison();
      if (!take(")")) std::abort();
      return value;
    }
    if (take("$")) {
      const std::string_view name = word();
      const double fallback = take("=") ? number() : 0;
      return b_.number(b_.attrs().get_float(name, static_cast<float>(fallback)));
    }
    const std::string_view name = word();
    if (name.empty()) return b_.number(number());
    if (take("(")) return call(name);
    for (std::size_t i = b_.bound_.size(); i-- > 0;)
      if (b_.bound_[i].first == name) return b_.bound_[i].second;
    if (name == "g") return b_.gradient();
    if (name != "y") std::abort();
    return b_.out();
  }
  ValueId call(std::string_view name) {
    std::vector<ValueId> inputs;
    do inputs.push_back(comparison());
    while (take(","));
    if (!take(")")) std::abort();
    return b_.add(name, inputs);
  }

  Backward& b_;
  std::string_view rest_;
};

ValueId Backward::formula(std::string_view text) { return FormulaReader(*this, text).read(); }

}  // namespace octavo
