// In steady state a run allocates nothing. The linker has every malloc and its kin of Octavo's objects go through the
// functions below, and so does operator new.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <new>

#include "support/models.h"

namespace {

std::atomic<bool> counting{false};
std::atomic<int> allocations{0};

void count() {
  if (counting) ++allocations;
}

}  // namespace

extern "C" {
void* __real_malloc(std::size_t size);
void* __real_calloc(std::size_t count, std::size_t size);
void* __real_realloc(void* memory, std::size_t size);
void* __real_aligned_alloc(std::size_t alignment, std::size_t size);
void* __wrap_malloc(std::size_t size) { return count(), __real_malloc(size); }
void* __wrap_calloc(std::size_t n, std::size_t size) { return count(), __real_calloc(n, size); }
void* __wrap_realloc(void* memory, std::size_t size) { return count(), __real_realloc(memory, size); }
void* __wrap_aligned_alloc(std::size_t alignment, std::size_t size) {
  return count(), __real_aligned_alloc(alignment, size);
}
}

void* operator new(std::size_t size) {
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto unit = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(unit, (size + unit - 1) / unit * unit)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

using namespace octavo;
using namespace octavo::test;

namespace {

int allocations_of(auto&& work) {
  allocations = 0;
  counting = true;
  work();
  counting = false;
  return allocations;
}

}  // namespace

TEST_CASE("The counter sees what is allocated") {
  CHECK(allocations_of([] {
          void* volatile memory = ::operator new(5);  // volatile: compilers may leave out what nobody reads
          ::operator delete(memory);
        }) == 1);
  CHECK(allocations_of([] { Buffer(100); }) == 1);
}

TEST_CASE("The second and later runs of the same shape allocate nothing") {
  for (const Network& network : kNetworks) {
    const Tensor pixels = read_npy(text("{}/float/{}", OCTAVO_FIXTURES_DIR, network.pixels));
    const Tensor input = network_input(network, pixels, 0);
    for (const int threads : {1, 2}) {
      KernelPolicy kernels;
      kernels.threads = Threads(threads);
      const std::unique_ptr<Model> model = load_model(network.file, kernels);
      const Graph& graph = model->graph();
      const Feed feed{graph[graph.inputs[0]].name, &input};
      const auto check = [&](const char* kind, Model& each) {
        CAPTURE(network.file, kind, threads);
        each.run({&feed, 1});
        CHECK(allocations_of([&] {
                for (int i = 0; i < 3; ++i) each.run({&feed, 1});
              }) == 0);
      };
      check("float", *model);
      check("dynamic", *model->quantize_dynamic({}));
      const auto calibration = model->calibrate(StaticOptions{});
      calibration->observe({&feed, 1});
      check("static", *calibration->finish());
    }
  }
}

TEST_CASE("The second and later runs of recurrent networks and transformers allocate nothing") {
  for (const std::string name : {"recurrent/lstm-deep", "recurrent/gru-deep", "transformer/encoder"}) {
    const std::string path = OCTAVO_FIXTURES_DIR "/pytorch/" + name;
    const std::vector<char> file = read_bytes(path + ".onnx");
    const Tensor input = read_npy(path + "-input.npy");
    for (const int threads : {1, 2}) {
      KernelPolicy kernels;
      kernels.threads = Threads(threads);
      const auto model = Model::load(std::as_bytes(std::span(file)), kernels);
      const auto quantized = model->quantize_dynamic({});
      const Feed feed{model->graph()[model->graph().inputs[0]].name, &input};
      for (Model* each : {model.get(), quantized.get()}) {
        CAPTURE(name, threads);
        each->run({&feed, 1});
        CHECK(allocations_of([&] {
                for (int i = 0; i < 3; ++i) each->run({&feed, 1});
              }) == 0);
      }
    }
  }
}

TEST_CASE("A decoder's steps allocate nothing while its cache fills to the end") {
  for (const std::string name : {"plain", "masked"}) {
    const std::vector<char> file = read_bytes(OCTAVO_FIXTURES_DIR "/pytorch/decoder/" + name + ".onnx");
    for (const int threads : {1, 2}) {
      KernelPolicy kernels;
      kernels.threads = Threads(threads);
      const auto model = Model::load(std::as_bytes(std::span(file)), kernels);
      const auto quantized = model->quantize_dynamic({});
      for (Model* each : {model.get(), quantized.get()}) {
        CAPTURE(name, threads);
        const auto sequence = each->begin_sequence(32);
        const Tensor prompt = Tensor::of<int64_t>({1, 5}, {1, 2, 3, 4, 5}),
                     token = Tensor::of<int64_t>({1, 1}, {6});
        const Feed begin{"input_ids", &prompt}, next{"input_ids", &token};
        sequence->run({&begin, 1});
        sequence->run({&next, 1});
        CHECK(allocations_of([&] {
                while (sequence->length() < 32) sequence->run({&next, 1});
              }) == 0);
        sequence->reset();
        CHECK(allocations_of([&] { sequence->run({&begin, 1}); }) == 0);
      }
    }
  }
}
