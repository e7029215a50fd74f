// Fixtures in JSON. Floats that are not finite are spelt "Infinity", "-Infinity" and "NaN" there.
#pragma once

#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace octavo::test {

using Json = nlohmann::json;

// The document in tests/fixtures/`path`.
inline Json read_json_fixture(const std::string& path) {
  std::ifstream file(std::string(OCTAVO_FIXTURES_DIR "/") + path);
  if (!file) throw std::runtime_error("no fixture " + path);
  return Json::parse(file);
}

inline float to_float(const Json& value) {
  if (value.is_number()) return value.get<float>();
  if (value == "Infinity") return std::numeric_limits<float>::infinity();
  if (value == "-Infinity") return -std::numeric_limits<float>::infinity();
  if (value == "NaN") return std::numeric_limits<float>::quiet_NaN();
  throw std::runtime_error("not a float: " + value.dump());
}

inline std::vector<float> to_floats(const Json& values) {
  std::vector<float> floats;
  for (const Json& value : values) floats.push_back(to_float(value));
  return floats;
}

}  // namespace octavo::test
