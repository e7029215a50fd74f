// Every way in which a TensorProto may hold its elements.
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstring>

#include "onnx/model_builder.h"
#include "onnx/tensor_reader.h"

namespace octavo::onnx {
namespace {

using protozero::pbf_writer;

ConstantTensor read(const Bytes& bytes) { return read_tensor(pbf_reader(bytes), "the tensor"); }

template <class T> std::vector<T> values(const ConstantTensor& tensor) {
  REQUIRE(tensor->dtype() == dtype_of<T>);
  return {tensor->span<T>().begin(), tensor->span<T>().end()};
}

template <class T> void check_raw(int32_t data_type, std::vector<T> numbers) {
  const auto fill = [&](pbf_writer& out) {
    out.add_bytes(tensor_proto::raw_data, reinterpret_cast<const char*>(numbers.data()),
                  numbers.size() * sizeof(T));
  };
  CHECK(values<T>(read(tensor("t", data_type, {static_cast<int64_t>(numbers.size())}, fill))) == numbers);
}

TEST_CASE("raw_data of every data type") {
  check_raw<float>(1, {1.5f, -0.0f});
  check_raw<uint8_t>(2, {0, 255});
  check_raw<int8_t>(3, {-128, 127});
  check_raw<uint16_t>(4, {65535});
  check_raw<int16_t>(5, {-32768});
  check_raw<int32_t>(6, {INT32_MIN, 7});
  check_raw<int64_t>(7, {INT64_MIN, INT64_MAX});
  check_raw<double>(11, {1e300});
  check_raw<uint32_t>(12, {UINT32_MAX});
  check_raw<uint64_t>(13, {UINT64_MAX});
}

template <class T> void check_int32_data(int32_t data_type, std::vector<T> numbers) {
  const std::vector<int32_t> wide(numbers.begin(), numbers.end());
  const std::vector<int64_t> dims = {static_cast<int64_t>(numbers.size())};
  const auto packed = [&](pbf_writer& out) {
    out.add_packed_int32(tensor_proto::int32_data, wide.begin(), wide.end());
  };
  const auto one_by_one = [&](pbf_writer& out) {
    for (int32_t number : wide) out.add_int32(tensor_proto::int32_data, number);
  };
  CHECK(values<T>(read(tensor("t", data_type, dims, packed))) == numbers);
  CHECK(values<T>(read(tensor("t", data_type, dims, one_by_one))) == numbers);
}

TEST_CASE("int32_data of every data type that is kept there") {
  check_int32_data<uint8_t>(2, {0, 255});
  check_int32_data<int8_t>(3, {-128, -1, 127});
  check_int32_data<uint16_t>(4, {65535});
  check_int32_data<int16_t>(5, {-32768, 300});
  check_int32_data<int32_t>(6, {INT32_MIN, -1, INT32_MAX});
}

TEST_CASE("the other typed fields") {
  CHECK(values<int64_t>(read(int64_tensor("t", {3}, {-1, INT64_MIN, 5}))) ==
        std::vector<int64_t>{-1, INT64_MIN, 5});
  CHECK(values<float>(read(float_tensor("t", {2}, {0.1f, -2}))) == std::vector<float>{0.1f, -2});
  CHECK(values<double>(read(tensor("t", 11, {1}, [](pbf_writer& out) {
          out.add_double(tensor_proto::double_data, 0.1);
        }))) == std::vector<double>{0.1});
  const uint64_t big[] = {UINT64_MAX, 1};
  const auto fill = [&](pbf_writer& out) { out.add_packed_uint64(tensor_proto::uint64_data, big, big + 2); };
  CHECK(values<uint64_t>(read(tensor("t", 13, {2}, fill))) == std::vector<uint64_t>{UINT64_MAX, 1});
  CHECK(values<uint32_t>(read(tensor("t", 12, {2}, fill))) == std::vector<uint32_t>{UINT32_MAX, 1});
}

TEST_CASE("a field in several pieces") {
  const float two[] = {1, 2};
  const auto fill = [&](pbf_writer& out) {
    out.add_packed_float(tensor_proto::float_data, two, two + 2);
    out.add_float(tensor_proto::float_data, 3);
  };
  CHECK(values<float>(read(tensor("t", kFloat, {3}, fill))) == std::vector<float>{1, 2, 3});
}

TEST_CASE("bool elements are 0 or 1 whatever the file has") {
  for (const bool raw : {false, true}) {
    const auto fill = [&](pbf_writer& out) {
      const int32_t flags[] = {0, 1, 2, -1};
      if (raw)
        out.add_bytes(tensor_proto::raw_data, std::string("\0\1\2\xFF", 4));
      else
        out.add_packed_int32(tensor_proto::int32_data, flags, flags + 4);
    };
    const ConstantTensor flags = read(tensor("t", kBool, {4}, fill));
    REQUIRE(flags->dtype() == DType::boolean);
    const auto bytes = std::span(flags->view().as<uint8_t>(), 4);
    CHECK(std::vector<uint8_t>(bytes.begin(), bytes.end()) == std::vector<uint8_t>{0, 1, 1, 1});
  }
}

TEST_CASE("16-bit floats are widened") {
  const std::vector<uint16_t> halves = {0x3C00, 0xC000, 0x0001, 0x83FF, 0x7BFF,
                                        0x7C00, 0xFC00, 0x8000, 0x0400};
  const std::vector<float> expected = {1,        -2,        0x1p-24f, -0x3FFp-24f, 65504,
                                       INFINITY, -INFINITY, -0.0f,    0x1p-14f};
  const std::vector<int64_t> dims = {static_cast<int64_t>(halves.size())};
  const auto raw = [&](pbf_writer& out) {
    out.add_bytes(tensor_proto::raw_data, reinterpret_cast<const char*>(halves.data()), halves.size() * 2);
  };
  const auto typed = [&](pbf_writer& out) {
    out.add_packed_int32(tensor_proto::int32_data, halves.begin(), halves.end());
  };
  CHECK(values<float>(read(tensor("t", kHalf, dims, raw))) == expected);
  CHECK(values<float>(read(tensor("t", kHalf, dims, typed))) == expected);
  const auto bfloat = [](pbf_writer& out) {
    out.add_bytes(tensor_proto::raw_data, std::string("\x80\xBF\xC0\x7F", 4));
  };
  const auto floats = values<float>(read(tensor("t", 16, {2}, bfloat)));
  CHECK(floats[0] == -1);
  CHECK(std::isnan(floats[1]));
}

TEST_CASE("tensors without elements, and scalars") {
  const auto empty_raw = [](pbf_writer& out) { out.add_bytes(tensor_proto::raw_data, std::string()); };
  CHECK(read(tensor("t", kFloat, {2, 0}, empty_raw))->shape() == Shape{2, 0});
  CHECK(read(float_tensor("t", {0}, {}))->shape() == Shape{0});
  CHECK(read(float_tensor("t", {}, {4}))->shape() == Shape{});
}

struct Bad {
  const char* message;
  ErrorCode code;
  Bytes tensor;
};

TEST_CASE("tensors that cannot be") {
  const auto nothing = [](pbf_writer&) {};
  const auto raw = [](std::size_t size) {
    return [size](pbf_writer& out) { out.add_bytes(tensor_proto::raw_data, std::string(size, 'x')); };
  };
  constexpr int64_t big = int64_t{1} << 32;
  const auto bad_packing = [](pbf_writer& out) {
    out.add_bytes(tensor_proto::float_data, std::string(4, 'x'));
  };
  const Bad bad[] = {
      {"no data", ErrorCode::invalid_model, tensor("t", kFloat, {1}, nothing)},
      {"too little raw data", ErrorCode::invalid_model, tensor("t", kFloat, {2}, raw(4))},
      {"too much raw data", ErrorCode::invalid_model, tensor("t", kFloat, {2}, raw(12))},
      {"raw data that are not whole elements", ErrorCode::invalid_model, tensor("t", kFloat, {1}, raw(3))},
      {"too few floats", ErrorCode::invalid_model, float_tensor("t", {3}, {1, 2})},
      {"too many floats", ErrorCode::invalid_model, float_tensor("t", {1}, {1, 2})},
      {"dimensions that overflow to 0", ErrorCode::invalid_model, tensor("t", kFloat, {big, big}, raw(0))},
      {"huge", ErrorCode::invalid_model, tensor("t", kFloat, {int64_t{1} << 39}, nothing)},
      {"huge but for a zero", ErrorCode::invalid_model, tensor("t", kFloat, {0, big, big}, raw(0))},
      {"negative dimension", ErrorCode::invalid_model, tensor("t", kFloat, {-1}, raw(4))},
      {"too many dimensions", ErrorCode::unsupported,
       tensor("t", kFloat, std::vector<int64_t>(9, 1), raw(4))},
      {"data type 0", ErrorCode::invalid_model, tensor("t", 0, {1}, raw(4))},
      {"data type 99", ErrorCode::invalid_model, tensor("t", 99, {1}, raw(4))},
      {"data type -1", ErrorCode::invalid_model, tensor("t", -1, {1}, raw(4))},
      {"strings", ErrorCode::unsupported, tensor("t", kString, {1}, nothing)},
      {"int4", ErrorCode::invalid_model, tensor("t", 22, {3}, raw(1))},
      {"data of another type's field", ErrorCode::invalid_model,
       tensor("t", kInt64, {1}, [](pbf_writer& out) { out.add_float(tensor_proto::float_data, 1); })},
      {"external data", ErrorCode::invalid_model,
       tensor("t", kFloat, {1}, [](pbf_writer& out) { out.add_int32(tensor_proto::data_location, 1); })},
      {"segment", ErrorCode::unsupported,
       tensor("t", kFloat, {1}, [](pbf_writer& out) { out.add_message(tensor_proto::segment, Bytes("x")); })},
  };
  for (const Bad& each : bad) {
    INFO(each.message);
    ModelBuilder builder;
    builder.initializers = {each.tensor};
    builder.nodes = {node("Add", {"x", "t"}, {"y"})};
    const Error error = failure(builder);
    CHECK(error.code() == each.code);
    CHECK(std::string(error.what()).find("initializer 't'") != std::string::npos);
  }
  ModelBuilder builder;
  builder.initializers = {tensor("t", kInt64, {1}, bad_packing)};
  builder.nodes = {node("Add", {"x", "t"}, {"y"})};
  CHECK(failure(builder).code() == ErrorCode::invalid_model);
}

}  // namespace
}  // namespace octavo::onnx
