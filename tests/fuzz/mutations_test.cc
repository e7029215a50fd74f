#include "fuzz/mutations.h"

#include <catch2/catch_test_macros.hpp>

#include "engine/engine.h"
#include "fuzz/files.h"
#include "fuzz/vocabulary.h"
#include "graph/op_def.h"

using namespace octavo;
using namespace octavo::fuzz;

namespace {

std::vector<File> corpus() { return files_in("corpus"); }

bool is_read(const std::string& bytes) {
  try {
    Model::load(std::as_bytes(std::span(bytes)), {});
  } catch (const Error&) {
    return false;
  }
  return true;
}

int count(const Field& field) {
  int fields = 1;
  for (const Field& child : field.children) fields += count(child);
  return fields;
}

}  // namespace

TEST_CASE("A tree of fields is written as the bytes that it was parsed from") {
  for (const File& file : corpus()) {
    INFO(file.name);
    const auto model = parse_model(file.bytes);
    REQUIRE(model);
    CHECK(write_model(*model) == file.bytes);
    CHECK(messages(const_cast<Field&>(*model), Message::node).size() > 0);
  }
  CHECK_FALSE(parse_model("\x0a\x05"));
}

TEST_CASE("Mutants are protobuf, and a good share of them are models") {
  int mutants = 0, changed = 0, read = 0;
  for (const File& file : corpus())
    for (uint64_t seed = 0; seed < 100; ++seed) {
      auto model = parse_model(file.bytes);
      Random random(seed);
      mutate(*model, random);
      const std::string bytes = write_model(*model);
      REQUIRE(parse_model(bytes));
      ++mutants;
      changed += bytes != file.bytes;
      read += is_read(bytes);
    }
  INFO(mutants << " mutants, " << changed << " changed, " << read << " read");
  CHECK(changed > mutants * 8 / 10);
  CHECK(read > mutants / 4);
  CHECK(read < mutants * 9 / 10);
}

TEST_CASE("Fields that change places are all there afterwards, where bodies stand in bodies, too") {
  const Mutation swap = field_mutations()[2], move = field_mutations()[3];
  for (const File& file : corpus()) {
    if (!file.name.contains("nested")) continue;
    INFO(file.name);
    for (uint64_t seed = 0; seed < 500; ++seed) {
      auto model = parse_model(file.bytes);
      const int before = count(*model);
      Random random(seed);
      (seed % 8 == 0 ? swap : move)(*model, random);
      REQUIRE(count(*model) == before);
    }
  }
}

TEST_CASE("Each mutation finds something to change in the corpus") {
  for (const auto& family :
       {field_mutations(), graph_mutations(), body_mutations(), type_mutations(), tensor_mutations()})
    for (const Mutation& mutation : family) {
      INFO("mutation " << &mutation - family.data() << " of " << family.size());
      int changed = 0;
      for (const File& file : corpus())
        for (uint64_t seed = 0; seed < 8; ++seed) {
          auto model = parse_model(file.bytes);
          Random random(seed);
          if (mutation(*model, random)) changed += write_model(*model) != file.bytes;
        }
      CHECK(changed > 0);
    }
}

TEST_CASE("A cross takes something from the other model") {
  const std::vector<File> files = corpus();
  int taken = 0;
  for (std::size_t i = 0; i + 1 < files.size(); ++i) {
    auto model = parse_model(files[i].bytes), other = parse_model(files[i + 1].bytes);
    Random random(i);
    cross(*model, *other, random);
    const std::string bytes = write_model(*model);
    REQUIRE(parse_model(bytes));
    taken += bytes != files[i].bytes;
    CHECK(write_model(*other) == files[i + 1].bytes);
  }
  CHECK(taken > 0);
}

TEST_CASE("The mutators know the operators that there are, older and compound forms too") {
  for (std::string_view name : {"Add", "Constant", "Loop", "Upsample", "com.microsoft.MatMulNBits"}) {
    INFO(name);
    const OperatorWord* const word = find_word(name);
    REQUIRE(word != nullptr);
    CHECK(word->name() == name);
  }
  CHECK(find_word("octavo.QConv") == nullptr);
  CHECK(operator_words().size() > readable_operators().size());
}
