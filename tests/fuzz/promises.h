// What must hold of every model. A promise that is broken ends the program, with its name.
#pragma once

#include <new>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/decisions.h"

namespace octavo::fuzz {

// The outputs of a run, copied.
struct Answer {
  DType dtype;
  Shape shape;
  std::vector<std::byte> bytes;
};
using Answers = std::vector<Answer>;

// Thrown out of a run that takes too long.
struct TooLong {};
// What runs may take from here on.
void begin_watch();

// Ends the program unless `kept`.
void promise(bool kept, const char* what, const std::string& why = "");

// Does the work, which may give it up with an Error, or for want of memory.
template <class F> void attempt(F&& work) {
  try {
    work();
  } catch (const Error& error) {
    promise(*error.what() != '\0', "an error has a message");
  } catch (const std::bad_alloc&) {
    // The engine's memory is exhausted: what its bindings say then.
  }
}

// Does the work, which may give it up for want of memory only.
template <class F> auto must(const char* what, F&& work) {
  try {
    return work();
  } catch (const Error& error) {
    promise(error.code() == ErrorCode::out_of_memory, what, error.what());
    throw;
  }
}

// The policy of models that are run here: their runs are given up where they take long.
KernelPolicy watched_kernels();

// Does work that runs models of watched_kernels(). False where that was given up, since it takes too many steps,
// multiply-accumulates, elements and turns of loops: the count is the same on every machine.
template <class F> bool in_time(F&& work) try {
  begin_watch();
  work();
  return true;
} catch (const TooLong&) {
  return false;
}

// Runs the model twice: the same feeds give the same bits. Nothing where that would take long.
std::optional<Answers> answers_to(Model& model, const Feeds& feeds);

// A model is written as the same bytes each time, and what was written is read again, written again as the same bytes,
// and gives the same answers.
void check_written(Model& model, const std::optional<Feeds>& feeds, const std::optional<Answers>& answers);

// A quantized form of a model that runs on these feeds runs on them, too, can be compared with it and be written.
void check_quantized(const Model& model, Model& quantized, const Feeds& feeds);

}  // namespace octavo::fuzz
